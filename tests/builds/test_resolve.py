"""Resolving and installing by uv and by pip: the same files, from the caller's indexes, without their passwords."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import subprocess  # noqa: TID251 - what is installed is run; the ban protects src
import sys
import tarfile
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.builds.backends import offline, project
from tests.builds.checkouts import emptied
from truewheel.builds import interpreter, lock, resolve_pip, resolve_uv
from truewheel.builds.environment import BuildEnvironment
from truewheel.builds.errors import BuildError
from truewheel.builds.installers import Ground, Installer, program_in
from truewheel.builds.interpreter import Python
from truewheel.builds.model import Request
from truewheel.builds.record import Record
from truewheel.builds.resolve_pip import Pip
from truewheel.builds.resolve_uv import Uv
from truewheel.errors import RequestError

INSTALLERS = ["uv", "pip"]


@pytest.fixture(scope="session")
def python() -> Python:
    """The Python of the tests."""
    return interpreter.find(None, os.environ, None)


def installer(name: str) -> Installer:
    """An installer, of which the tests' environment has both."""
    program = resolve_uv.find(os.environ)
    assert program
    return Uv(program) if name == "uv" else Pip()


def ground(tmp_path: Path, python: Python, more: Mapping[str, str], **asked: object) -> Ground:
    """An empty workroom, with what was asked and the caller's variables."""
    request = Request(source=".", seconds=300, **asked)  # type: ignore[arg-type]  # fields by their names
    environment = {
        **os.environ,
        **more,
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_CACHE_DIR": str(tmp_path / "cache"),
    }
    (tmp_path / "scratch").mkdir(exist_ok=True, parents=True)
    room = emptied(tmp_path / "room")
    return Ground(room, tmp_path / "scratch", python, request, environment, Record(None, None, None))


def has(place: Ground) -> list[str]:
    """What is installed, according to the environment's own Python."""
    code = "from importlib.metadata import distributions as d; print(*sorted(f'{x.name}={x.version}' for x in d()))"
    done = subprocess.run([str(place.interpreter), "-c", code], capture_output=True, encoding="utf-8", check=True)
    return done.stdout.split()


@pytest.mark.parametrize("name", INSTALLERS)
def test_the_same_files_are_chosen_and_installed(name: str, tmp_path: Path, python: Python, wheels: Path) -> None:
    place = ground(tmp_path, python, offline(wheels))
    environment = BuildEnvironment(place, installer(name))
    environment.create(["tiny", "more[full]"])
    assert [choice.requirement.file for choice in environment.choices] == [
        "base-1.5-py3-none-any.whl",
        "extra_part-3.0-py3-none-any.whl",
        "more-1.0-py3-none-any.whl",
        "tiny-2.0-py3-none-any.whl",
    ]
    assert has(place) == ["base=1.5", "extra_part=3.0", "more=1.0", "tiny=2.0"]
    assert not list(place.room.env.rglob("direct_url.json"))
    environment.add(["base", "tiny>=1"])  # there already: nothing is done
    text = environment.text
    environment.add(["tool"])
    assert has(place)[-1] == "tool=1.0"
    assert environment.text != text


@pytest.mark.parametrize("name", INSTALLERS)
def test_scripts_work_wherever_the_environment_is_seen(name: str, tmp_path: Path, python: Python, wheels: Path) -> None:
    place = ground(tmp_path, python, offline(wheels))
    BuildEnvironment(place, installer(name)).create(["tool"])
    moved = place.room.env.rename(tmp_path / "elsewhere")
    done = subprocess.run([str(program_in(moved, "tool"))], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "a tool\n")


@pytest.mark.parametrize("name", INSTALLERS)
def test_constraints(name: str, tmp_path: Path, python: Python, wheels: Path) -> None:
    (tmp_path / "constraints.txt").write_text("tiny<2\n")
    place = ground(tmp_path, python, offline(wheels), constraints=(tmp_path / "constraints.txt",))
    environment = BuildEnvironment(place, installer(name))
    environment.create(["tiny"])
    assert [choice.requirement.version for choice in environment.choices] == ["1.5", "1.0"]


@pytest.mark.parametrize("name", INSTALLERS)
def test_what_can_not_be_had(name: str, tmp_path: Path, python: Python, wheels: Path) -> None:
    place = ground(tmp_path, python, offline(wheels))
    with pytest.raises(BuildError, match=r"resolve build requirements: .* ended with status") as caught:
        BuildEnvironment(place, installer(name)).create(["nowhere>=1"])
    assert any("nowhere" in line for line in caught.value.tail)
    assert ("--requirements-from-source" in caught.value.hint) == (name == "pip"), "pip says the same of all"
    with pytest.raises(BuildError) as caught:
        BuildEnvironment(place, installer(name)).create(["tiny>=99"])
    assert caught.value.hint == ""


