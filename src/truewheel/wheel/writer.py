"""Writes a wheel, member after member in its order, so that the same wheel always gives the same bytes."""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from truewheel.errors import WheelError
from truewheel.wheel import record
from truewheel.wheel.batches import batches
from truewheel.wheel.layout import Layout
from truewheel.wheel.model import Data, Entry, Stored, Wheel
from truewheel.wheel.profiles import Profile
from truewheel.wheel.record import RecordRow

if TYPE_CHECKING:
    from concurrent.futures import Future

_WINDOW: Final = 64 << 20
"""How many bytes of members may be in work at a time, unless a single member is larger."""

_JOINED: Final = 1 << 18
"""Pieces are joined up to this size before they go to the sink; larger ones go as they are."""


class Sink(Protocol):
    """Where the bytes go: a buffered file, or anything else whose ``write`` takes all that it is given."""

    def write(self, data: bytes | bytearray | memoryview, /) -> object:
        """Take the bytes. They don't change, nor are they kept, after the call."""


class Written(NamedTuple):
    """What came out: the size of the archive in bytes, its sha256 in hex, the number of members.

    ``sha256`` is None where it was not asked for.
    """

    size: int
    sha256: str | None
    members: int


class _Packed(NamedTuple):
    """A member ready to be written."""

    entry: Entry
    method: int
    crc: int
    size: int
    data: Data | memoryview


_Pack = Callable[[Entry], _Packed]


def write(
    wheel: Wheel,
    sink: Sink,
    *,
    profile: Profile = Profile.LD1,
    timestamp: int | None = None,
    workers: int = 1,
    verify: bool = True,
    hashed: bool = True,
) -> Written:
    """Write the members of `wheel` to `sink` in their order, and nothing that depends on anything else.

    ``timestamp`` is the time of every member: seconds since 1970, None for 1980-01-01 (see `stamp`). ``workers``
    threads compress ahead; the result doesn't depend on their number. With ``verify`` every member is checked against
    its CRC and its row in the wheel's RECORD on the way. Without it, ``Profile.KEEP`` copies compressed bytes unseen,
    and the other profiles check CRCs only. ``hashed`` computes the sha256 of the archive.

    Memory: the window of members in work, or the largest member, twice.
    Raises `WheelError` where a member or RECORD is wrong, and `EncoderError` where the profile can't be had; the sink
    has then got a part of an archive that nobody should see.
    """
    if len(wheel.by_name) != len(wheel.entries):
        raise WheelError("two members of the wheel have the same name")
    rows = _rows(wheel) if verify else {}
    pack = functools.partial(_keep if profile is Profile.KEEP else _recompress, profile.encode, rows)
    layout, output = Layout(timestamp), _Output(sink, hashed=hashed)
    for entry, method, crc, size, data in _packed(wheel.entries, pack, workers):
        output.put(layout.member(entry, method=method, crc=crc, compressed_size=len(data), size=size))
        output.put(data)
    output.put(layout.end())
    return Written(layout.offset, output.close(), len(wheel.entries))


def _rows(wheel: Wheel) -> dict[str, RecordRow]:
    """RECORD's rows, of which there is exactly one for every member."""
    rows = record.rows_of(wheel)
    record.demand(record.check_names(wheel, rows))
    return rows


def _recompress(encode: Callable[[Data], tuple[int, Data]], rows: dict[str, RecordRow], entry: Entry) -> _Packed:
    """A member compressed anew."""
    data = entry.read()
    _check(entry, rows, data)
    method, packed = encode(data)
    stored = _origin(entry)
    # What comes out of an archive was just found to have the CRC that its header says.
    return _Packed(entry, method, zlib.crc32(data) if stored is None else stored.crc, len(data), packed)


def _keep(encode: Callable[[Data], tuple[int, Data]], rows: dict[str, RecordRow], entry: Entry) -> _Packed:
    """A member as it is stored; compressed if it is new."""
    stored = _origin(entry)
    if stored is None:
        return _recompress(encode, rows, entry)
    if rows:
        _check(entry, rows, entry.read())
    return _Packed(entry, stored.method, stored.crc, entry.size, stored.raw)


def _origin(entry: Entry) -> Stored | None:
    """How the archive stored these very bytes; None for new ones, whatever lay there under the name."""
    content: object = entry.content
    return entry.stored if content is entry.stored else None


def _check(entry: Entry, rows: dict[str, RecordRow], data: Data) -> None:
    """Hold a member against its row, if it has one."""
    row = rows.get(entry.name)
    if row is not None and (finding := record.check_content(entry, row, data)):
        record.demand([finding])


def _packed(entries: Iterable[Entry], pack: _Pack, workers: int) -> Iterator[_Packed]:
    """The members packed, in their order, by as many threads."""
    return map(pack, entries) if workers <= 1 else _packed_ahead(entries, pack, workers)


def _packed_ahead(entries: Iterable[Entry], pack: _Pack, workers: int) -> Iterator[_Packed]:
    """The same by threads, which work ahead as far as the window goes."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - a sixth of the start-up, for threads only

    def pack_all(batch: tuple[Entry, ...]) -> list[_Packed]:
        return [pack(entry) for entry in batch]

    ahead: deque[tuple[int, Future[list[_Packed]]]] = deque()
    in_work = 0
    with ThreadPoolExecutor(workers) as pool:
        try:
            for batch in batches(entries):
                size = sum(entry.size for entry in batch)
                while ahead and in_work + size > _WINDOW:
                    done, future = ahead.popleft()
                    yield from future.result()
                    in_work -= done
                ahead.append((size, pool.submit(pack_all, batch)))
                in_work += size
            while ahead:
                yield from ahead.popleft()[1].result()
        finally:
            for _, future in ahead:
                future.cancel()


class _Output:
    """Joins small pieces, and hashes what goes out."""

    def __init__(self, sink: Sink, *, hashed: bool) -> None:
        self._sink = sink
        self._digest = hashlib.sha256() if hashed else None
        self._pieces: list[Data | memoryview] = []
        self._waiting = 0

    def put(self, piece: Data | memoryview) -> None:
        """Write a piece, now or later; it must not change any more."""
        size = len(piece)
        if size < _JOINED:
            self._pieces.append(piece)
            self._waiting += size
            if self._waiting >= _JOINED:
                self._flush()
        else:
            self._flush()
            self._write(piece)

    def close(self) -> str | None:
        """Write what waits; the sha256 of all, in hex, if asked for."""
        self._flush()
        return self._digest.hexdigest() if self._digest else None

    def _flush(self) -> None:
        if self._pieces:
            self._write(b"".join(self._pieces))
            self._pieces, self._waiting = [], 0

    def _write(self, data: Data | memoryview) -> None:
        self._sink.write(data)
        if self._digest:
            self._digest.update(data)
