"""TOML that people write, and TOML that is made to be a nuisance."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from truewheel.errors import RequestError
from truewheel.world.toml import read_toml


def read(folder: Path, text: bytes) -> dict[str, object]:
    path = folder / "some.toml"
    path.write_bytes(text)
    return read_toml(path)


def test_what_is_read(tmp_path: Path) -> None:
    dots = b"." * 500 + b" a.b." * 500
    assert read(tmp_path, b'a.b = [1.5, "\xc3\xa4"]\r\n') == {"a": {"b": [1.5, "ä"]}}
    for text in (b'x = "%s"', b"x = '%s'", b'x = """\n%s"""', b"x = '''\n%s'''", b'x = """"%s"""""', b"x = 1 # %s"):
        assert list(read(tmp_path, text % dots)) == ["x"]
    assert len(read(tmp_path, b"x = [%s]" % (b"1.5, " * 500))) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"x = ", "Invalid value"),
        (b"x = '\xff'", "utf-8"),
        (b"x = " + b"[" * 5_000, "nested too deeply"),
        (b"x = " + b"{a=" * 5_000, "nested too deeply"),
        (b"x = " + b"9" * 5_000, "Exceeds the limit"),
        (b"a." * 300_000 + b"a = 1", "more than 30 parts"),
        (b'"" .' * 200_000 + b"a = 1", "more than 30 parts"),
        (b"'a' . " * 100_000 + b"a = 1", "more than 30 parts"),
        (b"[" + b"a." * 300_000 + b"a]", "more than 30 parts"),
        (b'x = { """b"""" = 1, ' + b"a." * 300_000, "more than 30 parts"),
        (b'x = { y = """b"""", ' + b"a." * 300_000 + b"a = 1 }", "more than 30 parts"),
        (b'"\\' * 500_000, "Invalid|Unescaped"),
        (b'"""\\' * 250_000, "Expected"),
    ],
)
def test_what_is_refused_at_once(tmp_path: Path, text: bytes, said: str) -> None:
    start = time.perf_counter()
    with pytest.raises(RequestError, match=f"can't be read as TOML: .*({said})") as caught:
        read(tmp_path, text)
    assert time.perf_counter() - start < 5
    assert caught.value.where.file.endswith("some.toml")


def test_files_are_no_longer_than_people_write(tmp_path: Path) -> None:
    assert read(tmp_path, b"#" * (1 << 20)) == {}
    with pytest.raises(RequestError, match="is larger than 1 MiB"):
        read(tmp_path, b"#" * ((1 << 20) + 1))
    with pytest.raises(RequestError, match="can't be read"):
        read_toml(tmp_path)
