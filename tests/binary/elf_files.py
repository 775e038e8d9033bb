"""ELF files as linkers lay them out, made by hand: two segments, section headers, symbols, notes, zero fill.

`fixtures` makes the smallest files that a reader takes; these are for an editor, which must know what lies where.
Everything a `Blueprint` doesn't name is as GNU ld would have it.
"""

from __future__ import annotations

from tests.binary.elf_blueprint import ALLOC, RELATIVE, SHT, TLS, WITH_REL, WRITE, Blueprint, Builder, Built, Part

TAGGED = [
    (64, True, 62),
    (64, True, 183),
    (64, True, 21),
    (64, False, 22),
    (64, True, 243),
    (64, True, 258),
    (32, True, 3),
    (32, True, 40),
]
"""Size, byte order (little) and machine of the processors that tags name."""


def build(blueprint: Blueprint) -> Built:
    """The file that a blueprint describes."""
    builder = Builder(blueprint)
    entries = _names(builder)
    _readable(builder)
    count = _entry_count(builder, len(entries))
    _writable(builder, count)
    head, entry = (64, 56) if blueprint.bits == 64 else (52, 32)
    segments = _segment_count(builder)
    table_end = head + segments * entry + blueprint.gap
    read_end, write_start = _place(builder, table_end)
    _fill(builder, entries)
    return _assembled(builder, head, read_end, write_start, segments)


def _names(builder: Builder) -> list[tuple[int, int]]:
    """The entries of the dynamic table that hold names."""
    blueprint = builder.blueprint
    texts: list[tuple[int, str | None]] = [(1, name) for name in blueprint.needed]
    texts += [(14, blueprint.soname), (29, blueprint.runpath)]
    for name in (*blueprint.undefined, *blueprint.defined, *(f"VERSION_OF_{name}" for name in blueprint.versions)):
        builder.string(name)
    entries = [(tag, builder.string(text)) for tag, text in texts if text is not None]
    return entries + [
        (tag, builder.string(value) if isinstance(value, str) else value) for tag, value in blueprint.tags
    ]


def _readable(builder: Builder) -> None:
    blueprint = builder.blueprint
    wide = blueprint.bits == 64
    if blueprint.interpreter:
        builder.add(".interp", "PROGBITS", ALLOC, b"/lib/ld.so\0")
    for number, alignment in enumerate(blueprint.notes):
        note = builder.pack("III", 4, 16, 100 + number) + b"GNU\0" + bytes([65 + number]) * 16
        builder.add(f".note.{number}", "NOTE", ALLOC, note, alignment)
    symbols = 1 + len(blueprint.undefined) + len(blueprint.defined)
    if blueprint.hashed == "HASH":
        word = "Q" if wide and blueprint.machine == 22 else "I"
        table = builder.pack(f"{3 + symbols}{word}", 1, symbols, *range(symbols + 1))
    else:
        defined = len(blueprint.defined)
        first = symbols - defined if defined else 1
        chain = [2 * number for number in range(1, defined)] + [1] * bool(defined)
        table = builder.pack("IIIIN", 1, first, 1, 0, 0)
        table += builder.pack(f"{1 + defined}I", first if defined else 0, *chain)
    builder.add(".hash", blueprint.hashed, ALLOC, table, 8)
    builder.add(".dynsym", "DYNSYM", ALLOC, symbols * (24 if wide else 16), 8)
    builder.add(".dynstr", "STRTAB", ALLOC, 0)
    if blueprint.versions:
        builder.add(".gnu.version", "VERSYM", ALLOC, symbols * 2, 2)
        builder.add(".gnu.version_r", "VERNEED", ALLOC, 32 * len(blueprint.versions), 8)
    _relocation_parts(builder)
    builder.add(".text", "PROGBITS", ALLOC | 4, bytes(range(64)), 16)
    builder.part(".dynstr").size = len(builder.strings)


def _relocation_parts(builder: Builder) -> None:
    blueprint = builder.blueprint
    kind, words = ("REL", 2) if blueprint.machine in WITH_REL else ("RELA", 3)
    if blueprint.rela:
        builder.add(".rel.dyn", kind, ALLOC, blueprint.rela * words * builder.word, 8)
    if blueprint.plt:
        builder.add(".rel.plt", kind, ALLOC, blueprint.plt * words * builder.word, 8)
    if blueprint.relr:
        builder.add(".relr.dyn", "RELR", ALLOC, relr_table(builder, 0), 8)


