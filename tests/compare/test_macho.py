"""Mach-O files that were built twice, with one thing otherwise: that one is told, and nothing else."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.compare.makes import LONGER, ONE, TWO, Command, Makes, at, compared, places, reasons, unexplained
from tests.elf.toolchains import call
from tests.tools import need
from truewheel.binary import read_macho
from truewheel.compare.macho_parts import macho_parts
from truewheel.compare.model import Kind

ARCHS = {"arm64": "aarch64-macos.11.0", "x86_64": "x86_64-macos.11.0"}
OBJECTS = ("plain.o", "mul.o")
VERSIONS = ("-platform_version", "macos", "11.0", "13.1")


def built(
    makes: Makes,
    *options: str,
    arch: str = "arm64",
    within: str = ONE,
    objects: tuple[str, ...] = OBJECTS,
    versions: tuple[str, ...] = VERSIONS,
    flags: tuple[str, ...] = ("-g",),
    after: tuple[tuple[str | Path, ...], ...] = (),
) -> Path:
    """A library by zig's compiler and LLVM's linker, in one of the folders."""
    (linker,) = need("ld64.lld-19")
    link: Command = [linker, "-arch", arch, *versions, "-dylib", "-install_name", "@rpath/lib.dylib"]
    words = "_".join((arch, *versions[1:], *flags, *options, *objects, *(str(tail) for *_, tail in after)))
    label = f"macho-{re.sub(r'[^a-zA-Z0-9.+-]+', '_', words)}"
    commands = [*_compile(makes, arch, flags), [*link, *options, *objects, "-o", "lib.dylib"], *after]
    return makes.made(label, commands, within=within) / "lib.dylib"


def _compile(makes: Makes, arch: str, flags: tuple[str, ...]) -> list[Command]:
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
    options = ["-target", ARCHS[arch], "-O1", "-fno-sanitize=undefined", "-c", *flags]
    return [[*zig, *options, f"$PWD/{name}.c", "-o", f"{name}.o"] for name in ("plain", "mul")]


@pytest.mark.parametrize("arch", ARCHS)
class TestFolders:
    def test_debug_maps_of_two_folders(self, makes: Makes, arch: str) -> None:
        left, right = (built(makes, arch=arch, within=folder) for folder in (ONE, TWO))
        found = compared(left, right)
        signed = ["code signature"] if arch == "arm64" else []
        assert places(found) == ["UUID", *signed, "debug map", "string table"]
        (cause,) = at(found, "debug map").causes
        assert (cause.reason.id, cause.sure) == ("build-path", True)
        assert f"/{ONE} on the left" in cause.evidence
        assert at(found, "UUID").follows
        assert reasons([at(found, "UUID")]) == {"build-id"}
        assert not unexplained(found)

    def test_the_name_of_a_source(self, makes: Makes, arch: str) -> None:
        left, right = (built(makes, "-S", arch=arch, within=folder, flags=("-DWHERE",)) for folder in (ONE, LONGER))
        found = compared(left, right)
        assert reasons([at(found, "__TEXT,__cstring")]) == {"build-path"}
        text = at(found, "__TEXT,__text")
        assert text.follows, "code that points at strings that moved"
        assert text.summary.endswith("all are addresses of what moved")
        assert not unexplained(found)

    def test_other_code_is_not_explained(self, makes: Makes, arch: str) -> None:
        left, right = (built(makes, arch=arch, flags=("-DWHERE", f"-DFACTOR={number}")) for number in (3, 5))
        assert compared(left, right) == (), "this source has no such factor"
        data = bytearray(left.read_bytes())
        (part,) = read_macho(bytes(data)).slices
        text = next(section for section in macho_parts(bytes(data), part).parts if section.name == "__TEXT,__text")
        data[text.offset + 1] ^= 0x44
        found = compared(left, bytes(data))
        assert unexplained(found) == ["__TEXT,__text"]


class TestCommands:
    def test_another_sdk(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, versions=(*VERSIONS[:3], "14.5")))
        assert (at(found, "SDK").left, at(found, "SDK").right) == ("13.1.0", "14.5.0")
        assert reasons(found) == {"compiler", "build-id", "signature"}
        assert not unexplained(found)

    def test_the_oldest_system(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, versions=(*VERSIONS[:2], "12.0", VERSIONS[3])))
        assert (at(found, "oldest system").left, at(found, "oldest system").right) == ("11.0.0", "12.0.0")
        assert reasons([at(found, "oldest system")]) == {"platform"}

    def test_another_platform(self, makes: Makes) -> None:
        data = bytearray(built(makes).read_bytes())
        data[data.find(b"\x32\0\0\0\x20\0\0\0") + 8] = 7
        found = compared(built(makes), bytes(data))
        assert (at(found, "platform").left, at(found, "platform").right) == ("macos", "ios_simulator")
        assert reasons([at(found, "platform")]) == {"platform"}

    def test_names_and_run_paths(self, makes: Makes) -> None:
        left = built(makes, "-rpath", f"/opt/{ONE}/lib")
        right = built(makes, "-rpath", f"/opt/{LONGER}/lib", "-install_name", "/opt/lib.dylib")
        found = compared(left, right)
        assert at(found, "install name").right == "/opt/lib.dylib"
        assert at(found, "run paths").left == f"/opt/{ONE}/lib"
        assert reasons([at(found, "run paths")]) == {"build-path?"}

    def test_libraries(self, makes: Makes) -> None:
        left = built(makes, arch="x86_64")
        one, two = (built(makes, *how, left.as_posix(), arch="x86_64") for how in ((), ("-weak_library",)))
        found = compared(one, two)
        (libraries,) = [part for part in found if part.place == "libraries"]
        assert libraries.right is not None
        assert "@rpath/lib.dylib (weak, version 0.0.0)" in libraries.right

    def test_tools_in_the_command(self, makes: Makes) -> None:
        data = bytearray(built(makes).read_bytes())
        at_tool = data.find(b"\x04\0\0\0", data.find(b"\x32\0\0\0\x20\0\0\0") + 20)
        data[at_tool + 6] ^= 1
        found = compared(built(makes), bytes(data))
        assert reasons([at(found, "linker")]) == {"linker"}
        data[at_tool] = 1
        found = compared(built(makes), bytes(data))
        assert at(found, "linker").kind is Kind.ONLY_LEFT
        assert reasons([at(found, "compiler")]) == {"compiler"}


class TestSymbols:
    def test_the_order_of_objects(self, makes: Makes) -> None:
        left, right = (built(makes, objects=objects) for objects in (OBJECTS, OBJECTS[::-1]))
        found = compared(left, right)
        assert reasons([at(found, "symbol table")]) == {"link-order?"}
        assert reasons([at(found, "debug map")]) == {"link-order"}
        assert not unexplained(found)

    def test_times_of_objects(self, makes: Makes) -> None:
        """The linker of zig keeps the times of objects, as Apple's does."""
        sides = []
        for name, time in (("early", 1_500_000_000), ("late", 1_600_000_000)):

            def make(folder: Path, time: int = time) -> None:
                objects = built(makes).parent
                for file in OBJECTS:
                    (folder / file).write_bytes((objects / file).read_bytes())
                    os.utime(folder / file, (time, time))
                cache = makes.folder("zig", lambda _: None)
                here: list[str | Path] = ["env", "-C", folder, f"ZIG_GLOBAL_CACHE_DIR={cache}"]
                zig = [f"ZIG_LOCAL_CACHE_DIR={cache}", sys.executable, "-m", "ziglang", "build-lib", "-dynamic"]
                options = ["-target", ARCHS["arm64"], "-fno-compiler-rt", "-fno-ubsan-rt", "-femit-bin=lib.dylib"]
                call([*here, *zig, *options, *OBJECTS, "-install_name", "@rpath/lib.dylib"])

            sides.append(makes.folder(f"macho-{name}", make) / "lib.dylib")
        found = compared(sides[0], sides[1])
        assert (at(found, "object times").left, at(found, "object times").right) == (
            "2017-07-14 02:40:00",
            "2020-09-13 12:26:40",
        )
        assert reasons([at(found, "object times")]) == {"build-time"}
        assert "build-time" not in reasons(compared(built(makes), built(makes, within=TWO)))

    def test_only_one_side_has_a_debug_map(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, "-S"))
        assert at(found, "debug map").kind is Kind.ONLY_LEFT
        assert reasons([at(found, "debug map")]) == {"debug-info"}
        assert not unexplained(found)

    def test_sections_of_debug_information_in_objects(self, makes: Makes) -> None:
        left, right = (built(makes, flags=flags).parent / "mul.o" for flags in (("-g",), ("-g0",)))
        found = compared(left, right)
        debug = at(found, "debug sections")
        assert debug.kind is Kind.ONLY_LEFT
        assert "__DWARF,__debug_info" in places(debug.inside)
        assert reasons([debug]) == {"debug-info"}


