"""Builds as somebody else once made them: their times, modes and compilers, and what comes out to the byte."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import sys
import tarfile
import zipfile  # noqa: TID251 - the tests need a writer and a reader that are not ours; the ban protects src
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.builds.backends import TINY, offline, project
from tests.builds.building import built, contents, failure, seen
from tests.support import closed_schema
from truewheel.builds import archived
from truewheel.builds.artefacts import untouched
from truewheel.builds.made import delivery
from truewheel.builds.model import Conditions, Request
from truewheel.builds.project import make as made_by
from truewheel.errors import LimitError, RequestError
from truewheel.wheel import Limits

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
EPOCH = 1_600_000_000
OLD = 1_500_000_000
_SYSTEM = "[build-system]\nrequires = []\nbuild-backend = 'tiny'\nbackend-path = ['.']\n"
_LOOK = """
import json, os
found = {}
for top, folders, files in os.walk("."):
    for name in (*files, "."):
        path = os.path.join(top, name)
        facts = os.stat(path)
        found[os.path.normpath(path)] = [oct(facts.st_mode & 0o7777), int(facts.st_mtime)]
with open("small.py", "w") as file:
    json.dump(found, file)
"""
"""What a build sees of its sources, told in the wheel."""


def sdist(folder: Path, members: Mapping[str, tuple[int, int]], *, settings: Mapping[str, object]) -> Path:
    """An sdist of the tiny project, with further files, each with a mode and a time."""
    path = folder / "small-1.0.tar.gz"
    files = {"PKG-INFO": b"Metadata-Version: 2.4\nName: small\nVersion: 1.0\n", "pyproject.toml": _SYSTEM.encode()}
    files |= {"tiny.py": TINY.encode(), "tiny.json": json.dumps(settings).encode()}
    with tarfile.open(path, "w:gz") as archive:
        for name in (*files, *members):
            member = tarfile.TarInfo(f"small-1.0/{name}")
            member.mode, member.mtime = members.get(name, (0o644, OLD))
            data = files.get(name, b"")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def looked(source: Path, folder: Path, conditions: Conditions) -> dict[str, tuple[str, int]]:
    """What a build of an sdist saw of its files."""
    made = built(source, folder, conditions=conditions, sdist=False, epoch=EPOCH)
    found: dict[str, list[object]] = json.loads(contents(made.artefacts[0].path)["small.py"])
    return {name: (str(mode), int(str(time))) for name, (mode, time) in found.items() if "__pycache__" not in name}


MEMBERS = {
    "a/plain": (0o664, OLD + 1),
    "a/program": (0o775, OLD + 2),
    "a/private": (0o600, OLD + 3),
    "a/others": (0o011, OLD + 4),
    "far": (0o644, 1 << 40),
    "before": (0o644, 0),
}


@POSIX
def test_sources_have_one_time_and_the_usual_modes(tmp_path: Path) -> None:
    found = looked(sdist(tmp_path, MEMBERS, settings={"wheel": _LOOK}), tmp_path / "out", Conditions())
    assert {time for _, time in found.values()} == {EPOCH}
    assert {mode for mode, _ in found.values()} == {"0o644", "0o755"}
    assert found["a/program"][0] == "0o755"


@POSIX
@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="this Python has no such filter yet")
def test_sources_keep_what_the_archive_says(tmp_path: Path) -> None:
    """Modes are those of Python's own filter for such archives (PEP 706), which is asked here."""
    source = sdist(tmp_path, MEMBERS, settings={"wheel": _LOOK})
    found = looked(source, tmp_path / "out", Conditions(sources_kept=True))
    with tarfile.open(source) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            filtered = tarfile.data_filter(member, str(tmp_path))
            assert filtered.mode is not None
            assert found[name] == (oct(filtered.mode), min(int(member.mtime), 0xFFFF_FFFF)), name
    assert found["."] == found["a"] == ("0o755", EPOCH)


@POSIX
def test_sources_that_the_group_may_write(tmp_path: Path) -> None:
    source = sdist(tmp_path, MEMBERS, settings={"wheel": _LOOK})
    found = looked(source, tmp_path / "out", Conditions(sources_kept=True, group_writable=True))
    programs = {name for name, (mode, _) in found.items() if mode == "0o775"}
    assert programs == {".", "a", "a/program", "a/others"}
    assert {mode for name, (mode, _) in found.items() if name not in programs} == {"0o664"}
    assert found["a/plain"][1] == OLD + 1
    alone = looked(source, tmp_path / "alone", Conditions(group_writable=True))
    assert alone["a/plain"] == ("0o664", EPOCH)


