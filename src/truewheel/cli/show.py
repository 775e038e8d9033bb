"""``truewheel show``: what is inside, where it runs and why."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from truewheel import api
from truewheel.cli.common import Told, each, exclude_option, fancy, finish, json_option, limit_options, wheels_argument
from truewheel.ops import Audit
from truewheel.report import machine, text
from truewheel.wheel import Limits


@click.command("show")
@wheels_argument
@json_option
@click.option(
    "--depth",
    type=click.Choice(["tables", "contents"]),
    help="tables: read only what tags depend on (default for text). "
    "contents: verify every byte, look for leaks, compute digests (default for --json).",
)
@exclude_option
@limit_options
def command(
    *,
    wheels: tuple[Path, ...],
    as_json: bool,
    depth: str | None,
    exclude: tuple[str, ...],
    limits: Limits,
) -> None:
    """Say what is in wheels, where they run and why.

    The platform is computed from the binaries and compared with the tag. Nothing is unpacked to disk, and
    the machine that truewheel runs on is never looked at.
    """
    contents = as_json if depth is None else depth == "contents"
    told = Told()

    def work(path: Path, advance: Callable[[int], None]) -> Audit:
        return api.show(path, contents=contents, exclude=exclude, limits=limits, advance=advance)

    if as_json:
        audits = [machine.shown(audit) for _, audit in each(wheels, told, work, "reading")]
        click.echo(machine.document("show", audits, told.errors))
    else:
        draw = _drawer()
        for _, audit in each(wheels, told, work, "reading"):
            draw(audit)
    finish(told)


def _drawer() -> Callable[[Audit], None]:
    """How an audit is put on stdout: framed in a terminal, plain in a pipe."""
    if not fancy():
        return lambda audit: click.echo(text.shown(audit))
    from rich.console import Console  # noqa: PLC0415  # rich is loaded for terminals alone: it takes 50 ms

    from truewheel.report import terminal  # noqa: PLC0415  # it needs rich

    # NO_COLOR (no-color.org) is taken to mean no escapes at all; rich alone would still print bold.
    console = Console(color_system=None if os.environ.get("NO_COLOR") else "auto")
    return lambda audit: console.print(terminal.shown(audit))
