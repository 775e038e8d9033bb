"""Verdicts as statements: in-toto's shape, the same for everybody who finds the same, and nothing of the machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.test_provenance import BUILD, SUBJECTS
from tests.report import verified
from tests.support import closed_schema
from truewheel.errors import RequestError
from truewheel.ops import provenance
from truewheel.ops.verification import statement
from truewheel.verdict.model import History, Rung, Verification

SAMPLES = {
    "bit-for-bit": verified.BIT_FOR_BIT,
    "zip-metadata": verified.ZIP_METADATA,
    "same-contents": verified.SAME_CONTENTS,
    "same-but-for": verified.EXPLAINED,
    "different": verified.DIFFERENT,
    "not-rebuilt": verified.FAILED,
    "without a source": verified.NO_SOURCE,
    "tried twice": verified.TRIED_TWICE,
    "attested": verified.TRUSTED,
    "suspect": verified.SUSPECT,
    "no history": verified.UNTOLD,
}
REBUILD = provenance.statement(SUBJECTS, BUILD)
_Json = dict[str, Any]


def read(verification: Verification, rebuild: str = REBUILD) -> _Json:
    """The statement, which keeps to its schema, as its predicate alone."""
    text = statement(verification, version="1.0", provenance=rebuild)
    document: _Json = json.loads(text.encode())
    closed_schema("verification-statement").validate(document)
    assert text.endswith("}\n")
    assert list(document) == ["_type", "subject", "predicateType", "predicate"]
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "urn:truewheel:verification:1"
    wheel = verification.wheel
    assert wheel is not None
    name = wheel.name.replace("\udcff", "\\udcff")  # a byte that is no UTF-8
    assert document["subject"] == [{"name": name, "digest": {"sha256": wheel.sha256}}]
    found: _Json = document["predicate"]
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_every_rung_keeps_to_the_schema(name: str) -> None:
    verification = SAMPLES[name]
    found = read(verification)
    assert found["verdict"]["rung"] == verification.rung.value
    assert found["verdict"]["same"] == verification.rung.same
    assert [attempt["rung"] for attempt in found["attempts"]] == [one.rung.value for one in verification.attempts]


def test_the_samples_have_every_rung() -> None:
    assert {sample.rung for sample in SAMPLES.values()} == set(Rung)


def test_what_is_told_of_a_verdict() -> None:
    found = read(verified.EXPLAINED)
    causes = {each["member"]: [cause["reason"] for cause in each["causes"]] for each in found["verdict"]["deviations"]}
    assert causes == {
        each.member: [reason for reason, _ in each.causes]
        for each in verified.EXPLAINED.attempts[0].judgement.deviations  # type: ignore[union-attr]  # it has one
    }
    assert [each["follows"] for each in found["verdict"]["deviations"]] == [False, False, True]
    assert read(verified.ZIP_METADATA)["verdict"]["transplant"] == {
        "bytes": 1_234,
        "fields": {"time": 20, "mode": 1, "order": 3},
        "deflate": "",
    }
    different = read(verified.DIFFERENT)["verdict"]
    assert different["record"][1] == "demo/extra.py has no row"
    assert different["transplant"] is None


def test_what_is_told_of_the_way_there() -> None:
    found = read(verified.TRIED_TWICE)
    assert found["best"] == 1
    assert found["source"] == {"name": "twice-1.0.tar.gz", "digest": {"sha256": verified.ARCHIVE}}
    best = found["attempts"][1]
    assert best["rebuilt"] == {"name": "twice-1.0-py3-none-any.whl", "digest": {"sha256": verified.PUBLISHED}}
    assert best["environment"] == {
        "python": "CPython 3.12.3",
        "requirements": list(verified.TOOLS),
        "isolation": "bubblewrap",
    }
    assert best["recipe"] == {
        "pins": ["setuptools==57.5.0", "wheel==0.36.2"],
        "requirements": ["cython==0.29.24"],
        "excludeNewer": "2021-08-01T00:00:00Z",
        "python": "3.9",
        "sourceDateEpoch": 1_577_836_800,
        "clock": 1_627_776_000,
        "timezone": "Asia/Kathmandu",
        "umask": "0002",
        "groupWritable": True,
        "lineEnds": "crlf",
        "compiler": False,
        "canonical": True,
        "environment": {"DEMO_SPEEDUPS": "0"},
        "configSettings": {"--build-option": ["--quiet", "--universal"], "editable": "no"},
    }
    assert [step["rule"] for step in best["steps"]] == [step.rule for step in verified.FULL.steps]


def test_the_provenance_of_the_rebuild() -> None:
    rebuild = read(verified.BIT_FOR_BIT)["rebuild"]
    assert rebuild["digest"]["sha256"] == hashlib.sha256(REBUILD.encode()).hexdigest()
    assert rebuild["statement"] == json.loads(REBUILD)
    closed_schema("provenance").validate(rebuild["statement"])
    assert read(verified.FAILED, "")["rebuild"] is None


def test_attestations_and_history() -> None:
    found = read(verified.SUSPECT)
    assert found["attestations"] == [
        {"state": "invalid"},
        {"state": "unverifiable", "publisher": "GitLab"},
        {"state": "absent"},
    ]
    history = found["history"]
    assert (history["subdirectory"], history["programs"]) == ("packages/demo", ["demo/run.sh"])
    assert history["generated"][0] == {"name": "PKG-INFO", "said": "backends write it"}
    assert read(verified.UNTOLD)["history"] is None
    assert read(verified.TRUSTED)["attestations"][0]["commit"] == verified.ATTESTED.commit


@pytest.mark.parametrize("place", ["/home/somebody/demo", "file:///home/somebody/demo", ""])
def test_folders_of_this_machine_are_not_told(place: str) -> None:
    history = History(repository=place, ref="", commit="ab" * 20, chosen="the repository was named")
    found = read(replace(verified.BIT_FOR_BIT, history=history))
    assert found["history"] == {
        "commit": "ab" * 20,
        "chosen": "the repository was named",
        **{name: [] for name in ("added", "missing", "changed", "programs", "generated", "traits", "remarks")},
    }


def test_the_machine_takes_no_part() -> None:
    """Times, addresses, paths, logs and the user's own spelling: another machine has others."""
    one = verified.TRIED_TWICE
    assert one.wheel is not None
    assert one.source is not None
    other = replace(
        one,
        target="./somewhere/else.whl",
        wheel=one.wheel._replace(origin="this machine"),
        source=one.source._replace(origin="https://mirror.example/simple"),
        attempts=tuple(replace(each, seconds=99.0, failure="/home/somebody") for each in one.attempts),
        notes=("the network was slow",),
        hint="try again",
        seconds=1e6,
    )
    assert statement(other, version="1.0", provenance=REBUILD) == statement(one, version="1.0", provenance=REBUILD)


