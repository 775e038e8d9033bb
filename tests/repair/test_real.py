"""PyYAML, psycopg2 and lxml: repaired, installed, and used where the libraries of the system are hidden."""

from __future__ import annotations

import json
import posixpath
import sys
from pathlib import Path

import pytest

from tests.repair.anatomy import grafted, natives, platforms
from tests.repair.building import SOURCES, environment, pip, run
from tests.repair.conftest import Build, Repair
from tests.repair.hiding import PROMISED, can_wrap, foreign, look, mapped_from
from tests.repair.peers import OURS

USE = {
    "pyyaml": """
import yaml
assert yaml.load("a: [1, 2]", Loader=yaml.CSafeLoader) == {"a": [1, 2]}
print(yaml.dump({"b": None}, Dumper=yaml.CSafeDumper).strip())
""",
    "psycopg2": """
import psycopg2, psycopg2.extensions
assert psycopg2.extensions.libpq_version() >= 130000
try:
    psycopg2.connect(host="/nowhere", dbname="none", user="nobody")
except psycopg2.OperationalError as error:
    print("/nowhere" in str(error))
""",
    "lxml": """
from lxml import etree, html, objectify
style = '''<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                           xmlns:s="http://exslt.org/strings">
<xsl:template match="/"><out><xsl:value-of select="s:padding(3, 'x')"/></out></xsl:template></xsl:stylesheet>'''
made = etree.XSLT(etree.XML(style))(etree.XML("<a/>"))
assert str(made.getroot().text) == "xxx", made
assert html.fromstring("<p>one<p>two").xpath("//p/text()") == ["one", "two"]
assert etree.fromstring("<a>\\u00e4</a>".encode("iso-8859-2"), etree.XMLParser(encoding="iso-8859-2")).text == "\\u00e4"
print(objectify.fromstring("<a><b>5</b></a>").b + 1)
""",
}
"""What is done with each: something that goes through the grafted libraries."""

SAID = {"pyyaml": "b: null", "psycopg2": "True", "lxml": "6"}

MANY = {"pyyaml": 1, "psycopg2": 15, "lxml": 5}
"""At least so many libraries are grafted; what a distribution links its own with differs."""


def installed(wheel: Path, folder: Path, installer: str) -> Path:
    """The Python of a fresh environment with the wheel in it."""
    python = environment(folder / "env")
    if installer == "pip":
        pip(python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    else:
        uv = Path(sys.executable).with_name("uv")
        run([uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-index", "--no-cache", wheel])
    return python


@pytest.mark.parametrize("project", SOURCES)
def test_libraries_are_hidden_indeed(project: str, built: Build, tmp_path: Path) -> None:
    seen = look(installed(built(project), tmp_path, "pip"), USE[project], scratch=tmp_path, wrap=can_wrap())
    assert seen.status == 1
    assert "cannot open shared object file" in seen.said or "has no attribute 'CSafeLoader'" in seen.said


@pytest.mark.parametrize("installer", ["pip", "uv"])
@pytest.mark.parametrize("project", SOURCES)
def test_works_where_libraries_are_hidden(project: str, installer: str, repaired: Repair, tmp_path: Path) -> None:
    wheel = repaired(OURS, project)
    python = installed(wheel, tmp_path, installer)
    seen = look(python, USE[project], scratch=tmp_path, wrap=can_wrap())
    assert (seen.status, seen.said) == (0, SAID[project])
    (site,) = (tmp_path / "env" / "lib").glob("python3.*/site-packages")
    libraries = frozenset(name for name in mapped_from(seen, site) if name.split("/")[0].endswith(".libs"))
    assert libraries == set(grafted(wheel)), "exactly the grafted files are mapped"
    assert len(libraries) >= MANY[project]
    assert not foreign(seen, tmp_path / "env")


def test_works_where_the_loader_is_watched(repaired: Repair, tmp_path: Path) -> None:
    # The way that needs no privilege, so that it works where it is the only one.
    python = installed(repaired(OURS, "pyyaml"), tmp_path, "pip")
    seen = look(python, USE["pyyaml"], scratch=tmp_path, wrap=False)
    assert (seen.status, seen.said) == (0, SAID["pyyaml"])
    assert not foreign(seen, tmp_path / "env")


def test_the_watched_loader_hides(built: Build, tmp_path: Path) -> None:
    python = installed(built("pyyaml"), tmp_path, "pip")
    seen = look(python, USE["pyyaml"], scratch=tmp_path, wrap=False)
    assert seen.status == 1
    assert "has no attribute 'CSafeLoader'" in seen.said


def _home(member: str, search: str, name: str) -> str:
    """Where a file of a wheel finds another by its run path: the member, or "" for none."""
    folders = [entry.replace("$ORIGIN", posixpath.dirname(member)) for entry in search.split(":") if entry]
    return next((posixpath.normpath(f"{folder}/{name}") for folder in folders), "")


@pytest.mark.parametrize("project", SOURCES)
def test_every_name_leads_somewhere(project: str, repaired: Repair) -> None:
    read = natives(repaired(OURS, project))
    for member, file in read.items():
        own = [name for name in file.needed if name not in PROMISED]
        assert not [name for name in own if _home(member, file.search, name) not in read], member
        assert set(file.version_files) <= {*file.needed, "ld-linux-x86-64.so.2"}, member
        assert not [entry for entry in file.search.split(":") if entry and not entry.startswith("$ORIGIN")], member
        assert file.soname == posixpath.basename(member) or ".libs/" not in member


@pytest.mark.parametrize("project", SOURCES)
def test_auditwheel_finds_it_whole(project: str, repaired: Repair) -> None:
    wheel = repaired(OURS, project)
    program = Path(sys.executable).with_name("auditwheel")
    shown = json.loads(run([program, "show", "--json", wheel]))
    (promise,) = platforms(wheel.name)
    # auditwheel rounds up to the versions that it knows.
    assert _minor(shown["overall_tag"]) >= _minor(promise)
    assert _minor(shown["overall_tag"]) - _minor(promise) <= 3
    assert not [name for name in shown["external_libs"] if name not in PROMISED]


def _minor(tag: str) -> int:
    return int(tag.split("_")[2])
