"""The command line of the benchmark: ``make bench``, or ``python -m bench --help``."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from bench import packing
from bench.contests import GOALS, contests
from bench.measure import BenchError, Cost, middle
from bench.model import OURS, Contest
from tests.corpus import CorpusError, cache_folder

Results = dict[str, dict[str, Cost]]


def measure(contest: Contest, repeat: int) -> dict[str, Cost]:
    """The median cost of every contender. They take turns, so that a busy minute of the machine hits all of them."""
    wheel = contest.subject.fetch() if contest.subject else Path()
    runs: dict[str, list[Cost]] = {contender.name: [] for contender in contest.contenders}
    failed: set[str] = set()
    for _ in range(repeat):
        for contender in contest.contenders:
            if contender.name in failed:
                continue
            with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
                try:
                    runs[contender.name].append(contender.run(wheel, Path(folder)))
                except BenchError as error:
                    failed.add(contender.name)
                    print(f"  not measured: {error}", file=sys.stderr)
    return {name: middle(costs) for name, costs in runs.items() if costs and name not in failed}


def table(title: str, results: dict[str, Cost]) -> str:
    """The costs of a contest as lines of text, with their ratios to ours."""
    ours = results.get(OURS)
    lines = [f"{title:<44}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'CPU':>9}{'wall':>9}"]
    for name, took in results.items():
        ratios = f"{took.cpu / ours.cpu:>8.2f}x{took.wall / ours.wall:>8.2f}x" if ours else ""
        lines.append(f"  {name:<42}{took.cpu:>9.3f}{took.wall:>9.3f}{took.peak / 1e6:>9.0f}{ratios}")
    return "\n".join(lines)


def verdicts(results: Results) -> list[str]:
    """A line for each goal that was measured."""
    lines = []
    for goal in GOALS:
        value = goal.value(results.get(goal.contest, {}))
        if value is not None:
            lines.append(f"  {'reached' if goal.reached(value) else 'MISSED '}  {goal.sentence(value)}")
    return lines


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure truewheel beside other tools.")
    parser.add_argument("--truewheel", default=shutil.which("truewheel"), help="the program to measure")
    parser.add_argument("--peers", type=Path, default=Path(".venv-bench/bin"), help="folder of the other tools")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each tool; the median counts (default: 3)")
    parser.add_argument("--only", default="", help="contests whose title contains this, such as `show` or `numpy`")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    chosen = parser.parse_args()
    if not chosen.truewheel:
        parser.error("truewheel isn't installed here; name it with --truewheel")
    return chosen


def main() -> int:
    """Measure, print, and end with status 1 if a goal was missed."""
    asked = arguments()
    cache_folder().mkdir(parents=True, exist_ok=True)
    print("CPU and wall ratios: how many times the cost of truewheel. Peak memory counts mapped files.")
    if not shutil.which("strip-nondeterminism"):
        print("strip-nondeterminism is left out: it isn't installed (apt install strip-nondeterminism).")
    else:
        print("strip-nondeterminism is left out on ziglang: its time grows with the square of the members.")
    if not shutil.which("diffoscope"):
        print("diffoscope is left out: it isn't installed (apt install diffoscope-minimal).")
    if lacks := packing.left_out():
        print(lacks)
    results: Results = {}
    for contest in contests(asked.truewheel, asked.peers.absolute()):
        if asked.only in contest.title:
            results[contest.title] = measure(contest, asked.repeat)
            print("\n" + table(contest.title, results[contest.title]), flush=True)
    lines = verdicts(results)
    print("\n" + "\n".join(["Goals", *lines]))
    if asked.json:
        figures = {
            title: {name: {"cpu": c.cpu, "wall": c.wall, "peak": c.peak} for name, c in costs.items()}
            for title, costs in results.items()
        }
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(any("MISSED" in line for line in lines))


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except CorpusError as error:
        raise SystemExit(f"bench: {error}") from None
