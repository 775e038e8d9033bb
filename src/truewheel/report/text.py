"""Plain text: for pipes, logs and files. The same words as in a terminal, without colour or frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from truewheel.errors import TruewheelError, printable
from truewheel.findings import Finding, Rule, Severity
from truewheel.report.shapes import BuiltProject, FusedWheel, PackingRun, RepairedWheel, WrittenWheel

if TYPE_CHECKING:
    from truewheel.compare.model import Comparison
    from truewheel.ops import Audit
    from truewheel.verdict.model import Verification

_LABEL_WIDTH = 10


def shown(audit: Audit) -> str:
    """What `show` says of one wheel."""
    from truewheel.report.rows import rows  # noqa: PLC0415  # with the policies, for show alone

    lines = [printable(audit.file)]
    lines += [f"  {row.label:<{_LABEL_WIDTH}} {printable(row.text)}".rstrip() for row in rows(audit)]
    return "\n".join(lines)


def checked(audits: Iterable[Audit]) -> str:
    """What `check` says: a line for each finding, then a summary."""
    done = list(audits)
    lines = [_line(audit.file, finding) for audit in done for finding in audit.findings]
    return "\n".join([*lines, summary(done)])


def _line(file: str, finding: Finding) -> str:
    place = ": ".join(printable(part) for part in (file, finding.member) if part)
    offset = f": offset {finding.offset:#x}" if finding.offset is not None else ""
    rule = finding.rule
    return f"{place}{offset}: {rule.severity.label} {rule.id} {rule.name}: {printable(finding.message)}"


def summary(audits: list[Audit]) -> str:
    """How many findings of each severity in how many wheels."""
    counts = Counter(finding.rule.severity for audit in audits for finding in audit.findings)
    wheels = f"{len(audits)} wheel{'s' if len(audits) != 1 else ''}"
    if not counts:
        return f"{wheels} checked: nothing found"
    parts = [
        f"{counts[s]} {s.label}{'s' if counts[s] != 1 else ''}" for s in sorted(Severity, reverse=True) if counts[s]
    ]
    return f"{wheels} checked: {', '.join(parts)}"


def failure(error: TruewheelError) -> str:
    """An error as people read it: what and where, then what to do next."""
    return f"error: {error}" + (f"\n  hint: {printable(error.hint)}" if error.hint else "")


def rule_list(known: Iterable[Rule]) -> str:
    """One line a rule: id, severity, name, summary."""
    return "\n".join(f"{rule.id:<8} {rule.severity.label:<8} {rule.name}: {rule.summary}" for rule in known)


def normalized(source: str, path: str, result: WrittenWheel, *, checked: bool) -> str:
    """What `normalize` says of one wheel; with `checked` nothing was written."""
    if not result.changed:
        said = (
            "canonical already"
            if checked
            else f"canonical already, {'left as it is' if source == path else f'copied to {path}'}"
        )
    else:
        said = "not canonical" if checked else f"written to {path}"
    lines = [f"{printable(source)}: {printable(said)}"]
    if result.changed:
        lines += [f"  {printable(item)}" for item in result.differences]
    return "\n".join([*lines, f"  sha256 {result.sha256} (profile {result.profile}, {result.size:,} bytes)"])


def retagged(source: str, path: str, result: WrittenWheel) -> str:
    """What `retag` says of one wheel."""
    said = f"written to {path}" if result.changed else f"nothing to change; copied to {path}"
    if source == path and not result.changed:
        said = "nothing to change"
    return f"{printable(source)}: {printable(said)}\n  sha256 {result.sha256} ({result.size:,} bytes)"


def digested(file: str, sha256: str, payload: str, profile: str | None) -> str:
    """What `digest` says of one wheel."""
    form = f"canonical, profile {profile}" if profile else "not canonical"
    return f"{printable(file)}\n  sha256   {sha256}\n  payload  {payload}\n  form     {form}"


def repaired(result: RepairedWheel) -> str:
    """What `repair` says of one wheel, or what it would do."""
    from truewheel.report.repairs import repair_rows  # noqa: PLC0415  # with the plan, for repair alone

    if not result.written:
        said = "nothing to repair" if not result.changed else f"would be written to {result.path}"
    elif result.changed and not result.plan and result.before.claimed == result.after.claimed:
        said = f"nothing to repair; written in canonical form to {result.path}"
    elif result.changed:
        said = f"written to {result.path}"
    else:
        said = f"nothing to repair; copied to {result.path}"
    lines = [f"{printable(str(result.source))}: {printable(said)}"]
    lines += [f"  {row.label:<{_LABEL_WIDTH}} {printable(row.text)}".rstrip() for row in repair_rows(result)]
    if result.sha256 is not None:
        lines.append(f"  {'sha256':<{_LABEL_WIDTH}} {result.sha256} (profile {result.profile}, {result.size:,} bytes)")
    return "\n".join(lines)


def fused(result: FusedWheel) -> str:
    """What `fuse` says of the wheel that it makes, or would make."""
    from truewheel.report.fusions import fusion_rows  # noqa: PLC0415  # for fuse alone

    said = f"{'written' if result.written else 'would be written'} to {result.path}"
    lines = [f"{printable(', '.join(map(str, result.sources)))}: {printable(said)}"]
    lines += [f"  {row.label:<{_LABEL_WIDTH}} {printable(row.text)}".rstrip() for row in fusion_rows(result)]
    if result.sha256 is not None:
        lines.append(f"  {'sha256':<{_LABEL_WIDTH}} {result.sha256} (profile {result.profile}, {result.size:,} bytes)")
    return "\n".join(lines)


def packed(run: PackingRun) -> str:
    """What `pack` says of all targets: see `packing_lines`."""
    from truewheel.report.packings import packing_lines  # noqa: PLC0415  # for pack alone

    return "\n".join(f"{line.head}{line.text}".rstrip() for line in packing_lines(run))


def compared(comparison: Comparison, *, full: bool = False) -> str:
    """What `diff` says of two sides. Long lists are cut unless `full` is asked for."""
    from truewheel.report.difference_rows import told  # noqa: PLC0415  # for diff alone

    lines = told(comparison, full=full)
    return "\n".join(f"{'  ' * line.depth}{printable(line.head)}{printable(line.text)}".rstrip() for line in lines)


def compared_to(comparison: Comparison, path: str, *, page: bool) -> str:
    """What `diff` says where it writes its report into a file."""
    from truewheel.report.differences import verdict  # noqa: PLC0415  # for diff alone

    return f"{verdict(comparison)}\n  written to {printable(path)}{': open it in a browser' if page else ''}"


def built(result: BuiltProject) -> str:
    """What `build` says of a project; where a second build gave other files, with all that differs in them."""
    from truewheel.report.buildings import build_rows  # noqa: PLC0415  # for build alone

    lines = [f"{printable(result.source)}: built"]
    lines += [f"  {row.label:<{_LABEL_WIDTH}} {printable(row.text)}".rstrip() for row in build_rows(result)]
    if result.twin is not None:
        lines += [f"\n{compared(one)}" for one in result.twin.comparisons if not one.identical]
    return "\n".join(lines)


def verified(verification: Verification, *, verbose: bool = False, width: int | None = None) -> str:
    """What `verify` says of one wheel: all that is known of it with `verbose`; folded into a width, where one is given.

    Where there is no verdict, that says why, and what to do next.
    """
    from truewheel.report.columns import labelled  # noqa: PLC0415  # for verify alone
    from truewheel.report.verification_rows import verification_rows  # noqa: PLC0415  # the same
    from truewheel.report.verifications import named, shortened  # noqa: PLC0415  # the same
    from truewheel.verdict.sentence import verdict_of  # noqa: PLC0415  # the same

    head = f"{printable(named(verification))}: {printable(shortened(verdict_of(verification)))}"
    return "\n".join([head, *labelled(verification_rows(verification, verbose=verbose), width=width)])


def verifications(results: Sequence[Verification], *, width: int | None = None) -> str:
    """What `verify` says of many wheels: a line each, cut to a width where one is given, then how many came how far."""
    from truewheel.report.verification_table import verification_lines  # noqa: PLC0415  # for verify alone

    return "\n".join(verification_lines(results, width=width))
