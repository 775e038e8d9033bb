"""musllinux floors: the first release that has every name, and what musl's loader can't do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.policy.elves import external, library, musl, program
from truewheel.binary.model import Elf
from truewheel.policy import linux
from truewheel.policy.model import Outcome, Requirement, strongest
from truewheel.rules import (
    LIB_FORBIDDEN_SYMBOL,
    LIB_PYTHON,
    LIBC_MUSL_IFUNC,
    LIBC_MUSL_PATCH,
    LIBC_MUSL_RELR,
    LIBC_MUSL_STATIC_TLS,
    LIBC_NEVER,
)

LOADER = "/lib/ld-musl-x86_64.so.1"


def examine(**members: Elf) -> Outcome:
    return linux.examine(members, external(members))


def deciding(**members: Elf) -> Requirement:
    (found,) = strongest(examine(**members).requirements)
    return found


def rules(outcome: Outcome) -> list[tuple[str, str]]:
    return [(finding.rule.id, finding.member) for finding in outcome.findings]


@pytest.mark.parametrize(
    ("name", "arch", "tag", "exact"),
    [
        ("malloc", "x86_64", "musllinux_1_1_x86_64", ()),
        ("getrandom", "x86_64", "musllinux_1_1_x86_64", (1, 1, 20)),
        ("gettid", "x86_64", "musllinux_1_2_x86_64", (1, 2, 2)),
        ("qsort_r", "x86_64", "musllinux_1_2_x86_64", (1, 2, 3)),
        ("pthread_getname_np", "aarch64", "musllinux_1_2_aarch64", (1, 2, 3)),
        ("statx", "s390x", "musllinux_1_2_s390x", (1, 2, 5)),
        ("renameat2", "ppc64le", "musllinux_1_2_ppc64le", (1, 2, 6)),
        ("__dlsym_time64", "i686", "musllinux_1_2_i686", ()),
        ("__stat_time64", "armv7l", "musllinux_1_2_armv7l", ()),
        ("__aeabi_memcpy", "armv7l", "musllinux_1_1_armv7l", ()),
        ("malloc", "riscv64", "musllinux_1_1_riscv64", ()),
        ("malloc", "loongarch64", "musllinux_1_2_loongarch64", ()),
        ("qsort_r", "loongarch64", "musllinux_1_2_loongarch64", ()),
        ("renameat2", "loongarch64", "musllinux_1_2_loongarch64", (1, 2, 6)),
    ],
)
def test_a_name_asks_for_the_release_that_first_had_it(name: str, arch: str, tag: str, exact: tuple[int, ...]) -> None:
    found = deciding(a=musl(name, arch=arch))
    assert (found.floor.tag, found.exact) == (tag, exact)


def test_the_patch_level_is_a_finding_that_names_symbol_and_member() -> None:
    (finding,) = examine(**{"x/a.so": musl("qsort_r", "gettid", "malloc")}).findings
    assert (finding.rule, finding.member) == (LIBC_MUSL_PATCH, "x/a.so")
    assert finding.message == "needs musl 1.2.3 (qsort_r); the tag admits 1.2.0"


def test_a_whole_release_is_no_finding() -> None:
    assert not examine(a=musl("__dlsym_time64", arch="i686")).findings


def test_packed_relocations_need_1_2_4_and_are_reported_once_per_member() -> None:
    outcome = examine(a=replace(musl("malloc"), relr=True), b=replace(musl("qsort_r"), relr=True), c=musl("malloc"))
    (found,) = strongest(outcome.requirements)
    assert (found.floor.version, found.exact, found.member) == ((1, 2), (1, 2, 4), "a")
    assert rules(outcome) == [(LIBC_MUSL_RELR.id, "a"), (LIBC_MUSL_PATCH.id, "b"), (LIBC_MUSL_RELR.id, "b")]


def test_packed_relocations_are_as_old_as_the_loongarch64_port() -> None:
    assert not examine(a=replace(musl("malloc", arch="loongarch64"), relr=True)).findings


@pytest.mark.parametrize(
    ("arch", "relocation", "exact"),
    [("riscv64", 12, (1, 2, 5)), ("loongarch64", 14, (1, 2, 6)), ("aarch64", 1031, ()), ("x86_64", 36, ())],
)
def test_tls_descriptors(arch: str, relocation: int, exact: tuple[int, ...]) -> None:
    outcome = examine(a=replace(musl("malloc", arch=arch), relocations=frozenset({1, relocation})))
    assert strongest(outcome.requirements)[0].exact == exact
    assert [f.rule for f in outcome.findings] == [LIBC_MUSL_PATCH] * bool(exact)


def test_names_that_do_not_count() -> None:
    weak = musl("?statx", "?not_in_musl", "PyInit_x", "_PyLong_New", "?__cxa_thread_atexit_impl")
    assert (deciding(a=weak).floor.version, examine(a=weak).findings) == ((1, 1), ())


def test_a_name_that_a_member_defines_is_not_musls() -> None:
    own = musl(exports=["qsort_r", "cxa_thing"], soname="libown.so")
    user = musl("qsort_r", "cxa_thing", needed=["libown.so"])
    assert deciding(a=user, b=own).floor.version == (1, 1)
    assert not examine(a=user, b=own).findings


def test_a_name_reaches_as_far_as_files_load_one_another() -> None:
    own = musl(exports=["qsort_r"], soname="libown.so")
    middle = musl(needed=["libown.so"], soname="libmiddle.so")
    assert deciding(a=musl("qsort_r", needed=["libmiddle.so"]), b=middle, c=own).floor.version == (1, 1)
    plugin = musl("qsort_r", soname="libplugin.so")
    assert deciding(a=musl(needed=["libplugin.so", "libown.so"]), b=plugin, c=own).floor.version == (1, 1)
    found = deciding(a=musl("qsort_r"), b=middle, c=own)
    assert (found.floor.version, found.member) == ((1, 2), "a")


def test_lfs64_names_are_bound_by_the_loader_itself() -> None:
    for arch in ("x86_64", "loongarch64"):
        assert not examine(a=musl("fopen64", "stat64", arch=arch)).findings


def test_names_that_no_musl_has_are_an_error() -> None:
    (finding,) = examine(a=musl("__cxa_thread_atexit_impl", "malloc")).findings
    assert (finding.rule, finding.member) == (LIBC_NEVER, "a")
    assert "__cxa_thread_atexit_impl" in finding.message


def test_a_library_that_is_not_here_may_define_the_rest() -> None:
    outcome = examine(a=musl("foo_init", needed=["libfoo.so.1"]), b=musl("other"))
    assert rules(outcome) == []
    assert [m.library for m in outcome.missing] == ["libfoo.so.1"]
    assert {r.floor.tag for r in outcome.requirements} == {"linux_x86_64"}


def test_zlib_is_promised_with_its_public_names() -> None:
    assert not examine(a=musl("inflate", "deflateInit_", needed=["libz.so.1"])).findings
    assert rules(examine(a=musl("inflate"))) == [(LIBC_NEVER.id, "a")]


def test_private_names_of_zlib_are_not_promised() -> None:
    outcome = examine(a=musl("inflate_fast", needed=["libz.so.1"]))
    assert LIB_FORBIDDEN_SYMBOL in {f.rule for f in outcome.findings}
    assert strongest(outcome.requirements)[0].floor.tag == "linux_x86_64"


@pytest.mark.parametrize("name", ["libc.so", "libc.so.6", "libm.so.6", "libpthread.so.0", "ld-musl-x86_64.so.1"])
def test_the_loader_takes_itself_for_the_c_library_by_any_name(name: str) -> None:
    assert not examine(a=musl("malloc", needed=[name])).missing


def test_libstdcxx_is_not_promised_and_libpython_is_a_finding() -> None:
    outcome = examine(a=musl("malloc", needed=["libstdc++.so.6", "libpython3.so"]))
    assert [m.library for m in outcome.missing] == ["libstdc++.so.6"]
    assert rules(outcome) == [(LIB_PYTHON.id, "a")]


@pytest.mark.parametrize(
    ("arch", "relocation"),
    [
        ("x86_64", 37),
        ("i686", 42),
        ("aarch64", 1032),
        ("armv7l", 160),
        ("ppc64le", 248),
        ("s390x", 61),
        ("riscv64", 58),
        ("loongarch64", 12),
    ],
)
def test_irelative_relocations_never_work(arch: str, relocation: int) -> None:
    made = replace(musl("malloc", arch=arch), relocations=frozenset({relocation}))
    assert rules(examine(a=made)) == [(LIBC_MUSL_IFUNC.id, "a")]


def test_indirect_functions_never_work() -> None:
    outcome = examine(a=musl("malloc", exports=["!fast_copy"]))
    assert rules(outcome) == [(LIBC_MUSL_IFUNC.id, "a")]
    assert "fast_copy" in outcome.findings[0].message


def test_initial_exec_tls_in_a_library_that_is_loaded_late() -> None:
    tls = replace(musl("malloc", soname="libtls.so"), static_tls=True)
    user = musl("malloc", needed=["libtls.so"])
    assert rules(examine(a=tls)) == [(LIBC_MUSL_STATIC_TLS.id, "a")]
    assert rules(examine(a=tls, b=user)) == [(LIBC_MUSL_STATIC_TLS.id, "a")]
    assert rules(examine(a=tls, b=user, c=program(LOADER, user))) == [(LIBC_MUSL_STATIC_TLS.id, "a")]


def test_initial_exec_tls_from_the_start_is_fine() -> None:
    tls = replace(musl("malloc", soname="libtls.so"), static_tls=True)
    assert not examine(a=tls, b=program(LOADER, musl("malloc", needed=["libtls.so"]))).findings
    assert not examine(a=program(LOADER, replace(musl("malloc"), static_tls=True))).findings


def test_an_architecture_without_a_table_is_plain_linux() -> None:
    made = library("mips64", needed=["libc.musl-mips64.so.1"])
    assert deciding(a=made).floor.tag == "linux_mips64"
