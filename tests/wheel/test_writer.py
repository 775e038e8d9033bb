"""Archives are written in one way, for every profile and any number of threads, and every reader takes them."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess  # noqa: TID251 - the oracles are programs; the ban protects src
import sys
import zipfile  # noqa: TID251 - the oracle; the ban protects src
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from installer.sources import WheelFile as InstallerWheel

from tests.corpus import Corpus
from tests.strategies.wheels import INFO, NAME, wheels, with_record, written
from tests.support import SAMPLE, wheel_bytes, wheel_members, zip_bytes
from truewheel.errors import EncoderError, RequestError, WheelError
from truewheel.wheel import profiles, writer
from truewheel.wheel.archive import read
from truewheel.wheel.canonical import canonicalize
from truewheel.wheel.layout import Layout, epoch, stamp
from truewheel.wheel.model import Bytes, Entry, Wheel
from truewheel.wheel.name import WheelName
from truewheel.wheel.profiles import Profile
from truewheel.wheel.writer import write

some = settings(max_examples=40)
PROFILES = st.sampled_from(Profile)


@some
@given(wheels(), PROFILES, st.integers(0, 5_000_000_000))
def test_reading_gives_back_what_was_written(wheel: Wheel, profile: Profile, timestamp: int) -> None:
    again = read(written(wheel, profile, timestamp=timestamp), NAME)
    assert again == wheel
    assert [entry.name for entry in again] == [entry.name for entry in wheel]
    assert {entry.stored.time for entry in again if entry.stored} == {stamp(timestamp)}


@some
@given(wheels(), PROFILES)
def test_zipfile_reads_the_same(wheel: Wheel, profile: Profile) -> None:
    with zipfile.ZipFile(io.BytesIO(written(wheel, profile))) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == {e.name: e.read() for e in wheel}
        assert {i.filename for i in archive.infolist() if i.external_attr >> 16 == 0o100755} == {
            entry.name for entry in wheel if entry.executable
        }


@settings(max_examples=15)
@given(wheels(), PROFILES)
def test_any_number_of_threads_gives_the_same_bytes(wheel: Wheel, profile: Profile) -> None:
    plain = read(wheel_bytes({e.name: bytes(e.read()) for e in wheel if e.name.startswith("sample/")}), sample_name())
    for value in (wheel, plain):
        alone = written(value, profile)
        assert [written(value, profile, workers=count) for count in (2, 4)] == [alone, alone]


def sample_name() -> WheelName:
    return WheelName.parse(SAMPLE)


def test_threads_work_ahead_within_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    many = with_record(
        [Entry(f"sample/{i}", executable=False, content=Bytes(b"%d" % i * 99)) for i in range(2000)]
        + [Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(b""))]
    )
    alone = written(many)
    monkeypatch.setattr(writer, "_WINDOW", 10_000)
    assert written(many, workers=3) == alone


def test_an_error_in_a_thread_comes_out() -> None:
    wheel = with_record([Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(b"a"))])
    wrong = Wheel(NAME, (Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(b"b")), wheel.entries[-1]))
    with pytest.raises(WheelError, match=r"WHEEL: the member is not what RECORD says: its sha256 is"):
        written(wrong, workers=2)


def test_every_field_of_the_headers() -> None:
    """The layout byte by byte, spelled by hand."""
    target = io.BytesIO()
    wheel = Wheel(NAME, (Entry("é", executable=True, content=Bytes(b"a" * 50)), Entry("b", False, Bytes(b""))))
    result = write(wheel, target, timestamp=1_000_000_001, verify=False)
    deflated = b"KL$\x15\0\0"
    crc = 0x47D7BA7D
    assert deflated == profiles.Profile.LD1.encode(b"a" * 50)[1]
    time, date = 1 << 11 | 46 << 5 | 40 >> 1, (2001 - 1980) << 9 | 9 << 5 | 9
    common = struct.pack("<5H3I", 20, 0x800, 8, time, date, crc, 6, 50) + struct.pack("<2H", 2, 0)
    other = struct.pack("<5H3I", 20, 0, 0, time, date, 0, 0, 0) + struct.pack("<2H", 1, 0)
    first = b"PK\3\4" + common + b"\xc3\xa9" + deflated
    second = b"PK\3\4" + other + b"b"
    directory = (
        b"PK\1\2\x14\3" + common + bytes(6) + struct.pack("<2I", 0o100755 << 16, 0) + b"\xc3\xa9"
        b"PK\1\2\x14\3" + other + bytes(6) + struct.pack("<2I", 0o100644 << 16, len(first)) + b"b"
    )
    end = b"PK\5\6\0\0\0\0\2\0\2\0" + struct.pack("<2IH", len(directory), len(first + second), 0)
    data = first + second + directory + end
    assert target.getvalue() == data
    assert result == (len(data), hashlib.sha256(data).hexdigest(), 2)


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (None, (1980, 1, 1, 0, 0, 0)),
        (0, (1980, 1, 1, 0, 0, 0)),
        (-(10**30), (1980, 1, 1, 0, 0, 0)),
        (315532801, (1980, 1, 1, 0, 0, 0)),
        (315532803, (1980, 1, 1, 0, 0, 2)),
        (1582934399, (2020, 2, 28, 23, 59, 58)),
        (4354819199, (2107, 12, 31, 23, 59, 58)),
        (10**30, (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_times_are_clamped_and_even(timestamp: int | None, expected: tuple[int, ...]) -> None:
    assert stamp(timestamp) == expected


def test_source_date_epoch() -> None:
    assert epoch("1582934399") == 1582934399
    for text in ("", "1.5", "-1", "today", "\u0663", "9" * 5000):
        with pytest.raises(RequestError, match=r"^SOURCE_DATE_EPOCH is "):
            epoch(text)


def test_keep_copies_streams_as_they_are() -> None:
    members = wheel_members({"sample/a.py": b"a" * 999, "sample/b.py": b"b"})
    wheel = read(zip_bytes(members, level=1), sample_name())
    new = Entry("sample/b.py", executable=False, content=Bytes(b"b"))
    kept = read(written(wheel.replaced(new), Profile.KEEP), sample_name())
    raws = {entry.name: (entry.stored.method, bytes(entry.stored.raw)) for entry in kept if entry.stored}
    for entry in wheel:
        assert entry.stored
        if entry.name != "sample/b.py":
            assert raws[entry.name] == (entry.stored.method, bytes(entry.stored.raw))
    assert raws["sample/b.py"] == (0, b"b")


def test_keep_goes_by_the_content_where_it_was_exchanged() -> None:
    """Even if how the old bytes were stored is still at hand."""
    wheel = read(wheel_bytes({"sample/a.py": b"old"}), sample_name())
    stale = replace(wheel.by_name["sample/a.py"], content=Bytes(b"new"))
    target = io.BytesIO()
    write(wheel.replaced(stale), target, profile=Profile.KEEP, verify=False)
    assert read(target.getvalue(), sample_name()).by_name["sample/a.py"].read() == b"new"


def damaged() -> bytes:
    data = bytearray(wheel_bytes({"sample/a.py": b"a" * 999}))
    place = data.index(b"sample/a.py") + len("sample/a.py") + 2
    data[place] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize("profile", Profile)
def test_damage_is_found_on_the_way(profile: Profile) -> None:
    wheel = read(damaged(), sample_name())
    with pytest.raises(WheelError, match=r"^sample/a.py: "):
        written(wheel, profile)
    if profile is Profile.KEEP:
        write(wheel, io.BytesIO(), profile=profile, verify=False)


@pytest.mark.parametrize("name", ["\udc80", "", "a" * 70_000])
def test_names_that_no_zip_holds(name: str) -> None:
    wheel = Wheel(NAME, (Entry(name, executable=False, content=Bytes(b"")),))
    with pytest.raises(WheelError, match=r"^a zip can't hold"):
        write(wheel, io.BytesIO(), verify=False)


def test_a_name_comes_once() -> None:
    entry = Entry("a", executable=False, content=Bytes(b""))
    with pytest.raises(WheelError, match="same name"):
        write(Wheel(NAME, (entry, entry)), io.BytesIO(), verify=False)


def test_the_hash_is_computed_if_asked_for() -> None:
    wheel = Wheel(NAME, (Entry("a", executable=False, content=Bytes(b"")),))
    assert write(wheel, io.BytesIO(), verify=False, hashed=False).sha256 is None


@dataclass(frozen=True)
class Huge:
    """Content that says it is larger than it is, to reach the places where 32 bits end."""

    size: int

    def read(self) -> bytes:
        return b""

    def head(self, count: int) -> bytes:
        return b""[:count]


@pytest.mark.parametrize("size", [0xFFFFFFFE, 0xFFFFFFFF, 0x1_0000_0000])
def test_zip64_where_it_is_needed(size: int) -> None:
    """Headers only: the sizes and offsets of members that nobody wants to write in a test."""
    layout = Layout(None)
    entry = Entry("a", executable=False, content=Huge(size))
    local = layout.member(entry, method=8, crc=7, compressed_size=5, size=size)
    start = layout.offset
    layout.offset += size
    last = layout.member(replace(entry, name="b"), method=0, crc=0, compressed_size=0, size=0)
    directory_at = layout.offset
    tail = layout.end()
    large = size >= 0xFFFFFFFF
    far = start + size >= 0xFFFFFFFF
    assert struct.unpack_from("<H", local, 4) == (45 if large else 20,)
    assert struct.unpack_from("<2I", local, 18) == ((0xFFFFFFFF, 0xFFFFFFFF) if large else (5, size))
    assert local[31:] == (struct.pack("<2H2Q", 1, 16, size, 5) if large else b"")
    assert struct.unpack_from("<H", last, 4) == (45 if far else 20,)
    assert last[31:] == b""
    second = tail.index(b"PK\1\2", 4)
    assert tail[4:34] == b"\x14\3" + local[4:28] + struct.pack("<2H", 20 if large else 0, 0)
    assert struct.unpack_from("<I", tail, second + 42) == (0xFFFFFFFF if far else directory_at,)
    assert tail[second + 47 :].startswith(struct.pack("<2HQ", 1, 8, start + size))
    end64 = tail.index(b"PK\6\6")
    assert struct.unpack_from("<Q2H2I4Q", tail, end64 + 4) == (44, 0x314, 45, 0, 0, 2, 2, end64, directory_at)
    assert tail[end64 + 56 :] == (
        struct.pack("<4sIQI", b"PK\6\7", 0, directory_at + end64, 1)
        + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2, 2, end64, 0xFFFFFFFF, 0)
    )


def test_sixty_five_thousand_members() -> None:
    """The count alone calls for ZIP64; both readers agree."""
    empty = Bytes(b"")
    members = [Entry(f"sample/{i}", executable=False, content=empty) for i in range(65_532)]
    required = [Entry(f"{INFO}/{name}", executable=False, content=empty) for name in ("WHEEL", "METADATA")]
    for entries, zip64 in ((members[:-1], False), (members, True)):
        wheel = with_record([*entries, *required])
        data = written(wheel)
        assert (b"PK\6\6" in data) == zip64
        assert len(read(data, NAME).entries) == len(wheel.entries)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert len(archive.infolist()) == len(wheel.entries)


@pytest.mark.parametrize("profile", Profile)
def test_an_encoder_that_answers_otherwise_is_refused(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = profiles._ENCODERS[profile]
    monkeypatch.setitem(profiles._ENCODERS, profile, encoder._replace(encode=lambda data: (0, data)))
    profiles.prove.cache_clear()
    with pytest.raises(EncoderError, match=rf"^(lib|z).* doesn't give the bytes of profile {profile.value}: "):
        written(with_record([Entry(f"{INFO}/WHEEL", executable=False, content=Bytes(b""))]), profile)
    profiles.prove.cache_clear()


def test_the_vectors_call_for_every_kind_of_block() -> None:
    kinds = {method and (data[0] >> 1) & 3 for method, data in map(Profile.LD1.encode, profiles.vectors())}
    assert kinds == {0, 1, 2}


@pytest.fixture(scope="session")
def ninja(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real wheel in canonical form."""
    return normalized(
        corpus("ninja-1.13.2-py3-none-manylinux_2_28_armv7l.manylinux_2_31_armv7l.whl"), tmp_path_factory.mktemp("real")
    )


