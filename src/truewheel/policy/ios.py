"""iOS (PEP 730): the device and its simulators are platforms of their own, each with a release to start from.

A tag names major and minor release; a patch level rounds up. Nothing below 12.0 is asked for by installers.
"""

from __future__ import annotations

from collections.abc import Mapping

from truewheel import rules
from truewheel.binary.model import MachO, Platform, Slice
from truewheel.findings import Finding, in_order
from truewheel.policy.apple import label, loadable, shared, trimmed
from truewheel.policy.model import Floor, Missing, Outcome, Requirement

_SUFFIX = {Platform.IOS: "iphoneos", Platform.IOS_SIMULATOR: "iphonesimulator"}
_ARCHS = {"arm64_iphoneos", "arm64_iphonesimulator", "x86_64_iphonesimulator"}
_OLDEST = (12, 0)
# Extension modules on iOS are linked to the framework that the app embeds (PEP 730, binary extension modules).
_PROMISED = ("/usr/lib/", "/System/", "@rpath/Python.framework/")


def examine(images: Mapping[str, MachO], external: Mapping[str, tuple[str, ...]]) -> Outcome:
    """The floors, faults and missing libraries of a wheel's Mach-O files, as files for iOS.

    Only what all files have is a platform of the wheel; where they share none, each platform gets its floor.
    """
    findings: list[Finding] = []
    unknown: list[str] = []
    parts: list[tuple[str, Slice, str]] = []
    for member, part in loadable(images):
        arch = f"{part.arch}_{_SUFFIX.get(part.platform, '')}"
        if part.platform is Platform.UNKNOWN and part.minos is None:
            unknown.append(f"{member}: no load command of the {part.arch} slice names a platform and a release")
        elif arch not in _ARCHS:
            message = f"the {part.arch} slice is for {label(part.platform)}"
            findings.append(Finding(rules.MAC_OTHER_PLATFORM, message, member, part.offset))
        elif part.minos is None:
            unknown.append(f"{member}: the {part.arch} slice doesn't name the iOS that it needs")
        else:
            parts.append((member, part, arch))
    if not parts and not unknown and findings:
        unknown.append("no slice is for a platform of iOS")
    archs = shared((member, arch) for member, _, arch in parts)
    return Outcome(
        requirements=tuple(_requirement(member, part, arch) for member, part, arch in parts if arch in archs),
        findings=in_order(findings),
        missing=tuple(
            Missing(library, members, "is neither in the wheel nor part of iOS")
            for library, members in sorted(external.items())
            if not library.startswith(_PROMISED)
        ),
        unknown=tuple(sorted(unknown)),
    )


def _requirement(member: str, part: Slice, arch: str) -> Requirement:
    minos = part.minos or (0, 0, 0)
    major, minor, patch = minos
    version = max((major, minor + 1 if patch else minor), _OLDEST)
    exact = trimmed(minos)
    reason = f"minos {'.'.join(map(str, exact))} of the {part.arch} slice for {label(part.platform)}"
    return Requirement(Floor("ios", arch, version), member, reason, () if exact == version else exact)