@pytest.mark.parametrize("name", ["a folder", "git+file:///home/somebody/demo"])
def test_sources_without_a_digest_stand_in_the_provenance_alone(name: str) -> None:
    assert verified.SOURCE is not None
    source = verified.SOURCE._replace(name=name, sha256="")
    assert read(replace(verified.BIT_FOR_BIT, source=source))["source"] is None


def test_without_a_wheel() -> None:
    with pytest.raises(RequestError, match="there is no wheel that a statement could be about"):
        statement(verified.ABSENT, version="1.0")


def test_hostile_texts() -> None:
    assert verified.HOSTILE_ONE.history is not None
    history = replace(verified.HOSTILE_ONE.history, commit="ab" * 20)
    found = read(replace(verified.HOSTILE_ONE, history=history))
    assert found["project"] == verified.TEXT.replace("\udcff", "\\udcff")


@given(st.permutations(sorted({"B": "1", "A": "2", "C": "3"}.items())))
def test_order_takes_no_part(pairs: list[tuple[str, str]]) -> None:
    """Mappings are in no order."""
    (attempt,) = verified.BIT_FOR_BIT.attempts
    recipe = replace(attempt.choice.recipe, environment=dict(pairs), config_settings=dict(pairs))
    shuffled = replace(
        verified.BIT_FOR_BIT, attempts=(replace(attempt, choice=attempt.choice._replace(recipe=recipe)),)
    )
    assert list(read(shuffled)["attempts"][0]["recipe"]["environment"]) == ["A", "B", "C"]
    assert list(read(shuffled)["attempts"][0]["recipe"]["configSettings"]) == ["A", "B", "C"]
