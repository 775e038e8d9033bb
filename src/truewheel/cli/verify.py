"""``truewheel verify``: whether what the index serves is what the source builds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from truewheel import api
from truewheel.cli.building import told as progress_of
from truewheel.cli.campaigning import told as watching
from truewheel.cli.common import Told, fancy, finish, json_option, limit_options
from truewheel.cli.verify_options import verify_options
from truewheel.errors import RequestError, TruewheelError, printable
from truewheel.report import machine, text
from truewheel.report.verifications import suspicious
from truewheel.verdict import Rung
from truewheel.wheel import Limits
from truewheel.world import replacing


class _Many(NamedTuple):
    """How many wheels are verified at a time, and where that is remembered."""

    campaign: Path | None
    again: tuple[str, ...]
    workers: int | None
    cluster: str
    verbose: bool


@click.command("verify")
@click.argument("words", metavar="[REQ-OR-WHEEL]...", nargs=-1)
@verify_options
@json_option
@limit_options
def command(
    *,
    words: tuple[str, ...],
    files: tuple[Path, ...],
    source: str,
    wheel: str,
    vcs: bool,
    repository: str,
    provenance: Path | None,
    no_attestations: bool,
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    offline: bool,
    cache_dir: Path | None,
    python: str | None,
    overrides: Path | None,
    tries: int | None,
    installer: str,
    network: bool,
    isolation: str,
    seconds: float,
    memory: int | None,
    campaign: Path | None,
    again: tuple[str, ...],
    workers: int | None,
    cluster: str,
    at_least: str,
    out: Path | None,
    sign: bool,
    html: Path | None,
    verbose: bool,
    as_json: bool,
    limits: Limits,
) -> None:
    """Rebuild what the index serves, and say whether it is the same.

    REQ-OR-WHEEL is name==version, the path of a wheel, or a pylock.toml. Wheel and sdist are fetched from the index
    that pip or uv is told of, how the wheel was built is read off it, and it is built again like that and compared.

    This runs the project's own code and that of its build requirements.
    """
    told = Told()
    done: list[api.Verification] = []
    try:
        asked = api.targets(words, files)
        for problem in asked.problems:
            told.add(RequestError(problem))
        for note in asked.notes:
            click.echo(f"note: {printable(note)}", err=True)
        settings = _indexes(index_url or asked.main or None, (*extra_index_url, *asked.more))
        terms = api.Terms(
            settings=settings,
            cache=cache_dir,
            offline=offline,
            source=source,
            wheel=wheel,
            vcs=vcs or bool(repository),
            repository=repository,
            attestations=not no_attestations,
            provenance=provenance,
            overrides=overrides,
            **({"tries": tries} if tries else {}),
            seconds=seconds,
            memory=memory,
            network=network,
            python=python,
            isolation=isolation,
            installer=installer,
            out=out,
            sign=sign,
            limits=limits,
        )
        targets = _targets(asked, terms)
        done += _verified(targets, terms, _Many(campaign, again, workers, cluster, verbose))
        if html:
            _write_pages(html, done)
    except TruewheelError as error:
        told.add(error)
    _tell(done, told, as_json=as_json, verbose=verbose)
    bar = Rung(at_least).height
    if any(each.problem for each in done):
        raise SystemExit(2)
    finish(told, found=any(each.rung.height > bar or suspicious(each) for each in done))


def _indexes(main: str | None, more: Sequence[str]) -> api.IndexSettings | None:
    """Where files come from; None for what is configured, which every worker finds for itself."""
    if main is None and not more:
        return None
    return api.index_settings(*((main,) if main else ()), *more, alone=main is not None)


def _targets(asked: api.Asked, terms: api.Terms) -> tuple[api.Target, ...]:
    """What is asked for. Raises `RequestError` where that is nothing, or where two options contradict each other."""
    if not (asked.targets or asked.problems):
        raise RequestError("nothing is asked for", hint="truewheel verify requests==2.32.3, or -r requirements.txt")
    if len(asked.targets) > 1 and (terms.source or terms.provenance or terms.repository):
        raise RequestError("--source, --provenance and --repository go with one wheel alone")
    return asked.targets


def _verified(targets: Sequence[api.Target], terms: api.Terms, many: _Many) -> Sequence[api.Verification]:
    """All answers, in the order of the questions."""
    if len(targets) == 1 and not (many.campaign or many.cluster):
        if many.again:
            raise RequestError("nothing can be done again without a database", hint="name it: --campaign FILE")
        with progress_of(verbose=many.verbose) as progress:
            return api.verify(targets[0], terms, progress=progress)
    with watching(verbose=many.verbose, kept=many.campaign is not None) as watcher:
        campaign = api.verify_all(
            targets,
            terms,
            database=many.campaign,
            workers=many.workers,
            cluster=many.cluster,
            again=many.again,
            watcher=watcher,
        )
    return campaign.verifications


def _tell(done: Sequence[api.Verification], told: Told, *, as_json: bool, verbose: bool) -> None:
    """The answers: one in full, several as a table with rates."""
    if as_json:
        found = [machine.verified(each) for each in done]
        click.echo(machine.document("verify", found, told.errors, subject="verifications"))
    elif fancy() and done:
        from rich.console import Console  # noqa: PLC0415  # rich is loaded for terminals alone: it takes 50 ms

        from truewheel.report import terminal  # noqa: PLC0415  # it needs rich

        # NO_COLOR (no-color.org) is taken to mean no escapes at all; rich alone would still print bold.
        console = Console(color_system=None if os.environ.get("NO_COLOR") else "auto")
        console.print(terminal.verified(done[0], verbose=verbose) if len(done) == 1 else terminal.verifications(done))
    elif len(done) == 1:
        click.echo(text.verified(done[0], verbose=verbose))
    elif done:
        click.echo(text.verifications(done))


def _write_pages(folder: Path, done: Sequence[api.Verification]) -> None:
    """A page for each, and an index of them."""
    from truewheel.report import html_campaign  # noqa: PLC0415  # for pages alone

    for name, page in html_campaign.pages(done, title=f"{len(done)} wheels verified").items():
        with replacing(folder / name) as file:
            file.write(page.encode())
