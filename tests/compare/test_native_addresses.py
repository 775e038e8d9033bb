"""What follows since addresses moved, and what only looks so: real differences must never hide among addresses."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compare import test_elf, test_macho, test_pe
from tests.compare.makes import LONGER, ONE, TWO, Makes, at, compared, reasons, unexplained
from tests.elf.toolchains import call
from tests.tools import need
from truewheel.binary import read_macho
from truewheel.compare.elf_parts import Section, elf_parts
from truewheel.compare.macho_parts import macho_parts
from truewheel.compare.native_clues import clues, find_clues
from truewheel.compare.native_map import AddressMap, Region
from truewheel.compare.native_producers import Strings
from truewheel.compare.native_x86 import same_x86

OTHERWISE = ("-DLIMIT=1001", "-DKEY=0x11223345", '-DWORD="ABCDE"')
"""Another number in code, another one in read-only data, and a string in data that is a letter longer."""


def keys(makes: Makes, *options: str, arch: str = "x86_64") -> Path:
    return test_elf.built(makes, *options, sources=("keys.c",), arch=arch)


class TestRealDifferences:
    def test_numbers_that_grew_by_as_much_as_a_string(self, makes: Makes) -> None:
        found = compared(keys(makes), keys(makes, *OTHERWISE))
        assert {".text", ".rodata", ".data"} <= set(unexplained(found))
        assert not any(part.follows for part in found if part.place in {".text", ".rodata", ".data"})

    @pytest.mark.parametrize("place", ["bindings", "exports", "fixups", "lazy bindings", "rebases"])
    def test_what_loaders_bind(self, makes: Makes, place: str) -> None:
        """Whom a file calls follows from nothing, wherever else it differs."""
        path = test_macho.built(makes)
        data = bytearray(path.read_bytes())
        (part,) = read_macho(bytes(data)).slices
        table = next((table for table in macho_parts(bytes(data), part).parts if table.name == place), None)
        if table is None or not table.data:
            return  # the linker writes some of them alone
        data[part.offset + table.offset + len(table.data) // 2] ^= 1
        data[data.index(b"build-aaaaaaaa") + 13] += 1
        found = compared(path, bytes(data))
        assert place in unexplained(found)

    def test_beside_a_path(self, makes: Makes) -> None:
        """A path that is recognized explains no other bytes of its section."""
        sources = ("$PWD/keys.c",)
        left = test_elf.built(makes, "-DWHERE", within=ONE, sources=sources)
        for options, explained in ((("-DWHERE",), True), (("-DWHERE", *OTHERWISE), False)):
            for within in (TWO, LONGER):
                found = compared(left, test_elf.built(makes, *options, within=within, sources=sources))
                assert "build-path" in reasons([at(found, ".rodata")])
                assert (".rodata" not in unexplained(found)) is explained

    def test_in_pe(self, makes: Makes) -> None:
        sources = ("plain.c", "mul.c")
        left = test_pe.built(makes, "-g", sources=sources)
        data = bytearray(left.read_bytes())
        place = data.index(b"build-aaaaaaaa")
        data[place + 13] += 1
        found = compared(left, bytes(data))
        assert not any(part.follows for part in found if part.place.startswith(".debug_"))

    @pytest.mark.parametrize("name", [".symtab", ".dynsym"])
    def test_an_address_of_a_symbol(self, makes: Makes, name: str) -> None:
        """Nothing follows where nothing else differs, nor where what does has nothing to do with it."""
        left = keys(makes, "-g").read_bytes()
        table = _section(left, name)
        for also in (False, True):
            data = bytearray(left)
            last = table.part.offset + len(table.part.data) - 24
            data[last + 8] ^= 1
            if also:
                data[data.index(b"build-aaaaaaaa") + 13] += 1
            found = compared(left, bytes(data))
            assert not at(found, name).follows
            assert name in unexplained(found)

    def test_an_entry_of_the_dynamic_table(self, makes: Makes) -> None:
        left = keys(makes).read_bytes()
        table = _section(left, ".dynamic")
        data = bytearray(left)
        rows = list(struct.iter_unpack("<QQ", table.part.data))
        row = next(number for number, (tag, _) in enumerate(rows) if tag == 0x6FFFFFF9)
        data[table.part.offset + 16 * row + 8] += 1
        found = compared(left, bytes(data))
        assert at(found, "RELACOUNT").summary == "the entry RELACOUNT differs"
        assert unexplained(found) == [".dynamic"]


def _section(data: bytes, name: str) -> Section:
    found = elf_parts(data).named(name)
    assert found is not None
    return found


class TestTools:
    def test_other_options_of_the_compiler(self, makes: Makes) -> None:
        left, right = (keys(makes, "-g", "-gdwarf-5", option) for option in ("-O1", "-O3"))
        found = compared(left, right)
        (cause,) = at(found, ".debug_str").causes
        assert cause.reason.id == "compiler-options"
        assert cause.evidence.endswith("-O1 on the left, -O3 on the right")
        assert "build-path" not in {reason.rstrip("?") for reason in reasons(found)}

    def test_another_linker_that_notes_itself(self, makes: Makes, tmp_path: Path) -> None:
        (objcopy,) = need("objcopy")
        left = keys(makes)
        sides = [left]
        for version in ("gold 1.16", "gold 1.17"):
            (tmp_path / "note").write_bytes(struct.pack("<3I", 4, 12, 4) + b"GNU\0" + version.encode().ljust(12, b"\0"))
            sides.append(tmp_path / version)
            call([objcopy, f"--add-section=.note.gnu.gold-version={tmp_path / 'note'}", left, sides[-1]])
        for one, other, evidence in (
            (0, 1, "gold on the right, and not on the other side"),
            (1, 2, "gold 1.16 on the left, gold 1.17 on the right"),
        ):
            (cause,) = at(compared(sides[one], sides[other]), ".note.gnu.gold-version").causes
            assert (cause.reason.id, cause.evidence) == ("linker", evidence)

    def test_headers_of_a_note_that_one_side_lacks(self, makes: Makes) -> None:
        found = compared(
            keys(makes, "-Wl,-z,noseparate-code"), keys(makes, "-Wl,-z,noseparate-code", "-Wl,--build-id=none")
        )
        assert at(found, "program headers").follows
        assert not unexplained(found)

    @pytest.mark.parametrize(
        ("left", "right", "told"),
        [
            ("GNU C17 12.2.0 -g -O1", "GNU C17 12.2.0 -g -O3", {"compiler-options"}),
            ("GNU C17 12.2.0 -O1", "GNU C17 13.1.0 -O1", {"compiler"}),
            ("GNU C++17 12.2.0 -O1", "clang version 14.0.6", {"compiler"}),
            ("/rustc/0ef1bc38aa/library/std/src/io.rs", "/rustc/b940084dff/library/std/src/io.rs", {"compiler"}),
            ("/root/.cargo/registry/src/i/pyo3-0.24.0/a.rs", "/root/.cargo/registry/src/i/pyo3-0.24.1/a.rs", set()),
            ("/opt/buildtrees/s2n/src/v1.7.3-8e.clean/a.c", "/opt/buildtrees/s2n/src/v1.7.6-df.clean/a.c", set()),
            ("OpenSSL, released on 2026-04-06", "OpenSSL, released on 2026-06-06", set()),
            ("built on 2026-04-06", "built on 2026-06-06", {"build-time?"}),
            ("Apr 06 2026 10:11:12", "Jun 06 2026 01:02:03", {"build-time"}),
        ],
    )
    def test_strings(self, left: str, right: str, told: set[str]) -> None:
        found = clues(Strings((left,), (right,)))
        assert {cause.reason.id + ("" if cause.sure else "?") for cause in found} == told

    def test_strings_beside_a_path(self) -> None:
        found = find_clues(Strings(("/srv/a/x.c", "https://one.example"), ("/srv/b/x.c", "https://two.example")))
        assert [cause.reason.id for cause in found.causes] == ["build-path"]
        assert found.rest == Strings(("https://one.example",), ("https://two.example",))


class TestMoved:
    @pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
    def test_all_but_the_text_follows(self, makes: Makes, arch: str) -> None:
        """A text that is pages longer moves all that stands behind it, and what points there."""
        left, right = (keys(makes, *options, arch=arch) for options in ((), ("-DLONGER",)))
        found = compared(left, right)
        assert unexplained(found) == [".rodata"]
        assert {".text", ".rela.dyn", ".dynamic", ".eh_frame", ".dynsym"} <= {
            part.place for part in found if part.follows
        }

    @pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
    @pytest.mark.parametrize("name", [".text", ".rela.dyn", ".eh_frame", ".eh_frame_hdr", ".dynamic", ".init_array"])
    def test_not_where_one_of_the_addresses_is_another(self, makes: Makes, arch: str, name: str) -> None:
        left, right = (keys(makes, *options, arch=arch).read_bytes() for options in ((), ("-DLONGER",)))
        one, other = _section(left, name), _section(right, name)
        unlike = [
            place for place, pair in enumerate(zip(one.part.data, other.part.data, strict=True)) if pair[0] != pair[1]
        ]
        if not unlike:  # as of .init_array for x86-64, whose code stands before the text
            return
        assert at(compared(left, right), name).follows
        for place in unlike[:: max(1, len(unlike) // 8)]:
            data = bytearray(right)
            data[other.part.offset + place] ^= 1 if arch == "x86_64" else 0x20
            assert not at(compared(left, bytes(data)), name).follows

    def test_addresses_of_other_places(self) -> None:
        text, longer = b"\0one text\0two texts\0", b"\0one text, longer\0two texts\0"
        sides = [
            [
                Region("code", 0x1000, 64, memoryview(bytes(64)), code=True),
                Region("text", start, len(data), memoryview(data)),
            ]
            for start, data in ((0x2000, text), (0x3000, longer))
        ]
        found = AddressMap(*sides)
        assert found.same(0x1010, 0x1010)
        assert not found.same(0x1010, 0x1011)
        assert found.same(0x2001, 0x3001)
        assert found.same(0x200A, 0x3012), "the second text, which is further behind"
        assert not found.same(0x200A, 0x300A)
        assert not found.same(0x1010, 0x3000)
        assert not found.same(0x10, 0x10)
        assert not found.same(0x9000, 0x9000)
        assert found.same(0x2000 + len(text), 0x3000 + len(longer))


class TestInstructions:
    @pytest.mark.parametrize("options", [("-O3", "-march=x86-64-v4"), ("-O0",), ("-O2", "-fcf-protection=full")])
    def test_they_are_those_of_objdump(self, makes: Makes, options: tuple[str, ...]) -> None:
        """All relative operands, when each is another: to where objdump says that they lead."""
        path = keys(makes, *options)
        text = _section(path.read_bytes(), ".text")
        (objdump,) = need("objdump")
        listing = call([objdump, "-d", "-w", "-j", ".text", path])
        wanted = re.findall(r"# ([0-9a-f]+) <|\t(?:bnd )?(?:call|jmp) +([0-9a-f]+) <", listing)
        theirs = {int(one or other, 16) for one, other in wanted}
        asked: set[int] = set()
        data = bytearray(text.part.data)
        for place, raw in re.findall(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+)", listing, re.MULTILINE):
            start, size = int(place, 16) - text.part.address, len(bytes.fromhex(raw))
            for at_byte in range(start, start + size):
                other = bytearray(data)
                other[at_byte] ^= 0x10
                sides = memoryview(bytes(data)), memoryview(bytes(other))
                same_x86(*sides, (text.part.address,) * 2, _keeping(asked), [start])
        assert theirs <= asked
        assert len(theirs) > 5
        short = {int(target, 16) for target in re.findall(r"\tj\w+ +([0-9a-f]+) <", listing)}
        assert asked <= theirs | short

    @pytest.mark.parametrize(
        ("left", "right", "targets"),
        [
            ("488d3d 10000000", "488d3d 20000000", (0x17, 0x27)),  # lea rdi, [rip+16]
            ("e8 10000000", "e8 20000000", (0x15, 0x25)),
            ("0f84 10000000", "0f84 20000000", (0x16, 0x26)),
            ("813d 10000000 78563412", "813d 20000000 78563412", (0x1A, 0x2A)),  # cmp [rip+16], imm32
            ("66813d 10000000 3412", "66813d 20000000 3412", (0x19, 0x29)),
            ("c5f96f05 10000000", "c5f96f05 20000000", (0x18, 0x28)),  # vmovdqa xmm0, [rip+16]
            ("c4e37d3905 10000000 01", "c4e37d3905 20000000 01", (0x1A, 0x2A)),  # vextracti128 [rip+16], ymm0, 1
            ("62f1fd486f05 10000000", "62f1fd486f05 20000000", (0x1A, 0x2A)),  # vmovdqa64 zmm0, [rip+16]
            ("81ff e8030000", "81ff e9030000", None),  # cmp edi, 1000
            ("3d e8030000", "3d e9030000", None),  # cmp eax, 1000
            ("483d e8030000", "483d e9030000", None),
            ("48b8 0010000000000000", "48b8 1010000000000000", None),  # mov rax, imm64
            ("8b80 10000000", "8b80 20000000", None),  # mov eax, [rax+16]
            ("8b0425 10000000", "8b0425 20000000", None),  # mov eax, [16]
            ("813d 10000000 78563412", "813d 10000000 79563412", None),
            ("f7c7 10000000", "f7c7 20000000", None),  # test edi, 16
            ("06", "07", None),  # not in this mode
        ],
    )
    def test_operands(self, left: str, right: str, targets: tuple[int, int] | None) -> None:
        one, other = (memoryview(bytes.fromhex("90" + code + "c3")) for code in (left, right))
        asked = []

        def same(*pair: int) -> bool:
            asked.append(pair)
            return True

        assert same_x86(one, other, (0, 0), same) is (targets is not None)
        assert asked == ([(targets[0] + 1, targets[1] + 1)] if targets else [])
        assert same_x86(one, other, (0, 0), same, [1]) is (targets is not None)


def _keeping(asked: set[int]) -> Callable[[int, int], bool]:
    """Keeps what it is asked for, and denies it."""

    def same(left: int, _: int) -> bool:
        asked.add(left)
        return False

    return same
