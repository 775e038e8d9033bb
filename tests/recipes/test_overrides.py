from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recipes.makes import File, after, evidence, wheel
from truewheel.errors import DataError
from truewheel.recipes import Override, Overrides, Recipe, Symptom, Tried, parse_overrides, propose

FILE = """
[[package]]
project = "Boto3"
version = ">=1.26, <1.27"
reason = "released on a machine with an old wheel"
pins = ["Setuptools==57.5.0", "wheel==0.37.0"]
more = ["numpy>=1", "tomli; python_version < '3.11'"]
python = "3.9"
exclude-newer = 2023-01-01T00:00:00Z
epoch = 1680000000
clock = "2023-01-02T00:00:00Z"
timezone = "<+02>-2"
umask = "002"
group-writable = true
line-ends = "crlf"
compiler = false
environment = { B = "2", A = "1" }
config-settings = { "--build-option" = ["--universal"], editable = "no" }

[[package]]
project = "boto3"
version = ">=1.26.100"
reason = "the release was made anew"
epoch = false
exclude-newer = false
line-ends = "lf"
clock = 5
"""


def one(body: str, *, project: str = "boto3") -> str:
    return f'[[package]]\nproject = "{project}"\nreason = "it has to be"\n{body}\n'


def test_a_whole_table() -> None:
    override = parse_overrides(FILE, "overrides.toml").of("boto3", "1.26.5")

    assert override == Override(
        {
            "pins": ("setuptools==57.5.0", "wheel==0.37.0"),
            "more": ("numpy>=1", "tomli; python_version < '3.11'"),
            "exclude_newer": "2023-01-01T00:00:00+00:00",
            "python": "3.9",
            "epoch": 1680000000,
            "clock": 1672617600,
            "timezone": "<+02>-2",
            "umask": 0o002,
            "group_writable": True,
            "line_ends": "\r\n",
            "compiler": False,
            "environment": {"A": "1", "B": "2"},
            "config_settings": {"--build-option": ["--universal"], "editable": "no"},
        },
        "released on a machine with an old wheel",
    )


def test_every_key_is_a_field_of_recipes() -> None:
    override = parse_overrides(FILE, "overrides.toml").of("boto3", "1.26.5")

    assert override is not None
    assert {field.name for field in fields(Recipe)} - override.changes.keys() == {"canonical"}
    assert override.changes.keys() <= {field.name for field in fields(Recipe)}


@pytest.mark.parametrize(
    ("project", "version", "reason"),
    [
        ("BOTO3", "1.26.5", "released on a machine with an old wheel"),
        ("boto3", "1.26.165", "the release was made anew"),
        ("boto3", "1.28.0rc1", "the release was made anew"),
        ("boto3", "1.25", None),
        ("boto3", "no version", None),
        ("botocore", "1.26.5", None),
    ],
)
def test_the_last_that_fits_counts(project: str, version: str, reason: str | None) -> None:
    override = parse_overrides(FILE, "overrides.toml").of(project, version)

    assert (override.reason if override else None) == reason


def test_without_a_version_all_are_meant() -> None:
    overrides = parse_overrides(one("epoch = 0"), "f")

    assert (
        overrides.of("boto3", "1!2.dev3")
        == overrides.of("boto3", "no version")
        == Override({"epoch": 0}, "it has to be")
    )
    assert parse_overrides("", "f") == Overrides()