def relr_table(builder: Builder, data: int) -> bytes:
    """The compact table of the words of ``.data`` at an address, encoded as the gABI says."""
    step, words = builder.word, []
    wanted = sorted(builder.blueprint.relr)
    while wanted:
        first = wanted.pop(0)
        words.append(data + first * step)
        base = first + 1
        while wanted and wanted[0] < base + 8 * step - 1:
            bitmap = 1
            while wanted and wanted[0] < base + 8 * step - 1:
                bitmap |= 2 << (wanted.pop(0) - base)
            words.append(bitmap)
            base += 8 * step - 1
    return builder.pack(f"{len(words)}N", *words)


def _entry_count(builder: Builder, names: int) -> int:
    blueprint = builder.blueprint
    count = names + 5 + blueprint.pie  # hash, symtab, strtab, strsz, null
    count += 3 if blueprint.versions else 0
    count += 3 + blueprint.count if blueprint.rela else 0
    count += 3 if blueprint.plt else 0
    count += 3 if blueprint.relr else 0
    return count + blueprint.spare


def _writable(builder: Builder, entries: int) -> None:
    blueprint = builder.blueprint
    builder.add(".tdata", "PROGBITS", ALLOC | WRITE | TLS, bytes(range(16)), 8)
    builder.add(".dynamic", "DYNAMIC", ALLOC | WRITE, entries * 2 * builder.word, 8)
    size = max([64, *((number + 1) * builder.word for number in blueprint.relr)])
    builder.add(".data", "PROGBITS", ALLOC | WRITE, bytes(number % 251 for number in range(size)), 8)
    if blueprint.bss:
        builder.add(".bss", "NOBITS", ALLOC | WRITE, blueprint.bss, 16)


def _segment_count(builder: Builder) -> int:
    blueprint = builder.blueprint
    notes = min(1, len(blueprint.notes)) if blueprint.joint else len(blueprint.notes)
    return 5 + notes + blueprint.noted + blueprint.phdr + blueprint.interpreter + len(blueprint.extra)


