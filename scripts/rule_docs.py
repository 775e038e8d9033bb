"""Write docs/rules from the rule table: a page for each rule, and an index.

usage: python scripts/rule_docs.py
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from truewheel.findings import Rule
from truewheel.rules import RULES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"

FAMILIES = {
    "TAG": "The name and WHEEL say where the wheel runs",
    "REC": "RECORD says what is in the wheel",
    "ZIP": "How the archive is written",
    "BIN": "Native files",
    "MET": "METADATA",
    "LIB": "The wheel carries what it needs",
    "LIBC": "What the C library can't load",
    "ISA": "What the processor must have",
    "MAC": "Mach-O",
    "WIN": "PE",
    "SEC": "What weakens the process",
    "PATH": "Traces of the build machine",
    "REP": "What keeps two builds from being equal",
    "ABI": "Python's binary interface",
    "SIZE": "What the index takes",
}


def page(rule: Rule) -> str:
    """The page of one rule."""
    source = f"\n## Source\n\n{rule.source}\n" if rule.source else ""
    return (
        f"# {rule.id}: {rule.name}\n\n"
        f"{rule.summary}.\n\n"
        f"Severity: {rule.severity.label}; with `--strict`: {rule.strict.label}.\n\n"
        f"## Why it matters\n\n{rule.why}\n\n"
        f"## What to do\n\n{rule.remedy}\n"
        f"{source}"
    )


def _row(rule: Rule) -> tuple[str, ...]:
    link = f"[{rule.id}]({rule.id}.md)"
    return link, rule.name, rule.severity.label, rule.strict.label, rule.summary


def index(rules: tuple[Rule, ...]) -> str:
    """The table of all rules, family by family."""
    lines = [
        "# Rules",
        "",
        "What `truewheel check` looks at. Ids are stable: never reused, never renumbered. `--select` and `--ignore`",
        "take an id, a name, or the first letters of ids (`TAG`). Errors and warnings make `check` end with status 1;",
        "with `--strict` the second severity counts.",
        "",
        "These pages are made from `src/truewheel/rules.py` by `make docs`.",
    ]
    for family, members in groupby(rules, key=lambda rule: rule.family):
        lines += ["", f"## {family}: {FAMILIES[family]}", "", "| rule | name | severity | strict | what is wrong |"]
        lines += ["|---|---|---|---|---|"]
        lines += [f"| {' | '.join(_row(rule))} |" for rule in members]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Every file of docs/rules by its name."""
    rules = tuple(RULES.values())
    return {"README.md": index(rules)} | {f"{rule.id}.md": page(rule) for rule in rules}


def main() -> None:
    """Write what changed, and remove pages of rules that are gone."""
    wanted = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
