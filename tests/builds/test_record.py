"""Logs that can't be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from truewheel.builds.record import recording
from truewheel.errors import RequestError

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_told_with_the_path() -> None:
    with (
        pytest.raises(RequestError, match="/dev/full: can't be written: No space left"),
        recording(FULL, None) as record,
    ):
        record.phase("build")
    assert FULL.exists()


def test_no_empty_log_stays(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with recording(path, None):
        assert path.exists()
    assert not path.exists()
    with recording(path, None) as record:
        record.line("said")
    assert path.read_text(encoding="utf-8") == "said\n"
