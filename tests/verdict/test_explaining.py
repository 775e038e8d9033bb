"""What may explain a difference in which file, by the whole ladder; and that a comparison alone lifts no verdict."""

from __future__ import annotations

import gzip
import io
import json
import subprocess  # noqa: TID251 - compilers are programs; the ban protects src
import zipfile  # noqa: TID251 - a writer that is not ours
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.compare.test_pyc import SOURCE, compiled
from tests.compare.trees import zipped
from tests.support import SAMPLE, wheel_members
from tests.tools import need
from tests.verdict.zips import INFO, MEMBERS, PLAIN, archive, judged, side
from truewheel.compare import REASONS, Cause, Comparison, Difference, Kind, compare
from truewheel.compare.reasons import BUILD_TIME, COMPILER
from truewheel.errors import WheelError
from truewheel.verdict import Deviation, Judgement, Rung, explaining, judge
from truewheel.verdict.explaining import Sort, counting, sort_of
from truewheel.wheel import Wheel

METADATA, WHEEL, RECORD = (f"{INFO}/{name}" for name in ("METADATA", "WHEEL", "RECORD"))
ELF = b"\x7fELF" + bytes(60)


def _verdict(published: Mapping[str, bytes], rebuilt: Mapping[str, bytes]) -> Judgement:
    """Of two wheels that hold some files besides those of every wheel, with true RECORDs."""
    return judged(archive(wheel_members(dict(published))), archive(wheel_members(dict(rebuilt))))


def _of(verdict: Judgement, member: str) -> Deviation:
    return next(each for each in verdict.deviations if each.member == member)


def _causes(verdict: Judgement, member: str) -> set[str]:
    return {reason for reason, _ in _of(verdict, member).causes}


def _explained(name: str, published: bytes, rebuilt: bytes) -> set[str]:
    """The causes that count for one file; none where the verdict is that the wheels are different."""
    verdict = _verdict({name: published}, {name: rebuilt})
    assert verdict.rung is (Rung.EXPLAINED if _of(verdict, name).explained else Rung.DIFFERENT)
    assert _of(verdict, RECORD).follows
    return _causes(verdict, name)


class TestCode:
    """Nothing but line ends."""

    @pytest.mark.parametrize(
        "name", ["sample/a.py", f"{INFO}/entry_points.txt", "sample/a.bin", "sample/a.txt", METADATA]
    )
    def test_line_ends_alone(self, name: str) -> None:
        text = wheel_members()[METADATA] if name == METADATA else b"one\ntwo\n\n"
        assert _explained(name, text.replace(b"\n", b"\r\n"), text) == {"line-ends"}
        assert _explained(name, text, text.replace(b"\n", b"\r\n")) == {"line-ends"}

    def test_some_line_ends(self) -> None:
        assert _explained("sample/a.py", b"1\r\n2\n3\n", b"1\r\n2\r\n3\n") == {"line-ends"}

    @pytest.mark.parametrize(
        ("published", "rebuilt"),
        [
            (b"a = 1\r\nb = 2\r\n", b"a = 1\nb = 3\n"),
            (b"a = 1\rb = 2\r\n", b"a = 1\nb = 2\n"),
            (b"a\0\r\n", b"a\0\n"),
            (b"# built 2024-02-29 12:34:56\n", b"# built 2025-01-01 00:00:00\n"),
            (b"ROOT = '/tmp/pip-build-env-aaaa/x'\n", b"ROOT = '/tmp/pip-build-env-bbbb/x'\n"),
            (b"version = '1.0'\n", b"version = '1.1'\n"),
            (b"A = {'a', 'b', 'c'}\n", b"A = {'c', 'b', 'a'}\n"),
        ],
    )
    def test_nothing_else(self, published: bytes, rebuilt: bytes) -> None:
        for name in ("sample/a.py", "sample-1.0.data/scripts/a", f"{INFO}/entry_points.txt", "sample/a.js", "a.pth"):
            assert _explained(name, published, rebuilt) == set()

    def test_texts_that_are_too_large_are_not_read_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(explaining, "_LARGEST_TEXT", 8)
        assert _explained("sample/a.py", b"1\r\n" * 3, b"1\n" * 3) == set()

    def test_what_it_looks_like_is_told(self) -> None:
        verdict = _verdict({"a.py": b"t = '2024-02-29 12:34:56'\n"}, {"a.py": b"t = '2025-01-01 00:00:00'\n"})
        assert "it looks like the time of the build, which proves nothing here" in _of(verdict, "a.py").summary


