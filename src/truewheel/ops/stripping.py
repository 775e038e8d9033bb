"""Which files of a repair have something to strip: native code for a processor that a wheel can be for.

Files for graphics processors are ELF too; their drivers look for code by the table of symbols.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from truewheel import rules
from truewheel.binary import Buffer, Elf, Image
from truewheel.binary.elf_edit import ElfChanges
from truewheel.binary.elf_strip import strip_elf
from truewheel.errors import TruewheelError
from truewheel.findings import Finding, in_order
from truewheel.ops.examine import Examination
from truewheel.ops.plan import Change, Graft, Plan
from truewheel.policy.group import is_loaded

REASON = "its symbol table and debug information go"


def with_strip(planned: Plan[ElfChanges], examination: Examination) -> Plan[ElfChanges]:
    """The plan that strips too what has something to strip, whether it is edited or not.

    The files are read for it, one after the other. What can't be stripped is told.
    """
    findings = list(planned.findings)
    grafts = tuple(_stripped_graft(graft, findings) for graft in planned.grafts)
    changes = {change.member: change for change in planned.changes}
    for member in _native(examination):
        change = changes.get(member, Change(member, ElfChanges(), ()))
        try:
            data = examination.wheel.by_name[member].read()
            if _has(change.moved_to or member, data, findings):
                changes[member] = replace(change, strip=True, reasons=(REASON, *change.reasons))
        except TruewheelError as error:
            raise error.within(member=member) from None
    in_members_order = tuple(changes[member] for member in sorted(changes))
    return replace(planned, grafts=grafts, changes=in_members_order, findings=in_order(findings))


def _stripped_graft(graft: Graft[ElfChanges], findings: list[Finding]) -> Graft[ElfChanges]:
    strip = _has(graft.member, graft.file.data, findings)
    graft.file.forget()
    return replace(graft, strip=strip)


def _native(examination: Examination) -> Iterator[str]:
    for member, image in examination.images.items():
        if _is_native(image):
            yield member


def _is_native(image: Image) -> bool:
    return isinstance(image, Elf) and is_loaded(image) and not any(arch.startswith("machine-") for arch in image.archs)


def _has(place: str, data: Buffer, findings: list[Finding]) -> bool:
    """Whether a file has something to strip; a finding where it has and can't be stripped."""
    stripped = strip_elf(data)
    if stripped.left:
        findings.append(Finding(rules.SIZE_NOT_STRIPPED, f"not stripped: {stripped.left}", place))
    return bool(stripped)
