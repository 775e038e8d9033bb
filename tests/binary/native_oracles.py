"""What others read in Mach-O and PE files, in the shape of our own answer: LIEF, macholib and pefile."""

from __future__ import annotations

import zipfile  # noqa: TID251 - the members are taken out with a reader that isn't ours
from collections.abc import Iterator
from pathlib import Path

import lief
import macholib.MachO
import pefile

from truewheel.binary.model import DllImport, MachO, Pe, Slice

Facts = dict[str, object]
_STAB, _PRIVATE, _TYPE, _EXTERNAL, _INDIRECT = 0xE0, 0x10, 0x0E, 0x01, (0x0, 0xC)
_REPRODUCIBLE, _CODE_VIEW = 16, 2
_DIRECTORIES = [0, 1, 6, 10, 13]  # exports, imports, debug, load configuration, delay imports


def members(wheel: Path, magics: tuple[bytes, ...]) -> Iterator[tuple[str, bytes]]:
    """The members of a wheel that begin with one of these."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if data.startswith(magics):
                yield name, data


def our_macho(macho: MachO) -> list[Facts]:
    return [_our_slice(part) for part in macho.slices]


def _our_slice(part: Slice) -> Facts:
    return {
        "cpu": part.cpu_type,
        "filetype": part.filetype,
        "offset": part.offset,
        "dylibs": [(d.name, d.current, d.compatibility) for d in part.dylibs],
        "id": part.install_name,
        "rpaths": list(part.rpaths),
        "minos": part.minos,
        "sdk": part.sdk,
        "signed": part.signature.kind.value != "none",
        "imports": sorted(part.symbols.imports),
        "exports": sorted(part.symbols.exports),
    }


def lief_macho(data: bytes) -> list[Facts]:
    binary = lief.MachO.parse(list(data))
    assert binary is not None
    return [_lief_slice(part) for part in binary]


def _lief_slice(part: lief.MachO.Binary) -> Facts:
    own = [command for command in part.commands if command.command.name == "ID_DYLIB"]
    libraries = [library for library in part.libraries if library.command.name != "ID_DYLIB"]
    facts: Facts = {"minos": None, "sdk": None}
    if part.build_version:
        facts = {"minos": tuple(part.build_version.minos), "sdk": tuple(part.build_version.sdk)}
    elif part.version_min:
        facts = {"minos": tuple(part.version_min.version), "sdk": tuple(part.version_min.sdk)}
    table = [symbol for symbol in part.symbols if symbol.origin.name == "SYMTAB" and not symbol.raw_type & _STAB]
    public = [symbol for symbol in table if symbol.raw_type & _EXTERNAL]
    return facts | {
        "cpu": int(part.header.cpu_type.value),
        "filetype": int(part.header.file_type.value),
        "offset": part.fat_offset,
        "dylibs": [(x.name, tuple(x.current_version), tuple(x.compatibility_version)) for x in libraries],
        "id": own[0].name if own and isinstance(own[0], lief.MachO.DylibCommand) else None,
        "rpaths": [rpath.path for rpath in part.rpaths],
        "signed": part.has_code_signature,
        "imports": sorted(str(x.name) for x in public if x.raw_type & _TYPE in _INDIRECT),
        "exports": sorted(
            str(x.name) for x in public if x.raw_type & _TYPE not in _INDIRECT and not x.raw_type & _PRIVATE
        ),
    }


def macholib_rooms(path: Path) -> list[tuple[int, int, int]]:
    """Of each slice its offset, its size, and the room between the load commands and what comes first."""
    return [
        (
            header.offset,
            header.size,
            header.low_offset - header.header.sizeofcmds - (32 if header.MH_MAGIC in (0xFEEDFACF, 0xCFFAEDFE) else 28),
        )
        for header in macholib.MachO.MachO(str(path)).headers
    ]


def our_pe(pe: Pe) -> Facts:
    return {
        "header": (
            *(pe.machine, pe.timestamp, pe.characteristics, pe.dll_characteristics, pe.subsystem, pe.image_base),
            *(pe.os_version, pe.subsystem_version, pe.linker_version, pe.checksum),
        ),
        "imports": _plain(pe.imports, delayed=False),
        "delayed": _plain(pe.imports, delayed=True),
        "exports": list(pe.exports),
        "forwards": sorted(pe.forwards),
        "pdb": pe.pdb_path,
        "reproducible": pe.reproducible,
        "load_flags": pe.dependent_load_flags,
        "certificate": pe.certificate,
        "beyond": (pe.overlay or pe.certificate or (None,))[0],
    }


def _plain(imports: tuple[DllImport, ...], *, delayed: bool) -> list[tuple[str, list[str]]]:
    return [(dll.name, list(dll.symbols)) for dll in imports if dll.delayed is delayed]


def pefile_pe(data: bytes) -> Facts:
    image = pefile.PE(data=data, fast_load=True)
    image.parse_data_directories(_DIRECTORIES)
    coff, optional = image.FILE_HEADER, image.OPTIONAL_HEADER
    exported = image.DIRECTORY_ENTRY_EXPORT.symbols if hasattr(image, "DIRECTORY_ENTRY_EXPORT") else []
    debug = getattr(image, "DIRECTORY_ENTRY_DEBUG", [])
    paths = [
        row.entry.PdbFileName.rstrip(b"\0").decode() for row in debug if row.struct.Type == _CODE_VIEW and row.entry
    ]
    config = getattr(image, "DIRECTORY_ENTRY_LOAD_CONFIG", None)
    certificate = optional.DATA_DIRECTORY[4] if len(optional.DATA_DIRECTORY) > 4 else None
    return {
        "header": (
            *(coff.Machine, coff.TimeDateStamp, coff.Characteristics, optional.DllCharacteristics, optional.Subsystem),
            optional.ImageBase,
            (optional.MajorOperatingSystemVersion, optional.MinorOperatingSystemVersion),
            (optional.MajorSubsystemVersion, optional.MinorSubsystemVersion),
            (optional.MajorLinkerVersion, optional.MinorLinkerVersion),
            optional.CheckSum,
        ),
        "imports": _pefile_imports(getattr(image, "DIRECTORY_ENTRY_IMPORT", [])),
        "delayed": _pefile_imports(getattr(image, "DIRECTORY_ENTRY_DELAY_IMPORT", [])),
        "exports": [row.name.decode() for row in exported if row.name],
        "forwards": sorted(
            (row.name.decode() if row.name else f"#{row.ordinal}", row.forwarder.decode())
            for row in exported
            if row.forwarder
        ),
        "pdb": paths[0] if paths else None,
        "reproducible": any(row.struct.Type == _REPRODUCIBLE for row in debug),
        "load_flags": config.struct.DependentLoadFlags if config else 0,
        "certificate": (certificate.VirtualAddress, certificate.Size) if certificate and certificate.Size else None,
        "beyond": image.get_overlay_data_start_offset(),
    }


def _pefile_imports(rows: list[pefile.ImportDescData]) -> list[tuple[str, list[str]]]:
    return [
        (row.dll.decode(), [f"#{x.ordinal}" if x.import_by_ordinal else x.name.decode() for x in row.imports])
        for row in rows
    ]