@pytest.mark.parametrize("name", INSTALLERS)
def test_requirements_without_wheels(name: str, tmp_path: Path, python: Python, wheels: Path) -> None:
    folder = project(tmp_path / "small-1.0", requires=("tiny",))
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: small\nVersion: 1.0\n")
    shutil.copytree(wheels, tmp_path / "more")
    with tarfile.open(tmp_path / "more" / "small-1.0.tar.gz", "w:gz") as archive:
        archive.add(folder, "small-1.0")
    with pytest.raises(BuildError, match="resolve build requirements") as caught:
        BuildEnvironment(ground(tmp_path / "a", python, offline(tmp_path / "more")), installer(name)).create(["small"])
    assert "--requirements-from-source allows" in caught.value.hint
    place = ground(tmp_path / "b", python, offline(tmp_path / "more"), requirements_from_source=True)
    environment = BuildEnvironment(place, installer(name))
    environment.create(["small"])
    assert [choice.requirement.file for choice in environment.choices] == ["small-1.0.tar.gz"]
    assert has(place) == ["small=1.0"]


@pytest.mark.parametrize("name", INSTALLERS)
def test_a_lock_is_enough(name: str, tmp_path: Path, python: Python, wheels: Path) -> None:
    first = BuildEnvironment(ground(tmp_path / "first", python, offline(wheels)), installer("uv"))
    first.create(["tiny<2"])
    (tmp_path / "pylock.toml").write_text(first.text)
    place = ground(tmp_path / "second", python, offline(wheels), lock=tmp_path / "pylock.toml")
    second = BuildEnvironment(place, installer(name))
    second.create(["tiny"])
    assert (second.text, second.choices) == (first.text, first.choices)
    assert has(place) == ["base=1.5", "tiny=1.0"]
    second.add(["base>1"])
    with pytest.raises(RequestError, match="requires 'tool', and the lock has nothing that fits CPython") as caught:
        second.add(["tool"])
    assert caught.value.where.file == str(tmp_path / "pylock.toml")


@pytest.mark.parametrize("name", INSTALLERS)
def test_hashes_are_enforced(name: str, tmp_path: Path, python: Python, wheels: Path) -> None:
    first = BuildEnvironment(ground(tmp_path / "first", python, offline(wheels)), installer("uv"))
    first.create(["base"])
    sha256 = first.choices[0].requirement.sha256
    (tmp_path / "pylock.toml").write_text(first.text.replace(sha256, "0" * 64))
    place = ground(tmp_path / "second", python, offline(wheels), lock=tmp_path / "pylock.toml")
    with pytest.raises(BuildError, match="install build requirements: ") as caught:
        BuildEnvironment(place, installer(name)).create(["base"])
    assert any(sha256 in line for line in caught.value.tail)
    assert has(place) == []


@pytest.mark.parametrize("name", INSTALLERS)
def test_a_lock_that_lacks_a_dependency(name: str, tmp_path: Path, python: Python, wheels: Path) -> None:
    first = BuildEnvironment(ground(tmp_path / "first", python, offline(wheels)), installer("uv"))
    first.create(["tiny"])
    kept = [choice for choice in first.choices if choice.requirement.project == "tiny"]
    (tmp_path / "pylock.toml").write_text(lock.only(kept))
    place = ground(tmp_path / "second", python, offline(wheels), lock=tmp_path / "pylock.toml")
    with pytest.raises(RequestError, match="requires 'base>=1'"):
        BuildEnvironment(place, installer(name)).create(["tiny"])


@pytest.mark.parametrize("text", ["x", 'lock-version = "1.0"\ncreated-by = ""\n'])
def test_a_lock_that_is_none(tmp_path: Path, python: Python, text: str) -> None:
    (tmp_path / "pylock.toml").write_text(text)
    place = ground(tmp_path / "room", python, {}, lock=tmp_path / "pylock.toml")
    with pytest.raises(RequestError) as caught:
        BuildEnvironment(place, installer("uv")).create(["tiny"])
    assert caught.value.where.file == str(tmp_path / "pylock.toml")


