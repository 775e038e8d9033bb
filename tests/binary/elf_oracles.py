"""What others read in an ELF file, in the shape of our own answer: pyelftools and LIEF."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import lief
from elftools.elf.dynamic import DynamicSection, DynamicTag
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_E_MACHINE, ENUM_E_TYPE, ENUM_EI_OSABI, ENUM_ST_INFO_BIND, ENUM_ST_INFO_TYPE
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection, GNUVerSymSection
from elftools.elf.relocation import RelocationTable
from elftools.elf.sections import SymbolTableSection
from elftools.elf.segments import InterpSegment, NoteSegment

from truewheel.binary.model import Elf, ElfSymbol

Facts = dict[str, object]
Row = tuple[str, str, str, str, int]
_BINDINGS = {0: "local", 1: "global", 2: "weak", 10: "unique"}
_NAMED = ("DT_NEEDED", "DT_SONAME", "DT_RPATH", "DT_RUNPATH")
_ISA_NEEDED, _ISA_USED = "GNU_PROPERTY_X86_ISA_1_NEEDED", "GNU_PROPERTY_X86_ISA_1_USED"


def ours(elf: Elf) -> Facts:
    """Our own reading, in plain values."""
    return {
        "bits": elf.bits,
        "little_endian": elf.little_endian,
        "machine": elf.machine,
        "type": elf.type,
        "flags": elf.flags,
        "osabi": elf.osabi,
        "interpreter": elf.interpreter,
        "dynamic": elf.dynamic,
        "soname": elf.soname,
        "needed": elf.needed,
        "rpath": elf.rpath,
        "runpath": elf.runpath,
        "version_needs": [tuple(need) for need in elf.version_needs],
        "version_definitions": list(elf.version_definitions),
        "imports": [_row(symbol) for symbol in elf.symbols.imports],
        "exports": [_row(symbol) for symbol in elf.symbols.exports],
        "relocations": set(elf.relocations),
        "relr": elf.relr,
        "text_relocations": elf.text_relocations,
        "static_tls": elf.static_tls,
        "pie": elf.pie,
        "has_tls": elf.has_tls,
        "exec_stack": elf.exec_stack,
        "build_id": elf.build_id,
        "android_api": elf.android_api,
        "isa_needed": elf.isa_needed,
        "isa_used": elf.isa_used,
        "load_alignment": elf.load_alignment,
    }


def _row(symbol: ElfSymbol) -> Row:
    return (symbol.name, symbol.version, symbol.library, symbol.binding.value, symbol.kind)


def by_pyelftools(data: bytes) -> Facts:
    """What pyelftools reads, mostly through the section headers."""
    file = ELFFile(BytesIO(data))
    facts: Facts = {
        "bits": file.elfclass,
        "little_endian": file.little_endian,
        "machine": ENUM_E_MACHINE.get(file["e_machine"], file["e_machine"]),
        "type": ENUM_E_TYPE.get(file["e_type"], file["e_type"]),
        "flags": file["e_flags"],
        "osabi": ENUM_EI_OSABI.get(file["e_ident"]["EI_OSABI"], file["e_ident"]["EI_OSABI"]),
    }
    return facts | _segments(file) | _dynamic(file) | _notes(file) | _symbols(file)


def _segments(file: ELFFile) -> Facts:
    segments = list(file.iter_segments())
    stacks = [segment for segment in segments if segment["p_type"] == "PT_GNU_STACK"]
    interpreters = [segment.get_interp_name() for segment in segments if isinstance(segment, InterpSegment)]
    loads = [segment["p_align"] for segment in segments if segment["p_type"] == "PT_LOAD"]
    return {
        "interpreter": interpreters[0] if interpreters else None,
        "dynamic": any(segment["p_type"] == "PT_DYNAMIC" for segment in segments),
        "has_tls": any(segment["p_type"] == "PT_TLS" for segment in segments),
        "exec_stack": bool(stacks[0]["p_flags"] & 1) if stacks else None,
        "load_alignment": max(loads, default=0),
    }


def _dynamic(file: ELFFile) -> Facts:
    sections = [section for section in file.iter_sections() if isinstance(section, DynamicSection)]
    tags = [tag for section in sections for tag in section.iter_tags()]
    text = {name: [_text(tag, name[3:].lower()) for tag in tags if tag.entry.d_tag == name] for name in _NAMED}
    values = {tag.entry.d_tag: tag.entry.d_val for tag in tags}
    flags = values.get("DT_FLAGS", 0)
    return {
        "soname": next(iter(text["DT_SONAME"]), None),
        "needed": tuple(text["DT_NEEDED"]),
        "rpath": tuple(text["DT_RPATH"][0].split(":")) if text["DT_RPATH"] else None,
        "runpath": tuple(text["DT_RUNPATH"][0].split(":")) if text["DT_RUNPATH"] else None,
        "relr": "DT_RELR" in values or "DT_ANDROID_RELR" in values,
        "text_relocations": "DT_TEXTREL" in values or bool(flags & 4),
        "static_tls": bool(flags & 0x10),
        "pie": bool(values.get("DT_FLAGS_1", 0) & 0x08000000),
        "relocations": {
            relocation["r_info_type"]
            for section in sections[:1]
            for name, table in section.get_relocation_tables().items()
            if name != "RELR" and isinstance(table, RelocationTable)
            for relocation in table.iter_relocations()
        },
    }


def _text(tag: DynamicTag, name: str) -> str:
    text = getattr(tag, name)
    assert isinstance(text, str)
    return text


def _notes(file: ELFFile) -> Facts:
    found: Facts = {"build_id": None, "android_api": None}
    masks = {_ISA_NEEDED: 0, _ISA_USED: 0}
    for segment in file.iter_segments():
        for note in segment.iter_notes() if isinstance(segment, NoteSegment) and segment["p_type"] == "PT_NOTE" else ():
            if note["n_type"] == "NT_GNU_BUILD_ID" and note["n_name"] == "GNU":
                found["build_id"] = found["build_id"] or note["n_desc"]
            elif note["n_name"] == "Android":
                found["android_api"] = int.from_bytes(note["n_descdata"][:4], "little")
            elif note["n_type"] == "NT_GNU_PROPERTY_TYPE_0":
                for entry in note["n_desc"]:
                    if entry["pr_type"] in masks and file["e_machine"] in ("EM_X86_64", "EM_386"):
                        masks[entry["pr_type"]] |= entry["pr_data"]
    return found | {"isa_needed": masks[_ISA_NEEDED], "isa_used": masks[_ISA_USED]}


def _symbols(file: ELFFile) -> Facts:
    needs: list[tuple[str, str, bool]] = []
    definitions: list[str] = []
    names: dict[int, tuple[str, str]] = {}
    indexes: list[int] = []
    for section in file.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for need, versions in section.iter_versions():
                for version in versions:
                    needs.append((str(need.name), version.name, bool(version["vna_flags"] & 2)))
                    names[version["vna_other"] & 0x7FFF] = (version.name, str(need.name))
        elif isinstance(section, GNUVerDefSection):
            for definition, parts in section.iter_versions():
                name = next(parts).name
                if not definition["vd_flags"] & 1:
                    definitions.append(name)
                    names[definition["vd_ndx"] & 0x7FFF] = (name, "")
        elif isinstance(section, GNUVerSymSection):
            indexes = [_index(entry["ndx"]) for entry in section.iter_symbols()]
    rows = list(_rows(file, indexes, names))
    return {
        "version_needs": needs,
        "version_definitions": definitions,
        "imports": [row for undefined, row in rows if undefined],
        "exports": [(*row[:2], "", *row[3:]) for undefined, row in rows if not undefined],
    }


def _index(value: int | str) -> int:
    return {"VER_NDX_LOCAL": 0, "VER_NDX_GLOBAL": 1}.get(value, 0) if isinstance(value, str) else value & 0x7FFF


def _rows(file: ELFFile, indexes: list[int], names: dict[int, tuple[str, str]]) -> Iterator[tuple[bool, Row]]:
    for section in file.iter_sections():
        if isinstance(section, SymbolTableSection) and section["sh_type"] == "SHT_DYNSYM":
            for number, symbol in enumerate(section.iter_symbols()):
                binding = ENUM_ST_INFO_BIND.get(symbol["st_info"]["bind"], symbol["st_info"]["bind"])
                kind = ENUM_ST_INFO_TYPE.get(symbol["st_info"]["type"], symbol["st_info"]["type"])
                version, library = names.get(indexes[number] if indexes else 0, ("", ""))
                if binding and symbol.name:
                    row = (symbol.name, version, library, _BINDINGS.get(binding, "other"), kind)
                    yield symbol["st_shndx"] == "SHN_UNDEF", row


def by_lief(data: bytes) -> Facts:
    """What LIEF reads, mostly through the program headers. It has no library for each symbol's version."""
    config = lief.ELF.ParserConfig()
    config.count_mtd = lief.ELF.ParserConfig.DYNSYM_COUNT.AUTO
    file = lief.ELF.parse(BytesIO(data), config)
    assert file is not None
    header = file.header
    loads = [segment.alignment for segment in file.segments if segment.type == lief.ELF.Segment.TYPE.LOAD]
    stacks = [segment for segment in file.segments if segment.type == lief.ELF.Segment.TYPE.GNU_STACK]
    facts: Facts = {
        "bits": 64 if header.identity_class == lief.ELF.Header.CLASS.ELF64 else 32,
        "little_endian": header.identity_data == lief.ELF.Header.ELF_DATA.LSB,
        "machine": header.machine_type.value,
        "type": header.file_type.value,
        "flags": header.processor_flag,
        "interpreter": file.interpreter if file.has_interpreter else None,
        "needed": tuple(file.libraries),
        "has_tls": any(segment.type == lief.ELF.Segment.TYPE.TLS for segment in file.segments),
        "exec_stack": stacks[0].has(lief.ELF.Segment.FLAGS.X) if stacks else None,
        "load_alignment": max(loads, default=0),
        "version_needs": [
            (need.name, version.name, bool(version.flags & 2))
            for need in file.symbols_version_requirement
            for version in need.get_auxiliary_symbols()
        ],
        "relocations": {
            relocation.type.value & 0x7FFFFFF for relocation in (*file.dynamic_relocations, *file.pltgot_relocations)
        },
    }
    return facts | _lief_dynamic(file) | _lief_symbols(file)


