"""manylinux floors: exact numbers, companions of glibc, allowed libraries, forbidden names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.policy.elves import external, glibc, library
from truewheel.binary.model import Elf
from truewheel.policy import linux
from truewheel.policy.glibc import is_glibc
from truewheel.policy.model import Outcome, Requirement, strongest
from truewheel.rules import LIB_FORBIDDEN_SYMBOL, LIB_PYTHON, LIBC_UNVERSIONED

STD = "libstdc++.so.6"
ZLIB = "libz.so.1"


def examine(**members: Elf) -> Outcome:
    return linux.examine(members, external(members))


def deciding(**members: Elf) -> Requirement:
    (found,) = strongest(examine(**members).requirements)
    return found


@pytest.mark.parametrize(
    ("version", "arch", "tag"),
    [
        ("2.2.5", "x86_64", "manylinux_2_5_x86_64"),
        ("2.5", "x86_64", "manylinux_2_5_x86_64"),
        ("2.6", "x86_64", "manylinux_2_6_x86_64"),
        ("2.18", "x86_64", "manylinux_2_18_x86_64"),
        ("2.29", "x86_64", "manylinux_2_29_x86_64"),
        ("2.42", "x86_64", "manylinux_2_42_x86_64"),
        ("2.0", "i686", "manylinux_2_5_i686"),
        ("2.4", "armv7l", "manylinux_2_17_armv7l"),
        ("2.17", "aarch64", "manylinux_2_17_aarch64"),
        ("2.18", "aarch64", "manylinux_2_18_aarch64"),
        ("2.2", "s390x", "manylinux_2_17_s390x"),
        ("2.17", "ppc64le", "manylinux_2_17_ppc64le"),
        ("2.27", "riscv64", "manylinux_2_31_riscv64"),
        ("2.36", "loongarch64", "manylinux_2_36_loongarch64"),
    ],
)
def test_the_tag_carries_the_exact_number_but_not_less_than_the_policy_has(version: str, arch: str, tag: str) -> None:
    assert deciding(a=glibc(version, arch)).floor.tag == tag


def test_the_reason_names_the_symbol_that_needs_the_version() -> None:
    needy = glibc("2.17", imports=["?zzz@GLIBC_2.17@libc.so.6", "clock_gettime@GLIBC_2.17@libc.so.6"])
    found = deciding(**{"a/old.so": glibc("2.5"), "a/new.so": needy})
    assert (found.member, found.reason) == ("a/new.so", "clock_gettime@GLIBC_2.17")


def test_a_version_without_a_symbol_is_named_with_its_library() -> None:
    assert deciding(a=glibc("2.30")).reason == "GLIBC_2.30 of libc.so.6"


def test_the_largest_number_counts_not_the_last_or_the_longest() -> None:
    needy = glibc("2.9", needs=["libm.so.6:GLIBC_2.27", "libc.so.6:GLIBC_2.30", "libc.so.6:GLIBC_2.3.4"])
    assert deciding(a=needy).floor.version == (2, 30)


def test_weak_versions_of_libraries_do_not_count() -> None:
    # The loader goes on without them: _dl_check_map_versions looks at VER_FLG_WEAK.
    assert deciding(a=glibc("2.17", needs=["?libc.so.6:GLIBC_2.28"])).floor.version == (2, 17)


def test_weak_versions_of_programs_count_because_the_loader_complains() -> None:
    program = replace(glibc("2.17", needs=["?libc.so.6:GLIBC_2.28"]), interpreter="/lib64/ld-linux-x86-64.so.2")
    assert deciding(a=program).floor.version == (2, 28)
    assert "weakly" in deciding(a=program).reason


def test_versions_of_the_loader_count() -> None:
    needy = glibc("2.17", needed=["ld-linux-x86-64.so.2"], needs=["ld-linux-x86-64.so.2:GLIBC_2.35"])
    assert deciding(a=needy).floor.version == (2, 35)
    assert not examine(a=needy).missing


def test_a_version_of_a_library_that_is_not_even_needed_directly_counts() -> None:
    assert deciding(a=glibc("2.17", needs=["ld-linux-x86-64.so.2:GLIBC_2.35"])).floor.version == (2, 35)


@pytest.mark.parametrize(
    ("marker", "version"),
    [
        ("GLIBC_ABI_DT_RELR", (2, 36)),
        ("GLIBC_ABI_DT_X86_64_PLT", (2, 43)),
        ("GLIBC_ABI_GNU2_TLS", (2, 43)),
        ("GLIBC_ABI_GNU_TLS", (2, 43)),
    ],
)
def test_markers_stand_for_the_release_that_has_them(marker: str, version: tuple[int, ...]) -> None:
    assert deciding(a=glibc("2.17", needs=[f"libc.so.6:{marker}"])).floor.version == version


@pytest.mark.parametrize("needs", [[], ["?libc.so.6:GLIBC_ABI_DT_RELR"]])
def test_packed_relocations_need_2_36_even_without_a_marker_that_binds(needs: list[str]) -> None:
    found = deciding(a=replace(glibc("2.17", needs=needs), relr=True))
    assert (found.floor.version, found.reason) == ((2, 36), "DT_RELR relocations")


@pytest.mark.parametrize("version", ["GLIBC_ABI_SOMETHING", "GLIBC_PRIVATE", "GLIBC_2.x"])
def test_versions_that_nobody_promises_leave_plain_linux(version: str) -> None:
    found = deciding(a=glibc("2.17", needs=[f"libc.so.6:{version}"]))
    assert (found.floor.tag, version in found.reason) == ("linux_x86_64", True)


def test_private_glibc_symbols_are_a_finding() -> None:
    needy = glibc("2.17", needs=["libc.so.6:GLIBC_PRIVATE"], imports=["__libc_dlopen_mode@GLIBC_PRIVATE@libc.so.6"])
    (found,) = examine(a=needy).findings
    assert (found.rule, found.member) == (LIB_FORBIDDEN_SYMBOL, "a")
    assert "__libc_dlopen_mode" in found.message


@pytest.mark.parametrize(
    ("name", "version", "arch", "tag"),
    [
        (STD, "GLIBCXX_3.4.8", "x86_64", "manylinux_2_5_x86_64"),
        (STD, "GLIBCXX_3.4.13", "x86_64", "manylinux_2_12_x86_64"),
        (STD, "GLIBCXX_3.4.19", "x86_64", "manylinux_2_17_x86_64"),
        (STD, "GLIBCXX_3.4.24", "x86_64", "manylinux_2_27_x86_64"),
        (STD, "GLIBCXX_3.4.24", "i686", "manylinux_2_26_i686"),
        (STD, "CXXABI_1.3.13", "x86_64", "manylinux_2_34_x86_64"),
        (STD, "CXXABI_FLOAT128", "x86_64", "manylinux_2_24_x86_64"),
        (STD, "GLIBCXX_3.4.99", "x86_64", "linux_x86_64"),
        ("libgcc_s.so.1", "GCC_7.0.0", "x86_64", "manylinux_2_27_x86_64"),
        ("libgcc_s.so.1", "GLIBC_2.0", "i686", "manylinux_2_5_i686"),
        ("libatomic.so.1", "LIBATOMIC_1.0", "aarch64", "manylinux_2_17_aarch64"),
        (ZLIB, "ZLIB_1.2.9", "x86_64", "manylinux_2_27_x86_64"),
        (ZLIB, "ZLIB_NG_2.1.0", "x86_64", "linux_x86_64"),
        ("libX11.so.6", "XLIB_7", "x86_64", "manylinux_2_5_x86_64"),
    ],
)
def test_versions_of_other_promised_libraries_raise_the_floor(name: str, version: str, arch: str, tag: str) -> None:
    base = {"x86_64": "2.2.5", "i686": "2.0", "aarch64": "2.17"}[arch]
    assert deciding(a=glibc(base, arch, needed=[name], needs=[f"{name}:{version}"])).floor.tag == tag


@pytest.mark.parametrize("version", ["GLIBCXX_3.4.99", "ZLIB_NG_2.1.0", "GLIBC_2.99"])
def test_versions_of_libraries_inside_the_wheel_do_not_count(version: str) -> None:
    needy = glibc("2.5", needed=["libx-1234.so.1"], needs=[f"libx-1234.so.1:{version}"])
    assert deciding(a=needy, b=replace(glibc("2.5"), soname="libx-1234.so.1")).floor.tag == "manylinux_2_5_x86_64"


def test_a_bundled_copy_of_a_promised_library_is_not_the_platform() -> None:
    bundled = replace(glibc("2.5"), soname=STD)
    needy = glibc("2.5", needed=[STD], needs=[f"{STD}:GLIBCXX_3.4.30"])
    assert deciding(a=needy, b=bundled).floor.version == (2, 5)


@pytest.mark.parametrize(("name", "version"), [("libexpat.so.1", (2, 12)), ("libmvec.so.1", (2, 24))])
def test_libraries_that_came_later_raise_the_floor(name: str, version: tuple[int, ...]) -> None:
    found = deciding(a=glibc("2.5", needed=[name]))
    assert (found.floor.version, found.reason) == (version, f"needs {name}")


def test_a_library_that_no_policy_promises_is_missing_and_leaves_plain_linux() -> None:
    needy = glibc("2.5", needed=["libfoo.so.1"], needs=["libfoo.so.1:FOO_1"])
    outcome = examine(a=needy, b=needy, c=glibc("2.30"))
    assert [(m.library, m.members) for m in outcome.missing] == [("libfoo.so.1", ("a", "b"))]
    assert {r.floor.tag for r in outcome.requirements} == {"linux_x86_64"}
    assert "libfoo.so.1" in outcome.requirements[0].reason


def test_libpython_is_a_finding_and_not_missing() -> None:
    outcome = examine(a=glibc("2.17", needed=["libpython3.11.so.1.0"]))
    assert [(f.rule, f.member) for f in outcome.findings] == [(LIB_PYTHON, "a")]
    assert not outcome.missing
    assert strongest(outcome.requirements)[0].floor.tag == "manylinux_2_17_x86_64"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("uncompress2", "manylinux_2_34_x86_64"),
        ("crc32_combine_gen", "manylinux_2_37_x86_64"),
        ("inflate_fast", "linux_x86_64"),
        ("?inflate_fast", "manylinux_2_5_x86_64"),
        ("inflate_fast@Z@libother.so.1", "manylinux_2_5_x86_64"),
        ("inflate", "manylinux_2_5_x86_64"),
    ],
)
def test_names_that_only_some_builds_of_zlib_have(text: str, tag: str) -> None:
    needy = glibc("2.5", needed=[ZLIB], imports=[text])
    assert deciding(a=needy).floor.tag == tag
    assert [f.rule for f in examine(a=needy).findings] == [LIB_FORBIDDEN_SYMBOL] * (tag == "linux_x86_64")


def test_a_forbidden_name_is_free_where_a_member_defines_it_or_zlib_is_not_asked() -> None:
    needy = glibc("2.5", needed=[ZLIB, "libown.so"], imports=["inflate_fast"])
    own = replace(library(exports=["inflate_fast"]), soname="libown.so")
    assert deciding(a=needy, b=own).floor.tag == "manylinux_2_5_x86_64"
    assert deciding(a=glibc("2.5", imports=["inflate_fast"])).floor.tag == "manylinux_2_5_x86_64"


def test_names_of_glibc_2_18_count_as_2_18_even_unversioned() -> None:
    # manylinux2014's linker leaves the version off, as its own glibc hasn't the name.
    assert deciding(a=glibc("2.5", imports=["__cxa_thread_atexit_impl"])).floor.version == (2, 18)
    assert deciding(a=glibc("2.5", imports=["?__cxa_thread_atexit_impl"])).floor.version == (2, 5)


def test_unversioned_names_are_dated_by_the_table() -> None:
    needy = glibc("2.5", imports=["qsort", "pidfd_open", "getrandom", "PyInit_x", "foreign"])
    outcome = examine(a=needy)
    (requirement,) = strongest(outcome.requirements)
    assert (requirement.floor.version, requirement.reason) == ((2, 36), "pidfd_open, since glibc 2.36")
    (finding,) = outcome.findings
    assert (finding.rule, "takes getrandom, pidfd_open from" in finding.message) == (LIBC_UNVERSIONED, True)


@pytest.mark.parametrize(
    "members",
    [
        {"a": glibc("2.5", imports=["?pidfd_open"])},
        {"a": glibc("2.5", imports=["pidfd_open"]), "b": library(exports=["pidfd_open"])},
        {"a": library(needed=["libb.so"], imports=["pidfd_open"]), "libb.so": glibc("2.5")},
        {"a": glibc("2.5", imports=["nobody_knows_this"])},
        {"a": glibc("2.5", imports=["floor", "dlopen"])},
    ],
    ids=["weak", "defined by a member", "glibc is not asked", "not of glibc", "in every manylinux"],
)
def test_unversioned_names_that_ask_for_nothing(members: dict[str, Elf]) -> None:
    outcome = examine(**members)
    assert not outcome.findings
    assert strongest(outcome.requirements)[0].floor.version == (2, 5)


def test_an_architecture_without_manylinux_is_plain_linux() -> None:
    found = deciding(a=glibc("2.17", "mips64"))
    assert (found.floor.tag, found.reason) == ("linux_mips64", "there is no manylinux tag for mips64")


@pytest.mark.parametrize("name", ["libc.so.6", "libm.so.6", "ld-linux-aarch64.so.1", "ld64.so.2", "libpthread.so.0"])
def test_files_of_glibc(name: str) -> None:
    assert is_glibc(name)


@pytest.mark.parametrize("name", ["libgcc_s.so.1", "libstdc++.so.6", "libc.so", "libc.so.7", "libm-1234.so.6"])
def test_files_that_are_not_glibc(name: str) -> None:
    assert not is_glibc(name)