def test_sources_of_a_zip_keep_their_times(tmp_path: Path) -> None:
    """To two seconds, and as if they had been told in UTC."""
    path = tmp_path / "small-1.0.zip"
    with zipfile.ZipFile(path, "w") as archive:
        settings = json.dumps({"wheel": _LOOK})
        for name, text in (("PKG-INFO", "Name: small\n"), ("pyproject.toml", _SYSTEM), ("tiny.py", TINY)):
            archive.writestr(zipfile.ZipInfo(f"small-1.0/{name}", (2017, 7, 14, 2, 40, 0)), text)
        archive.writestr(zipfile.ZipInfo("small-1.0/tiny.json", (1980, 0, 0, 0, 0, 0)), settings)
    found = looked(path, tmp_path / "out", Conditions(sources_kept=True))
    assert (found["tiny.py"][1], found["tiny.json"][1]) == (OLD, 0)


@POSIX
def test_links_have_no_times_of_their_own(tmp_path: Path) -> None:
    top = tmp_path / "src"
    top.mkdir()
    (top / "file").touch()
    (top / "link").symlink_to("file")
    files = {"file": archived.Archived(OLD, 0o644), "link": archived.Archived(5, 0o777)}
    archived.settle(top, EPOCH, Conditions(sources_kept=True, group_writable=True), files)
    assert (top / "file").stat().st_mtime == OLD
    assert (top / "link").lstat().st_mtime == EPOCH
    assert stat.S_IMODE((top / "file").stat().st_mode) == 0o664


def test_an_sdist_made_here_is_unpacked_under_the_same_conditions(tmp_path: Path) -> None:
    pack = "import os; os.utime('pyproject.toml', (1500000000, 1500000000))"
    folder = project(tmp_path / "p", sdist=pack, wheel=_LOOK)
    made = built(folder, tmp_path / "out", conditions=Conditions(sources_kept=True), canonical=False, epoch=EPOCH)
    found: dict[str, list[object]] = json.loads(contents(made.artefacts[1].path)["small.py"])
    assert found["pyproject.toml"][1] == OLD


def test_no_epoch(tmp_path: Path) -> None:
    """Neither the caller's nor one that is given."""
    folder = project(tmp_path / "p", tell=["environment"])
    given = {"SOURCE_DATE_EPOCH": "5", "GIVEN": "1"}
    asked = {"sdist": False, "more": {"SOURCE_DATE_EPOCH": "7"}, "environment": given}
    made = built(folder, tmp_path / "out", conditions=Conditions(epoch_set=False), **asked)  # type: ignore[arg-type]  # fields by their names
    environment = seen(made)["environment"]
    assert isinstance(environment, dict)
    assert "SOURCE_DATE_EPOCH" not in environment
    assert environment["GIVEN"] == "1"


def test_what_the_backend_wrote_to_the_byte(tmp_path: Path) -> None:
    """In whatever order and with whatever times: canonical form has another."""
    note = (
        "import atexit, glob, hashlib, os, shutil; out = os.path.join('..', 'out')\n"
        "atexit.register(lambda: [print('made', hashlib.sha256(open(path, 'rb').read()).hexdigest(), flush=True)"
        " for path in glob.glob(os.path.join(out, 'small*'))])"
    )
    folder = project(tmp_path / "p", wheel=note, sdist=note)
    log = tmp_path / "log"
    made = built(folder, tmp_path / "raw", canonical=False, epoch=EPOCH, log=log)
    told = {line.split()[1] for line in log.read_text().splitlines() if line.startswith("made ")}
    for artefact in made.artefacts:
        data = artefact.path.read_bytes()
        assert artefact.sha256 in told
        assert (artefact.sha256, artefact.size) == (hashlib.sha256(data).hexdigest(), len(data))
    usual = built(folder, tmp_path / "usual", epoch=EPOCH)
    assert not {artefact.sha256 for artefact in usual.artefacts} & told
    assert contents(usual.artefacts[1].path)["small.py"] == contents(made.artefacts[1].path)["small.py"]
    assert usual.lock == made.lock


