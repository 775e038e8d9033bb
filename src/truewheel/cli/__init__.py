"""The command line: arguments in, exit status out. Commands are loaded when they are asked for.

0 fine, 1 findings or a difference, 2 truewheel could not do it.
"""

from __future__ import annotations

import importlib
import sys

import click

from truewheel import __version__

_COMMANDS = {
    "show": "Say what is in wheels, where they run and why.",
    "check": "Check wheels against the rules; exit 1 on findings.",
    "normalize": "Write the one canonical form of wheels.",
    "retag": "Write true platform tags into name and WHEEL.",
    "digest": "Print the sha256 of wheels, and of what they hold.",
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
    for stream in (sys.stdout, sys.stderr):
        # Names in wheels may hold what a terminal's encoding can't show; that must not end in a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _group.main(prog_name="truewheel", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        status = 130  # what shells say of a process that ctrl-C ended
    sys.exit(status)
