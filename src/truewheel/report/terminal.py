"""The same rows for a terminal, drawn with rich: a panel a wheel, the reason beside the tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from truewheel.errors import printable
from truewheel.ops import Audit, Verdict
from truewheel.report.rows import rows

if TYPE_CHECKING:
    from truewheel.compare.model import Comparison

_STYLES = {"good": "green", "bad": "bold red", "warn": "yellow", "dim": "dim", "left": "red", "right": "cyan", "": ""}
_BORDERS = {Verdict.EXACT: "green", Verdict.STRICTER: "yellow", Verdict.UNKNOWN: "yellow"}


def shown(audit: Audit) -> Panel:
    """What `show` says of one wheel, as something that a rich console prints."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows(audit):
        table.add_row(Text(row.label), Text(printable(row.text), style=_STYLES[row.tone]))
    title = Text(printable(audit.file.replace("\\", "/").rpartition("/")[2]), style="bold")
    return Panel(table, title=title, title_align="left", border_style=_BORDERS.get(audit.tags.verdict, "red"))


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
