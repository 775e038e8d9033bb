"""Every check on wheels that have one thing wrong, made of real bytes; a clean wheel beside each."""

from __future__ import annotations

import json

import pytest

from tests.binary.fixtures import Need, Recipe, Symbol, make
from tests.ops.mach_fakes import mach, module
from tests.strategies.macho import ARM64, DYLIB, X86_64, MachFile, build_version, fat, packed, rpath, signature
from tests.strategies.pe import PeFile, rsds
from tests.support import SAMPLE, wheel_bytes
from truewheel.findings import Finding
from truewheel.ops import Audit, Depth, audit
from truewheel.wheel import Limits, WheelName, canonicalize, read, write

GNU_STACK, TEXTREL = 0x6474E551, 22
HARD = ((GNU_STACK, 6),)
LINUX = "sample-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
MAC = "sample-1.0-cp312-cp312-macosx_11_0_universal2.whl"
WINDOWS = "sample-1.0-cp312-cp312-win_amd64.whl"
INFO = "sample-1.0.dist-info"


def elf(**changes: object) -> bytes:
    """A library that needs glibc 2.17 and nothing odd."""
    recipe: dict[str, object] = {
        "needed": ("libc.so.6",),
        "needs": (Need("libc.so.6", (("GLIBC_2.17", 2, False),)),),
        "symbols": (Symbol("secure_getenv", version=2),),
        "segments": HARD,
    }
    return make(Recipe(**{**recipe, **changes})).data  # type: ignore[arg-type]  # fields by name, as the tests say them


def macho(*archs: tuple[int, int], platform: int = 1, signed: bool = True, paths: tuple[str, ...] = ()) -> bytes:
    parts = [
        MachFile(
            cpu=cpu,
            filetype=DYLIB,
            commands=[build_version(platform, packed(11)), *map(rpath, paths)],
            signature=signature() if signed else b"",
        ).encode()
        for cpu in archs
    ]
    return fat(*parts) if len(parts) > 1 else parts[0]


def audited(files: dict[str, bytes], name: str = LINUX) -> Audit:
    data = wheel_bytes(files, name=name)
    wheel = read(data, WheelName.parse(name))
    return audit(wheel, file=name, size=len(data), depth=Depth.CONTENTS)


def found(files: dict[str, bytes], name: str = LINUX) -> dict[str, list[Finding]]:
    """The findings by rule, but for the one that every wheel made here earns: it isn't canonical."""
    result: dict[str, list[Finding]] = {}
    for finding in audited(files, name).findings:
        if finding.rule.id != "ZIP001":
            result.setdefault(finding.rule.id, []).append(finding)
    return result


def wheel_file(*tags: str, pure: bool = False) -> dict[str, bytes]:
    lines = "".join(f"Tag: {tag}\n" for tag in tags)
    return {
        f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: {str(pure).lower()}\n{lines}".encode()
    }


def test_a_clean_wheel_of_each_platform_has_no_findings() -> None:
    assert found({"sample/lib.so": elf()}) == {}
    assert found({"sample/lib.dylib": macho(ARM64, X86_64)}, MAC) == {}
    assert found({"sample/lib.dll": PeFile().encode()}, WINDOWS) == {}
    assert found({"sample/a.py": b""}, SAMPLE) == {}