class TestSignatures:
    def test_only_one_side_is_signed(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, "-no_adhoc_codesign"))
        assert at(found, "code signature").kind is Kind.ONLY_LEFT
        assert reasons([at(found, "code signature")]) == {"signature"}

    def test_it_follows_when_nobody_signed(self, makes: Makes) -> None:
        found = compared(built(makes), built(makes, within=TWO))
        assert at(found, "code signature").follows

    def test_other_signers(self, makes: Makes) -> None:
        data = built(makes).read_bytes()
        found = compared(
            data,
            data.replace(
                b"lib.dylib\0" + data.rpartition(b"lib.dylib\0")[2][:8],
                b"mib.dylib\0" + data.rpartition(b"lib.dylib\0")[2][:8],
            ),
        )
        signature = at(found, "code signature")
        assert signature.left is not None
        assert signature.left.endswith("lib.dylib")
        assert reasons([signature]) == {"signature"}


class TestFat:
    def fat(self, makes: Makes, *thin: Path, name: str) -> Path:
        (lipo,) = need("llvm-lipo-19")
        folder = makes.folder(name, lambda folder: _lipo(lipo, thin, folder))
        return folder / "fat.dylib"

    def test_one_slice_differs(self, makes: Makes) -> None:
        intel = built(makes, arch="x86_64")
        left = self.fat(makes, intel, built(makes), name="fat-one")
        right = self.fat(makes, intel, built(makes, within=TWO), name="fat-two")
        found = compared(left, right)
        assert places(found) == ["arm64"]
        assert "build-path" in reasons(found)
        assert not unexplained(found)

    def test_a_slice_lacks(self, makes: Makes) -> None:
        intel = built(makes, arch="x86_64")
        found = compared(self.fat(makes, intel, built(makes), name="fat-one"), intel)
        assert places(found) == ["slices"]
        assert reasons(found) == {"platform"}
        assert reasons(compared(built(makes), intel)) == {"platform"}

    def test_a_fat_file_of_one_slice(self, makes: Makes) -> None:
        intel = built(makes, arch="x86_64")
        found = compared(self.fat(makes, intel, name="fat-single"), intel)
        assert [(part.place, part.left, part.right) for part in found] == [("slices", "a fat file", "a thin file")]