def test_nothing_is_resolved_where_nothing_is_required(tmp_path: Path, python: Python) -> None:
    place = ground(tmp_path, python, {"UV_NO_INDEX": "1"})
    environment = BuildEnvironment(place, installer("uv"))
    environment.create([])
    assert environment.text == lock.text_of((), python)
    assert has(place) == []


def test_pip_has_no_calendar(tmp_path: Path, python: Python) -> None:
    place = ground(tmp_path, python, {}, exclude_newer="2024-01-01")
    with pytest.raises(RequestError, match="pip can't resolve as of a date"):
        BuildEnvironment(place, Pip()).create(["tiny"])


def test_pip_that_the_building_python_brings(
    tmp_path: Path, python: Python, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve_pip, "_own_pip", lambda: False)
    place = ground(tmp_path, python, offline(wheels))
    BuildEnvironment(place, Pip()).create(["base"])
    assert has(place) == ["base=1.5"]


@pytest.mark.skipif(sys.platform == "win32", reason="uv copies there anyway")
def test_a_build_can_not_write_into_the_cache(tmp_path: Path, python: Python, wheels: Path) -> None:
    place = ground(tmp_path, python, offline(wheels))
    BuildEnvironment(place, installer("uv")).create(["tiny"])
    files = [path for path in place.room.env.rglob("*.py") if not path.is_symlink()]
    assert files
    assert {path.stat().st_nlink for path in files} == {1}


class _Guarded(SimpleHTTPRequestHandler):
    """An index that asks for a password."""

    def do_GET(self) -> None:
        """Answer those who know it."""
        if self.headers.get("Authorization") != "Basic " + base64.b64encode(b"me:secret").decode():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="here"')
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base's
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path, wheels: Path) -> Iterator[str]:
    """The address of an index with the small wheels, with its user and password."""
    simple = tmp_path / "index"
    for wheel in wheels.iterdir():
        project = simple / "simple" / wheel.name.partition("-")[0].replace("_", "-")
        project.mkdir(parents=True, exist_ok=True)
        (project / wheel.name).write_bytes(wheel.read_bytes())
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Guarded, directory=str(simple))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://me:secret@127.0.0.1:{server.server_port}/simple"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", INSTALLERS)
def test_passwords_of_indexes_stay_with_the_installer(name: str, tmp_path: Path, python: Python, index: str) -> None:
    more = {
        "UV_DEFAULT_INDEX": index,
        "UV_NO_CONFIG": "1",
        "PIP_INDEX_URL": index,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "NO_PROXY": "127.0.0.1",
    }
    place = ground(tmp_path, python, more)
    environment = BuildEnvironment(place, installer(name))
    environment.create(["tiny"])
    assert "127.0.0.1" in environment.text
    assert "secret" not in environment.text
    assert has(place) == ["base=1.5", "tiny=2.0"]
    written = b"".join(path.read_bytes() for path in place.room.host.rglob("*") if stat.S_ISREG(path.lstat().st_mode))
    assert b"me:secret" not in written


def test_pythons_by_version_and_by_path(tmp_path: Path, python: Python) -> None:
    version = ".".join(python.version.split(".")[:2])
    fake = tmp_path / f"python{version}"
    fake.write_text("#!/bin/sh\nexit 127\n")
    fake.chmod(0o755)
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "python3").symlink_to(python.executable)
    caller = {"PATH": f"{tmp_path}{os.pathsep}{tmp_path / 'real'}"}
    for wanted in (version, python.version, "3", str(tmp_path / "real" / "python3"), "python3"):
        assert interpreter.find(wanted, caller, None).version == python.version


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("exit 3", "is no Python that runs: it ends with status 3"),
        ("echo no >&2; exit 1", "is no Python that runs: no"),
        ("echo '[1]'", "is no Python that runs"),
        ("echo nonsense", "is no Python that runs"),
        ("""echo '{"version": "3.7.16", "tags": []}'""", r"is Python 3\.7\.16; builds need 3\.8"),
        ("""echo '{"version": "3.12.1+", "tags": null}'""", "has no module venv"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts")
def test_pythons_that_are_none(tmp_path: Path, text: str, says: str) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    with pytest.raises(RequestError, match=says):
        interpreter.find(str(program), {"PATH": os.environ["PATH"]}, None)


@pytest.mark.parametrize("wanted", ["3.99", "python9", "/not/here", "2.7"])
def test_pythons_that_are_not_there(wanted: str) -> None:
    with pytest.raises(RequestError, match="there is no Python"):
        interpreter.find(wanted, dict(os.environ), resolve_uv.find(os.environ))
