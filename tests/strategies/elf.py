"""Recipes of ELF files, for laws about the reader."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.binary.fixtures import Need, Note, Recipe, Symbol

_TEXT = st.text(st.characters(blacklist_characters="\0:", blacklist_categories=["Cs"]), min_size=1, max_size=12)
_PATHS = st.lists(st.sampled_from(["", "/opt/lib", "$ORIGIN", "$ORIGIN/../x.libs"]), min_size=1, max_size=4)
_MACHINES = {(64, True): (62, 183, 243), (64, False): (22, 21, 43), (32, True): (3, 40), (32, False): (20, 40)}


def names() -> st.SearchStrategy[str]:
    """Names as they stand in string tables, some of them not UTF-8."""
    return _TEXT | st.binary(min_size=1, max_size=6).filter(lambda raw: b"\0" not in raw).map(
        lambda raw: raw.decode("utf-8", "surrogateescape")
    )


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """A file of any size and byte order, with consistent versions."""
    bits, little = draw(st.sampled_from([64, 32])), draw(st.booleans())
    needs, definitions = _versions(draw)
    indexes = [1, *(index for need in needs for _, index, _ in need.versions), *(index for _, index in definitions)]
    symbol = st.builds(
        Symbol,
        name=names(),
        defined=st.booleans(),
        binding=st.sampled_from([0, 1, 2, 10]),
        kind=st.integers(0, 10),
        version=st.sampled_from(indexes),
    )
    kinds = st.lists(st.integers(0, 255) | st.integers(1024, 1040 if bits == 64 else 1024), max_size=6)
    return Recipe(
        bits=bits,
        little=little,
        machine=draw(st.sampled_from(_MACHINES[bits, little])),
        type=draw(st.sampled_from([2, 3])),
        flags=draw(st.sampled_from([0, 0x5000400])),
        osabi=draw(st.sampled_from([0, 3])),
        interpreter=draw(st.none() | st.just("/lib/ld.so.1")),
        soname=draw(st.none() | names()),
        needed=tuple(draw(st.lists(names(), max_size=4))),
        rpath=draw(st.none() | _PATHS.map(":".join)),
        runpath=draw(st.none() | _PATHS.map(":".join)),
        needs=needs,
        definitions=definitions,
        symbols=tuple(draw(st.lists(symbol, max_size=8))),
        hashed=draw(st.sampled_from(["sysv", "gnu", "both"])),
        relocations=tuple(kind % (1 << 32 if bits == 64 else 256) for kind in draw(kinds)),
        plt=tuple(kind % (1 << 32 if bits == 64 else 256) for kind in draw(kinds)),
        rela=draw(st.booleans()),
        notes=tuple(draw(st.lists(_notes(), max_size=3))),
        alignment=draw(st.sampled_from([0x1000, 0x4000, 0x10000])),
    )


def _notes() -> st.SearchStrategy[Note]:
    return st.builds(
        Note,
        owner=st.sampled_from([b"GNU\0", b"Go\0\0", b"stapsdt\0"]),
        kind=st.sampled_from([1, 3, 4]),
        text=st.binary(max_size=20),
        alignment=st.sampled_from([4, 8]),
    )


def _versions(draw: st.DrawFn) -> tuple[tuple[Need, ...], tuple[tuple[str, int], ...]]:
    libraries = draw(st.lists(st.lists(st.tuples(names(), st.booleans()), min_size=1, max_size=3), max_size=3))
    index = 2
    needs = []
    for versions in libraries:
        rows = []
        for version, weak in versions:
            rows.append((version, index, weak))
            index += 1
        needs.append(Need(draw(names()), tuple(rows)))
    definitions = [(version, index + place) for place, version in enumerate(draw(st.lists(names(), max_size=3)))]
    return tuple(needs), tuple(definitions)
