"""Which files of a wheel may be executed: as the archive says, or where it can't say, as the files themselves do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from truewheel.archives import Item
from truewheel.binary import HEAD, identify
from truewheel.errors import TruewheelError

_SCRIPT: Final = b"#!"
_UNIX: Final = frozenset({"elf", "macho"})
"""Formats whose programs need the bit; Windows has none."""


def executables(
    items: Mapping[str, Item],
    *,
    modes: bool,
    is_program: Callable[[Item], bool],
    derive: bool | None = None,
    programs: Collection[str] = (),
) -> frozenset[str]:
    """The names among `items` of the files that may be executed.

    Those that have the bit, where `modes` says that the archive's bits mean something (see `Archive`). Elsewhere, or
    wherever `derive` is true, those that begin with ``#!``, and the ELF and Mach-O files that `is_program` takes for
    programs and not for libraries; with `derive` false the archive is believed in any case. `programs`, the names of
    files that somebody called programs, always may, whatever system they are for.

    Raises what `is_program` raises, with the name in the archive, and `TruewheelError` for what can't be read.
    """
    from_files = not modes if derive is None else derive

    def may(item: Item) -> bool:
        return _runs(item, is_program) if from_files else item.executable

    return frozenset(programs) | {name for name, item in items.items() if name not in programs and may(item)}


def _runs(item: Item, is_program: Callable[[Item], bool]) -> bool:
    """Whether a Unix system would start the file."""
    head = item.head(HEAD)
    if head.startswith(_SCRIPT):
        return True
    if identify(head) not in _UNIX:
        return False
    try:
        return is_program(item)
    except TruewheelError as error:
        raise error.within(member=item.name) from None
