"""What `build` tells of a project, as labelled rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from truewheel.report.rows import Row
from truewheel.report.shapes import Apart, BuiltProject, Moment, SecondBuild

_MOST_TOOLS = 12
_MEANS = {
    "bubblewrap": "bubblewrap",
    "namespaces": "namespaces of the kernel",
    "none": "nothing but a clean environment",
}


def build_rows(result: BuiltProject) -> Iterator[Row]:
    """The rows of one project, in reading order: what came out, then under which circumstances."""
    for made in result.artefacts:
        yield Row(made.kind, str(made.path), "good")
        yield Row("", f"sha256 {made.sha256} ({made.size:,} bytes)", "dim")
    yield Row("time", _moment(result.epoch))
    yield Row("python", result.python)
    for index, tool in enumerate(result.tools[:_MOST_TOOLS]):
        yield Row("" if index else "tools", f"{tool.name}: {tool.version}")
    yield from _isolation_rows(result.isolation)
    count = len(result.requirements)
    yield Row("lock", f"{count} build requirement{'s' if count != 1 else ''} in {result.lock}")
    yield Row("statement", str(result.provenance))
    yield Row("log", str(result.log))
    if result.twin is not None:
        yield from _twin_rows(result.twin)


def _moment(epoch: Moment) -> str:
    try:
        date = datetime.fromtimestamp(epoch.seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):  # beyond what a date can say
        date = "a time"
    return f"{date} (SOURCE_DATE_EPOCH={epoch.seconds}), {epoch.origin}"


def _isolation_rows(isolation: Apart) -> Iterator[Row]:
    """What was in force, and what wasn't and why."""
    facts = (
        ("sources at a fixed path", "sources at a path of their own", isolation.fixed_path),
        ("no network", "the network within reach", isolation.network_cut),
        ("the system read-only", "the system writable", isolation.read_only),
        ("your home folder hidden", "your home folder readable", isolation.home_hidden),
    )
    held = ", ".join(yes for yes, _, on in facts if on)
    yield Row("apart by", _MEANS.get(isolation.kind, isolation.kind) + (f": {held}" if held else ""))
    lacking = [no for _, no, on in facts if not on]
    if lacking:
        yield Row("", f"not in force: {', '.join(lacking)}", "warn")
    yield from (Row("", note, "dim") for note in isolation.notes)


def _twin_rows(twin: SecondBuild) -> Iterator[Row]:
    """What the second build had otherwise, what not, and whether it shows."""
    for index, one in enumerate(item for item in twin.varied if not item.obstacle):
        yield Row("" if index else "varied", f"{one.name}: {one.first} / {one.second}")
    for index, one in enumerate(item for item in twin.varied if item.obstacle):
        yield Row("" if index else "not varied", f"{one.name}: {one.obstacle}", "warn")
    for index, comparison in enumerate(twin.comparisons):
        same = comparison.identical
        said = "the same bytes again" if same else "the second build gave another file"
        yield Row("" if index else "twice", f"{comparison.left.name}: {said}", "good" if same else "bad")
