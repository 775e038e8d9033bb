"""``truewheel digest``: what a wheel is, in two numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from truewheel import api
from truewheel.cli.common import Told, each, finish, json_option, limit_options, wheels_argument
from truewheel.report import machine, text
from truewheel.wheel import Limits


@click.command("digest")
@wheels_argument
@json_option
@limit_options
def command(*, wheels: tuple[Path, ...], as_json: bool, limits: Limits) -> None:
    """Print the sha256 of wheels, and of what they hold.

    The payload digest survives re-zipping, other encoders and retagging: two wheels with one payload digest
    install the same files.
    """
    told = Told()

    def work(path: Path, advance: Callable[[int], None]) -> api.Digest:
        return api.digest(path, limits=limits, advance=advance)

    done = []
    for _, result in each(wheels, told, work, "reading"):
        done.append(result)
        if not as_json:
            click.echo(text.digested(result.file, result.sha256, result.payload, result.profile))
    if as_json:
        wheels_json = [machine.digested(r.file, r.size, r.sha256, r.payload, r.profile) for r in done]
        click.echo(machine.document("digest", wheels_json, told.errors))
    finish(told)
