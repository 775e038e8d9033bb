"""How `build` shows on a terminal how far it is: the phase, the time it takes, the last line of output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from truewheel.errors import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from truewheel.builds.model import Progress


class _Verbose:
    """Tells everything on stderr, as it comes."""

    def phase(self, name: str) -> None:
        """Tell a phase."""
        click.echo(f"== {printable(name)}", err=True)

    def line(self, text: str) -> None:
        """Tell a line."""
        click.echo(f"  {printable(text)}", err=True)


class _Live:
    """Two lines that are drawn again and again: the phase with its time, and what was printed last."""

    def __init__(self) -> None:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415  # see `told`

        self._last = ""
        self._bars = Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._task = self._bars.add_task("")

    def phase(self, name: str) -> None:
        """Begin a phase: its clock starts at zero."""
        self._bars.remove_task(self._task)
        self._task = self._bars.add_task(_plain(name))
        self._last = ""

    def line(self, text: str) -> None:
        """Show a line until the next one comes."""
        if text.strip():
            self._last = printable(text.strip())

    def __rich__(self) -> RenderableType:
        from rich.console import Group  # noqa: PLC0415  # see `told`
        from rich.text import Text  # noqa: PLC0415  # see `told`

        return Group(self._bars, Text(f"  {self._last}", style="dim", no_wrap=True, overflow="ellipsis"))


def _plain(text: str) -> str:
    """The text without what rich would take for markup."""
    from rich.markup import escape  # noqa: PLC0415  # see `told`

    return escape(printable(text))


@contextmanager
def told(*, verbose: bool) -> Iterator[Progress | None]:
    """Somebody to tell how a build goes on: everything with `verbose`, else two lines if stderr is a terminal."""
    if verbose:
        yield _Verbose()
        return
    if not sys.stderr.isatty():
        yield None  # the log has it all
        return
    from rich.console import Console  # noqa: PLC0415  # rich is loaded for terminals alone: it takes 50 ms
    from rich.live import Live  # noqa: PLC0415  # the same

    shown = _Live()
    with Live(shown, console=Console(stderr=True), transient=True, refresh_per_second=8):
        yield shown
