"""PE files that were built twice, with one thing otherwise: that one is told, and nothing else."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

import pefile
import pytest

from tests.binary.native_oracles import members
from tests.compare.makes import LONGER, ONE, TWO, Command, Makes, at, compared, places, reasons, unexplained
from tests.corpus import Corpus
from tests.pe.toolchains import sign
from tests.tools import need
from truewheel.binary import read_pe
from truewheel.binary.fields import Fields
from truewheel.binary.pe_header import read_header
from truewheel.compare.model import Kind
from truewheel.compare.pe_parts import pe_parts
from truewheel.compare.pe_stamps import pe_stamps

LIBRARY = "lib.dll"
RESOURCE = """1 VERSIONINFO
BEGIN
 BLOCK "StringFileInfo"
 BEGIN
  BLOCK "040904b0"
  BEGIN
   VALUE "FileVersion", "N.N.N"
  END
 END
END
"""


def built(
    makes: Makes,
    *options: str,
    within: str = ONE,
    sources: tuple[str, ...] = ("plain.c", "mul.c"),
    stamp: int | None = None,
) -> Path:
    """A DLL by GNU's tools, without a time stamp unless one is given, and without their start-up code."""
    (gcc,) = need("x86_64-w64-mingw32-gcc")
    flags = ["-O2", "-shared", "-nostdlib", "-Wl,-e,0", "-Wl,--disable-auto-image-base"]
    flags.append("-Wl,--no-insert-timestamp" if stamp is None else "-Wl,--insert-timestamp")
    command: Command = [gcc, *flags, *options, "-o", LIBRARY, *sources]
    label = re.sub(r"[^\w.+-]+", "_", "_".join(("pe", *options, *sources, str(stamp))))
    return makes.made(label, [command], within=within, epoch=stamp) / LIBRARY


def linked(makes: Makes, *options: str, within: str = ONE, again: int = 0) -> Path:
    """A DLL by LLVM's linker, which writes a PDB; `again` tells links apart that are the same."""
    (linker,) = need("lld-link")
    cache = makes.folder("zig", lambda _: None)
    zig = [
        "env",
        f"ZIG_GLOBAL_CACHE_DIR={cache}",
        f"ZIG_LOCAL_CACHE_DIR={cache}",
        sys.executable,
        "-m",
        "ziglang",
        "cc",
    ]
    flags = ["-target", "x86_64-windows-msvc", "-O2", "-g", "-gcodeview", "-fno-sanitize=undefined", "-c"]
    link: Command = [linker, "/dll", "/noentry", f"/out:{LIBRARY}", "/export:mul", *options, "mul.obj"]
    label = re.sub(r"[^\w.+-]+", "_", "_".join(("pdb", *options, str(again))))
    return makes.made(label, [[*zig, *flags, "mul.c", "-o", "mul.obj"], link], within=within) / LIBRARY


class TestFolders:
    def test_debug_information_of_two_folders(self, makes: Makes) -> None:
        left, right = (built(makes, "-g", within=folder) for folder in (ONE, TWO))
        found = compared(left, right)
        assert set(places(found)) - {".debug_info", ".debug_line"} == {".debug_line_str", "checksum"}
        assert reasons([at(found, ".debug_line_str")]) == {"build-path"}
        assert at(found, "checksum").follows
        assert not unexplained(found)

    def test_the_name_of_a_source(self, makes: Makes) -> None:
        sources = ("$PWD/plain.c", "mul.c")
        left, right = (built(makes, "-DWHERE", within=folder, sources=sources) for folder in (ONE, LONGER))
        found = compared(left, right)
        assert reasons([at(found, ".rdata")]) == {"build-path"}
        assert not unexplained(found)


