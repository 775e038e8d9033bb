"""Members, names and archives for property tests."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import normalize

from hypothesis import strategies as st

from truewheel.wheel.paths import fault

_LETTERS = st.characters(
    min_codepoint=0x20, max_codepoint=0x1FFFF, exclude_categories=("C", "Z"), exclude_characters='/\\:"'
)
_PARTS = st.one_of(
    st.text("abcXYZ019._-+ ", min_size=1, max_size=8),
    st.text(_LETTERS, min_size=1, max_size=6),
)


def _apart(names: list[str]) -> bool:
    """Whether no two names clash, judged the slow and obvious way: by every folder of every name."""
    taken = [normalize("NFC", normalize("NFD", name).casefold()) for name in names]
    folders = {"/".join(name.split("/")[:depth]) for name in taken for depth in range(1, name.count("/") + 1)}
    return len(set(taken)) == len(taken) and folders.isdisjoint(taken)


def names() -> st.SearchStrategy[str]:
    """Names that members may have."""
    return st.lists(_PARTS, min_size=1, max_size=4).map("/".join).filter(lambda name: not fault(name))


def members(max_size: int = 6) -> st.SearchStrategy[dict[str, bytes]]:
    """Files of a wheel, which don't clash; all below ``sample/``."""
    data = st.one_of(st.binary(max_size=200), st.binary(max_size=8).map(lambda unit: unit * 100))
    return st.dictionaries(names().map("sample/{}".format), data, max_size=max_size).filter(
        lambda files: _apart(list(files))
    )


@dataclass(frozen=True)
class Mutation:
    """A change of some bytes: at a share of the length, what is cut out and what is put in."""

    share: float
    cut: int
    put: bytes

    def apply(self, data: bytes) -> bytes:
        """`data` with the change made."""
        at = int(self.share * len(data))
        return data[:at] + self.put + data[at + self.cut :]


def mutations() -> st.SearchStrategy[Mutation]:
    """Flips (as much put in as cut out), cuts, insertions, and splices of records and extreme numbers."""
    share = st.floats(0, 1, exclude_max=True)
    magic = st.sampled_from([b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\xff" * 4, bytes(8), b"../"])
    flip = st.binary(min_size=1, max_size=4).map(lambda put: (len(put), put))
    splice = magic.map(lambda put: (len(put), put))
    other = st.tuples(st.integers(0, 40), st.one_of(st.binary(max_size=20), magic))
    return st.builds(
        lambda at, change: Mutation(at, *change),
        share,
        st.one_of(flip, splice, other),
    )
