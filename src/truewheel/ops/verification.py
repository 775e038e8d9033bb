"""A verdict as an in-toto Statement (v1) about the published wheel: how it was rebuilt, and what differs.

It says what others need to come to the same verdict or to another one, and nothing of the machine: no time, no path, no
user, no address of an index. Two people who find the same write the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Final

from truewheel.errors import RequestError
from truewheel.ops.provenance import STATEMENT, as_text
from truewheel.recipes.model import Choice, Recipe
from truewheel.verdict.model import Attempt, Attested, Deviation, File, History, Judgement, Verification

PREDICATE: Final = "urn:truewheel:verification:1"
VERIFIER: Final = "urn:truewheel:verifier:1"

_Object = dict[str, object]


def statement(verification: Verification, *, version: str, provenance: str = "") -> str:
    """The statement as text that ends in a line feed.

    `version` is truewheel's, and `provenance` the statement about the best attempt's build (`ops.provenance`), "" where
    nothing was built. Texts that only this machine can have said, such as logs of builds that failed, take no part.
    Raises `RequestError` for a verification without a wheel.
    """
    wheel = verification.wheel
    if wheel is None:
        raise RequestError("there is no wheel that a statement could be about")
    predicate: _Object = {
        "verifier": {"id": VERIFIER, "version": {"truewheel": version}},
        "project": verification.project,
        "version": verification.version,
        **_some(uploaded=verification.uploaded, generator=verification.generator, backend=verification.backend),
        "source": _source(verification.source),
        "verdict": _verdict(verification),
        "attempts": [_attempt(attempt) for attempt in verification.attempts],
        "best": verification.best,
        "rebuild": _rebuild(provenance),
        "attestations": [_attested(attested) for attested in verification.attested],
        "history": _history(verification.history),
    }
    return as_text(
        {
            "_type": STATEMENT,
            "subject": [_file(wheel)],
            "predicateType": PREDICATE,
            "predicate": predicate,
        }
    )


def _some(**values: str) -> _Object:
    """Those that are said."""
    return {name: value for name, value in values.items() if value}


def _file(file: File) -> _Object:
    return {"name": file.name, "digest": {"sha256": file.sha256}}


def _source(source: File | None) -> _Object | None:
    """An sdist by its name and digest. Folders and repositories stand in the rebuild's provenance, without paths."""
    return _file(source) if source and source.sha256 else None


def _verdict(verification: Verification) -> _Object:
    judgement = verification.judgement or Judgement(rung=verification.rung)
    moved = judgement.transplanted
    return {
        "rung": judgement.rung.value,
        "same": judgement.rung.same,
        "transplant": moved and {"bytes": moved.size, "fields": dict(moved.fields), "deflate": moved.deflate},
        "deviations": [_deviation(deviation) for deviation in judgement.deviations],
        "storage": list(judgement.storage),
        "record": list(judgement.record),
    }


def _deviation(deviation: Deviation) -> _Object:
    return {
        "member": deviation.member,
        "kind": deviation.kind,
        "summary": deviation.summary,
        "causes": [{"reason": reason, "evidence": evidence} for reason, evidence in deviation.causes],
        "follows": deviation.follows,
    }


def _attempt(attempt: Attempt) -> _Object:
    return {
        **_choice(attempt.choice),
        "rung": attempt.rung.value,
        "rebuilt": attempt.rebuilt and _file(attempt.rebuilt),
        "environment": {
            "python": attempt.python,
            "requirements": list(attempt.requirements),
            "isolation": attempt.isolation,
        },
    }


def _choice(choice: Choice) -> _Object:
    return {
        "recipe": _recipe(choice.recipe),
        "steps": [{"rule": rule, "what": what, "why": why} for rule, what, why in choice.steps],
    }


def _recipe(recipe: Recipe) -> _Object:
    settings = {
        key: value if isinstance(value, str) else list(value) for key, value in sorted(recipe.config_settings.items())
    }
    return {
        "pins": list(recipe.pins),
        "requirements": list(recipe.more),
        "excludeNewer": recipe.exclude_newer,
        "python": recipe.python,
        "sourceDateEpoch": recipe.epoch,
        "clock": recipe.clock,
        "timezone": recipe.timezone,
        "umask": f"{recipe.umask:04o}",
        "groupWritable": recipe.group_writable,
        "lineEnds": "crlf" if recipe.line_ends == "\r\n" else "lf",
        "compiler": recipe.compiler,
        "canonical": recipe.canonical,
        "environment": dict(sorted(recipe.environment.items())),
        "configSettings": settings,
    }


def _rebuild(provenance: str) -> _Object | None:
    """The provenance of the best attempt, and the digest of the file that it stands in."""
    if not provenance:
        return None
    digest = hashlib.sha256(provenance.encode("utf-8", "surrogateescape")).hexdigest()
    return {"digest": {"sha256": digest}, "statement": json.loads(provenance)}


def _attested(attested: Attested) -> _Object:
    return {
        "state": attested.state,
        **_some(
            publisher=attested.publisher,
            repository=_public(attested.repository),
            ref=attested.ref,
            commit=attested.commit,
            workflow=attested.workflow,
        ),
    }


def _history(history: History | None) -> _Object | None:
    """What an sdist's commit said; None where nothing was compared."""
    if history is None or history.problem:
        return None
    return {
        **_some(
            repository=_public(history.repository),
            ref=history.ref,
            commit=history.commit,
            subdirectory=history.subdirectory,
        ),
        "chosen": history.chosen,
        "added": list(history.added),
        "missing": list(history.missing),
        "changed": list(history.changed),
        "programs": list(history.programs),
        "generated": _pairs(history.generated),
        "traits": _pairs(history.traits),
        "remarks": list(history.remarks),
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[_Object]:
    return [{"name": name, "said": said} for name, said in pairs]


def _public(address: str) -> str:
    """An address that means the same elsewhere; "" for a folder."""
    return address if "://" in address and not address.startswith("file:") else ""
