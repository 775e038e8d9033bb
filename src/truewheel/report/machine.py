"""JSON for machines: one document a command, with a versioned schema (``report/schemas``)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from truewheel.errors import TruewheelError
from truewheel.findings import Finding
from truewheel.report.shapes import (
    BuiltProject,
    FusedWheel,
    Json,
    PackedWheel,
    PackingRun,
    RepairedWheel,
    SecondBuild,
    WrittenWheel,
)

if TYPE_CHECKING:
    from truewheel.compare.model import Comparison, Difference, Tree
    from truewheel.ops import Audit, Binary, Tags
    from truewheel.ops.plan import Change, Changes, Graft, Source
    from truewheel.policy import Missing, Requirement
    from truewheel.verdict.model import Verification


def document(
    command: str,
    done: Sequence[Json],
    errors: Iterable[TruewheelError],
    *,
    subject: str = "wheels",
    more: Mapping[str, Iterable[str]] | None = None,
) -> str:
    """The document of a command: its schema, what was done under the word for it, and the errors of the rest.

    ``more`` are lists of names that belong to none of what was done.
    """
    body: Json = {
        "schema": f"truewheel/{command}/1",
        subject: done,
        **{field: [_text(name) for name in names] for field, names in (more or {}).items()},
        "errors": [_error(error) for error in errors],
    }
    return json.dumps(body, indent=2, ensure_ascii=True)


def shown(audit: Audit) -> Json:
    """One wheel in the document of `show`."""
    return {
        "file": _text(audit.file),
        "size": audit.size,
        "unpacked_size": audit.unpacked_size,
        "members": audit.member_count,
        "depth": audit.depth.value,
        "sha256": audit.sha256,
        "payload_digest": audit.payload_digest,
        "generator": _text(audit.generator),
        "tags": _tags(audit.tags),
        "requirements": [_requirement(item, decides=item in audit.tags.deciding) for item in audit.requirements],
        "binaries": [_binary(binary) for binary in audit.binaries],
        "external": [_missing(missing) for missing in audit.external],
        "findings": [found(finding) for finding in audit.findings],
    }


def checked(audit: Audit) -> Json:
    """One wheel in the document of `check`."""
    return {
        "file": _text(audit.file),
        "sha256": audit.sha256,
        "findings": [found(finding) for finding in audit.findings],
    }


def found(finding: Finding) -> Json:
    """One finding."""
    return {
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "severity": finding.rule.severity.label,
        "member": _text(finding.member),
        "offset": finding.offset,
        "message": _text(finding.message),
    }


def _tags(tags: Tags) -> Json:
    return {
        "claimed": list(tags.claimed),
        "computed": None if tags.computed is None else list(tags.computed),
        "verdict": tags.verdict.value,
        "reasons": [_text(reason) for reason in tags.reasons],
    }


def _requirement(requirement: Requirement, *, decides: bool) -> Json:
    return {
        "floor": requirement.floor.tag,
        "member": _text(requirement.member),
        "reason": _text(requirement.reason),
        "exact": ".".join(map(str, requirement.exact or requirement.floor.version)),
        "decides": decides,
    }


def _binary(binary: Binary) -> Json:
    return {
        "path": _text(binary.path),
        "format": binary.format,
        "archs": list(binary.archs),
        "size": binary.size,
        "libc": binary.libc,
        "needed": [_text(name) for name in binary.needed],
        "rpaths": [_text(path) for path in binary.rpaths],
        "external": [_text(name) for name in binary.external],
        "signature": binary.signature,
    }


def _missing(missing: Missing) -> Json:
    return {
        "library": _text(missing.library),
        "members": [_text(member) for member in missing.members],
        "searched": _text(missing.searched),
    }


def _error(error: TruewheelError) -> Json:
    return {
        "file": _text(error.where.file),
        "member": _text(error.where.member),
        "offset": error.where.offset,
        "message": _text(error.what),
        "hint": _text(error.hint),
    }


def _text(text: str) -> str:
    """`text` without lone surrogates, which stand for bytes that are no UTF-8 and that JSON can't carry."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def written(source: str, path: str, result: WrittenWheel) -> Json:
    """One wheel in the documents of `normalize` and `retag`."""
    return {
        "file": _text(source),
        "path": _text(path),
        "changed": result.changed,
        "size": result.size,
        "sha256": result.sha256,
        "profile": result.profile,
        "differences": [_text(item) for item in result.differences],
    }


