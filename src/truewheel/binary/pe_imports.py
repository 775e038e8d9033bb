"""What a PE file takes from DLLs and what it offers: import, delay-import and export directories.

Source: the PE/COFF specification (Microsoft), "The .idata Section", "Delay-Load Import Tables", "The .edata
Section"; ``ImgDelayDescr`` of ``delayimp.h`` for the older descriptors that hold addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from truewheel.binary.model import DllImport
from truewheel.binary.pe_header import Directory
from truewheel.binary.pe_map import PeMap

_DESCRIPTOR = Struct("<5I")  # lookup table, time stamp, forwarder chain, name, address table
_DELAY = Struct("<8I")  # attributes, name, module, address table, name table, bound, unload, time stamp
_DELAY_BY_RVA = 1
_EXPORTS = Struct("<12x7I")  # name, ordinal base, functions, names; function table, name table, ordinal table
_STEP = 2048
_MOST_DLLS = 4096
_MOST_SYMBOLS = 0x10000  # of one DLL: ordinals have 16 bits


class Exports(NamedTuple):
    """The export directory: the DLL's own name, the exported names and the forwarded ones."""

    name: str | None = None
    names: tuple[str, ...] = ()
    forwards: tuple[tuple[str, str], ...] = ()


class Row(NamedTuple):
    """A row of one of the two tables of imported DLLs: where it is in the file, and its numbers.

    ``shift`` is what the numbers hold beyond addresses relative to the image: they are whole addresses in older
    tables of delayed imports.
    """

    at: int
    fields: tuple[int, ...]
    shift: int = 0


def import_rows(image: PeMap, directory: Directory) -> Iterator[Row]:
    """The import table: lookup table, time stamp, forwarder chain, name, address table."""
    return _rows(image, directory, _DESCRIPTOR, (3, 4), "the import table")


def delay_rows(image: PeMap, directory: Directory, base: int) -> Iterator[Row]:
    """The delay-import table: attributes, name, module, address table, name table, bound, unload, time stamp."""
    for row in _rows(image, directory, _DELAY, (1,), "the delay-import table"):
        yield row if row.fields[0] & _DELAY_BY_RVA else row._replace(shift=base)


def read_imports(image: PeMap, directory: Directory, bits: int) -> Iterator[DllImport]:
    """The DLLs that are loaded with the file, in table order. Raises `BinaryError` for a table that doesn't end."""
    for _, (lookup, _, _, name, addresses), _ in import_rows(image, directory):
        # Borland's linker writes no lookup table; the address table holds the same until it is bound.
        yield _dll(image, name, lookup or addresses, bits, 0, delayed=False)


def read_delayed(image: PeMap, directory: Directory, bits: int, base: int) -> Iterator[DllImport]:
    """The DLLs that are loaded at their first use. `base` is where the image prefers to be loaded."""
    for _, (_, name, _, _, names, *_), shift in delay_rows(image, directory, base):
        yield _dll(image, name - shift, names - shift, bits, shift, delayed=True)


def _rows(image: PeMap, directory: Directory, layout: Struct, keys: tuple[int, ...], what: str) -> Iterator[Row]:
    """The rows of a table that ends with one in which a key is 0, as it does for the loader.

    That is the name, and in the import table the address table too: without one nothing can be imported.
    """
    if not directory.address:
        return
    table = image.part(directory.address, None, what)
    for number in range(_MOST_DLLS):
        fields = table.unpack(layout, number * layout.size, what)
        if not all(fields[key] for key in keys):
            return
        yield Row(table.start + number * layout.size, fields)
    raise table.error(f"{what} has no end within {_MOST_DLLS} rows", 0)


def _dll(image: PeMap, name: int, table: int, bits: int, shift: int, *, delayed: bool) -> DllImport:
    dll = image.path(name, "the name of an imported DLL")
    return DllImport(dll, tuple(_symbols(image, table, bits, shift, dll)), delayed)


def _symbols(image: PeMap, table: int, bits: int, shift: int, dll: str) -> Iterator[str]:
    """Names and ordinals of one DLL, up to the 0 that ends them."""
    what = f"the imports from {dll}"
    by_ordinal = 1 << (bits - 1)
    for thunk in _thunks(image, table, bits, what):
        if thunk & by_ordinal:
            yield f"#{thunk & 0xFFFF}"
        else:
            yield image.name(thunk - shift + 2, what)  # behind the hint


def _thunks(image: PeMap, table: int, bits: int, what: str) -> Iterator[int]:
    """The entries of a lookup table, read some at a time."""
    entry = Struct("<Q" if bits == 64 else "<I")
    rest = image.part(table, None, what)
    for start in range(0, _MOST_SYMBOLS * entry.size, _STEP):
        piece = rest.take(start, max(0, min(_STEP, rest.size - start)) // entry.size * entry.size, what)
        values = [value for (value,) in entry.iter_unpack(piece)]
        used = values.index(0) if 0 in values else len(values)
        image.spend(used * entry.size, table + start, what)
        yield from values[:used]
        if used < len(values):
            return
        if len(piece) < _STEP:
            break
    raise rest.error(f"the table of {what} has no end", 0)


def read_exports(image: PeMap, directory: Directory) -> Exports:
    """What the file exports. A forward without a name goes by its ordinal, as ``#12``.

    An address inside the export directory is no function but the name of one elsewhere, ``DLL.symbol``.
    """
    if not directory.address:
        return Exports()
    table = image.part(directory.address, None, "the export table")
    name, base, functions, names, at_functions, at_names, at_ordinals = table.unpack(_EXPORTS, 0, "the export table")
    if max(functions, names) > _MOST_SYMBOLS:
        raise table.error(f"{max(functions, names)} exports are more than ordinals can tell apart", 0)
    exported = [image.name(at, "an exported name") for at in image.numbers(at_names, names, "I", "the export names")]
    indexes = image.numbers(at_ordinals, names, "H", "the export ordinals")
    called: dict[int, list[str]] = {}
    for index, symbol in zip(indexes, exported, strict=True):
        called.setdefault(index, []).append(symbol)
    end = directory.address + directory.size
    forwards = (
        (symbol, image.name(target, "a forwarded export"))
        for index, target in enumerate(image.numbers(at_functions, functions, "I", "the export addresses"))
        if directory.address <= target < end
        for symbol in called.get(index, [f"#{base + index}"])
    )
    own = image.path(name, "the name in the export table") if name else None
    return Exports(own, tuple(exported), tuple(forwards))
