"""Whole builds: what goes in, what a build sees, and what comes out, twice the same."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess  # noqa: TID251 - build is a program, and so is what a failure leaves; the ban protects src
import sys
import zipfile  # noqa: TID251 - the tests need a reader that is not ours; the ban protects src
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from tests.builds.backends import offline, project
from tests.builds.building import Heard, built, contents, failure, seen
from tests.builds.checkouts import QUIET, TIME, checkout, git, names, snapshot
from tests.projects import PURE, Project
from tests.support import closed_schema
from tests.tools import need
from truewheel.builds.isolation import possible
from truewheel.builds.model import Conditions, Made, Request
from truewheel.builds.project import make
from truewheel.errors import RequestError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has namespaces")
EPOCH = 1_600_000_000


def same(first: Made, second: Made) -> bool:
    """Whether two builds made the same bytes, lock and provenance too."""
    pairs = zip(first.artefacts, second.artefacts, strict=True)
    return all(one.sha256 == other.sha256 and one.path.name == other.path.name for one, other in pairs) and (
        (first.lock, first.provenance) == (second.lock, second.provenance)
    )


def test_sdist_and_wheel(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    before = snapshot(folder)
    heard = Heard()
    made = built(folder, tmp_path / "new" / "out", heard=heard, epoch=EPOCH)
    assert snapshot(folder) == before
    assert [(artefact.kind, artefact.path.name) for artefact in made.artefacts] == [
        ("sdist", "small-1.0.tar.gz"),
        ("wheel", "small-1.0-py3-none-any.whl"),
    ]
    assert names(tmp_path / "new" / "out") == ["small-1.0-py3-none-any.whl", "small-1.0.tar.gz"]
    for artefact in made.artefacts:
        data = artefact.path.read_bytes()
        assert (artefact.size, artefact.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert artefact.path.is_relative_to(tmp_path)
    assert (made.epoch.seconds, made.epoch.origin) == (EPOCH, "SOURCE_DATE_EPOCH")
    assert heard.phases == [
        "copy sources",
        "make an environment",
        "ask the backend what it requires",
        "build sdist",
        "unpack sdist",
        "build wheel",
        "bring into canonical form",
        "note what took part",
    ]
    with zipfile.ZipFile(made.artefacts[1].path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2020, 9, 13, 12, 26, 40)}


@pytest.mark.parametrize(("sdist", "wheel", "kinds"), [(True, False, ["sdist"]), (False, True, ["wheel"])])
def test_one_of_them(tmp_path: Path, *, sdist: bool, wheel: bool, kinds: list[str]) -> None:
    made = built(project(tmp_path / "p"), tmp_path / "out", sdist=sdist, wheel=wheel)
    assert [artefact.kind for artefact in made.artefacts] == kinds


def test_the_same_project_elsewhere_and_later(tmp_path: Path) -> None:
    """Where sources and results lie, what modes and times files have, and what the caller has set takes no part."""
    first = built(project(tmp_path / "one"), tmp_path / "a", epoch=EPOCH)
    folder = project(tmp_path / "other" / "and" / "longer")
    for path in folder.iterdir():
        path.chmod(0o640)
        os.utime(path, (1, 1))
    more = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "HOME": str(tmp_path), "USER": "x", "PYTHONHASHSEED": "7"}
    second = built(folder, tmp_path / "b", epoch=EPOCH, more=more)
    assert same(first, second)


@LINUX
@pytest.mark.parametrize("kind", ["bubblewrap", "namespaces"])
def test_every_isolation_gives_the_same(tmp_path: Path, kind: str) -> None:
    need("bwrap" if kind == "bubblewrap" else "git")
    folder = project(tmp_path / "p")
    plain = built(folder, tmp_path / "a", epoch=EPOCH)
    apart = built(folder, tmp_path / "b", epoch=EPOCH, isolation=kind)
    assert [found.sha256 for found in apart.artefacts] == [found.sha256 for found in plain.artefacts]
    assert (apart.isolation.kind, apart.isolation.fixed_path, apart.isolation.network_cut) == (kind, True, True)
    stated = json.loads(apart.provenance)["predicate"]["buildDefinition"]["internalParameters"]
    assert stated["isolation"]["kind"] == kind
    assert stated["root"] == "/tmp/truewheel"  # noqa: S108 - in the build's own namespace


def test_what_a_build_sees(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", tell=["environment", "folder", "umask", "times", "files", "distributions"])
    secrets = {
        "GITHUB_TOKEN": "ghp_secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "HTTPS_PROXY": "http://me:secret@example.org",
        "UV_INDEX_MINE_PASSWORD": "secret",
        "PIP_INDEX_URL": "https://me:secret@example.org/simple",
        "CFLAGS": "-O1",
        "MY_OWN": "secret",
    }
    given = {"GIVEN": "as it is"}
    out = tmp_path / "out"
    made = built(folder, out, more=secrets, isolation="auto", sdist=False, epoch=EPOCH, environment=given)
    found = seen(made)
    environment = found["environment"]
    assert isinstance(environment, dict)
    assert "secret" not in json.dumps(environment)
    assert environment["GIVEN"] == "as it is"
    assert environment["CFLAGS"] == "-O1"
    assert environment["SOURCE_DATE_EPOCH"] == str(EPOCH)
    assert environment["TZ"] == "UTC"
    assert environment["PYTHONHASHSEED"] == "0"
    assert found["umask"] == 0o022
    assert found["times"] == [EPOCH]
    assert found["files"] == ["pyproject.toml", "small.py", "tiny.json", "tiny.py"]
    assert found["distributions"] == []
    assert made.isolation.kind == possible().kind
    if made.isolation.fixed_path:
        assert found["folder"] == "/tmp/truewheel/src"  # noqa: S108 - in the build's own namespace
    assert "as it is" not in made.provenance
    assert '"GIVEN"' in made.provenance
    for part in ("secret", str(tmp_path), os.environ["HOME"] + "/", "PATH"):
        assert part not in made.provenance


def test_conditions_are_what_a_build_sees(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", tell=["environment", "umask", "times"])
    conditions = Conditions(umask=0o077, timezone="NPT-5:45", hash_seed="5", mtime=-1000, more={"OTHER": "1"})
    found = seen(built(folder, tmp_path / "out", conditions=conditions, sdist=False, epoch=EPOCH))
    environment = found["environment"]
    assert isinstance(environment, dict)
    assert (environment["TZ"], environment["PYTHONHASHSEED"], environment["OTHER"]) == ("NPT-5:45", "5", "1")
    assert found["umask"] == (0o077 if sys.platform != "win32" else 0)
    assert found["times"] == [EPOCH - 1000]


@pytest.mark.parametrize("name", ["uv", "pip"])
def test_requirements_are_locked_once_for_all_phases(tmp_path: Path, wheels: Path, name: str) -> None:
    asked = {"requires": ("tiny<3",), "sdist_requires": ["more"], "wheel_requires": ["more[full]", "base"]}
    folder = project(tmp_path / "p", tell=["distributions"], **asked)  # type: ignore[arg-type]  # names by a table
    heard = Heard()
    made = built(folder, tmp_path / "a", more=offline(wheels), installer=name, epoch=EPOCH, heard=heard)
    assert seen(made)["distributions"] == ["base==1.5", "extra_part==3.0", "more==1.0", "tiny==2.0"]
    assert [requirement.project for requirement in made.requirements] == ["base", "extra-part", "more", "tiny"]
    for requirement in made.requirements:
        assert requirement.sha256 == hashlib.sha256((wheels / requirement.file).read_bytes()).hexdigest()
    assert heard.phases.count("resolve build requirements") == 2
    Pylock.from_dict(tomllib.loads(made.lock)).validate()
    (tmp_path / "pylock.small.toml").write_text(made.lock, encoding="utf-8")
    again = built(
        folder,
        tmp_path / "b",
        more=offline(wheels),
        installer=name,
        epoch=EPOCH,
        heard=heard,
        lock=tmp_path / "pylock.small.toml",
    )
    assert same(made, again)
    assert heard.phases.count("resolve build requirements") == 2


def test_a_lock_that_lacks_what_a_hook_wants(tmp_path: Path, wheels: Path) -> None:
    folder = project(tmp_path / "p", requires=("tiny",))
    made = built(folder, tmp_path / "a", more=offline(wheels), epoch=EPOCH)
    (tmp_path / "pylock.toml").write_text(made.lock, encoding="utf-8")
    folder = project(tmp_path / "p", requires=("tiny",), wheel_requires=["tool>=1"])
    error = failure(folder, tmp_path / "b", more=offline(wheels), lock=tmp_path / "pylock.toml")
    assert "the build requires 'tool>=1', and the lock has nothing" in str(error)
    assert "lock again" in error.hint


def test_a_wheel_is_built_from_the_sdist(tmp_path: Path) -> None:
    """What isn't in the sdist isn't there, and the sdist alone gives the same wheel."""
    code = "import os; os.remove('left.txt')"
    folder = project(tmp_path / "p", sdist=code, tell=["files"])
    (folder / "left.txt").touch()
    made = built(folder, tmp_path / "a", epoch=EPOCH)
    files = seen(made)["files"]
    assert isinstance(files, list)
    assert "left.txt" not in files
    assert "PKG-INFO" in files
    alone = built(made.artefacts[0].path, tmp_path / "b")
    assert (alone.epoch.seconds, alone.epoch.origin) == (EPOCH, "the newest file of the sdist")
    assert [artefact.sha256 for artefact in alone.artefacts] == [made.artefacts[1].sha256]
    with pytest.raises(RequestError, match="is an sdist already"):
        built(made.artefacts[0].path, tmp_path / "c", wheel=False)


def test_what_an_sdist_lacks_is_named_where_its_wheel_fails(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", sdist="import os; os.remove('left.txt')", wheel="open('left.txt')")
    (folder / "left.txt").touch()
    hint = failure(folder, tmp_path / "a").hint
    assert hint.startswith(
        "the wheel is built from the sdist, which lacks left.txt; --wheel builds it from the sources"
    )
    assert built(folder, tmp_path / "b", sdist=False).artefacts
    other = project(tmp_path / "q", wheel="open('left.txt')")
    assert "lacks" not in failure(other, tmp_path / "c").hint


def test_checkouts(tmp_path: Path) -> None:
    need("git")
    folder = checkout(project(tmp_path / "p"), {".gitignore": "dist\n"})
    git(folder, "remote", "add", "origin", "https://me:secret@example.org/a.git")
    made = built(folder, folder / "dist", more=QUIET)
    commit = git(folder, "rev-parse", "HEAD")
    assert (made.epoch.seconds, made.epoch.origin) == (TIME, f"commit {commit}")
    again = built(f"git+file://{folder}@v1.0", tmp_path / "b", more=QUIET)
    assert [a.sha256 for a in made.artefacts] == [a.sha256 for a in again.artefacts]
    definition = json.loads(made.provenance)["predicate"]["buildDefinition"]
    assert definition["resolvedDependencies"][0]["uri"] == f"git+https://example.org/a.git@{commit}"
    assert definition["resolvedDependencies"][0]["digest"]["gitCommit"] == commit


@pytest.mark.parametrize("chosen", PURE[:3], ids=lambda chosen: chosen.backend)
def test_contents_are_those_of_other_frontends(tmp_path: Path, chosen: Project) -> None:
    """`build` runs the same hooks without a lock, without isolation from the machine, and without canonical form."""
    folder = chosen.write(tmp_path / "p")
    made = built(folder, tmp_path / "ours", isolation="auto", epoch=EPOCH)
    command = [sys.executable, "-m", "build", "--installer", "uv", "--outdir", str(tmp_path / "theirs"), str(folder)]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH)}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for artefact in made.artefacts:
        ours, theirs = contents(artefact.path), contents(tmp_path / "theirs" / artefact.path.name)
        for found in (ours, theirs):
            for name in [name for name in found if name.endswith("RECORD")]:
                found[name] = b"\n".join(sorted(found[name].split()))
        assert ours == theirs
    again = built(chosen.write(tmp_path / "elsewhere"), tmp_path / "again", isolation="auto", epoch=EPOCH)
    assert same(made, again)


def test_nothing_is_left_behind_and_old_results_stay(tmp_path: Path) -> None:
    """An sdist that was made is not delivered where the wheel fails."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "small-1.0.tar.gz").write_text("of yesterday")
    folder = project(tmp_path / "p", wheel="raise SystemExit(1)")
    with pytest.raises(RequestError):
        built(folder, tmp_path / "out")
    assert names(tmp_path / "out") == ["small-1.0.tar.gz"]
    assert (tmp_path / "out" / "small-1.0.tar.gz").read_text() == "of yesterday"
    made = built(project(tmp_path / "p"), tmp_path / "out")
    assert made.artefacts[0].path.stat().st_size == made.artefacts[0].size


