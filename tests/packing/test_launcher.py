"""The modules that start programs: with every Python there is, the process becomes the program, and nothing else."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess  # noqa: TID251 - the launcher starts programs; the ban protects src
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from installer.utils import parse_entrypoints

from tests.support import zip_bytes
from tests.tools import need
from truewheel.errors import RequestError
from truewheel.packing.launcher import Launcher, Started, launcher
from truewheel.wheel.paths import fault

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and exec are of POSIX")

SOURCE = Path(__file__).with_name("sources") / "posix.c"
FOLDER = "site ä 'b'"
WORDS = [b"", b"two words", b"\xe4\xff\xed\xa0\x80", "ä'\"\\".encode(), b"--help", b"-", b"*"]
PYTHONS = [
    Path(sys.executable),
    *(path for path in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python3")) if path.exists()),
]
"""This one, and others that a machine of developers has."""


def written(folder: Path, made: Launcher) -> Path:
    """The package's folder with the modules."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.files.items():
        (folder / name).write_bytes(text)
    return folder


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (gcc,) = need("gcc")
    target = tmp_path_factory.mktemp("program") / "app"
    subprocess.run([gcc, "-O1", "-Wall", "-Wextra", "-Werror", "-o", target, SOURCE], check=True)
    return target


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, program: Path) -> Path:
    """A folder that Python finds packages in, with one program in a package."""
    site = tmp_path_factory.mktemp("launcher") / FOLDER
    package = written(site / "tool", launcher("tool", [Started("tool", "ö bin/app")]))
    (package / "ö bin").mkdir()
    shutil.copy(program, package / "ö bin" / "app")
    return site


def run(
    *command: str | bytes | Path, site: Path, python: Path | str = sys.executable, **settings: str
) -> subprocess.CompletedProcess[bytes]:
    """What comes of Python's command line. Python looks for packages in `site`, and nothing else is peculiar."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LC_", "LANG", "COV"))}
    return subprocess.run(
        [python, *command],
        env=kept | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"} | settings,
        capture_output=True,
        check=False,
    )


def account(site: Path, *words: bytes, more: Iterable[str] = ()) -> bytes:
    """What the program says of itself."""
    lines = [os.fsencode(site / "tool" / "ö bin" / "app"), *words]
    return b"".join([*(b"[%s]\n" % line for line in lines), *(f"{line}\n".encode() for line in more)])


# --- the process -------------------------------------------------------------------------------------------------
@posix
@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parent.parent.name)
def test_the_program_is_started_as_if_by_the_shell(site: Path, python: Path) -> None:
    """Its words, even those that are no text; no signal ignored that wasn't; its status."""
    done = run("-m", "tool", *WORDS, site=site, python=python, LC_ALL="C.UTF-8")
    assert (done.returncode, done.stdout, done.stderr) == (3, account(site, *WORDS), b"")


@posix
def test_python_by_itself_would_have_it_ignore_signals(site: Path) -> None:
    """The program does tell: the test above could fail."""
    code = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    program = site / "tool" / "ö bin" / "app"
    done = run("-c", code, program, site=site)
    assert done.stdout == account(site, more=[f"ignores {number:d}" for number in (signal.SIGPIPE, signal.SIGXFSZ)])


@posix
@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["-B", "-s", "-E"], {"LC_ALL": "C"}),
        (["-X", "utf8=0"], {"LC_ALL": "POSIX"}),
        (["-O", "-W", "error"], {"PYTHONSAFEPATH": "1"}),
        (["-u"], {"PYTHONUTF8": "1"}),
    ],
    ids=" ".join,
)
def test_whatever_the_locale_and_the_options(site: Path, options: list[str], settings: dict[str, str]) -> None:
    """-E makes Python forget where packages are: the folder of the package itself is what it runs, then."""
    target: list[str | Path] = [site / "tool"] if "-E" in options else ["-m", "tool"]
    done = run(*options, *target, *WORDS, site=site, **settings)
    assert (done.returncode, done.stdout, done.stderr) == (3, account(site, *WORDS), b"")