class TestStamps:
    def test_the_time_of_the_link(self, makes: Makes) -> None:
        left, right = (built(makes, stamp=stamp) for stamp in (1_500_000_000, 1_600_000_000))
        found = compared(left, right)
        assert places(found) == ["checksum", "time stamps"]
        stamps = at(found, "time stamps")
        assert (stamps.left, stamps.right) == ("2017-07-14 02:40:00", "2020-09-13 12:26:40")
        assert stamps.summary == "the time stamps differ (header, exports)"
        assert reasons(found) == {"pe-timestamp"}
        assert not unexplained(found)

    def test_without_a_time_none_is_told(self, makes: Makes) -> None:
        found = compared(built(makes, "-g", within=ONE), built(makes, "-g", within=LONGER))
        assert "pe-timestamp" not in reasons(found)

    def test_a_reproducible_link_has_digests(self, makes: Makes) -> None:
        left, right = (linked(makes, "/debug", "/Brepro", within=folder) for folder in (ONE, LONGER))
        found = compared(left, right)
        stamps = at(found, "time stamps")
        assert stamps.follows
        assert reasons([stamps]) == {"build-id"}
        assert not unexplained(found)

    def test_the_checksum_alone(self, makes: Makes) -> None:
        data = bytearray(built(makes).read_bytes())
        struct.pack_into("<I", data, read_header(Fields(bytes(data))).optional_at + 64, 1)
        found = compared(built(makes), bytes(data))
        assert [(part.place, part.follows) for part in found] == [("checksum", False)]

    def test_another_linker_version(self, makes: Makes) -> None:
        data = bytearray(built(makes).read_bytes())
        data[read_header(Fields(bytes(data))).optional_at + 2] += 1
        found = compared(built(makes), bytes(data))
        assert reasons(found) == {"linker"}


class TestPrograms:
    def test_the_path_and_the_guid(self, makes: Makes) -> None:
        left, right = (linked(makes, "/debug", within=folder) for folder in (ONE, TWO))
        found = compared(left, right)
        pdb = at(found, "PDB")
        assert places(pdb.inside) == ["GUID", "path"]
        assert reasons([at(pdb.inside, "path")]) == {"pdb", "build-path"}
        assert reasons([at(pdb.inside, "GUID")]) == {"pdb"}
        assert not unexplained(found)
        # delvewheel changes the default of fast_load.
        theirs = pefile.PE(str(left), fast_load=False).DIRECTORY_ENTRY_DEBUG[0].entry
        assert at(pdb.inside, "path").left == theirs.PdbFileName.rstrip(b"\0").decode()
        guid = at(pdb.inside, "GUID").left
        assert guid is not None
        assert bytes.fromhex(guid)[:4] == struct.pack("<I", theirs.Signature_Data1)

    def test_only_one_side_names_one(self, makes: Makes) -> None:
        found = compared(linked(makes, "/debug"), linked(makes))
        assert reasons([at(found, "path")]) == {"debug-info"}

    def test_no_pdb(self, makes: Makes) -> None:
        found = compared(built(makes, "-g"), built(makes, "-g", within=TWO))
        assert "pdb" not in reasons(found)


class TestTables:
    def test_the_order_of_objects(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, sources=("mul.c", "plain.c")))
        assert reasons([at(found, "symbol table")]) == {"link-order"}
        assert "plain.c stands on the left where mul.c" in at(found, "symbol table").causes[0].evidence
        assert not unexplained(found)

    def test_stripped(self, makes: Makes) -> None:
        found = compared(built(makes, "-g"), built(makes, "-s"))
        assert at(found, "symbol table").kind is Kind.ONLY_LEFT
        assert reasons([at(found, "debug sections"), at(found, "symbol table")]) == {"debug-info"}

    def test_exports_and_other_code(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, "-DWHERE"))
        exports = at(found, "exports")
        assert exports.right == "behind\nother\nwhere"
        assert ".text" in unexplained(found)

    def test_imports(self, makes: Makes) -> None:
        left, right = (built(makes, *how, "-s", sources=("call.c", "-lkernel32")) for how in ((), ("-DLATER",)))
        found = compared(left, right)
        assert at(found, "imports from KERNEL32.dll").right == "Sleep"

    def test_versions_in_resources(self, makes: Makes) -> None:
        (windres,) = need("x86_64-w64-mingw32-windres")
        sides = []
        for version in ("1.2.3", "1.2.5"):
            text = RESOURCE.replace("N.N.N", version)
            script = ["sh", "-c", f"printf '%s' '{text}' > v.rc"]
            resource: Command = [windres, "v.rc", "v.o"]
            (gcc,) = need("x86_64-w64-mingw32-gcc")
            flags = ["-O2", "-shared", "-nostdlib", "-Wl,-e,0", "-Wl,--no-insert-timestamp"]
            link: Command = [gcc, *flags, "-Wl,--disable-auto-image-base", "-s", "mul.c", "v.o", "-o", LIBRARY]
            sides.append(makes.made(f"pe-version-{version}", [script, resource, link]) / LIBRARY)
        found = compared(sides[0], sides[1])
        assert places(found) == [".rsrc", "checksum"]
        assert (at(found, ".rsrc").left, at(found, ".rsrc").right) == ("1.2.3", "1.2.5")
        assert reasons(found) == {"version"}


