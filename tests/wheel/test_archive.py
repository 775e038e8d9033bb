from __future__ import annotations

import io
import mmap
import struct
import zipfile  # noqa: TID251 - the oracle, and a writer that is not ours
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.corpus import ROWS, Corpus
from tests.support import SAMPLE, wheel_bytes, wheel_members, zip_bytes
from tests.wheel.rawzip import LIE_32, End, Part, build, sample, zip64_extra
from truewheel.errors import LimitError, WheelError
from truewheel.wheel import zipcontent, zipmembers
from truewheel.wheel.archive import read
from truewheel.wheel.limits import Limits
from truewheel.wheel.model import Entry, Wheel
from truewheel.wheel.name import WheelName
from truewheel.wheel.zipcontent import ZipContent

NAME = WheelName.parse(SAMPLE)
TEXT = b"print('b')\n" * 20
B = Part(b"sample/b.py", TEXT)


def contents(wheel: Wheel) -> dict[str, bytes]:
    return {entry.name: bytes(entry.read()) for entry in wheel}


def test_a_wheel_reads_back() -> None:
    wheel = read(wheel_bytes(executable={"sample/__init__.py"}), NAME)
    assert contents(wheel) == wheel_members()
    assert [entry.executable for entry in wheel] == [True, False, False, False]
    assert wheel.name is NAME
    assert wheel.dist_info == "sample-1.0.dist-info"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_will_do(kind: Callable[[bytes], bytes | bytearray | memoryview]) -> None:
    data = wheel_bytes()
    assert read(kind(data), NAME) == read(data, NAME)


def test_a_mapping_can_be_closed_while_the_wheel_lives(tmp_path: Path) -> None:
    path = tmp_path / SAMPLE
    path.write_bytes(wheel_bytes())
    with path.open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    wheel = read(mapping, NAME)
    assert contents(wheel) == wheel_members()
    mapping.close()
    assert len(wheel.entries) == 4


def test_what_the_zip_stored_is_kept() -> None:
    extra, local = struct.pack("<HHI", 0x7875, 4, 1), struct.pack("<HHI", 0x5455, 4, 2)
    part = replace(B, method=0, extra=extra, local_extra=local, dos=0x20, mode=0o106755)
    built = build(sample(part))
    entry = read(built.data, NAME).by_name["sample/b.py"]
    stored = entry.stored
    assert stored is not None
    assert (stored.method, stored.flags, stored.system, stored.create_version) == (0, 0, 3, 20)
    assert (stored.local_extra, stored.central_extra) == (local, extra)
    assert (stored.mode, stored.external_attributes) == (0o106755, 0o106755 << 16 | 0x20)
    assert stored.time == (1980, 1, 1, 0, 0, 0)
    assert stored.header_offset == built.local[1]
    assert bytes(stored.raw) == TEXT == entry.read()
    assert entry.head(5) == b"print"
    assert repr(stored) == f"Stored(method=0, size=220, header_offset={built.local[1]:#x})"
    assert entry.executable


def test_time_is_read_as_dos_has_it() -> None:
    entry = read(wheel_bytes(time=(2024, 2, 29, 12, 34, 56)), NAME).entries[0]
    assert entry.stored is not None
    assert entry.stored.time == (2024, 2, 29, 12, 34, 56)


@pytest.mark.parametrize(
    ("part", "executable"),
    [
        (replace(B, mode=0o100644), False),
        (replace(B, mode=0o100755), True),
        (replace(B, mode=0o100641), True),
        (replace(B, mode=0o755), True),
        (replace(B, mode=0), False),
        (replace(B, mode=0o104755), True),
        (replace(B, mode=0o100755, system=19), True),
        (replace(B, mode=0o100777, system=0), False),
        (replace(B, mode=0, system=0, dos=0x27), False),
    ],
)
def test_modes(part: Part, executable: bool) -> None:
    assert read(build(sample(part)).data, NAME).by_name["sample/b.py"].executable is executable


def test_directories_are_noted_and_no_members() -> None:
    folders = {"sample/": b"", "sample/empty/": b""}
    wheel = read(zip_bytes({**folders, **wheel_members()}), NAME)
    assert wheel.directories == ("sample/", "sample/empty/")
    assert contents(wheel) == wheel_members()
    assert wheel == read(wheel_bytes(), NAME)


