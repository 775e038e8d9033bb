"""Make ``policy/data/glibc.json`` and ``glibc-symbols.json`` from what other projects publish (both MIT).

    python scripts/refresh_glibc.py [--policies FILE.json ...] [--abilists FILE] [--folder DIR]

The policies (allowed libraries, symbol versions, forbidden symbols per manylinux) come from auditwheel's
``manylinux-policy.json`` as installed, or from files of that shape, such as pep600_compliance publishes. The
first glibc release of each symbol comes from Zig's ``lib/libc/glibc/abilists`` in the installed ziglang.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, TypedDict

from tabletext import Node, lines, release_key, write

DATA = Path(__file__).resolve().parent.parent / "src" / "truewheel" / "policy" / "data"

# The names that platform tags use, and Zig's.
TARGETS = {
    "aarch64": "aarch64-linux-gnu",
    "armv7l": "arm-linux-gnueabihf",
    "i686": "x86-linux-gnu",
    "loongarch64": "loongarch64-linux-gnu",
    "ppc64": "powerpc64-linux-gnu",
    "ppc64le": "powerpc64le-linux-gnu",
    "riscv64": "riscv64-linux-gnu",
    "s390x": "s390x-linux-gnu",
    "x86_64": "x86_64-linux-gnu",
}

# Versions that aren't numbers. The linker adds them to a file that needs a feature of the loader. All but the
# first came after glibc 2.42; distributions carry them back to older releases, which a tag can't count on.
MARKERS = {
    "GLIBC_ABI_DT_RELR": "2.36",
    "GLIBC_ABI_DT_X86_64_PLT": "2.43",
    "GLIBC_ABI_GNU2_TLS": "2.43",
    "GLIBC_ABI_GNU_TLS": "2.43",
}

# glibc's own names are forbidden up to the last policy that lists them, but what makes them appear is the next
# release of glibc, not the next policy: these came with 2.18.
GLIBC_FILES = ("libc.so.6", "libm.so.6", "libpthread.so.0")
NEVER = "never"


class Policy(TypedDict):
    """A row of auditwheel's file, as far as it is used."""

    name: str
    symbol_versions: dict[str, dict[str, list[str]]]
    lib_whitelist: list[str]
    blacklist: dict[str, list[str]]


def release(policy: Policy) -> str:
    """manylinux_2_17 -> 2.17."""
    return policy["name"].removeprefix("manylinux_").replace("_", ".")


def glibc_table(policies: Iterable[Policy], sources: list[str]) -> dict[str, Node]:
    """The policies turned round: what each of them was the first to promise."""
    rows = sorted((p for p in policies if p["name"].startswith("manylinux_")), key=lambda p: release_key(release(p)))
    oldest: dict[str, Node] = {}
    libraries: dict[str, str] = {}
    versions: dict[str, dict[str, str]] = defaultdict(dict)
    for policy in rows:
        for library in policy["lib_whitelist"]:
            libraries.setdefault(library, release(policy))
        for arch, families in policy["symbol_versions"].items():
            oldest.setdefault(arch, release(policy))
            for family, numbers in families.items():
                for number in numbers:
                    if family != "GLIBC":  # glibc's own versions are numbers, and counted as such
                        versions[arch].setdefault(f"{family}_{number}", release(policy))
    return {
        "format": 1,
        "sources": sources,
        "oldest": dict(sorted(oldest.items())),
        "markers": dict(MARKERS),
        "libraries": by_release(libraries),
        "forbidden": {library: by_release(names) for library, names in sorted(forbidden(rows).items())},
        "versions": {arch: by_release(found) for arch, found in sorted(versions.items())},
    }


def forbidden(rows: list[Policy]) -> dict[str, dict[str, str]]:
    """For each library the names that must not be used, and the release from which on they may."""
    result: dict[str, dict[str, str]] = defaultdict(dict)
    for policy, following in zip(rows, [*rows[1:], None], strict=True):
        for library, names in policy["blacklist"].items():
            after = release(following) if following else NEVER
            if library in GLIBC_FILES:
                major, minor = release_key(release(policy))
                after = f"{major}.{minor + 1}"
            result[library].update(dict.fromkeys(names, after))
    return result