class TestHeaders:
    """METADATA and WHEEL, field by field."""

    def _with(self, file: str, *changes: tuple[bytes, bytes]) -> set[str]:
        text = wheel_members()[file].replace(b"Version: 1.0\n", b"Version: 1.0\nClassifier: A\nClassifier: B\n", 1)
        text = text.replace(b"\n\n", b"\nRequires-Dist: other (>=1.0)\nRequires-Dist: third\n\n")
        published = text
        for old, new in changes:
            assert old in published
            published = published.replace(old, new)
        return _explained(file, published, text)

    def test_the_backends_version(self) -> None:
        assert self._with(WHEEL, (b"by-hand 1.0", b"by-hand 2.0")) == {"backend"}
        assert self._with(METADATA, (b"Metadata-Version: 2.1", b"Metadata-Version: 2.4")) == {"backend"}
        assert self._with(METADATA, (b"A sample.\n", b"A sample.\n\n\n")) == {"backend"}
        assert self._with(METADATA, (b"other (>=1.0)", b"other>=1.0")) == {"backend"}
        assert self._with(METADATA, (b"Classifier: A\nClassifier: B", b"Classifier: B\nClassifier: A")) == {
            "hash-order"
        }

    @pytest.mark.parametrize(
        "change",
        [
            (b"other (>=1.0)", b"other (>=1.1)"),
            (b"other (>=1.0)", b"ether (>=1.0)"),
            (b"Requires-Dist: third\n", b""),
            (b"Classifier: A", b"Classifier: C"),
            (b"Name: sample", b"Name: Sample"),
            (b"A sample.", b"A sample of 2024-02-29 12:34:56."),
        ],
    )
    def test_nothing_explains_what_is_required_and_said(self, change: tuple[bytes, bytes]) -> None:
        assert self._with(METADATA, change) == set()
        assert self._with(METADATA, change, (b"Metadata-Version: 2.1", b"Metadata-Version: 2.4")) == set()

    def test_nor_where_files_land(self) -> None:
        assert self._with(WHEEL, (b"Purelib: true", b"Purelib: false")) == set()
        assert self._with(WHEEL, (b"Purelib: true", b"Purelib: false"), (b"by-hand 1.0", b"by-hand 2.0")) == set()

    def test_tags_of_one_platform(self) -> None:
        linux, many = b"Tag: cp312-cp312-linux_x86_64", b"Tag: cp312-cp312-manylinux_2_17_x86_64"
        assert self._with(WHEEL, (b"Tag: py3-none-any", many)) == set()
        text = wheel_members()[WHEEL]
        both = [text.replace(b"Tag: py3-none-any", tag) for tag in (many, linux)]
        assert _explained(WHEEL, *both) == {"tag"}
        both[0] = both[0].replace(b"cp312-cp312", b"cp312-none")
        assert _explained(WHEEL, *both) == set()

    def test_a_line_that_only_some_readers_see(self) -> None:
        """Python's email parser ends lines at a carriage return; the field that hides in a value is a requirement."""
        hidden = (b"Metadata-Version: 2.1\n", b"Metadata-Version: 2.4\nDynamic: a\rRequires-Dist: evil\n")
        assert self._with(METADATA, hidden) == set()
        assert self._with(METADATA, (hidden[0], hidden[1].replace(b"\r", b" "))) == {"backend"}

    def test_evidence_is_cut(self) -> None:
        wheel = wheel_members()[WHEEL]
        verdict = _verdict({WHEEL: wheel.replace(b"by-hand", b"x" * 5000)}, {WHEEL: wheel})
        assert verdict.rung is Rung.EXPLAINED
        assert all(len(said) <= 1000 for _, said in _of(verdict, WHEEL).causes)


