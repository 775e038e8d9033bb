"""``truewheel repair``: what a wheel lacks is grafted, and its tags become true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from truewheel import api
from truewheel.cli.common import Told, each, finish, json_option, limit_options, wheels_argument
from truewheel.cli.repair_options import SectionedCommand, places_of, repair_options, wants_for, wants_of
from truewheel.cli.writing import Chosen, chosen, writing_options
from truewheel.errors import TruewheelError
from truewheel.ops import failing
from truewheel.report import machine, text
from truewheel.wheel import Limits


@click.command("repair", cls=SectionedCommand)
@wheels_argument
@repair_options
@writing_options
@json_option
@limit_options
def command(
    *,
    wheels: tuple[Path, ...],
    wheel_dir: Path,
    dry_run: bool,
    strict: bool,
    as_json: bool,
    limits: Limits,
    **values: object,
) -> None:
    """Graft the libraries that wheels lack, and write tags that are true.

    Everything that the platform doesn't promise goes into the wheel, with names and search paths that find
    exactly that. Libraries are looked for in the places that are named, and nowhere else. Nothing is executed.
    """
    told = Told()
    try:
        options = chosen(limits, Chosen.of(values))
        wants, places = wants_of(values), places_of(values)
    except TruewheelError as error:
        told.add(error)
        finish(told)
        return

    def work(path: Path, advance: Callable[[int], None]) -> api.Repaired:
        occupied = [*wheels, *(result.path for result in done)]
        return api.repair(
            path,
            wheel_dir,
            wants_for(path, wants, values),
            places,
            options=options,
            dry_run=dry_run,
            occupied=occupied,
            advance=advance,
        )

    done: list[api.Repaired] = []
    for _, result in each(wheels, told, work, "repairing"):
        done.append(result)
        if not as_json:
            click.echo(text.repaired(result))
    if as_json:
        click.echo(machine.document("repair", [machine.repaired(result) for result in done], told.errors))
    finish(told, found=strict and any(failing(result.findings) for result in done))
