"""Packings made by hand, for reporters to render: the usual platforms, and nastier ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

from truewheel import rules
from truewheel.findings import Finding
from truewheel.ops import Tags, Verdict
from truewheel.packing.model import Program
from truewheel.policy import Floor, Requirement

STATIC = "a static program: it needs no C library"
INDEX = "https://index.example/simple"


@dataclass(frozen=True)
class Published:
    """What is published, by hand."""

    state: str
    sha256: str = ""
    place: str = INDEX


@dataclass(frozen=True)
class Packed:
    """The wheel of a target, by hand."""

    label: str
    tags: Tags
    path: str = ""
    source: str = "archives/tool.tar.xz"
    source_sha256: str | None = "c" * 64
    written: bool = True
    size: int = 4_012_345
    sha256: str = "a" * 64
    programs: tuple[Program, ...] = (Program("tool", "bin/tool"),)
    licences: tuple[str, ...] = ("tool-1.0.dist-info/licenses/LICENSE", "tool-1.0.dist-info/licenses/lib/COPYING")
    members: int = 9
    grafted: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    copies: int = 0
    copied: int = 0
    findings: tuple[Finding, ...] = ()
    published: Published | None = None


@dataclass(frozen=True)
class Run:
    """All targets, by hand."""

    targets: tuple[Packed, ...]
    extra: tuple[str, ...] = ()


def _tags(*needs: tuple[str, str, tuple[int, ...], str], claimed: tuple[str, ...] = ()) -> Tags:
    deciding = tuple(
        Requirement(Floor(family, arch, version), "tool/bin/tool", why) for family, arch, version, why in needs
    )
    lowest = tuple(dict.fromkeys(requirement.floor.tag for requirement in deciding))
    verdict = Verdict.STRICTER if claimed else Verdict.EXACT
    return Tags(claimed or lowest, lowest, verdict, deciding, (), ())


def _packed(label: str, tags: Tags) -> Packed:
    return Packed(label, tags, f"dist/tool-1.0-py3-none-{'.'.join(tags.claimed)}.whl")


_MINOS = "minos 11.7.1 of the {} slice".format
LINUX = _packed("linux-x64", _tags(("manylinux", "x86_64", (2, 5), STATIC), ("musllinux", "x86_64", (1, 1), STATIC)))
GLIBC = _packed("linux-arm64", _tags(("manylinux", "aarch64", (2, 17), "clock_gettime@GLIBC_2.17 in libc.so.6")))
MACOS = _packed(
    "macos",
    replace(
        _tags(("macosx", "arm64", (12, 0), _MINOS("arm64")), ("macosx", "x86_64", (12, 0), _MINOS("x86_64"))),
        claimed=("macosx_12_0_universal2",),
    ),
)
WINDOWS = _packed("windows", _tags(("win", "amd64", (), "its machine type is amd64")))
STRICTER = _packed(
    "newer", _tags(("manylinux", "s390x", (2, 17), "memcpy@GLIBC_2.17"), claimed=("manylinux_2_28_s390x",))
)
USUAL = (LINUX, GLIBC, MACOS, WINDOWS)

ERROR = Finding(rules.LIB_MISSING, "libx.so.1 is not in the wheel", "tool/bin/tool")
WARNING = Finding(rules.PATH_RPATH, "DT_RUNPATH holds /opt/x", "tool/bin/tool")
NOTE = Finding(rules.PATH_LEAK, "it names /home/me", "tool/bin/tool")

HOSTILE = replace(
    LINUX,
    label="linux\x1b[31m\u202e\udc80",
    source="archives/\udcff\n.zip",
    path="dist/\x1b]0;x\x07.whl",
    source_sha256=None,
    programs=(Program("to\x1bol", "bin/\udc80"),),
    licences=("x/\x1b[2J",),
    grafted=("tool.libs/\x1b.so",),
    idle=("exclude \x1b\udcff",),
    findings=(replace(WARNING, message="\x1b[31mred", member="\r\n"),),
    published=Published("different", "b" * 64, "https://\x1b.example"),
)
