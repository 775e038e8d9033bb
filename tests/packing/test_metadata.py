"""METADATA: what people write becomes the same bytes everywhere, and every reader finds in it what they wrote."""

from __future__ import annotations

import email
import importlib.metadata
import os
import subprocess  # noqa: TID251 - other versions of packaging run in processes of their own
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.corpus import cache_folder, download
from tests.packing.abouts import ANY, FULL, FULL_TEXT, README
from truewheel.errors import RequestError
from truewheel.packing.metadata import checked, license_path, metadata
from truewheel.packing.model import About, Person, Readme
from truewheel.wheel.metadata import parse_metadata

LICENCES = ["lib/COPYING", "LICENSE", "LICENSE"]
PLAIN = About("sample", "1.0")

OLDER = {
    "packaging-24.2-py3-none-any.whl": "09abb1bccd265c01f4a3aa3f7a7db064b36514d2cba19a2f694fe6150451a759",
    "packaging-25.0-py3-none-any.whl": "29572ef2b1f17581046b3a2227d5c611fb25ec70ca1ba8554b24b0e69331a484",
}
"""The oldest packaging that is enough, and one that spells requirements and markers otherwise than today's."""


def test_a_project_that_says_everything() -> None:
    assert metadata(checked(FULL), LICENCES).decode() == FULL_TEXT


def test_a_project_that_says_nothing() -> None:
    assert metadata(checked(PLAIN), []) == b"Metadata-Version: 2.4\nName: sample\nVersion: 1.0\n"
    assert checked(replace(PLAIN, summary=" ", readme=Readme("\ufeff \n", "text/plain"))) == PLAIN


def test_what_is_checked_stays_as_it_is() -> None:
    once = checked(FULL)
    assert checked(once) == once
    assert metadata(checked(once), LICENCES) == metadata(once, LICENCES)


def test_packaging_reads_what_was_written() -> None:
    found = Metadata.from_email(metadata(checked(FULL), LICENCES), validate=True)
    assert (found.metadata_version, found.name, found.version) == ("2.4", "Zig.Lang", Version("0.12.0.dev1+abc"))
    assert found.summary == "A language, and a toolchain"
    assert found.description == README.replace("\r\n", "\n")
    assert found.keywords == ["zig", "c compiler"]
    assert found.license_expression == "MIT OR (Apache-2.0 WITH LLVM-exception)"
    assert found.license_files == ["LICENSE", "lib/COPYING"]
    assert found.requires_python == SpecifierSet(">=3.8,<4")
    assert found.project_urls == FULL.urls
    assert found.provides_extra == ["none", "t-e"]
    assert found.requires_dist == [
        Requirement("foo[a,b-x]>=1,<2; os_name == 'nt' or python_version < '3.9'"),
        Requirement("q @ https://e.org/q.whl ; os_name == 'nt'"),
        Requirement("foo; (os_name == 'nt' or os_name == 'posix') and extra == 't-e'"),
        Requirement("bar; os_name == 'nt' and extra == 't-e'"),
        Requirement("baz; extra == 't-e'"),
    ]


def test_email_and_importlib_and_our_own_reader_agree(tmp_path: Path) -> None:
    data = metadata(checked(FULL), LICENCES)
    folder = tmp_path / "zig_lang-0.12.0.dev1+abc.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_bytes(data)
    theirs = importlib.metadata.Distribution.at(folder).metadata
    message = email.message_from_bytes(data)
    for name in {*theirs} - {"Description", "Author-email"}:
        assert theirs.get_all(name) == message.get_all(name)
    assert theirs.get_all("Author-email") == ['"Zoë Õ." <zoe@example.org>, Bo Ö <team@example.org>']
    people = email.utils.getaddresses([theirs["Maintainer-email"], theirs["Author-email"]])
    assert people[0] == ('J. "Jay" \\ R', "j@example.org")
    assert people[1:] == [("Zoë Õ.", "zoe@example.org"), ("Bo Ö", "team@example.org")]
    ours = parse_metadata(data)
    assert (ours.name, ours.version, ours.license_files) == ("Zig.Lang", "0.12.0.dev1+abc", ("LICENSE", "lib/COPYING"))


