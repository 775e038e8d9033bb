"""The pages are true: examples give the outputs that are shown, and tables say what the code says."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TypedDict

import click
import pytest

import truewheel
from tests.corpus import ROOT, ROWS, Corpus
from tests.pages import FILES, PAGES, SHOWN, PageError, blocks, refreshed, runnable, scene
from tests.unrepaired import LINUX, MACOS, SPREAD, UNREPAIRED, WINDOWS
from truewheel import api, errors
from truewheel.builds.model import Request
from truewheel.cli import _COMMANDS, _group
from truewheel.compare import REASONS, Comparison
from truewheel.ops import Audit, Verdict
from truewheel.packing.settings import _KEYS as PACK_KEYS
from truewheel.packing.settings_targets import _SOURCE as SOURCE_KEYS
from truewheel.recipes.overrides import KEYS
from truewheel.recipes.table import RULES as RECIPES
from truewheel.rules import RULES
from truewheel.wheel import Limits, Profile

DOCS = ROOT / "docs"
KINDS = {"console", "console demo", "pycon", "python", *SHOWN}
OF_OTHERS = {"--ignore-existing"}  # delvewheel's, without which it doesn't look into wheels
TINY = "lru_dict-1.4.1-cp313-cp313-android_21_arm64_v8a.whl"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first column has this heading, without backquotes where they are all of it."""
    table = text.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def code(cell: str) -> list[str]:
    """What stands between backquotes."""
    return re.findall(r"`([^`]+)`", cell)


