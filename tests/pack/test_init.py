"""Settings to start from: written of real archives, and what they say packs those."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.run import run
from tests.pack.samples import LICENCE, STATIC, File, tarball
from tests.packages import npm
from truewheel import api
from truewheel.errors import RequestError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.fixture
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two archives below the current folder, which is a project's."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    (tmp_path / "LICENSE").write_text("MIT\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = {"linux {x64}.tgz": "@esbuild/linux-x64", "win32-x64.tgz": "@esbuild/win32-x64"}
    for name, package in names.items():
        shutil.copy(npm(package), tmp_path / "dist" / name)
    return [f"dist/{name}" for name in names]


def test_what_is_written_packs_the_archives(archives: list[str], tmp_path: Path) -> None:
    options = {"name": "esbuild", "version": "0.25.0"}
    path = api.begin_packing(archives, options)
    written = path.read_text(encoding="utf-8")
    assert written.startswith("[project]\nname = 'other'\n\n# Prebuilt")
    pack = tomllib.loads(written)["tool"]["truewheel"]["pack"]
    # Where the program lies differs, as npm's packages have it.
    assert [(label, target["programs"]) for label, target in pack["targets"].items()] == [
        ("linux {x64}", {"esbuild": "bin/esbuild"}),
        ("win32-x64", {"esbuild": "esbuild"}),
    ]
    found = api.load_packing()
    assert [target.source for target in found.targets] == archives
    run = api.pack(found, tmp_path / "wheels", dry_run=True)
    assert sorted(target.path.name for target in run.targets) == [
        "esbuild-0.25.0-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.musllinux_1_1_x86_64.whl",
        "esbuild-0.25.0-py3-none-win_amd64.whl",
    ]
    with pytest.raises(RequestError, match="already"):
        api.begin_packing(archives, options)
    assert path.read_text(encoding="utf-8") == written


def test_options_are_written_down(archives: list[str], tmp_path: Path) -> None:
    options: dict[str, object] = {
        "name": "esbuild",
        "license": 'MIT OR "x"',
        "strip": 1,
        "exclude": ["package.json", "*.md"],
        "rename": {"bin/": "", "a b": "c"},
        "programs": {"es-build": "bin/esbuild", "e": {"path": "bin/esbuild", "script": True}},
        "license-files": ["LICENSE"],
        "plat": ["manylinux_2_17_x86_64"],
    }
    path = api.begin_packing([], options, config=tmp_path / "pack.toml")
    pack = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["truewheel"]["pack"]
    assert pack == options
    fitting = options | {"license": "MIT", "programs": {"es-build": "bin/esbuild"}, "plat": [], "rename": {}}
    del fitting["license-files"]  # which the archive lacks: now it can be packed, and its programs are known
    path = api.begin_packing(archives[:1], fitting, config=tmp_path / "other.toml")
    pack = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["truewheel"]["pack"]
    assert {key: value for key, value in pack.items() if key != "targets"} == fitting
    assert all("programs" not in target for target in pack["targets"].values())
    assert api.load_packing(options={"version": "1"}, config=path).about.license == "MIT"


def test_without_a_name_metadata_are_those_of_the_project(archives: list[str], tmp_path: Path) -> None:
    path = api.begin_packing(archives[:1])
    written = path.read_text(encoding="utf-8").replace("name = 'other'", "name = 'other'\nversion = '2'")
    path.write_text(written, encoding="utf-8")
    assert (api.load_packing().about.name, api.load_packing().about.version) == ("other", "2")
    with pytest.raises(RequestError, match="version, license without a name"):
        api.begin_packing(archives[:1], {"license": "MIT", "version": "1"}, config=tmp_path / "new.toml")
    assert not (tmp_path / "new.toml").exists()


def test_licences_that_differ_are_left_to_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = File(STATIC, executable=True)
    for name, licence in (("a.tar", "LICENSE"), ("b.tar", "LICENSE"), ("c.tar", "LICENSE.txt")):
        Path(name).write_bytes(tarball({licence: LICENCE, "tool": program}))
    options = {"name": "tool", "version": "1"}
    path = api.begin_packing(["a.tar", "b.tar"], options, config="same.toml")
    assert '\nlicense-files = ["LICENSE"]\n' in path.read_text(encoding="utf-8")
    path = api.begin_packing(["a.tar", "c.tar"], options, config="others.toml")
    assert "\nlicense-files" not in path.read_text(encoding="utf-8")


def test_passwords_do_not_get_into_settings(tmp_path: Path) -> None:
    address = f"https://user:secret@host.example/a.tgz?x=1#sha256={'0' * 64}"
    path = api.begin_packing([address], {"name": "tool", "version": "1"}, config=tmp_path / "pack.toml")
    assert 'url = "https://host.example/a.tgz?x=1"' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--check-only", "--dry-run", "--target=x", "--json"])
def test_nothing_else_is_done_at_once(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("pack", "--init", "--name", "tool", option)
    assert (done.exit_code, bool(done.stdout)) == (2, option == "--json")
    assert "contradict" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("words", "said"), [([], "there is nothing to pack"), (["a.tar"], "the project has no name")])
def test_who_says_nothing_is_told_what_to_say(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RequestError, match=said) as caught:
        api.load_packing(words)
    assert "--name NAME" in caught.value.hint


def test_settings_elsewhere_name_archives_from_there(archives: list[str], tmp_path: Path) -> None:
    path = api.begin_packing(archives[:1], {"name": "esbuild"}, config=tmp_path / "inner" / "pack.toml")
    target = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["truewheel"]["pack"]["targets"]["linux {x64}"]
    assert target["path"] == "../dist/linux {{x64}}.tgz"
    [found] = api.load_packing(options={"version": "1"}, config=path).targets
    assert (path.parent / found.source).read_bytes() == (tmp_path / archives[0]).read_bytes()


@pytest.mark.parametrize("existing", [b"x = '\xff'\n", b"x = \n", b"[tool.truewheel.pack]\n"])
def test_a_file_that_can_not_be_gone_on_with_stays(tmp_path: Path, existing: bytes) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(existing)
    with pytest.raises(RequestError) as caught:
        api.begin_packing(config=path)
    assert caught.value.where.file == str(path)
    assert path.read_bytes() == existing