@pytest.fixture(scope="session")
def pure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pure wheel with a script and odd names, in canonical form."""
    folder = tmp_path_factory.mktemp("pure")
    path = folder / SAMPLE
    files = {
        "sample/__init__.py": b"",
        "sample/é, b.txt": b"text" * 99,
        "sample-1.0.data/scripts/sample-script": b"#!python\nprint('ran')\n",
    }
    path.write_bytes(wheel_bytes(files, executable=["sample-1.0.data/scripts/sample-script"]))
    return normalized(path, folder / "out")


def normalized(path: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    target.write_bytes(written(canonicalize(read(path.read_bytes(), WheelName.parse(path.name)))))
    return target


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("which", ["ninja", "pure"])
def test_the_tools_of_others_take_it(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path: Path = request.getfixturevalue(which)
    run("unzip", "-tqq", path)
    run(sys.executable, "-m", "zipfile", "-t", path)
    run(sys.executable, "-m", "wheel", "unpack", "-d", tmp_path / "unpacked", path)
    with InstallerWheel.open(path) as source:
        source.validate_record(validate_contents=True)


def test_installers_install_it(pure: Path, tmp_path: Path) -> None:
    quiet = ["--no-deps", "--quiet", "--target"]
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *quiet, tmp_path / "pip", pure)
    run(sys.executable, "-m", "uv", "pip", "install", *quiet, tmp_path / "uv", pure)
    for tool in ("pip", "uv"):
        assert (tmp_path / tool / "sample" / "é, b.txt").read_bytes() == b"text" * 99
        assert (tmp_path / tool / "bin" / "sample-script").read_text(encoding="utf-8").startswith("#!")