@posix
@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parent.parent.name)
def test_from_a_relative_folder_and_another_one_afterwards(site: Path, tmp_path: Path, python: Path) -> None:
    """Pythons before 3.9 leave the paths of modules relative."""
    code = f"import sys; sys.path[0] = {FOLDER!r}; import tool.__main__; import os; os.chdir({str(tmp_path)!r})"
    command: list[str | bytes] = ["-c", f"{code}; sys.exit(tool.__main__.run_tool())", b"word"]
    done = subprocess.run([python, *command], cwd=site.parent, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, account(site, b"word"), b"")


@posix
def test_through_links(site: Path, tmp_path: Path) -> None:
    """A folder of links to files, as uv makes it if told, and a link to an environment."""
    linked = tmp_path / "linked" / "tool"
    for path in [path for path in (site / "tool").rglob("*") if path.is_file()]:
        link = linked / path.relative_to(site / "tool")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    (tmp_path / "again").symlink_to(linked.parent)
    done = run("-m", "tool", site=tmp_path / "again")
    assert (done.returncode, done.stdout) == (3, account(tmp_path / "again"))


@posix
def test_in_an_isolated_environment(site: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (packages,) = (tmp_path / "venv").glob("lib/*/site-packages")
    shutil.copytree(site / "tool", packages / "tool")
    done = run("-I", "-m", "tool", b"word", site=tmp_path, python=tmp_path / "venv" / "bin" / "python")
    assert (done.returncode, done.stdout, done.stderr) == (3, account(packages, b"word"), b"")


@posix
def test_many_words(site: Path) -> None:
    words = [b"x" * 100_000] * 15
    done = run("-m", "tool", "--measure", *words, site=site)
    assert done.stdout == b"17 words, 1500009 bytes\n", done.stderr


@posix
def test_a_pipe_that_is_closed_ends_it(site: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "tool", "--flood"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"more\n"
        process.stdout.close()
        assert process.wait(60) == -signal.SIGPIPE
        assert process.stderr.read() == b""


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_reach_the_program(site: Path, number: signal.Signals) -> None:
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "tool", "--wait"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.wait(60) == -number
        assert process.stderr.read() == b""


@posix
def test_what_interrupts_it_early_ends_it_as_later(site: Path) -> None:
    """The program, and not Python with a traceback, from the moment on that Python is done."""
    code = "import os, signal, tool.__main__; os.execv = lambda *_: print(signal.getsignal(signal.SIGINT).name)"
    done = run("-c", f"{code}; tool.__main__.run_tool()", site=site)
    assert (done.stdout, done.stderr) == (b"SIG_DFL\n", b"")


@posix
def test_what_was_to_be_ignored_stays_so(site: Path) -> None:
    """A shell starts what it runs in the background so, nohup what is to live on."""
    shell = ["-c", 'trap "" INT HUP QUIT TERM; exec "$@"', "sh", sys.executable, "-m", "tool"]
    done = run(*shell, site=site, python="/bin/sh")
    ignored = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
    assert done.stdout == account(site, more=[f"ignores {number:d}" for number in sorted(ignored)])


@posix
def test_what_python_has_said_comes_first(site: Path) -> None:
    code = "import sys; from tool.__main__ import run_tool; sys.stdout.write('first\\n'); sys.exit(run_tool())"
    done = run("-c", code, site=site)
    assert done.stdout == b"first\n" + account(site)


@posix
@pytest.mark.parametrize("stream", [">&-", "2>&-", "<&-", ">&- 2>&-"])
def test_without_a_stream(site: Path, stream: str) -> None:
    done = run("-c", f'exec "$@" {stream}', "sh", sys.executable, "-m", "tool", site=site, python="/bin/sh")
    assert (done.returncode, done.stderr) == (3, b"")


# --- what can't be started ---------------------------------------------------------------------------------------
def refused(site: Path) -> tuple[int, str]:
    """Status and sentence, the path of the program in it shortened."""
    done = run("-m", "tool", "word", site=site)
    assert done.stdout == b""
    return done.returncode, done.stderr.decode().replace(str(site / "tool"), "TOOL")


@posix
@pytest.mark.parametrize(
    ("text", "mode", "status", "reason"),
    [
        ("#!/bin/sh\n", 0o644, 126, "Permission denied"),
        ("no program\n", 0o755, 126, "Exec format error"),
        ("#!/nowhere/sh\n", 0o755, 126, "the loader or interpreter that it asks for isn't there"),
        (None, 0, 127, "there is no such file; install the package again, unpacked"),
    ],
)
def test_one_sentence_and_a_status_of_the_shells(
    tmp_path: Path, text: str | None, mode: int, status: int, reason: str
) -> None:
    package = written(tmp_path / "tool", launcher("tool", [Started("tool", "app")]))
    if text is not None:
        (package / "app").write_text(text, encoding="ascii")
        (package / "app").chmod(mode)
    assert refused(tmp_path) == (status, f"tool: can't start TOOL/app: {reason}\n")


@posix
def test_too_many_words(tmp_path: Path) -> None:
    """A script counts what it is called by once more."""
    package = written(tmp_path / "tool", launcher("tool", [Started("tool", "app")]))
    (package / "app").write_text("#!/bin/sh\n", encoding="ascii")
    (package / "app").chmod(0o755)
    code = "import sys, tool.__main__; sys.argv += ['x' * 100_000] * 100; sys.exit(tool.__main__.run_tool())"
    done = run("-c", code, site=tmp_path)
    sentence = f"tool: can't start {package}/app: Argument list too long\n"
    assert (done.returncode, done.stderr.decode()) == (126, sentence)


@posix
def test_from_inside_of_a_zip(tmp_path: Path) -> None:
    made = launcher("tool", [Started("tool", "app")])
    members = {f"tool/{name}": text for name, text in made.files.items()}
    (tmp_path / "app.zip").write_bytes(zip_bytes(members | {"tool/app": b"#!/bin/sh\n"}, executable=["tool/app"]))
    reason = "there is no such file; install the package again, unpacked"
    assert refused(tmp_path / "app.zip") == (127, f"tool: can't start TOOL/app: {reason}\n")


# --- several programs --------------------------------------------------------------------------------------------
@posix
def test_every_command_has_a_function_and_the_packages_own_is_the_main_one(tmp_path: Path) -> None:
    started = [Started(name, f"bin/{name}") for name in ("clang++", "a-b", "a_b", "Some.Tool", "zig")]
    made = launcher("some_tool", started)
    package = written(tmp_path / "some_tool", made)
    (package / "bin").mkdir()
    for command, path in started:
        (package / path).write_text(f"#!/bin/sh\necho {command}\n", encoding="ascii")
        (package / path).chmod(0o755)
    assert run("-m", "some_tool", site=tmp_path).stdout == b"Some.Tool\n"
    points = importlib.metadata.EntryPoints(
        importlib.metadata.EntryPoint(name, f"{module}:{function}", section)
        for name, module, function, section in parse_entrypoints(made.entry_points.decode())
    )
    assert points.names == {one.command for one in started}
    for point in points:
        assert (point.group, point.module) == ("console", "some_tool.__main__")
        code = f"import sys; from {point.module} import {point.attr}; sys.exit({point.attr}())"
        assert run("-c", code, site=tmp_path).stdout == f"{point.name}\n".encode()
    paths = run("-c", "import some_tool as s; print(s.path()); print(s.path('a_b'))", site=tmp_path).stdout.decode()
    assert paths.splitlines() == [str(package / "bin" / name) for name in ("Some.Tool", "a_b")]


def test_the_first_command_is_the_main_one_where_none_has_the_packages_name() -> None:
    programs = [Started("zls", "zls"), Started("zig", "zig")]
    made = launcher("ziglang", programs)
    assert made == launcher("ziglang", reversed(programs))
    assert made.files["__main__.py"].endswith(b'\n\nif __name__ == "__main__":\n    sys.exit(run_zig())\n')
    assert made.entry_points == (b"[console_scripts]\nzig = ziglang.__main__:run_zig\nzls = ziglang.__main__:run_zls\n")


def test_a_package_in_a_package() -> None:
    made = launcher("tools.zig", [Started("zig", "zig.exe")])
    assert made.entry_points == b"[console_scripts]\nzig = tools.zig.__main__:run_zig\n"
    assert b"from tools.zig.__main__ import path" in made.files["__init__.py"]


def test_without_programs_it_is_a_package_and_no_more() -> None:
    made = launcher("data", [])
    assert (list(made.files), made.entry_points) == (["__init__.py"], b"")


COMMANDS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,5}", fullmatch=True).filter(lambda text: not fault(text))
PATHS = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], exclude_characters="\\:/"), max_size=9)


