"""The programs that tests ask are installed where that can be done, and missed aloud where it can't."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import test_tools
from tests.tools import need


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they are never installed")
def test_a_tool_that_lacks_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"needs mold \(Debian: mold\), qemu-arm \(Debian: qemu-user\)"):
        need("mold", "qemu-arm")
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match=r"needs mold .*installs it"):
        need("mold")


@pytest.mark.skipif(sys.platform == "win32", reason="a program is known by its suffix there")
def test_a_tool_that_is_there_has_a_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "mold"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert need("mold") == (program,)
    with pytest.raises(KeyError):
        need("cobol")


def test_without_rights_it_says_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get there
    assert test_tools.main() == 0
    said = capsys.readouterr().out
    assert "left out: " in said
    assert all(f" {package}" in said for package in ("mold", "qemu-user", "gcc-s390x-linux-gnu"))


@pytest.mark.parametrize(("complaint", "status"), [("", 0), ("E: no network", 1)])
def test_what_lacks_is_installed_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], complaint: str, status: int
) -> None:
    lacking = {"mold": "mold"}
    asked: list[str] = []

    def install(packages: list[str]) -> str:
        asked.extend(packages)
        if not complaint:
            lacking.clear()
        return complaint

    monkeypatch.setattr(test_tools, "missing", lambda: dict(lacking))
    monkeypatch.setattr(test_tools, "can_install", lambda: True)
    monkeypatch.setattr(test_tools, "install", install)
    assert test_tools.main() == status
    assert asked == ["mold"]
    said = capsys.readouterr()
    assert (complaint in said.err) if complaint else ("installed mold" in said.out)
    assert (test_tools.main(), len(asked)) == ((1, 2) if complaint else (0, 1))
