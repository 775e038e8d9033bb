"""What attacks by thought found in the checks, kept so that it stays mended."""

from __future__ import annotations

import pytest

from tests.support import SAMPLE, wheel_bytes
from tests.wheel.rawzip import INFO
from truewheel import rules
from truewheel.ops import Depth, audit
from truewheel.wheel import WheelName, read

TIMED = b'{"metadata": {"timestamp": "2024-01-01"}, "components": ['


@pytest.mark.parametrize(
    ("sbom", "told"),
    [
        (TIMED + b"0]}", True),
        (TIMED + b"[]," * 3_000_000 + b"0]}", False),  # 9 MB of text would be 300 MB of lists
        (TIMED + b"[" * 100_000 + b"]" * 100_000 + b"]}", False),
        (b'{"a":' * 100_000, False),
        (b"9" * 1_000_000, False),
    ],
    ids=["plain", "large", "deep", "deep-objects", "long-number"],
)
def test_sboms_that_no_builder_writes_are_left_alone(sbom: bytes, told: bool) -> None:
    wheel = read(wheel_bytes({f"{INFO}/sboms/a.cdx.json": sbom}), WheelName.parse(SAMPLE))
    found = audit(wheel, file=SAMPLE, size=1, depth=Depth.CONTENTS).findings
    assert (rules.REP_SBOM in {finding.rule for finding in found}) is told
