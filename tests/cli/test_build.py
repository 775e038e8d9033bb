"""`build` from the command line: what is written, what is told, and how it ends. The backend is in the project."""

from __future__ import annotations

import json
import os
from pathlib import Path
from textwrap import dedent

import pytest

from tests.cli.run import document, run
from tests.tools import need

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "tiny"\nbackend-path = ["."]\n'
WHEEL = "demo-1.0-py3-none-any.whl"
BACKEND = dedent(
    '''
    """A backend in a few lines, with a wheel whose only module says what it is told to say."""
    import base64, hashlib, io, json, os, tarfile, time, zipfile

    INFO = "demo-1.0.dist-info"


    def said(settings):
        return {said}


    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        if os.environ.get("DEMO_FAILS"):
            print("looking for a compiler\\nthere is none")
            raise SystemExit(3)
        files = {{
            "demo.py": "SAID = " + repr(said(config_settings)) + "\\n",
            INFO + "/METADATA": "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n",
            INFO + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: tiny\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        }}
        rows = ""
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            rows += f"{{name}},sha256={{digest}},{{len(text.encode())}}\\n"
        files[INFO + "/RECORD"] = rows + INFO + "/RECORD,,\\n"
        with zipfile.ZipFile(os.path.join(wheel_directory, "demo-1.0-py3-none-any.whl"), "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return "demo-1.0-py3-none-any.whl"


    def build_sdist(sdist_directory, config_settings=None):
        with tarfile.open(os.path.join(sdist_directory, "demo-1.0.tar.gz"), "w:gz") as archive:
            for name in ("pyproject.toml", "tiny.py"):
                archive.add(name, "demo-1.0/" + name)
            info = tarfile.TarInfo("demo-1.0/PKG-INFO")
            data = b"Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n"
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        return "demo-1.0.tar.gz"
    '''
).lstrip()


