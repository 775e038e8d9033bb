"""What `pack` remarks beside its result."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.run import run
from tests.pack.samples import LICENCE, MACOS, STATIC, File, tarball
from truewheel.api import PackRun

PROJECT = ("--name", "tool", "--version", "1.0", "--dry-run")


@pytest.fixture(autouse=True)
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two archives in the current folder, one of which has a folder more."""
    monkeypatch.chdir(tmp_path)
    common = {"LICENSE": LICENCE, "README": File(b"Read me.\n")}
    Path("linux.tar").write_bytes(tarball({**common, "tool": File(STATIC, executable=True), "doc/a": File(b"a")}))
    Path("macos.tar").write_bytes(tarball({**common, "tool": File(MACOS, executable=True)}))


def test_patterns_that_mean_no_file_of_any_archive_are_told() -> None:
    wrong = ("--exclude", "docs", "--exclude", "doc", "--rename", "READ_ME=README.txt", "--data", "man/**")
    done = run("pack", *PROJECT, "linux.tar", "macos.tar", *wrong)
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "note: exclude docs means no file of any archive",
        "note: rename READ_ME means no file of any archive",
        "note: data man/** means no file of any archive",
    ]


def test_a_run_over_no_targets_has_nothing_to_remark() -> None:
    assert (PackRun(()).idle, PackRun(()).same) == ((), True)


def test_no_program_is_looked_for_where_none_is_wanted() -> None:
    assert "programs   tool: tool\n" in run("pack", *PROJECT, "linux.tar").stdout
    without = run("pack", *PROJECT, "linux.tar", "--no-programs")
    assert without.exit_code == 0
    assert "programs" not in without.stdout


def test_patterns_of_archives_are_expanded_where_the_shell_does_not() -> None:
    done = run("pack", *PROJECT, "*.tar")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "linux" in done.stdout
    assert "macos" in done.stdout
    assert run("pack", *PROJECT, "*.zip").stderr.startswith("error: *.zip: there is no such file")


def test_copies_of_links_are_counted() -> None:
    large = File(bytes(range(256)) * 5_000)
    tree = {"tool": File(STATIC, executable=True), "a": large, "b": File(link="a"), "c": File(link="b")}
    Path("links.tar").write_bytes(tarball(tree))
    done = run("pack", *PROJECT, "links.tar")
    assert done.stderr == "note: links: 2 links became copies of files, 2,560,000 bytes unpacked\n"
    assert run("pack", *PROJECT, "links.tar", "--exclude", "b", "--exclude", "c").stderr == ""


def test_a_pattern_that_means_files_of_one_archive_is_none() -> None:
    assert run("pack", *PROJECT, "linux.tar", "macos.tar", "--exclude", "doc").stderr == ""
    assert run("pack", *PROJECT, "linux.tar", "--exclude", "doc").stderr == ""
    alone = run("pack", *PROJECT, "macos.tar", "--exclude", "doc")
    assert alone.stderr == "note: exclude doc means no file of the archive\n"