@pytest.mark.parametrize(
    "part",
    [
        replace(B, extra=struct.pack("<HHBI", 0x5455, 5, 1, 0)),
        replace(B, flags=0x800),
        replace(B, flags=0x006),
        replace(B, name="sample/\xe4\U0001f40d.py".encode(), flags=0x800),
        replace(B, local_extra=zip64_extra(220, len(B.stream))),
        replace(B, local_size=LIE_32, local_packed=LIE_32, local_extra=zip64_extra(220, len(B.stream))),
        replace(B, size=LIE_32, extra=zip64_extra(220), local_size=220),
        replace(
            B,
            size=LIE_32,
            packed=LIE_32,
            extra=zip64_extra(220, len(B.stream)),
            local_extra=zip64_extra(220, len(B.stream)),
        ),
        replace(B, flags=8, after=b"PK\7\x08" + struct.pack("<3I", *B.facts)),
        replace(B, flags=8, after=struct.pack("<3I", *B.facts)),
        replace(B, flags=8, after=struct.pack("<3I", *B.facts), local_crc=0, local_size=0, local_packed=0),
        replace(
            B,
            flags=8,
            after=b"PK\7\x08" + struct.pack("<IQQ", *B.facts),
            local_crc=0,
            local_size=LIE_32,
            local_packed=LIE_32,
            local_extra=zip64_extra(0, 0),
        ),
        replace(B, data=b"", method=8),
        replace(B, data=b"", method=0),
    ],
)
def test_unusual_members_that_are_right(part: Part) -> None:
    wheel = read(build(sample(part)).data, NAME)
    assert contents(wheel) == {**wheel_members(), part.name.decode(): part.data}


def test_zip64_end_records() -> None:
    for end in (
        End(zip64=True),
        End(zip64=True, here=0xFFFF, members=0xFFFF, size=LIE_32, offset=LIE_32),
        End(zip64=True, disk=0xFFFF, directory_disk=0xFFFF),
    ):
        assert contents(read(build(sample(), end).data, NAME)) == wheel_members()


def _by_zipfile(members: dict[str, bytes], *, force_zip64: bool = False, seekable: bool = True) -> bytes:
    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return seekable

        def seek(self, offset: int, whence: int = 0) -> int:
            if not seekable:
                raise OSError
            return super().seek(offset, whence)

        def tell(self) -> int:
            if not seekable:
                raise OSError
            return super().tell()

    target = OneWay()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            with archive.open(name, "w", force_zip64=force_zip64) as stream:
                stream.write(data)
    return target.getvalue()


@pytest.mark.parametrize("seekable", [True, False])
@pytest.mark.parametrize("force_zip64", [True, False])
def test_zipfile_streams_and_zip64(force_zip64: bool, seekable: bool) -> None:
    data = _by_zipfile(wheel_members(), force_zip64=force_zip64, seekable=seekable)
    assert contents(read(data, NAME)) == wheel_members()


@pytest.mark.parametrize(("count", "end"), [(65_535, End()), (65_536, End(zip64=True, here=0xFFFF, members=0xFFFF))])
def test_many_members_with_and_without_zip64(count: int, end: End) -> None:
    empty = Part(b"", b"", 0)
    parts = sample(*[replace(empty, name=b"sample/d%d/f%d.py" % (at % 300, at)) for at in range(count - 4)])
    wheel = read(build(parts, end).data, NAME)
    assert len(wheel.entries) == count
    assert wheel.entries[-4].name == f"sample/d{(count - 5) % 300}/f{count - 5}.py"


def test_careful_and_plain_reading_agree(monkeypatch: pytest.MonkeyPatch, corpus: Corpus) -> None:
    path = corpus("cffi-2.1.1-cp311-cp311-musllinux_1_2_i686.whl")
    data, name = path.read_bytes(), WheelName.parse(path.name)
    plain = read(data, name)

    def nothing_is_plain(_archive: object, _count: int, at: int, position: int, _members: object) -> tuple[int, int]:
        return at, position

    monkeypatch.setattr(zipmembers, "_plain_members", nothing_is_plain)
    careful = read(data, name)
    assert [entry.stored for entry in plain] == [entry.stored for entry in careful]
    assert plain.directories == careful.directories
    assert contents(plain) == contents(careful)


