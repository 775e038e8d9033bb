"""Settings: environment and pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from truewheel.errors import RequestError
from truewheel.world import Settings, core_count, load_settings, source_date_epoch


def test_source_date_epoch() -> None:
    assert source_date_epoch({}) is None
    assert source_date_epoch({"SOURCE_DATE_EPOCH": ""}) is None
    assert source_date_epoch({"SOURCE_DATE_EPOCH": "1700000000"}) == 1_700_000_000


@pytest.mark.parametrize("text", ["now", "1.5", "-1", "1e9", "٣", "9" * 30])
def test_source_date_epoch_must_be_a_number(text: str) -> None:
    with pytest.raises(RequestError, match="not a number of seconds"):
        source_date_epoch({"SOURCE_DATE_EPOCH": text})


def test_cores() -> None:
    assert core_count() >= 1


def test_settings_come_from_the_nearest_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.truewheel.check]\nselect = ["TAG"]\nignore=["TAG007"]\nstrict = true\n'
    )
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert load_settings(inner) == Settings(("TAG",), ("TAG007",), strict=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows doesn't let the current folder be removed")
def test_a_removed_current_folder_has_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load_settings() == Settings()


def test_without_a_table_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert load_settings(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = ", "can't be read as TOML"),
        ("[tool.truewheel.check]\nselct = []\n", "no option 'selct'"),
        ("[tool.truewheel.check]\nselect = 'TAG'\n", "select is a list"),
        ("[tool.truewheel.check]\nselect = ['NOPE']\n", "no rule is called 'NOPE'"),
        ("[tool.truewheel.check]\nstrict = 'yes'\n", "true or false"),
        ("[tool.truewheel]\ncheck = 1\n", "not a table"),
        ("[tool]\ntruewheel = 1\n", "not a table"),
        ("[tool.truewheel]\nselect = ['TAG']\n", "belongs into|has no option 'select'"),
    ],
)
def test_wrong_settings_name_the_file(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(RequestError, match=message) as caught:
        load_settings(tmp_path)
    assert caught.value.where.file.endswith("pyproject.toml")
