"""Which comparer is asked about which contents: one table, in the order in which they are asked.

To add a format, write a `Comparer` in a module of its own and give it a row here.
"""

from __future__ import annotations

from typing import Final

from truewheel.binary import HEAD, identify
from truewheel.compare.context import Comparer, Pair
from truewheel.compare.headers import compare_headers
from truewheel.compare.members import Way, compare_members
from truewheel.compare.model import Difference, Tree
from truewheel.compare.nested import declared_size, is_archive, tree_of
from truewheel.compare.raw import compare_bytes
from truewheel.compare.record import compare_signatures
from truewheel.compare.storage import recompressed
from truewheel.compare.structure import compare_json
from truewheel.compare.text import compare_text
from truewheel.errors import TruewheelError

_LIBRARY: Final = b"!<arch>\n"
_BYTECODE: Final = b"\r\n"
_DEEPEST: Final = 4
"""Archives in archives that are opened."""
_ROOM: Final = 256 << 20
"""Bytes that archives inside of members may unpack to, all together."""


def _compare_native(pair: Pair) -> tuple[Difference, ...]:
    """`compare_native`, which is loaded only for what looks like a native file or a static library."""
    if not all(data.startswith(_LIBRARY) or identify(data[:HEAD]) for data in (pair.left, pair.right)):
        return ()
    from truewheel.compare.native import compare_native  # noqa: PLC0415  # loading takes longer than most comparisons

    return compare_native(pair)


def _compare_pyc(pair: Pair) -> tuple[Difference, ...]:
    """`compare_pyc`, which is loaded only for what begins as bytecode does: a number, and a carriage return."""
    if not all(data[2:4] == _BYTECODE for data in (pair.left, pair.right)):
        return ()
    from truewheel.compare.pyc import compare_pyc  # noqa: PLC0415  # as above

    return compare_pyc(pair)


class Contents:
    """Compares the contents of members, with all formats that are known; one for each comparison of two trees.

    It counts what nested archives unpack to, so that no file, however made, takes the machine down.
    """

    def __init__(self) -> None:
        self._room = _ROOM
        self._table: tuple[Comparer, ...] = (
            compare_signatures,
            compare_headers,
            _compare_native,
            _compare_pyc,
            self._compare_archives,
            compare_json,
            compare_text,
            compare_bytes,
        )

    def __call__(self, pair: Pair) -> tuple[Difference, ...]:
        """What the first comparer says that has something to say."""
        return next((found for comparer in self._table if (found := comparer(pair))), ())

    def _compare_archives(self, pair: Pair) -> tuple[Difference, ...]:
        """Two archives that lie in a member, as two trees of their own."""
        if pair.depth >= _DEEPEST:
            return ()
        left, right = self._opened(pair.name, pair.left), self._opened(pair.name, pair.right)
        if left is None or right is None:
            return ()
        try:
            found = compare_members(left, right, Way(self, f"{pair.name}!/", pair.depth + 1)).differences
        except TruewheelError:  # a damaged member: the bytes say what there is to say
            return ()
        return found or recompressed(left, right)

    def _opened(self, name: str, data: bytes) -> Tree | None:
        tree = tree_of(name, data, self._room)
        if tree is not None:
            self._room = max(0, self._room - declared_size(tree))
        elif is_archive(data):
            self._room //= 2  # it is damaged or too large, and may have been unpacked up to all that there is room for
        return tree
