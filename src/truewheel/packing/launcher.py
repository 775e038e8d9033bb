"""The modules that start programs which lie in a package: ``python -m PACKAGE``, and a command for each.

A command becomes an entry point (the group console_scripts) of a function in the package's ``__main__``, for which
installers write a script or an executable. On POSIX the process becomes the program; on Windows, where no process can,
it waits for it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from truewheel.errors import RequestError
from truewheel.wheel.name import canonical_project
from truewheel.wheel.paths import fault


class Started(NamedTuple):
    """A command, and the path of its program below the package, with slashes (and ``.exe`` for Windows)."""

    command: str
    path: str


class Launcher(NamedTuple):
    """The modules by their path below the package, and entry_points.txt: empty where nothing is to be started."""

    files: Mapping[str, bytes]
    entry_points: bytes


def launcher(package: str, programs: Iterable[Started]) -> Launcher:
    """What starts `programs`, which lie in `package`, as an import statement has it (``ziglang``, ``tools.zig``).

    ``__init__.py`` has a function that says where programs are, and starts none; ``__main__.py`` starts the one called
    like the package, or else the first one. They run on Python 3.5 and later. Without programs ``__init__.py`` makes
    the folder a package, and that is all.

    Raises `RequestError` for a name that a command or a package can't have (PyPA: entry points specification), for
    two programs of one command, and for a batch file.
    """
    _check_package(package)
    started = sorted(programs)
    if not started:
        return Launcher({"__init__.py": _NO_PROGRAMS.encode("ascii")}, b"")
    _check_programs(started)
    main = next((one.command for one in started if _same(one.command, package)), started[0].command)
    functions = _functions([one.command for one in started])
    text = _MAIN.format(
        programs="".join(f"    {one.command!a}: {one.path!a},\n" for one in started),
        functions="".join(_FUNCTION.format(function=functions[one.command], command=one.command) for one in started),
        main=functions[main],
    )
    init = _INIT.format(package=package, main=ascii(main))
    points = "".join(f"{one.command} = {package}.__main__:{functions[one.command]}\n" for one in started)
    files = {"__init__.py": init.encode("ascii"), "__main__.py": text.encode("ascii")}
    return Launcher(files, f"[console_scripts]\n{points}".encode("ascii"))


COMMAND: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
"""More than the specification recommends by the plus of ``clang++``; pip, uv and installer take that."""


def _check_package(package: str) -> None:
    for part in package.split("."):
        if not (part.isascii() and part.isidentifier()) or keyword.iskeyword(part):
            raise RequestError(
                f"programs can't be started from {package!r}: Python imports no package of that name",
                hint='put the files into a package, such as into = "tools"',
            )


def _check_programs(programs: Sequence[Started]) -> None:
    """Raise `RequestError` for what no installer should be given."""
    known: dict[str, str] = {}
    for command, path in programs:
        problem = fault(command)
        if problem or not COMMAND.fullmatch(command):
            raise RequestError(
                f"{command!r} can't be the name of a command" + (f": {problem}" if problem else ""),
                hint="name it by letters and digits of ASCII, and - _ . + between them",
            )
        if command.lower() in known:
            raise RequestError(
                f"two programs have the command {command!r}: {known[command.lower()]} and {path}",
                hint="give them different commands; upper and lower case are the same on Windows and macOS",
            )
        known[command.lower()] = path
        if problem := fault(path):
            raise RequestError(f"the path {path!r} of the program {command!r} can't stand in a wheel: {problem}")
        if path.lower().endswith((".bat", ".cmd")):
            raise RequestError(
                f"the program of the command {command!r} is a batch file, {path}",
                hint="cmd.exe takes arguments apart in its own way; name the .exe that it starts",
            )


def _same(command: str, package: str) -> bool:
    """Whether a command has the name of the package, as names of projects are compared."""
    return canonical_project(command) == canonical_project(package.rpartition(".")[2])


def _functions(commands: Sequence[str]) -> dict[str, str]:
    """A name of a function for each command; no two have the same, which they would for ``a-b`` and ``a_b``."""
    names: dict[str, str] = {}
    for command in commands:
        plain = name = "run_" + re.sub(r"\W", "_", command, flags=re.ASCII)
        number = 1
        while name in names.values():
            number += 1
            name = f"{plain}_{number}"
        names[command] = name
    return names


_NO_PROGRAMS: Final = '"""Files that came with this package."""\n'

_INIT: Final = '''\
"""The programs that came with this package."""


def path(command={main}):
    """The path of the program that a command starts."""
    from {package}.__main__ import path

    return path(command)
'''

_FUNCTION: Final = """

def {function}():
    return start("{command}")
"""

_MAIN: Final = '''\
"""Starts the programs that lie beside this file."""

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {{
{programs}}}


def path(command):
    # Installers wrote its name in UTF-8, whatever encoding this process has for names.
    name = os.fsdecode(PROGRAMS[command].encode("utf-8"))
    return os.path.join(FOLDER, *name.split("/"))


def start(command):
    """Become the program, or wait for it; where that isn't possible say why, and end as a shell would."""
    program = path(command)
    flush()
    try:
        return (wait if os.name == "nt" else become)(program, sys.argv[1:])
    except OSError as error:
        status, reason = 126, error.strerror
        if not os.path.exists(program):
            status, reason = 127, "there is no such file; install the package again, unpacked"
        elif os.name != "nt" and isinstance(error, FileNotFoundError):
            reason = "the loader or interpreter that it asks for isn't there"
        if sys.stderr:
            print("%s: can't start %s: %s" % (command, program, reason), file=sys.stderr)
        return status


def become(program, arguments):
    import signal

    # Python ignores signals that end other programs, and what is ignored stays so in the program.
    for name in ("SIGPIPE", "SIGXFSZ", "SIGXFZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    # Python caught this one, unless whoever started it had it ignored: then it stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(program, [program] + arguments)


def wait(program, arguments):
    import signal
    import subprocess

    # All processes of the console get these, the program too, and that decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGBREAK, signal.SIG_IGN)
    status = subprocess.Popen([program] + arguments, executable=program, close_fds=False).wait()
    # sys.exit takes a number with a sign, or else 0xC0000005 and its kind would get lost.
    return status - (1 << 32) if status >> 31 else status


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # there is none, or it is closed
{functions}

if __name__ == "__main__":
    sys.exit({main}())
'''