# --- examples ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", [path for path in PAGES if path.parent == DOCS], ids=lambda path: path.name)
def test_examples_give_what_is_shown(path: Path, corpus: Corpus) -> None:
    text = path.read_text(encoding="utf-8")
    assert refreshed(text, corpus).splitlines() == text.splitlines(), "make docs"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_fence_is_of_a_known_kind(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = blocks(text)
    files = {block.kind for block in found if block.kind.partition(" ")[0] in FILES and " " in block.kind}
    assert {block.kind for block in found} - files <= KINDS
    assert len(re.findall("^ *```", text, re.MULTILINE)) == 2 * len(found)


def test_most_pages_have_examples() -> None:
    without = {path.name for path in PAGES if not runnable(path.read_text(encoding="utf-8"))}
    assert without <= {"index.md", "peers.md", "speed.md"}


def options_of(command: str) -> set[str]:
    """The options of a command of truewheel."""
    with click.Context(_group, help_option_names=["-h", "--help"]) as context:
        found = _group.get_command(context, command)
        assert found is not None, command
        return {
            option for parameter in found.get_params(context) for option in (*parameter.opts, *parameter.secondary_opts)
        }


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_commands_in_passing_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = "".join(block.text for block in blocks(text) if block.kind in SHOWN)
    lines = re.findall(r"`truewheel ([a-z][^`]*)`", text) + re.findall(r"truewheel ([a-z]+ [^\"\n]*)", shown)
    for words in map(str.split, lines):
        assert {word for word in words[1:] if word.startswith("-")} <= options_of(words[0]), words


def test_options_that_stand_alone_exist() -> None:
    known = set().union(*map(options_of, _COMMANDS)) | {"--help", "--version", *OF_OTHERS}
    for path in PAGES:
        named = re.findall(r"`(--?[a-z][a-z-]*)", path.read_text(encoding="utf-8"))
        assert set(named) <= known, path.name


# --- pages and code ------------------------------------------------------------------------------------------
def test_the_index_leads_to_every_page() -> None:
    links = set(re.findall(r"\]\(([^)]+)\)", page("index.md")))
    assert {path.name for path in DOCS.glob("*.md")} - {"index.md"} <= links


def test_commands_shows_the_help_of_each() -> None:
    text = page("commands.md")
    assert "$ truewheel --help" in text
    for name in _COMMANDS:
        assert f"\n## {name}\n" in text
        assert f"$ truewheel {name} --help\nUsage: truewheel {name} " in text


def test_rules_and_verdicts_of_verify_are_those_of_the_code() -> None:
    text = page("verify.md")
    assert rows(text, "rule") == [[f"`{rule.id}`", rule.title] for rule in RECIPES]
    assert [code(row[0])[0] for row in rows(text, "verdict")] == [rung.value for rung in api.Rung]
    keys = [key for row in rows(text, "key") for key in code(row[0])]
    assert set(keys) == {"project", "version", "reason", *KEYS}


def test_settings_of_pack_are_those_of_the_code() -> None:
    shown = {key for row in rows(page("pack.md"), "key") for key in code(row[0])}
    assert shown == {*PACK_KEYS, *SOURCE_KEYS} - {"targets"}


def test_limits_are_those_of_the_code() -> None:
    table = rows(page("hostile.md"), "option")
    expected = {field.name: field.default for field in dataclasses.fields(Limits) if field.name != "total_ratio_from"}
    assert {code(name)[0]: int(value.replace(",", "")) for _, name, value, _ in table} == expected
    assert [code(option)[0] for option, *_ in table] == [f"--max-{name.replace('_', '-')}" for name in expected]
    assert Limits().total_ratio_from == 64 << 20


def test_profiles_are_those_of_the_code() -> None:
    assert {code(row[0])[0] for row in rows(page("canonical-wheel.md"), "profile")} == {p.value for p in Profile}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_rules_that_are_named_exist(path: Path) -> None:
    families = "|".join({rule.family for rule in RULES.values()})
    assert set(re.findall(rf"\b(?:{families})\d{{3}}\b", path.read_text(encoding="utf-8"))) <= set(RULES)


def test_verdicts_are_those_of_the_code() -> None:
    assert [code(row[0])[0] for row in rows(page("tags.md"), "verdict")] == [verdict.value for verdict in Verdict]


def test_wheels_of_the_comparison_are_what_the_corpus_says() -> None:
    for wheel, computed, _ in rows(page("tags.md"), "wheel"):
        assert tuple(computed.split(", ")) == ROWS[code(wheel)[0]].computed


def test_causes_are_those_of_the_code() -> None:
    assert rows(page("diff.md"), "id") == [[f"`{one.id}`", one.title, one.why, one.remedy] for one in REASONS]


_Schema = TypedDict("_Schema", {"properties": "dict[str, _Node]", "$defs": "dict[str, _Node]"})
_Node = TypedDict("_Node", {"items": "_Node", "properties": "dict[str, _Node]", "$ref": str}, total=False)


def schema(command: str) -> _Schema:
    text = (files("truewheel.report") / "schemas" / f"{command}-1.json").read_text(encoding="utf-8")
    parsed: _Schema = json.loads(text)
    return parsed


@pytest.mark.parametrize("command", _COMMANDS)
def test_fields_are_those_of_the_schemas(command: str) -> None:
    text = page("json.md")
    assert f"../src/truewheel/report/schemas/{command}-1.json" in text
    top = schema(command)["properties"]
    (subject,) = set(top) - {"schema", "errors", "extra"}
    named = {
        field: code(meaning)
        for fields, *commands, meaning in rows(text, f"field of a {subject.removesuffix('s')}")
        for field in code(fields)
        if not commands or commands[0] == "all" or command in commands[0].split(", ")
    }
    properties = top[subject]["items"]["properties"]
    assert named.keys() == properties.keys()
    for field, node in properties.items():
        inner = node.get("items", node)
        if "$ref" in inner:
            inner = schema(command)["$defs"][inner["$ref"].rpartition("/")[2]]
        assert set(inner.get("properties", {})) <= set(named[field])
    assert all(f"`{field}`" in text for field in top)
    assert set(top) >= {"schema", "errors"}
    assert all(f"`{field}`" in text for field in top["errors"]["items"]["properties"])


def shown_signature(function: object) -> str:
    """A signature as the page writes it: names and defaults, without types and without `advance`."""
    assert callable(function)
    signature = inspect.signature(function)
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name != "advance"]
    return str(inspect.Signature(plain))


def test_functions_are_those_of_the_package() -> None:
    named = [code(row[0])[0].removeprefix("truewheel.") for row in rows(page("api.md"), "function")]
    values = {"Options", "PackTerms", "Places", "Terms", "Wants", "__version__"}
    assert {call.partition("(")[0] for call in named} == set(truewheel.__all__) - values
    for call in named:
        name = call.partition("(")[0]
        assert call == f"{name}{shown_signature(getattr(truewheel, name))}"


def test_attributes_are_those_of_the_audit() -> None:
    named = [name for row in rows(page("api.md"), "attribute of `Audit`") for name in code(row[0])]
    assert named == [field.name for field in dataclasses.fields(Audit)]


_VALUES = (
    api.Places, api.Wants, api.Repaired, api.Fused, Comparison, Request, api.Built, api.Terms, api.Verification,
    api.PackTerms, api.PackedTarget,
)  # fmt: skip


@pytest.mark.parametrize("kind", _VALUES, ids=lambda kind: kind.__name__)
def test_fields_are_those_of_the_package(kind: type[api.Places]) -> None:
    named = [name for row in rows(page("api.md"), f"field of `{kind.__name__}`") for name in code(row[0])]
    assert sorted(named) == sorted(field.name for field in dataclasses.fields(kind))


