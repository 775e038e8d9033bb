"""What the repository promises as a whole: no traces of a machine, pages that are fresh, a complete distribution."""

from __future__ import annotations

import ast
import re
import subprocess  # noqa: TID251 - git, pip and the demo are programs; the ban protects src
import sys
import tarfile
import zipfile  # noqa: TID251 - an archive of ours is looked at with a reader that isn't
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import truewheel
from rule_docs import FAMILIES, FOLDER, pages
from tests.corpus import ROOT, ROWS, pip_options
from truewheel.rules import RULES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONG_TABLES = {"rules.py"}  # a table has as many rows as there are facts
MOST_LINES = 400


def tracked_files() -> list[Path]:
    """The files of the repository: what git knows, or everything that a source distribution holds."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        left_out = {".venv", ".venv-bench", ".cache", "__pycache__"}
        paths = [path for path in ROOT.rglob("*") if not left_out & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


# Spelled in parts, so that this file doesn't contain what it looks for.
TRACES = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "file:" + r"///(?:opt|root|work)\b",  # a folder of a machine, but not the URLs that are examples
            r"(?<![\w.$}])/" + r"(?:work|opt/pypi|opt/wheels)/",
            r"/root/\.py" + "env",
            re.escape(str(ROOT)) + r"\b",
        )
    )
)


def test_no_file_tells_of_a_machine_or_a_registry() -> None:
    assert TRACES.search("see " + "/work" + "/x")
    assert TRACES.search("https://" + "pypi" + ".org/simple")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked_files()
        if (match := TRACES.search(path.read_bytes().decode("utf-8", "replace")))
    ]
    assert not found


def test_one_version() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == truewheel.__version__


def test_every_dependency_is_locked_with_a_hash() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    groups = project["dependency-groups"]
    listed = [group for name, group in groups.items() if name != "fuzz"]  # for a search that CI doesn't make
    wanted = [text for group in listed for text in group if isinstance(text, str)]
    wanted += project["project"]["dependencies"] + project["build-system"]["requires"]
    lock = (ROOT / "requirements" / "ci.txt").read_text(encoding="utf-8")
    locked: dict[str, list[Requirement]] = {}
    for block in re.split(r"\n(?=\w)", lock):
        if block.startswith("#"):
            continue
        requirement = Requirement(block.split("\\")[0].strip())
        assert "--hash=sha256:" in block, requirement
        locked.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    for text in wanted:
        asked = Requirement(text)
        versions = [str(found.specifier).removeprefix("==") for found in locked[canonicalize_name(asked.name)]]
        assert all(asked.specifier.contains(version) for version in versions), f"{asked}: make lock"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_modules_say_what_they_are_and_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    if path.name not in LONG_TABLES:
        assert text.count("\n") <= MOST_LINES


def test_rule_pages_are_fresh() -> None:
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert on_disk == pages(), "make docs"


def test_every_family_has_a_rule() -> None:
    assert set(FAMILIES) == {rule.family for rule in RULES.values()}


def test_rule_names_are_unique() -> None:
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


def links_of(page: Path) -> list[str]:
    """The targets of the relative links on a page, without their anchors."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    return [target for target in targets if "://" not in target]


def test_links_between_pages_lead_somewhere() -> None:
    documents = [path for path in tracked_files() if path.suffix == ".md"]
    links = [(page, target) for page in documents for target in links_of(page)]
    assert len(links) > len(RULES)
    assert not [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()]


def test_architecture_names_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    package = ROOT / "src" / "truewheel"
    rooms = [f"`{path.parent.name}/`" for path in package.glob("*/__init__.py")]
    rooms += [f"`{path.stem}`" for path in package.glob("[a-z]*.py")]
    assert len(rooms) >= 11
    assert not [room for room in rooms if room not in text]


def test_the_workflow_runs_the_oldest_and_the_newest_python() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    minors = sorted(int(found) for found in re.findall(r"Python :: 3\.(\d+)", " ".join(project["classifiers"])))
    assert project["requires-python"] == f">=3.{minors[0]}"
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    wanted = f'python: ["3.{minors[0]}", "3.{minors[-1]}"]'
    assert workflow.count("python: [") == workflow.count(wanted) == 2


def test_the_targets_that_readme_names_are_in_the_makefile() -> None:
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    named = set(re.findall(r"^make (\w+)", text, re.MULTILINE))
    made = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test", "bench"} <= named <= made


def truewheel_lines(path: Path) -> list[list[str]]:
    """The command lines on a page or in a script that start truewheel, as words."""
    found = re.findall(r"(?:`|\$ |run |finds )truewheel ([a-z][^`\n]*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [line.split() for line in found]


@pytest.mark.parametrize("name", ["README.md", "scripts/demo.sh", "docs/rules/README.md"])
def test_commands_and_options_that_are_named_exist(name: str) -> None:
    lines = truewheel_lines(ROOT / name)
    assert lines
    for words in lines:
        command = [sys.executable, "-m", "truewheel", words[0], "--help"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        options = {word for word in words if re.fullmatch("--?[a-z][a-z-]*", word)}
        assert options <= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", done.stdout)), words


def test_the_demo_pins_wheels_of_the_corpus() -> None:
    text = (ROOT / "requirements" / "demo.txt").read_text(encoding="utf-8")
    digests = re.findall(r"--hash=sha256:(\w+)", text)
    rows = [row for row in ROWS.values() if row.sha256 in digests]
    assert [f"{row.project}=={row.version} --hash=sha256:{row.sha256}" in text for row in rows] == [True, True, True]
    script = (ROOT / "scripts" / "demo.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    for row in rows:
        fetching = " ".join(line for line in script.splitlines() if f"fetch {row.project}" in line or "pip" in line)
        assert f"={row.file}\n" in script
        for option in pip_options(row.file):
            assert option.replace("=", " ", 1) in fetching


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the source distribution of truewheel itself."""
    folder = tmp_path_factory.mktemp("dist")
    code = "import sys, hatchling.build as b; print(b.build_wheel(sys.argv[1])); print(b.build_sdist(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    wheel, sdist = done.stdout.split()
    return folder / wheel, folder / sdist


def test_the_wheel_is_complete(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        inside = set(archive.namelist())
    package = ROOT / "src" / "truewheel"
    wanted = {
        f"truewheel/{path.relative_to(package).as_posix()}" for path in tracked_files() if package in path.parents
    }
    assert wanted <= inside
    assert "truewheel/py.typed" in inside
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in inside)


def test_the_source_distribution_is_complete(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"LICENSE", "README.md", "ARCHITECTURE.md", "CHANGELOG.md", "Makefile", "pyproject.toml", ".ci/run"}
    needed |= {"requirements/ci.txt", "tests/corpus.json", "docs/index.md", "scripts/demo.sh", "bench/__main__.py"}
    assert needed <= inside
