"""ELF files that were built twice, with one thing otherwise: that one is told, and nothing else."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

import pytest

from tests.compare.makes import LONGER, ONE, TWO, Command, Makes, at, compared, places, reasons, unexplained
from tests.elf.toolchains import call
from tests.tools import need
from truewheel.compare.elf_parts import elf_parts, inflated, symbols
from truewheel.compare.elf_toolchain import compare_notes
from truewheel.compare.model import Kind
from truewheel.errors import BinaryError

BUILD_ID, LINE_STR = ".note.gnu.build-id", ".debug_line_str"
COMPILERS = {"x86_64": "gcc", "aarch64": "aarch64-linux-gnu-gcc", "s390x": "s390x-linux-gnu-gcc"}


def built(
    makes: Makes,
    *options: str,
    within: str = ONE,
    name: str = "",
    sources: tuple[str, ...] = ("add.c", "mul.c"),
    after: tuple[tuple[str, ...], ...] = (),
    arch: str = "x86_64",
    epoch: int | None = None,
) -> Path:
    """A library by gcc, in one of the folders; `after` are commands that are run then."""
    (gcc,) = need(COMPILERS[arch])
    command: Command = [gcc, "-O2", "-fPIC", "-shared", "-Wl,--build-id", *options, "-o", "lib.so", *sources]
    label = name or re.sub(r"[^\w.+-]+", "_", "_".join((arch, *options, *sources, *map("_".join, after), str(epoch))))
    return makes.made(f"elf-{label}", [command, *after], within=within, epoch=epoch) / "lib.so"


class TestFolders:
    def test_debug_information_of_two_folders(self, makes: Makes) -> None:
        """The founding case: 8 bytes of a path in the line table's strings, and the build id."""
        one, other = "/srv/pip-_gp0m5m1", "/srv/pip-x9fz2k3q"
        left, right = (built(makes, "-g", f"-ffile-prefix-map=$PWD={folder}") for folder in (one, other))
        found = compared(left, right)
        # The linker orders these strings by a hash, so that what refers to them may differ too.
        assert sorted({*places(found)} - {".debug_info", ".debug_line"}) == [LINE_STR, BUILD_ID]
        strings = at(found, LINE_STR)
        assert (strings.left, strings.right) == (one, other)
        (cause,) = strings.causes
        assert (cause.reason.id, cause.sure) == ("build-path", True)
        assert cause.evidence == f"{one} on the left, {other} on the right"
        assert not unexplained(found)

    def test_build_ids_are_those_of_readelf(self, makes: Makes) -> None:
        left, right = (built(makes, "-g", within=folder) for folder in (ONE, TWO))
        found = at(compared(left, right), BUILD_ID)
        assert (found.left, found.right) == (_build_id(left), _build_id(right))
        assert found.follows
        assert [cause.reason.id for cause in found.causes] == ["build-id"]

    @pytest.mark.parametrize("options", [("-g",), ("-g", "-gz"), ("-g", "-gdwarf-4"), ("-g", "-DWHERE")])
    def test_folders_of_unlike_length(self, makes: Makes, options: tuple[str, ...]) -> None:
        sources = ("$PWD/add.c", "mul.c")
        left, right = (built(makes, *options, within=folder, sources=sources) for folder in (ONE, LONGER))
        found = compared(left, right)
        assert not unexplained(found)
        assert {"build-path", "build-id"} <= reasons(found) <= {"build-path", "build-path?", "build-id"}

    @pytest.mark.parametrize("arch", COMPILERS)
    def test_the_name_of_a_source_in_read_only_data(self, makes: Makes, arch: str) -> None:
        """A longer name moves what stands behind it, and code that points there."""
        left, right = (
            built(makes, "-DWHERE", "-s", within=folder, sources=("$PWD/add.c", "mul.c"), arch=arch)
            for folder in (ONE, LONGER)
        )
        found = compared(left, right)
        assert ".rodata" in places(found)
        assert reasons([at(found, ".rodata")]) == {"build-path"}
        if arch != "s390x":  # whose addresses count in halfwords
            # Where the folder's own length leaves what stands behind on its page, the code is the same on aarch64.
            assert all(part.follows for top in found for part in top.walk() if part.place == ".text")
            assert not unexplained(found)

    def test_what_was_stripped_off_stays_in_the_build_id(self, makes: Makes) -> None:
        left, right = (built(makes, "-g", within=folder, after=(("strip", "-g", "lib.so"),)) for folder in (ONE, TWO))
        found = compared(left, right)
        assert places(found) == [BUILD_ID]
        assert not found[0].follows
        assert reasons(found) == {"build-id"}

    def test_a_run_path(self, makes: Makes) -> None:
        left, right = (built(makes, f"-Wl,-rpath,/opt/{folder}/lib") for folder in (ONE, LONGER))
        found = compared(left, right)
        assert at(found, "RUNPATH").left == f"/opt/{ONE}/lib"
        assert reasons([at(found, ".dynamic")]) == {"build-path?"}
        assert not unexplained(found)


