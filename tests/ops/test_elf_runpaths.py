"""Run paths: what stays, what goes, and the way from one folder to another."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.images import elf
from truewheel.binary.elf_edit import RunPath
from truewheel.binary.graph import join
from truewheel.binary.model import Elf
from truewheel.ops.elf_runpaths import Search, entries_of, entry_to, search
from truewheel.ops.places import folder_of

MEMBER = "pkg/sub/_x.so"
ORIGIN = re.compile(r"\$(?:ORIGIN|\{ORIGIN\})(|/.*)")
LIBS = "pkg.libs"
TO_LIBS = "$ORIGIN/../../pkg.libs"

FOLDERS = st.lists(st.sampled_from(["a", "b", "a.libs", "lib64", "..."]), max_size=4).map("/".join)
ENTRIES = st.sampled_from(
    [
        *("", ".", "lib", "../x", "/opt/lib", "/lib", "/usr/lib64", "$LIB", "$PLATFORM/x", "$ORIGINAL/x"),
        *("$ORIGIN", "${ORIGIN}", "$ORIGIN/", "$ORIGIN/.", "$ORIGIN/..", "$ORIGIN/../..", "$ORIGIN/../../../../x"),
        *("$ORIGIN/../b", "${ORIGIN}/../b", "$ORIGIN/../../pkg.libs", "$ORIGIN/../../../pkg.libs", "$ORIGIN/$LIB"),
    ]
)
PATHS = st.none() | st.lists(ENTRIES, max_size=5).map(tuple)


def found(
    *, rpath: tuple[str, ...] | None = None, runpath: tuple[str, ...] | None = None, outside: bool = False
) -> Search:
    """The search of a member that must find nothing new."""
    return search(MEMBER, elf(rpath=rpath, runpath=runpath), [], outside=outside, runpath=False)


@pytest.mark.parametrize(
    ("start", "goal", "entry"),
    [
        ("pkg", "pkg.libs", "$ORIGIN/../pkg.libs"),
        ("pkg/sub", "pkg.libs", "$ORIGIN/../../pkg.libs"),
        ("", "pkg.libs", "$ORIGIN/pkg.libs"),
        ("pkg.libs", "", "$ORIGIN/.."),
        ("pkg.libs", "pkg.libs", "$ORIGIN"),
        ("", "", "$ORIGIN"),
        ("pkg/a", "pkg/b", "$ORIGIN/../b"),
        ("pkg/a", "pkg/a/b", "$ORIGIN/b"),
        ("pkg/ab", "pkg/a", "$ORIGIN/../a"),
    ],
)
def test_the_way(start: str, goal: str, entry: str) -> None:
    assert entry_to(start, goal) == entry


@given(FOLDERS, FOLDERS)
def test_the_way_leads_there_and_joining_is_its_inverse(start: str, goal: str) -> None:
    entry = entry_to(start, goal)
    assert join(start, entry.removeprefix("$ORIGIN")) == goal
    assert "/./" not in entry
    assert not entry.endswith("/")


@pytest.mark.parametrize(
    ("member", "folder"),
    [
        ("pkg/_x.so", "pkg"),
        ("_x.so", ""),
        ("pkg-1.0.data/platlib/pkg/_x.so", "pkg"),
        ("pkg-1.0.data/purelib/_x.so", ""),
        ("pkg-1.0.data/scripts/app", "/scripts"),
        ("pkg-1.0.data/data/lib/x.so", "/data/lib"),
    ],
)
def test_the_folder_that_a_member_is_installed_to(member: str, folder: str) -> None:
    assert folder_of(member) == folder


def test_a_runpath_switches_an_rpath_off() -> None:
    assert entries_of(elf(rpath=("/a",), runpath=("/b",))) == ("/b",)
    assert entries_of(elf(rpath=("/a",), runpath=())) == ()
    assert entries_of(elf(rpath=("/a",))) == ("/a",)
    assert entries_of(elf()) == ()


class TestWhatGoes:
    @pytest.mark.parametrize(
        "entry",
        [
            "/opt/build/lib",
            "",  # the current directory (ld.so(8))
            "lib",
            "../lib",
            "$LIB",
            "$PLATFORM/lib",
            "$ORIGINAL/lib",
            "$ORIGIN/../../..",
            "$ORIGIN/../../../lib",
        ],
    )
    def test_entries_that_name_a_machine_or_lead_out(self, entry: str) -> None:
        assert found(rpath=(entry, "$ORIGIN")) == Search(RunPath(("$ORIGIN",)), (entry,))
        assert found(runpath=(entry,)) == Search(RunPath((), runpath=True), (entry,))

    def test_what_leads_out_stays_where_libraries_are_left_to_others(self) -> None:
        assert found(rpath=("$ORIGIN/../../../lib",), outside=True) == Search(None, ())
        kept = found(rpath=("$ORIGIN/../../../lib", "/opt", "", "$ORIGINAL"), outside=True)
        assert kept == Search(RunPath(("$ORIGIN/../../../lib",)), ("/opt", "", "$ORIGINAL"))

    def test_an_rpath_that_is_switched_off_goes(self) -> None:
        both = found(rpath=("/opt", "$ORIGIN", "$ORIGIN/a"), runpath=("$ORIGIN",))
        assert both == Search(RunPath(("$ORIGIN",), runpath=True), ("/opt", "$ORIGIN/a"))

    def test_repetitions_go_and_are_not_told(self) -> None:
        assert found(rpath=("$ORIGIN", "$ORIGIN")) == Search(RunPath(("$ORIGIN",)), ())
        assert found(rpath=("/a", "/a", "")).dropped == ("/a", "")


class TestWhatStays:
    @pytest.mark.parametrize(
        "entries",
        [
            ("$ORIGIN",),
            ("$ORIGIN/",),
            ("${ORIGIN}/../other_package/lib", "$ORIGIN/.."),
            ("$ORIGIN/../../nvidia/cublas/lib",),
            ("$ORIGIN/../..",),
            ("/usr/lib64", "$ORIGIN"),
            ("/lib", "/lib64", "/usr/lib", "/usr/lib64"),
            (),
        ],
    )
    def test_as_it_is(self, entries: tuple[str, ...]) -> None:
        assert found(rpath=entries) == Search(None, ())
        assert found(runpath=entries) == Search(None, ())

    def test_folders_of_the_system_go_only_along_with_a_change(self) -> None:
        changed = search(MEMBER, elf(rpath=("/usr/lib64", "$ORIGIN")), [LIBS], outside=False, runpath=False)
        assert changed == Search(RunPath(("$ORIGIN", TO_LIBS)), ("/usr/lib64",))

    def test_no_run_path_stays_none(self) -> None:
        assert found() == Search(None, ())


class TestWhatComes:
    @pytest.mark.parametrize("runpath", [False, True])
    def test_a_new_run_path_has_the_tag_that_is_asked_for(self, *, runpath: bool) -> None:
        assert search(MEMBER, elf(), [LIBS, LIBS], outside=False, runpath=runpath) == Search(
            RunPath((TO_LIBS,), runpath), ()
        )

    def test_an_old_one_keeps_its_tag_and_comes_first(self) -> None:
        for runpath in (False, True):
            old = elf(runpath=("$ORIGIN",)) if runpath else elf(rpath=("$ORIGIN",))
            assert search(MEMBER, old, [LIBS, "b"], outside=False, runpath=not runpath) == Search(
                RunPath(("$ORIGIN", TO_LIBS, "$ORIGIN/../../b"), runpath), ()
            )

    @pytest.mark.parametrize(
        "entry", ["$ORIGIN/../../pkg.libs", "${ORIGIN}/../../pkg.libs/", "$ORIGIN/./../..//pkg.libs"]
    )
    def test_what_is_searched_already_in_other_words(self, entry: str) -> None:
        assert search(MEMBER, elf(rpath=(entry,)), [LIBS], outside=False, runpath=False) == Search(None, ())

    def test_what_only_a_switched_off_rpath_searches_is_added(self) -> None:
        old = elf(rpath=(TO_LIBS,), runpath=("$ORIGIN",))
        assert search(MEMBER, old, [LIBS], outside=False, runpath=False) == Search(
            RunPath(("$ORIGIN", TO_LIBS), runpath=True), ()
        )


def applied(old: Elf, change: RunPath | None) -> Elf:
    """The file with the run path that was decided."""
    if change is None:
        return old
    entries = change.entries or None
    return replace(old, rpath=None if change.runpath else entries, runpath=entries if change.runpath else None)


@given(rpath=PATHS, runpath=PATHS, goals=st.lists(FOLDERS, max_size=3), outside=st.booleans(), tag=st.booleans())
def test_a_search_applied_to_its_own_result_changes_nothing(
    *, rpath: tuple[str, ...] | None, runpath: tuple[str, ...] | None, goals: list[str], outside: bool, tag: bool
) -> None:
    old = elf(rpath=rpath, runpath=runpath)
    first = search(MEMBER, old, goals, outside=outside, runpath=tag)
    new = applied(old, first.run_path)
    assert search(MEMBER, new, goals, outside=outside, runpath=tag) == Search(None, ())
    assert not first.dropped or first.run_path is not None
    entries = entries_of(new)
    rests = [found[1] for entry in entries if (found := ORIGIN.fullmatch(entry))]
    assert set(goals) <= {join(folder_of(MEMBER), rest) for rest in rests}
    assert {entry for entry in entries_of(old) if entry not in entries} <= {*first.dropped}
    if first.run_path is not None:
        assert len(rests) == len(set(entries)) == len(entries)
