"""Ways out of a build, and secrets on their way into one, that a reviewer has found: none of them is open."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import subprocess  # noqa: TID251 - git makes a repository; the ban protects src
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.tools import need
from truewheel.api import building
from truewheel.builds import isolation_hidden, lock, tree, workplace
from truewheel.builds.git import without_credentials_in
from truewheel.builds.interpreter import probed
from truewheel.builds.isolation import choose
from truewheel.builds.isolation_workroom import remove, workroom
from truewheel.builds.model import Artefact, Conditions, Epoch, Made, Request, Workroom
from truewheel.builds.project import make
from truewheel.builds.pyproject import demand_requirements
from truewheel.builds.resolve_pip import _demand_index
from truewheel.builds.shims import Shims, folder_maps, write_shims
from truewheel.builds.sources import stage
from truewheel.builds.wrapped_doors import with_doors
from truewheel.errors import RequestError

linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

_UNDO = r"""
mount -o remount,bind,rw / && echo "made the system writable"
for place in /root /home "$PERSON" /tmp /proc/sys; do umount -l $place && echo "brought $place back"; done
unshare --map-root-user --mount sh -c 'umount -l /proc/sys && echo "brought /proc/sys back"'
unshare --map-root-user --mount sh -c 'mount -o remount,bind,rw "$OWN" && echo "made $OWN writable"'
[ -w /proc/sys/kernel/core_pattern ] && echo "could set the kernel's core_pattern"
[ "$KIND" = bubblewrap ] && [ -w /etc ] && echo "could write /etc"
[ -w "$OWN" ] && echo "could write $OWN"
cat /etc/shadow-
:
"""


@linux
@pytest.mark.parametrize("kind", ["bubblewrap", "namespaces"])
def test_a_build_can_undo_nothing(kind: str, tmp_path: Path) -> None:
    """Root's neither: it starts with all rights, and bubblewrap leaves it those over the namespaces."""
    need("bwrap", "unshare")
    own = tmp_path / "programs"
    own.mkdir()
    lines: list[str] = []
    variables = {"PATH": "/usr/sbin:/usr/bin:/bin", "PERSON": str(Path.home()), "KIND": kind, "OWN": str(own)}
    with workroom(Conditions(), kind) as (room, _):
        sandbox = choose(room, Conditions(), wanted=kind, visible=(own,))
        command = ["sh", "-c", f"exec 2>/dev/null; [ -d {own} ] && echo here\n{_UNDO}"]
        status = sandbox.run(command, folder=room.source, environment=variables, output=lines.append, seconds=60)
    assert (status, lines) == (0, ["here"])


def test_no_path_brings_a_home_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home on PATH, what holds it, a link to it, and a way round: programs that lie deeper are there."""
    homes, loop, link = tmp_path / "homes", tmp_path / "loop", tmp_path / "homes" / "other" / "link"
    home = homes / "me"
    for folder in (home / "bin", home / ".ssh", homes / "other" / "tools"):
        folder.mkdir(parents=True)
    link.symlink_to(home)
    loop.symlink_to(loop)
    monkeypatch.setenv("HOME", str(home))
    wanted = (home, homes, home / "bin" / "..", link, loop, homes / "other" / "tools")
    back = isolation_hidden.needed([homes], wanted, network=False)
    assert {place for place in back if place.is_relative_to(homes)} == {
        home / "bin",
        link / "bin",
        homes / "other" / "tools",
    }


@pytest.mark.parametrize("name", ["/etc/shadow-", "/etc/pip.conf", "/etc/apt/auth.conf", "/etc/krb5.keytab"])
def test_files_with_passwords_are_hidden(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_hidden, "_there", lambda place: str(place) == name)
    assert isolation_hidden.hidden(os.environ) == (Path(name),)


@pytest.mark.parametrize(
    "word",
    [
        "a @ https://example.org/a.whl\n--editable=/home",  # a line of its own in a file of requirements
        "a @ https://example.org/a.whl\r--pre",
        "a @ https://example.org/a.whl\u2028--pre",  # where Python, and so pip, begins a new line
        "a @ https://example.org/\ud800.whl",
        "a @ https://example.org/${TOKEN}/a.whl",  # pip and uv put the variable in, and ask example.org
        "a @ https://example.org/a.whl#${TOKEN}",
    ],
)
def test_requirements_that_installers_take_for_more(word: str) -> None:
    with pytest.raises(RequestError, match="which is no requirement"):
        demand_requirements([word], "somebody")
    assert demand_requirements(["a\t>= 1 ; python_version > '3'"], "somebody") == ("a\t>= 1 ; python_version > '3'",)


def test_pip_builds_nothing_that_an_address_leads_to() -> None:
    """It takes --only-binary for what indexes have alone, and runs the backend of anything else on the host."""
    _demand_index(["a>=1", "b; python_version < '4'"])
    for word in ("a @ file:///home/a", "a @ https://me:hidden@example.org/a.tar.gz", "a @ git+https://example.org/a"):
        with pytest.raises(RequestError, match="outside of all isolation") as caught:
            _demand_index([word])
        assert "hidden" not in str(caught.value)


_BACKEND = """
import base64, glob, hashlib, os, sys, zipfile

