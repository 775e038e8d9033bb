from __future__ import annotations

import datetime as dt
import os
import subprocess  # noqa: TID251 - the C library is the oracle, and its zone is a process's own
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.recipes.moments import SUMMERS, Zone, said, same_or_after, seconds_of, zone_of

MOMENTS = st.integers(1167609600, 2524608000)  # 2007 to 2050


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2023-05-01T12:00:00Z", 1682942400),
        ("2023-05-01T12:00:00.123456Z", 1682942400),
        ("2023-05-01T14:00:00+02:00", 1682942400),
        ("2023-05-01T12:00:00", 1682942400),
        ("2023-05-01 12:00:00.5-00:30", 1682944200),
        ("", None),
        ("yesterday", None),
        ("2023-13-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+10:00", None),
    ],
)
def test_moments_are_seconds(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


@given(MOMENTS)
def test_what_is_said_is_read_again(seconds: int) -> None:
    assert seconds_of(said(seconds)) == seconds


def test_what_is_no_date_is_said_as_a_number() -> None:
    assert said(1 << 60) == f"{1 << 60} seconds after 1970"


def test_an_unknown_moment_is_neither_before_nor_after() -> None:
    assert same_or_after("2023-05-01T12:00:00Z", "2023-05-01T12:00:00Z")
    assert not same_or_after("", "2023-05-01T12:00:00Z")
    assert not same_or_after("2023-05-01T12:00:00Z", "")


@pytest.mark.parametrize(
    ("offset", "tz"),
    [(0, "UTC"), (7200, "<+02>-2"), (-18000, "<-05>5"), (20700, "<+0545>-5:45"), (-12600, "<-0330>3:30"),
     (50400, "<+14>-14"), (-900, "<-0015>0:15"), (900, "<+0015>-0:15")],
)  # fmt: skip
def test_fixed_offsets_as_tz_spells_them(offset: int, tz: str) -> None:
    assert Zone(offset).tz == tz


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' C library knows no POSIX zones")
@pytest.mark.parametrize("where", [name for name, _ in SUMMERS])
@pytest.mark.parametrize("hours", [-8, -5, 0, 1, 2, 10, 12])
def test_the_c_library_reads_zones_as_they_were_meant(where: str, hours: int) -> None:
    zone = Zone(hours * 3600, dict(SUMMERS)[where])
    moments = [1167609600 + step * 619_200 + hours for step in range(1500)]  # every week and a bit, from 2007 on
    program = "import sys, time; print([time.localtime(int(m)).tm_gmtoff for m in sys.stdin.read().split()])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=" ".join(map(str, moments)),
        env={**os.environ, "TZ": zone.tz},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == str([zone.offset(moment) for moment in moments])


@given(st.lists(MOMENTS, min_size=1, max_size=30), st.integers(-56, 56))
def test_one_offset_is_a_zone_without_summer(moments: list[int], quarters: int) -> None:
    found = zone_of((moment, quarters * 900) for moment in moments)

    assert found == (Zone(quarters * 900), "")


@given(st.lists(MOMENTS, min_size=1, max_size=30), st.integers(-11, 12), st.sampled_from(SUMMERS))
def test_a_zone_is_found_in_which_all_moments_have_their_offset(
    moments: list[int], hours: int, summer: tuple[str, object]
) -> None:
    zone = Zone(hours * 3600, dict(SUMMERS)[summer[0]])
    pairs = [(moment, zone.offset(moment)) for moment in moments]
    found = zone_of(pairs)

    assert found is not None
    assert all(found[0].offset(moment) == offset for moment, offset in pairs)


def test_two_offsets_that_no_summer_time_gives() -> None:
    july, january = 1688212800, 1672574400
    assert zone_of([(july, 0), (january, 7200)]) is None
    assert zone_of([(july, 3600), (july + 10, 0)]) is None


def test_dates_say_whose_summer_time_it_is() -> None:
    # 20 March 2023: America has summer time, Europe not yet.
    march = int(dt.datetime(2023, 3, 20, tzinfo=dt.timezone.utc).timestamp())
    january = march - 60 * 86400

    assert (zone_of([(march, 3600), (january, 0)]) or ("", ""))[1] == "the United States"
    assert (zone_of([(march, 0), (january, 3600)]) or ("", ""))[1] == ""
    assert (zone_of([(january, 39600), (march + 60 * 86400, 36000)]) or ("", ""))[1] == "Australia"