class TestTools:
    def test_another_compiler(self, makes: Makes) -> None:
        (gcc,) = need("gcc")
        cache = makes.folder("zig", lambda _: None)
        zig = [f"ZIG_GLOBAL_CACHE_DIR={cache}", f"ZIG_LOCAL_CACHE_DIR={cache}", sys.executable, "-m", "ziglang", "cc"]
        left, right = (
            makes.made(f"elf-{name}", [[*tool, "-g", "-O2", "-c", "mul.c", "-o", "mul.o"]]) / "mul.o"
            for name, tool in (("gcc", [gcc]), ("zig", ["env", *zig, "-target", "x86_64-linux-gnu"]))
        )
        found = compared(left, right)
        assert reasons([at(found, ".comment")]) == {"compiler"}
        assert reasons([at(found, ".text")]) == {"compiler?"}
        assert {"linker", "link-order"}.isdisjoint(reason.rstrip("?") for reason in reasons(found))

    def test_another_linker(self, makes: Makes) -> None:
        need("ld.lld")
        found = compared(built(makes), built(makes, "-fuse-ld=lld"))
        assert reasons([at(found, ".comment")]) == {"linker"}
        assert "compiler" not in {reason.rstrip("?") for reason in reasons(found)}

    def test_other_code_by_the_same_compiler_is_not_explained(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, "-DFACTOR=5"))
        assert ".text" in unexplained(found)
        assert reasons(found) == {"build-id"}
        text = at(found, ".text")
        assert (text.left, text.right) == (None, None), "machine code has no strings"

    def test_the_order_of_objects(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, sources=("mul.c", "add.c")))
        assert reasons([at(found, ".symtab")]) == {"link-order"}
        assert "add.c stands on the left where mul.c" in at(found, ".symtab").causes[0].evidence
        assert reasons([at(found, ".dynsym")]) == {"link-order?"}
        assert not unexplained(found)

    def test_the_order_of_needed_libraries(self, makes: Makes) -> None:
        one, other = ("-Wl,--no-as-needed", "-lm", "-lresolv"), ("-Wl,--no-as-needed", "-lresolv", "-lm")
        found = compared(built(makes, *one), built(makes, *other))
        needed = at(found, "NEEDED")
        assert needed.summary == "the needed libraries are the same in another order"
        assert "RUNPATH" not in places(at(found, ".dynamic").inside)

    def test_names_flags_and_versions(self, makes: Makes) -> None:
        found = compared(built(makes, "-Wl,-soname,lib.so.1"), built(makes, "-Wl,-soname,lib.so.2", "-Wl,-z,now"))
        assert (at(found, "SONAME").left, at(found, "SONAME").right) == ("lib.so.1", "lib.so.2")
        assert at(found, "FLAGS").kind is Kind.ONLY_RIGHT
        assert at(found, "FLAGS_1").right == "0x1"

    def test_the_order_of_notes_has_no_cause(self) -> None:
        left, right = memoryview(b"GCC: 12\0clang 14\0"), memoryview(b"clang 14\0GCC: 12\0")
        found = compare_notes(".comment", left, right)
        assert found is not None
        assert found.causes == ()
        assert compare_notes(".comment", left, left) is None


