"""What `pack` tells: of one wheel in labelled rows, of several in a table, folded where it is too broad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from textwrap import wrap
from typing import Final, NamedTuple

from truewheel.errors import printable
from truewheel.findings import Finding, Severity, shortened
from truewheel.ops import Tags, Verdict
from truewheel.report.columns import labelled, table
from truewheel.report.rows import Row
from truewheel.report.shapes import PackedWheel, PackingRun, PublishedWheel

_MOST_LINES: Final = 8
_MOST_LICENCES: Final = 20
_NARROWEST: Final = 20
_MARGIN: Final = 13
"""How wide `labelled` makes what stands before a text."""

_STATES: Final = {"same": ("same", "good"), "different": ("different", "bad"), "absent": ("not published", "warn")}


_COPIES_FROM: Final = 1_000_000
_INDEX_TAKES: Final = 100_000_000
"""Bytes: of copies that are worth a word, and of a file that PyPI takes of projects that haven't asked for more."""


class Line(NamedTuple):
    """A line: what it is about, and what is said of that. ``tone`` is one of a `Row`."""

    head: str
    text: str = ""
    tone: str = ""


def notes(wheels: Sequence[PackedWheel], idle: Iterable[str]) -> Iterator[str]:
    """What is worth a word beside the result: `idle` settings, which mean no file, and why a wheel is large."""
    for setting in idle:
        yield f"{setting} means no file of {'the' if len(wheels) == 1 else 'any'} archive"
    for wheel in wheels:
        if wheel.copied >= _COPIES_FROM:
            links = f"{wheel.copies} link{'s' if wheel.copies != 1 else ''}"
            yield f"{wheel.label}: {links} became copies of files, {wheel.copied:,} bytes unpacked"
        if wheel.size > _INDEX_TAKES:
            yield f"{wheel.label}: PyPI takes no files over 100 MB unless a project asks for it"


def packing_lines(run: PackingRun, *, width: int | None = None) -> Iterator[Line]:
    """What came of all targets, in their order, then the sum of it; whole where there is no width to keep to."""
    wheels = run.targets
    if len(wheels) == 1:
        yield from _block(wheels[0], width)
    else:
        drawn = list(_table(wheels))
        broad = width is not None and max(len(line.head + line.text) for line in drawn) > width
        yield from _folded(wheels, width or 0) if broad else drawn
        yield from (line for wheel in wheels for line in _remarks(wheel))
    yield from _ending(wheels, run.extra)


def _block(wheel: PackedWheel, width: int | None) -> Iterator[Line]:
    """All that is known of one wheel."""
    yield Line(printable(wheel.label), f": {printable(_outcome(wheel))}", _tone(wheel.published))
    for row in packing_rows(wheel):
        for line in labelled([row], width=width):
            yield Line(line[:_MARGIN], line[_MARGIN:], row.tone)


def packing_rows(wheel: PackedWheel) -> Iterator[Row]:
    """The rows of one wheel, in reading order: the tag and why, what it is, what is in it, what it was made of."""
    yield Row("tag", ", ".join(wheel.tags.claimed))
    yield from (Row("" if index else "because", reason) for index, reason in enumerate(_reasons(wheel.tags)))
    yield Row("size", f"{wheel.size:,} bytes, {_counted(wheel.members, 'member')}")
    yield Row("sha256", wheel.sha256)
    if wheel.published:
        yield Row("published", _comparison(wheel.published), _tone(wheel.published))
        yield from [Row("", wheel.published.sha256, "bad")] if wheel.published.state == "different" else []
    for index, program in enumerate(wheel.programs):
        how = f"{program.path} itself" if program.script else program.path
        yield Row("" if index else "programs", f"{program.command}: {how}")
    if wheel.licences:
        paths = [path.rpartition(".dist-info/licenses/")[2] for path in wheel.licences]
        more = f" and {len(paths) - _MOST_LICENCES} more" if len(paths) > _MOST_LICENCES else ""
        yield Row("licences", ", ".join(paths[:_MOST_LICENCES]) + more)
    yield from _listed("graft", wheel.grafted)
    yield Row("from", wheel.source, "dim")
    if wheel.source_sha256:
        yield Row("its sha256", wheel.source_sha256, "dim")
    yield from _finding_rows(wheel.findings)


def _reasons(tags: Tags) -> tuple[str, ...]:
    """Why the tags are no lower. Families with the same reason, as a static program has, share it."""
    stricter = tags.computed and tags.verdict is Verdict.STRICTER
    asked = [f"asked for: {', '.join(tags.computed or ())} would do"] if stricter else []
    needs = (requirement.reason for requirement in tags.deciding)
    return tuple(dict.fromkeys(map(shortened, (*asked, *tags.reasons, *needs))))


def _outcome(wheel: PackedWheel) -> str:
    """What became of a target, in a few words."""
    if wheel.published:
        return f"{_state(wheel.published)[0]}: {_folder_and_name(wheel)[1]}"
    return f"{'written' if wheel.written else 'would be written'} to {wheel.path}"


def _comparison(published: PublishedWheel) -> str:
    words = {
        "same": f"the same bytes in {published.place}",
        "different": f"another file in {published.place}, with the sha256",
        "absent": f"no wheel of that name in {published.place}",
    }
    return words.get(published.state, published.state)


def _state(published: PublishedWheel) -> tuple[str, str]:
    return _STATES.get(published.state, (published.state, "warn"))


def _tone(published: PublishedWheel | None) -> str:
    return _state(published)[1] if published else ""