class TestRecord:
    def test_rows_in_another_order(self) -> None:
        rows = MEMBERS[RECORD].splitlines(keepends=True)
        verdict = judged(archive({**MEMBERS, RECORD: b"".join(reversed(rows))}), archive(MEMBERS))
        assert verdict.rung is Rung.EXPLAINED
        assert _causes(verdict, RECORD) == {"zip-tool"}

    def test_another_hash_that_is_true(self) -> None:
        """A row that is stronger than ours is one that was checked all the same."""
        verdict = judged(archive({**MEMBERS, RECORD: MEMBERS[RECORD].replace(b"\n", b"\r\n")}), archive(MEMBERS))
        assert verdict.rung is Rung.EXPLAINED


class TestMembers:
    def test_a_licence_that_moved(self) -> None:
        text = b"Permission is granted.\n" * 10
        verdict = _verdict({f"{INFO}/LICENSE": text}, {f"{INFO}/licenses/LICENSE": text})
        assert verdict.rung is Rung.EXPLAINED
        assert _causes(verdict, f"{INFO}/LICENSE") == _causes(verdict, f"{INFO}/licenses/LICENSE") == {"backend"}

    def test_a_licence_that_moved_and_changed(self) -> None:
        text = b"Permission is granted.\n" * 10
        verdict = _verdict({f"{INFO}/LICENSE": text + b"!"}, {f"{INFO}/licenses/LICENSE": text})
        assert verdict.rung is Rung.DIFFERENT

    def test_code_that_moved(self) -> None:
        text = b"import os\n" * 10
        assert _verdict({"sample/license.py": text}, {"sample/b/license.py": text}).rung is Rung.DIFFERENT

    def test_a_file_for_another_python(self) -> None:
        """Named like its partner, and so with a cause: nobody has looked at what is in it."""
        names = [f"sample/_c.cpython-3{minor}-x86_64-linux-gnu.so" for minor in (11, 12)]
        verdict = _verdict({names[0]: ELF}, {names[1]: ELF})
        assert verdict.rung is Rung.DIFFERENT
        assert len(verdict.unexplained) == 2

    def test_a_signature(self) -> None:
        verdict = judged(archive({**MEMBERS, f"{INFO}/RECORD.jws": b"{}"}), archive(MEMBERS))
        assert verdict.rung is Rung.EXPLAINED
        assert _causes(verdict, f"{INFO}/RECORD.jws") == {"signature"}

    def test_a_folder_that_is_called_otherwise(self) -> None:
        """The .dist-info folder of another spelling: the members in it are paired by `compare`, and by nobody here."""
        renamed = {name.replace(INFO, "Sample-1.0.dist-info"): data for name, data in wheel_members({}).items()}
        record = {name: data for name, data in renamed.items() if not name.endswith("RECORD")}
        published = wheel_members(record, without={"METADATA", "WHEEL", "RECORD"})
        published["Sample-1.0.dist-info/RECORD"] = renamed["Sample-1.0.dist-info/RECORD"].replace(
            b"sample-", b"Sample-"
        )
        verdict = judged(archive(published), archive(wheel_members({})))
        assert verdict.rung is Rung.DIFFERENT
        assert any("is called" in each.summary for each in verdict.unexplained)


class TestModes:
    CODE = "sample/code.py"

    def _verdict(self, mode: int, system: int, *, other: int = 0o100755) -> Judgement:
        def style(mode: int, system: int) -> bytes:
            return archive(
                MEMBERS, lambda name: replace(PLAIN, mode=mode, system=system) if name == self.CODE else PLAIN
            )

        return judged(style(mode, system), style(other, 3))

    @pytest.mark.parametrize("system", [0, 10, 14])
    def test_bits_that_windows_lost(self, system: int) -> None:
        verdict = self._verdict(0o100666, system)
        assert verdict.rung is Rung.EXPLAINED
        assert _causes(verdict, self.CODE) == {"platform"}

    @pytest.mark.parametrize(("mode", "system"), [(0o100666, 3), (0o100777, 0), (0o104666, 0), (0o100644, 7)])
    def test_bits_that_nothing_explains(self, mode: int, system: int) -> None:
        assert self._verdict(mode, system).rung is Rung.DIFFERENT

    def test_which_of_the_bits_are_set_is_transplanted(self) -> None:
        verdict = self._verdict(0o100744, 3)
        assert verdict.rung is Rung.ZIP_METADATA
        assert verdict.transplanted
        assert verdict.transplanted.fields == (("mode", 1),)


