"""Hooks are passed on: arguments, results, output, failures, and which of them there are."""

from __future__ import annotations

import json
import os
import subprocess  # noqa: TID251 - hooks are called as frontends call them; the ban protects src
import sys
import tarfile
import zipfile  # noqa: TID251 - a reader that isn't ours
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

import truewheel
from tests.backend.frontends import OWN, in_tree
from truewheel import backend

# A backend that writes down what it is given and where it runs, and makes a wheel of a few files.
RECORDER = dedent(
    """
    import base64, hashlib, io, json, os, sys, tarfile, time, zipfile

    INFO = "own-1.0.dist-info/"
    WHEEL = "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py2.py3-none-any\\n"
    METADATA = "Metadata-Version: 2.1\\nName: own\\nVersion: 1.0\\n"


    def note(hook, **arguments):
        mask = os.umask(0)
        os.umask(mask)
        seen = {
            "hook": hook, "arguments": arguments, "folder": os.getcwd(), "umask": mask, "zone": time.tzname[0],
            "seed": sys.flags.hash_randomization, "environment": dict(os.environ), "path": sys.path, "argv": sys.argv,
        }
        with open("seen.json", "w") as file:
            json.dump(seen, file)
        print("the backend speaks", flush=True)
        print("and complains", file=sys.stderr, flush=True)


    def get_requires_for_build_wheel(config_settings=None):
        note("get_requires_for_build_wheel", config_settings=config_settings)
        return ["something>=1"]


    def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
        note("prepare_metadata_for_build_wheel", config_settings=config_settings)
        os.mkdir(os.path.join(metadata_directory, INFO))
        for name, text in (("WHEEL", WHEEL), ("METADATA", METADATA)):
            with open(os.path.join(metadata_directory, INFO, name), "w", newline="\\n") as file:
                file.write(text)
        return INFO.rstrip("/")


    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        note("build_wheel", config_settings=config_settings, metadata_directory=metadata_directory)
        return write(wheel_directory, {"own.py": "", INFO + "METADATA": METADATA, INFO + "WHEEL": WHEEL})


    def write(folder, files):
        rows = []
        with zipfile.ZipFile(os.path.join(folder, "own-1.0-py2.py3-none-any.whl"), "w") as archive:
            for name, text in files.items():
                digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
                rows.append(f"{name},sha256={digest},{len(text)}\\n")
                archive.writestr(name, text)
            archive.writestr(INFO + "RECORD", "".join(rows) + INFO + "RECORD,,\\n")
        return "own-1.0-py2.py3-none-any.whl"


    def build_sdist(sdist_directory, config_settings=None):
        note("build_sdist", config_settings=config_settings)
        with tarfile.open(os.path.join(sdist_directory, "own-1.0.tar.gz"), "w:gz") as archive:
            for name, text in (("own.py", ""), ("PKG-INFO", METADATA), ("pyproject.toml", "")):
                member = tarfile.TarInfo("own-1.0/" + name)
                member.size, member.mtime, member.uname = len(text), 1_700_000_000, "somebody"
                archive.addfile(member, io.BytesIO(text.encode()))
        return "own-1.0.tar.gz"
    """
)
EDITABLE = dedent(
    """
    def get_requires_for_build_editable(config_settings=None):
        note("get_requires_for_build_editable", config_settings=config_settings)
        return []


    def prepare_metadata_for_build_editable(metadata_directory, config_settings=None):
        return prepare_metadata_for_build_wheel(metadata_directory, config_settings)


    def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
        return build_wheel(wheel_directory, config_settings, metadata_directory)
    """
)
BARE = RECORDER.replace("def get_requires", "def _get_requires").replace(
    "def prepare_metadata", "def _prepare_metadata"
)

