"""Whatever is in a wheel that can be read at all, tracing it raises nothing, and so does planning."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recipes.makes import INFO, Broken, File, stored
from tests.recipes.published import ROWS, _file
from tests.strategies.archives import Mutation, mutations
from truewheel.errors import TruewheelError
from truewheel.recipes import Symptom, Tried, backend_of, propose, trace
from truewheel.recipes.planner import propose as plan
from truewheel.sdist import Member, Sdist, SdistName, TarStored
from truewheel.wheel import Bytes, Content, Entry, Wheel, WheelName, read

MOMENTS = st.one_of(
    st.sampled_from(["", "2023-05-01T12:00:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "x"]),
    st.text("0123456789-:TZ.+", max_size=30),
)
VERSIONS = st.lists(
    st.one_of(st.sampled_from(["3.12.1", "3.9", "2.7.18"]), st.text("0123456789.ab+", max_size=8)), max_size=4
)
NAMES = st.sampled_from(
    ["sample/a.py", "sample/b.pyx", "LICENSE", f"{INFO}/LICENSE", f"{INFO}/WHEEL", f"{INFO}/METADATA", f"{INFO}/RECORD",
     "other-2.0.dist-info/WHEEL", "sample-1.0-py3.9-nspkg.pth", f"{INFO}/entry_points.txt"]
)  # fmt: skip
TEXTS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"Wheel-Version: 1.0\nGenerator: bdist_wheel (0.37.1)\n",
            b"Wheel-Version: 1.0\r\nGenerator: setuptools (x)\r\n",
            b"Metadata-Version: 2.1\nPlatform: UNKNOWN\nRequires-Python: ===\n\n\n\n",
            b"Metadata-Version: 2.1\nRequires-Python: >=3.1.*\nRequires-Dist: a (b\n",
        ]
    ),
)


BROKEN = st.sampled_from([Broken(), Broken(1 << 40)])


@st.composite
def made(draw: st.DrawFn) -> Wheel:
    entries = []
    for name in draw(st.lists(NAMES, max_size=8, unique=True)):
        data = draw(TEXTS)
        time = (draw(st.integers(1980, 2107)), *(draw(st.integers(0, most)) for most in (15, 31, 31, 63, 63)))
        how = stored(File(data, (time[0], time[1], time[2], time[3], time[4], time[5]), draw(st.integers(0, 0xFFFF)),
                          draw(st.sampled_from([0, 3, 19]))))  # fmt: skip
        content: Content = draw(st.one_of(st.just(Bytes(data)), BROKEN))
        entries.append(Entry(name, draw(st.booleans()), content, draw(st.sampled_from([how, None]))))
    name = draw(st.sampled_from(["py3-none", "py2.py3-none", "cp39-abi3", "cp312-cp312", "py37-none"]))
    return Wheel(WheelName.parse(f"sample-1.0-{name}-any.whl"), tuple(entries))


@st.composite
def sources(draw: st.DrawFn) -> Sdist | None:
    if draw(st.booleans()):
        return None
    members = []
    for name in draw(
        st.lists(st.one_of(NAMES, st.sampled_from(["setup.py", "setup.cfg", "pyproject.toml"])), unique=True)
    ):
        data = draw(
            st.one_of(TEXTS, st.sampled_from([b"ext_modules 'A_NO_EXT'", b"[build-system]\nbackend-path=['a']"]))
        )
        how = TarStored("pax", "0", draw(st.integers(0, 0o7777)), 0, 0, "", "",
                        draw(st.integers(-(1 << 63), 1 << 63)), "", "", (), 0, 0, b"")  # fmt: skip
        content: Content = draw(st.one_of(st.just(Bytes(data)), BROKEN))
        link = draw(st.sampled_from(["", "", "", "elsewhere"]))
        members.append(Member(f"sample-1.0/{name}", False, content, link, draw(st.sampled_from([how, how, None]))))
    return Sdist(SdistName.parse("sample-1.0.tar.gz"), tuple(members))


@settings(max_examples=100)
@given(made(), sources(), MOMENTS, VERSIONS, st.lists(st.sets(st.sampled_from(Symptom)).map(frozenset), max_size=4))
def test_anything_is_traced_and_planned_for(
    wheel: Wheel, sdist: Sdist | None, uploaded: str, pythons: list[str], outcomes: list[frozenset[Symptom]]
) -> None:
    evidence = trace(wheel, sdist, uploaded=uploaded, pythons=pythons, default_python="".join(pythons[:1]))
    tried: list[Tried] = []
    for symptoms in outcomes:
        choice = propose(evidence, tried, most=9)
        assert choice == plan(evidence, tuple(tried), most=9)
        if choice is None:
            break
        tried.append(Tried(choice, symptoms, "No module named 'imp'; No solution found"))

    assert backend_of(evidence.generator, "") == evidence.backend or sdist is not None


@settings(max_examples=40)
@given(mutations())
def test_published_wheels_with_any_bytes_changed(mutation: Mutation) -> None:
    row = ROWS["six 1.16.0"]
    data = mutation.apply(_file(row, row.wheel, row.wheel_sha256).read_bytes())
    with suppress(TruewheelError):
        wheel = read(data, WheelName.parse(row.wheel))
        assert propose(trace(wheel, None, uploaded=row.uploaded), ()) is not None
