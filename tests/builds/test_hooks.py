"""Backends that fail, lie, or answer what nobody expects: one sentence each, and nothing is left behind."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

import pytest

from tests.builds.backends import offline, project
from tests.builds.building import Heard, built, contents, failure, seen
from tests.builds.checkouts import checkout, git
from tests.tools import need

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither links nor FIFOs for everybody")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise SystemExit(3)", "build wheel: build_wheel of tiny ended with status 3"),
        ("raise RuntimeError('no good')", "build wheel: build_wheel of tiny ended with status 1"),
        ("import os; os._exit(0)", "build wheel: build_wheel left no answer"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            r"build_wheel of tiny (was ended by signal 9 \(SIGKILL\)|ended with status 9)",
        ),
        pytest.param("raise SystemExit(139)", r"build_wheel of tiny was ended by signal 11 \(SIGSEGV\)$", marks=POSIX),
        ("raise SystemExit(200)", "build_wheel of tiny ended with status 200$"),
        ("raise AttributeError(\"x has no attribute 'build_wheel'\")", "build_wheel of tiny ended with status 1"),
    ],
)
def test_backends_that_fail(tmp_path: Path, code: str, says: str) -> None:
    error = failure(project(tmp_path / "p", wheel=code), tmp_path / "out", sdist=False)
    assert error.phase == "build wheel"
    assert error.exit_status == 2
    with pytest.raises(type(error), match=says):
        raise error


def test_the_tail_is_the_end_of_the_log_and_safe_to_print(tmp_path: Path) -> None:
    code = "[print(f'line {i}\\t\\x1b[31m', flush=True) for i in range(50)]; raise SystemExit(1)"
    log = tmp_path / "log.txt"
    error = failure(project(tmp_path / "p", wheel=code), tmp_path / "out", sdist=False, log=log)
    assert error.tail == tuple(f"line {number}    \\x1b[31m" for number in range(30, 50))
    assert error.log == log
    assert error.status == 1
    text = log.read_text(encoding="utf-8")
    assert "== build wheel\n$ " in text
    assert "line 0    \\x1b[31m\n" in text
    assert "\x1b" not in text


ANSWERS = [
    ("'../x-1.0-py3-none-any.whl'", "which is no name of a file"),
    ("'/x-1.0-py3-none-any.whl'", "which is no name of a file"),
    ("'a\\\\b-1.0-py3-none-any.whl'", "which is no name of a file"),
    ("'x.tar.gz'", "which is no name of a file that ends in .whl"),
    ("'x\\0.whl'", "which is no name of a file"),
    ("''", "which is no name of a file"),
    ("None", "answers None"),
    ("['a.whl']", "answers"),
    ("'x-1.0-py3-none-any.whl'", "says that it made x-1.0-py3-none-any.whl, and there is no such file"),
    ("'x' * 5000 + '.whl'", "there is no such file"),
    ("{1: 2}", "answers"),
    ("object()", "build_wheel of tiny answers what can't be told: TypeError: Object of type object is not JSON"),
    ("(lambda x: [x.append(x), x])([])", "build_wheel of tiny answers what can't be told: ValueError: Circular"),
]


@pytest.mark.parametrize(("answer", "says"), ANSWERS)
def test_answers_that_are_no_file(tmp_path: Path, answer: str, says: str) -> None:
    code = f"\ndef build_wheel(*_, **__):\n    return {answer}\n"
    assert says in str(failure(project(tmp_path / "p", code=code), tmp_path / "out", sdist=False))


@POSIX
@pytest.mark.parametrize(
    ("make", "says"),
    [
        ("os.symlink('/etc/passwd', path)", "a link"),
        ("os.mkfifo(path)", "a FIFO"),
        ("os.mkdir(path)", "a folder"),
    ],
)
def test_answers_that_are_something_else(tmp_path: Path, make: str, says: str) -> None:
    code = f"""
def build_wheel(directory, *_, **__):
    path = directory + "/x-1.0-py3-none-any.whl"
    {make}
    return "x-1.0-py3-none-any.whl"
"""
    error = failure(project(tmp_path / "p", code=code), tmp_path / "out", sdist=False)
    assert str(error) == f"build wheel: build_wheel answers x-1.0-py3-none-any.whl, which is {says}"


def test_wheels_that_are_not_sound(tmp_path: Path) -> None:
    code = """
def build_wheel(directory, *_, **__):
    open(directory + "/x-1.0-py3-none-any.whl", "w").write("nonsense")
    return "x-1.0-py3-none-any.whl"

def build_sdist(directory, *_, **__):
    open(directory + "/x-1.0.tar.gz", "w").write("nonsense")
    return "x-1.0.tar.gz"
