"""The scripts that make the tables: the tables that ship are what they write, and reading again changes nothing."""

from __future__ import annotations

import json
import os
import subprocess  # noqa: TID251 - the scripts are programs; the ban protects src
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

import pytest

import truewheel
from tests.binary.fixtures import Recipe, Symbol, make
from tests.corpus import ROOT

SOURCE = Path(truewheel.__file__).parents[1]
DATA = SOURCE / "truewheel" / "policy" / "data"


class Table(TypedDict):
    """What is looked at in the table of musl's names."""

    sources: list[str]
    common: dict[str, list[str]]
    only: dict[str, dict[str, list[str]]]


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / script), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    copy = tmp_path / "musl-symbols.json"
    copy.write_bytes((DATA / "musl-symbols.json").read_bytes())
    return copy


def libc(folder: Path, names: Iterable[str]) -> str:
    """A file that exports names as musl's libc.so does."""
    symbols = tuple(Symbol(name, defined=True) for name in names)
    path = folder / "libc.so"
    path.write_bytes(make(Recipe(symbols=symbols, soname="libc.so")).data)
    return str(path)


def refresh(table: Path, names: Iterable[str], release: str, *options: str) -> Table:
    done = run("refresh_musl.py", libc(table.parent, names), "x86_64", release, "--table", str(table), *options)
    assert done.returncode == 0, done.stderr
    result: Table = json.loads(table.read_text(encoding="utf-8"))
    return result


def test_a_musl_that_is_in_the_table_changes_no_byte_of_it(table: Path) -> None:
    refresh(table, ["malloc", "qsort_r", "statx"], "1.2.5")
    assert table.read_bytes() == (DATA / "musl-symbols.json").read_bytes()


def test_new_names_get_the_release_and_the_table_its_source(table: Path) -> None:
    found = refresh(table, ["malloc", "brand_new"], "1.2.9")
    assert found["only"]["x86_64"] == {"1.2.9": ["brand_new"]}
    assert "musl 1.2.9 x86_64" in found["sources"]


def test_an_older_release_moves_the_date_of_a_name(table: Path) -> None:
    found = refresh(table, ["statx"], "1.2.4")
    assert found["only"]["x86_64"] == {"1.2.4": ["statx"]}
    assert "statx" in " ".join(found["common"]["1.2.5"])


def test_what_debian_adds_is_left_out(table: Path) -> None:
    refresh(table, ["fts_open", "renameat2"], "1.2.5", "--debian")
    assert table.read_bytes() == (DATA / "musl-symbols.json").read_bytes()


def test_a_file_for_another_architecture_is_refused(table: Path) -> None:
    done = run("refresh_musl.py", libc(table.parent, ["malloc"]), "s390x", "1.2.5", "--table", str(table))
    assert done.returncode == 2
    assert "is for x86_64, not for s390x" in done.stderr


# Zig's order of targets doesn't matter to the reader, so the nine that it looks for will do here.
TARGETS = (
    "aarch64-linux-gnu",
    "arm-linux-gnueabihf",
    "x86-linux-gnu",
    "loongarch64-linux-gnu",
    "powerpc64-linux-gnu",
    "powerpc64le-linux-gnu",
    "riscv64-linux-gnu",
    "s390x-linux-gnu",
    "x86_64-linux-gnu",
)


def packed() -> bytes:
    """A list with one library, two releases, and a function that came with 2.5 on the first target, else 2.40."""
    head = b"\x01c\0" + b"\x02\x02\x05\x00\x02\x28\x00" + bytes([len(TARGETS)])
    names = b"".join(target.encode() + b"\0" for target in TARGETS)
    function = b"\x02\x00new_function\0" + b"\x01\x00\x00\x81" + b"\xfe\x03\x80\x81"
    thing = b"\x01\x00a_variable\0" + b"\x08\x81\x02\x80\x80"
    return head + names + function + thing + b"\0\0"


def test_the_glibc_policies_that_ship_are_made_from_auditwheels(tmp_path: Path) -> None:
    abilists = tmp_path / "abilists"
    abilists.write_bytes(packed())
    done = run("refresh_glibc.py", "--abilists", str(abilists), "--folder", str(tmp_path))
    assert done.returncode == 0, done.stderr
    ours, made = (json.loads((folder / "glibc.json").read_text(encoding="utf-8")) for folder in (DATA, tmp_path))
    assert {**ours, "sources": []} == {**made, "sources": []}
    groups = json.loads((tmp_path / "glibc-symbols.json").read_text(encoding="utf-8"))["groups"]
    assert groups == {
        "2.5 2.40 2.40 2.40 2.40 2.40 2.40 2.40 2.40": ["new_function"],
        "2.5 - - - - - - - 2.5": ["a_variable"],
    }


def test_bytes_that_are_not_understood_stop_the_script(tmp_path: Path) -> None:
    (tmp_path / "abilists").write_bytes(packed() + b"?")
    done = run("refresh_glibc.py", "--abilists", str(tmp_path / "abilists"), "--folder", str(tmp_path))
    assert done.returncode == 1
    assert "1 bytes of abilists were not understood" in done.stderr


def test_the_dlls_that_ship_are_those_of_the_installed_sources() -> None:
    """Sources that are newer may say more; then the script is run again."""
    code = "import json, refresh_windows; print(json.dumps(refresh_windows.table()))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((DATA / "windows-dlls.json").read_text(encoding="utf-8"))