def _place(builder: Builder, start: int) -> tuple[int, int]:
    """Offsets and addresses for all; the end of the first segment, and the start of the second."""
    blueprint = builder.blueprint
    offset, shift, read_end, write_start = start, blueprint.base, 0, 0
    for part in builder.parts:
        if part.name == ".tdata":
            read_end = offset
            offset += -offset % 16
            write_start = offset
            shift = blueprint.base + -(-read_end // blueprint.page) * blueprint.page
            shift += blueprint.page if shift + offset % blueprint.page < read_end + blueprint.base else 0
            shift += offset % blueprint.page - offset
        offset += -offset % part.alignment
        part.offset, part.address = offset, offset + shift
        offset += part.size if part.type != "NOBITS" else 0
    return read_end, write_start


def _fill(builder: Builder, entries: list[tuple[int, int]]) -> None:
    """The contents that depend on addresses."""
    blueprint = builder.blueprint
    wide = blueprint.bits == 64
    rows = [bytes(24 if wide else 16)]
    rows += (symbol(builder, builder.string(name), 0x12, 0, 0) for name in blueprint.undefined)
    index = 1 + [part.name for part in builder.parts].index(".data")
    for number, name in enumerate(blueprint.defined):
        rows.append(symbol(builder, builder.string(name), 0x11, index, builder.part(".data").address + 8 * number))
    builder.part(".dynsym").data = b"".join(rows)
    builder.part(".dynstr").data = bytes(builder.strings)
    if blueprint.versions:
        indexes = [0] + [2] * len(blueprint.undefined) + [1] * len(blueprint.defined)
        builder.part(".gnu.version").data = builder.pack(f"{len(indexes)}H", *indexes)
        builder.part(".gnu.version_r").data = b"".join(
            builder.pack("HHIII", 1, 1, builder.string(name), 16, 32 if name != blueprint.versions[-1] else 0)
            + builder.pack("IHHII", 0, 0, 2 + number, builder.string(f"VERSION_OF_{name}"), 0)
            for number, name in enumerate(blueprint.versions)
        )
    _fill_relocations(builder)
    part = builder.part(".dynamic")
    table = [*entries, *_addresses(builder)]
    part.data = b"".join(builder.pack("NN", *entry) for entry in table).ljust(part.size, b"\0")
    assert len(part.data) == part.size


def _fill_relocations(builder: Builder) -> None:
    blueprint = builder.blueprint
    data = builder.part(".data")
    rel = blueprint.machine in WITH_REL
    relative = RELATIVE.get(blueprint.machine, 1)
    for name, count, kind in ((".rel.dyn", blueprint.rela, relative), (".rel.plt", blueprint.plt, 7)):
        if count:
            rows = (
                builder.pack("NN" if rel else "NNN", data.address, kind, *([] if rel else [n])) for n in range(count)
            )
            builder.part(name).data = b"".join(rows)
    if blueprint.relr:
        builder.part(".relr.dyn").data = relr_table(builder, data.address)


def _addresses(builder: Builder) -> list[tuple[int, int]]:
    blueprint, at = builder.blueprint, {part.name: part for part in builder.parts}
    entries = [
        (4 if blueprint.hashed == "HASH" else 0x6FFFFEF5, at[".hash"].address),
        (6, at[".dynsym"].address),
        (5, at[".dynstr"].address),
        (10, at[".dynstr"].size),
    ]
    if blueprint.versions:
        entries += [(0x6FFFFFF0, at[".gnu.version"].address), (0x6FFFFFFE, at[".gnu.version_r"].address)]
        entries += [(0x6FFFFFFF, len(blueprint.versions))]
    rel = blueprint.machine in WITH_REL
    if blueprint.rela:
        size = at[".rel.dyn"].size + (at[".rel.plt"].size if blueprint.plt_inside else 0)
        tags = (17, 18, 19, 0x6FFFFFFA) if rel else (7, 8, 9, 0x6FFFFFF9)
        values = (at[".rel.dyn"].address, size, builder.word * (2 if rel else 3), blueprint.rela)
        entries += list(zip(tags, values, strict=True))[: 3 + blueprint.count]
    if blueprint.plt:
        entries += [(23, at[".rel.plt"].address), (2, at[".rel.plt"].size), (20, 17 if rel else 7)]
    if blueprint.relr:
        entries += [(36, at[".relr.dyn"].address), (35, at[".relr.dyn"].size), (37, builder.word)]
    return entries + [(0x6FFFFFFB, 0x08000000)] * blueprint.pie


def symbol(builder: Builder, name: int, info: int, section: int, value: int) -> bytes:
    """An entry of a symbol table."""
    if builder.blueprint.bits == 64:
        return builder.pack("IBBHQQ", name, info, 0, section, value, 0)
    return builder.pack("IIIBBH", name, value, 0, info, 0, section)


def _static_symbols(builder: Builder, names: bytearray) -> bytes:
    """``.symtab``: a symbol for each section, one in a note, one that is absolute or not, and a TLS offset."""
    rows = [bytes(24 if builder.blueprint.bits == 64 else 16)]
    rows += (symbol(builder, 0, 3, number, part.address) for number, part in enumerate(builder.parts, 1))
    index = {part.name: number for number, part in enumerate(builder.parts, 1)}

    def named(text: str, info: int, section: int, value: int) -> None:
        rows.append(symbol(builder, len(names), info, section, value))
        names.extend(text.encode() + b"\0")

    place = 0xFFF1 if builder.blueprint.absolute else index[".dynamic"]
    named("_DYNAMIC", 1, place, builder.part(".dynamic").address)
    named("_ABSOLUTE", 1, 0xFFF1, builder.part(".dynamic").address)
    if builder.blueprint.notes:
        note = builder.part(".note.0")
        named("__abi_tag", 1, index[".note.0"], note.address)
        named("thread_local", 6, index[".tdata"], note.address)  # an offset that looks like an address
    return b"".join(rows)


def _assembled(builder: Builder, head: int, read_end: int, write_start: int, segments: int) -> Built:
    blueprint = builder.blueprint
    body = bytearray(head) + _segments(builder, head, read_end, write_start)
    for part in builder.parts:
        if part.type != "NOBITS":
            body += bytes(part.offset - len(body)) + part.data
    sections_at = count = 0
    if blueprint.sections:
        names = bytearray(b"\0")
        rows = [bytes(64 if blueprint.bits == 64 else 40)]
        static = _static_symbols(builder, names)
        count = len(builder.parts) + 4
        for name, kind, data in (
            (".symtab", "SYMTAB", static),
            (".strtab", "STRTAB", bytes(names)),
            (".shstrtab", "STRTAB", b""),
        ):
            body += bytes(-len(body) % 8)
            builder.parts.append(Part(name, kind, 0, len(data), 8, len(body), 0, data))
            body += data
        headers = bytearray(b"\0")
        for part in builder.parts:
            at = len(headers)
            headers += part.name.encode() + b"\0"
            rows.append(_section(builder, part, at))
        last = builder.parts[-1]
        last.size = len(headers)
        rows[-1] = _section(builder, last, len(headers) - len(b".shstrtab\0"))
        body += headers
        body += bytes(-len(body) % 8)
        sections_at = len(body)
        body += b"".join(rows)
    ident = b"\x7fELF" + bytes([blueprint.bits // 32, 1 if blueprint.little else 2, 1, 0]) + bytes(8)
    body[:head] = ident + builder.pack(
        "HHINNNIHHHHHH",
        *(blueprint.type, blueprint.machine, 1, 0, head, sections_at, 0, head),
        *(56 if blueprint.bits == 64 else 32, segments, 64 if blueprint.bits == 64 else 40, count, max(0, count - 1)),
    )
    return Built(bytes(body) + blueprint.overlay, {part.name: part for part in builder.parts}, blueprint)


def _section(builder: Builder, part: Part, name: int) -> bytes:
    index = {other.name: number for number, other in enumerate(builder.parts, 1)}
    link = {
        "DYNSYM": index.get(".dynstr", 0),
        "DYNAMIC": index.get(".dynstr", 0),
        "VERNEED": index.get(".dynstr", 0),
        "SYMTAB": index[".symtab"] + 1,
        "RELA": index[".dynsym"],
        "REL": index[".dynsym"],
        "GNU_HASH": index[".dynsym"],
        "HASH": index[".dynsym"],
        "VERSYM": index[".dynsym"],
    }.get(part.type, 0)
    wide = builder.blueprint.bits == 64
    sizes = {"DYNSYM": 24 if wide else 16, "SYMTAB": 24 if wide else 16, "DYNAMIC": 2 * builder.word, "VERSYM": 2}
    sizes |= {"RELA": 3 * builder.word, "REL": 2 * builder.word, "RELR": builder.word}
    info = {"VERNEED": len(builder.blueprint.versions), "DYNSYM": 1, "SYMTAB": part.size // (24 if wide else 16)}
    return builder.pack(
        "IINNNNIINN",
        *(name, SHT[part.type], part.flags, part.address, part.offset, part.size),
        *(link, info.get(part.type, 0), part.alignment, sizes.get(part.type, 0)),
    )


def _segments(builder: Builder, head: int, read_end: int, write_start: int) -> bytes:
    blueprint = builder.blueprint
    base = blueprint.base
    rows: list[tuple[int, int, int, int, int, int, int]] = []  # type flags offset address file memory alignment
    size = _segment_count(builder) * (56 if blueprint.bits == 64 else 32)
    if blueprint.phdr:
        rows.append((6, 4, head, base + head, size, size, builder.word))
    if blueprint.interpreter:
        part = builder.part(".interp")
        rows.append((3, 4, part.offset, part.address, part.size, part.size, 1))
    rows.append((1, 5, 0, base, read_end, read_end, blueprint.page))
    data, tls = builder.part(".data"), builder.part(".tdata")
    file_size = data.offset + data.size - write_start
    last = builder.part(".bss") if blueprint.bss else data
    memory_size = last.address + last.size - tls.address
    rows.append((1, 6, write_start, tls.address, file_size, memory_size, blueprint.page))
    part = builder.part(".dynamic")
    rows.append((2, 6, part.offset, part.address, part.size, part.size, 8))
    notes = [builder.part(f".note.{number}") for number in range(len(blueprint.notes))]
    if blueprint.joint and notes:
        length = notes[-1].offset + notes[-1].size - notes[0].offset
        rows.append((4, 4, notes[0].offset, notes[0].address, length, length, notes[0].alignment))
    else:
        rows += [(4, 4, note.offset, note.address, note.size, note.size, note.alignment) for note in notes]
    if blueprint.noted:
        rows.append((0x6474E553, 4, notes[0].offset, notes[0].address, notes[0].size, notes[0].size, 8))
    rows.append((7, 4, tls.offset, tls.address, tls.size, tls.size, 8))
    rows.append((0x6474E551, blueprint.stack, 0, 0, 0, 0, 16))
    rows += [(kind, flags, 0, 0, 0, 0, 8) for kind, flags in blueprint.extra]
    return b"".join(_segment(builder, row) for row in rows)


def _segment(builder: Builder, row: tuple[int, int, int, int, int, int, int]) -> bytes:
    kind, flags, offset, address, size, memory, alignment = row
    if builder.blueprint.bits == 64:
        return builder.pack("IIQQQQQQ", kind, flags, offset, address, address, size, memory, alignment)
    return builder.pack("IIIIIIII", kind, offset, address, address, size, memory, flags, alignment)
