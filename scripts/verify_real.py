"""Rebuild published packages and hold the rates that we promise: `make verify-real`.

The lists in ``tests/real`` pin wheels and sdists by sha256. Results are kept in ``.cache/verify-real``, so that a run
that was interrupted goes on; ``--anew`` forgets them. Pages for a browser are written beside.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from truewheel import api
from truewheel.rebuilds.campaign_model import Nobody
from truewheel.report import html_campaign, text

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "verify-real"


class Goal(NamedTuple):
    """Percentages of a list that have to come out bit for bit, with the zip's metadata, and with the same contents."""

    exact: int
    metadata: int
    contents: int


GOALS = {"popular": Goal(56, 88, 91), "of-2023": Goal(40, 90, 90), "others": Goal(0, 0, 0)}
"""What a prototype reached, in percent (docs/verify.md). The others were never looked at before: they have no goal."""


class _Teller(Nobody):
    """Prints a line for each package that is done."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0

    def finished(self, target: api.Target, verification: api.Verification) -> None:
        """Tell the verdict."""
        self._done += 1
        tries = len(verification.attempts)
        said = f"{verification.rung.value}, {tries} {'try' if tries == 1 else 'tries'}, {verification.seconds:.1f} s"
        print(f"[{self._done}/{self._total}] {target.asked}: {said}", file=sys.stderr, flush=True)


def run(name: str, *, workers: int, anew: bool, tries: int | None) -> bool:
    """Verify a list, print its table, and say whether the goal was reached."""
    targets = api.targets(files=[ROOT / "tests" / "real" / f"{name}.txt"]).targets
    database = FOLDER / f"{name}.sqlite"
    if anew:
        for path in FOLDER.glob(f"{name}.sqlite*"):
            path.unlink()
    FOLDER.mkdir(parents=True, exist_ok=True)
    terms = api.Terms(tries=tries) if tries else api.Terms()
    started = monotonic()
    campaign = api.verify_all(targets, terms, database=database, workers=workers, watcher=_Teller(len(targets)))
    seconds = monotonic() - started
    done = [verification for _, verification in campaign.results]
    for page, html in html_campaign.pages(done, title=f"{len(done)} wheels: {name}").items():
        place = FOLDER / name / page
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(html, encoding="utf-8", newline="\n")
    print(f"\n{name}: {len(done)} packages, {seconds:.0f} s, {seconds / max(len(done), 1):.1f} s each\n")
    print(text.verifications(done))
    return _reached(name, done)


def _reached(name: str, done: Sequence[api.Verification]) -> bool:
    rungs = (api.Rung.BIT_FOR_BIT, api.Rung.ZIP_METADATA, api.Rung.SAME_CONTENTS)
    counts = [sum(each.rung.height <= rung.height for each in done) for rung in rungs]
    rates = [100 * count / max(len(done), 1) for count in counts]
    short = [
        f"{rung.value} {rate:.0f} % of {goal} %"
        for rung, rate, goal in zip(rungs, rates, GOALS[name], strict=True)
        if rate < goal
    ]
    print(f"\n{name}: " + ", ".join(f"{rung.value} {rate:.0f} %" for rung, rate in zip(rungs, rates, strict=True)))
    if short:
        print(f"{name}: short of the goal: {', '.join(short)}")
    return not short


def main() -> int:
    """The command line; 1 where a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lists", nargs="*", default=[*GOALS], metavar="LIST", help=f"of {', '.join(GOALS)}")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tries", type=int)
    parser.add_argument("--anew", action="store_true", help="forget earlier results")
    given = parser.parse_args()
    reached = [run(name, workers=given.workers, anew=given.anew, tries=given.tries) for name in given.lists]
    return 0 if all(reached) else 1


if __name__ == "__main__":  # the workers of a campaign import this module again
    sys.exit(main())