def test_what_is_no_wheel_is_delivered_all_the_same(tmp_path: Path) -> None:
    """Who judges says so, with the reason; a link isn't."""
    code = "\ndef build_wheel(folder, *_):\n    open(folder + '/a-1-py3-none-any.whl', 'w').write('no zip')\n"
    code += "    return 'a-1-py3-none-any.whl'\n"
    made = built(project(tmp_path / "p", code=code), tmp_path / "out", sdist=False, canonical=False)
    assert made.artefacts[0].path.read_bytes() == b"no zip"
    link = code.replace(
        "open(folder + '/a-1-py3-none-any.whl', 'w').write('no zip')",
        "import os; os.symlink('x', folder + '/a-1-py3-none-any.whl')",
    )
    error = failure(project(tmp_path / "q", code=link), tmp_path / "no", sdist=False, canonical=False)
    assert "a link" in str(error)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda path: path.symlink_to("/etc/passwd"), "can't be taken", marks=POSIX),
        pytest.param(getattr(os, "mkfifo", None), "is no regular file", marks=POSIX),
        (lambda path: path.mkdir(), "can't be taken|is no regular file"),
        (lambda _: None, "can't be taken"),
    ],
)
def test_what_can_not_be_taken(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    """Also where it became that after the hook's answer was looked at."""
    make(tmp_path / "a.whl")
    with pytest.raises(RequestError, match=says):
        untouched(tmp_path / "a.whl", tmp_path / "copy.whl")


def test_what_is_too_large_to_be_taken(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"12345")
    untouched(tmp_path / "a.whl", tmp_path / "copy.whl", limits=Limits(total_size=5))
    assert (tmp_path / "copy.whl").read_bytes() == b"12345"
    request = Request(source=".", canonical=False, limits=Limits(total_size=4))
    with (
        pytest.raises(LimitError, match=r"^a\.whl: has more than 4 bytes"),
        delivery(tmp_path / "out", request, EPOCH) as results,
    ):
        results.wheel(tmp_path / "a.whl")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["uv", "pip"])
def test_requirements_that_the_project_does_not_state(tmp_path: Path, wheels: Path, name: str) -> None:
    """And constraints hold for all: for these, for the project's own, and for what the backend asks for."""
    folder = project(tmp_path / "p", requires=("tiny",), wheel_requires=["more"], tell=["distributions"])
    (tmp_path / "c.txt").write_text("tiny==1.0\n")
    asked = {"constraints": (tmp_path / "c.txt",), "installer": name, "sdist": False}
    made = built(folder, tmp_path / "a", more=offline(wheels), **asked)  # type: ignore[arg-type]  # fields by their names
    assert seen(made)["distributions"] == ["base==1.5", "more==1.0", "tiny==1.0"]
    request = {"source": str(folder), "isolation": "none", "more": ("tool",), **asked}
    made = made_by(Request(**request), tmp_path / "b", caller_environment={**os.environ, **offline(wheels)})  # type: ignore[arg-type]  # likewise
    assert seen(made)["distributions"] == ["base==1.5", "more==1.0", "tiny==1.0", "tool==1.0"]
    external = json.loads(made.provenance)["predicate"]["buildDefinition"]["externalParameters"]
    assert external["moreRequirements"] == ["tool"]


def test_requirements_that_are_none(tmp_path: Path) -> None:
    request = Request(source=str(project(tmp_path / "p")), isolation="none", more=("--editable /",))
    with pytest.raises(RequestError, match="what is required besides holds '--editable /', which is no requirement"):
        made_by(request, tmp_path / "out")


def test_provenance_tells_conditions_that_are_not_the_usual(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    usual = json.loads(built(folder, tmp_path / "a", sdist=False).provenance)
    assert "unusual" not in usual["predicate"]["buildDefinition"]["internalParameters"]
    assert "canonical" not in usual["predicate"]["buildDefinition"]["externalParameters"]
    conditions = Conditions(
        epoch_set=False, sources_kept=True, group_writable=True, frozen=EPOCH, line_ends="\r\n", compiler=False
    )
    other = json.loads(built(folder, tmp_path / "b", conditions=conditions, sdist=False, canonical=False).provenance)
    for statement in (usual, other):
        closed_schema("provenance").validate(statement)
    definition = other["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["canonical"] is False
    assert definition["internalParameters"]["unusual"] == {
        "epochSet": False,
        "sourcesKept": True,
        "groupWritable": True,
        "frozen": EPOCH,
        "lineEnds": "\r\n",
        "compiler": False,
    }
    assert "SOURCE_DATE_EPOCH" not in definition["internalParameters"]["environment"]
