"""What is installed is looked at, whatever installers say; and programs that don't do what they should."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builds.checkouts import emptied, written
from tests.builds.test_lock import PYTHON, SHA
from truewheel.builds import lock, resolve_pip, resolve_uv
from truewheel.builds.capture import asked
from truewheel.builds.environment import BuildEnvironment
from truewheel.builds.errors import BuildError
from truewheel.builds.installers import Ground
from truewheel.builds.lock import Choice
from truewheel.builds.model import Request
from truewheel.builds.record import Record
from truewheel.builds.resolve_uv import Uv
from truewheel.errors import RequestError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts")


class Pretender:
    """An installer that installs what it was made with, whatever it is asked."""

    name = "pretender"

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def create(self, ground: Ground) -> None:
        """Make a folder."""
        ground.room.env.mkdir()

    def resolve(self, requirements: Sequence[str], ground: Ground) -> str:
        """A lock with one wheel."""
        del requirements
        name = "a-1.0-py3-none-any.whl"
        wheel = {"url": f"https://example.org/{name}", "hashes": {"sha256": SHA}}
        return lock.text_of([{"name": "a", "version": "1.0", "wheels": [wheel]}], ground.python)

    def install(self, choices: Sequence[Choice], ground: Ground) -> None:
        """Write the files."""
        assert [choice.requirement.project for choice in choices] == ["a"]
        written(ground.room.env / "lib" / "python3.12" / "site-packages", self.files)


def ground(tmp_path: Path) -> Ground:
    """An empty workroom."""
    (tmp_path / "scratch").mkdir()
    room = emptied(tmp_path / "room")
    return Ground(room, tmp_path / "scratch", PYTHON, Request(source="."), dict(os.environ), Record(None, None, None))


def metadata(name: str, version: str, *lines: str) -> dict[str, str]:
    """The folder of an installed project."""
    text = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *lines, "", ""])
    return {f"{name}-{version}.dist-info/METADATA": text}


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        (metadata("a", "1.0"), None),
        (metadata("A", "1.5rc1", "Requires-Dist: b; sys_platform == 'win32'", "Requires-Dist: ???"), None),
        (metadata("a", "1.0", "Requires-Dist: b>=2", "Requires-Dist: a") | metadata("b", "2"), None),
        ({}, "a>=1,<3"),
        (metadata("a", "nonsense"), "a>=1,<3"),
        (metadata("a", "3.0"), "a>=1,<3"),
        ({"a.dist-info/METADATA": "Version: 1.0\n"}, "a>=1,<3"),
        ({"a.dist-info/METADATA": "Name: a\n"}, "a>=1,<3"),
        (metadata("a", "1.0", "Requires-Dist: b>=2") | metadata("b", "1"), "b>=2"),
        (
            metadata("a", "1.0", "Requires-Dist: b[c]") | metadata("b", "1", 'Requires-Dist: d; extra == "c"'),
            "d; extra",
        ),
    ],
)
def test_what_is_installed_counts(tmp_path: Path, files: dict[str, str], missing: str | None) -> None:
    environment = BuildEnvironment(ground(tmp_path), Pretender(files))
    if missing is None:
        environment.create(["a>=1,<3", "never; sys_platform == 'win32'"])
        return
    with pytest.raises(RequestError, match=r"the build requirement .* isn't met") as caught:
        environment.create(["a>=1,<3"])
    assert missing in str(caught.value)


@POSIX
@pytest.mark.parametrize("text", ["", "nonsense"])
def test_a_uv_that_writes_no_lock(tmp_path: Path, text: str) -> None:
    program = tmp_path / "uv"
    lines = [
        "#!/bin/sh",
        "for word; do case $word in",
        f"--output-file=*) echo '{text}' >\"${{word#*=}}\";;",
        "esac; done",
    ]
    program.write_text("\n".join([*lines, ""]) if text else "#!/bin/sh\n")
    program.chmod(0o755)
    with pytest.raises(RequestError, match="uv wrote no lock that can be read"):
        BuildEnvironment(ground(tmp_path), Uv(str(program))).create(["a"])


@POSIX
def test_a_uv_that_fails(tmp_path: Path) -> None:
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\necho no\nexit 4\n")
    program.chmod(0o755)
    with pytest.raises(BuildError, match="make an environment: uv ended with status 4") as caught:
        BuildEnvironment(ground(tmp_path), Uv(str(program))).create(["a"])
    assert (caught.value.tail, caught.value.repeatable, caught.value.hint) == (("no",), False, "")


@POSIX
def test_where_uv_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    import uv  # noqa: PLC0415 - what is taken away below

    def none() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(uv, "find_uv_bin", none)
    assert resolve_uv.find({"PATH": str(tmp_path)}) == str(program)
    monkeypatch.setitem(sys.modules, "uv", None)
    assert resolve_uv.find({"PATH": str(tmp_path)}) == str(program)
    assert resolve_uv.find({"PATH": "/nowhere"}) is None


@pytest.mark.parametrize(
    ("item", "table"),
    [
        (
            {"download_info": {"url": "https://e.org/a-1-py3-none-any.whl#x", "archive_info": {"hash": "sha256=1"}}},
            {"wheels": [{"url": "https://e.org/a-1-py3-none-any.whl#x", "hashes": {"sha256": "1"}}]},
        ),
        (
            {"download_info": {"url": "https://e.org/a-1.tar.gz", "archive_info": {"hashes": {"sha256": "1"}}}},
            {"sdist": {"url": "https://e.org/a-1.tar.gz", "hashes": {"sha256": "1"}}},
        ),
        (
            {"download_info": {"url": "https://e.org/a.whl", "archive_info": {}}, "is_direct": True},
            {"archive": {"url": "https://e.org/a.whl", "hashes": {}}},
        ),
    ],
)
def test_reports_of_pip(item: dict[str, object], table: dict[str, object]) -> None:
    report = {"install": [{"metadata": {"name": "A.b", "version": "1"}, **item}]}
    assert list(resolve_pip._packages(report)) == [{"name": "a-b", "version": "1", **table}]


def test_what_pip_takes_from_a_folder_has_no_hash() -> None:
    item = {"metadata": {"name": "a", "version": "1"}, "download_info": {"url": "file://localhost/a", "dir_info": {}}}
    with pytest.raises(RequestError, match="a is a folder or a repository"):
        list(resolve_pip._packages({"install": [item]}))
    assert list(resolve_pip._packages({})) == []


@POSIX
def test_programs_that_are_asked(tmp_path: Path) -> None:
    answer = asked(["sh", "-c", "cat; echo bad >&2; exit 3"], tmp_path, os.environ, given="good")
    assert (answer.status, answer.output, answer.complaint) == (3, b"good", "bad\n")
    with pytest.raises(RequestError, match=r"sleep ran longer than 0\.1 seconds and was stopped"):
        asked(["/bin/sleep", "60"], tmp_path, os.environ, seconds=0.1)
    with pytest.raises(RequestError, match="/not/here can't be started: No such file"):
        asked(["/not/here"], tmp_path, os.environ)
    with pytest.raises(RequestError, match="can't be started: embedded null byte"):
        asked(["a\0b"], tmp_path, os.environ)


@POSIX
def test_installers_that_hang(tmp_path: Path) -> None:
    """Where there is another way, it is taken; else it is an error."""
    place = replace(ground(tmp_path), request=Request(source=".", seconds=0.2))
    hanging = ["sleep", "60"]
    assert not place.works(hanging)
    with pytest.raises(BuildError, match=r"sleep ran longer than 0\.2 seconds") as caught:
        place.run(hanging)
    assert not caught.value.repeatable
    assert place.works(["true"])
    assert not place.works(["false"])