@pytest.mark.parametrize("isolation", ["none", pytest.param("auto", marks=LINUX)])
@pytest.mark.skipif(sys.platform == "win32", reason="the script is one of sh")
def test_a_kept_build_can_be_repeated(tmp_path: Path, isolation: str) -> None:
    code = "import os; print('in', os.getcwd(), os.environ['GIVEN'], oct(os.umask(0)), flush=True); raise SystemExit(7)"
    folder = project(tmp_path / "p", wheel=code)
    more = {"TMPDIR": str(tmp_path / "rooms")}
    (tmp_path / "rooms").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path / "rooms"))
        error = failure(
            folder,
            tmp_path / "out",
            more=more,
            keep=True,
            isolation=isolation,
            sdist=False,
            environment={"GIVEN": "it's"},
        )
    script = next((tmp_path / "rooms").rglob("repeat.sh"))
    assert f"{script} repeats the command" in error.hint
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(["sh", str(script)], env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 7
    assert done.stdout.split("\n")[0] == error.tail[0]


def test_without_keep_the_hint_says_how(tmp_path: Path) -> None:
    error = failure(project(tmp_path / "p", wheel="raise SystemExit(1)"), tmp_path / "out")
    assert error.hint == "run again with --keep to repeat the command by hand"


def test_a_build_that_hangs_is_stopped(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", wheel="import time; time.sleep(600)")
    request = Request(source=str(folder), sdist=False, isolation="none", seconds=5)
    with pytest.raises(RequestError, match=r"^build wheel: build_wheel of tiny ran longer than 5 seconds") as caught:
        make(request, tmp_path / "out")
    assert "--timeout" in caught.value.hint


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"sdist": False, "wheel": False}, "neither an sdist nor a wheel"),
        ({"installer": "conda"}, "there is no installer 'conda'"),
        ({"python": "3.99"}, r"there is no Python 3\.99"),
        ({"isolation": "jail"}, "there is no isolation 'jail'"),
        ({"lock": Path("not-here.toml")}, "there is no such lock"),
    ],
)
def test_requests_that_make_no_sense(tmp_path: Path, asked: dict[str, object], says: str) -> None:
    request = replace(Request(source=str(project(tmp_path / "p"))), **asked)  # type: ignore[arg-type]  # fields by their names
    with pytest.raises(RequestError, match=says):
        make(request, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folders_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="can't be written"):
        built(project(tmp_path / "p"), tmp_path / "file")
    with pytest.raises(RequestError, match="can't be written"):
        built(project(tmp_path / "p"), tmp_path / "out", log=tmp_path / "file" / "log")
    (tmp_path / "out" / "small-1.0-py3-none-any.whl").mkdir(parents=True)
    with pytest.raises(RequestError, match="it is a folder"):
        built(project(tmp_path / "p"), tmp_path / "out")
    assert names(tmp_path / "out") == []  # not even the sdist


