"""Which C library, and where all files of a wheel run together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.elves import Symbols, android, external, glibc, library, musl, program, static_program
from truewheel.binary.model import Elf
from truewheel.findings import in_order
from truewheel.policy import linux
from truewheel.policy.model import Outcome, strongest
from truewheel.rules import ABI_FPECTL, ISA_NEEDED, LIBC_FLOAT_ABI, LIBC_MIXED


def examine(**members: Elf) -> Outcome:
    return linux.examine(members, external(members))


def tags(outcome: Outcome) -> list[str]:
    return [requirement.floor.tag for requirement in strongest(outcome.requirements)]


ALPINE = library(
    "i686", needed=["libstdc++.so.6", "libgcc_s.so.1"], needs=["libgcc_s.so.1:GLIBC_2.0"], imports=["__gthread_x"]
)
GNU = "m.cpython-312-x86_64-linux-gnu.so"
OLD_GNU = "m.cpython-310-x86_64-linux-gnu.so"
MUSL = "m.cpython-312-x86_64-linux-musl.so"


@pytest.mark.parametrize(
    ("elf", "member", "libc", "evidence"),
    [
        (program("/lib/ld-musl-x86_64.so.1", library()), "a", "musl", "interpreter"),
        (program("/lib64/ld-linux-x86-64.so.2", library()), "a", "glibc", "interpreter"),
        (program("/lib/ld64.so.1", library("s390x")), "a", "glibc", "interpreter"),
        (program("/system/bin/linker64", library()), "a", "bionic", "interpreter"),
        (program("/libexec/ld-elf.so.1", glibc()), "a", "unknown", "ld-elf.so.1"),
        (program("/lib/ld-musl-x86_64.so.1", glibc()), "a", "musl", "interpreter"),
        (android(24), "a", "bionic", "API level 24"),
        (android(None), "a", "bionic", "LIBC of libc.so"),
        (library(needed=["libc.so"]), "m.cpython-313-aarch64-linux-android.so", "bionic", "its name"),
        (glibc(), "a", "glibc", "GLIBC_2.17 of libc.so.6"),
        (library(needs=["libm.so.6:GLIBC_2.29"], imports=["exp"]), "a", "glibc", "GLIBC_2.29 of libm.so.6"),
        (ALPINE, "a", "unknown", "__gthread_x"),
        (library(needed=["libstdc++.so.6", "libc.musl-x86.so.1"], needs=["libgcc_s.so.1:GLIBC_2.0"]), "a", "musl", ""),
        (library(needed=["ld-musl-armhf.so.1"]), "a", "musl", "needs ld-musl-armhf.so.1"),
        (library(needed=["libc.so.6"], imports=["printf"]), "a", "glibc", "needs libc.so.6"),
        (library(needed=["libc.so"], imports=["printf"]), "a", "musl", "musl's own name"),
        (library(needed=["libc.so.7"], imports=["printf"]), "a", "unknown", "another system"),
        (static_program(), "a", "none", "statically"),
        (replace(static_program(), osabi=9), "a", "unknown", "9 (FreeBSD), that of another system"),
        (replace(glibc(), osabi=255), "a", "unknown", "255"),
        (replace(glibc(), osabi=97), "a", "unknown", "97"),
        (replace(glibc(), osabi=3), "a", "glibc", "GLIBC_2.17"),
        (replace(glibc(arch="armv7l"), osabi=97), "a", "glibc", "GLIBC_2.17"),
        (replace(library(), pie=True), "a", "none", "statically"),
        (library(), "a", "none", "nothing from outside"),
        (library(imports=["?__cxa_finalize"]), "a", "none", "nothing from outside"),
        (library(imports=["PyModule_Create2", "?__gmon_start__"]), "a", "none", "Python's own"),
        (library(imports=["__printf_chk", "malloc"]), "a", "glibc", "__printf_chk"),
        (library(imports=["__isoc23_strtol"]), "a", "glibc", "__isoc23_strtol"),
        (library("i686", imports=["__stat_time64"]), "a", "musl", "__stat_time64"),
        (library(imports=["__stack_chk_fail"]), "a", "unknown", "__stack_chk_fail"),
        (library(imports=["malloc"]), GNU, "glibc", "-linux-gnu.so"),
        (library(imports=["malloc"]), OLD_GNU, "unknown", "malloc"),
        (library(imports=["malloc"]), MUSL, "musl", "-linux-musl.so"),
        (library(imports=["malloc", "free"]), "a.so", "unknown", "free, malloc"),
    ],
)
def test_the_c_library_of_a_file(elf: Elf, member: str, libc: str, evidence: str) -> None:
    found = linux.libc_of(elf, member)
    assert found.name == libc
    assert evidence in found.evidence


@pytest.mark.parametrize(
    ("arch", "expected"),
    [
        ("x86_64", ["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"]),
        ("i686", ["manylinux_2_5_i686", "musllinux_1_1_i686"]),
        ("aarch64", ["manylinux_2_17_aarch64", "musllinux_1_1_aarch64"]),
        ("armv7l", ["manylinux_2_17_armv7l", "musllinux_1_1_armv7l"]),
        ("ppc64le", ["manylinux_2_17_ppc64le", "musllinux_1_1_ppc64le"]),
        ("s390x", ["manylinux_2_17_s390x", "musllinux_1_1_s390x"]),
        ("riscv64", ["manylinux_2_31_riscv64", "musllinux_1_1_riscv64"]),
        ("loongarch64", ["manylinux_2_36_loongarch64", "musllinux_1_2_loongarch64"]),
        ("mips64", ["linux_mips64"]),
    ],
)
def test_a_static_program_fits_both_families_at_their_floors(arch: str, expected: list[str]) -> None:
    outcome = examine(a=static_program(arch))
    assert tags(outcome) == expected
    assert dict(outcome.libc) == {"a": "none"}


def test_a_static_pie_with_packed_relocations_relocates_itself() -> None:
    outcome = examine(a=replace(library(), pie=True, relr=True, relocations=frozenset({37})))
    assert (tags(outcome), outcome.findings) == (["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"], ())


@pytest.mark.parametrize(
    ("other", "expected"), [(glibc("2.17"), ["manylinux_2_17_x86_64"]), (musl("qsort_r"), ["musllinux_1_2_x86_64"])]
)
def test_a_static_program_beside_an_extension_takes_part_in_its_family(other: Elf, expected: list[str]) -> None:
    assert tags(examine(a=static_program(), b=other)) == expected


def test_a_library_without_a_libc_takes_that_of_its_siblings() -> None:
    neutral = replace(library(imports=["PyInit_x"]), relr=True)
    unsure = library(imports=["malloc"])
    outcome = examine(a=neutral, b=unsure, c=musl("malloc"))
    assert dict(outcome.libc) == {"a": "musl", "b": "musl", "c": "musl"}
    assert strongest(outcome.requirements)[0].exact == (1, 2, 4)
    assert set(examine(a=neutral, b=unsure, c=glibc()).libc.values()) == {"glibc"}


def test_neutral_libraries_alone_fit_both_families() -> None:
    outcome = examine(a=library(imports=["PyInit_x"]))
    assert tags(outcome) == ["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"]


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (MUSL, ["musllinux_1_1_x86_64"]),
        (GNU, ["manylinux_2_5_x86_64"]),
        (OLD_GNU, ["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"]),
    ],
)
def test_a_neutral_module_is_imported_where_its_suffix_is_looked_for(member: str, expected: list[str]) -> None:
    assert tags(examine(**{member: library(imports=["PyInit_x"])})) == expected


def test_neutral_libraries_that_need_what_nobody_promises() -> None:
    outcome = examine(a=library(needed=["libfoo.so"]))
    assert (tags(outcome), [m.library for m in outcome.missing]) == (["linux_x86_64"], ["libfoo.so"])


def test_undefined_names_that_fit_any_libc_leave_the_tag_unknown() -> None:
    outcome = examine(a=library(imports=["malloc"]))
    assert (outcome.requirements, dict(outcome.libc)) == ((), {"a": "unknown"})
    assert "malloc" in outcome.unknown[0]


def test_undefined_names_that_a_member_defines_need_no_libc() -> None:
    outcome = examine(a=library(imports=["helper"]), b=library(exports=["helper"]))
    assert (outcome.unknown, len(tags(outcome))) == ((), 2)


def test_another_systems_files_are_unknown_whatever_their_siblings() -> None:
    foreign = library(needed=["libc.so.7", "libfoo.so"], imports=["printf"])
    outcome = examine(a=foreign, b=glibc("2.34", needed=["libfoo.so"]), c=replace(foreign, isa_needed=8))
    assert ["libc.so.7" in reason for reason in outcome.unknown] == [True, True]
    assert dict(outcome.libc) == {"a": "unknown", "b": "glibc", "c": "unknown"}


def test_what_is_certain_stays_beside_what_is_unknown() -> None:
    foreign = replace(library(needed=["libc.so.7", "libfoo.so"], imports=["printf"]), isa_needed=8)
    assert tags(examine(a=foreign, b=glibc("2.34"))) == ["manylinux_2_34_x86_64"]
    assert tags(examine(a=foreign, b=musl("qsort_r"))) == ["musllinux_1_2_x86_64"]
    outcome = examine(a=foreign, b=glibc("2.34", needed=["libfoo.so"]))
    assert (tags(outcome), outcome.findings) == (["linux_x86_64"], ())
    assert [(m.library, m.members) for m in outcome.missing] == [("libfoo.so", ("b",))]
    assert tags(examine(a=foreign, b=static_program())) == []


def test_a_static_program_of_another_system_is_unknown() -> None:
    outcome = examine(a=replace(static_program(), osabi=9))
    assert (outcome.requirements, len(outcome.unknown)) == ((), 1)
    assert "FreeBSD" in outcome.unknown[0]


@pytest.mark.parametrize(
    ("interpreter", "tag"),
    [
        ("/lib64/ld-linux-x86-64.so.2", "manylinux_2_17_x86_64"),
        ("/usr/lib64/ld-linux-x86-64.so.2", "linux_x86_64"),
        ("/lib/ld-linux-x86-64.so.2", "linux_x86_64"),
        ("/lib/ld-linux-aarch64.so.1", "linux_x86_64"),
        ("/lib/ld-musl-aarch64.so.1", "linux_x86_64"),
        ("/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2", "linux_x86_64"),
        ("lib64/ld-linux-x86-64.so.2", "linux_x86_64"),
        ("ld-linux-x86-64.so.2", "linux_x86_64"),
        ("/lib/ld-musl-x86_64.so.1", "musllinux_1_1_x86_64"),
        ("/opt/cross/lib/ld-musl-x86_64.so.1", "linux_x86_64"),
    ],
)
def test_a_loader_in_a_place_of_its_own_is_no_platforms(interpreter: str, tag: str) -> None:
    made = musl("malloc") if "musl" in interpreter else glibc()
    outcome = examine(a=program(interpreter, made))
    assert tags(outcome) == [tag]
    assert (interpreter in outcome.requirements[0].reason) == (tag == "linux_x86_64")


def test_two_libcs_in_one_wheel_are_a_finding_and_leave_the_tag_unknown() -> None:
    outcome = examine(a=glibc(), b=musl("malloc"), c=glibc())
    (finding,) = outcome.findings
    assert (finding.rule, finding.member) == (LIBC_MIXED, "b")
    assert outcome.unknown == ("the members are built for glibc and musl",)
    assert dict(outcome.libc) == {"a": "glibc", "b": "musl", "c": "glibc"}


def test_two_libcs_in_one_wheel_have_a_lower_bound_each() -> None:
    outcome = examine(a=glibc("2.34"), b=musl("qsort_r"), c=library(imports=["statx"]), d=static_program())
    assert tags(outcome) == ["manylinux_2_34_x86_64", "musllinux_1_2_x86_64"]
    assert {requirement.member for requirement in outcome.requirements} == {"a", "b"}
    own = library(exports=["qsort_r"], soname="libown.so")
    defined = examine(a=glibc("2.34"), b=musl("qsort_r", needed=["libown.so"]), c=own)
    assert tags(defined) == ["manylinux_2_34_x86_64"]
    limited = examine(a=glibc("2.34", needed=["libfoo.so"]), b=musl("qsort_r"))
    assert tags(limited) == ["linux_x86_64", "musllinux_1_2_x86_64"]


def test_each_architecture_is_judged_alone() -> None:
    outcome = examine(a=glibc("2.28"), b=musl("malloc", arch="aarch64"), c=static_program("riscv64"))
    assert tags(outcome) == [
        "manylinux_2_31_riscv64",
        "manylinux_2_28_x86_64",
        "musllinux_1_1_aarch64",
        "musllinux_1_1_riscv64",
    ]


def test_objects_and_foreign_machines_do_not_count() -> None:
    outcome = examine(a=replace(glibc("2.40"), type=1), b=library("machine-224"), c=glibc("2.17"))
    assert tags(outcome) == ["manylinux_2_17_x86_64"]
    assert dict(outcome.libc) == {"a": "none", "b": "none", "c": "glibc"}


def test_only_objects_ask_for_nothing_and_only_foreign_machines_are_unknown() -> None:
    assert examine(a=replace(library(), type=1)) == Outcome(libc={"a": "none"})
    assert examine(b=library("machine-224")).unknown == ("b is for machine-224, which no tag names",)
    assert linux.examine({}, {}) == Outcome()


@pytest.mark.parametrize(("bits", "word"), [(2, "x86-64-v2"), (5, "x86-64-v3"), (8, "x86-64-v4"), (16, "0x10")])
@pytest.mark.parametrize("made", [glibc(), musl("malloc"), static_program()])
def test_a_newer_processor_is_a_finding_and_leaves_plain_linux(bits: int, word: str, made: Elf) -> None:
    outcome = examine(a=replace(made, isa_needed=bits))
    assert tags(outcome) == ["linux_x86_64"]
    assert [(f.rule, word in f.message) for f in outcome.findings] == [(ISA_NEEDED, True)]


def test_what_is_used_if_present_and_the_baseline_do_not_count() -> None:
    assert not examine(a=replace(glibc(), isa_needed=1, isa_used=14)).findings
    assert not examine(a=replace(glibc("2.17", "aarch64"), isa_needed=8)).findings


def test_soft_float_programs_are_noted_and_soft_float_libraries_are_not_armv7l() -> None:
    soft = replace(static_program("armv7l"), flags=0x5000200)
    assert tags(examine(a=soft)) == ["manylinux_2_17_armv7l", "musllinux_1_1_armv7l"]
    assert [f.rule for f in examine(a=soft).findings] == [LIBC_FLOAT_ABI]
    assert tags(examine(a=replace(glibc("2.4", "armv7l"), flags=0x5000200))) == ["linux_armv7l"]


def test_code_for_older_arm_runs_beside_armv7l_code() -> None:
    outcome = examine(a=musl("malloc", arch="armv7l"), b=musl("malloc", arch="armv6l"))
    assert tags(outcome) == ["musllinux_1_1_armv7l"]


def test_code_for_older_arm_alone_runs_on_both() -> None:
    assert tags(examine(a=musl("__time64", arch="armv6l"))) == ["musllinux_1_2_armv6l", "musllinux_1_2_armv7l"]
    assert tags(examine(a=glibc("2.28", "armv6l"))) == ["linux_armv6l", "manylinux_2_28_armv7l"]


_POOL = [
    glibc("2.17"),
    glibc("2.28", needed=["libfoo.so.1"]),
    glibc("2.5", imports=["pidfd_open"]),
    musl("qsort_r"),
    replace(musl("never_there"), relr=True),
    library(imports=["PyInit_x"]),
    library(imports=["malloc"]),
    static_program(),
    static_program("aarch64"),
    android(24),
    replace(glibc("2.5"), isa_needed=4),
    library("armv6l", imports=["__printf_chk"]),
]


@given(st.data(), st.lists(st.sampled_from(_POOL), max_size=6))
def test_the_outcome_does_not_depend_on_the_order_of_members(data: st.DataObject, pool: list[Elf]) -> None:
    members = {f"pkg/m{index}.so": elf for index, elf in enumerate(pool)}
    outside = external(members)
    names = data.draw(st.permutations(sorted(members)))
    libraries = data.draw(st.permutations(sorted(outside)))
    first = linux.examine(members, outside)
    second = linux.examine({n: members[n] for n in names}, {n: outside[n][::-1] for n in libraries})
    assert first == second
    assert list(first.libc) == list(second.libc)


@given(st.lists(st.sampled_from(_POOL), max_size=6))
def test_a_wheel_runs_nowhere_that_one_of_its_files_does_not(pool: list[Elf]) -> None:
    members = {f"m{index}.so": elf for index, elf in enumerate(pool)}
    outcome = linux.examine(members, external(members))
    if outcome.unknown:
        return
    floors = {(r.floor.family, r.floor.arch): r for r in strongest(outcome.requirements)}
    for requirement in outcome.requirements:
        assert floors[requirement.floor.family, requirement.floor.arch].rank >= requirement.rank
    plain = {arch for family, arch in floors if family == "linux"}
    assert not plain & {arch for family, arch in floors if family in ("manylinux", "musllinux")}
    assert in_order(outcome.findings) == in_order(outcome.findings[::-1])


class TestFpectl:
    """Python before 3.7 could be built to catch floating-point faults, and its modules then ask for more."""

    @pytest.mark.parametrize("name", ["PyFPE_counter", "PyFPE_dummy", "PyFPE_jbuf", "?PyFPE_jbuf"])
    @pytest.mark.parametrize("elf", [glibc("2.17"), musl(), library(), glibc("2.17", "mips64")])
    def test_no_platform_promises_it(self, name: str, elf: Elf) -> None:
        imports = library(imports=[name]).symbols.imports
        outcome = examine(**{"b.so": replace(elf, symbols=Symbols(imports=imports))})
        assert tags(outcome) == [f"linux_{elf.arch}"]
        (finding,) = outcome.findings
        assert (finding.rule, finding.member) == (ABI_FPECTL, "b.so")
        assert f"needs {name.lstrip('?')}, which a Python has only if it was built with fpectl" in finding.message

    def test_its_names_are_told_together(self) -> None:
        (finding,) = examine(a=library(imports=["PyFPE_jbuf", "PyFPE_counter", "PyModule_Create2"])).findings
        assert finding.message.startswith("needs PyFPE_counter, PyFPE_jbuf, which")

    def test_who_defines_them_needs_nothing(self) -> None:
        outcome = examine(a=library(exports=["PyFPE_jbuf"], imports=["PyFPE"]))
        assert (outcome.findings, "linux_x86_64" in tags(outcome)) == ((), False)
