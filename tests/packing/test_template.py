"""The starting point: TOML that says what it was given, and that people can go on with."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.errors import RequestError
from truewheel.packing.globs import literal
from truewheel.packing.settings import _KEYS, packing_of
from truewheel.packing.template import Origin, appended, quoted, template

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HASH = "ab" * 32
TABLE = template("zig", "0.12.0", [Origin("linux-x64", "dist/zig.tar.xz", HASH, {"zig": "zig"})], ["LICENSE"])


class Files:
    def read(self, path: str) -> bytes:
        return path.encode()


def test_a_template_is_ready_to_be_packed() -> None:
    found = packing_of(tomllib.loads(TABLE), Files())
    assert (found.about.name, found.about.version, found.about.license_files) == ("zig", "0.12.0", ("LICENSE",))
    [target] = found.targets
    assert (target.label, target.source, target.sha256) == ("linux-x64", "dist/zig.tar.xz", HASH)
    assert [(program.command, program.path) for program in target.programs or ()] == [("zig", "zig")]


def test_what_nobody_knows_is_left_to_fill_in() -> None:
    text = template("", "", [])
    assert tomllib.loads(text) == {"tool": {"truewheel": {"pack": {}}}}
    with pytest.raises(RequestError, match="no name"):
        packing_of(tomllib.loads(text), Files())
    assert tomllib.loads(template("a", "", []))["tool"]["truewheel"]["pack"] == {"name": "a"}


def test_all_that_is_commented_out_may_be_taken() -> None:
    examples = re.sub(r"(?m)^# (?=[\w-]+ = |\[)", "", template("", "", []))
    found = packing_of(tomllib.loads(examples), Files())
    assert found.about.name == "project"
    assert found.targets[0].source == "https://example.org/project-1.0-linux-x64.tar.gz"
    assert found.about.readme is not None
    # And nothing is concealed.
    [pack] = [table["pack"] for table in tomllib.loads(examples)["tool"].values()]
    assert set(pack) | {"plat"} == _KEYS


def test_lines_fit_a_screen_and_are_ascii() -> None:
    assert TABLE.isascii()
    assert max(map(len, TABLE.splitlines())) <= 120


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


PROGRAMS = st.dictionaries(TEXT, TEXT, max_size=2) | st.none()


@given(TEXT, TEXT, st.dictionaries(TEXT, st.tuples(TEXT, PROGRAMS), max_size=3), st.lists(TEXT))
def test_hostile_names_come_back_as_they_were(
    name: str, version: str, targets: dict[str, tuple[str, dict[str, str] | None]], licences: list[str]
) -> None:
    origins = [Origin(label, path, HASH if len(path) % 2 else "", some) for label, (path, some) in targets.items()]
    text = template(name, version, origins, licences)
    pack = tomllib.loads(text)["tool"]["truewheel"]["pack"]
    assert (pack["name"], pack["version"]) == (name, version)
    assert pack.get("license-files", []) == [literal(path) for path in licences]
    found = {
        label: (one["path"].replace("{{", "{").replace("}}", "}"), one.get("programs", pack.get("programs")))
        for label, one in pack.get("targets", {}).items()
    }
    assert found == {label: (path, [] if some == {} else some) for label, (path, some) in targets.items()}
    assert template(name, version, origins, licences) == text


def test_programs_stand_where_they_differ() -> None:
    linux, windows = Origin("l", "l", "", {"x": "bin/x"}), Origin("w", "w", "", {"x": "x"})
    unknown = Origin("u", "u")
    pack = tomllib.loads(template("a", "1", [linux, windows, unknown]))["tool"]["truewheel"]["pack"]
    assert "programs" not in pack
    assert [one.get("programs") for one in pack["targets"].values()] == [{"x": "bin/x"}, {"x": "x"}, None]
    pack = tomllib.loads(template("a", "1", [linux, linux._replace(label="m")]))["tool"]["truewheel"]["pack"]
    assert pack["programs"] == {"x": "bin/x"}
    assert not any("programs" in one for one in pack["targets"].values())


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_strings_are_quoted_for_toml(text: str) -> None:
    assert tomllib.loads(f"x = {quoted(text)}") == {"x": text}


def test_names_that_are_no_text_are_refused() -> None:
    with pytest.raises(RequestError, match="no text") as caught:
        template("a", "1", [Origin("x", "dist/\udcff.zip")])
    assert str(caught.value).isascii()


def test_addresses_stay_addresses() -> None:
    text = template("a", "1", [Origin("x", "HTTPS://x/y", HASH)])
    assert packing_of(tomllib.loads(text), Files()).targets[0].source == "HTTPS://x/y"


# --- behind what is there ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "existing",
    [
        "",
        "\n",
        "[project]\nname = 'x'",
        "[project]\nname = 'x'\n",
        "[project]\r\nname = 'x'\r\nreadme = '''a\nb'''\r\n",
        "[tool.truewheel.check]\nstrict = true\n",
        "[[tool.uv.index]]\nname = 'x'\n",
        "x = 1 # \u00e4",
    ],
)
def test_the_table_is_appended(existing: str) -> None:
    whole = appended(existing, TABLE)
    assert whole.startswith(existing)
    document = tomllib.loads(whole)
    assert document["tool"]["truewheel"].pop("pack") == tomllib.loads(TABLE)["tool"]["truewheel"]["pack"]
    was = tomllib.loads(existing)
    assert {**document, "tool": was.get("tool")} == {**was, "tool": was.get("tool")}
    if existing and not existing.endswith("\n"):
        assert whole[len(existing) :].startswith("\n\n#")
    if "\r\n" in existing:
        assert "\r\n".join(whole[len(existing) :].splitlines()) == whole[len(existing) :].removesuffix("\r\n")


@pytest.mark.parametrize(
    ("existing", "said"),
    [
        ("[tool.truewheel.pack]\nname = 'x'\n", "already"),
        ("[tool.truewheel.pack.targets]\nx = 'y'\n", "already"),
        ("x = ", "can't be read as TOML"),
        ("x = '''", "can't be read as TOML"),
        (f"x = {'[' * 5_000}", "nested too deeply"),
        (f"x = {'9' * 5_000}", "can't be read as TOML"),
        ("tool = { ruff = {} }\n", "can't stand behind"),
        ("[tool]\ntruewheel = { check = {} }\n", "can't stand behind"),
    ],
)
def test_where_it_can_not_be_appended(existing: str, said: str) -> None:
    with pytest.raises(RequestError, match=said) as caught:
        appended(existing, TABLE)
    assert caught.value.hint


def test_a_table_that_would_become_another_is_not_appended() -> None:
    with pytest.raises(RequestError, match="can't stand behind"):
        appended("[project]\n", "tool.truewheel.pack.name = 'x'\n")
