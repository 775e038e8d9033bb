"""The canonical wheel: one sequence of bytes per meaning, reached by idempotent steps from wheel to wheel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeAlias

from truewheel.errors import WheelError
from truewheel.wheel import metadata, record
from truewheel.wheel.model import Bytes, Content, Entry, Wheel
from truewheel.wheel.record import RecordRow, RecordText

Normalizer: TypeAlias = Callable[[Wheel], Wheel]
"""Takes one kind of arbitrariness out of a wheel, once and for all: applied twice, it does as applied once.

It returns the very wheel that it got where there is nothing to do, and keeps RECORD true to what it changes.
"""


def without_directories(wheel: Wheel) -> Wheel:
    """No entries for folders: files imply them."""
    return replace(wheel, directories=()) if wheel.directories else wheel


def plain_modes(wheel: Wheel) -> Wheel:
    """No executable files in ``.dist-info``, where some builders set the bit on everything."""
    inside = wheel.info_path("")
    return _with_modes(wheel, lambda entry: entry.executable and not entry.name.startswith(inside))


def whole_tags(wheel: Wheel) -> Wheel:
    """Every full tag on a line of its own in WHEEL, sorted. WHEEL's own tags, whatever the file name says."""
    said, entry = metadata.read_wheel_file(wheel), wheel.info("WHEEL")
    before = entry.read()
    # The bytes are compared, not the values: a single tag may stand folded over two lines.
    data = metadata.with_tags(before, said.expanded_tags)
    if data == before:
        return wheel
    return record.amended(wheel, Entry(entry.name, entry.executable, Bytes(data)))


def ordered(wheel: Wheel) -> Wheel:
    """Three groups, each sorted by the bytes of the names: everything else, ``.dist-info``, RECORD.

    Python compares strings by code points, which is the order of their bytes in UTF-8.
    """
    inside, last = wheel.info_path(""), wheel.info_path("RECORD")
    entries = tuple(sorted(wheel.entries, key=lambda e: (e.name == last, e.name.startswith(inside), e.name)))
    return wheel if all(map(_same, entries, wheel.entries)) else replace(wheel, entries=entries)


def regular_record(wheel: Wheel) -> Wheel:
    """RECORD in archive order, LF, sha256 and size in every row, its own row last and bare.

    Rows are carried over, so a hash that is wrong stays wrong and is found when contents are checked: by
    `record.verify`, or on the way by `writer.write`. Raises `WheelError` for members without a row, rows without a
    member, sizes that are wrong, and hashes that are missing or weak.
    """
    rows = record.rows_of(wheel)
    record.demand(record.check_names(wheel, rows))
    own = wheel.info("RECORD")
    regular = [_regular(entry, rows[entry.name]) for entry in wheel.entries if entry.name in rows]
    text = RecordText([*regular, RecordRow(own.name, "", "", None)])
    return wheel if _same_text(own.content, text) else wheel.replaced(Entry(own.name, own.executable, text))


CANONICAL: Final[tuple[Normalizer, ...]] = (without_directories, plain_modes, whole_tags, ordered, regular_record)
"""The steps to the canonical form, in the order in which they are taken."""


def canonicalize(wheel: Wheel, *, drop_signatures: bool = False, also: Iterable[Normalizer] = ()) -> Wheel:
    """The wheel in canonical form. `also` are steps that were asked for, taken first.

    Hashes of contents are not checked here but by whoever writes the result. Raises `WheelError` where RECORD or WHEEL
    is wrong, or where a signature would become invalid and `drop_signatures` doesn't allow for it.
    """
    result = wheel
    for normalize in (*also, *CANONICAL):
        result = normalize(result)
    return settle_signatures(wheel, result, drop=drop_signatures)


def settle_signatures(before: Wheel, after: Wheel, *, drop: bool) -> Wheel:
    """`after`, without the signatures of RECORD if it changed. Raises `WheelError` where they may not be dropped."""
    signatures = [name for name in record.signatures(after) if name in after.by_name]
    if not signatures or before.info("RECORD") == after.info("RECORD"):
        return after
    if not drop:
        raise WheelError(
            f"RECORD would change, which makes {' and '.join(signatures)} invalid",
            hint="--drop-signatures leaves the signatures out; no installer checks them",
        )
    return after.replaced(without=signatures)


def executables_derived(is_program: Callable[[Entry], bool]) -> Normalizer:
    """A step that derives the executable bit from the files, for wheels made on Windows, which has no such bit.

    Executable are members of ``.data/scripts``, those that begin with ``#!``, and those that `is_program` recognizes.
    """

    def derive(wheel: Wheel) -> Wheel:
        inside = wheel.info_path("")
        scripts = inside.removesuffix(".dist-info/") + ".data/scripts/"

        def runs(entry: Entry) -> bool:
            if entry.name.startswith(inside):
                return False
            return entry.name.startswith(scripts) or entry.head(2) == b"#!" or is_program(entry)

        return _with_modes(wheel, runs)

    return derive


def _with_modes(wheel: Wheel, executable: Callable[[Entry], bool]) -> Wheel:
    """The wheel with every executable bit as the function says."""
    wrong = [replace(e, executable=not e.executable) for e in wheel.entries if executable(e) != e.executable]
    return wheel.replaced(*wrong) if wrong else wheel


def _regular(entry: Entry, row: RecordRow) -> RecordRow:
    """The row with sha256 and size; a stronger hash is checked before it is exchanged."""
    if row.hash_name != record.HASH:
        data = entry.read()
        record.demand(filter(None, [record.check_content(entry, row, data)]))
        return record.row_for(entry.name, data)
    return row if row.size is not None else row._replace(size=entry.size)


def _same_text(content: Content, text: RecordText) -> bool:
    return content.rows == text.rows if isinstance(content, RecordText) else content.read() == text.data


def _same(one: Entry, other: Entry) -> bool:
    return one is other
