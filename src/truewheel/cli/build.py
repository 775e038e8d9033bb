"""``truewheel build``: sdist and wheel, built so that they come out the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from truewheel import api
from truewheel.builds.model import Request
from truewheel.cli.build_options import build_options
from truewheel.cli.building import told as progress_of
from truewheel.cli.common import Told, finish, json_option, limit_options
from truewheel.cli.writing import folder_option
from truewheel.errors import TruewheelError
from truewheel.report import machine, text
from truewheel.wheel import Limits, Profile
from truewheel.world import source_date_epoch


@click.command("build")
@click.argument("source", metavar="[SRC]", default=".")
@folder_option("dist")
@build_options
@json_option
@limit_options
def command(
    *,
    source: str,
    wheel_dir: Path,
    sdist: bool,
    wheel: bool,
    twice: bool,
    python: str | None,
    config_settings: Mapping[str, str | list[str]],
    environment: Mapping[str, str],
    lock: Path | None,
    constraints: tuple[Path, ...],
    exclude_newer: str | None,
    requirements_from_source: bool,
    installer: str,
    network: bool,
    isolation: str,
    seconds: float | None,
    keep: bool,
    log: Path | None,
    verbose: bool,
    profile: str,
    as_json: bool,
    limits: Limits,
) -> None:
    """Build sdist and wheel so that they come out the same everywhere.

    SRC is a folder, an sdist, or git+URL[@REV][#subdirectory=DIR]. The wheel is built from the sdist, in a clean
    environment with locked requirements, and both are written in canonical form. Beside them: the lock, a statement
    of provenance, and the log.

    Building runs the project's own code and that of its build requirements.
    """
    told = Told()
    built: api.Built | None = None
    try:
        request = Request(
            source=source,
            sdist=sdist or not wheel,
            wheel=wheel or not sdist,
            python=python,
            installer=installer,
            lock=lock,
            constraints=constraints,
            exclude_newer=exclude_newer,
            requirements_from_source=requirements_from_source,
            config_settings=config_settings,
            environment=environment,
            network=network,
            isolation=isolation,
            epoch=source_date_epoch(),
            keep=keep,
            seconds=seconds,
            profile=Profile(profile),
            limits=limits,
        )
        with progress_of(verbose=verbose) as progress:
            built = api.build(request, wheel_dir, twice=twice, log=log, progress=progress)
    except TruewheelError as error:
        _show_log(error)
        told.add(error)
    if as_json:
        click.echo(machine.document("build", [machine.built(built)] if built else [], told.errors, subject="builds"))
    elif built is not None:
        click.echo(text.built(built))
    finish(told, found=built is not None and not built.same)


def _show_log(error: TruewheelError) -> None:
    """The end of the log, where a program has failed, before the error itself."""
    tail = getattr(error, "tail", ())
    log = getattr(error, "log", None)
    if tail:
        click.echo(f"the last lines of {log}:" if log else "the last lines:", err=True)
        click.echo("\n".join(f"  {line}" for line in tail), err=True)
