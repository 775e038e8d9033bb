"""Reports: the same facts for people, pipes and machines."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from tests.report.samples import BEFORE, FILE, PLAN, Repaired, audit, findings
from tests.support import closed_schema
from truewheel import rules
from truewheel.errors import RequestError, WheelError, Where
from truewheel.findings import Finding, Severity
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


class TestRepaired:
    IDLE = Finding(rules.LIB_EXCLUDE_IDLE, "--exclude libx* matches no library that is needed")
    NOTE = Finding(rules.PATH_LEAK, "it names /home/me", "pkg/_x.so")
    RESULT = Repaired(PLAN, findings=(IDLE, NOTE))

    def test_as_text(self) -> None:
        said = text.repaired(self.RESULT)
        users, idle = "for pkg/_a.so, pkg/_b.so, pkg/_c.so and 1 more", "opened at run time"
        assert said.splitlines() == [
            f"{FILE}: written to wheelhouse/sample-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
            "  tag        manylinux_2_17_x86_64 (was manylinux_2_12_x86_64)",
            "  because    manylinux_2_17_x86_64: pkg/_x.so: clock_gettime@GLIBC_2.17 in libc.so.6",
            f"  graft      sample.libs/libfoo.so.1 (5,678 bytes) from /lib/libfoo.so.1, {users}",
            f"  graft      sample.libs/plugin.so (5,678 bytes) from /lib/plugin.so, stripped, unsigned, {idle}",
            "  graft      sample.libs/odd\\udcff.so (5,678 bytes) from /lib/\\x1b[31m\\udcff.so, for pkg/\\x1b[31m.so",
            "  edit       pkg/_a.so: needs libfoo-1.so instead of libfoo.so.1; searches $ORIGIN/../s.libs",
            "  edit       sample-1.0.data/scripts/app: moves to sample.scripts/app",
            "  patch      pkg/__init__.py: adds sample.libs to the folders that DLLs are looked for in",
            "  left out   libcuda.so.1, for pkg/_a.so",
            "  platform's libc.so.6, libm.so.6",
            "  warning    LIB006 --exclude libx* matches no library that is needed",
            "  note       PATH004 pkg/_x.so: it names /home/me",
            f"  sha256     {'a' * 64} (profile ld1, 1,234 bytes)",
        ]

    @pytest.mark.parametrize(
        ("result", "words"),
        [
            (Repaired(PLAN), "written to"),
            (Repaired(PLAN, written=False, size=None, sha256=None), "would be written to"),
            (Repaired(written=False, changed=False, size=None, sha256=None), "nothing to repair"),
            (Repaired(changed=False, after=BEFORE), "nothing to repair; copied to"),
            (Repaired(after=BEFORE), "nothing to repair; written in canonical form to"),
            (Repaired(), "written to"),
        ],
    )
    def test_what_became_of_it(self, result: Repaired, words: str) -> None:
        first, second, *others = text.repaired(result).splitlines()
        place = "" if words == "nothing to repair" else f" {result.path}"
        assert first == f"{FILE}: {words}{place}"
        assert ("(was" in second) is (result.before.claimed != result.after.claimed)
        assert any("sha256" in line for line in others) is result.written

    def test_reasons_without_a_requirement_are_told(self) -> None:
        tags = replace(BEFORE, deciding=(), reasons=("there is no native code in it",))
        assert "  because    there is no native code in it" in text.repaired(Repaired(after=tags)).splitlines()

    def test_as_json(self) -> None:
        planned = Repaired(PLAN, written=False, size=None, sha256=None)
        error = RequestError("not found: libx.so", where=Where(FILE, "pkg/_x.so"), hint="-L DIR")
        wheels = [machine.repaired(self.RESULT), machine.repaired(planned), machine.repaired(Repaired())]
        document = json.loads(machine.document("repair", wheels, [error]))
        closed_schema("repair").validate(document)
        first, second, third = document["wheels"]
        assert (first["written"], first["size"], first["sha256"]) == (True, 1234, "a" * 64)
        assert (second["written"], second["size"], second["sha256"]) == (False, None, None)
        assert (third["grafts"], third["changes"], third["excluded"], third["promised"]) == ([], [], [], [])
        assert first["grafts"][1] == {
            "library": "plugin.so",
            "member": "sample.libs/plugin.so",
            "source": "/lib/plugin.so",
            "sha256": "b" * 64,
            "size": 5678,
            "needed_by": [],
            "stripped": True,
            "edits": ["unsigned"],
        }
        words = ["adds sample.libs to the folders that DLLs are looked for in"]
        assert first["sources"] == [{"member": "pkg/__init__.py", "edits": words}]
        assert first["grafts"][2]["source"] == "/lib/\x1b[31m\\udcff.so"
        assert [change["moved_to"] for change in first["changes"]] == [None, "sample.scripts/app"]
        assert first["excluded"] == [{"library": "libcuda.so.1", "members": ["pkg/_a.so"]}]
        assert [item["library"] for item in first["promised"]] == ["libc.so.6", "libm.so.6"]
        assert [finding["rule"] for finding in first["findings"]] == ["LIB006", "PATH004"]
        assert first["before"]["claimed"] == ["manylinux_2_12_x86_64"]
        assert (first["after"]["verdict"], first["because"][0]["decides"]) == ("exact", True)

    def test_the_schema_refuses_what_is_not_in_it(self) -> None:
        document = json.loads(machine.document("repair", [machine.repaired(self.RESULT)], []))
        document["wheels"][0]["grafts"][0]["surprise"] = 1
        assert not closed_schema("repair").is_valid(document)
