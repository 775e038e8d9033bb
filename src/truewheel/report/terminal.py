"""The same rows for a terminal, drawn with rich: a panel a wheel, the reason beside the tag."""

from __future__ import annotations

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from truewheel.errors import printable
from truewheel.ops import Audit, Verdict
from truewheel.report.rows import rows

_STYLES = {"good": "green", "bad": "bold red", "warn": "yellow", "dim": "dim", "": ""}
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
