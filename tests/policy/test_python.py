"""Extension modules against the python and abi tags: suffixes, targets, the stable ABI, and Python's DLLs."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import abi3info
import pytest

from tests.policy.images import elf, macho, part, pe
from truewheel import rules
from truewheel.binary.model import DllImport, Image, Platform, Wasm
from truewheel.findings import Finding, Rule
from truewheel.policy import python
from truewheel.wheel.name import WheelName

LINUX = "manylinux_2_17_x86_64"


def findings(tags: str, images: dict[str, Image], libc: dict[str, str] | None = None) -> tuple[Finding, ...]:
    return python.examine(WheelName.parse(f"pkg-1.0-{tags}.whl"), images, libc or {})


def found(tags: str, *members: str, image: Image | None = None) -> list[Rule]:
    """The rules broken by members that are all one image: a module, unless told otherwise."""
    whole = image or elf(exports=("PyInit__c",))
    return [finding.rule for finding in findings(tags, dict.fromkeys(members, whole))]


class TestSuffix:
    @pytest.mark.parametrize(
        ("tags", "suffix"),
        [
            (f"cp312-cp312-{LINUX}", ".cpython-312-x86_64-linux-gnu.so"),
            (f"cp312-cp312-{LINUX}", ".cpython-312.so"),
            (f"cp312-cp312-{LINUX}", ".abi3.so"),
            (f"cp312-cp312-{LINUX}", ".so"),
            (f"cp36-cp36m-{LINUX}", ".cpython-36m-x86_64-linux-gnu.so"),
            (f"cp313-cp313t-{LINUX}", ".cpython-313t-x86_64-linux-gnu.so"),
            (f"cp39-abi3-{LINUX}", ".abi3.so"),
            (f"cp39-abi3-{LINUX}", ".so"),
            (f"cp315-abi3t-{LINUX}", ".abi3t.so"),
            (f"cp315-abi3.abi3t-{LINUX}", ".abi3t.so"),
            (f"pp310-pypy310_pp73-{LINUX}", ".pypy310-pp73-x86_64-linux-gnu.so"),
            (f"graalpy311-graalpy240_311_native-{LINUX}", ".graalpy240-311-native-x86_64-linux.so"),
        ],
    )
    def test_what_the_tagged_python_imports(self, tags: str, suffix: str) -> None:
        assert found(tags, f"p/_c{suffix}") == []

    @pytest.mark.parametrize(
        ("tags", "suffix"),
        [
            (f"cp312-cp312-{LINUX}", ".cpython-311-x86_64-linux-gnu.so"),
            (f"cp312-cp312-{LINUX}", ".pypy310-pp73-x86_64-linux-gnu.so"),
            (f"cp39-abi3-{LINUX}", ".cpython-39-x86_64-linux-gnu.so"),
            (f"pp310-pypy310_pp73-{LINUX}", ".cpython-310-x86_64-linux-gnu.so"),
            (f"pp310-pypy310_pp73-{LINUX}", ".so"),
        ],
    )
    def test_what_it_does_not(self, tags: str, suffix: str) -> None:
        assert set(found(tags, f"p/_c{suffix}")) == {rules.ABI_SUFFIX}

    @pytest.mark.parametrize(
        ("tags", "suffix", "broken"),
        [
            ("cp312-cp312-win_amd64", ".cp312-win_amd64.pyd", []),
            ("cp36-cp36m-win_amd64", ".cp36-win_amd64.pyd", []),
            ("cp313-cp313t-win_amd64", ".cp313t-win_amd64.pyd", []),
            ("cp39-abi3-win_amd64", ".pyd", []),
            ("cp312-cp312-win_amd64", ".cp311-win_amd64.pyd", [rules.ABI_SUFFIX]),
            ("cp39-abi3-win_amd64", ".abi3.pyd", [rules.ABI_SUFFIX]),
        ],
    )
    def test_on_windows(self, tags: str, suffix: str, broken: list[Rule]) -> None:
        assert found(tags, f"p/_c{suffix}", image=pe(exports=("PyInit__c",))) == broken

    @pytest.mark.parametrize(
        ("tags", "suffix"),
        [
            (f"cp39-abi3-{LINUX}", ".abi3t.so"),
            (f"cp313-cp313-{LINUX}", ".cpython-313t-x86_64-linux-gnu.so"),
            (f"cp313-cp313t-{LINUX}", ".cpython-313-x86_64-linux-gnu.so"),
        ],
    )
    def test_the_other_threading_is_a_rule_of_its_own(self, tags: str, suffix: str) -> None:
        assert found(tags, f"p/_c{suffix}") == [rules.ABI_FREE_THREADED]

    def test_one_file_for_each_python_is_fine(self) -> None:
        both = [f"p/_c.cpython-{release}-x86_64-linux-gnu.so" for release in ("311", "312")]
        assert found(f"cp311.cp312-cp311.cp312-{LINUX}", *both) == []
        assert found(f"cp311.cp312-cp311.cp312-{LINUX}", both[0]) == [rules.ABI_SUFFIX]

    @pytest.mark.parametrize("member", ["p/libfoo.so", "p/libfoo.so.1", "p/tool", "lib/lib-dynload/_c.cpython-39.so"])
    def test_libraries_and_programs_are_no_modules(self, member: str) -> None:
        assert found(f"pp310-pypy310_pp73-{LINUX}", member, image=elf(exports=("foo",))) == []
        assert found(f"py3-none-{LINUX}", member, image=elf(exports=("foo", "PyInit__io"))) == []


class TestTarget:
    @pytest.mark.parametrize(
        ("suffix", "libc", "broken"),
        [
            (".cpython-312-x86_64-linux-gnu.so", "glibc", False),
            (".cpython-312-x86_64-linux-gnu.so", "musl", True),
            (".cpython-312-x86_64-linux-musl.so", "glibc", True),
            (".cpython-312-x86_64-linux-musl.so", "musl", False),
            (".cpython-312-x86_64-linux-gnu.so", "none", False),
            (".cpython-310-x86_64-linux-gnu.so", "musl", False),
            (".cpython-310-x86_64-linux-gnu.so", "bionic", True),
            (".cpython-313-x86_64-linux-android.so", "bionic", False),
            (".cpython-313-x86_64-linux-android.so", "glibc", True),
            (".cpython-312-aarch64-linux-gnu.so", "glibc", True),
            (".pypy310-pp73-x86_64-linux-gnu.so", "musl", False),
            (".pypy310-pp73-aarch64-linux-gnu.so", "glibc", True),
            (".cpython-312-darwin.so", "glibc", True),
            (".cpython-312-strange-system.so", "glibc", False),
        ],
    )
    def test_elf(self, suffix: str, libc: str, broken: bool) -> None:
        member = f"p/_c{suffix}"
        made = findings(f"cp3-none-{LINUX}", {member: elf()}, {member: libc})
        assert [finding.rule for finding in made] == [rules.ABI_SUFFIX_LIBC] * broken

    @pytest.mark.parametrize(
        ("platform", "suffix", "broken"),
        [
            (Platform.MACOS, "-darwin", False),
            (Platform.IOS, "-iphoneos", False),
            (Platform.IOS_SIMULATOR, "-iphonesimulator", False),
            (Platform.IOS, "-darwin", True),
            (Platform.MACOS, "-x86_64-linux-gnu", True),
            (Platform.UNKNOWN, "-darwin", False),
        ],
    )
    def test_mach_o(self, platform: Platform, suffix: str, broken: bool) -> None:
        rule = found("cp3-none-macosx_11_0_arm64", f"_c.cpython-312{suffix}.so", image=macho(part(platform=platform)))
        assert rule == [rules.ABI_SUFFIX_LIBC] * broken

    @pytest.mark.parametrize(
        ("arch", "suffix", "broken"),
        [
            ("amd64", "win_amd64", False),
            ("win32", "win32", False),
            ("arm64", "win_arm64", False),
            ("amd64", "win32", True),
        ],
    )
    def test_pe(self, arch: str, suffix: str, broken: bool) -> None:
        rule = found("cp3-none-win_amd64", f"_c.cp312-{suffix}.pyd", image=pe(arch=arch))
        assert rule == [rules.ABI_SUFFIX_LIBC] * broken

    def test_arm_processors_are_one(self) -> None:
        for arch in ("armv6l", "armv7l"):
            assert found("cp3-none-any", "_c.cpython-312-arm-linux-gnueabihf.so", image=elf(arch=arch)) == []


class TestStableAbi:
    def messages(self, tags: str, images: dict[str, Image]) -> list[tuple[str, str]]:
        return [(finding.rule.id, finding.message) for finding in findings(tags, images)]

    def test_the_stable_abi_is_clean(self) -> None:
        names = ("PyArg_Parse", "PyType_GetSlot", "_Py_NoneStruct", "malloc", "_ZN3PyXX", "Pyxis", "?PyUnicode_New")
        assert found(f"cp39-abi3-{LINUX}", "_c.abi3.so", image=elf(imports=names)) == []

    def test_other_names_break_it(self) -> None:
        image = elf(imports=("PyUnicode_New", "_PyObject_GetState", "PyArg_Parse"))
        assert self.messages(f"cp39-abi3-{LINUX}", {"_c.abi3.so": image}) == [
            (rules.ABI3_VIOLATED.id, "PyUnicode_New, _PyObject_GetState are not in the stable ABI")
        ]

    def test_newer_names_break_the_oldest_python(self) -> None:
        image = elf(imports=("PyType_GetModule", "PyObject_Vectorcall"))
        assert self.messages(f"cp311.cp39-abi3-{LINUX}", {"_c.abi3.so": image}) == [
            (
                rules.ABI3_TOO_NEW.id,
                "PyObject_Vectorcall (3.12), PyType_GetModule (3.10) are newer than Python 3.9, which the tag admits",
            )
        ]
        assert self.messages(f"cp312-abi3-{LINUX}", {"_c.abi3.so": image}) == []

    def test_names_that_the_wheel_defines_are_its_own(self) -> None:
        images: dict[str, Image] = {
            "_c.abi3.so": elf(imports=("PyMine_Do", "PyUnicode_New")),
            "l.so": elf(exports=("PyMine_Do",)),
        }
        ((_, message),) = self.messages(f"cp39-abi3-{LINUX}", images)
        assert message == "PyUnicode_New is not in the stable ABI"

    def test_long_lists_are_shortened(self) -> None:
        image = elf(imports=tuple(f"PyNever_{number}" for number in range(8)))
        ((_, message),) = self.messages(f"cp39-abi3-{LINUX}", {"_c.abi3.so": image})
        assert message.endswith("PyNever_4 and 3 more are not in the stable ABI")

    def test_the_slices_of_mach_o(self) -> None:
        image = macho(part("arm64", imports=("_PyArg_Parse", "_PyUnicode_New", "__Py_NoneStruct", "__Py_Hidden")))
        ((_, message),) = self.messages("cp39-abi3-macosx_11_0_arm64", {"_c.abi3.so": image})
        assert message == "PyUnicode_New, _Py_Hidden are not in the stable ABI"

    def test_dlls_tell_what_they_take_from_python(self) -> None:
        image = pe(DllImport("python3.dll", ("PyArg_Parse", "#7", "PyUnicode_New"), delayed=False))
        ((rule, _),) = self.messages("cp39-abi3-win_amd64", {"_c.pyd": image})
        assert rule == rules.ABI3_VIOLATED.id
        other = pe(DllImport("pythonic.dll", ("PyUnicode_New",), delayed=False))
        assert self.messages("cp39-abi3-win_amd64", {"_c.pyd": other}) == []

    def test_other_wheels_may_use_all(self) -> None:
        assert found(f"cp312-cp312-{LINUX}", "_c.so", image=elf(imports=("PyUnicode_New",))) == []

    def test_the_table_is_what_abi3info_says(self) -> None:
        table = json.loads((files("truewheel.policy") / "data" / "stable-abi.json").read_text(encoding="utf-8"))
        ours = {name: release for release, lines in table["added"].items() for name in " ".join(lines).split()}
        theirs = {
            symbol.name: f"{facts.added.major}.{facts.added.minor}"
            for symbol, facts in [*abi3info.FUNCTIONS.items(), *abi3info.DATAS.items()]
        }
        assert {name: theirs.get(name) for name in ours} == ours
        assert re.fullmatch(r"abi3info \S+ \(MIT\), .*", table["source"])


class TestPythonDll:
    @pytest.mark.parametrize(
        ("tags", "dll", "broken"),
        [
            ("cp39-abi3", "python3.dll", []),
            ("cp39-abi3", "PYTHON3.dll", []),
            ("cp39-abi3", "python39.dll", [rules.ABI_PYTHON_DLL]),
            ("cp312-cp312", "python312.dll", []),
            ("cp312-cp312", "python3.dll", []),
            ("cp312-cp312", "python311.dll", [rules.ABI_PYTHON_DLL]),
            ("cp312-cp312", "python312_d.dll", [rules.ABI_PYTHON_DLL]),
            ("cp313-cp313", "python313t.dll", [rules.ABI_FREE_THREADED]),
            ("cp313-cp313t", "python313.dll", [rules.ABI_FREE_THREADED]),
            ("cp313-cp313t", "python313t.dll", []),
            ("cp315-abi3t", "python3t.dll", []),
            ("cp312-cp312", "pythoncom312.dll", []),
            ("pp310-pypy310_pp73", "libpypy3.10-c.dll", []),
            ("py3-none", "python312.dll", []),
        ],
    )
    def test_which_dll(self, tags: str, dll: str, broken: list[Rule]) -> None:
        assert found(f"{tags}-win_amd64", "_c.dll", image=pe(dll)) == broken

    def test_a_wheel_may_carry_another_python(self) -> None:
        images: dict[str, Image] = {"p/tool.dll": pe("python39.dll"), "p/Python39.dll": pe()}
        assert findings("cp312-cp312-win_amd64", images) == ()

    def test_programs_may_start_any_python(self) -> None:
        assert found("cp312-cp312-win_amd64", "t.exe", image=pe("python39.dll", dll=False)) == []


class TestFreeThreaded:
    def test_a_plain_name_is_seen_through(self) -> None:
        image = elf(imports=("_Py_MergeZeroLocalRefcount",))
        assert found(f"cp313-cp313-{LINUX}", "_c.so", image=image) == [rules.ABI_FREE_THREADED]
        assert found(f"cp313-cp313t-{LINUX}", "_c.so", image=image) == []


class TestAbiNone:
    @pytest.mark.parametrize(
        ("member", "image", "broken"),
        [
            ("p/_c.so", elf(exports=("PyInit__c",)), True),
            ("p/_c.cpython-312-x86_64-linux-gnu.so", elf(imports=("PyArg_Parse",)), True),
            ("p/_c.abi3.so", elf(exports=("PyInit__c",)), True),
            ("p/libc.cpython-312-x86_64-linux-gnu.so", elf(exports=("my_function",)), False),
            ("p/libpython3.12.so", elf(exports=("PyInit__io", "Py_Main")), False),
            ("p/libfoo.so", elf(imports=("PyArg_Parse",)), False),
            ("p/_c.pyd", pe(exports=("PyInit__c",)), True),
            ("p/foo.dll", pe("python312.dll"), False),
            ("p/_c.so", macho(part(exports=("_PyInit__c",))), True),
            ("p/_c.so", Wasm(1, shared=True, needed=()), False),
        ],
    )
    def test_only_extension_modules_count(self, member: str, image: Image, broken: bool) -> None:
        assert found("py3-none-any", member, image=image) == [rules.ABI_NONE_WITH_EXTENSION] * broken
