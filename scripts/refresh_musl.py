"""Add what a musl ``libc.so`` exports to ``policy/data/musl-symbols.json``.

    python scripts/refresh_musl.py LIBC.SO ARCH VERSION [--debian]

ARCH is the word that wheel tags use, VERSION the musl release. A name that the table doesn't know is dated
VERSION; a name that it dates later is moved to VERSION; nothing else changes, so files can be read in any
order and twice. ``--debian`` leaves out the names that Debian's patches add, which no other musl has.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypedDict

from tabletext import Node, lines, release_key, words, write
from truewheel.binary import read_elf

TABLE = Path(__file__).resolve().parent.parent / "src" / "truewheel" / "policy" / "data" / "musl-symbols.json"

DEBIAN = frozenset({"fts_children", "fts_close", "fts_open", "fts_read", "fts_set", "renameat2"})

Dates = dict[str, dict[str, str]]
"""For each architecture the release that first exported each name."""


class Table(TypedDict):
    """The file. ``common`` holds for all architectures, but for those that ``only`` or ``without`` name."""

    format: int
    sources: list[str]
    ports: dict[str, str]
    relr: str
    tlsdesc: dict[str, str]
    common: dict[str, list[str]]
    only: dict[str, dict[str, list[str]]]
    without: dict[str, list[str]]
    remap64: list[str]
    zlib: list[str]
    forbidden: dict[str, list[str]]


def unfold(table: Table) -> Dates:
    """The dates of every architecture, written out."""
    dates: Dates = {}
    for arch in table["ports"]:
        known = {name: release for release, text in table["common"].items() for name in words(text)}
        for name in words(table["without"].get(arch, [])):
            del known[name]
        for archs, releases in table["only"].items():
            if arch in archs.split():
                known.update({name: release for release, text in releases.items() for name in words(text)})
        dates[arch] = known
    return dates


def fold(dates: Dates) -> tuple[dict[str, list[str]], dict[str, dict[str, list[str]]], dict[str, list[str]]]:
    """``common``, ``only`` and ``without``: a name is common if more than half of the architectures agree."""
    common: dict[str, str] = {}
    rare: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    without: dict[str, list[str]] = defaultdict(list)
    for name in sorted({name for known in dates.values() for name in known}):
        release, count = Counter(known[name] for known in dates.values() if name in known).most_common(1)[0]
        if 2 * count > len(dates):
            common[name] = release
            for arch in sorted(dates):
                if name not in dates[arch]:
                    without[arch].append(name)
        else:
            release = ""
        for other in sorted({known[name] for known in dates.values() if name in known} - {release}, key=release_key):
            archs = " ".join(arch for arch in sorted(dates) if dates[arch].get(name) == other)
            rare[archs][other].append(name)
    return (
        grouped(common),
        {archs: {r: lines(rare[archs][r]) for r in sorted(rare[archs], key=release_key)} for archs in sorted(rare)},
        {arch: lines(without[arch]) for arch in sorted(without)},
    )


def grouped(dates: Mapping[str, str]) -> dict[str, list[str]]:
    """Names by release, oldest first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, release in dates.items():
        groups[release].append(name)
    return {release: lines(groups[release]) for release in sorted(groups, key=release_key)}


def merge(dates: Dates, arch: str, release: str, names: Iterable[str]) -> list[str]:
    """Enter names that are exported by `release` on `arch`; returns those whose date changed."""
    known = dates[arch]
    changed = [name for name in names if name not in known or release_key(release) < release_key(known[name])]
    known.update(dict.fromkeys(changed, release))
    return sorted(changed)


def save(path: Path, table: Table, dates: Dates, sources: list[str]) -> None:
    """Write the table with new dates."""
    common, only, without = fold(dates)
    node: dict[str, Node] = {
        "format": table["format"],
        "sources": sources,
        "ports": dict(sorted(table["ports"].items())),
        "relr": table["relr"],
        "tlsdesc": dict(sorted(table["tlsdesc"].items())),
        "common": common,
        "only": only,
        "without": without,
        "remap64": table["remap64"],
        "zlib": table["zlib"],
        "forbidden": dict(table["forbidden"]),
    }
    write(path, node)


def main() -> None:
    """Read one musl and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("libc", type=Path)
    parser.add_argument("arch")
    parser.add_argument("version")
    parser.add_argument("--debian", action="store_true")
    parser.add_argument("--table", type=Path, default=TABLE)
    options = parser.parse_args()
    table: Table = json.loads(options.table.read_text(encoding="utf-8"))
    elf = read_elf(options.libc.read_bytes())
    if elf.arch != options.arch:
        parser.error(f"{options.libc} is for {elf.arch}, not for {options.arch}")
    if options.arch not in table["ports"]:
        parser.error(f"the table has no port {options.arch}; give it a row in ports first")
    left_out = DEBIAN if options.debian else frozenset()
    dates = unfold(table)
    names = {symbol.name for symbol in elf.symbols.exports} - left_out
    changed = merge(dates, options.arch, options.version, sorted(names))
    origin = f"musl {options.version} {options.arch}" + (" (Debian)" if options.debian else "")
    save(options.table, table, dates, table["sources"] + [origin] * bool(changed and origin not in table["sources"]))
    print(f"{len(names)} names read, {len(changed)} dates changed: {' '.join(changed[:20])}")


if __name__ == "__main__":
    main()
