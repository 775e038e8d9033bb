"""What attacks by thought found in the checks, kept so that it stays mended."""

from __future__ import annotations

import pytest

from tests.binary.fixtures import Need, Recipe, Symbol, make
from tests.support import SAMPLE, wheel_bytes
from tests.wheel.rawzip import INFO
from truewheel import rules
from truewheel.errors import BinaryError
from truewheel.findings import Finding
from truewheel.ops import Audit, Depth, Verdict, audit, is_program
from truewheel.wheel import WheelName, read

TIMED = b'{"metadata": {"timestamp": "2024-01-01"}, "components": ['


@pytest.mark.parametrize(
    ("sbom", "told"),
    [
        (TIMED + b"0]}", True),
        (TIMED + b"[]," * 3_000_000 + b"0]}", False),  # 9 MB of text would be 300 MB of lists
        (TIMED + b"[" * 100_000 + b"]" * 100_000 + b"]}", False),
        (b'{"a":' * 100_000, False),
        (b"9" * 1_000_000, False),
    ],
    ids=["plain", "large", "deep", "deep-objects", "long-number"],
)
def test_sboms_that_no_builder_writes_are_left_alone(sbom: bytes, told: bool) -> None:
    wheel = read(wheel_bytes({f"{INFO}/sboms/a.cdx.json": sbom}), WheelName.parse(SAMPLE))
    found = audit(wheel, file=SAMPLE, size=1, depth=Depth.CONTENTS).findings
    assert (rules.REP_SBOM in {finding.rule for finding in found}) is told


LIBRARY = "sample-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"


def examined(files: dict[str, bytes], name: str = SAMPLE, executable: tuple[str, ...] = ()) -> Audit:
    data = wheel_bytes(files, name=name, executable=executable)
    return audit(read(data, WheelName.parse(name)), file=name, size=len(data))


def test_generators_are_cut_and_counted() -> None:
    lines = b"".join(b"Generator: %d%s\n" % (number, b"\xff" * 200) for number in range(4_000))
    shown = examined({f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n" + lines}).generator
    assert shown.startswith("0\udcff")
    assert shown.endswith(" … and 3,997 more")
    assert len(shown) < 350


def test_messages_stay_readable_whatever_they_quote() -> None:
    symbols = (Symbol("gzopen"), Symbol("x" * 300_000, version=2))
    file = make(Recipe(needed=("libc.so.6",), needs=(Need("libc.so.6", (("GLIBC_2.17", 2, False),)),), symbols=symbols))
    found = examined({"sample/lib.so": file.data}, LIBRARY)
    assert found.requirements
    assert all(len(requirement.reason) <= 1_000 for requirement in (*found.requirements, *found.tags.deciding))
    assert all(len(finding.message) <= 1_000 for finding in found.findings)
    quoted = Finding(rules.PATH_LEAK, "it names " + "x" * 5_000 + " twice").message
    assert (len(quoted), quoted[:10], quoted[-6:]) == (1_000, "it names x", " twice")


@pytest.mark.parametrize("magic", [b"\x7fELF", b"\0asm", b"\xcf\xfa\xed\xfe"], ids=["elf", "wasm", "macho"])
def test_damaged_test_data_is_a_finding(magic: bytes) -> None:
    found = examined({"sample/tests/magic": magic})
    assert found.tags.verdict is Verdict.EXACT
    assert [f.member for f in found.findings if f.rule is rules.BINARY_DAMAGED] == ["sample/tests/magic"]
    entry = read(wheel_bytes({"sample/tests/magic": magic}), WheelName.parse(SAMPLE)).by_name["sample/tests/magic"]
    assert not is_program(entry)


@pytest.mark.parametrize(
    "path",
    ["sample/a.so", "sample/a.so.1.2", "sample/A.PYD", "sample/a.dylib", "sample-1.0.data/scripts/a", "sample/x"],
)
def test_damaged_files_that_are_loaded_are_refused(path: str) -> None:
    with pytest.raises(BinaryError, match=f"^{path}: "):
        examined({path: b"\x7fELF"}, executable=("sample/x",))


def with_a_bad_symbol() -> bytes:
    made = make(Recipe(needed=("libc.so.6",), symbols=(Symbol("f"), Symbol("g")), hashed="sysv"))
    return made.patched(made.at["symbols"] + 24, b"\xff\xff\xff\x7f")


def test_symbols_that_turn_out_to_be_damaged_name_their_member() -> None:
    with pytest.raises(BinaryError, match=r"^sample/lib\.so: offset 0x[0-9a-f]+: a name at 0x7fffffff"):
        examined(
            {"sample/a.so": make(Recipe(symbols=(Symbol("f"),))).data, "sample/lib.so": with_a_bad_symbol()}, LIBRARY
        )


def test_damaged_symbols_of_test_data_are_a_finding_too() -> None:
    found = examined({"sample/tests/data": with_a_bad_symbol()})
    assert [f.member for f in found.findings if f.rule is rules.BINARY_DAMAGED] == ["sample/tests/data"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("_x.pyd", b"", "it is empty"),
        ("_x.PYD", bytes(100), "doesn't begin like a native file"),
        ("_x.pyd", b"MZ" + bytes(100), "no PE file follows"),
        ("x.dll", b"version https://git-lfs.github.com/spec/v1", "doesn't begin like a native file"),
        ("x.dylib", b"\n", "doesn't begin like a native file"),
        ("x.dll", b"MZ" + bytes(100), ""),  # perhaps a program of DOS, or of .NET
        ("x.so", b"INPUT(libx.so.1)", ""),  # a script of linkers
        ("x.py", b"", ""),
    ],
)
@pytest.mark.parametrize("depth", list(Depth))
def test_what_is_only_called_a_library_is_a_finding(name: str, data: bytes, words: str, depth: Depth) -> None:
    wheel = wheel_bytes({f"sample/{name}": data})
    found = audit(read(wheel, WheelName.parse(SAMPLE)), file=SAMPLE, size=len(wheel), depth=depth).findings
    told = [finding for finding in found if finding.rule is rules.BINARY_NONE]
    assert [finding.member for finding in told] == ([f"sample/{name}"] if words else [])
    assert all(words in finding.message for finding in told)


def test_metadata_of_another_project_is_a_finding() -> None:
    metadata = b"Metadata-Version: 2.1\nName: other\nVersion: 1.0\n"
    found = [f for f in examined({f"{INFO}/METADATA": metadata}).findings if f.rule is rules.METADATA_DISAGREES]
    assert [f.message for f in found] == ["METADATA says other 1.0, the file name says sample 1.0"]
