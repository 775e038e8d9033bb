"""The pages of `verify`: one wheel's verdict, and those of many, readable for all and closed to what they tell."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.browser import console, picture, probed
from tests.report.test_html import ATTRIBUTES, TAGS, Parsed
from tests.report.verified import (
    ABSENT,
    ALL,
    BIT_FOR_BIT,
    CONTENT,
    DIFFERENT,
    EMPTY,
    EXPLAINED,
    FAILED,
    HOSTILE_ONE,
    HUGE,
    LOG,
    NO_SOURCE,
    SAME_CONTENTS,
    SUSPECT,
    TEXT,
    TRIED_TWICE,
    TRUSTED,
    UNLAWFUL,
    UNTOLD,
    ZIP_METADATA,
    verification,
    wheel_file,
)
from truewheel.report.html_campaign import INDEX, file_names, pages
from truewheel.report.html_verification import page
from truewheel.report.pages import DARK, LIGHT, Markup
from truewheel.report.pages import page as whole
from truewheel.report.verifications import RUNGS
from truewheel.verdict.model import Deviation, Judgement, Rung, Verification

THESE_TAGS = TAGS | {"h4", "ol", "pre"}
THESE_ATTRIBUTES = ATTRIBUTES | {"aria-hidden"}


def body(text: str) -> str:
    return text.partition("<body>")[2]


def headings(text: str) -> list[str]:
    return Parsed(text).words("h2")


def words(text: str) -> str:
    """All that is read, with single spaces."""
    return " ".join(" ".join(Parsed(text).words()).split())


class TestOne:
    @pytest.mark.parametrize("one", ALL, ids=lambda one: one.project[:9])
    def test_the_verdict_stands_in_words_with_its_sign_and_tone(self, one: Verification) -> None:
        expected = RUNGS[one.rung]
        text = page(one)
        assert f'<h1 class="verdict {expected.tone}"><span class="sign {expected.tone}" aria-hidden="true">' in text
        (title,) = [said for said in Parsed(text).words("h1") if said != expected.sign]
        assert title.split(":")[0].split(",")[0] in {expected.title.split(",")[0], "Not verified"} or one is EXPLAINED
        assert len(Parsed(text).of("h1")) == 1

    def test_what_was_compared_is_there_with_digests(self) -> None:
        said = words(page(BIT_FOR_BIT))
        assert said.count("a" * 64) == 2
        assert "c" * 64 in said
        assert "the published sha256" in said
        assert "another sha256" not in said
        assert "the published sha256, once written with that zip's metadata" in words(page(ZIP_METADATA))
        assert '<span class="badge">another sha256</span>' in page(SAME_CONTENTS)
        assert '<span class="badge bad">another sha256</span>' in page(DIFFERENT)

    def test_what_differs_comes_before_how_it_was_built(self) -> None:
        assert headings(page(DIFFERENT)) == [
            *("The published RECORD is wrong", "Published", "Rebuilt", "Source"),
            *("What differs", "How it was rebuilt"),
        ]
        members = re.findall(r'<td><span class="code">(.*?)</span>', page(DIFFERENT))
        assert members[0] == "demo/core.py"
        assert members[-1].endswith("RECORD")
        assert "the build directory: each side names a folder that pip made" in words(page(EXPLAINED))

    def test_what_must_not_be_hidden_stands_above_all(self) -> None:
        text = page(SUSPECT, index=INDEX)
        assert headings(text)[:2] == ["A published attestation is invalid", "The sdist is not what its commit holds"]
        assert '<section class="card caution bad"><h2>A published' in text
        assert '<a href="index.html">all packages</a>' in text
        assert "all packages" not in page(SUSPECT)

    def test_what_was_taken_over_and_how_archives_store_is_told(self) -> None:
        assert "1,234 bytes of zip metadata (times of 20 members" in words(page(ZIP_METADATA))
        assert "time differs for 20 of 21 members" in words(page(SAME_CONTENTS))

    def test_what_could_not_be_built_shows_why_and_the_end_of_the_log(self) -> None:
        text = page(FAILED)
        assert "What to do: read the log" in words(text)
        assert f"<pre>{LOG[0]}\n" in text
        assert text.count("<details open>") == 1
        assert headings(page(ABSENT)) == ["Why"]
        assert "None to build from." in words(page(NO_SOURCE))
        assert headings(page(EMPTY)) == []

    def test_every_attempt_is_there_and_the_best_unfolded(self) -> None:
        text = page(TRIED_TWICE)
        assert Parsed(text).words("h3") == ["Attempt 1", "Attempt 2"]
        assert re.search(r"<details open><summary><h3>Attempt 2</h3>.*came furthest", text)
        said = words(text)
        assert "SOURCE_DATE_EPOCH 1577836800" in said
        assert "line ends are CR LF overrides.toml: built on Windows override" in said

    def test_sources_are_told(self) -> None:
        said = words(page(TRUSTED))
        assert "\N{CHECK MARK} verified signed by GitHub" in said
        assert "\N{CHECK MARK} nothing but the commit and what build backends write" in said
        assert "\N{ALMOST EQUAL TO} 3 files say other than the commit" in words(page(SUSPECT))
        assert "? not compared METADATA names no repository" in words(page(UNTOLD))
        assert "The build was not isolated" in headings(page(UNTOLD))

    def test_one_file_says_other_than_the_commit(self) -> None:
        assert TRUSTED.history is not None
        one = replace(TRUSTED, history=replace(TRUSTED.history, programs=("a",)))
        assert "1 file says other than the commit" in words(page(one))

    def test_long_lists_are_cut_and_that_is_said(self) -> None:
        text = page(HUGE)
        assert len(text) < 3_000_000
        assert "2,000 more members: this page is cut, truewheel verify --json tells all." in words(text)
        assert "300 more lines: this page is cut" in words(text)
        assert "and 2,802 more" in words(text)
        assert "(62 more characters)" not in text
        Parsed(text)

    def test_long_logs_are_cut_to_their_ends(self) -> None:
        log = "\n".join(f"line {number}" for number in range(500))
        failed = replace(FAILED, attempts=(replace(FAILED.attempts[0], failure=log),))
        (shown,) = re.findall(r"<pre>(.*?)</pre>", page(failed), re.DOTALL)
        assert shown.splitlines()[0] == "line 440"
        assert shown.splitlines()[-1] == "line 499"


class TestCampaign:
    def test_the_index_links_every_page(self) -> None:
        made = pages(ALL, title="Fifteen")
        assert len(made) == len(ALL) + 1
        links = [str(found["href"]) for found in Parsed(made[INDEX]).of("a")]
        assert set(links) == set(made) - {INDEX}
        assert len(links) == len(ALL)
        for name, text in made.items():
            if name != INDEX:
                assert [found["href"] for found in Parsed(text).of("a")] == [INDEX]

    def test_pages_are_those_of_their_wheels(self) -> None:
        made = pages([BIT_FOR_BIT, DIFFERENT], title="Two")
        assert list(made) == [INDEX, "demo-1.0-py3-none-any.html", "different-1.0-py3-none-any.html"]
        assert made["different-1.0-py3-none-any.html"] == page(DIFFERENT, index=INDEX)

    def test_those_that_deserve_a_look_come_first(self) -> None:
        rows = re.findall(r'<tr data-is="all ([a-z-]+)', pages(ALL, title="x")[INDEX])
        assert len(rows) == len(ALL)
        assert list(dict.fromkeys(rows)) == [
            *("different", "same-but-for", "not-rebuilt", "same-contents", "zip-metadata", "bit-for-bit")
        ]

    def test_rates_by_verdict_backend_and_cause(self) -> None:
        text = pages([BIT_FOR_BIT, ZIP_METADATA, EXPLAINED, FAILED], title="Four")[INDEX]
        said = words(text)
        assert "2 of 4 wheels are what the source builds (50 %)." in said
        assert "Bit for bit the same 1 25 % 25 %" in said
        assert "setuptools wheels 4 bit for bit 1 25 % given zip metadata 2 50 % same contents 2 50 %" in said
        assert "another compiler 1 wheel" in said
        assert "Not rebuilt 1 25 %" in said
        one = words(pages([BIT_FOR_BIT], title="One")[INDEX])
        assert "1 of 1 wheel is what the source builds (100 %)." in one
        assert "What keeps them from better" not in one

    def test_bars_have_a_width_where_there_is_something(self) -> None:
        text = pages([BIT_FOR_BIT] * 300 + [DIFFERENT], title="x")[INDEX]
        assert re.findall(r'class="bar (\w+) (w\d+)"', text) == [("good", "w100"), ("bad", "w1")]
        assert ".w1{width:1%}" in text

    def test_verdicts_filter_without_script(self) -> None:
        text = pages(ALL, title="x")[INDEX]
        options = re.findall(r'id="is-([a-z-]+)"(?: checked)?><span>[^<]*?([\d,]+)</span>', text)
        counts = Counter(one.rung.value for one in ALL)
        assert dict(options) == {
            "all": str(len(ALL)),
            **{rung: str(number) for rung, number in counts.items()},
            "cautions": "5",
        }
        for word, _ in options[1:]:
            assert f"body:has(#is-{word}:checked) [data-is]:not([data-is~={word}]){{display:none}}" in text
        assert "<fieldset" not in pages([BIT_FOR_BIT], title="x")[INDEX]

    def test_cautions_show_in_the_index(self) -> None:
        (row,) = re.findall(r'<tr data-is="all zip-metadata cautions">.*?</tr>', pages([SUSPECT], title="x")[INDEX])
        assert "! caution" in row

    def test_of_nothing_at_all(self) -> None:
        made = pages([], title="Nothing")
        assert list(made) == [INDEX]
        assert "0 of 0 wheels are what the source builds (0 %)." in words(made[INDEX])
        assert "By backend" not in made[INDEX]

    def test_a_thousand_packages_stay_small(self) -> None:
        found = [replace(one, target=f"{one.target}{number}") for number in range(67) for one in ALL]
        made = pages(found, title="Many")
        assert len(found) > 1_000
        assert len(made[INDEX].encode()) < 1_000_000
        assert len(made) == len(found) + 1
        assert sorted(map(len, made.values()))[len(found) // 2] < 30_000

    def test_what_is_beyond_any_table_is_said(self) -> None:
        text = pages([ABSENT] * 5_002, title="x")[INDEX]
        assert "and 2 more, each on its page" in text
        many = [replace(EXPLAINED, backend=f"b{number}") for number in range(32)]
        assert "2 more backends" in words(pages(many, title="x")[INDEX])
        judgement = replace(
            EXPLAINED.attempts[0].judgement or Judgement(rung=Rung.EXPLAINED),
            deviations=tuple(replace_member(str(number), "x") for number in range(31)),
        )
        assert "1 more cause" in words(pages([verification(judgement)], title="x")[INDEX])
        assert "3 more attestations" in words(page(replace(SUSPECT, attested=SUSPECT.attested[:1] * 23)))


class TestFileNames:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("demo-1.0-py3-none-any.whl", "demo-1.0-py3-none-any.html"),
            ("../../etc/passwd", "etc_passwd.html"),
            ("index.whl", "index_2.html"),
            ("INDEX.whl", "INDEX_2.html"),
            ("con.whl", "_con.html"),
            ("aux.tar.whl", "_aux.tar.html"),
            ("Lpt1", "_Lpt1.html"),
            ("console-1.whl", "console-1.html"),
            ("", "_.html"),
            ("..", "_.html"),
            ("\N{SNOWMAN}?#&%20", "20.html"),
            ("a" * 300, f"{'a' * 100}.html"),
        ],
    )
    def test_are_safe_everywhere(self, name: str, expected: str) -> None:
        assert file_names([replace(BIT_FOR_BIT, wheel=wheel_file(name))]) == (expected,)

    def test_no_two_are_alike(self) -> None:
        found = [replace(BIT_FOR_BIT, wheel=wheel_file(name)) for name in ("a.whl", "A.whl", "a", "a_2", "a/", "ä")]
        assert file_names(found) == ("a.html", "A_2.html", "a_3.html", "a_2_2.html", "a_4.html", "_.html")

    @given(st.lists(st.text(max_size=130), max_size=8))
    def test_whatever_packages_are_called(self, names: list[str]) -> None:
        made = file_names([replace(BIT_FOR_BIT, wheel=wheel_file(name)) for name in names])
        assert len({name.lower() for name in (*made, INDEX)}) == len(names) + 1
        assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+-]*\.html", name) and len(name) < 125 for name in made)
        assert all(".." not in name for name in made)


class TestHostile:
    @pytest.mark.parametrize("one", [HOSTILE_ONE, UNLAWFUL], ids=["hostile", "unlawful"])
    def test_text_stays_text(self, one: Verification) -> None:
        for text in pages([one, ABSENT], title=TEXT).values():
            parsed = Parsed(text)
            assert {tag for tag, _ in parsed.tags} <= THESE_TAGS
            assert {name for _, found in parsed.tags for name in found} <= THESE_ATTRIBUTES
            assert len(parsed.of("style")) == 1
            assert parsed.other == []
            assert text.encode()  # nothing in it that UTF-8 can't say
        spelled = TEXT.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e").replace("\n", "\\n")
        assert spelled.replace("\udcff", "\\udcff") in Parsed(page(one)).words("dd", "p", "span", "strong")

    @given(st.text(), st.text(), st.text())
    @settings(max_examples=40, deadline=None)
    def test_no_text_makes_an_element(self, name: str, said: str, failure: str) -> None:
        judgement = Judgement(
            rung=Rung.DIFFERENT,
            deviations=(replace_member(name, said),),
            storage=(said, name),
            record=(name,),
        )
        made = verification(judgement)
        one = replace(
            made,
            wheel=wheel_file(name),
            attempts=(*made.attempts, replace(FAILED.attempts[0], failure=failure)),
            notes=(said,),
            problem=failure,
        )
        for text in pages([one], title=name).values():
            parsed = Parsed(text)
            assert {tag for tag, _ in parsed.tags} <= THESE_TAGS
            assert all(character in "\n\t" or character.isprintable() for seen in parsed.words() for character in seen)


def replace_member(name: str, said: str) -> Deviation:
    return CONTENT._replace(member=name, summary=said, causes=((name, said),))


MEASURED = """
const all = (what) => [...document.querySelectorAll(what)];
const visible = () => all("tbody tr[data-is]").filter(one => one.offsetParent !== null).length;
const found = [document.title, document.documentElement.scrollWidth, innerWidth];
const beyond = all("body *").filter(one => one.getBoundingClientRect().right > innerWidth);
found.push(beyond.filter(one => !one.closest(".unseen, legend, thead")).length, visible());
for (const word of ["different", "cautions"]) {
    const button = document.querySelector("#is-" + word);
    if (button) { button.click(); found.push(visible()); }
}
return found.join("|");
"""


class TestBrowser:
    def test_the_index_fits_a_phone_and_filters(self, tmp_path: Path) -> None:
        long = replace(DIFFERENT, wheel=wheel_file(f"{'x' * 200}.whl"), backend="y" * 200)
        found = [*ALL, long, HUGE]
        text = pages(found, title="z" * 200)[INDEX]
        title, *measures = probed(text, tmp_path, MEASURED, size=(360, 800)).split("|")
        width, window, beyond, everything, different, cautioned = map(int, measures)
        assert title == "z" * 200
        assert width <= window == 360
        assert beyond == 0
        assert (everything, different) == (len(found), sum(one.rung is Rung.DIFFERENT for one in found))
        assert cautioned == 7

    @pytest.mark.parametrize("one", [UNLAWFUL, HUGE], ids=["hostile", "huge"])
    def test_a_page_fits_a_phone_and_runs_nothing_of_what_it_tells(self, tmp_path: Path, one: Verification) -> None:
        text = page(one, index=INDEX).replace("<details", "<details open")
        title, *measures = probed(text, tmp_path, MEASURED, size=(360, 800)).split("|")
        width, window, beyond, _ = map(int, measures)
        assert title != "owned"
        assert width <= window == 360
        assert beyond == 0

    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    def test_it_is_light_on_a_light_system_and_dark_on_a_dark_one(self, tmp_path: Path, dark: bool) -> None:
        colours = DARK if dark else LIGHT
        seen = picture(page(DIFFERENT), tmp_path, size=(800, 900), dark=dark)
        assert seen.pixel(2, 2) == colours["page"]
        assert {colours["panel"], colours["ink"], colours["bad"], colours["bad-back"]} <= seen.colours
        assert {LIGHT["page"], DARK["page"]} & seen.colours == {colours["page"]}

    def test_a_page_asks_for_nothing_and_nothing_goes_wrong(self, tmp_path: Path) -> None:
        one, index = page(UNLAWFUL), pages(ALL, title=TEXT)[INDEX]
        assert console(one, tmp_path) == []
        assert console(index, tmp_path) == []
        asking = Markup('<img src="http://127.0.0.1:9/x.png">')
        assert "Content Security Policy" in "".join(console(whole("calm", asking), tmp_path))
