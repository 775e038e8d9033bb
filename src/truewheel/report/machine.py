"""JSON for machines: one document a command, with a versioned schema (``report/schemas``)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from truewheel.errors import TruewheelError
from truewheel.findings import Finding
from truewheel.report.json_text import json_text
from truewheel.report.machine_comparisons import compared
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
        **{field: [json_text(name) for name in names] for field, names in (more or {}).items()},
        "errors": [_error(error) for error in errors],
    }
    return json.dumps(body, indent=2, ensure_ascii=True)


def shown(audit: Audit) -> Json:
    """One wheel in the document of `show`."""
    return {
        "file": json_text(audit.file),
        "size": audit.size,
        "unpacked_size": audit.unpacked_size,
        "members": audit.member_count,
        "depth": audit.depth.value,
        "sha256": audit.sha256,
        "payload_digest": audit.payload_digest,
        "generator": json_text(audit.generator),
        "tags": _tags(audit.tags),
        "requirements": [_requirement(item, decides=item in audit.tags.deciding) for item in audit.requirements],
        "binaries": [_binary(binary) for binary in audit.binaries],
        "external": [_missing(missing) for missing in audit.external],
        "findings": [found(finding) for finding in audit.findings],
    }


def checked(audit: Audit) -> Json:
    """One wheel in the document of `check`."""
    return {
        "file": json_text(audit.file),
        "sha256": audit.sha256,
        "findings": [found(finding) for finding in audit.findings],
    }


def found(finding: Finding) -> Json:
    """One finding."""
    return {
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "severity": finding.rule.severity.label,
        "member": json_text(finding.member),
        "offset": finding.offset,
        "message": json_text(finding.message),
    }


def _tags(tags: Tags) -> Json:
    return {
        "claimed": list(tags.claimed),
        "computed": None if tags.computed is None else list(tags.computed),
        "verdict": tags.verdict.value,
        "reasons": [json_text(reason) for reason in tags.reasons],
    }


def _requirement(requirement: Requirement, *, decides: bool) -> Json:
    return {
        "floor": requirement.floor.tag,
        "member": json_text(requirement.member),
        "reason": json_text(requirement.reason),
        "exact": ".".join(map(str, requirement.exact or requirement.floor.version)),
        "decides": decides,
    }


def _binary(binary: Binary) -> Json:
    return {
        "path": json_text(binary.path),
        "format": binary.format,
        "archs": list(binary.archs),
        "size": binary.size,
        "libc": binary.libc,
        "needed": [json_text(name) for name in binary.needed],
        "rpaths": [json_text(path) for path in binary.rpaths],
        "external": [json_text(name) for name in binary.external],
        "signature": binary.signature,
    }


def _missing(missing: Missing) -> Json:
    return {
        "library": json_text(missing.library),
        "members": [json_text(member) for member in missing.members],
        "searched": json_text(missing.searched),
    }


def _error(error: TruewheelError) -> Json:
    return {
        "file": json_text(error.where.file),
        "member": json_text(error.where.member),
        "offset": error.where.offset,
        "message": json_text(error.what),
        "hint": json_text(error.hint),
    }


def written(source: str, path: str, result: WrittenWheel) -> Json:
    """One wheel in the documents of `normalize` and `retag`."""
    return {
        "file": json_text(source),
        "path": json_text(path),
        "changed": result.changed,
        "size": result.size,
        "sha256": result.sha256,
        "profile": result.profile,
        "differences": [json_text(item) for item in result.differences],
    }


def digested(file: str, size: int, sha256: str, payload: str, profile: str | None) -> Json:
    """One wheel in the document of `digest`."""
    return {"file": json_text(file), "size": size, "sha256": sha256, "payload_digest": payload, "profile": profile}


def repaired(result: RepairedWheel) -> Json:
    """One wheel in the document of `repair`."""
    plan = result.plan
    return {
        "file": json_text(str(result.source)),
        "path": json_text(str(result.path)),
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
        "library": json_text(graft.library),
        "member": json_text(graft.member),
        "source": json_text(graft.file.path),
        "sha256": graft.sha256,
        "size": graft.size,
        "needed_by": [json_text(user) for user in graft.needed_by],
        "stripped": graft.strip,
        "edits": [json_text(reason) for reason in graft.reasons],
    }


def _change(change: Change[Changes]) -> Json:
    return {
        "member": json_text(change.member),
        "moved_to": json_text(change.moved_to) if change.moved_to else None,
        "edits": [json_text(reason) for reason in change.reasons],
    }


def _source(source: Source) -> Json:
    return {"member": json_text(source.member), "edits": [json_text(reason) for reason in source.reasons]}


def _users(library: str, users: Iterable[str]) -> Json:
    return {"library": json_text(library), "members": [json_text(user) for user in users]}


def fused(result: FusedWheel) -> Json:
    """The wheel in the document of `fuse`."""
    return {
        "files": [json_text(str(source)) for source in result.sources],
        "path": json_text(str(result.path)),
        "written": result.written,
        "size": result.size,
        "sha256": result.sha256,
        "profile": result.profile,
        "tags": _tags(result.tags),
        "because": [_requirement(item, decides=True) for item in result.tags.deciding],
        "joined": [{"member": json_text(member), "archs": list(archs)} for member, archs in result.joined.items()],
        "alone": [
            {"member": json_text(member), "files": [json_text(str(file)) for file in files]}
            for member, files in result.alone.items()
        ],
        "taken": [json_text(member) for member in result.taken],
        "notes": [json_text(note) for note in result.notes],
        "findings": [found(finding) for finding in result.findings],
    }


def packed(run: PackingRun | None, errors: Iterable[TruewheelError]) -> str:
    """The document of `pack`: all targets or, where any of them failed, none."""
    done = [_packed(wheel) for wheel in run.targets] if run else []
    return document("pack", done, errors, more={"extra": run.extra if run else ()})


def _packed(wheel: PackedWheel) -> Json:
    published = wheel.published
    return {
        "label": json_text(wheel.label),
        "source": json_text(wheel.source),
        "source_sha256": wheel.source_sha256,
        "path": json_text(str(wheel.path)),
        "written": wheel.written,
        "size": wheel.size,
        "sha256": wheel.sha256,
        "tags": _tags(wheel.tags),
        "because": [_requirement(item, decides=True) for item in wheel.tags.deciding],
        "programs": [
            {"command": json_text(program.command), "path": json_text(program.path), "script": program.script}
            for program in wheel.programs
        ],
        "licences": [json_text(member) for member in wheel.licences],
        "members": wheel.members,
        "grafted": [json_text(name) for name in wheel.grafted],
        "findings": [found(finding) for finding in wheel.findings],
        "idle": [json_text(said) for said in wheel.idle],
        "copies": wheel.copies,
        "copied": wheel.copied,
        "published": None
        if published is None
        else {"state": published.state, "sha256": published.sha256 or None, "place": json_text(published.place)},
    }


def built(result: BuiltProject) -> Json:
    """The project in the document of `build`."""
    apart, twin = result.isolation, result.twin
    return {
        "source": json_text(result.source),
        "artefacts": [
            {"kind": made.kind, "path": json_text(str(made.path)), "size": made.size, "sha256": made.sha256}
            for made in result.artefacts
        ],
        "source_date_epoch": {"seconds": result.epoch.seconds, "origin": json_text(result.epoch.origin)},
        "python": json_text(result.python),
        "tools": [{"name": json_text(tool.name), "version": json_text(tool.version)} for tool in result.tools],
        "requirements": [
            {"project": item.project, "version": item.version, "file": json_text(item.file), "sha256": item.sha256}
            for item in result.requirements
        ],
        "isolation": {
            "kind": apart.kind,
            "fixed_path": apart.fixed_path,
            "network_cut": apart.network_cut,
            "read_only": apart.read_only,
            "home_hidden": apart.home_hidden,
            "notes": [json_text(note) for note in apart.notes],
        },
        "lock": json_text(str(result.lock)),
        "provenance": json_text(str(result.provenance)),
        "log": json_text(str(result.log)),
        "twice": None if twin is None else _twin(twin),
    }


def _twin(twin: SecondBuild) -> Json:
    return {
        "varied": [
            {
                "name": one.name,
                "first": json_text(one.first),
                "second": json_text(one.second),
                "obstacle": json_text(one.obstacle) if one.obstacle else None,
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
        return {json_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return json_text(str(value))
