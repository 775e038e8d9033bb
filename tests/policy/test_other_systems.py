"""Programs of other systems than Linux are never given a tag of Linux, however little they say: the real files."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from functools import cache

import pytest

from tests.packages import npm
from tests.policy.elves import external, glibc, library, program, static_program
from tests.support import wheel_bytes
from truewheel import rules
from truewheel.binary import Image
from truewheel.binary import read as read_binary
from truewheel.binary.graph import resolve
from truewheel.binary.model import Elf, System
from truewheel.errors import RequestError
from truewheel.ops import Tags, Verdict, audit, demanded_platforms, judge
from truewheel.policy import examine, linux
from truewheel.wheel import WheelName, read


def contents(package: str) -> bytes:
    with tarfile.open(npm(package)) as archive:
        file = archive.extractfile("package/bin/esbuild")
        assert file is not None
        return file.read()


@cache
def image(package: str) -> Image | None:
    return read_binary(contents(package))


def verdict(found: Image, name: str = "x-1-py3-none-any.whl") -> Tags:
    images = {"x/program": found}
    wheel = WheelName.parse(name)
    return judge(wheel, images, examine(wheel, images, resolve(images)))


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("@esbuild/freebsd-x64", "its EI_OSABI is 9 (FreeBSD), that of another system"),
        ("@esbuild/netbsd-x64", "its EI_OSABI is 2 (NetBSD), that of another system"),
        ("@esbuild/openbsd-x64", "its EI_OSABI is 12 (OpenBSD), that of another system"),
        ("@esbuild/sunos-x64", "it has a segment of type 0x6ffffffb, which is Solaris's, another system"),
    ],
)
def test_programs_of_other_systems_get_no_tag(package: str, words: str) -> None:
    elf = image(package)
    assert elf is not None
    tags = verdict(elf)
    assert (tags.computed, tags.verdict, tags.deciding) == (None, Verdict.UNKNOWN, ())
    assert tags.reasons == (f"x/program is not for Linux: {words}",)
    claimed = verdict(elf, "x-1-py3-none-manylinux_2_17_x86_64.musllinux_1_1_x86_64.whl")
    assert claimed.verdict is Verdict.CONTRADICTORY
    assert claimed.false == claimed.claimed
    own = verdict(elf, "x-1-py3-none-freebsd_14_2_release_amd64.whl")
    assert (own.verdict, own.false) == (Verdict.UNKNOWN, ())


@pytest.mark.parametrize("platform", ["any", "linux_x86_64", "manylinux2014_x86_64", "win_amd64"])
def test_no_tag_that_we_know_can_be_demanded_for_another_system(platform: str) -> None:
    elf = image("@esbuild/freebsd-x64")
    assert elf is not None
    tags = verdict(elf)
    with pytest.raises(RequestError, match=f"{platform} would be false: x/program is not for Linux"):
        demanded_platforms([platform], tags)
    assert demanded_platforms(["freebsd_14_2_release_amd64"], tags) == ("freebsd_14_2_release_amd64",)


def test_what_check_says_of_a_program_of_another_system() -> None:
    name = "sample-1.0-py3-none-manylinux_2_17_x86_64.whl"
    archive = wheel_bytes({"x/program": contents("@esbuild/netbsd-x64")}, name=name)
    found = {each.rule: each for each in audit(read(archive, WheelName.parse(name)), file=name, size=1).findings}
    finding = found[rules.TAG_CONTRADICTORY]
    assert finding.message == (
        "manylinux_2_17_x86_64 claimed; x/program is not for Linux: its EI_OSABI is 2 (NetBSD), that of another system"
    )


@pytest.mark.parametrize(
    ("package", "name", "evidence"),
    [
        ("@esbuild/freebsd-x64", "FreeBSD", "note"),
        ("@esbuild/netbsd-x64", "NetBSD", "note"),
        ("@esbuild/openbsd-x64", "OpenBSD", "note"),
        ("@esbuild/linux-x64", "Linux", "GOOS=linux"),
        ("@esbuild/linux-s390x", "Linux", "GOOS=linux"),
    ],
)
def test_what_a_program_says_without_its_number(package: str, name: str, evidence: str) -> None:
    elf = image(package)
    assert isinstance(elf, Elf)
    assert elf.system is not None
    assert elf.system.name == name
    assert evidence in elf.system.evidence
    unnumbered = verdict(replace(elf, osabi=0))
    assert (unnumbered.computed is not None) is (name == "Linux")


@pytest.mark.parametrize(
    ("package", "tags"),
    [
        ("@esbuild/linux-x64", ("manylinux_2_5_x86_64", "musllinux_1_1_x86_64")),
        ("@esbuild/linux-ppc64", ("manylinux_2_17_ppc64le", "musllinux_1_1_ppc64le")),
        ("@esbuild/linux-mips64el", ("linux_mips64el",)),
    ],
)
def test_static_programs_for_linux_keep_both_families(package: str, tags: tuple[str, ...]) -> None:
    elf = image(package)
    assert elf is not None
    assert verdict(elf).computed == tags


def test_an_android_program_without_a_note_is_androids_all_the_same() -> None:
    elf = image("@esbuild/android-arm64")
    assert elf is not None
    tags = verdict(elf)
    assert tags.computed is None
    assert tags.reasons == ("x/program has no Android note that tells its API level",)


def test_a_program_of_aix_is_no_native_file_that_we_know() -> None:
    assert image("@esbuild/aix-ppc64") is None


@pytest.mark.parametrize("system", ["DragonFly", "Hurd", "NetBSD"])
def test_a_static_program_that_names_another_system_gets_no_tag(system: str) -> None:
    elf = replace(static_program(), system=System(system, "a note says so"))
    outcome = linux.examine({"a": elf}, external({"a": elf}))
    assert not outcome.requirements
    assert outcome.unknown == ("a is not for Linux: a note says so, another system",)


def test_a_claim_is_no_contradiction_where_one_file_may_be_for_linux() -> None:
    strange = program("/lib/ld-strange.so", library())
    images = {"x/a": replace(static_program(), osabi=9), "x/b": strange}
    wheel = WheelName.parse("x-1-py3-none-manylinux_2_17_x86_64.whl")
    tags = judge(wheel, images, examine(wheel, images, resolve(images)))
    assert (tags.verdict, tags.elsewhere, tags.false) == (Verdict.UNKNOWN, False, ())


@pytest.mark.parametrize("system", ["Linux", "Android"])
def test_a_program_that_names_linux_is_judged_as_before(system: str) -> None:
    elf = static_program()
    named = replace(elf, system=System(system, "a note says so"))
    assert linux.libc_of(named) == linux.libc_of(elf)


@pytest.mark.parametrize(
    ("elf", "libc"),
    [
        (program("/lib/amd64/ld.so.1", library()), "unknown"),  # Solaris
        (program("ld.so.1", library("aarch64")), "unknown"),  # Fuchsia
        (program("/lib/ld64.so.1", library()), "unknown"),  # Redox
        (program("/lib/ld.so.1", library("i686")), "unknown"),  # the Hurd
        (program("/system/runtime_loader", library()), "unknown"),  # Haiku
        (program("/usr/libexec/ld.elf_so", library()), "unknown"),
        (program("/usr/libexec/ld.so", library()), "unknown"),
        (program("/lib64/ld64.so.2", library("ppc64le")), "glibc"),
        (program("/lib/ld64.so.1", library("s390x")), "glibc"),
        (program("/lib64/ld.so.1", library("mips64")), "glibc"),
        (library(needed=["libc.so.97.1"], imports=["printf"]), "unknown"),  # OpenBSD
        (glibc(), "glibc"),
    ],
)
def test_loaders_mean_glibc_where_its_own_is_called_so(elf: Elf, libc: str) -> None:
    assert linux.libc_of(elf).name == libc


def test_the_number_of_a_c_library_tells_the_systems_apart() -> None:
    assert "another system" in linux.libc_of(library(needed=["libc.so.97.1"], imports=["printf"])).evidence
    assert "another system" not in linux.libc_of(library(needed=["libc.so.6.1"], imports=["printf"])).evidence