def test_false_takes_things_away() -> None:
    override = parse_overrides(FILE, "f").of("boto3", "1.26.165")

    assert override is not None
    assert override.changes == {"exclude_newer": None, "epoch": None, "clock": 5, "line_ends": "\n"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "can't be read as TOML"),
        ("x = " + "[" * 5000, "can't be read as TOML"),
        ("[packages]", "has no key 'packages'"),
        ("package = 3", "package is not a list of tables"),
        ("package = [3]", "package is not a list of tables"),
        ("[[package]]\nreason = 'x'\nepoch = 1", "package 1: project is missing"),
        ("[[package]]\nproject = 3\nreason = 'x'\nepoch = 1", "package 1: project is not a string"),
        (one("epoch = 1", project="a b"), "package 1 (a b): project is 'a b', which is no name of a project"),
        ("[[package]]\nproject = 'a'\nepoch = 1", "package 1 (a): reason is missing"),
        ("[[package]]\nproject = 'a'\nreason = ' '\nepoch = 1", "package 1 (a): reason is empty"),
        (one(""), "it changes nothing"),
        (one("epock = 1"), "there is no key 'epock'"),
        (one("version = 'new'\nepoch = 1"), "version is 'new', which allows no versions"),
        (one("version = 1\nepoch = 1"), "version is not a string"),
        (one("pins = 'wheel==1'"), "pins is not a list of strings"),
        (one("pins = ['wheel>=1']"), "pins holds 'wheel>=1', which isn't of the form name==version"),
        (one("pins = ['-r x==1']"), "pins holds '-r x==1'"),
        (one("more = [3]"), "more is not a list of strings"),
        (one("more = ['-e .']"), "more holds '-e .', which is no requirement"),
        (one('more = ["a\\nb"]'), "more holds 'a\\nb', which is no requirement"),
        (one("more = ['a @ https://${HOST}/a']"), "which is no requirement"),
        (one("exclude-newer = true"), "exclude-newer is neither a moment"),
        (one("exclude-newer = 'May'"), "exclude-newer is neither a moment"),
        (one("python = 3.9"), 'python is not a version such as "3.9", in quotes'),
        (one("python = '/usr/bin/python3'"), "python is not a version"),
        (one("epoch = -1"), "epoch is -1, which is no time between 1970 and 2242"),
        (one("epoch = true"), "epoch is neither a moment"),
        (one("clock = 1e9"), "clock is neither a moment"),
        (one("timezone = ''"), "timezone is not a value of TZ"),
        (one("umask = 2"), "umask is not a string of three octal digits"),
        (one("umask = '1777'"), "umask is not a string of three octal digits"),
        (one("umask = '009'"), "umask is not a string of three octal digits"),
        (one("compiler = 'no'"), "compiler is neither true nor false"),
        (one("line-ends = 'cr'"), 'line-ends is neither "lf" nor "crlf"'),
        (one("environment = []"), "environment is not a table"),
        (one("environment = { A = 1 }"), "environment gives A something that is not a string"),
        (one("environment = { 'A B' = '1' }"), "environment names 'A B', which is no variable"),
        (one('environment = { A = "\\u0000" }'), "environment gives A something that is not a string"),
        (one("config-settings = 'x'"), "config-settings is not a table"),
        (one("config-settings = { a = [1] }"), "gives 'a' something that is neither a string nor a list of strings"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        parse_overrides(text, "overrides.toml")

    assert said in error.value.what
    assert str(error.value).startswith("overrides.toml: ")
    assert error.value.hint or said == "can't be read as TOML"


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_overrides(text, "f")
    except DataError:
        return


def test_an_override_takes_the_place_of_what_is_inferred() -> None:
    override = parse_overrides(
        one(
            "pins = ['wheel==0.30.0']\nline-ends = 'crlf'\numask = '077'\nepoch = false\ncompiler = true\n"
            "config-settings = { a = 'b' }"
        ),
        "f",
    ).of("boto3", "1")
    choice = propose(evidence(wheel({})), (), override)

    assert choice is not None
    assert choice.recipe.pins == ("wheel==0.30.0",)
    assert (choice.recipe.line_ends, choice.recipe.umask) == ("\r\n", 0o077)
    assert choice.recipe.exclude_newer == "2023-05-01T12:00:10Z"
    steps = [step for step in choice.steps if step.rule == "override"]
    assert [step.what for step in steps] == [
        "pins: wheel==0.30.0",
        "epoch: none",
        "umask: 077",
        "line-ends: CR LF",
        "compiler: True",
        "config-settings: a=b",
    ]
    assert {step.why for step in steps} == {"it has to be"}


def test_what_an_override_fixes_is_not_tried_otherwise() -> None:
    made = wheel({"sample/a.py": File()}, info=File(system=0), generator="poetry-core 1.0.0")
    override = parse_overrides(one("line-ends = 'lf'"), "f").of("boto3", "1")
    found = evidence(made)
    choice = propose(found, (), override)
    assert choice is not None
    tried = [Tried(choice, frozenset({Symptom.LINE_ENDS}))]

    assert propose(found, tried, override) is None
    assert after(found, Symptom.LINE_ENDS) is not None
