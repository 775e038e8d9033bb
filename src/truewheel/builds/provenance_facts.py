"""What provenance tells of a build, from what the build knows: what differs from machine to machine stays behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from truewheel.builds.interpreter import Python
from truewheel.builds.lock import file_name
from truewheel.builds.model import Artefact, Conditions, Epoch, Isolation, Request, Requirement, Tool
from truewheel.builds.sources import Staged
from truewheel.builds.tree import file_digest
from truewheel.ops.provenance import Build, File, Package, Source, statement
from truewheel.world.own import own_version


class Circumstances(NamedTuple):
    """All that provenance is made of, but for what came out. ``variables`` are those of the build that may be told."""

    staged: Staged
    request: Request
    conditions: Conditions
    isolation: Isolation
    epoch: Epoch
    python: Python
    variables: Mapping[str, str]
    tools: tuple[Tool, ...]


def provenance(
    circumstances: Circumstances, artefacts: Sequence[Artefact], requirements: Iterable[Requirement], lock: str
) -> str:
    """The text of the in-toto statement for what a build has made, from a lock with this text."""
    python = circumstances.python
    digest = hashlib.sha256(lock.encode("utf-8", "surrogateescape")).hexdigest()
    build = Build(
        source=_source(circumstances.staged),
        asked=_asked(circumstances.request),
        conditions=_conditions(circumstances),
        requirements=[Package(r.project, r.version, File(r.file, r.sha256)) for r in requirements],
        lock=File(file_name(artefacts[-1].path.name), digest),
        version=own_version(),
        python=(python.implementation, python.version),
        tools={tool.name: tool.version for tool in circumstances.tools},
    )
    return statement([File(artefact.path.name, artefact.sha256) for artefact in artefacts], build)


def _source(staged: Staged) -> Source:
    facts = staged.facts
    return Source(
        kind=staged.kind,
        name=staged.name,
        digest=staged.digest,
        subdirectory=staged.subdirectory,
        commit=facts.commit if facts else "",
        branch=facts.branch if facts else "",
        changed=bool(facts and facts.dirty),
    )


def _asked(request: Request) -> dict[str, object]:
    """What was asked and decides what comes out. Values of variables stay out: a key may be among them."""
    asked: dict[str, object] = {
        "sdist": request.sdist,
        "wheel": request.wheel,
        "configSettings": {key: request.config_settings[key] for key in sorted(request.config_settings)},
        "variables": sorted(request.environment),
        "network": request.network,
        "profile": request.profile.value,
        "requirementsFromSource": request.requirements_from_source,
    }
    if request.constraints:
        asked["constraints"] = [{"sha256": digest} for digest in sorted(map(file_digest, request.constraints))]
    if request.exclude_newer:
        asked["excludeNewer"] = request.exclude_newer
    if request.more:
        asked["moreRequirements"] = sorted(request.more)
    if not request.canonical:
        asked["canonical"] = False
    return asked


def _conditions(circumstances: Circumstances) -> dict[str, object]:
    conditions, isolation, epoch = circumstances.conditions, circumstances.isolation, circumstances.epoch
    found: dict[str, object] = {
        "sourceDateEpoch": {"seconds": epoch.seconds, "origin": epoch.origin},
        "environment": dict(sorted(circumstances.variables.items())),
        "umask": f"{conditions.umask:04o}",
        "root": conditions.root if isolation.fixed_path else None,
        "isolation": {
            "kind": isolation.kind,
            "fixedPath": isolation.fixed_path,
            "networkCut": isolation.network_cut,
            "readOnly": isolation.read_only,
            "homeHidden": isolation.home_hidden,
        },
    }
    if unusual := _unusual(conditions):
        found["unusual"] = unusual
    return found


def _unusual(conditions: Conditions) -> dict[str, object]:
    """What a build saw that `truewheel build` gives to none."""
    usual = Conditions()
    return {
        name: getattr(conditions, field)
        for name, field in _UNUSUAL.items()
        if getattr(conditions, field) != getattr(usual, field)
    }


_UNUSUAL: Final = {
    "epochSet": "epoch_set",
    "sourcesKept": "sources_kept",
    "groupWritable": "group_writable",
    "frozen": "frozen",
    "lineEnds": "line_ends",
    "compiler": "compiler",
}
"""Names in the statement, and the fields of `Conditions` that they tell."""
