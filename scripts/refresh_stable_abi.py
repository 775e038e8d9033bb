"""Write src/truewheel/policy/data/stable-abi.json from the abi3info package, as installed.

    python -m pip install abi3info && python scripts/refresh_stable_abi.py

abi3info (MIT) is generated from CPython's Misc/stable_abi.toml. The table keeps the names of functions and data
alone, grouped by the version that added them: `{"3.2": ["PyArg_Parse PyArg_ParseTuple …"]}`.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from abi3info import DATAS, FUNCTIONS

from tabletext import Node, lines, write

TARGET = Path(__file__).resolve().parent.parent / "src/truewheel/policy/data/stable-abi.json"


def table() -> dict[str, Node]:
    """The table as it is written: where it comes from, and the names by version."""
    added: dict[tuple[int, int], list[str]] = {}
    for symbol, facts in [*FUNCTIONS.items(), *DATAS.items()]:
        added.setdefault((facts.added.major, facts.added.minor), []).append(symbol.name)
    return {
        "source": f"abi3info {version('abi3info')} (MIT), from CPython's Misc/stable_abi.toml",
        "added": {f"{major}.{minor}": lines(added[major, minor]) for major, minor in sorted(added)},
    }


if __name__ == "__main__":
    write(TARGET, table())
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")