class TestData:
    def test_times_in_texts(self) -> None:
        one, other = b"Built on 2024-02-29 12:34:56.\n", b"Built on 2025-01-01 00:00:00.\n"
        assert _explained("sample/built.txt", one, other) == {"build-time"}
        assert _explained("sample/built.yaml", one, other) == set()

    def test_a_bill_of_materials(self) -> None:
        bills = [
            json.dumps({"serialNumber": f"urn:uuid:{digit * 8}-1111-4111-8111-111111111111", "version": 1}).encode()
            for digit in "ab"
        ]
        assert _explained(f"{INFO}/sboms/sample.cdx.json", *bills) == {"sbom-serial"}

    def test_compressed_files(self) -> None:
        one, other = (gzip.compress(b"{}" * 99, mtime=time) for time in (1, 2))
        assert _explained("sample/a.json.gz", one, other) == {"build-time"}
        changed = gzip.compress(b"[]" * 99, mtime=2)
        assert _explained("sample/a.json.gz", one, changed) == set()

    def test_archives(self) -> None:
        assert _explained("sample/a.zip", _zip(b"1\n", 2020), _zip(b"1\n", 2021)) == {"build-time"}
        assert _explained("sample/a.zip", _zip(b"1\n", 2020), _zip(b"2\n", 2021)) == set()
        assert _explained("sample/a.zip", _zip(b"1\n", 2020), _zip(b"1\n", 2020, "b.py")) == set()
        assert _explained("sample/a.zip", _zip(b"1\n", 2020, "a.so"), _zip(b"2\n", 2020, "a.so")) == set()
        text = [_zip(f"Built on {year}-01-01 00:00:00\n".encode(), 2020, "a.txt") for year in (2020, 2021)]
        assert _explained("sample/a.zip", *text) == {"build-time"}


def _zip(data: bytes, year: int, name: str = "a.py") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as writer:
        writer.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), data)
    return target.getvalue()


class TestBytecode:
    NAME = "sample/__pycache__/mod.cpython-3.pyc"

    def test_the_time_of_the_source(self) -> None:
        assert _explained(self.NAME, compiled(), compiled(first=1_600_000_000)) == {"bytecode-source"}

    def test_other_code(self) -> None:
        assert _explained(self.NAME, compiled(), compiled(SOURCE.replace("3.5", "4.5"))) == set()
        assert _explained(self.NAME, compiled(), compiled(magic=b"\x55\x0d\r\n")) == set()


class TestNative:
    def test_a_build_in_another_folder(self, tmp_path: Path) -> None:
        (gcc,) = need("gcc")
        made = []
        for folder in ("build-aaaa", "build-bbbb"):
            place = tmp_path / folder
            place.mkdir()
            (place / "a.c").write_text("int add(int a, int b) { return a + b; }\n")
            subprocess.run([gcc, "-g", "-shared", "-fPIC", "-o", "a.so", "a.c"], cwd=place, check=True)
            made.append((place / "a.so").read_bytes())
        assert "build-path" in _explained("sample/_c.so", *made)
        # What is Python source by its name isn't native, whatever it begins with.
        assert _explained("sample/_c.py", *made) == set()


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    (gcc,), (objcopy,) = need("gcc"), need("objcopy")
    place = tmp_path_factory.mktemp("toolchains")
    (place / "a.c").write_text("int add(int a, int b) { return a + b; }\n")
    (place / "b.c").write_text(
        "static int twice(int a) { return a * 2; }\nint add(int a, int b) { return twice(a) + b; }\n"
    )
    (place / "note").write_bytes(b"GCC: (Other 99) 99.1.0\0")

    def make(source: str, *options: str, other: bool = False) -> bytes:
        command: list[str | Path] = [gcc, "-g", "-shared", "-fPIC", "-Wl,--no-as-needed", "-o", "lib.so"]
        subprocess.run([*command, source, *options], cwd=place, check=True)
        if other:
            subprocess.run([objcopy, "--update-section", ".comment=note", "lib.so"], cwd=place, check=True)
        return (place / "lib.so").read_bytes()

    make("a.c", "-Wl,-soname,libother.so.1")
    (place / "lib.so").rename(place / "libother.so")
    return make


