"""Windows: the processor is the tag, and every DLL is in the wheel, in Windows, or comes with the Python."""

from __future__ import annotations

import re

import pytest
from delvewheel._dll_list import MachineType, ignore_by_abi_platform, ignore_names

from tests.policy.images import pe
from truewheel import rules
from truewheel.binary.graph import resolve
from truewheel.binary.model import DllImport, Pe
from truewheel.policy import windows
from truewheel.policy.model import Outcome, strongest
from truewheel.wheel.name import WheelName

CP312 = "pkg-1.0-cp312-cp312-win_amd64.whl"
ANY = "pkg-1.0-py3-none-win_amd64.whl"


def judge(name: str, images: dict[str, Pe]) -> Outcome:
    return windows.examine(images, resolve(images).external, WheelName.parse(name))


def examine(**images: Pe) -> Outcome:
    return judge(CP312, images)


def missing(name: str, *dlls: str, arch: str = "amd64") -> list[str]:
    return [found.library for found in judge(name, {"a": pe(*dlls, arch=arch)}).missing]


class TestFloors:
    @pytest.mark.parametrize(("arch", "tag"), [("amd64", "win_amd64"), ("win32", "win32"), ("arm64", "win_arm64")])
    def test_the_machine_is_the_tag(self, arch: str, tag: str) -> None:
        (found,) = examine(a=pe(arch=arch)).requirements
        assert (found.floor.tag, found.member) == (tag, "a")

    def test_a_helper_of_another_machine_has_a_floor_of_its_own(self) -> None:
        outcome = examine(a=pe(), b=pe(arch="win32", dll=False))
        assert [r.floor.tag for r in strongest(outcome.requirements)] == ["win_amd64", "win32"]

    def test_a_machine_without_a_tag(self) -> None:
        assert examine(a=pe(arch="machine-452")).unknown == ("a is for machine-452, which no tag names",)
        assert examine(a=pe(arch="machine-452"), b=pe()).unknown == ()

    def test_arm64ec_is_code_of_neither_machine(self) -> None:
        emulated = pe(hybrid=True)
        assert examine(a=emulated).unknown == ("a is ARM64EC code: only x64 programs on ARM load it",)
        assert examine(a=emulated, b=pe()).unknown == examine(a=emulated).unknown
        assert [r.member for r in examine(a=emulated, b=pe()).requirements] == ["b"]
        beside = examine(a=emulated, b=pe(arch="arm64", hybrid=True))
        assert ([r.floor.tag for r in beside.requirements], beside.unknown) == (["win_arm64"], ())

    def test_firmware_is_not_windows(self) -> None:
        assert examine(a=pe("x.dll", subsystem=10)) == Outcome()


class TestDlls:
    @pytest.mark.parametrize(
        "dll", ["KERNEL32.dll", "api-ms-win-crt-runtime-l1-1-0.dll", "ext-ms-win-a.dll", "ucrtbase.dll", "winspool.drv"]
    )
    @pytest.mark.parametrize("arch", ["amd64", "arm64", "win32"])
    def test_windows_has_its_own(self, dll: str, arch: str) -> None:
        assert missing(ANY, dll, arch=arch) == []

    @pytest.mark.parametrize("dll", ["python3.dll", "python312.dll", "python313t.dll", "libpypy3.10-c.dll"])
    def test_the_interpreters_are_judged_elsewhere(self, dll: str) -> None:
        assert missing(CP312, dll) == []

    @pytest.mark.parametrize("dll", ["hdf5.dll", "nvcuda.dll", "libopenblas.dll", "python312x.dll", "pythoncom312.dll"])
    def test_everything_else_is_missing(self, dll: str) -> None:
        outcome = examine(a=pe(dll), b=pe(dll))
        assert [(m.library, m.members) for m in outcome.missing] == [(dll, ("a", "b"))]
        assert outcome.findings == ()

    def test_a_member_is_not_missing(self) -> None:
        assert judge(CP312, {"a.pyd": pe("MSVCP140.dll"), "p.libs/msvcp140.dll": pe()}).missing == ()

    @pytest.mark.parametrize("dll", ["nvcuda.dll", "vcomp140.dll"])
    def test_what_is_loaded_on_first_use_may_be_absent(self, dll: str) -> None:
        delayed = DllImport(dll.upper(), ("f",), delayed=True)
        outcome = examine(a=pe(delayed), b=pe(delayed, dll))
        assert [(f.rule, f.member) for f in outcome.findings] == [(rules.LIB_OPTIONAL, "a")]
        assert outcome.findings[0].message.startswith(f"{dll}, loaded on first use, is neither")
        assert [(m.library, m.members) for m in outcome.missing] == [(dll, ("b",))]

    def test_the_table_is_per_processor(self) -> None:
        assert missing(CP312, "wow64cpu.dll") == []
        assert missing(CP312, "wow64cpu.dll", arch="win32") == ["wow64cpu.dll"]


