"""The same rows for a terminal, drawn with rich: a panel a wheel, the reason beside the tag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from truewheel.errors import printable
from truewheel.ops import Audit, Verdict
from truewheel.report.rows import Row, rows

if TYPE_CHECKING:
    from truewheel.compare.model import Comparison
    from truewheel.report.shapes import PackingRun
    from truewheel.verdict.model import Verification

_STYLES = {"good": "green", "bad": "bold red", "warn": "yellow", "dim": "dim", "left": "red", "right": "cyan", "": ""}
_BORDERS = {Verdict.EXACT: "green", Verdict.STRICTER: "yellow", Verdict.UNKNOWN: "yellow"}


def shown(audit: Audit) -> Panel:
    """What `show` says of one wheel, as something that a rich console prints."""
    title = Text(printable(audit.file.replace("\\", "/").rpartition("/")[2]), style="bold")
    border = _BORDERS.get(audit.tags.verdict, "red")
    return Panel(_grid(rows(audit)), title=title, title_align="left", border_style=border)


def _grid(told: Iterable[Row]) -> Table:
    """Labelled rows in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for row in told:
        table.add_row(Text(row.label), Text(printable(row.text), style=_STYLES[row.tone]))
    return table


def compared(comparison: Comparison, *, full: bool = False) -> Text:
    """What `diff` says of two sides, as something that a rich console prints."""
    from truewheel.report.difference_rows import told  # noqa: PLC0415  # for diff alone

    text = Text(overflow="fold")
    for number, line in enumerate(told(comparison, full=full)):
        style = _STYLES[line.tone]
        text.append("\n" * bool(number) + "  " * line.depth)
        text.append(printable(line.head), style=style if line.tone == "dim" else f"bold {style}".rstrip())
        text.append(printable(line.text), style=style)
    return text


def packed(run: PackingRun, *, width: int) -> Text:
    """What `pack` says of all targets, as something that a rich console of this width prints."""
    from truewheel.report.packings import packing_lines  # noqa: PLC0415  # for pack alone

    text = Text(overflow="fold")
    for number, line in enumerate(packing_lines(run, width=width)):
        text.append("\n" * bool(number))
        text.append(line.head, style="bold cyan")
        text.append(line.text, style=_STYLES[line.tone])
    return text


def verified(verification: Verification, *, verbose: bool = False) -> Panel:
    """What `verify` says of one wheel, as something that a rich console prints."""
    from truewheel.report.verification_rows import verification_rows  # noqa: PLC0415  # for verify alone
    from truewheel.report.verifications import RUNGS, named, shortened  # noqa: PLC0415  # the same
    from truewheel.verdict.sentence import verdict_of  # noqa: PLC0415  # the same

    words = RUNGS[verification.rung]
    said = Text(f"{words.sign} {printable(shortened(verdict_of(verification)))}", style=f"bold {_STYLES[words.tone]}")
    grid = _grid(verification_rows(verification, verbose=verbose))
    title, border = Text(printable(named(verification)), style="bold"), _STYLES[words.tone].rpartition(" ")[2]
    return Panel(Group(said, grid), title=title, title_align="left", border_style=border)


def verifications(results: Sequence[Verification]) -> RenderableType:
    """What `verify` says of many wheels, as something that a rich console prints."""
    from truewheel.report.verification_table import rate_lines  # noqa: PLC0415  # for verify alone
    from truewheel.report.verifications import RUNGS, named, remark, shortened  # noqa: PLC0415  # the same

    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    for heading in ("file", "verdict", "seconds", "cause"):
        alike = heading in {"verdict", "seconds"}
        table.add_column(heading, overflow="fold", no_wrap=alike, justify="right" if heading == "seconds" else "left")
    for one in results:
        words = RUNGS[one.rung]
        table.add_row(
            Text(printable(named(one))),
            Text(f"{words.sign} {one.rung.value}", style=_STYLES[words.tone]),
            f"{one.seconds:.1f}",
            Text(printable(shortened(remark(one))), style="dim"),
        )
    return Group(table, Text(""), Text("\n".join(rate_lines(results)), overflow="fold"))