class TestTimes:
    def test_the_date_in_a_source(self, makes: Makes) -> None:
        left, right = (built(makes, "-DWHEN", epoch=epoch) for epoch in (1_500_000_000, 1_600_000_000))
        found = compared(left, right)
        assert places(found) == [BUILD_ID, ".rodata"]
        assert reasons([at(found, ".rodata")]) == {"build-time"}
        assert at(found, ".rodata").left == "Jul 14 2017 02:40:00"


class TestDebugInformation:
    def test_only_one_side_has_it(self, makes: Makes) -> None:
        left, right = built(makes, "-g"), built(makes, "-g", after=(("strip", "-g", "lib.so"),))
        found = compared(left, right)
        debug = at(found, "debug sections")
        assert debug.kind is Kind.ONLY_LEFT
        assert {".debug_info", ".debug_line"} <= set(places(debug.inside))
        assert reasons([debug]) == {"debug-info"}
        assert BUILD_ID not in places(found)
        assert not unexplained(found)
        mirrored = compared(right, left)
        assert at(mirrored, "debug sections").kind is Kind.ONLY_RIGHT

    def test_only_one_side_has_symbols(self, makes: Makes) -> None:
        found = compared(built(makes, after=(("strip", "-s", "lib.so"),)), built(makes))
        assert set(places(at(found, "debug sections").inside)) == {".symtab", ".strtab"}
        assert not unexplained(found)

    def test_a_link_to_a_file_with_it(self, makes: Makes) -> None:
        need("objcopy")
        apart = (
            ("objcopy", "--only-keep-debug", "lib.so", "lib.debug"),
            ("strip", "-g", "lib.so"),
            ("objcopy", "--add-gnu-debuglink=lib.debug", "lib.so"),
        )
        left, right = (built(makes, "-g", within=folder, after=apart) for folder in (ONE, TWO))
        found = compared(left, right)
        assert places(found) == [".gnu_debuglink", BUILD_ID]
        assert reasons([at(found, ".gnu_debuglink")]) == {"debug-info"}

    def test_both_have_the_same(self, makes: Makes) -> None:
        found = compared(built(makes, "-g", within=ONE), built(makes, "-g", within=TWO))
        assert "debug-info" not in reasons(found)

    def test_the_same_compressed_otherwise(self, makes: Makes) -> None:
        packed = ("objcopy", "--compress-debug-sections=zlib", "lib.so")
        need("objcopy")
        found = compared(built(makes, "-g"), built(makes, "-g", after=(packed,)))
        told = [part for part in found if part.place.startswith(".debug_")]
        assert {part.summary for part in told} == {"the same contents, compressed otherwise"}
        assert reasons(told) == {"debug-info"}
        data = bytearray(built(makes, "-g", after=(packed,)).read_bytes())
        section = elf_parts(bytes(data)).named(".debug_info")
        assert section is not None
        level = section.part.offset + 24 + 1
        data[level] = 0xDA  # the second byte of zlib's header: compressed at the highest level
        found = compared(built(makes, "-g", after=(packed,)), bytes(data))
        assert reasons([at(found, ".debug_info")]) == {"deflate"}

    @pytest.mark.parametrize(
        ("kind", "size", "said"),
        [
            (2, None, "it is compressed by zstd"),
            (9, None, "its compression 9 is unknown"),
            (1, 1 << 40, "it is too large to be inflated"),
            (1, 1 << 20, "its compressed bytes are cut off"),
        ],
    )
    def test_compression_that_is_not_read(self, makes: Makes, kind: int, size: int | None, said: str) -> None:
        data = bytearray(built(makes, "-g", "-gz").read_bytes())
        other = bytearray(built(makes, "-g", "-gz", within=LONGER).read_bytes())
        head = 0
        for side in (data, other):
            section = elf_parts(bytes(side)).named(".debug_info")
            assert section is not None
            head = section.part.offset
            struct.pack_into("<I", side, head, kind)
            if size is not None:
                struct.pack_into("<Q", side, head + 8, size)
        other[head + 30] ^= 0xFF
        found = compared(bytes(data), bytes(other))
        assert at(found, ".debug_info").summary.endswith(said)

    def test_a_compression_header_that_is_cut_off(self, makes: Makes) -> None:
        data = built(makes, "-g", "-gz").read_bytes()
        found = elf_parts(data)
        section = found.named(".debug_info")
        assert section is not None
        short = section._replace(part=section.part._replace(data=section.part.data[:20]))
        assert inflated(found.layout, short).why == "its compression header is cut off"
        for at_byte in (30, 40):
            damaged = bytearray(section.part.data)
            damaged[at_byte] ^= 0xFF
            broken = section._replace(part=section.part._replace(data=memoryview(bytes(damaged))))
            assert inflated(found.layout, broken).why.startswith("its compressed bytes are")

    def test_symbols_without_names(self, makes: Makes) -> None:
        found = elf_parts(built(makes).read_bytes())
        table = found.named(".symtab")
        assert table is not None
        with pytest.raises(BinaryError):
            symbols(found, table._replace(link=99))


