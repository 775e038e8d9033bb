"""The whole program on real published wheels: what `show` says of each is what the table of facts says."""

from __future__ import annotations

import json

import pytest

import truewheel
from tests.corpus import ROWS, Corpus, Row
from truewheel.ops import Audit
from truewheel.report import machine


def needs_musl(audit: Audit) -> str:
    """The musl release that is really needed, where the tag can't say it."""
    exact = [r.exact for r in audit.tags.deciding if r.floor.family == "musllinux" and len(r.exact) == 3]
    return ".".join(map(str, exact[0])) if exact else ""


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.file)
def test_published_wheel(row: Row, corpus: Corpus) -> None:
    audit = truewheel.show(corpus(row.file))
    assert sorted(audit.tags.claimed) == sorted(row.claimed)
    assert audit.tags.computed == row.computed
    if row.verdict:
        assert audit.tags.verdict.value == row.verdict
    assert needs_musl(audit) == row.needs_musl
    assert tuple(missing.library for missing in audit.external) == row.external
    json.loads(machine.document("show", [machine.shown(audit)], []))


def test_a_build_path_in_an_sbom_and_a_build_rpath_are_seen(corpus: Corpus) -> None:
    sbom = truewheel.check(corpus("cryptography-50.0.2-cp311-abi3-manylinux_2_34_x86_64.whl"), select=("PATH",))
    assert any(f.rule.id == "PATH004" and "/sboms/" in f.member for f in sbom.findings)
    rpath = truewheel.check(corpus("pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl"), select=("PATH",))
    assert any(f.rule.id == "PATH001" and "/tmp/" in f.message for f in rpath.findings)  # noqa: S108


def test_unsorted_compressed_tags_are_seen(corpus: Corpus) -> None:
    name = next(name for name in ROWS if name.startswith("orjson-"))
    assert {f.rule.id for f in truewheel.check(corpus(name), select=("TAG",)).findings} == {"TAG005"}
