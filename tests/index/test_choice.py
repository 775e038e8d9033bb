from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from truewheel.errors import RequestError
from truewheel.index.choice import check_demanded, choose
from truewheel.index.entries import version_in
from truewheel.index.model import IndexFile, Target

TAGS = (
    "cp312-cp312-manylinux_2_28_x86_64",
    "cp312-cp312-manylinux_2_17_x86_64",
    "cp312-abi3-linux_x86_64",
    "py3-none-any",
)


def file(name: str, **more: object) -> IndexFile:
    version = version_in(name, "x")
    assert version
    known = {"project": "x", "version": version, "name": name, "url": f"https://h/{name}", "index": "https://h/simple"}
    return IndexFile(**{**known, **more})  # type: ignore[arg-type]  # fields by name


PURE = [
    file("x-0.9.tar.gz"),
    file("x-1.0-py3-none-any.whl"),
    file("x-1.0.tar.gz"),
    file("x-1.0.zip"),
    file("x-1.1-py3-none-any.whl"),
    file("x-2.0-py3-none-any.whl", yanked="broken"),
    file("x-3.0rc1-py3-none-any.whl"),
]
NATIVE = [
    file("x-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"),
    file("x-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
    file("x-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"),
    file("x-1.0-1-cp312-cp312-manylinux_2_28_x86_64.whl"),
    file("x-1.0-11-cp312-cp312-manylinux_2_28_x86_64.whl"),
    file("x-1.0-cp312-cp312-win_amd64.whl"),
    file("x-1.0.zip"),
]


def target(version: str = "", **more: object) -> Target:
    return Target(asked=f"x=={version}", project="x", version=version, **more)  # type: ignore[arg-type]  # likewise


def names(files: list[IndexFile], wanted: Target, pattern: str = "") -> list[str]:
    chosen = choose(files, wanted, tags=TAGS, pattern=pattern)
    return [chosen.wheel.name, *(other.name for other in chosen.others)]


def test_the_newest_release_that_is_final_and_not_yanked() -> None:
    chosen = choose(PURE, target(), tags=TAGS)
    assert (chosen.wheel.name, chosen.sdist, chosen.others, chosen.notes) == ("x-1.1-py3-none-any.whl", None, (), ())


def test_a_release_that_is_asked_for_with_its_sdist() -> None:
    chosen = choose(PURE, target("1.0"), tags=TAGS)
    assert chosen.wheel.name == "x-1.0-py3-none-any.whl"
    assert chosen.sdist is not None
    assert chosen.sdist.name == "x-1.0.tar.gz"
    assert names(PURE, target("1")) == names(PURE, target("1.0.0")) == [chosen.wheel.name]


def test_a_yanked_one_only_if_it_is_asked_for() -> None:
    assert choose(PURE, target("2.0"), tags=TAGS).notes == ("x-2.0-py3-none-any.whl was yanked: broken",)
    without = [file("x-2.0-py3-none-any.whl", yanked="")]
    assert choose(without, target("2.0"), tags=TAGS).notes == ("x-2.0-py3-none-any.whl was yanked",)
    with pytest.raises(RequestError, match="all releases of x are yanked") as caught:
        choose(without, target(), tags=TAGS)
    assert caught.value.hint == "name one: x==2.0"


def test_pre_releases_where_there_is_nothing_else() -> None:
    only = [file("x-3.0rc1-py3-none-any.whl"), file("x-3.0.dev1-py3-none-any.whl")]
    chosen = choose(only, target(), tags=TAGS)
    assert chosen.wheel.version == "3.0rc1"
    assert chosen.notes == ("x has only pre-releases; 3.0rc1 is the newest",)


def test_a_wheel_for_any_platform_then_the_best_for_this_one() -> None:
    assert names(NATIVE, target()) == ["x-1.0-11-cp312-cp312-manylinux_2_28_x86_64.whl"]
    assert names(NATIVE[:2], target()) == [NATIVE[1].name]
    pure = file("x-1.0-py2.py3-none-any.whl")
    assert names([*NATIVE, pure], target()) == [pure.name]
    foreign = file("x-1.0-py2-none-any.whl")
    assert names([*NATIVE, foreign, pure], target()) == [pure.name]


def test_a_pattern_selects_one_or_more() -> None:
    assert names(NATIVE, target(), "*win*") == ["x-1.0-cp312-cp312-win_amd64.whl"]
    assert names(NATIVE, target(), "*-cp31[12]-*_2_17_*") == [NATIVE[1].name, NATIVE[0].name]
    assert names(NATIVE, target(wheel=NATIVE[5].name), "*-cp311-*") == [NATIVE[5].name]
    assert names(NATIVE, target(), NATIVE[5].name) == [NATIVE[5].name]


def test_hashes_decide() -> None:
    files = [
        file("x-1.0-py3-none-any.whl", hashes=(("sha256", "aa" * 32),)),
        file("x-1.0-py2.py3-none-any.whl", hashes=(("md5", "cc" * 16), ("sha256", "bb" * 32))),
    ]
    for digest, name in (("AA", files[0].name), ("bb", files[1].name)):
        assert names(files, target(hashes=("sha256:" + "0" * 64, f"sha256:{digest * 32}"))) == [name]
    with pytest.raises(RequestError, match=r"no wheel of x 1\.0 has one of the hashes that x==1\.0 demands"):
        names(files, target("1.0", hashes=("sha256:" + "0" * 64,)))
    # What the index doesn't give can only be checked once the file is here.
    assert len(names(files, target(hashes=("sha512:" + "0" * 128,)))) == 1


def test_what_there_isnt() -> None:
    with pytest.raises(RequestError, match="x has no wheel and no sdist"):
        choose([], target(), tags=TAGS)
    with pytest.raises(RequestError, match=r"x 0\.9 has no wheel, only x-0\.9\.tar\.gz"):
        choose(PURE, target("0.9"), tags=TAGS)
    with pytest.raises(RequestError, match=r"there is no x 1\.10 on https://h/simple") as caught:
        choose(PURE, target("1.10"), tags=TAGS)
    assert caught.value.hint.startswith("there are 5 releases, 1.1, 1.0")
    with pytest.raises(RequestError, match="there is no x 99 on") as caught:
        choose(PURE, target("99"), tags=TAGS)
    assert caught.value.hint.endswith("0.9, 1.0, 1.1, 2.0, 3.0rc1 among them")
    with pytest.raises(RequestError, match=r"x 1.0 has no wheel for this machine, only .* and 1 more") as caught:
        choose(NATIVE, target(), tags=("py3-none-any",))
    assert "--wheel" in caught.value.hint
    with pytest.raises(RequestError, match=r"no wheel that '.*mac.*' selects"):
        choose(NATIVE, target(), tags=TAGS, pattern="*mac*")


LOCALS = ["1.0", "1.0+a", "1.0+b", "1.0.post1", "1.0rc1", "1.0.dev1", "1!1.0", "1.0.0", "1.0+A"]


@given(st.sampled_from(LOCALS), st.lists(st.sampled_from(LOCALS), min_size=1, unique=True))
def test_a_version_means_what_packaging_says(asked: str, there: list[str]) -> None:
    files = [file(f"x-{version}-py3-none-any.whl") for version in there]
    admitted = {
        str(Version(version)) for version in there if SpecifierSet(f"=={asked}").contains(version, prereleases=True)
    }
    try:
        assert choose(files, target(asked), tags=TAGS).wheel.version in admitted
    except RequestError:
        assert not admitted


def test_a_public_version_is_better_than_a_local_one() -> None:
    files = [
        file("x-1.0+a-py3-none-any.whl"),
        file("x-1.0-py3-none-any.whl"),
        file("x-1.0+a.tar.gz"),
        file("x-1.0.zip"),
    ]
    chosen = choose(files, target("1.0"), tags=TAGS)
    assert (chosen.wheel.version, chosen.sdist and chosen.sdist.version) == ("1.0", "1.0")


def test_demanded_hashes_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x-1.0-py3-none-any.whl"
    path.write_bytes(b"data")
    right = [f"{name}:{hashlib.new(name, b'data').hexdigest()}" for name in ("sha256", "md5", "sha512")]
    check_demanded(target(), path)
    for each in right:
        check_demanded(target(hashes=(each,)), path)
        algorithm, value = each.split(":")
        check_demanded(target(hashes=("sha256:" + "0" * 64, f"{algorithm}:{value.upper()}")), path)
    for wrong in ("sha256:" + "0" * 64, "none:00", "shake_128:00", "sha256"):
        with pytest.raises(RequestError, match=r"has none of the hashes that x==1\.0 demands"):
            check_demanded(target("1.0", hashes=(wrong,)), path)


def test_a_pure_wheel_for_another_python_comes_last() -> None:
    """As of lazy-object-proxy 1.10.0: pip installs the native one on CPython."""
    release = [file("x-1.0-pp39-none-any.whl"), file("x-1.0-cp312-cp312-manylinux_2_17_x86_64.whl")]
    target = Target("x==1.0", project="x", version="1.0")
    assert choose(release, target, tags=TAGS).wheel.name == "x-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
    assert choose(release[:1], target, tags=TAGS).wheel.name == "x-1.0-pp39-none-any.whl"