def test_provenance_keeps_to_its_schema(tmp_path: Path, wheels: Path) -> None:
    folder = project(tmp_path / "p", requires=("tiny",))
    (tmp_path / "c.txt").write_text("tiny<2\n")
    made = built(
        folder, tmp_path / "out", more=offline(wheels), constraints=(tmp_path / "c.txt",), exclude_newer="2099-01-01"
    )
    statement = json.loads(made.provenance)
    closed_schema("provenance").validate(statement)
    definition = statement["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["excludeNewer"] == "2099-01-01"
    assert definition["externalParameters"]["constraints"] == [
        {"sha256": hashlib.sha256(b"tiny<2\n").hexdigest()},
    ]
    lock = statement["predicate"]["runDetails"]["byproducts"][0]
    assert lock["digest"]["sha256"] == hashlib.sha256(made.lock.encode()).hexdigest()
    assert [(subject["name"], subject["digest"]["sha256"]) for subject in statement["subject"]] == sorted(
        (artefact.path.name, artefact.sha256) for artefact in made.artefacts
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the tests' other Pythons are there on POSIX alone")
def test_another_python(tmp_path: Path) -> None:
    other = next((path for path in _others() if path.exists()), None)
    if other is None:
        pytest.skip("there is no other Python here")
    made = built(project(tmp_path / "p", tell=["version"]), tmp_path / "out", sdist=False, python=str(other))
    version = seen(made)["version"]
    assert isinstance(version, list)
    assert made.python.startswith(f"CPython {version[0]}.{version[1]}")
    assert version != list(sys.version_info[:2])


def _others() -> list[Path]:
    """Other Pythons that a machine of developers has."""
    folders = [Path("/usr/bin"), *sorted(Path.home().glob(".pyenv/versions/3.*/bin"))]
    versions = [f"3.{minor}" for minor in range(10, 15) if minor != sys.version_info.minor]
    return [folder / f"python{version}" for folder in folders for version in versions]


@pytest.mark.parametrize("module", ["pyproject_hooks", "packaging.pylock"])
def test_what_lacks_is_told(module: str) -> None:
    code = f"""
import sys
sys.modules[{module!r}] = None
from truewheel.errors import RequestError
try:
    import truewheel.builds.project
except RequestError as error:
    print(error.what, error.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.startswith("building needs p")
    assert "pip install 'truewheel[build]'" in done.stdout
