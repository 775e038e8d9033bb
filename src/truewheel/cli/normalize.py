"""``truewheel normalize``: the one canonical form, of wheels and of source distributions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from truewheel import api
from truewheel.cli.common import Told, each, files_argument, finish, json_option, limit_options
from truewheel.cli.writing import Chosen, chosen, writing_options
from truewheel.errors import RequestError, TruewheelError
from truewheel.report import machine, text
from truewheel.wheel import Limits


@click.command("normalize")
@files_argument
@click.option("-w", "--wheel-dir", type=click.Path(path_type=Path), metavar="DIR", help="Write the wheels into DIR.")
@click.option("--in-place", is_flag=True, help="Replace the wheels themselves.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a wheel is not canonical.")
@writing_options
@json_option
@limit_options
def command(
    *,
    wheels: tuple[Path, ...],
    wheel_dir: Path | None,
    in_place: bool,
    check: bool,
    as_json: bool,
    limits: Limits,
    **writing: object,
) -> None:
    """Write the one canonical form of wheels and sdists: the same bytes on every machine.

    RECORD is verified first: a wheel whose contents don't match it is refused, never made to look right.
    Times come from SOURCE_DATE_EPOCH, else they are 1980-01-01.
    """
    told = Told()
    try:
        if [wheel_dir is not None, in_place, check].count(True) != 1:
            raise RequestError("say where the result goes: one of -w DIR, --in-place or --check")
        options = chosen(limits, Chosen.of(writing))
    except TruewheelError as error:
        told.add(error)
        finish(told)
        return

    def work(path: Path, advance: Callable[[int], None]) -> api.Normalized:
        if check:
            return api.check_normalized(path, options, advance=advance)
        return api.normalize(path, wheel_dir, options, occupied=[*wheels, *(r.path for r in done)], advance=advance)

    done: list[api.Normalized] = []
    for _, result in each(wheels, told, work, "normalizing"):
        done.append(result)
        if not as_json:
            click.echo(text.normalized(str(result.source), str(result.path), result, checked=check))
    if as_json:
        click.echo(
            machine.document("normalize", [machine.written(str(r.source), str(r.path), r) for r in done], told.errors)
        )
    finish(told, found=check and any(result.changed for result in done))