def project(folder: Path, said: str = "42") -> Path:
    """A project whose module holds the value of an expression, worked out by the build."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "tiny.py").write_text(BACKEND.format(said=said))
    return folder


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("bwrap")


def first(*arguments: str | Path, status: int = 0) -> dict[str, object]:
    """What `build` says of the one project, as JSON that its schema allows."""
    builds = document("build", *arguments, status=status)["builds"]
    assert len(builds) == 1
    return builds[0]


def module_of(wheel: Path) -> str:
    """What the module in a wheel of the project says."""
    from zipfile import ZipFile  # noqa: PLC0415, TID251 - an oracle, for this test alone

    with ZipFile(wheel) as archive:
        return archive.read("demo.py").decode().removeprefix("SAID = ").strip()


def test_sdist_and_wheel_come_with_lock_statement_and_log(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("build", project(tmp_path / "demo"), "-w", out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == [
        WHEEL,
        f"{WHEEL}.provenance.json",
        "demo-1.0.tar.gz",
        "demo.log",
        "pylock.demo.toml",
    ]
    assert f"wheel      {out / WHEEL}" in result.stdout
    assert "== build wheel" in (out / "demo.log").read_text()
    assert (
        run("normalize", "--check", out / WHEEL, out / "demo-1.0.tar.gz").exit_code == 1
    )  # their times are the epoch's
    statement = json.loads((out / f"{WHEEL}.provenance.json").read_text())
    assert [subject["name"] for subject in statement["subject"]] == [WHEEL, "demo-1.0.tar.gz"]


def test_json_says_the_same_as_the_files(tmp_path: Path) -> None:
    built = first(project(tmp_path / "demo"), "-w", tmp_path / "out", "--sdist")
    assert [made["kind"] for made in built["artefacts"]] == ["sdist"]  # type: ignore[attr-defined]  # by its schema
    assert built["twice"] is None
    assert Path(str(built["lock"])).is_file()
    assert Path(str(built["provenance"])).name == "demo-1.0.tar.gz.provenance.json"


def test_settings_and_variables_reach_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = project(
        tmp_path / "demo", "[settings, os.environ.get('A'), os.environ.get('B'), os.environ.get('SECRET')]"
    )
    monkeypatch.setenv("B", "from here")
    monkeypatch.setenv("SECRET", "hush")
    options = ["-C", "one=1", "-C", "two=a", "-C", "two=b", "--env", "A=x=y", "--env", "B"]
    assert run("build", source, "-w", tmp_path / "out", "--wheel", *options).exit_code == 0
    assert module_of(tmp_path / "out" / WHEEL) == "[{'one': '1', 'two': ['a', 'b']}, 'x=y', 'from here', None]"
    for file in (tmp_path / "out").iterdir():
        assert b"hush" not in file.read_bytes()


def test_source_date_epoch_is_what_the_caller_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    source = project(tmp_path / "demo", "os.environ['SOURCE_DATE_EPOCH']")
    built = first(source, "-w", tmp_path / "out", "--wheel")
    assert built["source_date_epoch"]["seconds"] == 1_000_000_000  # type: ignore[index]  # by its schema
    assert module_of(tmp_path / "out" / WHEEL) == "'1000000000'"
    assert run("normalize", "--check", tmp_path / "out" / WHEEL).exit_code == 0


def test_a_failure_says_phase_and_log_and_how_to_repeat_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("build", project(tmp_path / "demo"), "-w", out, "--env", "DEMO_FAILS=1")
    assert result.exit_code == 2
    assert "there is none" in result.stderr
    assert f"the last lines of {out / 'demo.log'}:" in result.stderr
    assert "error: build wheel: " in result.stderr
    assert "--keep" in result.stderr
    assert [path.name for path in out.iterdir()] == ["demo.log"]


def test_what_was_never_begun_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("build", tmp_path / "nowhere", "-w", out)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert "nowhere" in result.stderr
    assert not out.exists()
    logs = tmp_path / "logs"
    logs.mkdir()
    assert run("build", tmp_path / "nowhere", "-w", out, "--log", logs / "log").exit_code == 2
    assert not out.exists()
    assert list(logs.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--env", "=1"], "is not NAME=VALUE"),
        (["--env", "NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE isn't set here"),
        (["--timeout", "0"], "--timeout"),
        (["--profile", "keep"], "--profile"),
        (["--isolation", "docker"], "--isolation"),
    ],
)
def test_options_that_mean_nothing_are_refused(tmp_path: Path, options: list[str], said: str) -> None:
    result = run("build", project(tmp_path / "demo"), "-w", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_twice_is_silent_about_what_is_the_same(tmp_path: Path) -> None:
    result = run("build", project(tmp_path / "demo"), "-w", tmp_path / "out", "--twice")
    assert result.exit_code == 0, result.output
    assert f"{WHEEL}: the same bytes again" in result.stdout
    assert "varied     path:" in result.stdout


def test_twice_ends_with_1_and_says_why_where_builds_differ(tmp_path: Path) -> None:
    source = project(tmp_path / "demo", "os.getcwd()")
    result = run("build", source, "-w", tmp_path / "out", "--wheel", "--twice")
    assert result.exit_code == 1
    assert f"{WHEEL}: the second build gave another file" in result.stdout
    assert "the build directory (build-path)" in result.stdout
    built = first(source, "-w", tmp_path / "again", "--wheel", "--twice", status=1)
    assert built["twice"]["same"] is False  # type: ignore[index]  # by its schema


def test_verbose_tells_everything_as_it_comes(tmp_path: Path) -> None:
    result = run("build", project(tmp_path / "demo"), "-w", tmp_path / "out", "--wheel", "-v")
    assert "== build wheel" in result.stderr
    assert result.exit_code == 0


@pytest.mark.skipif(os.name == "nt", reason="no such terminals")
def test_a_terminal_sees_phases_and_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    import io  # noqa: PLC0415 - for this test alone

    from truewheel.cli import building  # noqa: PLC0415 - it is patched

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with building.told(verbose=False) as progress:
        assert progress is not None
        progress.phase("build [bold]wheel")
        progress.line("compiling \x1b[31mred.c")
        progress.line("  ")
    shown = terminal.getvalue()
    assert "build [bold]wheel" in shown
    assert "compiling \\x1b[31mred.c" in shown


def test_what_the_first_build_wrote_into_the_sources_is_no_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path / "demo", "sorted(os.listdir())"))
    for options in (("-w", "dist"), ("-w", "other", "--log", "build.log")):
        result = run("build", "--wheel", "--twice", *options)
        assert result.exit_code == 0, result.output
        assert f"{WHEEL}: the same bytes again" in result.stdout
    assert module_of(Path("dist") / WHEEL) == "['pyproject.toml', 'tiny.py']"
    assert Path("dist/demo.second.log").is_file()


def test_hidden_files_are_empty_and_can_be_read(tmp_path: Path) -> None:
    """Git ends with an error where it may not read the system's settings, and versions come from git."""
    source = project(tmp_path / "demo", "[open(path).read() for path in ['/etc/gitconfig'] if os.path.exists(path)]")
    assert run("build", source, "-w", tmp_path / "out", "--wheel").exit_code == 0
    assert module_of(tmp_path / "out" / WHEEL) == ("['']" if Path("/etc/gitconfig").exists() else "[]")
