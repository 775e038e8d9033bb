"""Packages of npm and Debian are the ones that are meant, fetched once, or missed aloud."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess  # noqa: TID251 - dpkg is the oracle; the ban protects src
import tarfile
from pathlib import Path

import pytest

from tests import packages
from tests.corpus import CorpusError, sha256_of
from tests.packages import ROWS, Row, deb, fetched, npm
from tests.tools import need

SHA256 = hashlib.sha256(b"right").hexdigest()


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    """What other tests have fetched isn't remembered in this process; it is in the cache."""
    npm.cache_clear()
    deb.cache_clear()


def test_a_package_of_npm_is_the_pinned_one() -> None:
    row = ROWS["@esbuild/linux-ia32"]
    path = npm(row.package)
    assert (path.name, path.stat().st_size, sha256_of(path)) == (row.file, row.size, row.sha256)
    with tarfile.open(path) as archive:
        assert "package/bin/esbuild" in archive.getnames()


def test_a_damaged_package_in_the_cache_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUEWHEEL_CORPUS", str(tmp_path))
    row = ROWS["@esbuild/android-x64"]
    (tmp_path / row.file).write_bytes(b"damaged")
    assert sha256_of(npm(row.package)) == row.sha256
    assert {path.name for path in tmp_path.iterdir()} == {row.file, f".{row.file}.lock"}


def test_a_package_that_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(CorpusError, match="is not in the table"):
        npm("left-pad")


def test_a_package_of_debian_is_one_that_dpkg_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = need("dpkg-deb")
    monkeypatch.setenv("TRUEWHEEL_CORPUS", str(tmp_path))
    path = deb("jq")
    assert path.parent == tmp_path
    said = subprocess.run([program, "--field", path, "Package"], capture_output=True, text=True, check=True).stdout
    assert said == "jq\n"
    assert deb("jq") == path
    assert packages._shown("no-such-package-anywhere") == {}


def test_a_package_that_apt_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("apt-get")
    monkeypatch.setenv("TRUEWHEEL_CORPUS", str(tmp_path))
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(packages, "apt", lambda *words: asked.append(words))
    monkeypatch.setattr(packages, "_shown", lambda _: {})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(CorpusError, match="apt knows no package"):
        deb("no-such-package-anywhere")
    assert asked == [("update",)]
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("CI", "1")
    with pytest.raises(CorpusError, match="apt knows no package"):
        deb("no-such-package-anywhere")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="apt-get update"):
        deb("no-such-package-anywhere")
    assert asked == [("update",)]


def test_lists_that_are_older_than_the_mirror_are_fetched_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    need("apt-get")
    monkeypatch.setenv("TRUEWHEEL_CORPUS", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    shown = {"Filename": "pool/t/tool_1_amd64.deb", "Version": "1", "SHA256": SHA256}
    monkeypatch.setattr(packages, "_shown", lambda _: dict(shown))
    asked: list[str] = []

    def apt(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        asked.append(words[-1])
        if words == ("update",):
            shown.update(Version="1:2", Filename="pool/t/tool_2_amd64.deb")
        elif words[-1] == "tool=1:2" and folder is not None:
            (folder / "tool_1%3a2_amd64.deb").write_bytes(b"right")
        return subprocess.CompletedProcess([], 100, "", "404")

    monkeypatch.setattr(packages, "apt", apt)
    assert deb("tool") == tmp_path / "tool_2_amd64.deb"
    assert asked == ["tool=1", "update", "tool=1:2"]


def test_what_came_is_checked_and_kept_only_when_right(tmp_path: Path) -> None:
    def puts(data: bytes) -> str:
        calls.append(data)
        return "it said so"

    calls: list[bytes] = []
    with pytest.raises(CorpusError, match=r"a\.tgz was not fetched:\nit said so"):
        fetched(tmp_path, "a.tgz", SHA256, lambda _: puts(b""))
    with pytest.raises(CorpusError, match=f"not {SHA256}"):
        fetched(tmp_path, "a.tgz", SHA256, lambda folder: puts(b"wrong" * (folder / "a.tgz").write_bytes(b"wrong")))
    assert [path.name for path in tmp_path.iterdir()] == [".a.tgz.lock"]
    for _ in range(2):
        path = fetched(tmp_path, "a.tgz", SHA256, lambda folder: puts(b"x" * (folder / "a.tgz").write_bytes(b"right")))
        assert path.read_bytes() == b"right"
    assert len(calls) == 3


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.package)
def test_rows_are_sane(row: Row) -> None:
    assert re.fullmatch(r"@(esbuild|biomejs)/[a-z0-9-]+", row.package)
    assert re.fullmatch("[0-9a-f]{64}", row.sha256)
    assert row.size > 1 << 20
    assert list(ROWS) == sorted(ROWS)