def digested(file: str, size: int, sha256: str, payload: str, profile: str | None) -> Json:
    """One wheel in the document of `digest`."""
    return {"file": _text(file), "size": size, "sha256": sha256, "payload_digest": payload, "profile": profile}


def repaired(result: RepairedWheel) -> Json:
    """One wheel in the document of `repair`."""
    plan = result.plan
    return {
        "file": _text(str(result.source)),
        "path": _text(str(result.path)),
        "written": result.written,
        "changed": result.changed,
        "size": result.size,
        "sha256": result.sha256,
        "profile": result.profile,
        "before": _tags(result.before),
        "after": _tags(result.after),
        "because": [_requirement(item, decides=True) for item in result.after.deciding],
        "grafts": [_graft(graft) for graft in plan.grafts],
        "changes": [_change(change) for change in plan.changes],
        "sources": [_source(source) for source in plan.sources],
        "excluded": [_users(library, users) for library, users in plan.excluded],
        "promised": [_users(library, users) for library, users in plan.promised],
        "findings": [found(finding) for finding in result.findings],
    }


def _graft(graft: Graft[Changes]) -> Json:
    return {
        "library": _text(graft.library),
        "member": _text(graft.member),
        "source": _text(graft.file.path),
        "sha256": graft.sha256,
        "size": graft.size,
        "needed_by": [_text(user) for user in graft.needed_by],
        "stripped": graft.strip,
        "edits": [_text(reason) for reason in graft.reasons],
    }


def _change(change: Change[Changes]) -> Json:
    return {
        "member": _text(change.member),
        "moved_to": _text(change.moved_to) if change.moved_to else None,
        "edits": [_text(reason) for reason in change.reasons],
    }


def _source(source: Source) -> Json:
    return {"member": _text(source.member), "edits": [_text(reason) for reason in source.reasons]}


def _users(library: str, users: Iterable[str]) -> Json:
    return {"library": _text(library), "members": [_text(user) for user in users]}


def fused(result: FusedWheel) -> Json:
    """The wheel in the document of `fuse`."""
    return {
        "files": [_text(str(source)) for source in result.sources],
        "path": _text(str(result.path)),
        "written": result.written,
        "size": result.size,
        "sha256": result.sha256,
        "profile": result.profile,
        "tags": _tags(result.tags),
        "because": [_requirement(item, decides=True) for item in result.tags.deciding],
        "joined": [{"member": _text(member), "archs": list(archs)} for member, archs in result.joined.items()],
        "alone": [
            {"member": _text(member), "files": [_text(str(file)) for file in files]}
            for member, files in result.alone.items()
        ],
        "taken": [_text(member) for member in result.taken],
        "notes": [_text(note) for note in result.notes],
        "findings": [found(finding) for finding in result.findings],
    }


def packed(run: PackingRun | None, errors: Iterable[TruewheelError]) -> str:
    """The document of `pack`: all targets or, where any of them failed, none."""
    done = [_packed(wheel) for wheel in run.targets] if run else []
    return document("pack", done, errors, more={"extra": run.extra if run else ()})


def _packed(wheel: PackedWheel) -> Json:
    published = wheel.published
    return {
        "label": _text(wheel.label),
        "source": _text(wheel.source),
        "source_sha256": wheel.source_sha256,
        "path": _text(str(wheel.path)),
        "written": wheel.written,
        "size": wheel.size,
        "sha256": wheel.sha256,
        "tags": _tags(wheel.tags),
        "because": [_requirement(item, decides=True) for item in wheel.tags.deciding],
        "programs": [
            {"command": _text(program.command), "path": _text(program.path), "script": program.script}
            for program in wheel.programs
        ],
        "licences": [_text(member) for member in wheel.licences],
        "members": wheel.members,
        "grafted": [_text(name) for name in wheel.grafted],
        "findings": [found(finding) for finding in wheel.findings],
        "published": None
        if published is None
        else {"state": published.state, "sha256": published.sha256 or None, "place": _text(published.place)},
    }