class TestToolchains:
    """A local rebuild of what another compiler made: the compilers' notes prove that, and not what is loaded."""

    def test_other_compilers(self, build: Callable[..., bytes]) -> None:
        assert {"compiler"} <= _explained("a.so", build("b.c", other=True), build("a.c"))

    def test_the_same_compiler(self, build: Callable[..., bytes]) -> None:
        """Then nothing explains other machine code."""
        assert _explained("a.so", build("b.c"), build("a.c")) == set()

    @pytest.mark.parametrize("option", ["-Wl,-rpath,/opt/python/lib", "-lm", "-lpthread"])
    def test_what_a_rebuild_may_load(self, build: Callable[..., bytes], option: str) -> None:
        assert {"compiler"} <= _explained("a.so", build("a.c", other=True), build("a.c", option))

    def test_the_systems_own_libraries(self, build: Callable[..., bytes]) -> None:
        assert {"compiler"} <= _explained("a.so", build("a.c", "-lm", other=True), build("a.c"))

    @pytest.mark.parametrize(
        "option", ["-Wl,-rpath,/tmp/evil", "-Wl,-soname,evil.so", "./libother.so", "-Wl,--audit=evil"]
    )
    def test_what_the_published_file_may_not(self, build: Callable[..., bytes], option: str) -> None:
        assert _explained("a.so", build("a.c", option, other=True), build("a.c")) == set()

    def test_other_run_paths(self, build: Callable[..., bytes]) -> None:
        """Two folders of builds, as `compare` sees it, and a folder that anybody may write to."""
        options = ["-Wl,-rpath,/tmp/pip-build-env-aaaa/lib", "-Wl,-rpath,/home/me/build/lib"]
        assert _explained("a.so", build("a.c", options[0], other=True), build("a.c", options[1])) == set()


@pytest.mark.parametrize(
    ("member", "heads", "sort"),
    [
        ("a.py", (ELF, ELF), Sort.CODE),
        ("a.PYW", (ELF,), Sort.CODE),
        ("a.so", (ELF, ELF), Sort.NATIVE),
        ("a.so", (ELF, b"MZ" + bytes(62)), Sort.CODE),
        ("a.so", (ELF, b"text"), Sort.CODE),
        ("lib.a", (b"!<arch>\n", b"!<arch>\n"), Sort.NATIVE),
        ("a-1.data/scripts/a", (ELF, ELF), Sort.NATIVE),
        ("a-1.data/scripts/a.txt", (b"#!", b"#!"), Sort.CODE),
        ("a.pyc", (b"ab\r\n", b"ab\r\n"), Sort.BYTECODE),
        ("a.pyc", (b"ab\r\n", b"abcd"), Sort.CODE),
        ("a.zip", (b"PK\3\4", b"PK\3\4"), Sort.ARCHIVE),
        ("a.zip", (b"PK\3\4", b"#!"), Sort.CODE),
        ("a.txt", (b"", b""), Sort.TEXT),
        ("a.unknown", (b"", b""), Sort.CODE),
        (f"{INFO}/RECORD", (), Sort.RECORD),
        (f"{INFO}/RECORD.p7s", (), Sort.SIGNATURE),
        (f"{INFO}/WHEEL", (), Sort.HEADERS),
        (f"{INFO}/sub/WHEEL", (), Sort.CODE),
        (f"{INFO}/licenses/COPYING.md", (), Sort.LICENCE),
        (f"{INFO}/licenses/COPYING.py", (), Sort.CODE),
        (f"{INFO}/entry_points.txt", (), Sort.CODE),
        (f"{INFO}/sboms/a.cdx.json", (), Sort.BILL),
        (f"{INFO}/top_level.txt", (ELF, ELF), Sort.CODE),
    ],
)
def test_what_a_member_is(member: str, heads: tuple[bytes, ...], sort: Sort) -> None:
    assert sort_of(member, *heads) is sort