"""
    folder = project(tmp_path / "p", code=code)
    error = failure(folder, tmp_path / "out", sdist=False)
    assert error.phase == "bring into canonical form"
    assert str(error).startswith("bring into canonical form: x-1.0-py3-none-any.whl: ")
    error = failure(folder, tmp_path / "out", wheel=False)
    assert str(error).startswith("build sdist: x-1.0.tar.gz: ")


@pytest.mark.parametrize("answer", ["None", "'a'", "[1]", "['a b']", "{}", "['-r x']"])
def test_requirements_that_are_none(tmp_path: Path, answer: str) -> None:
    code = f"\ndef get_requires_for_build_wheel(*_, **__):\n    return {answer}\n"
    error = failure(project(tmp_path / "p", code=code), tmp_path / "out", sdist=False)
    assert error.phase == "ask the backend what it requires"
    assert "get_requires_for_build_wheel" in str(error)


OUTPUT = """
import json, os, sys
def get_requires_for_build_wheel(*_, **__):
    path = os.path.join(sys.argv[2], "output.json")
    {}
    os._exit(0)
"""


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("open(path, 'w').write('nonsense')", "can't be understood: JSONDecodeError"),
        ("open(path, 'w').write('[' * 100000)", "can't be understood: RecursionError"),
        ("open(path, 'w').write('[]')", "can't be understood: AttributeError"),
        ("open(path, 'w').write('{}')", "can't be understood: KeyError"),
        ("open(path, 'w').write('{\"hook_missing\": true}')", "the backend tiny has no get_requires_for_build_wheel"),
        ("open(path, 'wb').write(b'\\xff')", "can't be understood: UnicodeDecodeError"),
        ("open(path, 'wb').truncate(1 << 40)", "left no answer"),
        ("open(path, 'w').write('{\"return_val\": [], \"warnings\": [1]}')", "can't be understood: TypeError"),
        ("os.mkdir(path)", "left no answer"),
        pytest.param("os.symlink('/etc/hostname', path)", "left no answer", marks=POSIX),
        pytest.param("os.mkfifo(path)", "left no answer", marks=POSIX),
    ],
)
def test_answers_that_are_forged(tmp_path: Path, code: str, says: str) -> None:
    error = failure(project(tmp_path / "p", code=OUTPUT.format(code)), tmp_path / "out", sdist=False)
    assert says in str(error)


def test_backends_that_are_not_there(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    (folder / "pyproject.toml").write_text('[build-system]\nrequires = []\nbuild-backend = "nowhere.to.be:found"\n')
    error = failure(folder, tmp_path / "out")
    assert "the backend nowhere.to.be:found can't be imported: ModuleNotFoundError: No module named 'now" in str(error)
    assert "requires in [build-system]" in error.hint
    assert any("Traceback" in line for line in error.tail)


def test_backends_that_lie_elsewhere_than_they_say(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "wave"\nbackend-path = ["."]\n'
    )
    assert "can't be imported" in str(failure(folder, tmp_path / "out"))


def test_hooks_that_are_missing(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", code="\ndel build_sdist\n")
    error = failure(folder, tmp_path / "out")
    assert str(error) == "build sdist: the backend tiny has no hook build_sdist, which every backend must have"
    assert error.tail == ()
    assert built(folder, tmp_path / "out", sdist=False).artefacts


def test_what_a_backend_can_not_do(tmp_path: Path) -> None:
    code = """
class UnsupportedOperation(Exception):
    pass

def build_sdist(*_, **__):
    raise UnsupportedOperation("no git here")
"""
    error = failure(project(tmp_path / "p", code=code), tmp_path / "out")
    assert "the backend tiny can't do build_sdist here: " in str(error)
    assert "no git here" in str(error)


def test_optional_hooks_may_be_missing(tmp_path: Path) -> None:
    code = "\ndel get_requires_for_build_sdist, get_requires_for_build_wheel\n"
    assert len(built(project(tmp_path / "p", code=code), tmp_path / "out").artefacts) == 2


def test_settings_arrive(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", tell=["settings"])
    made = built(folder, tmp_path / "out", sdist=False, config_settings={"one": "1", "--many": ["2", "3"]})
    assert seen(made) == {"settings": {"one": "1", "--many": ["2", "3"]}}
    asked = json.loads(made.provenance)["predicate"]["buildDefinition"]["externalParameters"]
    assert asked["configSettings"] == {"one": "1", "--many": ["2", "3"]}


def test_warnings_of_backends_are_in_the_log_alone(tmp_path: Path) -> None:
    code = "import warnings; warnings.warn('this is old', DeprecationWarning)"
    heard = Heard()
    built(project(tmp_path / "p", wheel=code), tmp_path / "out", sdist=False, heard=heard)


def test_the_wheel_is_what_the_backend_made(tmp_path: Path) -> None:
    made = built(project(tmp_path / "p"), tmp_path / "out", sdist=False)
    assert contents(made.artefacts[0].path)["small.py"] == b"VALUE = 1\n"


LEAVE = """
import os, pathlib, shutil, sys
room = pathlib.Path(sys.argv[2]).parent
sprung = {sprung!r}