def test_real_wheels_pass(corpus: Corpus) -> None:
    for filename in ROWS:
        path = corpus(filename)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
            wheel = read(mapping, WheelName.parse(path.name))
            with zipfile.ZipFile(file) as oracle:
                infos = oracle.infolist()
            files = [(info.filename, info.file_size, info.CRC) for info in infos if not info.is_dir()]
            assert [(entry.name, entry.size, _stored(entry).crc) for entry in wheel] == files
            assert list(wheel.directories) == [info.filename for info in infos if info.is_dir()]
            for path_inside in ("WHEEL", "METADATA", "RECORD"):
                assert wheel.info(path_inside).read()


def _stored(entry: Entry) -> ZipContent:
    assert isinstance(entry.content, ZipContent)
    return entry.content


@pytest.mark.parametrize("filename", ["Sample-1.0.0-py3-none-any.whl", "sample-1-py3-none-any.whl", SAMPLE])
def test_spelling_of_the_file_name_does_not_count(filename: str) -> None:
    assert read(wheel_bytes(), WheelName.parse(filename)).dist_info == "sample-1.0.dist-info"


def test_dashes_in_the_dist_info_folder_are_understood() -> None:
    members = {path.replace("sample-1.0", "sam-ple-1.0-1"): data for path, data in wheel_members().items()}
    wheel = read(zip_bytes(members), WheelName.parse("sam_ple-1.0.post1-py3-none-any.whl"))
    assert wheel.dist_info == "sam-ple-1.0-1.dist-info"


@pytest.mark.parametrize(
    ("limits", "says", "option"),
    [
        (Limits(members=3), "declares 4 members; the limit is 3", "--max-members"),
        (Limits(member_size=90), "bytes; the limit is 90", "--max-member-size"),
        (Limits(total_size=300), "bytes together; the limit is 300", "--max-total-size"),
        (Limits(ratio=5), "the limit is 5", "--max-ratio"),
        (Limits(total_ratio=5, total_ratio_from=1_000), "the limit is 5", "--max-total-ratio"),
        (Limits(name_length=20), "the limit is 20", "--max-name-length"),
        (Limits(depth=0), "the limit is 0", "--max-depth"),
    ],
)
def test_limits_say_what_raises_them(limits: Limits, says: str, option: str) -> None:
    data = wheel_bytes({"sample/__init__.py": b"x" * 2_000})
    assert len(read(data, NAME).entries) == 4
    with pytest.raises(LimitError, match="the limit is") as caught:
        read(data, NAME, limits)
    assert says in caught.value.what
    assert option in caught.value.hint


def test_memory_that_runs_out_is_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_view: memoryview) -> bytes:
        raise MemoryError

    wheel = read(build(sample(replace(B, method=0))).data, NAME)
    monkeypatch.setattr(zipcontent, "bytes", full, raising=False)
    with pytest.raises(LimitError, match="220 bytes doesn't fit into memory"):
        wheel.by_name["sample/b.py"].read()


def test_errors_of_contents_name_the_member() -> None:
    wheel = read(build(sample(replace(B, crc=5))).data, NAME)
    with pytest.raises(WheelError, match=r"^sample/b\.py: the CRC-32"):
        wheel.by_name["sample/b.py"].read()


@pytest.mark.parametrize(
    "filename",
    [
        "cffi-2.1.1-cp311-cp311-musllinux_1_2_i686.whl",
        "lru_dict-1.4.1-cp313-cp313-ios_13_0_arm64_iphonesimulator.whl",
        "ninja-1.13.2-py3-none-manylinux_2_28_armv7l.manylinux_2_31_armv7l.whl",
        "protobuf-7.36.2-cp310-abi3-macosx_10_9_universal2.whl",
        "pyzmq-27.3.0-cp312-abi3-win_arm64.whl",
    ],
)
def test_contents_of_real_wheels(filename: str, corpus: Corpus) -> None:
    path = corpus(filename)
    wheel = read(path.read_bytes(), WheelName.parse(filename))
    with zipfile.ZipFile(path) as oracle:
        assert contents(wheel) == {info.filename: oracle.read(info) for info in oracle.infolist() if not info.is_dir()}
    assert all(entry.head(64) == entry.read()[:64] for entry in wheel)