class TestRuntime:
    @pytest.mark.parametrize(
        ("tags", "brought"),
        [
            ("cp312-cp312-win_amd64", {"vcruntime140.dll", "vcruntime140_1.dll"}),
            ("cp313-cp313t-win_amd64", {"vcruntime140.dll", "vcruntime140_1.dll"}),
            ("cp39-abi3-win_amd64", {"vcruntime140.dll", "vcruntime140_1.dll"}),
            ("cp38-abi3-win_amd64", {"vcruntime140.dll"}),
            ("cp38.cp312-abi3-win_amd64", {"vcruntime140.dll"}),
            ("cp310-cp310-win_arm64", {"vcruntime140.dll", "vcruntime140_1.dll"}),
            ("cp312-cp312-win32", {"vcruntime140.dll"}),
            ("cp312-cp312d-win_amd64", {"vcruntime140d.dll", "ucrtbased.dll"}),
            ("pp310-pypy310_pp73-win_amd64", {"vcruntime140.dll"}),
            ("graalpy311-graalpy240_311_native-win_amd64", {"vcruntime140.dll", "vcruntime140_1.dll"}),
            ("py3-none-win_amd64", set()),
            ("cp27-cp27m-win_amd64", {"msvcr90.dll"}),
            ("cp34-none-win32", {"msvcr100.dll"}),
        ],
    )
    def test_what_the_python_brings(self, tags: str, brought: set[str]) -> None:
        name = WheelName.parse(f"pkg-1.0-{tags}.whl")
        arch = tags.rpartition("-")[2].removeprefix("win_")
        assert windows.brought_by_python(name, arch) == brought

    @pytest.mark.parametrize(
        "dll", ["msvcp140.dll", "msvcp140_1.dll", "concrt140.dll", "vcomp140.dll", "mfc140u.dll", "msvcr100.dll"]
    )
    def test_the_rest_of_the_runtime_is_missing_by_a_rule_of_its_own(self, dll: str) -> None:
        outcome = examine(a=pe(dll, "vcruntime140.dll"))
        assert [(m.library, m.rule) for m in outcome.missing] == [(dll, rules.LIB_WINDOWS_RUNTIME)]

    @pytest.mark.parametrize("dll", ["vcruntime140.dll", "vcruntime140_1.dll"])
    def test_a_wheel_for_any_python_must_bring_all_of_it(self, dll: str) -> None:
        assert missing(ANY, dll) == [dll]
        assert missing(CP312, dll) == []

    @pytest.mark.parametrize("dll", ["msvcrt.dll", "mfc42.dll", "atl.dll"])
    def test_runtimes_that_windows_itself_has(self, dll: str) -> None:
        assert missing(ANY, dll) == []


def test_a_newer_windows_than_any_python_needs_is_told() -> None:
    assert examine(a=pe(os_version=(10, 0))).findings == ()
    (finding,) = examine(a=pe(os_version=(10, 1))).findings
    assert (finding.rule, finding.message) == (rules.WIN_OS_VERSION, "its header asks for Windows 10.1")


class TestAgainstDelvewheel:
    @pytest.mark.parametrize(
        ("arch", "machine"),
        [("amd64", MachineType.AMD64), ("arm64", MachineType.ARM64), ("win32", MachineType.I386)],
    )
    def test_every_system_dll_is_promised(self, arch: str, machine: MachineType) -> None:
        assert [name for name in sorted(ignore_names[machine]) if not windows.promised(name, arch)] == []

    @pytest.mark.parametrize("release", ["39", "310", "311", "312", "313"])
    @pytest.mark.parametrize("platform", ["win_amd64", "win32", "win_arm64"])
    def test_cpython_brings_what_it_says(self, release: str, platform: str) -> None:
        abi = f"cp{release}"
        theirs = {
            dll
            for pattern, dlls in ignore_by_abi_platform.items()
            if re.fullmatch(pattern, f"{abi}-{platform}")
            for dll in dlls
        }
        name = WheelName.parse(f"pkg-1.0-{abi}-{abi}-{platform}.whl")
        assert windows.brought_by_python(name, platform.removeprefix("win_")) == theirs