def trap(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()
    path.write_text("#!/bin/sh\\necho run >> " + sprung + "\\n")
    path.chmod(0o755)

def link(path, target):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
    path.symlink_to(target)
"""


@POSIX
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_programs_that_a_build_leaves_are_not_run_outside(tmp_path: Path, wheels: Path, installer: str) -> None:
    """A hook that asks for more would have uv or pip run whatever lies in the place of its Python."""
    code = (
        LEAVE.format(sprung=str(tmp_path / "sprung"))
        + """
def get_requires_for_build_wheel(*_, **__):
    for name in ("python", "python3", "pip"):
        trap(room / "env" / "bin" / name)
    site = next((room / "env" / "lib").glob("*/site-packages"))
    (site / "x.pth").write_text("import os; os.system('echo run >> " + sprung + "')")
    (site / "sitecustomize.py").write_text("import os; os.system('echo run >> " + sprung + "')")
    return ["base"]
"""
    )
    folder = project(tmp_path / "p", code=code, tell=["distributions"])
    out = tmp_path / "out"
    made = built(folder, out, sdist=False, more=offline(wheels), installer=installer, isolation="none")
    assert seen(made) == {"distributions": ["base==1.5"]}
    assert not (tmp_path / "sprung").exists()


@POSIX
@pytest.mark.parametrize("name", ["requirements.in", "requirements.txt", "pylock.install.toml", "repeat.sh", "hook"])
def test_links_that_a_build_leaves_are_not_written_through(tmp_path: Path, wheels: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    code = (
        LEAVE.format(sprung="")
        + f"""
def get_requires_for_build_wheel(*_, **__):
    answer = pathlib.Path(sys.argv[2]) / "output.json"
    answer.write_text('{{"return_val": ["base"]}}')
    link(room / {name!r}, {str(victim)!r})
    os._exit(0)
"""
    )
    folder = project(tmp_path / "p", code=code)
    asked = {"sdist": False, "more": offline(wheels), "keep": name == "repeat.sh"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path))
        if name == "hook":
            failure(folder, tmp_path / "out", **asked)
        else:
            assert built(folder, tmp_path / "out", **asked).artefacts  # type: ignore[arg-type]  # fields by their names
    assert victim.read_text() == "mine"


@POSIX
@pytest.mark.parametrize("name", ["out", "src", "hook", "tmp", "used"])
def test_folders_that_a_build_replaces(tmp_path: Path, name: str) -> None:
    """What a link leads to is neither taken for a result, nor emptied."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    made = built(project(tmp_path / "first"), elsewhere, sdist=False)
    code = (
        LEAVE.format(sprung="")
        + f"""
def build_sdist(directory, *_, **__):
    link(room / {name!r}, {str(elsewhere)!r})
    return "small-1.0.tar.gz"

def build_wheel(directory, *_, **__):
    link(room / {name!r}, {str(elsewhere)!r})
    return "small-1.0-py3-none-any.whl"
"""
    )
    for kind in ("sdist", "wheel"):
        folder = project(tmp_path / kind, code=code)
        failure(folder, tmp_path / "out", sdist=kind == "sdist", wheel=kind == "wheel")
    # What the hook's own process writes is its own affair; the machine is kept apart from that by namespaces.
    assert {path.name for path in elsewhere.iterdir()} - {"output.json"} == {made.artefacts[0].path.name}


@POSIX
def test_a_repository_in_an_sdist_is_not_looked_into(tmp_path: Path) -> None:
    need("git")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho run >> {tmp_path / 'sprung'}\ncat\n")
    trap.chmod(0o755)
    folder = checkout(project(tmp_path / "small-1.0"), {".gitattributes": "* filter=evil\n", "PKG-INFO": INFO})
    git(folder, "config", "filter.evil.clean", str(trap))
    with tarfile.open(tmp_path / "small-1.0.tar.gz", "w:gz") as archive:
        archive.add(folder, "small-1.0")
    made = built(tmp_path / "small-1.0.tar.gz", tmp_path / "out", sdist=False)
    assert made.artefacts
    assert not (tmp_path / "sprung").exists()


INFO = "Metadata-Version: 2.4\nName: small\nVersion: 1.0\n"
