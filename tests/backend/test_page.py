"""The page on the wrapper says what the code does."""

from __future__ import annotations

from tests.backend.test_frontends import PROJECTS
from tests.corpus import ROOT
from tests.test_docs import code, page, rows
from truewheel import backend
from truewheel.builds.wrapped_surroundings import EPOCH, fixed


def test_backends_are_those_that_are_built() -> None:
    listed = {code(row[1])[0]: row[0] for row in rows(page("backend.md"), "`requires` besides truewheel")}
    built = {project.backend: project.requires[0].partition("==")[0] for project in PROJECTS.values()}
    assert listed == built


def test_what_is_fixed_is_what_the_code_fixes() -> None:
    listed = {row[0]: row[1] for row in rows(page("backend.md"), "what")}
    for name, value in fixed({}).items():
        if name == "SOURCE_DATE_EPOCH":
            assert f"else {EPOCH}," in listed[name]
        elif name not in {"CL", "LINK"}:
            assert listed[name].removeprefix("the caller's, then ") == value


def test_hooks_are_all_named() -> None:
    named = {name for row in rows(page("backend.md"), "hook") for name in code(row[0])}
    assert {"build_wheel", "build_sdist", *(name for name in backend._OPTIONAL if "editable" not in name)} <= named


def test_sentences_are_told_by_the_code() -> None:
    sources = (ROOT / "src" / "truewheel" / "builds").glob("wrapped*.py")
    told = "".join(path.read_text(encoding="utf-8") for path in sources).replace("{_OURS}", "truewheel.backend")
    for sentence, _ in rows(page("backend.md"), "what is told"):
        for part in sentence.replace("`", "").split("…"):
            assert part.removeprefix("the backend ").strip(" ,") in told, part
