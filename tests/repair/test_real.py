"""PyYAML, psycopg2 and lxml: repaired, installed, and used where the libraries of the system are hidden."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.repair.anatomy import grafted
from tests.repair.building import SOURCES, environment, pip, run
from tests.repair.conftest import Build, Repair
from tests.repair.hiding import can_wrap, foreign, look, mapped_from
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