def get_requires_for_build_wheel(config_settings=None):
    for folder in glob.glob(sys.prefix + "/lib/python*/site-packages/flit_core-*.dist-info"):
        os.unlink(folder + "/METADATA")
        os.mkfifo(folder + "/METADATA")
    return ["flit-core"]

def build_wheel(folder, config_settings=None, metadata_directory=None):
    room = os.path.dirname(folder)
    for name, script in {"cmake": "sleep 300", "make": "yes", "ninja": "echo broken; exit 1", "odd": "echo 1"}.items():
        open(room + "/used/" + name, "w").close()
        with open(room + "/bin/" + name, "w") as file:
            file.write("#!/bin/sh\\n" + script + "\\n")
        os.chmod(room + "/bin/" + name, 0o755)
    print("CC is", os.environ["CC"])
    os.chdir(room + "/tmp")
    for _ in range(1100):
        os.mkdir("d")
        os.chdir("d")
    info = "m-1.dist-info/"
    files = {info + "METADATA": "Metadata-Version: 2.1\\nName: m\\nVersion: 1\\n"}
    files[info + "WHEEL"] = "Wheel-Version: 1.0\\nGenerator: m\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    lines = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},{len(text)}\\n")
    files[info + "RECORD"] = "".join(lines) + info + "RECORD,,\\n"
    with zipfile.ZipFile(folder + "/m-1-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "m-1-py3-none-any.whl"
"""


@linux
def test_what_a_build_leaves_behind_is_harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes in the environment, marks of programs that hang, chatter and fail, and folders 1100 deep."""
    need("gcc")
    source, temporary, programs = tmp_path / "m", tmp_path / "tmp", tmp_path / "programs"
    for folder in (source, temporary, programs):
        folder.mkdir()
    for name in ("cmake", "make", "ninja"):
        (programs / name).symlink_to("/bin/true")
    (source / "pyproject.toml").write_text(
        "[build-system]\nrequires = ['flit-core']\nbuild-backend = 'b'\nbackend-path = ['.']\n"
    )
    (source / "b.py").write_text(_BACKEND)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(workplace, "_PATIENCE", 0.5)
    gcc = shutil.which("gcc")
    request = Request(source=str(source), sdist=False, isolation="none", environment={"CC": f"{gcc} -m64"})
    caller = {**os.environ, "CC": str(gcc), "PATH": f"{programs}:{os.environ['PATH']}"}
    made = make(request, tmp_path / "out", log=tmp_path / "log", caller_environment=caller)
    versions = dict(made.tools)
    assert versions["cmake"] == ""
    assert len(versions["make"]) < 10
    assert versions["ninja"] == ""
    assert "odd" not in versions
    assert list(temporary.iterdir()) == []
    # A compiler that is given for the build has its stand-in, and the way there is no machine's own.
    log = (tmp_path / "log").read_text()
    assert f"CC is {temporary}/truewheel-{os.getuid()}/0/bin/" in log
    assert "gcc -m64" in log
    assert str(temporary) not in made.provenance


@pytest.mark.parametrize(("letter", "depth"), [("d", 1100), ("d" * 200, 60)])
def test_removing_what_lies_deep(letter: str, depth: int, tmp_path: Path) -> None:
    """Deeper than Python's stack, and than the system's longest path; folders closed, the first one too."""
    (tmp_path / "kept").mkdir()
    folder = tmp_path / "room"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(letter, dir_fd=here)
        os.symlink(tmp_path / "kept", "link", dir_fd=here)
        inner = os.open(letter, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    (folder / letter).chmod(0)
    folder.chmod(0)
    remove(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="os.walk has no stack there")
def test_sources_that_lie_deep(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 1010)
    for folder in reversed([deep, *deep.parents]):
        folder.mkdir(exist_ok=True)
    with pytest.raises(RequestError, match="too deep"):
        list(tree.listed(tmp_path))
    remove(tmp_path / "d")


def _index(folder: Path, names: list[str]) -> None:
    """An index (version 2) with files that git itself would not put into one."""
    body = b"DIRC" + struct.pack(">II", 2, len(names))
    for name in sorted(names):
        hashed = hashlib.sha1(b"blob 0\0", usedforsecurity=False).digest()
        entry = struct.pack(">10I", 0, 0, 0, 0, 0, 0, 0o100644, 0, 0, 0) + hashed
        entry += struct.pack(">H", len(name)) + name.encode()
        body += entry + b"\0" * (8 - len(entry) % 8)
    (folder / ".git" / "index").write_bytes(body + hashlib.sha1(body, usedforsecurity=False).digest())


@pytest.mark.parametrize("inner", [".git", ".GIT"])
def test_an_index_brings_no_repository_along(inner: str, tmp_path: Path) -> None:
    """Its settings would name programs, which `git update-index` runs in the copy."""
    need("git")
    source = tmp_path / "source"
    subprocess.run(["git", "init", "-q", str(source)], check=True)
    names = ["pyproject.toml", f"sub/{inner}/HEAD", f"sub/{inner}/config"]
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("")
    _index(source, names)
    with workroom(Conditions(), "none") as (room, _), pytest.raises(RequestError, match="a file of git's own"):
        stage(str(source), room, caller=os.environ)


@pytest.mark.parametrize(
    ("sha256", "url", "says"),
    [
        ("0" * 63 + "\n", "https://example.org/a-1-py3-none-any.whl", "has no sha256"),
        ("0 --pre" + "0" * 57, "https://example.org/a-1-py3-none-any.whl", "has no sha256"),
        ("0" * 64, "https://example.org/\n--pre/a-1.whl", "address that is none"),
        ("0" * 64, "https://example.org/${TOKEN}/a-1.whl", "address that is none"),
        ("0" * 64, "https://example.org/a-1.tar.gz?/a.whl", "isn't a wheel"),
    ],
)
def test_locks_that_installers_take_for_more(sha256: str, url: str, says: str) -> None:
    archive = f"{{ url = {json.dumps(url)}, hashes = {{ sha256 = {json.dumps(sha256)} }} }}"
    text = f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\narchive = {archive}\n'
    with pytest.raises(RequestError, match=says):
        lock.choices(text, probed(sys.executable, os.environ))


def test_passwords_with_quotes() -> None:
    said = without_credentials_in("""fatal: "https://me:it's@example.org/a", 'https://me:"x"@example.org/b'""")
    assert said == """fatal: "https://example.org/a", 'https://example.org/b'"""


def test_doors_know_where_they_are(tmp_path: Path) -> None:
    """A cache that was moved has others: with the old ones, a compiler outside of a build would call itself."""
    behind = tmp_path / "behind"
    behind.mkdir()
    (behind / "cc").write_text("#!/bin/sh\n")
    (behind / "cc").chmod(0o755)
    paths = []
    for name in ("old", "new"):
        found = with_doors(Shims(names=("cc",)), behind, {"XDG_CACHE_HOME": str(tmp_path / name), "PATH": "/usr/bin"})
        paths.append(Path(found["PATH"].partition(os.pathsep)[0]))
    assert paths[0].is_relative_to(tmp_path / "old")
    assert paths[0].name != paths[1].name


@linux
@pytest.mark.parametrize("temporary", ["/", "relative", "/var/a=b"])
def test_a_temporary_folder_that_is_none(temporary: str, tmp_path: Path) -> None:
    """An empty prefix stands before every path, and a relative or a divided one before others."""
    need("gcc")
    write_shims(tmp_path / "bin", maps=folder_maps([tmp_path / "sources"]), caller=os.environ)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.c").write_text("int a;\n")
    command = [str(tmp_path / "bin" / "gcc"), "-g", "-c", "a.c", "-o", "a.o"]
    subprocess.run(command, check=True, cwd=tmp_path / "sources", env={**os.environ, "TMPDIR": temporary})
    made = (tmp_path / "sources" / "a.o").read_bytes()
    assert b"\0/src\0" in made
    assert b"/tmp/" not in made


@linux
def test_words_behind_two_dashes_are_files(tmp_path: Path) -> None:
    """For clang; gcc knows no ``--``. A compiler that shows its words stands for both."""
    (tmp_path / "real").mkdir()
    clang = tmp_path / "real" / "clang"
    clang.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    clang.chmod(0o755)
    write_shims(tmp_path / "bin", maps=(("/my sources", "/src"),), caller={"PATH": str(clang.parent)})
    run = [str(tmp_path / "bin" / "clang"), "-c", "-o", "an o", "--", "a b.c"]
    words = subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()
    assert words[-5:] == run[1:]
    assert "-ffile-prefix-map=/my sources=/src" in words[:-5]
    words = subprocess.run(run[:4], check=True, capture_output=True, text=True).stdout.splitlines()
    assert words[:3] == run[1:4]
    assert words[-1] == "-ffile-prefix-map=/my sources=/src"


_APART = """
import os
for name in ("user", "mnt", "pid", "ipc", "uts", "net"):
    print(name, os.readlink(f"/proc/self/ns/{name}"))
print("session", os.getsid(0) != 0)
"""


@linux
@pytest.mark.parametrize("kind", ["bubblewrap", "namespaces"])
def test_nothing_is_shared(kind: str) -> None:
    """No shared memory of the machine, and no session with a terminal of its own."""
    need("bwrap", "unshare")
    lines: list[str] = []
    with workroom(Conditions(), kind) as (room, _):
        sandbox = choose(room, Conditions(), wanted=kind)
        command = [sys.executable, "-c", _APART]
        sandbox.run(command, folder=room.source, environment={"PATH": "/usr/bin:/bin"}, output=lines.append)
    found = dict(line.split(" ") for line in lines)
    assert len(found) == 7
    assert found.pop("session") == str(kind == "bubblewrap")
    assert [name for name, inside in found.items() if str(Path(f"/proc/self/ns/{name}").readlink()) == inside] == []


_ENDLESS = """
import os, sys
from truewheel.builds.isolation import choose
from truewheel.builds.isolation_workroom import workroom
from truewheel.builds.model import Conditions
with workroom(Conditions(), "bubblewrap") as (room, _):
    sandbox = choose(room, Conditions(), wanted="bubblewrap")
    command = ["sleep", sys.argv[1]]
    sandbox.run(command, folder=room.source, environment={"PATH": "/usr/bin:/bin"}, output=print)
"""


@linux
def test_a_build_ends_with_who_started_it(tmp_path: Path) -> None:
    """Even where that is killed, and can't end anything itself."""
    need("bwrap")
    seconds = f"300.{os.getpid()}"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", _ENDLESS, seconds], env=environment) as process:
        assert _until(lambda: _running(seconds))
        process.kill()
    assert _until(lambda: not _running(seconds))


def _running(word: str) -> bool:
    """Whether a ``sleep`` with this argument runs."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if place.read_bytes().split(b"\0")[:2] == [b"sleep", word.encode()]:
                return True
    return False


def _until(condition: Callable[[], bool]) -> bool:
    """Whether something comes true within half a minute."""
    end = time.monotonic() + 30
    while not (true := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return true


@linux
def test_every_place_for_temporary_files_is_hidden(tmp_path: Path) -> None:
    found = isolation_hidden.hidden({"TMPDIR": str(tmp_path), "HOME": "/"})
    for name in ("/var/tmp", "/dev/shm", "/run", str(tmp_path)):  # noqa: S108  # they are hidden
        assert any(Path(os.path.realpath(name)).is_relative_to(place) for place in found), name
    elsewhere = isolation_hidden.hidden({"TMPDIR": "/opt", "HOME": "/srv"})
    assert {Path("/opt"), Path("/srv")} <= set(elsewhere)


@linux
@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_a_folder_that_others_write_to_is_no_place(mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"truewheel-{os.getuid()}").mkdir()
    (tmp_path / f"truewheel-{os.getuid()}").chmod(mode)
    with pytest.raises(RequestError, match="can be written to"), workroom(Conditions(), "none"):
        pass


def test_reports_hold_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even that of the address that was asked for: reports end up in the logs of others."""
    wheel = Artefact("wheel", tmp_path / "m-1-py3-none-any.whl", 1, "0" * 64)
    isolation = choose(Workroom(tmp_path), Conditions(), wanted="none").isolation
    made = Made((wheel,), "", "", Epoch(0, ""), isolation, "CPython", (), ())
    monkeypatch.setattr(building, "make", lambda *_, **__: made)
    done = building.build(Request(source="git+https://me:hidden@example.org/m@main"), tmp_path)
    assert done.source == "git+https://example.org/m@main"