@pytest.mark.parametrize("sure", [True, False])
def test_no_reason_explains_code_or_a_file_of_one_side(sure: bool) -> None:
    for reason in REASONS:
        cause = Cause(reason, "evidence", sure)
        assert counting(Difference("a.py", Kind.CONTENT, "", causes=(cause,)), Sort.CODE) == ()
        for sort in set(Sort) - {Sort.LICENCE, Sort.SIGNATURE}:
            assert counting(Difference("a", Kind.ONLY_LEFT, "", causes=(cause,)), sort) == ()
        assert counting(Difference("a", Kind.MODE, "", causes=(cause,)), Sort.NATIVE) == ()


def test_all_of_a_member_has_to_be_explained() -> None:
    known = Difference("one", Kind.CONTENT, "", causes=(Cause(COMPILER, ""),))
    other = Difference("other", Kind.CONTENT, "")
    assert counting(Difference("a.so", Kind.CONTENT, "", inside=(known,)), Sort.NATIVE)
    assert not counting(Difference("a.so", Kind.CONTENT, "", inside=(known, other)), Sort.NATIVE)
    follows = replace(other, follows=True)
    assert counting(Difference("a.so", Kind.CONTENT, "", inside=(known, follows)), Sort.NATIVE)
    assert not counting(Difference("a.txt", Kind.CONTENT, "", inside=(follows,)), Sort.TEXT)


class TestLies:
    """A comparison that says too little, or something else, lifts no verdict."""

    CODE = "sample/code.py"

    def _judged(self, *differences: Difference, changed: bool = True) -> Judgement:
        published = {**MEMBERS, self.CODE: MEMBERS[self.CODE] + b"#" * changed}
        one, other = archive(wheel_members(published) if changed else MEMBERS, replace(PLAIN, time=1)), archive(MEMBERS)
        true = compare(zipped(one, "wheel", SAMPLE), zipped(other, "wheel", SAMPLE))
        lies = Comparison(
            true.left, true.right, identical=True, contents_only=False, compared=9, differences=differences
        )
        return judge(side(one), side(other), lies)

    def test_that_nothing_differs(self) -> None:
        verdict = self._judged()
        assert verdict.rung is Rung.DIFFERENT
        assert "the contents differ" in _of(verdict, self.CODE).summary

    def test_that_there_is_a_cause(self) -> None:
        lie = Difference(self.CODE, Kind.CONTENT, "", causes=(Cause(BUILD_TIME, ""),), follows=True)
        assert self._judged(lie).rung is Rung.DIFFERENT

    def test_that_something_differs(self) -> None:
        """What is told and not found is a defect of somebody: no rung above."""
        assert self._judged(changed=False).rung is Rung.ZIP_METADATA
        lie = Difference(self.CODE, Kind.CONTENT, "", causes=(Cause(BUILD_TIME, ""),))
        assert self._judged(lie, changed=False).rung is Rung.DIFFERENT


def test_two_members_of_one_name_are_refused_as_values_too() -> None:
    published, other = archive(MEMBERS), archive(MEMBERS, replace(PLAIN, time=1))
    one = side(published)
    twice = Wheel(one.wheel.name, one.wheel.entries + one.wheel.entries[:1])
    comparison = compare(zipped(published, "wheel", SAMPLE), zipped(other, "wheel", SAMPLE))
    with pytest.raises(WheelError, match="same name"):
        judge(one._replace(wheel=twice), side(other), comparison)
