"""Reports: the same facts for people, pipes and machines."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from tests.report.samples import FILE, audit, findings
from tests.support import closed_schema
from truewheel.errors import RequestError, WheelError, Where
from truewheel.findings import Severity
from truewheel.ops import Verdict, failing, narrowed
from truewheel.report import machine, sarif, terminal, text
from truewheel.rules import RULES, selected


def test_shown_as_text_says_tag_verdict_and_reason() -> None:
    said = text.shown(audit(FILE, *findings()))
    assert said.startswith(FILE)
    assert "tag        manylinux_2_12_x86_64" in said
    assert "too generous: what it needs is manylinux_2_17_x86_64" in said
    assert "clock_gettime@GLIBC_2.17" in said
    assert "missing    libx.so.1 is not in the wheel (pkg/_x.so and 1 more)" in said
    assert "1 error, 1 warning, 2 notes" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_words(verdict: Verdict) -> None:
    assert verdict.value.split("-")[0] in text.shown(audit(verdict=verdict))


def test_terminal_shows_the_same_words_and_no_control_characters_of_the_wheel() -> None:
    console = Console(file=StringIO(), width=160, record=True, force_terminal=True, color_system="standard")
    console.print(terminal.shown(audit(FILE, *findings())))
    plain = console.export_text()
    for row in text.shown(audit(FILE, *findings())).splitlines()[1:]:
        assert row.split(maxsplit=1)[-1].split()[0] in plain
    assert "\\x1b[31mme" in plain


def test_checked_as_text_is_one_line_a_finding() -> None:
    lines = text.checked([audit(FILE, *findings())]).splitlines()
    assert len(lines) == 5
    assert lines[0] == f"{FILE}: pkg/_x.so: error LIB001 missing-library: libx.so.1 is not in the wheel"
    assert ": offset 0x40: note PATH004" in lines[1]
    assert "\\x1b[31m" in lines[1]
    assert lines[-1] == "1 wheel checked: 1 error, 1 warning, 2 notes"
    assert text.checked([audit()]) == "1 wheel checked: nothing found"


@pytest.mark.parametrize("command", ["show", "check"])
def test_json_is_valid_under_its_schema(command: str) -> None:
    error = WheelError("broken \udcff", where=Where("a.whl", "b/\udc80", 7), hint="do this")
    render = {"show": machine.shown, "check": machine.checked}[command]
    document = json.loads(machine.document(command, [render(audit(FILE, *findings()))], [error]))
    closed_schema(command).validate(document)
    assert document["schema"] == f"truewheel/{command}/1"
    assert document["errors"][0]["offset"] == 7
    assert document["wheels"][0]["findings"][0]["rule"] == "LIB001"


def test_schemas_refuse_what_is_not_in_them() -> None:
    document = json.loads(machine.document("show", [machine.shown(audit())], []))
    document["wheels"][0]["surprise"] = 1
    assert not closed_schema("show").is_valid(document)


def test_sarif_names_rules_and_places() -> None:
    document = json.loads(sarif.document([audit("a b/x-1-py3-none-any.whl", *findings())], [], "1.2.3"))
    run = document["runs"][0]
    assert run["tool"]["driver"]["version"] == "1.2.3"
    results = run["results"]
    assert [r["ruleId"] for r in results] == ["LIB001", "PATH004", "PATH001", "ZIP001"]
    for result in results:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/x-1-py3-none-any.whl"
    assert results[1]["locations"][0]["physicalLocation"]["region"]["byteOffset"] == 0x40


def test_github_commands_are_escaped() -> None:
    lines = sarif.github([audit("a,b/x-1-py3-none-any.whl", *findings())], []).splitlines()
    assert lines[0] == (
        "::error file=a%2Cb/x-1-py3-none-any.whl,title=LIB001 missing-library::pkg/_x.so: libx.so.1 is not in the wheel"
    )
    assert len(lines) == 4


def test_wheels_that_could_not_be_checked_stand_in_sarif_and_github_too() -> None:
    error = RequestError("there is no such file", where=Where("a.whl"))
    run = json.loads(sarif.document([audit()], [error], "1"))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    note = run["invocations"][0]["toolExecutionNotifications"][0]
    assert note["message"]["text"] == "a.whl: there is no such file"
    assert sarif.github([], [error]) == "::error file=a.whl,title=truewheel::there is no such file"


def test_failures_show_their_hint() -> None:
    error = RequestError("can't", where=Where("a\nb.whl"), hint="try")
    assert text.failure(error) == "error: a\\nb.whl: can't\n  hint: try"


def test_rule_list_has_every_rule() -> None:
    assert len(text.rule_list(RULES.values()).splitlines()) == len(RULES)


def test_selection_by_id_family_and_name() -> None:
    full = audit(FILE, *findings())
    assert [f.rule.id for f in narrowed(full, ("PATH",), ()).findings] == ["PATH004", "PATH001"]
    assert [f.rule.id for f in narrowed(full, (), ("PATH", "zip-not-canonical")).findings] == ["LIB001"]
    with pytest.raises(RequestError, match="no rule is called 'nope'"):
        narrowed(full, ("nope",), ())
    with pytest.raises(RequestError, match="no rule is called ''"):
        selected(("",))


def test_notes_fail_only_where_their_rule_says_so_under_strict() -> None:
    notes = narrowed(audit(FILE, *findings()), ("ZIP001", "PATH004"), ())
    assert not failing(notes.findings)
    assert failing(narrowed(notes, (), (), strict=True).findings)
    assert all(rule.strict >= rule.severity for rule in RULES.values() if rule.severity is not Severity.ERROR)