Seen = Callable[[], dict[str, object]]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a project with a backend of its own, and go there, as frontends do."""

    def go(text: str, table: str = OWN, **files: str) -> Path:
        project = in_tree(tmp_path / "project", text, table, **files)
        monkeypatch.chdir(project)
        return project

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return go


Enter = Callable[..., Path]


def seen() -> dict[str, object]:
    """What the recorder has written down."""
    found: dict[str, object] = json.loads(Path("seen.json").read_text(encoding="utf-8"))
    return found


def environment() -> dict[str, str]:
    found = seen()["environment"]
    assert isinstance(found, dict)
    return found


def call(hook: str, *arguments: object) -> object:
    """Call an optional hook, as frontends do."""
    return getattr(backend, hook)(*arguments)


# --- arguments and results -----------------------------------------------------------------------------------
def test_settings_reach_the_backend(enter: Enter, out: Path) -> None:
    enter(RECORDER)
    settings: dict[str, str | list[str]] = {"one": "1", "many": ["a", "b"]}
    assert backend.build_wheel(str(out), settings, "prepared") == "own-1.0-py2.py3-none-any.whl"
    assert seen()["arguments"] == {"config_settings": settings, "metadata_directory": "prepared"}
    assert backend.build_sdist(str(out), settings) == "own-1.0.tar.gz"
    assert seen()["arguments"] == {"config_settings": settings}
    assert call("get_requires_for_build_wheel", settings) == ["something>=1"]
    assert seen()["arguments"] == {"config_settings": settings}
    assert call("prepare_metadata_for_build_wheel", str(out), settings) == "own-1.0.dist-info"
    assert seen()["arguments"] == {"config_settings": settings}


def test_results_are_canonical(enter: Enter, out: Path) -> None:
    enter(RECORDER)
    wheel = out / backend.build_wheel(str(out))
    assert not truewheel.check_normalized(wheel).changed
    with tarfile.open(out / backend.build_sdist(str(out))) as archive:
        assert {(m.mtime, m.mode, m.uname) for m in archive if m.isfile()} == {(315532800, 0o644, "")}
    assert sorted(path.name for path in out.iterdir()) == ["own-1.0-py2.py3-none-any.whl", "own-1.0.tar.gz"]


def test_a_given_epoch_is_the_time_of_all_members_and_nothing_else(
    enter: Enter, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(RECORDER)
    first = (out / backend.build_wheel(str(out))).read_bytes()
    backend.build_sdist(str(out))
    assert environment()["SOURCE_DATE_EPOCH"] == "315532800"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "946684798")
    wheel = out / backend.build_wheel(str(out))
    with zipfile.ZipFile(wheel) as archive, zipfile.ZipFile(BytesIO(first)) as before:
        assert {member.date_time for member in archive.infolist()} == {(1999, 12, 31, 23, 59, 58)}
        assert {member.date_time for member in before.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert [(m.filename, m.CRC) for m in archive.infolist()] == [(m.filename, m.CRC) for m in before.infolist()]
    with tarfile.open(out / backend.build_sdist(str(out))) as archive:
        assert {member.mtime for member in archive if member.isfile()} == {946684798}
    assert environment()["SOURCE_DATE_EPOCH"] == "946684798"


def test_prepared_metadata_is_that_of_the_wheel(enter: Enter, out: Path) -> None:
    enter(RECORDER)
    info = out / str(call("prepare_metadata_for_build_wheel", str(out)))
    assert (info / "WHEEL").read_text().endswith("Tag: py2-none-any\nTag: py3-none-any\n")
    with zipfile.ZipFile(out / backend.build_wheel(str(out))) as archive:
        for name in ("WHEEL", "METADATA"):
            assert archive.read(f"own-1.0.dist-info/{name}") == (info / name).read_bytes()


# --- circumstances -------------------------------------------------------------------------------------------
def test_circumstances_are_fixed_from_the_start(
    enter: Enter, out: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = enter(RECORDER)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("CFLAGS", "-O1")
    monkeypatch.setenv("OWN_TOKEN", "stays")
    before = os.umask(0o077)
    try:
        backend.build_wheel(str(out))
    finally:
        os.umask(before)
    found, variables = seen(), environment()
    assert (found["umask"], found["zone"], found["seed"], found["folder"]) == (0o022, "UTC", 0, str(project))
    assert variables["LC_ALL"] == "C.UTF-8"
    assert variables["GOFLAGS"] == "-mod=mod -trimpath -buildvcs=false"
    assert (variables["CFLAGS"], variables["OWN_TOKEN"]) == ("-O1", "stays")
    if sys.platform != "win32":
        assert variables["PATH"].startswith(str(tmp_path / "cache" / "truewheel" / "doors-"))


def test_the_backend_sees_the_modules_that_the_frontend_sees(enter: Enter, out: Path) -> None:
    project = enter(RECORDER)
    backend.build_wheel(str(out))
    found = seen()["path"]
    assert found == [str(project), *sys.path]


def test_editable_hooks_change_nothing(enter: Enter, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(RECORDER + EDITABLE)
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    expected = dict(os.environ)
    before = os.umask(0o027)
    try:
        for hook, arguments in [
            ("get_requires_for_build_editable", ({"a": "b"},)),
            ("prepare_metadata_for_build_editable", (str(out), {"a": "b"})),
            ("build_editable", (str(out), {"a": "b"}, None)),
        ]:
            call(hook, *arguments)
            assert {**environment(), "_TRUEWHEEL_WRAPPED": ""} == {**expected, "_TRUEWHEEL_WRAPPED": ""}
            assert seen()["umask"] == 0o027
            assert "'a': 'b'" in str(seen()["arguments"])
    finally:
        os.umask(before)
    assert truewheel.check_normalized(out / "own-1.0-py2.py3-none-any.whl").changed
    assert b"Tag: py2.py3-none-any" in (out / "own-1.0.dist-info" / "WHEEL").read_bytes()


def test_output_and_its_streams_stay_apart(enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    enter(RECORDER)
    backend.build_wheel(str(out))
    assert capfd.readouterr() == ("the backend speaks\n", "and complains\n")


# --- which hooks there are -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BARE, set()),
        (RECORDER, {"get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"}),
        (
            RECORDER + EDITABLE,
            {
                *("get_requires_for_build_wheel", "prepare_metadata_for_build_wheel", "build_editable"),
                *("get_requires_for_build_editable", "prepare_metadata_for_build_editable"),
            },
        ),
    ],
    ids=["none", "some", "nearly-all"],
)
def test_optional_hooks_are_there_where_the_backend_has_them(text: str, expected: set[str], enter: Enter) -> None:
    enter(text)
    assert {name for name in backend._OPTIONAL if hasattr(backend, name)} == expected
    with pytest.raises(AttributeError, match="no attribute 'something'"):
        call("something")


def test_a_backend_may_be_an_object(enter: Enter, out: Path) -> None:
    text = RECORDER + "\n\nclass There:\n    class Object:\n        build_wheel = staticmethod(build_wheel)\n"
    enter(text, OWN.replace('"own"', '"own:There.Object"'))
    assert backend.build_wheel(str(out)) == "own-1.0-py2.py3-none-any.whl"
    assert not hasattr(backend, "get_requires_for_build_wheel")


# --- failures ------------------------------------------------------------------------------------------------
def failure(hook: Callable[[], object], capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit status with which a hook ends the process, and all that is said."""
    with pytest.raises(SystemExit) as caught:
        hook()
    assert isinstance(caught.value.code, int)
    return caught.value.code, capfd.readouterr().err


