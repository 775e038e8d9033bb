"""``truewheel retag``: true platforms in name and WHEEL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from truewheel import api
from truewheel.cli.common import Told, each, exclude_option, finish, json_option, limit_options, wheels_argument
from truewheel.cli.writing import Chosen, chosen, writing_options
from truewheel.errors import RequestError, TruewheelError
from truewheel.report import machine, text
from truewheel.wheel import Limits


@click.command("retag")
@wheels_argument
@click.option("--auto", is_flag=True, help="The lowest platforms that are true, computed from the binaries.")
@click.option(
    "--plat", multiple=True, metavar="TAG", help="This platform (repeatable); refused if it promises too much."
)
@click.option(
    "--rename-only", is_flag=True, help="Rename the file and keep its bytes; only where WHEEL agrees already."
)
@click.option(
    "-w", "--wheel-dir", type=click.Path(path_type=Path), metavar="DIR", help="Write into DIR [default: beside]."
)
@exclude_option
@writing_options
@json_option
@limit_options
def command(
    *,
    wheels: tuple[Path, ...],
    auto: bool,
    plat: tuple[str, ...],
    rename_only: bool,
    wheel_dir: Path | None,
    exclude: tuple[str, ...],
    as_json: bool,
    limits: Limits,
    **writing: object,
) -> None:
    """Write true platform tags into the name and WHEEL of wheels, together.

    The input stays; the result is a canonical wheel under its new name. With --rename-only it is a copy of
    the same bytes.
    """
    told = Told()
    try:
        if auto == bool(plat):
            raise RequestError("say which platforms: either --auto or --plat TAG")
        options = chosen(limits, Chosen.of(writing))
    except TruewheelError as error:
        told.add(error)
        finish(told)
        return

    def work(path: Path, advance: Callable[[int], None]) -> api.Normalized:
        folder = wheel_dir or path.parent
        return api.retag(
            path,
            folder,
            platforms=plat,
            rename_only=rename_only,
            exclude=exclude,
            options=options,
            occupied=[*wheels, *(result.path for result in done)],
            advance=advance,
        )

    done: list[api.Normalized] = []
    for _, result in each(wheels, told, work, "retagging"):
        done.append(result)
        if not as_json:
            click.echo(text.retagged(str(result.source), str(result.path), result))
    if as_json:
        click.echo(
            machine.document("retag", [machine.written(str(r.source), str(r.path), r) for r in done], told.errors)
        )
    finish(told)