def compared(comparison: Comparison) -> Json:
    """The comparison in the document of `diff`."""
    from truewheel.report.differences import explanations  # noqa: PLC0415  # for diff alone

    return {
        "left": _side(comparison.left),
        "right": _side(comparison.right),
        "identical": comparison.identical,
        "equal": comparison.equal,
        "same_contents": comparison.same_contents,
        "contents_only": comparison.contents_only,
        "compared": comparison.compared,
        "causes": [
            {
                "id": item.reason.id,
                "title": item.reason.title,
                "why": item.reason.why,
                "remedy": item.reason.remedy,
                "sure": item.sure,
                "follows": item.follows,
                "members": [_text(member) for member in item.members],
            }
            for item in explanations(comparison)
        ],
        "unexplained": [_text(member) for member in comparison.unexplained],
        "differences": [_difference(difference) for difference in comparison.differences],
    }


def _side(tree: Tree) -> Json:
    return {
        "form": tree.form,
        "name": _text(tree.name),
        "size": tree.size,
        "sha256": tree.sha256,
        "members": len(tree.leaves),
    }


def _difference(difference: Difference) -> Json:
    left, right = difference.left, difference.right
    return {
        "place": _text(difference.place),
        "kind": difference.kind.value,
        "summary": _text(difference.summary),
        "left": None if left is None else _text(left),
        "right": None if right is None else _text(right),
        "follows": difference.follows,
        "causes": [
            {"id": cause.reason.id, "evidence": _text(cause.evidence), "sure": cause.sure}
            for cause in difference.causes
        ],
        "lines": [
            {"mark": line.mark.value, "left": line.left, "right": line.right, "text": _text(line.text)}
            for line in difference.lines
        ],
        "inside": [_difference(part) for part in difference.inside],
    }


def built(result: BuiltProject) -> Json:
    """The project in the document of `build`."""
    apart, twin = result.isolation, result.twin
    return {
        "source": _text(result.source),
        "artefacts": [
            {"kind": made.kind, "path": _text(str(made.path)), "size": made.size, "sha256": made.sha256}
            for made in result.artefacts
        ],
        "source_date_epoch": {"seconds": result.epoch.seconds, "origin": _text(result.epoch.origin)},
        "python": _text(result.python),
        "tools": [{"name": _text(tool.name), "version": _text(tool.version)} for tool in result.tools],
        "requirements": [
            {"project": item.project, "version": item.version, "file": _text(item.file), "sha256": item.sha256}
            for item in result.requirements
        ],
        "isolation": {
            "kind": apart.kind,
            "fixed_path": apart.fixed_path,
            "network_cut": apart.network_cut,
            "read_only": apart.read_only,
            "home_hidden": apart.home_hidden,
            "notes": [_text(note) for note in apart.notes],
        },
        "lock": _text(str(result.lock)),
        "provenance": _text(str(result.provenance)),
        "log": _text(str(result.log)),
        "twice": None if twin is None else _twin(twin),
    }


def _twin(twin: SecondBuild) -> Json:
    return {
        "varied": [
            {
                "name": one.name,
                "first": _text(one.first),
                "second": _text(one.second),
                "obstacle": _text(one.obstacle) if one.obstacle else None,
            }
            for one in twin.varied
        ],
        "same": all(comparison.identical for comparison in twin.comparisons),
        "comparisons": [compared(comparison) for comparison in twin.comparisons],
    }


def verified(verification: Verification) -> Json:
    """One wheel in the document of `verify`: all that is kept of it, and before that what follows in words."""
    from truewheel.report.verifications import cautions, named  # noqa: PLC0415  # for verify alone
    from truewheel.verdict.document import to_document  # noqa: PLC0415  # the same
    from truewheel.verdict.sentence import verdict_of  # noqa: PLC0415  # the same

    judgement = verification.judgement
    follows = {
        "file": named(verification),
        "verdict": verification.rung.value,
        "same": verification.rung.same,
        "sentence": verdict_of(verification),
        "cautions": [{"head": one.head, "details": one.details} for one in cautions(verification)],
        "unexplained": [one.member for one in judgement.unexplained] if judgement else [],
    }
    return _plain(follows | to_document(verification))


def _plain(value: object) -> Json:
    """The value with all its texts, and the names of its fields, such as JSON can carry."""
    if isinstance(value, Mapping):
        return {_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _text(str(value))