@given(
    st.dictionaries(COMMANDS, PATHS.map("bin/x{}x".format), min_size=1, max_size=4).filter(
        lambda made: len({key.lower() for key in made}) == len(made)
    )
)
def test_the_text_is_python_of_old_and_names_the_programs(programs: dict[str, str]) -> None:
    made = launcher("tool", [Started(command, path) for command, path in programs.items()])
    for text in made.files.values():
        assert re.fullmatch(rb"[\n -~]+\n", text)
        ast.parse(text.decode("ascii"), feature_version=(3, 5))
    tree = ast.parse(made.files["__main__.py"])
    (table,) = (node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict))
    assert ast.literal_eval(table) == programs
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(set(defined)) == len(defined)
    points = list(parse_entrypoints(made.entry_points.decode("ascii")))
    assert {name for name, *_ in points} == set(programs)
    for name, module, function, _ in points:
        assert module == "tool.__main__"
        (body,) = (node.body for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
        assert ast.unparse(body[0]) == f"return start({name!r})"


@pytest.mark.parametrize(
    "command",
    [
        "",
        "a/b",
        "a\\b",
        "a=b",
        "a b",
        "a\nb",
        "-a",
        ".a",
        "a.",
        "ä",
        "[a]",
        "#a",
        "a:b",
        "con",
        "nul.exe",
        "a\ud800",
        "\0",
    ],
)
def test_commands_that_no_installer_should_be_given(command: str) -> None:
    with pytest.raises(RequestError, match="can't be the name of a command") as caught:
        launcher("tool", [Started(command, "app")])
    assert "letters and digits" in caught.value.hint


@pytest.mark.parametrize("package", ["", "7zip", "a-b", "a..b", "import", "a.class", "a/b", "ä", "a b", "a\n"])
def test_packages_that_python_can_not_import(package: str) -> None:
    with pytest.raises(RequestError, match="Python imports no package of that name") as caught:
        launcher(package, [Started("tool", "app")])
    assert "into" in caught.value.hint


@pytest.mark.parametrize(
    ("programs", "what"),
    [
        ([("tool", "a"), ("tool", "b")], "two programs have the command 'tool': a and b"),
        ([("tool", "a"), ("Tool", "b")], "two programs have the command 'tool': b and a"),
        (
            [("tool", "../a")],
            "the path '../a' of the program 'tool' can't stand in a wheel: the name has the part '..'",
        ),
        ([("tool", "/a")], "the path '/a' of the program 'tool' can't stand in a wheel: the name is absolute"),
        ([("tool", "bin/tool.CMD")], "the program of the command 'tool' is a batch file, bin/tool.CMD"),
    ],
)
def test_programs_that_can_not_be_started(programs: list[tuple[str, str]], what: str) -> None:
    with pytest.raises(RequestError) as caught:
        launcher("tool", [Started(*one) for one in programs])
    assert str(caught.value).startswith(what)