class TestHeaders:
    def test_another_processor(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, arch="aarch64"))
        assert (
            {"contents", "processor"} <= set(places(found)) <= {"contents", "processor", "NEEDED", "imports", "exports"}
        )
        assert reasons(found) == {"platform"}
        assert (found[0].left, found[0].right) == ("x86_64", "aarch64")
        assert "contents" in unexplained(found)

    def test_fields(self, makes: Makes) -> None:
        data = built(makes).read_bytes()
        other = bytearray(data)
        other[7] = 3  # EI_OSABI
        struct.pack_into("<Q", other, 24, 0x1000)
        found = compared(data, bytes(other))
        assert sorted(part.summary for part in found) == ["the ABI of the system differs", "the entry point differs"]

    def test_what_is_appended(self, makes: Makes) -> None:
        data = built(makes).read_bytes()
        found = compared(data + b"signed at 10:11:12", data + b"signed at 12:13:14")
        assert places(found) == ["between sections"]
        assert reasons(found) == {"build-time"}

    def test_without_section_headers_by_segments(self, makes: Makes) -> None:
        sides = []
        for epoch in (1_500_000_000, 1_600_000_000):
            data = bytearray(built(makes, "-DWHEN", "-s", epoch=epoch).read_bytes())
            struct.pack_into("<Q", data, 40, 0)
            data[58:64] = bytes(6)
            sides.append(bytes(data))
        found = compared(sides[0], sides[1])
        assert "segment r--" in " ".join(places(found))
        assert "build-time" in reasons(found)

    @pytest.mark.parametrize("options", [(), ("-g",), ("-g", "-gz")])
    def test_sections_are_those_of_readelf(self, makes: Makes, options: tuple[str, ...]) -> None:
        path = built(makes, *options)
        lines = re.findall(
            r"^ +\[ *\d+\] (\S+) +\S+ +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)",
            call([*need("readelf"), "-SW", path]),
            re.MULTILINE,
        )
        theirs = [(name, int(address, 16), int(at, 16), int(size, 16)) for name, address, at, size in lines]
        ours = [
            (part.name, part.part.address, part.part.offset, part.size)
            for part in elf_parts(path.read_bytes()).sections
        ]
        assert ours == theirs


def _build_id(path: Path) -> str:
    found = re.search(r"Build ID: ([0-9a-f]+)", call([*need("readelf"), "-n", path]))
    assert found
    return found[1]
