"""The page of `diff`: readable for all, closed to what it reports on, and the same in every run."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess  # noqa: TID251 - another Python is started, with another hash seed
import sys
from dataclasses import dataclass, field, replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus import ROOT
from tests.report.browser import elements, picture, probed
from tests.report.comparisons import (
    ALONE,
    CODE,
    HOSTILE,
    IDENTICAL,
    INFO,
    MIXED,
    MODULE,
    NATIVE,
    PIP_TWICE,
    PLACES,
    SAME,
    STORED_OTHERWISE,
    TOUCHED,
    comparison,
    lines,
    tree,
)
from truewheel.compare.model import Cause, Comparison, Difference, Kind, Line, Mark
from truewheel.compare.reasons import BUILD_PATH
from truewheel.report import html
from truewheel.report.html_lines import Row, paired, words
from truewheel.report.pages import DARK, LIGHT, Markup, badge, element, joined, page

TAGS = {
    *("a", "article", "body", "code", "col", "colgroup", "dd", "del", "details", "div", "dl", "dt", "fieldset"),
    *("footer", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "html", "input", "ins", "label", "legend", "li"),
    *("main", "meta", "p", "section", "span", "strong", "style", "summary", "table", "tbody", "td", "th", "thead"),
    *("title", "tr", "ul"),
}
ATTRIBUTES = {
    *("aria-label", "charset", "checked", "class", "colspan", "content", "data-is", "href", "http-equiv", "id"),
    *("lang", "name", "open", "scope", "type"),
}
LONG = "v = 1; " * 100
VOID = {"col", "input", "meta"}
AWFUL = [
    HOSTILE,
    "</style><script>x</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "javascript:x",
]


@dataclass
class Parsed(HTMLParser):
    """A page as a parser of HTML reads it; tags that don't match are an error."""

    text: str
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.seen.append((self._open[-1] if self._open else "", data))

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def of(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [
            found for name, found in self.tags if name == tag and all(found.get(k) == v for k, v in attributes.items())
        ]

    def words(self, *inside: str) -> list[str]:
        """The texts within elements of these names, or all."""
        return [text for tag, text in self.seen if text.strip() and (not inside or tag in inside)]


def body(compared: Comparison) -> str:
    return html.compared(compared).partition("<body>")[2]


class TestMarkup:
    def test_text_is_escaped_and_markup_is_not(self) -> None:
        inner = element("b", "a<b & \"c\" 'd'")
        assert inner == "<b>a&lt;b &amp; &quot;c&quot; &#x27;d&#x27;</b>"
        assert element("p", inner, "<i>") == f"<p>{inner}&lt;i&gt;</p>"
        assert (
            element("p", f"{inner}")
            == f"<p>{inner.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</p>"
        )

    def test_attributes_are_escaped_and_named_as_in_html(self) -> None:
        made = element("a", "x", href='"><script>', class_="k", data_is="a b", id_="", open=False, hidden=True)
        assert made == '<a href="&quot;&gt;&lt;script&gt;" class="k" data-is="a b" hidden>x</a>'

    def test_control_characters_are_spelled_out_and_tabs_stay(self) -> None:
        assert joined(["\t\x1b\u202e\udcff\n"]) == "\t\\x1b\\u202e\\udcff\\n"

    def test_a_badge_may_lead_somewhere(self) -> None:
        assert badge("x", "good") == '<span class="badge good">x</span>'
        assert badge("x", href="#y") == '<a class="badge" href="#y">x</a>'

    def test_what_is_joined_is_markup(self) -> None:
        assert isinstance(joined([element("b")]), Markup)


class TestPage:
    def test_nothing_can_be_run_or_loaded(self) -> None:
        for compared in (MIXED, IDENTICAL):
            parsed = Parsed(html.compared(compared))
            assert {tag for tag, _ in parsed.tags} <= TAGS
            assert {name for _, found in parsed.tags for name in found} <= ATTRIBUTES
            assert all(str(found["href"]).startswith("#") for _, found in parsed.tags if "href" in found)
            assert "url(" not in html.compared(compared)
            assert "@import" not in html.compared(compared)
            assert parsed.other == []

    def test_the_policy_allows_its_own_style_alone(self) -> None:
        text = html.compared(MIXED)
        (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        (policy,) = Parsed(text).of("meta", **{"http-equiv": "Content-Security-Policy"})
        wanted = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        assert policy["content"] == wanted
        assert text.index("Content-Security-Policy") < text.index("<style>")

    def test_links_lead_to_places_on_the_page(self) -> None:
        for compared in (MIXED, PIP_TWICE, STORED_OTHERWISE):
            parsed = Parsed(html.compared(compared))
            ids = [found["id"] for _, found in parsed.tags if "id" in found]
            assert len(set(ids)) == len(ids)
            links = {str(found["href"])[1:] for found in parsed.of("a")}
            assert links
            assert links <= set(ids)

    def test_headings_go_down_one_by_one(self) -> None:
        levels = [int(tag[1]) for tag, _ in Parsed(html.compared(MIXED)).tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))

    def test_it_is_named_and_can_be_read_out(self) -> None:
        parsed = Parsed(html.compared(MIXED))
        assert parsed.of("html", lang="en")
        assert parsed.words("title") == ["6 of 7 members differ · markupsafe-3.0.4-cp311-cp311-linux_x86_64.whl"]
        assert all(found.get("aria-label") for found in parsed.of("table"))
        assert len(parsed.of("input")) == len(parsed.of("label"))
        assert [tag for tag, _ in parsed.tags if tag in {"header", "main", "footer"}] == ["header", "main", "footer"]

    @pytest.mark.parametrize(("name", "colours"), [("light", LIGHT), ("dark", DARK)])
    def test_colours_have_the_contrast_of_wcag_aa(self, name: str, colours: dict[str, str]) -> None:
        pairs = [(ink, back) for ink in ("ink", "soft", "link") for back in ("page", "panel")]
        pairs += [("ink", f"{side}-{kind}") for side in ("left", "right") for kind in ("back", "word")]
        pairs += [(tone, f"{tone}-back") for tone in ("good", "warn", "bad", "left", "right")]
        pairs += [(tone, "panel") for tone in ("good", "left", "right")]
        low = [(ink, back) for ink, back in pairs if contrast(colours[ink], colours[back]) < 4.5]
        assert low == [], name

    def test_every_colour_that_is_used_is_there_in_both(self) -> None:
        used = set(re.findall(r"var\(--([a-z-]+)\)", html.compared(MIXED))) - {"text", "code", "digits"}
        assert used == set(LIGHT) == set(DARK)

    def test_the_same_comparison_gives_the_same_bytes(self) -> None:
        program = (
            "import hashlib; from tests.report.comparisons import MIXED; from truewheel.report import html;"
            "print(hashlib.sha256(html.compared(MIXED).encode()).hexdigest())"
        )
        path = f"{ROOT / 'src'}:{ROOT / 'scripts'}:{ROOT}".replace(":", ";" if sys.platform == "win32" else ":")
        seeds = ("1", "2")
        said = {
            subprocess.run(
                [sys.executable, "-c", program],
                env={"PYTHONPATH": path, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout.strip()
            for seed in seeds
        }
        assert said == {hashlib.sha256(html.compared(MIXED).encode()).hexdigest().encode()}


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.1, 1.4.3: 1 for the same, 21 for black on white."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_measured_rightly() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(
        4.48, abs=0.01
    )  # the example that is known to fail by a hair


class TestContent:
    def test_both_sides_are_named_with_their_digests(self) -> None:
        text = " ".join(Parsed(html.compared(MIXED)).words())
        assert "a" * 64 in text
        assert "b" * 64 in text
        assert text.count("24,301 bytes") == 2
        assert "<del>4</del>" in body(MIXED)  # of the version in the name
        assert "<ins>5</ins>" in body(MIXED)

    def test_a_directory_has_no_digest(self) -> None:
        assert body(SAME).count("sha256") == 1
        assert "Why" not in body(SAME)
        assert '<h1 class="verdict good">The same contents</h1>' in body(SAME)

    def test_causes_have_cards_with_remedies_and_members(self) -> None:
        text = body(PIP_TWICE)
        cards = re.findall(r'<section class="card" id="why-([a-z-]+)">(.*?)</section>', text, re.DOTALL)
        assert [name for name, _ in cards] == ["build-path", "build-time", "umask"]
        assert "<code>truewheel build</code> and <code>truewheel.backend</code> map the path away" in cards[0][1]
        assert f'<a href="#m1">{MODULE}</a>' in cards[0][1]
        assert "<h3>Probably the umask</h3>" in cards[2][1]
        assert '<li id="why-build-id">' in text
        assert "No cause was recognized" not in text
        assert "No cause was recognized" in body(MIXED)

    def test_many_members_of_a_cause_are_cut(self) -> None:
        many = [replace(NATIVE, place=f"{number}.so") for number in range(10)]
        assert '<li class="soft">and 4 more</li>' in body(comparison(*many))

    def test_members_can_be_filtered_by_what_differs(self) -> None:
        text = html.compared(MIXED)
        labels = re.findall(r'<input type="radio" name="is" id="is-([a-z-]+)"( checked)?><span>([^<]*)</span>', text)
        assert labels == [
            ("all", " checked", "all 8"),
            ("content", "", "contents 3"),
            ("only-left", "", "only left 1"),
            ("only-right", "", "only right 1"),
            ("mode", "", "mode 1"),
            ("storage", "", "storage 2"),
            ("unexplained", "", "unexplained 5"),
            ("follows", "", "consequences 1"),
        ]
        for word, _, label in labels[1:]:
            assert f"body:has(#is-{word}:checked) [data-is]:not([data-is~={word}]){{display:none}}" in text
            assert len(re.findall(rf'<tr [^>]*data-is="[^"]*\b{word}\b', text)) == int(label.split()[-1])

    def test_one_member_alone_needs_neither_contents_nor_filters(self) -> None:
        assert "<fieldset" not in body(comparison(NATIVE))
        assert 'class="list"' not in body(comparison(NATIVE))
        assert "<fieldset" not in body(comparison(CODE, replace(CODE, place="other")))
        assert 'class="list"' in body(comparison(CODE, replace(CODE, place="other")))

    def test_what_a_row_says_needs_no_article(self) -> None:
        text = body(comparison(CODE, ALONE[0], TOUCHED))
        assert f'<span class="soft small">{ALONE[0].summary}</span>' in text
        assert re.findall(r'<article id="([^"]*)"', text) == ["m1"]
        assert '<a href="#m2">markupsafe/_speedups.pyi</a>' in text  # of the card of what isn't explained
        assert '<tr data-is="all only-left unexplained" id="m2">' in text
        assert "<article" in body(comparison(ALONE[0]))  # there are no rows

    def test_consequences_are_folded(self) -> None:
        text = body(PIP_TWICE)
        assert re.search(r'<details class="place follows"><summary><h4 class="code">\.note\.gnu\.build-id</h4>', text)
        assert (
            f'<article id="m3" class="card" data-is="all content follows"><details><summary><h3 class="code">{INFO}'
            in text
        )
        assert f'<details open><summary><h3 class="code">{MODULE}</h3>' in text
        assert '<details class="place" open><summary><h4 class="code">.debug_line_str</h4>' in text

    def test_words_that_differ_are_marked(self) -> None:
        text = body(PIP_TWICE)
        assert "pip-req-build-<del>_gp0m5m1</del>/src/markupsafe" in text
        assert "pip-req-build-<ins>7x2kq90b</ins>/src/markupsafe" in text

    def test_lines_stand_side_by_side_with_numbers_and_signs(self) -> None:
        text = body(comparison(CODE))
        rows = [
            [unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
            for row in re.findall(r"<tr[^>]*>(.*?)</tr>", text)
        ][1:]
        minus = "\N{MINUS SIGN}"
        flags = ["FLAGS = ['-O3', '-DNDEBUG', '-fwrapv']", "FLAGS = ['-O2', '-DNDEBUG', '-fwrapv', '-g']"]
        assert rows == [
            ["1 ", "# made by setup.py", "1 ", "# made by setup.py"],
            [f"2 {minus}", "COMPILER = 'gcc 12.2.0 (Debian)'", "2 +", "COMPILER = 'gcc 14.2.0 (Debian)'"],
            [f"3 {minus}", "HOST = 'alpha'", "", ""],
            [f"4 {minus}", flags[0], "3 +", flags[1]],
            ["40 lines"],
            ["45 ", "def version():", "44 ", "def version():"],
            [f"46 {minus}", "\treturn 1  # \\x1b[31m\\u202eevil", "45 +", "\treturn 2  # <b>& \"quoted\" 'too'"],
            ["47 ", "", "46 ", ""],
            ["", "", "47 +", "# the end"],
        ]

    def test_what_is_said_of_a_member_as_a_whole_has_a_name(self) -> None:
        inner = Difference("", Kind.STORAGE, "4 bytes differ")
        text = body(comparison(Difference("a", Kind.CONTENT, "differs", inside=(inner,))))
        assert '<h4 class="code">contents</h4> <span class="badge">Storage</span>' in text


class TestHostile:
    @pytest.mark.parametrize("text", AWFUL)
    def test_text_stays_text(self, text: str) -> None:
        line = (Line(Mark.LEFT, 1, None, text), Line(Mark.RIGHT, None, 1, f"{text}!"))
        cause = (Cause(BUILD_PATH, text),)
        inner = Difference(text, Kind.CONTENT, text, text, f"{text}?", line, cause)
        compared = comparison(replace(inner, inside=(inner,)), CODE, left=tree(text), right=tree(f"{text}2"))
        parsed = Parsed(html.compared(compared))
        assert {tag for tag, _ in parsed.tags} <= TAGS
        assert {name for _, found in parsed.tags for name in found} <= ATTRIBUTES
        assert len(parsed.of("style")) == 1
        assert parsed.other == []
        spelled = text.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e").replace("\n", "\\n")
        assert spelled in parsed.words("h3")
        assert spelled in parsed.words("h4")

    @given(st.text(), st.text(), st.lists(st.tuples(st.sampled_from("-+ "), st.text()), max_size=6))
    @settings(max_examples=60)
    def test_no_text_makes_an_element(self, name: str, value: str, rows: list[tuple[str, str]]) -> None:
        inner = Difference(name, Kind.CONTENT, value, value, name, lines(*(mark + text for mark, text in rows)))
        parsed = Parsed(html.compared(comparison(replace(inner, inside=(inner,)), left=tree(value), right=tree(name))))
        assert {tag for tag, _ in parsed.tags} <= TAGS
        assert {name for _, found in parsed.tags for name in found} <= ATTRIBUTES
        assert all(character in "\n\t" or character.isprintable() for text in parsed.words() for character in text)


class TestSize:
    def test_many_lines_are_cut_and_that_is_said(self) -> None:
        rows = lines(*(f"-{'x' * 5_000}" for _ in range(4_000)))
        text = html.compared(comparison(Difference("a", Kind.CONTENT, "differs", lines=rows), CODE))
        assert len(text) < 8_000_000
        assert re.search(r'<p class="cut">and 1,\d{3} more lines</p>', text)
        assert "… (4,000 more characters)" in text
        assert (
            '<p class="cut">1 more member: this page is cut, <code>truewheel diff --json</code> tells all.</p>' in text
        )
        Parsed(text)

    def test_many_members_are_cut_and_that_is_said(self) -> None:
        many = [replace(CODE, place=f"{'x' * 900}{number}") for number in range(4_000)]
        text = html.compared(comparison(*many))
        assert len(text) < 15_000_000
        assert "1,000 more members: this page is cut" in text
        assert len(re.findall(r"more members: this page is cut", text)) == 2
        parsed = Parsed(text)
        assert {str(found["href"])[1:] for found in parsed.of("a")} <= {
            found["id"] for _, found in parsed.tags if "id" in found
        }

    def test_many_places_are_cut_and_that_is_said(self) -> None:
        inner = tuple(Difference(f"{number}", Kind.CONTENT, "y" * 900) for number in range(4_000))
        text = html.compared(comparison(Difference("a", Kind.CONTENT, "differs", inside=inner)))
        assert len(text) < 8_000_000
        assert re.search(r'<p class="cut">and 1,\d{3} more places</p>', text)

    def test_members_are_unfolded_as_long_as_they_are_few(self) -> None:
        many = [replace(CODE, place=f"{number}.py") for number in range(30)]
        assert body(comparison(*many)).count("<details open>") == 12


class TestSideBySide:
    def test_lines_that_changed_stand_beside_what_they_became(self) -> None:
        rows = paired(lines("-a = 1", "-removed", "-b = 2", "+a = 2", "+b = 3"))
        assert [(row.left and row.left.text, row.right and row.right.text) for row in rows] == [
            ("a = 1", "a = 2"),
            ("removed", None),
            ("b = 2", "b = 3"),
        ]

    def test_lines_with_nothing_in_common_stand_one_after_the_other(self) -> None:
        rows = list(paired(lines("-aaaa", "-bbbb", "+xyz")))
        assert [row.left is None for row in rows] in ([False, False, True], [True, False, False])

    def test_a_right_line_before_a_left_one_ends_the_run(self) -> None:
        rows = [(row.left and row.left.text, row.right and row.right.text) for row in paired(lines("+b", "-a", "+c"))]
        assert rows == [(None, "b"), ("a", "c")]

    def test_long_runs_are_paired_in_order(self) -> None:
        rows = list(paired(lines(*(f"-{n}" for n in range(100)), *(f"+{n}" for n in range(60)))))
        assert [row.right is None for row in rows] == [False] * 60 + [True] * 40

    @given(st.lists(st.tuples(st.sampled_from("-+ @"), st.text("ab =", max_size=6)), max_size=12))
    def test_every_line_is_there_once_and_in_order(self, found: list[tuple[str, str]]) -> None:
        given_lines = lines(*(mark + text for mark, text in found))
        rows = list(paired(given_lines))
        left = [row.left for row in rows if row.left is not None]
        right = [row.right for row in rows if row.right is not None]
        assert left == [line for line in given_lines if line.mark is not Mark.RIGHT]
        assert right == [line for line in given_lines if line.mark in {Mark.RIGHT, Mark.SAME}]
        assert Row(None, None) not in rows

    @given(st.text("abc _/-", max_size=40), st.text("abc _/-", max_size=40))
    def test_pieces_make_the_lines_again(self, left: str, right: str) -> None:
        one, other = words(left, right)
        assert "".join(text for text, _ in one) == left
        assert "".join(text for text, _ in other) == right
        same = "".join(text for text, differs in one if not differs)
        if any(differs for _, differs in (*one, *other)):
            assert same == "".join(text for text, differs in other if not differs)

    @pytest.mark.parametrize(
        ("left", "right", "one", "other"),
        [
            (PLACES[0], PLACES[1], [(PLACES[0][:19], False), (PLACES[0][19:], True)], None),
            ("abc", "xyz", [("abc", False)], [("xyz", False)]),
            ("", "x", [], [("x", False)]),
            (f"{LONG}1;", f"{LONG}2;", [(LONG, False), ("1", True), (";", False)], None),
            (LONG, "yz" * 400, [(LONG, False)], [("yz" * 400, False)]),
            ("x" * 1_000 + "1", "x" * 1_001, [("x" * 1_000 + "1", False)], [("x" * 1_001, False)]),
        ],
        ids=["path", "nothing-in-common", "empty", "long", "long-and-nothing-in-common", "too-long"],
    )  # fmt: skip
    def test_pieces_are_the_words_that_differ(
        self, left: str, right: str, one: list[tuple[str, bool]], other: list[tuple[str, bool]] | None
    ) -> None:
        found = words(left, right)
        assert list(found[0]) == one
        if other is not None:
            assert list(found[1]) == other


MEASURED = """
const all = (what) => [...document.querySelectorAll(what)];
const visible = () => all("tbody tr[data-is]").filter(one => one.offsetParent !== null).length;
const found = [document.title, document.documentElement.scrollWidth, innerWidth, visible()];
for (const word of ["content", "unexplained"]) {
    document.querySelector("#is-" + word).click();
    found.push(visible());
}
const beyond = all("body *").filter(one => one.getBoundingClientRect().right > innerWidth);
found.push(beyond.filter(one => !one.closest(".unseen, legend, thead")).length);
return found.join("|");
"""


class TestBrowser:
    def test_it_fits_a_phone_filters_and_runs_nothing_of_what_it_tells(self, tmp_path: Path) -> None:
        script = "</p><script>document.title='owned'</script>"
        owned = Difference("<img src=x onerror=document.title='owned'>", Kind.ONLY_LEFT, script)
        wide = "x" * 900
        rows = (*lines(f" {wide}", f"-{wide}1", f"+{wide}2"), Line(Mark.GAP, None, None, wide))
        cause = (Cause(BUILD_PATH, wide, sure=False),)
        inner = Difference(wide, Kind.STORAGE, wide, wide, f"{wide}!", rows, cause, follows=True)
        huge = replace(inner, follows=False, inside=(replace(inner, inside=(replace(inner, inside=(inner,)),)), inner))
        text = html.compared(replace(MIXED, differences=(*MIXED.differences, owned, huge), left=tree(wide)))
        text = text.replace("<details", "<details open")
        title, *measures = probed(text, tmp_path, MEASURED, size=(360, 800)).split("|")
        width, window, everything, contents, unexplained, beyond = map(int, measures)
        assert title.startswith("7 of 8 members differ")
        assert width <= window == 360
        assert (everything, contents, unexplained) == (10, 3, 6)
        assert beyond == 0

    def test_it_is_light_on_a_light_system_and_dark_on_a_dark_one(self, tmp_path: Path) -> None:
        for dark, colours in ((False, LIGHT), (True, DARK)):
            seen = picture(html.compared(PIP_TWICE), tmp_path, size=(800, 480), dark=dark)
            assert len(seen.rows) == 480
            assert seen.pixel(2, 2) == colours["page"]
            assert {colours["panel"], colours["ink"], colours["left"], colours["right"], colours["bad"]} <= seen.colours
            assert {LIGHT["page"], DARK["page"]} & seen.colours == {colours["page"]}

    def test_no_script_is_run_even_if_one_got_in(self, tmp_path: Path) -> None:
        script = Markup("<script>document.title = 'owned'</script>")
        assert "<title>calm</title>" in elements(page("calm", script), tmp_path)