CLAIM = "cp312-cp312-manylinux_2_17_x86_64"
CASES: dict[str, tuple[dict[str, bytes], str, str]] = {
    "TAG001": ({"sample/lib.so": elf(), **wheel_file("cp312-cp312-linux_x86_64")}, LINUX, "only in the name"),
    "TAG002": (
        {"sample/lib.so": elf()},
        "sample-1.0-cp312-cp312-manylinux_2_5_x86_64.whl",
        "manylinux_2_5_x86_64 promised; manylinux_2_17_x86_64 needed by sample/lib.so: secure_getenv@GLIBC_2.17",
    ),
    "TAG003": ({"sample/lib.so": elf()}, WINDOWS, "win_amd64 claimed; manylinux_2_17_x86_64 needed by sample/lib.so"),
    "TAG004": (
        {"sample/lib.dylib": macho(ARM64)},
        "sample-1.0-cp312-cp312-macosx_11_7_arm64.whl",
        "macosx_11_7_arm64 is never asked for",
    ),
    "TAG005": (
        {"sample/lib.so": elf()},
        "sample-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "the platform tags are manylinux_2_17_x86_64.manylinux2014_x86_64",
    ),
    "TAG006": (
        {
            "sample/lib.so": elf(),
            **wheel_file("cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64"),
        },
        "sample-1.0-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        "stands for several tags",
    ),
    "TAG007": ({"sample/lib.so": elf()}, "sample-1.0-cp312-cp312-manylinux_2_28_x86_64.whl", "would do"),
    "TAG008": (
        {"sample/_x.cpython-312-wasm32-emscripten.so": b"\0asm\1\0\0\0\0\x09\x08dylink.0"},
        "sample-1.0-cp312-cp312-pyemscripten_2026_0_wasm32.whl",
        "Emscripten",
    ),
    "TAG009": ({"sample/lib.so": elf()}, SAMPLE, "tagged any, needs manylinux_2_17_x86_64"),
    "TAG010": ({"sample/a.py": b""}, LINUX, "there is no native code in it"),
    "TAG011": (
        {"sample/a.exe": PeFile().encode(), "sample/b.exe": PeFile(machine=0xAA64).encode()},
        SAMPLE,
        "several platforms",
    ),
    "TAG012": (
        {"sample/a.dll": PeFile().encode(), "sample/helper.dll": PeFile(machine=0xAA64).encode()},
        WINDOWS,
        "it is for win_arm64",
    ),
    "TAG013": (
        {
            "sample/_x.cp312-win_arm64.pyd": PeFile(machine=0xAA64).encode(),
            "sample/_x.dll": PeFile().encode(),
        },
        WINDOWS,
        "there is no file of this module for amd64",
    ),
    "REC005": ({"sample/lib.so": elf(), f"{INFO}/RECORD.p7s": b"x"}, LINUX, "it stands for RECORD"),
    "LIB001": ({"sample/lib.so": elf(needed=("libc.so.6", "libodd.so.1"))}, LINUX, "libodd.so.1 is not in the wheel"),
    "LIB002": (
        {"sample/lib.dll": PeFile(imports=[("MSVCP140.dll", ["f"])]).encode()},
        WINDOWS,
        "msvcp140.dll is neither in the wheel nor part of Windows or of the Python",
    ),
    "LIB005": (
        {"sample/lib.dll": PeFile(delayed=[("nvcuda.dll", ["f"])]).encode()},
        WINDOWS,
        "nvcuda.dll, loaded on first use, is neither in the wheel",
    ),
    "MAC001": ({"sample/lib.dylib": macho(ARM64, X86_64, platform=6)}, MAC, ""),
    "MAC002": (
        {"sample/lib.dylib": macho(ARM64, X86_64), "sample/thin.dylib": macho(ARM64)},
        MAC,
        "arm64 and x86_64 claimed, it has only arm64",
    ),
    "MAC003": ({"sample/lib.dylib": macho(ARM64, X86_64, signed=False)}, MAC, ""),
    "SEC001": ({"sample/lib.so": elf(segments=((GNU_STACK, 7),))}, LINUX, "PT_GNU_STACK is executable"),
    "SEC002": ({"sample/lib.so": elf(tags=((TEXTREL, 0),))}, LINUX, "DT_TEXTREL is set"),
    "PATH001": ({"sample/lib.so": elf(runpath="/opt/build/lib")}, LINUX, "/opt/build/lib"),
    "PATH003": ({"sample/lib.so": elf(rpath="$ORIGIN/../../lib")}, LINUX, "leads out of"),
    "PATH004": ({"sample/lib.so": elf() + b"\0/home/somebody/project/x.c\0"}, LINUX, "/home/somebody"),
    "REP001": (
        {
            "sample/lib.so": elf(),
            f"{INFO}/sboms/a.cdx.json": json.dumps(
                {"serialNumber": "urn:uuid:5b3c1f7a-8f1e-4c55-9b1b-2f6d3e1a0c9d"}
            ).encode(),
        },
        LINUX,
        "is random",
    ),
    "REP002": ({"sample/lib.dll": PeFile(debug=[(2, rsds("C:\\build\\x.pdb"))]).encode()}, WINDOWS, "C:\\build\\x.pdb"),
}


@pytest.mark.parametrize("rule", CASES)
def test_one_flaw_gives_its_rule(rule: str) -> None:
    files, name, words = CASES[rule]
    findings = found(files, name)
    assert rule in findings, findings
    assert words in findings[rule][0].message


def test_processors_with_files_of_their_own_lack_nothing() -> None:
    thin = {"sample/x.dylib": macho(X86_64), "sample/y.dylib": macho(ARM64)}
    assert found(thin, MAC) == {}
    old = "sample-1.0-cp312-cp312-macosx_11_0_x86_64.whl"
    (finding,) = found(thin, old)["TAG012"]
    assert (finding.member, finding.message) == ("sample/y.dylib", "it is for macosx_11_0_arm64")


def test_a_library_for_one_processor_alone_lacks_nothing_where_no_other_asks_for_it() -> None:
    own = "@loader_path/libown.dylib"
    files = {"sample/x.so": fat(module(own, cpu=X86_64), module(), align=14), "sample/libown.dylib": mach(cpu=X86_64)}
    assert found(files, MAC) == {}
    files["sample/x.so"] = fat(module(own, cpu=X86_64), module(own), align=14)
    assert {finding.member for finding in found(files, MAC)["MAC002"]} == {"sample/libown.dylib"}
    assert {finding.member for finding in found(files, MAC)["LIB001"]} == {"sample/x.so"}


