"""What is to be packed, from a project's folder, and what stands beside it there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from truewheel.archives import Item
from truewheel.errors import RequestError
from truewheel.packing.licences import licences
from truewheel.wheel import Bytes
from truewheel.world import load_settings, packing
from truewheel.world.packing import ProjectFiles, added_files, beside, load_packing

HASH = "ab" * 32
TEXT = f"""
[tool.truewheel.pack]
name = "zig"
version = "1.0"
readme = "docs/README.md"
add = {{ "py.typed" = "docs/README.md" }}
[tool.truewheel.pack.targets]
linux = "zig-linux.tar.xz"
windows = "https://example.org/zig.zip#sha256={HASH}"
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "README.md").write_bytes(b"# Zig\r\n")
    (folder / "pyproject.toml").write_text(TEXT, encoding="utf-8")
    return folder


# --- settings ------------------------------------------------------------------------------------------------
def test_settings_and_readme_come_from_the_folder(project: Path) -> None:
    found = load_packing(project / "pyproject.toml")
    assert found.about.readme is not None
    assert found.about.readme.text == "# Zig\n"
    assert [target.label for target in found.targets] == ["linux", "windows"]
    assert added_files(project, found.added) == {"py.typed": b"# Zig\r\n"}


def test_options_archives_and_labels(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project / "pyproject.toml"
    assert load_packing(path, options={"version": "2"}, wanted=["windows"]).targets[0].sha256 == HASH
    given = load_packing(path, options={"strip": 1, "description": "x"}, archives=["../a.tgz", "", "/b/c.zip"][::2])
    assert (given.about.summary, given.targets[0].layout.strip) == ("x", 1)
    assert [target.label for target in given.targets] == ["a", "c"]
    # From the current folder, not from that of the settings.
    assert Path(given.targets[0].source) == Path("../a.tgz").absolute()
    monkeypatch.chdir(project)
    here = load_packing(
        Path("pyproject.toml"), archives=["../a.tgz", f"https://x.org/y/b{{}}.zip?v#sha256={HASH}", "."]
    )
    assert [(target.label, target.source) for target in here.targets] == [
        ("a", "../a.tgz"),
        ("b{}", "https://x.org/y/b{}.zip?v"),
        ("project", "."),
    ]


def test_no_file_is_needed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    options = {"name": "a", "version": "1", "readme": "docs/README.md"}
    assert load_packing(None, options=options, archives=["x"]).about.readme is not None
    with pytest.raises(RequestError, match="no version") as caught:
        load_packing(None, options={"name": "a"}, archives=["x"])
    assert caught.value.where.file == ""
    with pytest.raises(RequestError, match="path is empty"):
        load_packing(None, options=options, archives=[""])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"x = ", "can't be read as TOML: Invalid value"),
        (TEXT.encode().replace(b'"1.0"', b"1.0"), "version is a float"),
        (TEXT.encode().replace(b"README.md", b"GONE.md"), "there is no such file"),
    ],
)
def test_wrong_settings_name_their_file(project: Path, text: bytes, said: str) -> None:
    path = project / "pyproject.toml"
    path.write_bytes(text)
    with pytest.raises(RequestError, match=said) as caught:
        load_packing(path)
    assert caught.value.where.file in {str(path), str(project / "docs/GONE.md")}


def test_settings_that_are_not_there(project: Path) -> None:
    with pytest.raises(RequestError, match="No such file"):
        load_packing(project / "other.toml")


def test_other_tables_are_read_as_carefully(project: Path) -> None:
    load_settings(project)  # which says nothing of a table that isn't its own
    (project / "pyproject.toml").write_bytes(b"x = " + b"[" * 5_000)
    with pytest.raises(RequestError, match="nested too deeply"):
        load_settings(project)


@posix
def test_a_current_folder_that_is_gone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = project / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(RequestError, match="the current folder is gone"):
        load_packing(project / "pyproject.toml", archives=["x.zip"])