HATCHLING = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "Zig.Lang"
version = "v0.12.0-dev.1"
description = "A language"
readme = {file = "README.md", content-type = "text/markdown"}
license = "mit or (apache-2.0 with llvm-exception)"
license-files = ["LICENSE*"]
requires-python = ">= 3.8, <4"
authors = [{name = "Ada Byron"}, {name = "Zoë Õ.", email = "zoe@example.org"}, {email = "team@example.org"}]
maintainers = [{name = "Bea B.", email = "b@example.org"}, {name = "Cyd"}]
keywords = ["zig", "compiler"]
classifiers = ["Private :: Do Not Upload", "Typing :: Typed"]
urls = {Homepage = "https://example.org/", Issues = "https://example.org/i"}
dependencies = ["Foo[b_x,A] >= 1 , < 2 ; os_name=='nt' or python_version<'3.9'", "colorama"]
[project.optional-dependencies]
T_e = ["foo;os_name=='nt' or os_name=='posix'", "baz"]
[tool.hatch.build.targets.wheel]
bypass-selection = true
"""


def test_hatchling_says_the_same_of_the_same_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(HATCHLING, encoding="utf-8")
    (tmp_path / "README.md").write_text("# Zig\n\nÄ.\n", encoding="utf-8")
    (tmp_path / "LICENSE.txt").write_text("Do.\n", encoding="utf-8")
    (tmp_path / "made").mkdir()
    script = "import sys, hatchling.build as b; print(b.prepare_metadata_for_build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", script, str(tmp_path / "made")]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    theirs = Metadata.from_email((tmp_path / "made" / done.stdout.split()[-1] / "METADATA").read_bytes())
    about = About(
        name="Zig.Lang",
        version="v0.12.0-dev.1",
        summary="A language",
        readme=Readme("# Zig\n\nÄ.\n", "text/markdown"),
        license="mit or (apache-2.0 with llvm-exception)",
        requires_python=">= 3.8, <4",
        authors=(Person("Ada Byron"), Person("Zoë Õ.", "zoe@example.org"), Person("", "team@example.org")),
        maintainers=(Person("Bea B.", "b@example.org"), Person("Cyd")),
        keywords=("zig", "compiler"),
        classifiers=("Private :: Do Not Upload", "Typing :: Typed"),
        urls={"Homepage": "https://example.org/", "Issues": "https://example.org/i"},
        dependencies=("Foo[b_x,A] >= 1 , < 2 ; os_name=='nt' or python_version<'3.9'", "colorama"),
        extras={"T_e": ("foo;os_name=='nt' or os_name=='posix'", "baz")},
    )
    ours = Metadata.from_email(metadata(checked(about), ["LICENSE.txt"]))
    assert (ours.name, ours.version, ours.summary) == (theirs.name, theirs.version, theirs.summary)
    assert (ours.description, ours.description_content_type) == (theirs.description, theirs.description_content_type)
    assert (ours.license_expression, ours.license_files) == (theirs.license_expression, theirs.license_files)
    assert (ours.author, ours.maintainer) == (theirs.author, theirs.maintainer)
    assert (ours.author_email, ours.maintainer_email) == (theirs.author_email, theirs.maintainer_email)
    assert (ours.project_urls, ours.requires_python) == (theirs.project_urls, theirs.requires_python)
    assert (ours.provides_extra, ours.classifiers) == (theirs.provides_extra, theirs.classifiers)
    assert sorted(ours.keywords or ()) == sorted(theirs.keywords or ())  # hatchling sorts them
    assert set(ours.requires_dist or ()) == set(theirs.requires_dist or ())


@pytest.mark.parametrize("file", OLDER)
def test_the_bytes_do_not_depend_on_the_packaging_installed(file: str) -> None:
    script = (
        "import sys, packaging; from tests.packing.abouts import FULL\n"
        "from truewheel.packing.metadata import checked, metadata\n"
        "sys.stdout.buffer.write(packaging.__version__.encode() + b'\\n' + metadata(checked(FULL), sys.argv[1:]))"
    )
    older = download(file, OLDER[file], cache_folder())  # a pure wheel can be imported from as it is
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join(map(str, (older, root / "src", root, root / "scripts")))
    command = [sys.executable, "-c", script, *LICENCES]
    done = subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": paths})
    version, _, data = done.stdout.partition(b"\n")
    assert version.decode() == file.split("-")[1]
    assert data.decode() == FULL_TEXT


@given(ANY)
def test_whatever_is_accepted_is_read_back_and_nothing_else_comes_out(about: About) -> None:
    try:
        once = checked(about)
    except RequestError as error:
        said = error
    else:
        assert checked(once) == once
        _check_round_trip(once)
        return
    assert said.what.partition(":")[0] in KEYS
    assert str(said).isprintable()


KEYS = {
    *("name", "version", "description", "readme", "license", "license-files", "requires-python", "authors", "urls"),
    *("maintainers", "keywords", "classifiers", "dependencies", "optional-dependencies"),
}


@given(ANY, st.data())
def test_every_field_by_itself_is_read_back(about: About, data: st.DataObject) -> None:
    """Of a project with all fields from chance hardly any is accepted; so one field is put into a right project."""
    field = data.draw(st.sampled_from([field.name for field in fields(About)]))
    try:
        once = checked(replace(PLAIN, **{field: getattr(about, field)}))
    except RequestError:
        return
    _check_round_trip(once)


def _check_round_trip(about: About) -> None:
    """That packaging, strictly, and the readers of mail find in METADATA what the project says, and no more."""
    data = metadata(about, ["LICENSE", "a b/Ä"])
    found = Metadata.from_email(data, validate=True)
    assert (found.name, found.version) == (about.name, Version(about.version))
    assert (found.summary or "") == about.summary
    assert (found.description or None) == (about.readme.text if about.readme else None)
    assert (found.description_content_type or None) == (about.readme.content_type if about.readme else None)
    assert (found.license_expression or "") == about.license
    assert found.license_files == ["LICENSE", "a b/Ä"]
    assert (found.requires_python or SpecifierSet()) == SpecifierSet(about.requires_python)
    assert (found.keywords or []) == list(about.keywords)
    assert (found.classifiers or []) == list(about.classifiers)
    assert (found.project_urls or {}) == about.urls
    assert list(map(str, found.provides_extra or [])) == sorted(about.extras)
    count = len(about.dependencies) + sum(map(len, about.extras.values()))
    assert len(found.requires_dist or []) == count
    assert [Requirement(text) for text in about.dependencies] == (found.requires_dist or [])[: len(about.dependencies)]
    mails = email.utils.getaddresses([found.author_email or "", found.maintainer_email or ""])
    everybody = (*about.authors, *about.maintainers)
    assert [mail for _, mail in mails if mail] == [person.email for person in everybody if person.email]
    headers = data.partition(b"\n\n")[0].removesuffix(b"\n").split(b"\n")
    assert len(headers) == len(email.message_from_bytes(data).keys())


def test_the_longest_that_indexes_take() -> None:
    about = checked(replace(FULL, summary="x" * 512, urls={"y" * 32: "https://e.org"}))
    assert len(about.summary) == 512
    assert list(about.urls) == ["y" * 32]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "a b", r"^name: 'a b' is no name"),
        ("name", "-a", "no name"),
        ("name", "", "there is an empty text"),
        ("name", "\u017f", "no name"),
        ("name", "a" * 101, "no name"),
        ("version", "latest", "^version: 'latest' is no version"),
        ("version", "1" * 5000, "no version"),
        ("version", "1.0\nEvil: yes", "more than one line"),
        ("summary", "one\ntwo", "^description: 'one\\\\ntwo' has more than one line"),
        ("summary", "x" * 513, "it has 513 characters, and the index takes 512"),
        ("summary", "a\x85b", r"the control character U\+0085"),
        ("summary", "\ud800", "not Unicode"),
        ("readme", Readme("x", "text/html"), "content type 'text/html' is not known"),
        ("readme", Readme("x", "text/markdown; variant=Pandoc"), "says 'variant=Pandoc'"),
        ("readme", Readme("x", "text/markdown; x"), "says 'x'"),
        ("readme", Readme("x", "text/markdown; charset=latin-1"), "says 'charset=latin-1'"),
        ("readme", Readme("x", "text/x-rst; variant=GFM"), "has a variant"),
        ("readme", Readme("x", "text/plain; charset=UTF-8; charset=UTF-8"), "says something twice"),
        ("readme", Readme("x\udc80", "text/plain"), "not Unicode"),
        ("readme", Readme("x\0", "text/plain"), "holds a NUL"),
        ("license", "Apache 2.0", "^license: 'Apache 2.0' is no licence expression"),
        ("license_files", ("../LICENSE",), "^license-files: '../LICENSE' leads out"),
        ("license_files", ("a\\b",), "leads out"),
        ("license_files", ("/a",), "leads out"),
        ("license_files", ("",), "empty text"),
        ("requires_python", "3.8", "^requires-python: '3.8' is no set of version specifiers"),
        ("requires_python", ",", "no set"),
        ("authors", (Person(),), "^authors: somebody has neither name nor email"),
        ("authors", (Person("a, b"),), "has a comma"),
        ("maintainers", (Person("a", "b"),), "^maintainers: 'b' is no e-mail address"),
        ("maintainers", (Person("a", "b@c\r\nX: d"),), "more than one line"),
        ("maintainers", (Person("a", f"{'b' * 250}@c.de"),), "no e-mail address"),
        ("keywords", ("a,b",), "^keywords: 'a,b' has a comma"),
        ("keywords", ("a", ""), "empty text"),
        ("classifiers", ("Topic",), "^classifiers: 'Topic' is no classifier"),
        ("classifiers", ("Topic::A",), "no classifier"),
        ("classifiers", ("A :: B ::C",), "no classifier"),
        ("classifiers", ("A :: B", "A :: B"), "is there twice"),
        ("urls", {"a,b": "https://e.org"}, "^urls: 'a,b' is no label"),
        ("urls", {"x" * 33: "https://e.org"}, "no label"),
        ("urls", {"!": "https://e.org"}, "no label"),
        ("urls", {"Home Page": "https://e.org", "home-page": "https://e.org"}, "are the same label"),
        ("urls", {"a": "ftp://e.org"}, "leads to 'ftp://e.org', which is no address"),
        ("urls", {"a": "https://"}, "no address"),
        ("urls", {"a": "https://ä.org"}, "no address"),
        ("urls", {"a": "https://e.org/a b"}, "no address"),
        ("dependencies", ("a b",), "^dependencies: 'a b' is no requirement"),
        ("dependencies", ("a; extra == 'x'",), "asks for an extra"),
        ("dependencies", ("a; os_name == '\\x'",), "a backslash"),
        ("dependencies", (f"a; {'(' * 5000}os_name == 'nt'{')' * 5000}",), "too many parentheses"),
        ("extras", {"a b": ()}, "^optional-dependencies: 'a b' is no name"),
        ("extras", {"a_b": (), "A-b": ()}, "'a_b' and 'A-b' are the same extra"),
        ("extras", {"a": ("b>>1",)}, "^optional-dependencies: 'b>>1' is no requirement"),
    ],
)
def test_what_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        checked(replace(PLAIN, **{field: value}))  # type: ignore[arg-type]  # a field by its name


def test_a_classifier_for_a_licence_may_stand_where_no_expression_does() -> None:
    spoken = replace(PLAIN, classifiers=("License :: OSI Approved :: MIT License",))
    assert checked(spoken) == spoken
    with pytest.raises(RequestError, match="stands beside a licence expression"):
        checked(replace(spoken, classifiers=("license :: Other",), license="MIT"))
    with pytest.raises(RequestError, match="stands beside a licence expression") as refused:
        checked(replace(spoken, license="MIT"))
    assert refused.value.hint == "leave the classifier out: the expression says it"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("1.2.x", "write 1.2, or"),
        ("2024-01-02", "write 2024.1.2, or"),
        ("1.2.3-SNAPSHOT", "write 1.2.3.dev0, or"),
        ("1.2-nightly.20240101", "write 1.2.dev20240101, or"),
        ("release-1.2", "write 1.2, or"),
        ("latest", "write 1.0, or"),
    ],
)
def test_versions_that_are_none_get_one_that_may_be_meant(written: str, hint: str) -> None:
    with pytest.raises(RequestError) as refused:
        checked(replace(PLAIN, version=written))
    assert refused.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (license_path, "a/../b"),
        (license_path, "/a"),
        (license_path, "a\\b"),
        (license_path, "a*"),
        (license_path, "LICENSE..txt"),
        (license_path, " a"),
        (license_path, "a\nb"),
        (license_path, "a\udc80"),
        (license_path, ""),
        (lambda path: metadata(PLAIN, [path]), "a/../b"),
    ],
)
def test_paths_that_license_file_cannot_have(made: Callable[[str], object], path: str) -> None:
    with pytest.raises(RequestError, match=r"^license-files: "):
        made(path)


def test_even_what_nobody_checked_ends_no_header() -> None:
    with pytest.raises(RequestError, match="more than one line"):
        metadata(replace(PLAIN, summary="a\nEvil: b"), [])
