"""README.md: what it shows is what comes out, and the demo is the whole one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import pages
from tests.corpus import ROOT, Corpus
from tests.pages import PageError, blocks, refreshed

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_examples_give_what_is_shown(corpus: Corpus) -> None:
    assert refreshed(README, corpus).splitlines() == README.splitlines(), "make docs"


def test_the_demo_is_shown_whole() -> None:
    script = (ROOT / "scripts" / "demo.sh").read_text(encoding="utf-8")
    shown = next(block.text for block in blocks(README) if block.kind == "console demo")
    steps = [line for line in script.splitlines() if line.startswith(("say ", "run ", "finds "))]
    assert len(steps) >= 10
    assert shown.count("\n# ") + shown.startswith("# ") == sum(step.startswith("say ") for step in steps)
    assert shown.count("\n$ ") == sum(not step.startswith("say ") for step in steps)


def test_two_commands_come_first() -> None:
    first = blocks(README)[0]
    assert [line.split()[:2] for line in first.text.splitlines()] == [["make", "demo"], ["make", "test"]]


def test_a_demo_that_ends_otherwise_is_an_error(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "demo.sh"
    script.write_text("wheel=six-1-py3-none-any.whl\nsay hello\nrun truewheel show $wheel\n", encoding="utf-8")
    monkeypatch.setattr(pages, "_DEMO", script)
    with pytest.raises(PageError, match="ended with status 2"):
        refreshed("```console demo\n```\n", corpus)
