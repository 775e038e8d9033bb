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
        "dll",
        [
            "KERNEL32.dll",
            "USER32",
            "api-ms-win-crt-runtime-l1-1-0.dll",
            "ext-ms-win-a.dll",
            "ucrtbase.dll",
            "winspool.drv",
        ],
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

    def test_what_exports_are_forwarded_to_may_be_absent(self) -> None:
        outcome = examine(a=pe(forwards=("nowhere.f", "kernel32.Sleep", "nvcuda.g")), b=pe("nowhere.dll"))
        assert [(f.rule, f.member, f.message) for f in outcome.findings] == [
            (rules.LIB_OPTIONAL, "a", f"{dll}, which exports are forwarded to, is neither in the wheel nor {rest}")
            for dll, rest in (
                ("nowhere.dll", "part of Windows"),
                ("nvcuda.dll", "part of Windows: a graphics driver brings it"),
            )
        ]
        assert [(m.library, m.members) for m in outcome.missing] == [("nowhere.dll", ("b",))]

    def test_the_table_is_per_processor(self) -> None:
        assert missing(CP312, "wow64cpu.dll") == []
        assert missing(CP312, "wow64cpu.dll", arch="win32") == ["wow64cpu.dll"]
        assert missing(CP312, "opengl32.dll") == []
        assert missing(CP312, "opengl32.dll", arch="arm64") == ["opengl32.dll"]

    @pytest.mark.parametrize(
        "dll",
        ["bluetoothapis", "d3d12", "d3dcompiler_47", "dcomp", "gdiplus", "shcore", "xaudio2_9", "xinput1_4", "mfplat"],
    )
    @pytest.mark.parametrize("arch", ["amd64", "arm64", "win32"])
    def test_what_windows_has_had_since_windows_10_or_earlier(self, dll: str, arch: str) -> None:
        assert missing(ANY, f"{dll}.dll", arch=arch) == []

    @pytest.mark.parametrize(
        ("dll", "release"),
        [
            ("icuuc.dll", "10 version 1703"),
            ("computecore.dll", "10 version 1809"),
            ("icu.dll", "10 version 1903"),
            ("directml.dll", "10 version 1903"),
            ("dxcore.dll", "10 version 2004"),
        ],
    )
    def test_a_release_that_no_tag_names_is_no_promise(self, dll: str, release: str) -> None:
        (found,) = examine(a=pe(dll)).missing
        assert (found.rule, windows.later(dll)) == (rules.LIB_MISSING, release)
        assert found.searched.endswith(f"part of every Windows 10: it came with {release}")

    @pytest.mark.parametrize("dll", ["icu.drv", "icu", "libicu.dll", ".dll", "kernel32.dll"])
    def test_of_other_names_no_release_is_known(self, dll: str) -> None:
        assert windows.later(dll) == ""

    @pytest.mark.parametrize(
        "dll", ["d3dx9_43.dll", "d3dcompiler_46.dll", "xinput1_3.dll", "x3daudio1_7.dll", "glut32.dll", "mqrt.dll"]
    )
    @pytest.mark.parametrize("arch", ["amd64", "arm64", "win32"])
    def test_what_somebody_must_install_is_no_part_of_windows(self, dll: str, arch: str) -> None:
        assert missing(ANY, dll, arch=arch) == [dll]

    def test_the_copy_of_a_library_that_windows_keeps_for_itself_is_no_promise(self) -> None:
        assert missing(ANY, "libcrypto.dll", arch="arm64") == ["libcrypto.dll"]

    @pytest.mark.parametrize(
        "dll",
        [
            *("nvcuda.dll", "nvml.dll", "nvapi64.dll", "nvcuvid.dll", "vulkan-1.dll", "opencl.dll", "amdhip64.dll"),
            *("amdhip64_6.dll", "ze_loader.dll", "atiadlxx.dll", "amfrt64.dll", "nvencodeapi.dll"),
        ],
    )
    def test_drivers_are_told_from_libraries(self, dll: str) -> None:
        (found,) = examine(a=pe(dll)).missing
        assert windows.is_driver(dll)
        assert found.searched.endswith("a graphics driver brings it")

    @pytest.mark.parametrize("dll", ["cudart64_12.dll", "nvrtc64_120_0.dll", "d3d12.dll", "vulkan-2.dll", "opencl.drv"])
    def test_libraries_are_no_drivers(self, dll: str) -> None:
        assert not windows.is_driver(dll)


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

    @pytest.mark.parametrize(
        "dll",
        [
            *("vcruntime140d.dll", "vcruntime140_1d.dll", "msvcp140d.dll", "msvcp140_1d.dll", "mfc140ud.dll"),
            *(
                "msvcp140d_atomic_wait.dll",
                "vcruntime140_threadsd.dll",
                "concrt140d.dll",
                "msvcr90d.dll",
                "ucrtbased.dll",
            ),
        ],
    )
    def test_nobody_may_bring_the_debug_runtime(self, dll: str) -> None:
        (found,) = examine(a=pe(dll)).missing
        assert (found.rule, windows.is_debug_runtime(dll)) == (rules.LIB_WINDOWS_RUNTIME, True)
        assert found.searched == "is of the debug runtime, which may not be passed on: build without /MDd"

    @pytest.mark.parametrize(
        "dll",
        [
            *("msvcp140_codecvt_ids.dll", "msvcp140_atomic_wait.dll", "vcruntime140_threads.dll", "mfc140deu.dll"),
            *("vcruntime140_1.dll", "vccorlib140.dll", "msvcr100.dll", "mfcm140u.dll"),
        ],
    )
    def test_the_runtime_that_is_redistributable(self, dll: str) -> None:
        assert (windows.is_runtime(dll), windows.is_debug_runtime(dll)) == (True, False)

    @pytest.mark.parametrize("dll", ["python3.dll", "msvcrt.dll", "d3d12d.dll", "libgcc_s_seh-1.dll", "zlib1.dll"])
    def test_what_is_no_runtime_of_visual_cs(self, dll: str) -> None:
        assert (windows.is_runtime(dll), windows.is_debug_runtime(dll)) == (False, False)

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
        private = {"libcrypto.dll"} if arch == "arm64" else set()
        assert {name for name in ignore_names[machine] if not windows.promised(name, arch)} == private

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
