"""The names of grafts: readable, safe in every wheel, and never one for two files."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.strategies.elf import names
from truewheel.ops.grafted_names import grafted_name, original_name, shorter_names, unique_names
from truewheel.wheel.paths import fault

HASH = "8ec1a697" + hashlib.sha256(b"").hexdigest()[8:]
HASHES = st.binary(max_size=3).map(lambda data: hashlib.sha256(data).hexdigest())
SONAMES = (
    names()
    | st.text("a.so-/$1é", max_size=400)
    | st.builds("{}.so.{}".format, st.text("ab.", max_size=300), st.text("0.so", max_size=130))
)


@pytest.mark.parametrize(
    ("soname", "expected"),
    [
        ("libyaml-0.so.2", "libyaml-0-8ec1a697.so.2"),
        ("libldap-2.5.so.0", "libldap-2.5-8ec1a697.so.0"),
        ("libcrypto.so.1.0.2k", "libcrypto-8ec1a697.so.1.0.2k"),
        ("libfoo.so", "libfoo-8ec1a697.so"),
        ("libstdc++.so.6", "libstdc++-8ec1a697.so.6"),
        ("libgfortran-040039e1.so.5.0.0", "libgfortran-040039e1-8ec1a697.so.5.0.0"),
        ("libnot.source.so.1", "libnot.source-8ec1a697.so.1"),
        ("a.so.1.so", "a.so.1-8ec1a697.so"),
        ("plugin.abi3", "plugin-8ec1a697.abi3"),
        ("plugin.2024.abi3", "plugin.2024-8ec1a697.abi3"),
        ("foo", "foo-8ec1a697"),
        ("foo.", "foo-8ec1a697"),
        ("libfoo.so.", "libfoo-8ec1a697.so"),
        (".hidden", "lib-8ec1a697.hidden"),
        (".so.1", "lib-8ec1a697.so.1"),
        ("", "lib-8ec1a697"),
        ("..", "lib-8ec1a697"),
        ("--help", "help-8ec1a697"),
        ("/opt/my libs/lib a.so", "lib_a-8ec1a697.so"),
        ("$ORIGIN/libx$LIB.so", "libx_LIB-8ec1a697.so"),
        ("C:\\x.so", "C__x-8ec1a697.so"),
        ("lib,comma.so", "lib,comma-8ec1a697.so"),
        ("libé\udcff\0\n.so", "lib____-8ec1a697.so"),
        ("nul.so", "nul-8ec1a697.so"),
        ("x" * 300 + ".so.1", "x" * 241 + "-8ec1a697.so.1"),
        ("lib.so." + "1" * 300, "lib.so." + "1" * 239 + "-8ec1a697"),
    ],
)
def test_where_the_hash_stands(soname: str, expected: str) -> None:
    assert grafted_name(soname, HASH) == expected


def test_more_digits() -> None:
    assert grafted_name("libx.so.1", HASH, 16) == f"libx-{HASH[:16]}.so.1"
    assert len(grafted_name("x" * 300 + ".so." + "1" * 100, HASH, 64)) == 255


@given(SONAMES, HASHES, st.sampled_from([8, 16, 32, 64]))
@example("aux.so" + "." * 300, HASH, 64)
def test_every_name_can_lie_in_a_wheel(soname: str, sha256: str, digits: int) -> None:
    name = grafted_name(soname, sha256, digits)
    assert fault(f"x.libs/{name}") == ""
    assert "/" not in name
    assert not name.startswith(("-", "."))
    assert len(name.encode("ascii")) <= 255
    assert sha256[:digits] in name
    assert original_name(name) != name


@pytest.mark.parametrize(
    ("name", "carries"),
    [
        ("libgfortran-040039e1.so.5.0.0", True),
        ("libgfortran-040039e1-0352e75f.so.5.0.0", True),
        ("libyaml-0.so.2", False),
        ("libx-040039e.so", False),
        ("libx-040039E1.so", False),
        ("libx-facade-8ec1a69z.so", False),
        ("040039e1.so", False),
        ("-040039e1.so", False),
        ("libx.so.1-040039e1", False),
        ("libx-20240101.so", True),
        ("plugin-8ec1a697.abi3", True),
        ("plugin-8ec1a697", True),
        ("lib\n-8ec1a697.so", False),
        ("", False),
    ],
)
def test_names_that_carry_a_hash(name: str, carries: bool) -> None:
    assert (original_name(name) != name) is carries


def test_the_name_without_its_hash() -> None:
    assert original_name("libyaml-0-8ec1a697.so.2") == "libyaml-0.so.2"
    assert original_name("plugin-8ec1a697.abi3") == "plugin.abi3"


def test_one_name_for_each_file() -> None:
    near = HASH[:20] + "f" * 44
    assert unique_names([("libx.so", HASH), ("libx.so", near), ("liby.so", HASH), ("liby.so", HASH)]) == {
        ("libx.so", HASH): f"libx-{HASH[:32]}.so",
        ("libx.so", near): f"libx-{near[:32]}.so",
        ("liby.so", HASH): "liby-8ec1a697.so",
    }


def test_case_alone_parts_no_names() -> None:
    near = HASH[:8] + "0" * 56
    assert set(unique_names([("libX.so", HASH), ("libx.so", near)]).values()) == {
        f"libX-{HASH[:16]}.so",
        f"libx-{near[:16]}.so",
    }
    assert set(unique_names([("libX.so", HASH), ("libx.so", HASH)]).values()) == {"libX-8ec1a697.so"}


@given(
    st.lists(
        st.tuples(
            SONAMES | st.sampled_from(["libx.so", "libX.so", "x/libx.so", "x" * 400]),
            st.integers(0, 63).map(lambda cut: HASH[:cut] + "0" * (64 - cut)) | HASHES,
        ),
        max_size=8,
    ),
)
def test_different_files_have_different_names(items: list[tuple[str, str]]) -> None:
    found = unique_names(items)
    assert set(found) == set(items)
    files: dict[str, set[str]] = {}
    for (_, sha256), name in found.items():
        files.setdefault(name.lower(), set()).add(sha256)
    assert all(len(hashes) == 1 for hashes in files.values())
    assert len({name.lower() for name in found.values()}) == len(set(found.values()))
    assert unique_names(reversed(items)) == found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("libsodium.26.dylib", ["libsodium-8ec1a697.dylib", "libsodium.26.dylib", "8ec1a697", "8ec1"]),
        ("libfoo-1.2.3.dylib", ["libfoo-8ec1a697.dylib", "libfoo-1.2.3.dylib", "8ec1a697", "8ec1"]),
        ("libx.12345678.dylib", ["libx-8ec1a697.dylib", "8ec1a697", "8ec1"]),
        ("libpng16.16.dylib", ["libpng16-8ec1a697.dylib", "libpng16.16.dylib", "8ec1a697", "8ec1"]),
        ("libz.dylib", ["libz.dylib", "8ec1a697", "8ec1"]),
        ("lib/QtCore", ["QtCore", "8ec1"]),
        ("", ["lib"]),
        ("aux.1.dylib", ["aux-8ec1a697.dylib", "8ec1a697", "8ec1"]),  # no file on Windows may be called aux
    ],
)
def test_shorter_names(name: str, expected: list[str]) -> None:
    assert list(shorter_names(name, HASH)) == expected


@given(SONAMES, HASHES)
@example("aux.so", HASH)
def test_shorter_names_are_safe_and_shorter_each_than_the_one_before(name: str, sha256: str) -> None:
    found = [grafted_name(name, sha256), *shorter_names(name, sha256)]
    assert [len(each) for each in found] == sorted({len(each) for each in found}, reverse=True)
    assert not any(fault(f"pkg/.dylibs/{each}") for each in found)