@pytest.mark.parametrize(
    "case",
    [
        ("raise ValueError('no wheel today')", 1, "ValueError: no wheel today\n"),
        ("sys.exit(7)", 7, "own failed in build_wheel: the lines above say why"),
        ("os._exit(0)", 1, "own failed in build_wheel: it ended its process before it had a result"),
        ("return 'other.whl'", 1, "own says that build_wheel made 'other.whl', which is not there"),
        ("return '../seen.json'", 1, "made '../seen.json', which is not there"),
        ("return None", 1, "made None, which is not there"),
        ("return ''", 1, "made '', which is not there"),
        ("return 'a' + chr(0) + '.whl'", 1, "made 'a\\x00.whl', which is not there"),
        ("return '..'", 1, "made '..', which is no regular file"),
        ("os.mkdir(os.path.join(_[0], 'a.whl')); return 'a.whl'", 1, "made 'a.whl', which is no regular file"),
        ("return object()", 1, "is not JSON serializable"),
    ],
)
def test_failures_of_the_backend_pass(
    case: tuple[str, int, str], enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    body, status, said = case
    enter(f"import os, sys\n\ndef build_wheel(*_, **__):\n    {body}\n")
    found, text = failure(lambda: backend.build_wheel(str(out)), capfd)
    assert found == status
    assert said in text
    assert "truewheel.backend: " in text
    assert not list(out.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with names, and links only for some")
@pytest.mark.parametrize("hook", ["build_wheel", "build_sdist"])
@pytest.mark.parametrize(
    "made", ["os.symlink(os.path.abspath('secret.txt'), path)", "os.mkfifo(path)"], ids=["link", "pipe"]
)
def test_what_is_no_file_is_not_opened(
    made: str, hook: str, enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = "own-1.0-py3-none-any.whl" if hook == "build_wheel" else "own-1.0.tar.gz"
    body = f"path = os.path.join(folder, {name!r})\n    {made}\n    return {name!r}\n"
    enter(f"import os\n\ndef {hook}(folder, *_):\n    {body}", **{"secret.txt": "a secret"})
    status, text = failure(lambda: call(hook, str(out)), capfd)
    assert status == 1
    assert text.splitlines() == [
        f"truewheel.backend: own says that {hook} made {name!r}, which is no regular file",
        "  this is a defect of the backend; build without truewheel.backend to report it",
    ]
    assert not list(out.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has links only for some")
def test_prepared_metadata_that_is_a_link_is_not_followed(
    enter: Enter, out: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (place := tmp_path / "elsewhere").mkdir()
    (place / "WHEEL").write_text("a secret")
    enter(
        "import os\n\ndef build_wheel(*_): pass\n\n"
        "def prepare_metadata_for_build_wheel(folder, *_):\n"
        f"    os.symlink({str(place)!r}, os.path.join(folder, 'own-1.0.dist-info'))\n    return 'own-1.0.dist-info'\n"
    )
    _, text = failure(lambda: call("prepare_metadata_for_build_wheel", str(out)), capfd)
    assert "made 'own-1.0.dist-info', which is no folder\n" in text
    assert "secret" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
@pytest.mark.parametrize(("number", "name"), [(9, "signal 9 (SIGKILL)"), (40, "signal 40")])
def test_a_signal_is_named(number: int, name: str, enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    enter(f"import os\n\ndef build_wheel(*_, **__):\n    os.kill(os.getpid(), {number})\n")
    assert failure(lambda: backend.build_wheel(str(out)), capfd) == (
        128 + number,
        f"truewheel.backend: own failed in build_wheel: {name} ended it\n",
    )


def test_an_unsupported_operation_is_told_as_one(enter: Enter, out: Path) -> None:
    own = "class UnsupportedOperation(Exception): pass\n"
    enter(f"{own}def build_sdist(*_, **__): raise UnsupportedOperation('no')\n")
    with pytest.raises(backend.UnsupportedOperation, match=r"^no$"):
        backend.build_sdist(str(out))


def test_a_hook_that_has_to_be_there(enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    enter("")
    _, text = failure(lambda: backend.build_wheel(str(out)), capfd)
    assert "own has no hook build_wheel, which every backend has to have" in text


def test_an_error_while_importing_is_not_a_missing_hook(enter: Enter, capfd: pytest.CaptureFixture[str]) -> None:
    enter("raise AttributeError('broken')")
    status, text = failure(lambda: hasattr(backend, "build_editable"), capfd)
    assert status == 1
    assert text.endswith(
        "AttributeError: broken\ntruewheel.backend: own failed while it was imported: the lines above say why\n"
    )


HOSTILE = RECORDER.replace('{"own.py": "",', '{"../own.py": "",')
UNTRUE = RECORDER.replace('rows.append(f"{name},', 'rows.append(f"other{name},')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HOSTILE, "own-1.0-py2.py3-none-any.whl: ../own.py: offset 0x0: the name has the part '..'"),
        (UNTRUE, "own-1.0-py2.py3-none-any.whl: own-1.0.dist-info/"),
    ],
    ids=["hostile", "untrue-record"],
)
def test_a_wheel_that_is_refused_leaves_nothing(
    text: str, said: str, enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    enter(text)
    status, told = failure(lambda: backend.build_wheel(str(out)), capfd)
    assert status == 1
    assert f"truewheel.backend: {said}" in told
    assert told.endswith("own wrote this, and nothing of it is passed on\n")
    assert not list(out.iterdir())


def test_an_sdist_that_is_refused_leaves_nothing(enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    enter(RECORDER.replace('"own-1.0/" + name', '"../own-1.0/" + name'))
    _, told = failure(lambda: backend.build_sdist(str(out)), capfd)
    assert "truewheel.backend: own-1.0.tar.gz: " in told
    assert not list(out.iterdir())


def test_prepared_metadata_that_makes_no_sense(enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    enter(RECORDER.replace("Wheel-Version: 1.0", "Wheel-Version: 9.0"))
    _, told = failure(lambda: call("prepare_metadata_for_build_wheel", str(out)), capfd)
    assert "WHEEL: wheels of version 9.0 are not known here" in told


def test_an_epoch_that_is_no_number(
    enter: Enter, out: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    enter(RECORDER)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert "not a number of seconds" in failure(lambda: backend.build_wheel(str(out)), capfd)[1]
    assert not Path("seen.json").exists()


def test_a_backend_that_leads_back_is_stopped(enter: Enter, out: Path, capfd: pytest.CaptureFixture[str]) -> None:
    enter("from truewheel.backend import *\n")
    _, told = failure(lambda: backend.build_wheel(str(out)), capfd)
    assert "own leads back to truewheel.backend, which can't wrap itself" in told


# --- as frontends call them ----------------------------------------------------------------------------------
def test_hooks_keep_the_names_and_the_order_of_their_arguments(enter: Enter, out: Path) -> None:
    enter(RECORDER + EDITABLE)
    code = dedent(
        """
        import sys
        from truewheel import backend
        out = sys.argv[1]
        backend.build_wheel(out, {}, None)
        backend.build_wheel(wheel_directory=out, config_settings={}, metadata_directory=None)
        backend.build_sdist(sdist_directory=out, config_settings={})
        backend.get_requires_for_build_wheel(config_settings={})
        backend.get_requires_for_build_editable(config_settings={})
        backend.build_editable(wheel_directory=out, config_settings={}, metadata_directory=None)
        backend.prepare_metadata_for_build_editable(metadata_directory=out, config_settings={})
        """
    )
    done = subprocess.run([sys.executable, "-c", code, str(out)], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


class Frontend(NamedTuple):
    """How a hook is called: by us, and then by those who call the wrapped backend themselves."""

    hook: str
    given: tuple[object, ...]
    passed: tuple[object, ...]


@pytest.mark.parametrize(
    "case",
    [
        Frontend("build_wheel", ("out", None, "info"), ("...", None, "info")),
        Frontend("build_wheel", ("out",), ("...", None, None)),
        Frontend("build_sdist", ("out", {"a": "b"}), ("...", {"a": "b"})),
        Frontend("get_requires_for_build_sdist", (), (None,)),
        Frontend("get_requires_for_build_wheel", ({"a": "b"},), ({"a": "b"},)),
        Frontend("get_requires_for_build_editable", ({"a": "b"},), ({"a": "b"},)),
        Frontend("prepare_metadata_for_build_wheel", ("out", {"a": "b"}), ("out", {"a": "b"})),
        Frontend("prepare_metadata_for_build_editable", ("out",), ("out", None)),
        Frontend("build_editable", ("out", {}, "info"), ("out", {}, "info")),
    ],
    ids=lambda case: f"{case.hook}-{len(case.given)}",
)
def test_hooks_are_called_by_position_as_pip_and_build_do(case: Frontend, enter: Enter, out: Path) -> None:
    """A backend whose parameters are called otherwise is built by pip, and is built here."""
    enter(
        "import json, sys\n\n"
        f"def {case.hook}(*values):\n"
        "    with open('values.json', 'w') as file:\n        json.dump(values, file)\n    sys.exit(3)\n"
    )
    with pytest.raises(SystemExit) as caught:
        call(case.hook, *(str(out) if value == "out" else value for value in case.given))
    assert caught.value.code == 3
    found = json.loads(Path("values.json").read_text())
    expected = [str(out) if value == "out" else value for value in case.passed]
    if expected[:1] == ["..."]:  # a folder of ours, empty and gone
        assert found.pop(0) != str(out)
        del expected[0]
    assert found == expected