def _lipo(lipo: Path, thin: tuple[Path, ...], folder: Path) -> None:
    call([lipo, "-create", *thin, "-output", folder / "fat.dylib"])


@pytest.mark.parametrize("arch", ARCHS)
def test_sections_and_uuids_are_those_of_llvm(makes: Makes, arch: str) -> None:
    path = built(makes, arch=arch, flags=("-DWHERE",))
    data = path.read_bytes()
    parts = macho_parts(data, read_macho(data).slices[0])
    text = call([*need("llvm-readobj-19"), "--sections", "--macho-segment", path])
    theirs = re.findall(
        r"Name: (\S+) .*?\n +Segment: (\S+) .*?\n +Address: 0x([0-9A-F]+)\n +Size: 0x([0-9A-F]+)\n +Offset: (\d+)", text
    )
    ours = [part for part in parts.parts if "," in part.name]
    assert [f"{segment},{name}" for name, segment, *_ in theirs] == [part.name for part in ours]
    assert [int(address, 16) for _, _, address, *_ in theirs] == [part.address for part in ours]
    assert [int(size, 16) for *_, size, _ in theirs] == [len(part.data) for part in ours]
    told = re.search(r"uuid ([0-9A-F-]+)", call([*need("llvm-objdump-19"), "--macho", "--private-headers", path]))
    assert told
    assert parts.uuid == told[1].replace("-", "").lower()