class TestOfMicrosoft:
    """Files of Microsoft's linker, which writes a header of its own, and signed ones."""

    WHEEL = "msvc_runtime-14.51.36231-cp312-cp312-win_amd64.whl"

    def test_rich_headers_are_those_of_pefile(self, corpus: Corpus) -> None:
        files = list(members(corpus(self.WHEEL), (b"MZ",)))[:4]
        assert files
        for _, data in files:
            theirs = pefile.PE(data=data, fast_load=True).parse_rich_header()["values"]
            ours = pe_stamps(read_header(Fields(data))).rich
            pairs = zip(theirs[::2], theirs[1::2], strict=True)
            assert ours == [f"{tool >> 16}.{tool & 0xFFFF} ({number} objects)" for tool, number in pairs]

    def test_other_tools_and_certificates(self, corpus: Corpus) -> None:
        data = next(data for _, data in members(corpus(self.WHEEL), (b"MZ",)) if read_pe(data).certificate)
        other = bytearray(data)
        other[other.find(b"Rich") - 8] ^= 1
        offset, size = read_pe(data).certificate or (0, 0)
        other[offset + size // 2] ^= 1
        found = compared(data, bytes(other))
        assert places(found) == ["Rich header", "certificate"]
        assert reasons([at(found, "Rich header")]) == {"compiler"}
        assert reasons([at(found, "certificate")]) == {"signature"}

    def test_damaged_rich_headers_are_part_of_the_stub(self, corpus: Corpus) -> None:
        _, data = next(iter(members(corpus(self.WHEEL), (b"MZ",))))
        other = bytearray(data)
        other[other.find(b"Rich") + 4] ^= 1
        assert "DOS stub" in places(compared(data, bytes(other)))


def test_only_one_side_is_signed(makes: Makes, tmp_path: Path) -> None:
    signed = tmp_path / LIBRARY
    signed.write_bytes(built(makes).read_bytes())
    sign(signed, tmp_path)
    found = compared(built(makes), signed)
    assert at(found, "certificate").kind is Kind.ONLY_RIGHT
    assert reasons(found) == {"signature"}
    assert reasons(compared(signed, built(makes))) == {"signature"}
    data = bytearray(signed.read_bytes())
    data[2] ^= 1  # a field of the DOS header that nobody reads
    assert "certificate" not in places(compared(signed, bytes(data)))


def test_another_processor(makes: Makes, corpus: Corpus) -> None:
    _, data = next(iter(members(corpus("msvc_runtime-14.51.36231-cp312-cp312-win_arm64.whl"), (b"MZ",))))
    found = compared(built(makes), data)
    assert [(part.place, part.left, part.right) for part in found[:2]] == [
        ("processor", "amd64", "arm64"),
        ("contents", None, None),
    ]
    assert places(found[2:]) == ["exports", "imports"]
    assert reasons(found) == {"platform"}


def test_programs_for_dos() -> None:
    data = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"NE\0\0" + bytes(100)
    assert compared(data, data + b"x") == ()


@pytest.mark.parametrize("options", [("-g",), ("-s",)])
def test_sections_and_symbols_are_those_of_pefile(makes: Makes, options: tuple[str, ...]) -> None:
    path = built(makes, *options)
    parts = pe_parts(path.read_bytes(), ())
    image = pefile.PE(str(path), fast_load=False)
    theirs = [(part.VirtualAddress, min(part.SizeOfRawData, part.Misc_VirtualSize)) for part in image.sections]
    assert [(part.address, len(part.data)) for part in parts.sections] == theirs
    names = [part.Name.rstrip(b"\0").decode() for part in image.sections]
    assert all(name.startswith("/") or name == part.name for name, part in zip(names, parts.sections, strict=True))
    assert bool(parts.symbols) is (options == ("-g",))
    if parts.symbols:
        assert {"mul", "add"} <= {symbol.name for symbol in parts.symbols}
        assert [symbol.name for symbol in parts.symbols if symbol.file] == ["plain.c", "mul.c"]
