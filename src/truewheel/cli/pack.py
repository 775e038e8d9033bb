"""``truewheel pack``: prebuilt programs and libraries become wheels, one of each archive."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from truewheel import api
from truewheel.cli.common import Told, expanded_words, fancy, finish, json_option, limit_options
from truewheel.cli.pack_options import pack_options, places_of, table_of
from truewheel.cli.writing import folder_option
from truewheel.errors import RequestError, TruewheelError, printable
from truewheel.report import machine, text
from truewheel.report.packings import notes
from truewheel.wheel import Limits, Profile


@click.command("pack")
@click.argument("archives", metavar="[ARCHIVE]...", nargs=-1, callback=expanded_words)
@folder_option("dist")
@pack_options
@json_option
@limit_options
def command(
    *,
    archives: tuple[str, ...],
    wheel_dir: Path,
    config: Path | None,
    begin: bool,
    as_json: bool,
    limits: Limits,
    **values: object,
) -> None:
    """Make wheels of prebuilt programs, with tags computed from the binaries.

    ARCHIVE is a .tar.gz, .tar.xz, .tar.zst, .zip, an npm .tgz, a .deb, a folder or a single file, on this machine or
    at an address (with #sha256=HEX); each becomes one wheel. Without any, the targets are those of
    [tool.truewheel.pack] in pyproject.toml. Nothing is unpacked to disk, and nothing is executed.
    """
    told = Told()
    run: api.PackRun | None = None
    try:
        table = table_of(values)
        if begin:
            _demand_alone({**values, "json": as_json})
            click.echo(f"written to {api.begin_packing(archives, table, config=config, limits=limits)}")
            return
        packing = api.load_packing(archives, table, config=config, targets=_texts(values["target"]))
        terms, against = _terms(values, config, limits), _against(values)
        with _progress(len(packing.targets)) as finished:
            if against is not None:
                run = api.check_packed(packing, against, terms, finished=finished, failed=told.add)
            else:
                dry_run = bool(values["dry_run"])
                run = api.pack(packing, wheel_dir, terms, dry_run=dry_run, finished=finished, failed=told.add)
    except TruewheelError as error:
        if error not in told.errors:
            told.add(error)
    for note in notes(run.targets, run.idle) if run else ():
        click.echo(f"note: {printable(note)}", err=True)
    _tell(run, told, as_json=as_json)
    finish(told, found=run is not None and not run.same)


def _demand_alone(values: Mapping[str, object]) -> None:
    """Raise `RequestError` where settings are to be written, and something else is asked for besides."""
    if others := [
        option for option in ("check_only", "dry_run", "against", "index_url", "target", "json") if values[option]
    ]:
        raise RequestError(f"--init and --{others[0].replace('_', '-')} contradict each other")


def _terms(values: Mapping[str, object], config: Path | None, limits: Limits) -> api.PackTerms:
    """How to pack, as the options say."""
    workers, cache = values["workers"], values["cache_dir"]
    options = api.Options(
        profile=Profile(str(values["profile"])),
        derive_modes=bool(values["derive_modes"]),
        workers=workers if isinstance(workers, int) else None,
        limits=limits,
    )
    return api.PackTerms(
        project=api.project_folder(config),
        places=places_of(values),
        options=options,
        cache=cache if isinstance(cache, Path) else None,
        offline=bool(values["offline"]),
        bill=bool(values["sbom"]),
    )


def _against(values: Mapping[str, object]) -> api.Against | None:
    """Where published wheels are; None where nothing is to be compared."""
    folder, index = values["against"], values["index_url"]
    if not values["check_only"]:
        if folder or index:
            raise RequestError("--against and --index-url say where published wheels are", hint="add --check-only")
        return None
    if folder and index:
        raise RequestError("--against and --index-url contradict each other")
    whole = not values["target"]
    return api.Against(folder if isinstance(folder, Path) else None, str(index or ""), whole)


def _tell(run: api.PackRun | None, told: Told, *, as_json: bool) -> None:
    """The summary: a table, or JSON."""
    if as_json:
        click.echo(machine.packed(run, told.errors))
    elif run is None:
        return
    elif fancy():
        from rich.console import Console  # noqa: PLC0415  # rich is loaded for terminals alone: it takes 50 ms

        from truewheel.report import terminal  # noqa: PLC0415  # it needs rich

        # NO_COLOR (no-color.org) is taken to mean no escapes at all; rich alone would still print bold.
        console = Console(color_system=None if os.environ.get("NO_COLOR") else "auto")
        console.print(terminal.packed(run, width=console.width))
    else:
        click.echo(text.packed(run))


@contextlib.contextmanager
def _progress(count: int) -> Iterator[Callable[[str], None]]:
    """A bar on stderr over the targets, if stderr is a terminal; else nothing at all."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # rich is loaded for terminals alone: it takes 50 ms
    from rich.markup import escape  # noqa: PLC0415  # the same
    from rich.progress import (  # noqa: PLC0415  # the same
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("packing {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=count)

        def finished(label: str) -> None:
            progress.update(task, advance=1, description=escape(printable(label[:60])))

        yield finished


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()
