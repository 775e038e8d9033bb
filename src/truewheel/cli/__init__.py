"""The command line: arguments in, exit status out. Commands are loaded when they are asked for.

0 fine, 1 findings or a difference, 2 truewheel could not do it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import signal
import sys
from types import FrameType

import click

from truewheel import __version__

_COMMANDS = {
    "show": "Say what is in wheels, where they run and why.",
    "check": "Check wheels against the rules; exit 1 on findings.",
    "repair": "Graft what wheels lack, and write true tags.",
    "fuse": "Make one macOS wheel of those for single processors.",
    "normalize": "Write the one canonical form of wheels and sdists.",
    "retag": "Write true platform tags into name and WHEEL.",
    "digest": "Print the sha256 of wheels, and of what they hold.",
    "diff": "Say what differs between two wheels, and why.",
    "pack": "Make wheels of prebuilt programs, with true tags.",
    "build": "Build sdist and wheel, the same everywhere.",
    "verify": "Rebuild what an index serves, and compare.",
}


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are used, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"truewheel.cli.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="truewheel")
def _group() -> None:
    """Trustworthy Python wheels: true tags, complete contents, reproducible bytes.

    For every platform, from any host. Exit status: 0 fine, 1 findings or a difference, 2 could not do it.
    """


def main() -> None:
    """Run the command line of this process, and end it."""
    for name in ("SIGTERM", "SIGHUP"):  # so that drafts are removed, as after ctrl-C; Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, _ended)
    sys.unraisablehook = _unheard
    if sys.stdout is None or sys.stderr is None:
        sys.exit(2)  # closed by whoever started us: there is nobody to tell anything
    for stream in (sys.stdout, sys.stderr):
        # Names in wheels may hold what a terminal's encoding can't show; that must not end in a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    """Run a command and give its exit status, whatever happens to it or to its output."""
    try:
        status = _invoke(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return _without_output(128 + 13)  # as if SIGPIPE had ended it: the reader has seen enough
    except OSError as error:
        click.echo(f"error: the output can't be written: {error.strerror or error}", err=True)
        return _without_output(2)
    return status


def _invoke(arguments: list[str]) -> int:
    """Run a command; what click and the commands end with becomes a number."""
    try:
        with _group.make_context("truewheel", arguments) as context:
            _group.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _without_output(status: int) -> int:
    """Let Python's own last flush of stdout go where it can't fail."""
    with contextlib.suppress(OSError):
        sys.stdout.close()
    sys.stdout = io.StringIO()
    return status


def _ended(number: int, _frame: FrameType | None) -> None:
    """End as the signal would have ended us, but through every `finally` on the way."""
    sys.exit(128 + number)


def _unheard(lost: sys.UnraisableHookArgs) -> None:
    """See to it that an end isn't lost which came in a place that nothing is raised from, such as a finalizer."""
    end = lost.exc_value
    if not isinstance(end, (SystemExit, KeyboardInterrupt)) or not hasattr(signal, "setitimer"):
        sys.__unraisablehook__(lost)
        return

    def again(_number: int, _frame: FrameType | None) -> None:
        raise end

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
