"""Wheels as values, valid ones: any members, any order, any modes, a RECORD that is true."""

from __future__ import annotations

import io
from collections.abc import Sequence

from hypothesis import strategies as st

from truewheel.wheel.model import Bytes, Entry, Wheel
from truewheel.wheel.name import WheelName
from truewheel.wheel.profiles import Profile
from truewheel.wheel.record import RecordRow, render, row_for
from truewheel.wheel.writer import write

NAME = WheelName.parse("sample-1.0-py2.py3-none-any.whl")
INFO = "sample-1.0.dist-info"

PARTS = st.one_of(
    st.sampled_from(["a", "b", "a.py", "A.py", "a,b", 'say "a"', "ä.py", "字", "x y", "z-1.0.dist-info", "+~", "aß"]),
    st.text('abc,"字', min_size=1, max_size=5),
)
PATHS = st.one_of(PARTS, st.builds("{}/{}".format, PARTS, PARTS), st.builds("{}/{}/{}".format, PARTS, PARTS, PARTS))
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda piece, times: piece * times, st.binary(min_size=1, max_size=9), st.integers(1, 3000)),
)
WHEEL_TEXTS = st.sampled_from(
    [
        b"Wheel-Version: 1.0\nGenerator: a (1)\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n",
        b"Wheel-Version: 1.0\nGenerator: b\nRoot-Is-Purelib: true\nTag: py3-none-any\nTag: py2-none-any\n\n",
        b"Wheel-Version: 1.0\r\nTag: py2.py3-none-any\r\nGenerator: c\r\nRoot-Is-Purelib: true",
        b"Wheel-Version: 1.0\nGenerator: d\nRoot-Is-Purelib: true\nTag: py2.py3-none-any",
    ]
)


def clash_free(paths: Sequence[str]) -> list[str]:
    """The paths that can stand side by side: none is a folder of another, and none differ by case alone."""
    kept: list[str] = []
    files: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        parts = path.casefold().split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if path.casefold() not in files | folders and not above & files:
            kept.append(path)
            files.add(path.casefold())
            folders |= above
    # Folders have to be spelled alike as well; the first spelling of each is kept.
    spelled: dict[str, str] = {}
    return [path for path in kept if all(spelled.setdefault(f.casefold(), f) == f for f in _folders(path))]


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def with_record(entries: Sequence[Entry], name: WheelName = NAME, info: str = INFO) -> Wheel:
    """A wheel of these members and a RECORD that is true of them, as the last."""
    path = f"{info}/RECORD"
    rows = [row_for(entry.name, entry.read()) for entry in entries]
    text = render([*rows, RecordRow(path, "", "", None)])
    return Wheel(name, (*entries, Entry(path, executable=False, content=Bytes(text))))


@st.composite
def wheels(draw: st.DrawFn) -> Wheel:
    """A wheel with up to a dozen members besides those of ``.dist-info``, in any order."""
    paths = clash_free([f"sample/{path}" for path in draw(st.lists(PATHS, max_size=12, unique=True))])
    entries = [Entry(path, draw(st.booleans()), Bytes(draw(CONTENTS))) for path in paths]
    entries += [
        Entry(f"{INFO}/WHEEL", draw(st.booleans()), Bytes(draw(WHEEL_TEXTS))),
        Entry(
            f"{INFO}/METADATA", executable=False, content=Bytes(b"Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n")
        ),
        Entry(f"{INFO}/licenses/LICENSE", draw(st.booleans()), Bytes(draw(CONTENTS))),
    ]
    wheel = with_record(draw(st.permutations(entries)))
    return Wheel(wheel.name, tuple(draw(st.permutations(wheel.entries))))


def written(wheel: Wheel, profile: Profile = Profile.LD1, *, timestamp: int | None = None, workers: int = 1) -> bytes:
    """The archive of a wheel, whose bytes were checked on the way."""
    target = io.BytesIO()
    write(wheel, target, profile=profile, timestamp=timestamp, workers=workers)
    return target.getvalue()
