"""What a second build has otherwise: everything that the machine allows, and the rest with the reason."""

from __future__ import annotations

import os
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools import need
from truewheel.builds import variations_machine
from truewheel.builds.model import Conditions, Isolation, Varied
from truewheel.builds.variations import Around, Machine, second_conditions
from truewheel.builds.variations_machine import machine

APART = Isolation("bubblewrap", fixed_path=True, network_cut=True, read_only=True, home_hidden=True)
ALONE = Isolation(
    "none", fixed_path=False, network_cut=False, read_only=False, home_hidden=False, notes=("no user namespaces here",)
)
WILLING = Machine(
    host_name="here",
    user=1000,
    group=100,
    cores=8,
    locales=("C", "C.utf8", "POSIX", "de_DE", "fr_CH.utf8"),
    faketime=True,
    setarch=("--uname-2.6", "--addr-no-randomize"),
)
AROUND = Around(APART, 1_700_000_000, network=False, machine=WILLING)

REPROTEST = {
    "addresses": "aslr",
    "path": "build_path",
    "host name": "domain_host",
    "environment": "environment",
    "directory order": "fileordering",
    "PATH": "exec_path",
    "HOME": "home",
    "kernel release": "kernel",
    "locale": "locales",
    "processors": "num_cpus",
    "clock": "time",
    "time zone": "timezone",
    "umask": "umask",
    "user": "user_group",
}
"""Our names of what reprotest 0.7 varies."""


def _named(varied: tuple[Varied, ...]) -> dict[str, Varied]:
    return {one.name: one for one in varied}


def test_a_willing_machine_varies_everything_that_reprotest_does_and_more() -> None:
    conditions, varied = second_conditions(AROUND)
    told = _named(varied)
    assert len(told) == len(varied)
    assert set(told) == {*REPROTEST, "hash seed", "network", "times of sources"}
    assert [name for name, one in told.items() if one.obstacle] == ["network"]
    assert all(one.first != one.second for one in varied if not one.obstacle)
    first = Conditions()
    same = {field.name for field in fields(first) if getattr(first, field.name) == getattr(conditions, field.name)}
    assert same == {"epoch_set", "sources_kept", "group_writable", "frozen", "line_ends", "compiler"}  # of other times


def test_what_cannot_be_varied_is_told_with_the_reason() -> None:
    grudging = Machine("here", 1000, 100, cores=1, locales=("C",), faketime=False, setarch=())
    conditions, varied = second_conditions(AROUND._replace(isolation=ALONE, machine=grudging))
    told = _named(varied)
    assert {name: one.obstacle for name, one in told.items() if one.obstacle} == {
        "clock": "neither a C compiler nor libfaketime was found",
        "user": "no user namespaces here",
        "processors": "there is only one",
        "host name": "no user namespaces here",
        "network": "no user namespaces here",
        "kernel release": "setarch --uname-2.6 doesn't work here",
        "addresses": "setarch --addr-no-randomize doesn't work here",
    }
    assert all(one.first == one.second for one in varied if one.obstacle)
    assert told["path"] == Varied("path", "the usual folder", "a longer one in it")
    assert told["host name"].first == "here"
    assert conditions == replace(
        Conditions(),
        root=conditions.root,
        umask=0o077,
        timezone="NPT-05:45",
        locale="C",
        hash_seed="398",
        home="elsewhere",
        shuffled=True,
        mtime=conditions.mtime,
        more=conditions.more,
    )


def test_a_system_without_modes_users_and_processors_says_so() -> None:
    windows = Machine("here", None, None, cores=None, locales=(), faketime=False, setarch=(), umask=False)
    alone = ALONE._replace(notes=())
    conditions, varied = second_conditions(AROUND._replace(isolation=alone, machine=windows))
    told = _named(varied)
    assert told["umask"].obstacle == "files have no modes on this system"
    assert told["user"].obstacle == "users have no numbers on this system"
    assert told["processors"].obstacle == "programs can't be bound to a processor on this system"
    assert told["host name"].obstacle == "takes namespaces, and the build has none"
    assert conditions.umask == Conditions().umask
    assert conditions.user is None
    assert conditions.cores is None


def test_a_network_that_was_allowed_stays() -> None:
    reachable = APART._replace(network_cut=False)
    _, varied = second_conditions(AROUND._replace(isolation=reachable, network=True))
    assert _named(varied)["network"] == Varied(
        "network", "allowed", "allowed", "the build was allowed it, and may need it"
    )


@pytest.mark.parametrize(
    ("locales", "chosen"),
    [
        (("C", "C.utf8", "POSIX"), "C"),
        (("C", "de_DE"), "de_DE"),
        (("de_DE", "fr_CH.utf8", "et_EE.UTF-8"), "et_EE.UTF-8"),
        ((), "C"),
    ],
)
def test_the_locale_is_another_language_where_there_is_one(locales: tuple[str, ...], chosen: str) -> None:
    around = AROUND._replace(machine=WILLING._replace(locales=locales))
    assert second_conditions(around)[0].locale == chosen


def test_who_lists_folders_the_other_way_round_is_told() -> None:
    turned = {
        preload: _named(second_conditions(AROUND._replace(machine=WILLING._replace(preload=preload)))[1])
        for preload in (True, False)
    }
    assert turned[True]["directory order"].second == "the other way round"
    assert turned[False]["directory order"].second == "the other way round, for Python alone"


def test_another_user_is_another_one() -> None:
    around = AROUND._replace(machine=WILLING._replace(user=1398))
    assert second_conditions(around)[0].user not in {None, 1398}


@given(st.integers(315_532_800, 4_354_819_199))
def test_times_of_sources_are_times_of_zip_files(epoch: int) -> None:
    conditions, _ = second_conditions(AROUND._replace(epoch=epoch))
    assert conditions.mtime
    assert epoch + conditions.mtime >= 315_532_800
    assert conditions.mtime < 0 or epoch - conditions.mtime < 315_532_800, "into the past wherever that can be told"


@pytest.mark.skipif(sys.platform != "linux", reason="asks programs of Linux")
def test_the_machine_is_probed() -> None:
    need("faketime")
    here = machine()
    assert here.user == os.getuid()
    assert here.cores == len(os.sched_getaffinity(0))
    assert any(name in {"C.utf8", "C.UTF-8"} for name in here.locales)
    assert "--uname-2.6" in here.setarch
    assert here.faketime


@pytest.mark.skipif(sys.platform == "win32", reason="takes programs with a first line that names their shell")
def test_programs_that_lack_or_fail_promise_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    here = machine()
    assert (here.locales, here.setarch) == ((), ())
    for name in ("locale", "setarch"):
        (tmp_path / name).write_text("#!/bin/sh\necho C\nexit 1\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    assert machine() == here
    for name in ("locale", "setarch"):  # a program for a processor that nobody has
        (tmp_path / name).write_bytes(b"\x7fELF")
    assert machine() == here


def test_processors_that_cannot_be_chosen_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variations_machine, "cores_limited", lambda _: "this system can't")
    assert machine().cores is None