@pytest.mark.parametrize("kind", [api.Normalized, api.Digest], ids=lambda kind: kind.__name__)
def test_results_are_those_of_the_package(kind: type[api.Normalized | api.Digest]) -> None:
    text = " ".join(page("api.md").split()).split(f"`{kind.__name__}`, ", 1)[1].split(". ", 1)[0]
    assert [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in text] == []


def test_options_are_those_of_the_package() -> None:
    text = page("api.md").split("`truewheel.Options` says how", 1)[1].split(". ", 1)[0]
    assert [field.name for field in dataclasses.fields(truewheel.Options) if f"`{field.name}`" not in text] == []


def test_errors_are_those_of_the_package() -> None:
    base = errors.TruewheelError
    defined = {n for n, c in vars(errors).items() if inspect.isclass(c) and issubclass(c, base) and c is not base}
    assert {code(row[0])[0] for row in rows(page("api.md"), "error")} == defined


def test_modules_hold_what_the_page_says() -> None:
    text = " ".join(page("api.md").split())
    listed = re.findall(r"((?:`\w+`(?:, | and )?)+) (?:are )?(?:in|of) `(truewheel\.\w+)`", text)
    assert {module for _, module in listed} >= {"truewheel.ops", "truewheel.policy", "truewheel.findings"}
    for names, module in listed:
        loaded = importlib.import_module(module)
        assert [name for name in code(names) if not hasattr(loaded, name)] == []


# --- the machinery -------------------------------------------------------------------------------------------
def test_stale_outputs_are_replaced(corpus: Corpus) -> None:
    stale = f"```console\n$ truewheel digest {TINY}\nsomething\n\n$ echo $?\n7\n```\n\n```pycon\n>>> 1 + 1\n3\n```\n"
    fresh = refreshed(stale, corpus)
    assert f"  sha256   {ROWS[TINY].sha256}\n" in fresh
    assert "$ echo $?\n0\n```\n" in fresh
    assert fresh.endswith("```pycon\n>>> 1 + 1\n2\n```\n")
    assert refreshed(fresh, corpus) == fresh


def test_files_and_sessions_of_a_page_belong_together(corpus: Corpus) -> None:
    text = (
        "```toml pyproject.toml\n[tool.truewheel.check]\nignore = 1\n```\n"
        f"```console\n$ truewheel check {TINY}\n$ ls .\n```\n"
        "```python\ndef double(x):\n    return 2 * x\n```\n```pycon\n>>> double(21)\n>>> {}[1]\n```\n"
    )
    fresh = refreshed(text, corpus)
    assert "ignore is a list of rule ids" in fresh
    assert f"$ ls .\n{TINY}\npyproject.toml\n" in fresh
    assert ">>> double(21)\n42\n>>> {}[1]\nTraceback (most recent call last):\n  ...\nKeyError: 1\n" in fresh


def test_the_folder_is_left_out_of_outputs(corpus: Corpus) -> None:
    text = "```pycon\n>>> from pathlib import Path\n>>> print(Path('x').resolve())\n```\n"
    assert "\nx\n" in refreshed(text, corpus)


@pytest.mark.parametrize(
    ("name", "repaired", "grafts"),
    [
        (LINUX, "pyzmq-27.3.0-cp312-abi3-manylinux_2_28_i686.whl", 2),
        (MACOS, "pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl", 2),
        (WINDOWS, WINDOWS, 3),
        (SPREAD, SPREAD, 2),
    ],
)
def test_wheels_that_are_taken_apart_are_there_where_they_are_named(
    name: str, repaired: str, grafts: int, corpus: Corpus
) -> None:
    libraries = UNREPAIRED[name].folder
    with scene(corpus, f"$ truewheel repair {name}") as here:
        assert here.run("ls .").splitlines() == sorted([libraries, name])
        assert "not found" in here.run(f"truewheel repair {name}")
        assert here.run(f"truewheel repair -L {libraries} {name}").count("\n  graft ") == grafts
        assert here.run(f"truewheel check wheelhouse/{repaired}").count(" error ") == 0


def test_the_environment_is_the_commands_own(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "nonsense")
    with scene(corpus, TINY) as here:
        assert "not canonical" in here.run(f"truewheel normalize --check {TINY}")
        assert "1999-12-31" in here.run(f"SOURCE_DATE_EPOCH=946684798 truewheel normalize --check {TINY}")


@pytest.mark.parametrize(
    "text",
    ["```ruby\nputs\n```\n", "```console\ntruewheel\n```\n", "```console\n$ rm -r .\n```\n"],
    ids=["kind", "no-command", "command"],
)
def test_what_cannot_be_run_is_an_error(text: str, corpus: Corpus) -> None:
    with pytest.raises(PageError):
        refreshed(text, corpus)