def _lief_dynamic(file: lief.ELF.Binary) -> Facts:
    tag = lief.ELF.DynamicEntry.TAG
    soname, rpath, runpath = (file.get(name) for name in (tag.SONAME, tag.RPATH, tag.RUNPATH))
    return {
        "soname": soname.name if isinstance(soname, lief.ELF.DynamicSharedObject) else None,
        "rpath": tuple(str(rpath.rpath).split(":")) if isinstance(rpath, lief.ELF.DynamicEntryRpath) else None,
        "runpath": tuple(str(runpath.runpath).split(":"))
        if isinstance(runpath, lief.ELF.DynamicEntryRunPath)
        else None,
        "relr": file.has(tag.RELR) or file.has(tag.ANDROID_RELR),
    }


def _lief_symbols(file: lief.ELF.Binary) -> Facts:
    rows: list[tuple[bool, tuple[str, str, str, int]]] = []
    for symbol in file.dynamic_symbols:
        binding = symbol.binding.value
        found = symbol.symbol_version
        auxiliary = found.symbol_version_auxiliary if found is not None and found.has_auxiliary_version else None
        version = str(auxiliary.name) if auxiliary is not None else ""
        if binding and symbol.name:
            row = (str(symbol.name), version, _BINDINGS.get(binding, "other"), symbol.type.value)
            rows.append((symbol.shndx == 0, row))
    return {
        "imports": [row for undefined, row in rows if undefined],
        "exports": [row for undefined, row in rows if not undefined],
    }