def by_release(names: dict[str, str]) -> dict[str, Node]:
    """Names grouped by the release they came with, oldest first, ``never`` last."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, first in names.items():
        groups[first].append(name)
    order = sorted(groups, key=lambda r: (r == NEVER, () if r == NEVER else release_key(r)))
    return {first: lines(groups[first]) for first in order}


class Inclusion(NamedTuple):
    """A row of abilists: a symbol, the targets that have it as a bit mask, and the versions, as indexes."""

    name: str
    targets: int
    versions: list[int]


class Abilists:
    """Zig's packed list of the symbols of every glibc (the format is told in its tools)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        for _ in range(self._byte()):  # the libraries: which of them has a symbol makes no difference here
            self._text()
        self.versions = [tuple(self._byte() for _ in range(3)) for _ in range(self._byte())]
        self.targets = [self._text() for _ in range(self._byte())]
        self.rows = [*self._inclusions(sized=False), *self._inclusions(sized=True), *self._inclusions(sized=True)]
        if self._at != len(data):
            raise SystemExit(f"{len(data) - self._at} bytes of abilists were not understood")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _text(self) -> str:
        end = self._data.index(0, self._at)
        text = self._data[self._at : end].decode("ascii")
        self._at = end + 1
        return text

    def _number(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def _inclusions(self, *, sized: bool) -> Iterator[Inclusion]:
        name, last = "", True
        for _ in range(self._byte() | self._byte() << 8):
            name = self._text() if last else name
            if sized:
                self._number()
            targets = self._number()
            last = self._byte() >= 0x80
            versions = [self._byte()]
            while versions[-1] < 0x80:
                versions.append(self._byte())
            yield Inclusion(name, targets, [index & 0x7F for index in versions])


def symbols_table(abilists: Abilists, sources: list[str]) -> dict[str, Node]:
    """Names that appeared with the same release on every architecture share a group, which keeps it small."""
    archs = sorted(TARGETS)
    bits = [1 << abilists.targets.index(TARGETS[arch]) for arch in archs]
    first: dict[str, list[tuple[int, ...]]] = {}
    latest = (99, 0, 0)
    for row in abilists.rows:
        known = first.setdefault(row.name, [latest] * len(archs))
        oldest = min(abilists.versions[index] for index in row.versions)
        for place, bit in enumerate(bits):
            if row.targets & bit:
                known[place] = min(known[place], oldest)
    groups: dict[str, list[str]] = defaultdict(list)
    for name, dates in first.items():
        words = ["-" if date == latest else ".".join(map(str, date)).removesuffix(".0") for date in dates]
        if set(words) != {"-"}:
            groups[" ".join(words)].append(name)
    return {
        "format": 1,
        "sources": sources,
        "archs": archs,
        "groups": {dates: lines(names) for dates, names in sorted(groups.items())},
    }


def main() -> None:
    """Write both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--policies", nargs="*", type=Path, default=[])
    parser.add_argument("--abilists", type=Path)
    parser.add_argument("--folder", type=Path, default=DATA, help="where the tables are written")
    options = parser.parse_args()
    texts = [path.read_text(encoding="utf-8") for path in options.policies]
    sources = [f"{path.name} (as given)" for path in options.policies]
    if not texts:
        texts = [(files("auditwheel.policy") / "manylinux-policy.json").read_text(encoding="utf-8")]
        sources = [f"auditwheel {version('auditwheel')}: policy/manylinux-policy.json (MIT)"]
    policies: list[Policy] = [row for text in texts for row in json.loads(text)]
    write(options.folder / "glibc.json", glibc_table(policies, sources))
    if options.abilists:
        packed, origin = options.abilists.read_bytes(), "Zig: lib/libc/glibc/abilists (MIT)"
    else:
        packed = (files("ziglang") / "lib" / "libc" / "glibc" / "abilists").read_bytes()
        origin = f"ziglang {version('ziglang')}: lib/libc/glibc/abilists (MIT)"
    write(options.folder / "glibc-symbols.json", symbols_table(Abilists(packed), [origin]))


if __name__ == "__main__":
    main()
