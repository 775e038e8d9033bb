"""SOURCE_DATE_EPOCH, and where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from truewheel.builds.epochs import epoch
from truewheel.builds.model import Epoch
from truewheel.builds.sources import Staged
from truewheel.builds.vcs import Facts

NOW = 1_800_000_000


def staged(kind: str = "directory", newest: int = 1_600_000_000, facts: Facts | None = None) -> Staged:
    """Sources, of which nothing but these counts."""
    return Staged(Path("src"), kind, "", "", "", facts, newest)


@pytest.mark.parametrize(
    ("given", "sources", "expected"),
    [
        (7, staged(), Epoch(7, "SOURCE_DATE_EPOCH")),
        (0, staged(), Epoch(0, "SOURCE_DATE_EPOCH")),
        (None, staged(), Epoch(1_600_000_000, "the newest file of the sources")),
        (None, staged("sdist"), Epoch(1_600_000_000, "the newest file of the sdist")),
        (
            None,
            staged("vcs", 5, Facts("abc", 1_500_000_000, dirty=False, remote="")),
            Epoch(1_500_000_000, "commit abc"),
        ),
        (
            None,
            staged("vcs", 5, Facts("abc", 1_500_000_000, dirty=True, remote="")),
            Epoch(1_500_000_000, "commit abc, with changes that aren't committed"),
        ),
        (
            None,
            staged("vcs", facts=Facts("abc", 0, dirty=False, remote="")),
            Epoch(1_600_000_000, "the newest file of the sources"),
        ),
        (None, staged(newest=0), Epoch(315_532_800, "1980, as the newest file of the sources is older than 1980")),
        (
            None,
            staged("sdist", NOW + 1),
            Epoch(315_532_800, "1980, as the newest file of the sdist is from the future"),
        ),
        (None, staged(newest=NOW), Epoch(NOW, "the newest file of the sources")),
    ],
)
def test_epochs(given: int | None, sources: Staged, expected: Epoch) -> None:
    assert epoch(given, sources, NOW) == expected
