"""How a campaign shows on a terminal how far it is: packages at each rung, what is under way, the time that is left."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

import click

from truewheel.errors import printable
from truewheel.index.model import Target
from truewheel.rebuilds.campaign_model import Counts, Watcher
from truewheel.verdict.model import Rung, Verification

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_MOST: Final = 8
"""Packages under way that are shown; a cluster may have hundreds."""
_MINUTE, _HOUR = 60, 3600
_STYLES: Final = {
    Rung.BIT_FOR_BIT: "green",
    Rung.ZIP_METADATA: "green",
    Rung.SAME_CONTENTS: "green",
    Rung.EXPLAINED: "yellow",
    Rung.DIFFERENT: "bold red",
    Rung.NOT_REBUILT: "magenta",
}


class _Quiet:
    """Tells nothing, but for what is left where a campaign ends before its time."""

    def __init__(self) -> None:
        self.left = 0

    def counts(self, counts: Counts) -> None:
        """Hear how far it is."""

    def started(self, target: Target) -> None:
        """Hear of a package."""

    def finished(self, target: Target, verification: Verification) -> None:
        """Hear of an answer."""

    def given_back(self, target: Target) -> None:
        """Hear of a lost worker."""

    def stopped(self, left: int) -> None:
        """Remember what is left, for the end, when nothing is drawn any more."""
        self.left = left


class _Verbose(_Quiet):
    """Tells a line for every package, as its answer comes."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = Counts({}, 0)

    def counts(self, counts: Counts) -> None:
        """Remember how far it is."""
        self._counts = counts

    def finished(self, target: Target, verification: Verification) -> None:
        """Tell an answer."""
        place = f"[{self._counts.done + 1}/{self._counts.total}]"
        seconds = f"{verification.seconds:.1f} s"
        problem = f": {verification.problem}" if verification.problem else ""
        line = f"{place} {target.asked}: {verification.rung.value}, {seconds}{problem}"
        click.echo(printable(line), err=True)

    def given_back(self, target: Target) -> None:
        """Tell of a lost worker."""
        click.echo(printable(f"{target.asked}: its worker died; it is tried once more at the end"), err=True)


class _Live(_Quiet):
    """A few lines that are drawn again and again, by a thread of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = Counts({}, 0)
        self._begun = monotonic()
        self._finished = 0
        self._under_way: dict[Target, float] = {}

    def counts(self, counts: Counts) -> None:
        """Show how far it is."""
        self._counts = counts

    def started(self, target: Target) -> None:
        """Show a package."""
        self._under_way[target] = monotonic()

    def finished(self, target: Target, verification: Verification) -> None:  # noqa: ARG002 - `counts` tells how it came out
        """Show a package no longer."""
        self._finished += 1
        self._under_way.pop(target, None)

    def given_back(self, target: Target) -> None:
        """Show a package no longer."""
        self._under_way.pop(target, None)

    def __rich__(self) -> RenderableType:
        from rich.console import Group  # noqa: PLC0415  # see `told`

        counts = self._counts
        return Group(self._head(counts), _bar(counts), *_rungs(counts), self._busy())

    def _head(self, counts: Counts) -> Text:
        from rich.text import Text  # noqa: PLC0415  # see `told`

        text = Text(f"{counts.done} of {counts.total} packages", style="bold")
        if self._finished:
            each = (monotonic() - self._begun) / self._finished
            text.append(f"  {each:.1f} s a package, about {_duration(each * counts.left)} left", style="dim")
        return text

    def _busy(self) -> Table:
        from rich.table import Table  # noqa: PLC0415  # see `told`
        from rich.text import Text  # noqa: PLC0415  # see `told`

        now = monotonic()
        busy = tuple(self._under_way.items())  # at once: the campaign's thread goes on
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        for target, since in busy[:_MOST]:
            table.add_row(_duration(now - since), Text(printable(target.asked)))
        if len(busy) > _MOST:
            table.add_row("", Text(f"and {len(busy) - _MOST} more", style="dim"))
        return table


def _bar(counts: Counts) -> Table:
    """A bar, in a table of its own: alone it would not end its line."""
    from rich.progress_bar import ProgressBar  # noqa: PLC0415  # see `told`
    from rich.table import Table  # noqa: PLC0415  # see `told`

    table = Table.grid()
    table.add_row(ProgressBar(total=max(counts.total, 1), completed=counts.done, width=40))
    return table


def _rungs(counts: Counts) -> list[Text]:
    """How many stand where, in one line."""
    from rich.text import Text  # noqa: PLC0415  # see `told`

    if not counts.done:
        return []
    pairs = [Text(f"{rung.value} {count}", style=_STYLES[rung]) for rung, count in counts.rungs.items()]
    return [Text("  ").join(pairs)]


def _duration(seconds: float) -> str:
    """A time as people say it: ``12 s``, ``2 min 05 s``, ``1 h 07 min``."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"


@contextmanager
def told(*, verbose: bool, kept: bool = True) -> Iterator[Watcher]:
    """Somebody to tell how a campaign goes on: a line a package with `verbose`, else a table if stderr is a terminal.

    What is left after an early end is said in any case; ``kept`` says whether what is done outlives the command.
    """
    watcher = _Verbose() if verbose else _Quiet()
    try:
        if verbose or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            yield watcher
            return
        from rich.console import Console  # noqa: PLC0415  # rich is loaded for terminals alone: it takes 50 ms
        from rich.live import Live  # noqa: PLC0415  # the same

        watcher = live = _Live()
        # NO_COLOR (no-color.org) is taken to mean no escapes for colour at all; rich alone would still print bold.
        console = Console(stderr=True, color_system=None if os.environ.get("NO_COLOR") else "auto")
        with Live(live, console=console, transient=True, refresh_per_second=4):
            yield live
    finally:
        if watcher.left:
            packages = "1 package is" if watcher.left == 1 else f"{watcher.left} packages are"
            after = "the same command goes on with the rest" if kept else "with --campaign FILE, it could go on"
            click.echo(f"{packages} left; {after}", err=True)