def test_a_fat_file_is_not_foreign_to_one_of_its_processors() -> None:
    assert set(found({"sample/x.dylib": macho(ARM64, X86_64)}, MAC.replace("universal2", "x86_64"))) == {"TAG007"}


def test_processors_that_a_false_tag_promises() -> None:
    (finding,) = found({"sample/x.dylib": macho(ARM64)}, MAC)["TAG002"]
    assert finding.message == "macosx_11_0_universal2 promised; not every file is for x86_64"


def test_what_one_file_needs_is_told_together() -> None:
    name = MAC.replace("macosx_11_0", "macosx_10_9").replace("universal2", "x86_64.macosx_10_9_universal2")
    (finding,) = found({"sample/x.dylib": macho(ARM64, X86_64)}, name)["TAG002"]
    assert finding.message == (
        "macosx_10_9_x86_64, macosx_10_9_universal2 promised; "
        "macosx_11_0_x86_64 needed by sample/x.dylib: minos 11.0 of the x86_64 slice"
    )
    (both,) = found({"sample/x.dylib": macho(ARM64, X86_64)}, LINUX)["TAG003"]
    assert both.message == (
        "manylinux_2_17_x86_64 claimed; macosx_11_0_universal2 needed by sample/x.dylib: "
        "minos 11.0 of the arm64 slice, minos 11.0 of the x86_64 slice"
    )


def test_a_wheel_for_another_machine_is_one_finding() -> None:
    modules = {f"sample/_{n}.cp312-win_arm64.pyd": PeFile(machine=0xAA64).encode() for n in "xy"}
    assert set(found(modules, WINDOWS)) == {"TAG003"}


def test_many_reasons_are_not_all_told() -> None:
    module = b"\0asm\1\0\0\0\0\x09\x08dylink.0"
    files = {f"sample/_{n}.cpython-312-wasm32-emscripten.so": module for n in range(9)}
    (finding,) = found(files, "sample-1.0-cp312-cp312-pyemscripten_2026_0_wasm32.whl")["TAG008"]
    assert finding.message.endswith("; and 6 more")
    assert finding.message.count("emscripten.so") == 3


def test_one_lack_is_one_finding() -> None:
    findings = found(*CASES["LIB002"][:2])
    assert [finding.rule.id for rule in findings for finding in findings[rule]] == ["LIB002"]


def test_what_pypi_does_not_take() -> None:
    data = wheel_bytes({"sample/zeros": bytes(70 << 20)})
    wheel = read(data, WheelName.parse(SAMPLE), Limits(total_ratio=2_000))
    for size, words in ((len(data), "the limit is 50"), (101 << 20, "the default limit is 104,857,600")):
        findings = audit(wheel, file=SAMPLE, size=size).findings
        assert [words in f.message for f in findings if f.rule.id == "SIZE001"] == [True]


def test_a_missing_gnu_stack_means_an_executable_one_on_x86() -> None:
    findings = found({"sample/lib.so": elf(segments=())})
    assert "there is no PT_GNU_STACK" in findings["SEC001"][0].message


def test_an_sbom_with_a_time_and_one_that_is_no_json() -> None:
    time = json.dumps(
        {"serialNumber": "urn:uuid:5b3c1f7a-8f1e-5c55-9b1b-2f6d3e1a0c9d", "metadata": {"timestamp": "now"}}
    )
    files = {"sample/lib.so": elf(), f"{INFO}/sboms/a.json": time.encode(), f"{INFO}/sboms/b.json": b"[" * 100_000}
    assert [f.message for f in found(files)["REP001"]] == ["it carries the time now"]


def test_purelib_with_native_code() -> None:
    files = {"sample/lib.so": elf(), **wheel_file(CLAIM, pure=True)}
    assert "Root-Is-Purelib" in found(files)["TAG009"][0].message


def test_a_canonical_wheel_is_told_so() -> None:
    data = wheel_bytes({"sample/lib.so": elf()}, name=LINUX)
    name = WheelName.parse(LINUX)
    pieces: list[bytes] = []

    class Sink:
        def write(self, data: bytes | bytearray | memoryview, /) -> None:
            pieces.append(bytes(data))

    write(canonicalize(read(data, name)), Sink(), timestamp=1_700_000_000)
    canonical = b"".join(pieces)
    result = audit(read(canonical, name), file=LINUX, size=len(canonical), depth=Depth.CONTENTS)
    assert result.findings == ()


def test_programs_that_are_data_need_no_libraries() -> None:
    programs = {
        f"sample/{machine:x}.exe": PeFile(machine=machine, imports=[("odd.dll", ["f"])]).encode()
        for machine in (0x8664, 0xAA64)
    }
    result = audited(programs, SAMPLE)
    assert result.external == ()
    assert not any(finding.rule.family == "LIB" for finding in result.findings)
