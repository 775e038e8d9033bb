"""Archives inside of members."""

from __future__ import annotations

import gzip
import io

import pytest

from tests.compare.trees import between, gz, pair, reasons, tar_bytes
from tests.support import zip_bytes
from truewheel.compare.contents import Contents
from truewheel.compare.model import Difference, Kind
from truewheel.compare.nested import tree_of


def _places(differences: tuple[Difference, ...]) -> list[str]:
    return [part.place for top in differences for part in top.walk()]


def test_a_zip_in_a_member() -> None:
    left, right = zip_bytes({"a.txt": b"one\n", "b": b"b"}), zip_bytes({"a.txt": b"two\n", "b": b"b"})
    (found,) = between({"data/x.zip": left}, {"data/x.zip": right}).differences
    assert found.place == "data/x.zip"
    assert [(part.place, part.kind) for part in found.inside] == [("data/x.zip!/a.txt", Kind.CONTENT)]
    assert found.summary == "data/x.zip!/a.txt: 1 line on the left, 1 line on the right differ"


def test_how_a_zip_in_a_member_is_stored() -> None:
    left, right = zip_bytes({"a": b"a"}, time=(2020, 1, 1, 0, 0, 0)), zip_bytes({"a": b"a"}, time=(2021, 1, 1, 0, 0, 0))
    (found,) = between({"x.zip": left}, {"x.zip": right}).differences
    (inside,) = found.inside
    assert (inside.place, inside.kind) == ("x.zip (storage)", Kind.STORAGE)
    assert reasons((found,)) == {"build-time"}


def test_gzip_files() -> None:
    (found,) = between({"a.json.gz": gz(b'{"a": 1}')}, {"a.json.gz": gz(b'{"a": 2}')}).differences
    assert _places((found,)) == ["a.json.gz", "a.json.gz!/a.json", "$.a"]
    (found,) = between({"a.gz": gz(b"text", mtime=1)}, {"a.gz": gz(b"text", mtime=2)}).differences
    assert reasons((found,)) == {"build-time"}
    text = b"".join(b"%d" % (number * number) for number in range(3000))
    levels = [gz(text, level) for level in (1, 9)]
    same = [data[:8] + b"\0" + data[9:] for data in levels]  # the header's own word for the level
    (found,) = between({"a.gz": same[0]}, {"a.gz": same[1]}).differences
    assert found.summary == "the same contents, compressed in another way"
    assert reasons((found,)) == {"deflate"}
    assert found.causes[0].sure


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz"])
def test_tars(name: str) -> None:
    tars = [tar_bytes({"d/a": data, "d/b": b"b"}, links={"d/l": "a"}) for data in (b"1\n", b"2\n")]
    sides = [gz(data) if name.endswith("gz") else data for data in tars]
    (found,) = between({name: sides[0]}, {name: sides[1]}).differences
    assert [part.place for part in found.inside] == [f"{name}!/d/a"]


def test_a_wheel_in_a_zip_has_a_record_that_follows() -> None:
    wheels = [
        zip_bytes({"a.py": text, "x-1.dist-info/RECORD": f"a.py,sha256={text.decode().strip()},2\n".encode()})
        for text in (b"a\n", b"b\n")
    ]
    (found,) = between({"w": zip_bytes({"x.whl": wheels[0]})}, {"w": zip_bytes({"x.whl": wheels[1]})}).differences
    follows = {part.place: part.follows for part in found.walk()}
    assert follows["w!/x.whl!/x-1.dist-info/RECORD"]
    assert not follows["w!/x.whl!/a.py"]


def test_nesting_ends() -> None:
    sides = [b"one\n", b"two\n"]
    for _ in range(8):
        sides = [zip_bytes({"n": side}) for side in sides]
    (found,) = between({"n": sides[0]}, {"n": sides[1]}).differences
    assert max(place.count("!/") for place in _places((found,))) == 4


def test_bombs_are_not_unpacked() -> None:
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", mtime=0) as file:
        for _ in range(80):
            file.write(bytes(1 << 20))
    bomb = target.getvalue()
    assert tree_of("x.gz", bomb, 1 << 20) is None
    (found,) = Contents()(pair(bomb, bomb[:-8] + bytes(8), "x.gz"))
    assert found.place == ""
    contents = Contents()
    contents._room = 10
    (found,) = contents(pair(zip_bytes({"a": bytes(100)}), zip_bytes({"a": b"x" * 100}), "x.zip"))
    assert found.place == ""


def test_the_room_is_shared() -> None:
    contents = Contents()
    before = contents._room
    contents(pair(zip_bytes({"a": bytes(1000)}), zip_bytes({"a": b"x" * 1000}), "x.zip"))
    assert contents._room == before - 2000


def test_what_is_no_archive() -> None:
    for data in (b"PK\3\4 no", b"\x1f\x8b no", b"x" * 257 + b"ustar" + b"y" * 300, b"plain"):
        assert tree_of("x", data, 1 << 20) is None
    (found,) = Contents()(pair(zip_bytes({"a": b"a"}), b"PK\3\4 no archive\0", "x.zip"))
    assert "bytes on the left" in found.summary


def test_a_damaged_member_is_left_to_the_bytes() -> None:
    data = zip_bytes({"a": b"text " * 30, "b": b"x"})
    at = data.index(b"PK\3\4") + 31
    (found,) = Contents()(pair(data, data[:at] + b"\0\0\0" + data[at + 3 :], "x.zip"))
    assert "bytes differ" in found.summary
