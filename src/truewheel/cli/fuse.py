"""``truewheel fuse``: builds for single processors of macOS become one universal2 wheel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from truewheel import api
from truewheel.cli.common import Told, each, finish, json_option, limit_options, wheels_argument
from truewheel.cli.writing import Chosen, chosen, wheelhouse_option, writing_options
from truewheel.errors import TruewheelError
from truewheel.report import machine, text
from truewheel.wheel import Limits


@click.command("fuse")
@wheels_argument
@wheelhouse_option
@click.option(
    "--take-first",
    multiple=True,
    metavar="GLOB",
    help="Take members that differ from the first wheel (repeatable).",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@writing_options
@json_option
@limit_options
def command(
    *,
    wheels: tuple[Path, ...],
    wheel_dir: Path,
    take_first: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    limits: Limits,
    **writing: object,
) -> None:
    """Fuse the macOS wheels of a project for single processors into one for all.

    Native files become fat; all other files must be equal. The tag is what the result needs, and no lower
    than what the wheels claim.
    """
    told = Told()
    try:
        options = chosen(limits, Chosen.of(writing))
    except TruewheelError as error:
        told.add(error)
        finish(told)
        return

    def work(_: Path, advance: Callable[[int], None]) -> api.Fused:
        return api.fuse(wheels, wheel_dir, take_first=take_first, options=options, dry_run=dry_run, advance=advance)

    done: list[api.Fused] = []
    for _, result in each(wheels[:1], told, work, "fusing"):
        done.append(result)
        if not as_json:
            click.echo(text.fused(result))
    if as_json:
        click.echo(machine.document("fuse", [machine.fused(result) for result in done], told.errors))
    finish(told)