def _table(wheels: Sequence[PackedWheel]) -> Iterator[Line]:
    """A line a wheel, with the whole digest: people compare it."""
    compared = any(wheel.published for wheel in wheels)
    cells = [["target", *(["published"] if compared else []), "tags", "why", "size", "sha256"]]
    for wheel in wheels:
        state = [" ".join(_words(wheel.published))] if compared else []
        tags, why = ", ".join(wheel.tags.claimed), "; ".join(_reasons(wheel.tags))
        cells.append([wheel.label, *state, tags, why, f"{wheel.size:,}", wheel.sha256])
    heading, *lines = table(cells, right=(len(cells[0]) - 2,))
    yield Line(heading)
    yield from (Line("", line, _tone(wheel.published)) for line, wheel in zip(lines, wheels, strict=True))


def _folded(wheels: Sequence[PackedWheel], width: int) -> Iterator[Line]:
    """The same in a narrower table: a tag a line, what is published below the target, the digest below all."""
    first, room = _rooms(wheels, width)
    groups = [_stacked(wheel, first, room) for wheel in wheels]
    heading, *lines = table(
        [("target", "tags", "why", "size"), *(row for group in groups for row in group)], right=(3,)
    )
    yield Line(heading)
    drawn = iter(lines)
    for wheel, group in zip(wheels, groups, strict=True):
        yield from (Line("", line, _tone(wheel.published)) for line in islice(drawn, len(group)))
        yield Line("  sha256 ", wheel.sha256)


def _rooms(wheels: Sequence[PackedWheel], width: int) -> tuple[int, int]:
    """How broad the columns for targets and for reasons may be: whole targets, unless that leaves no room."""
    tags = max(len(tag) for wheel in wheels for tag in ("", *wheel.tags.claimed))
    sizes = max(len(f"{wheel.size:,}") for wheel in wheels)
    labels = max(len(word) for wheel in wheels for word in (printable(wheel.label), *_words(wheel.published)))
    both = width - tags - sizes - 3 * len("  ")
    first = min(labels, max(both - _NARROWEST, _NARROWEST))
    return first, max(both - first, _NARROWEST)


def _stacked(wheel: PackedWheel, first: int, room: int) -> list[tuple[str, ...]]:
    names = [*wrap(printable(wheel.label), first), *_words(wheel.published)]
    why = [line for reason in _reasons(wheel.tags) for line in wrap(printable(reason), room)]
    return list(zip_longest(names, wheel.tags.claimed, why, [f"{wheel.size:,}"], fillvalue=""))


def _words(published: PublishedWheel | None) -> tuple[str, ...]:
    return (_state(published)[0],) if published else ()


def _remarks(wheel: PackedWheel) -> Iterator[Line]:
    """What the table has no column for, and what must be said all the same."""
    for row in (*_listed("graft", wheel.grafted), *_finding_rows(wheel.findings)):
        yield Line(f"{printable(wheel.label)}: ", f"{row.label}: {printable(row.text)}", row.tone)


def _finding_rows(findings: Iterable[Finding]) -> Iterator[Row]:
    """The first of what is worse than a note, the worst before the rest."""
    told = sorted(
        (finding for finding in findings if finding.rule.severity > Severity.NOTE),
        key=lambda finding: (-finding.rule.severity, finding.key),
    )
    for finding in told[:_MOST_LINES]:
        tone = "bad" if finding.rule.severity is Severity.ERROR else "warn"
        place = f"{finding.member}: " if finding.member else ""
        yield Row(finding.rule.severity.label, f"{finding.rule.id} {place}{finding.message}", tone)
    if len(told) > _MOST_LINES:
        yield Row("more", f"{len(told) - _MOST_LINES:,} others, which `truewheel check` lists", "dim")


def _listed(label: str, names: Sequence[str]) -> Iterator[Row]:
    for name in names[:_MOST_LINES]:
        yield Row(label, name)
    if len(names) > _MOST_LINES:
        yield Row(label, f"and {len(names) - _MOST_LINES:,} more", "dim")


def _ending(wheels: Sequence[PackedWheel], extra: Sequence[str]) -> Iterator[Line]:
    """What it comes to, where there is more than one wheel to speak of, or something to compare with."""
    states = [wheel.published for wheel in wheels if wheel.published]
    if not states:
        yield from _written(wheels) if len(wheels) > 1 else ()
        return
    for name in extra:
        yield Line(printable(name), ": published, and no target makes it", "warn")
    counts = Counter(_state(published)[0] for published in states)
    known = [words for words, _ in _STATES.values() if words in counts]
    parts = [f"{counts[words]} {words}" for words in (*known, *sorted(counts.keys() - known))]
    parts += [f"{len(extra)} that no target makes"] if extra else []
    places = ", ".join(dict.fromkeys(published.place for published in states))
    alike = len(states) == sum(published.state == "same" for published in states) and not extra
    said = f"{_counted(len(states), 'wheel')} compared with {printable(places)}: {', '.join(parts)}"
    yield Line("", said, "good" if alike else "bad")


def _written(wheels: Sequence[PackedWheel]) -> Iterator[Line]:
    done = all(wheel.written for wheel in wheels)
    folders = ", ".join(dict.fromkeys(_folder_and_name(wheel)[0] or "." for wheel in wheels))
    total = sum(wheel.size for wheel in wheels)
    how = "written" if done else "would be written"
    yield Line("", f"{_counted(len(wheels), 'wheel')} {how} to {printable(folders)} ({total:,} bytes)")


def _folder_and_name(wheel: PackedWheel) -> tuple[str, str]:
    """The folder and the name of a path, be it one of Windows."""
    path = str(wheel.path)
    cut = max(path.rfind("/"), path.rfind("\\"))
    return path[: max(cut, 0)], path[cut + 1 :]


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
