"""The rooms keep to their contracts, and every contract is shown to fail when it is broken."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - lint-imports is a program; the ban protects src
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypedDict

import grimp
import pytest

from tests.corpus import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class _Contract(TypedDict):
    id: str
    name: str


def _contracts() -> dict[str, str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts: list[_Contract] = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in contracts}


CONTRACTS = _contracts()

# One bad import for each contract: the module that is given it, and the line. A file that doesn't exist is made.
BREACHES = [
    ("rooms", "truewheel/wheel/name.py", "import truewheel.ops"),
    ("rooms", "truewheel/wheel/name.py", "import truewheel.binary"),
    ("rooms", "truewheel/report/__init__.py", "import truewheel.world"),
    ("rooms", "truewheel/newcomer.py", ""),
    ("pure", "truewheel/wheel/name.py", "from pathlib import Path"),
    ("pure", "truewheel/ops/__init__.py", "import os.path"),
    ("pure", "truewheel/binary/model.py", "import zipfile"),
    ("formats", "truewheel/binary/elf.py", "import truewheel.binary.pe"),
    ("formats", "truewheel/binary/macho_edit.py", "import truewheel.binary.elf_edit"),
    ("formats", "truewheel/binary/pe_edit.py", "import truewheel.binary.macho_edit"),
    ("policies", "truewheel/policy/musl.py", "import truewheel.policy.glibc"),
    ("reporters", "truewheel/report/sarif.py", "import truewheel.report.text"),
    ("deflate", "truewheel/wheel/name.py", "import deflate"),
    ("rooms", "truewheel/compare/model.py", "import truewheel.policy"),
    ("rooms", "truewheel/sdist/__init__.py", "import truewheel.compare"),
    ("rooms", "truewheel/packing/model.py", "import truewheel.policy"),
    ("rooms", "truewheel/toml.py", "import truewheel.errors"),
    ("rooms", "truewheel/archives/model.py", "import truewheel.packing"),
    ("rooms", "truewheel/backend.py", "import truewheel.cli"),
    ("pure", "truewheel/compare/model.py", "import tempfile"),
    ("pure", "truewheel/sdist/__init__.py", "import tarfile, os"),
    ("pure", "truewheel/archives/model.py", "import shutil"),
    ("pure", "truewheel/packing/model.py", "from pathlib import Path"),
    ("click", "truewheel/report/__init__.py", "import click"),
    ("click", "truewheel/builds/model.py", "import click"),
    ("rooms", "truewheel/builds/model.py", "import truewheel.index"),
    ("rooms", "truewheel/recipes/model.py", "import truewheel.verdict"),
    ("pure", "truewheel/verdict/model.py", "import time"),
    ("pure", "truewheel/recipes/model.py", "from pathlib import Path"),
    ("click", "truewheel/rebuilds/model.py", "import click"),
    ("network", "truewheel/builds/model.py", "import requests"),
    ("light", "truewheel/backend.py", "import truewheel.report"),
    ("editors", "truewheel/policy/musl.py", "import truewheel.binary.patch"),
    ("editors", "truewheel/policy/macos.py", "import truewheel.binary.macho_edit"),
    ("editors", "truewheel/policy/macos.py", "import truewheel.binary.macho_fat"),
    ("editors", "truewheel/policy/macos.py", "import truewheel.binary.macho_sign"),
    ("editors", "truewheel/policy/windows.py", "import truewheel.binary.pe_edit"),
    ("editors", "truewheel/binary/pe.py", "import truewheel.binary.patch"),
    ("cycles", "truewheel/wheel/name.py", "import truewheel.wheel.model"),
]


def lint_imports(source: Path, *contracts: str) -> tuple[int, str]:
    """The exit status of lint-imports on a source tree, and what it prints."""
    only = [part for contract in contracts for part in ("--contract", contract)]
    # Called by its function: the program stands in another folder on each system.
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml"), *only],
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_the_rooms_keep_to_the_contracts() -> None:
    status, output = lint_imports(ROOT / "src")
    assert status == 0, output
    assert f"{len(CONTRACTS)} kept, 0 broken" in output


def test_every_contract_is_broken_once() -> None:
    assert {contract for contract, *_ in BREACHES} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES)
def test_a_bad_import_breaks_its_contract(tmp_path: Path, contract: str, module: str, line: str) -> None:
    shutil.copytree(ROOT / "src" / "truewheel", tmp_path / "truewheel", ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path / module
    for path in (target, *(tmp_path / (name.replace(".", "/") + ".py") for name in line.split()[1:2])):
        if path.parent.is_relative_to(tmp_path / "truewheel") and not path.with_suffix("").is_dir():
            path.touch()
    with target.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    status, output = lint_imports(tmp_path, contract)
    assert status == 1, output
    assert f"{CONTRACTS[contract]} BROKEN" in output


def test_no_module_imports_in_a_circle() -> None:
    graph = grimp.build_graph("truewheel", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()