# --- files of the project ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../pyproject.toml", "leads elsewhere"),
        ("/etc/passwd", "absolute"),
        ("docs", "is a directory"),
        ("docs/", "ends in a slash"),
        ("a\0b", "invisible"),
        ("docs\\README.md", "backslash"),
        ("gone", "no such file"),
        ("docs/README.md/x", "can't be read|no such file"),
        ("x/" * 3_000 + "y", "can't be read: File name too long|no such file"),
        ("\udcff", "no Unicode"),
    ],
)
def test_what_is_no_file_of_the_project(project: Path, path: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        ProjectFiles(project).read(path)


@posix
def test_links_may_stay_inside(project: Path) -> None:
    (project / "inside").symlink_to("docs/README.md")
    (project / "outside").symlink_to("/etc/passwd")
    (project / "circle").symlink_to("circle")
    (project / "broken").symlink_to("nowhere")
    os.mkfifo(project / "pipe")
    files = ProjectFiles(project)
    assert files.read("inside") == b"# Zig\r\n"
    for name, said in [
        ("outside", "leads out of the project"),
        ("circle", "can't be read"),
        ("broken", "no such file"),
        ("pipe", "not a regular file"),
    ]:
        with pytest.raises(RequestError, match=said) as caught:
            files.read(name)
        assert caught.value.where.file == str(project / name)


def test_a_project_in_a_folder_that_is_a_link(project: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("links need a privilege on Windows")
    (project.parent / "link").symlink_to(project)
    assert ProjectFiles(project.parent / "link").read("docs/README.md") == b"# Zig\r\n"


# --- licences beside -----------------------------------------------------------------------------------------
@pytest.fixture
def licensed(project: Path) -> Path:
    for name in ("LICENSE", "licences/b.txt", "licences/a.txt", "licences/deep/c.txt", "other/LICENSE"):
        path = project / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    return project


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        ((), []),
        (("LICENSE",), ["LICENSE"]),
        (("**/LICENSE",), ["LICENSE", "other/LICENSE"]),
        (("licences/*.txt", "LICENSE"), ["LICENSE", "licences/a.txt", "licences/b.txt"]),
        (("licences",), ["licences/a.txt", "licences/b.txt", "licences/deep/c.txt"]),
        (("COPYING", "no/such/**"), []),
    ],
)
def test_files_beside(licensed: Path, globs: tuple[str, ...], names: list[str]) -> None:
    found = beside(licensed, globs)
    assert list(found) == names
    assert len(found) == len(names)
    assert dict(found) == {name: name.encode() for name in names}


def test_only_what_globs_reach_is_looked_at(licensed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_MOST_SEEN", 20)
    for number in range(30):
        (licensed / "docs" / f"{number}.txt").touch()
    assert list(beside(licensed, ["licences/*", "other/*"])) == [
        "licences/a.txt",
        "licences/b.txt",
        "licences/deep/c.txt",
        "other/LICENSE",
    ]
    far = beside(licensed, ["**/LICENSE"])  # nobody has asked yet
    with pytest.raises(RequestError, match="more than 20 files") as caught:
        list(far)
    assert caught.value.where.file == str(licensed)
    assert "instead of" in caught.value.hint


def test_what_the_archive_has_is_not_looked_for(project: Path) -> None:
    (project / "LICENSE").write_bytes(b"MIT")
    nowhere = beside(project / "nowhere", ["LICENSE", "**/COPYING"])
    archive = {name: Item(name, executable=False, content=Bytes(b"BSD")) for name in ("LICENSE", "a/COPYING")}
    found = licences(archive, lambda _: False, ("LICENSE", "**/COPYING"), nowhere)
    assert [licence.path for licence in found] == ["LICENSE", "a/COPYING"]
    with pytest.raises(RequestError, match="can't be read"):
        licences({"x": archive["LICENSE"]}, lambda _: False, ("LICENSE",), nowhere)
    [mit] = licences({"x": archive["LICENSE"]}, lambda _: False, ("LICENSE",), beside(project, ["LICENSE"]))
    assert mit.content.read() == b"MIT"
    with pytest.raises(KeyError):
        beside(project, ["LICENSE"])["pyproject.toml"]


def test_no_folder_is_too_deep(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_MOST_FOLDERS_DEEP", 3)
    (project / "a/b/c/d").mkdir(parents=True)
    (project / "a/b/c/LICENSE").touch()
    assert list(beside(project, ["a/**/LICENSE"])) == ["a/b/c/LICENSE"]
    (project / "a/b/c/d/LICENSE").touch()
    with pytest.raises(RequestError, match="deeper than 3"):
        list(beside(project, ["a/**/LICENSE"]))


@posix
def test_links_beside(licensed: Path) -> None:
    (licensed / "linked").symlink_to("licences")
    (licensed / "licences" / "up").symlink_to("..")
    (licensed / "licences" / "d.txt").symlink_to("a.txt")
    assert list(beside(licensed, ["l*/*.txt"])) == ["licences/a.txt", "licences/b.txt", "licences/d.txt"]
    assert list(beside(licensed, ["link*", "licences/u*"])) == []
    assert dict(beside(licensed, ["linked/a.txt"])) == {"linked/a.txt": b"licences/a.txt"}
    (licensed / "licences" / "e.txt").symlink_to("/etc/passwd")
    with pytest.raises(RequestError, match="leads out"):
        dict(beside(licensed, ["licences/*.txt"]))
    (licensed / "LICENSE.old").symlink_to("nowhere")
    with pytest.raises(RequestError, match="no such file"):
        dict(beside(licensed, ["LICENSE*"]))


@posix
def test_names_beside_that_are_no_text(licensed: Path) -> None:
    (licensed / os.fsdecode(b"LICENSE.\xff")).touch()
    assert list(beside(licensed, ["LICENSE"])) == ["LICENSE"]
    with pytest.raises(RequestError, match="no Unicode"):
        dict(beside(licensed, ["LICENSE*"]))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="can't be read"):
        list(beside(tmp_path / "gone", ["*"]))
