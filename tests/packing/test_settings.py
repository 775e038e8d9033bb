"""[tool.truewheel.pack]: what a document asks to pack, and what is wrong in one that asks for nothing sensible."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.errors import RequestError
from truewheel.packing.model import Layout, Packing, Person, Program, Readme, Target
from truewheel.packing.settings import packing_of
from truewheel.packing.settings_about import METADATA
from truewheel.packing.settings_targets import SHARED

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACK = '[tool.truewheel.pack]\nname = "zig"\nversion = "1.0"\n'
TARGETS = '[tool.truewheel.pack.targets]\nlinux = "zig.tar.xz"\n'
HASH = "0123456789abcdef" * 4


class Folder:
    """Files of a project in memory."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self.files = dict(files or {})

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise RequestError("there is no such file")
        return self.files[path]


def read(text: str, files: Mapping[str, bytes] | None = None, version: str | None = None) -> Packing:
    return packing_of(tomllib.loads(text), Folder(files), version=version)


def packing(keys: str, files: Mapping[str, bytes] | None = None) -> Packing:
    """Of a sound table with more keys."""
    return read(f"{PACK}{keys}\n{TARGETS}", files)


def target(keys: str, common: str = "") -> Target:
    """The only target, of a table with these keys."""
    [found] = read(f"{PACK}{common}\n[tool.truewheel.pack.targets.linux]\n{keys}").targets
    return found


def refused(text: str, *, version: str | None = None) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read(text, version=version)
    return caught.value


# --- metadata ------------------------------------------------------------------------------------------------
def test_the_least() -> None:
    found = read(PACK + TARGETS)
    assert (found.about.name, found.about.version) == ("zig", "1.0")
    assert found.about.license_files is None
    assert found.about.readme is None
    assert found.targets == (Target("linux", "zig.tar.xz", layout=Layout(into="zig")),)
    assert (found.build, dict(found.added), found.exclude_libraries) == ("", {}, ())


ALL_METADATA = """
description = "A compiler"
readme = { text = "# Zig", content-type = "text/markdown" }
license = "mit"
license-files = ["LICENSE", "lib/**/COPYING*"]
requires-python = ">=3.8"
authors = [{ name = "Ann" }, { email = "bob@example.org" }]
maintainers = [{ name = "Cy", email = "cy@example.org" }]
keywords = ["compiler", "zig"]
classifiers = ["Topic :: Software Development"]
urls = { Homepage = "https://example.org" }
dependencies = ["packaging >= 24"]
optional-dependencies = { more = ["rich"] }
"""


@pytest.mark.parametrize("inherited", [False, True])
def test_all_metadata_stand_in_one_of_two_tables(inherited: bool) -> None:
    head = "[project]\nname = 'zig'\nversion = '1.0'\n" if inherited else PACK
    about = read(f"{head}{ALL_METADATA}{TARGETS}").about
    assert about.summary == "A compiler"
    assert about.readme == Readme("# Zig\n", "text/markdown")
    assert about.license == "MIT"
    assert about.license_files == ("LICENSE", "lib/**/COPYING*")
    assert about.requires_python == ">=3.8"
    assert about.authors == (Person("Ann"), Person(email="bob@example.org"))
    assert about.maintainers == (Person("Cy", "cy@example.org"),)
    assert about.keywords == ("compiler", "zig")
    assert about.classifiers == ("Topic :: Software Development",)
    assert dict(about.urls) == {"Homepage": "https://example.org"}
    assert [text.replace(" ", "") for text in about.dependencies] == ["packaging>=24"]
    assert [text.partition(";")[0].strip() for text in about.extras["more"]] == ["rich"]


def test_a_table_with_a_name_takes_nothing_from_the_project() -> None:
    about = read(f"[project]\nname = 'other'\nversion = '7'\ndependencies = ['x']\n{PACK}{TARGETS}").about
    assert (about.name, about.version, about.dependencies) == ("zig", "1.0", ())


@pytest.mark.parametrize(
    ("readme", "content_type"),
    [("README.md", "text/markdown"), ("docs/ABOUT.RST", "text/x-rst"), ("a.txt", "text/plain")],
)
def test_the_readme_is_a_file_whose_name_tells_its_type(readme: str, content_type: str) -> None:
    files = {readme: "\ufeffÄ\r\nb\rc\n".encode()}
    assert packing(f"readme = '{readme}'", files).about.readme == Readme("Ä\nb\nc\n", content_type)
    assert packing(f"readme = {{ file = '{readme}' }}", files).about.readme == Readme("Ä\nb\nc\n", content_type)
    given = packing(f"readme = {{ file = '{readme}', content-type = 'text/plain' }}", files).about.readme
    assert given == Readme("Ä\nb\nc\n", "text/plain")


@pytest.mark.parametrize(
    ("readme", "said"),
    [
        ("'README'", "ends in none of .md, .rst, .txt"),
        ("'gone.md'", "no such file"),
        ("'bad.md'", "is not UTF-8: byte 0xff at 1"),
        ("'../x.md'", "is no path for a file"),
        ("'/x.md'", "is no path for a file"),
        ("''", "is no path for a file"),
        ("1", "is an integer; it should be the path of a file, or a table"),
        ("{}", "either file or text"),
        ("{ file = 'README', text = '' }", "either file or text"),
        ("{ text = 'x' }", "has no content-type"),
        ("{ text = 'x', content-type = 1 }", "content-type is an integer"),
        ("{ text = 'x', content-type = 'text/html' }", "readme"),
        ("{ file = 'README', charset = 'UTF-8' }", "no key charset"),
    ],
)
def test_readmes_that_are_none(readme: str, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        packing(f"readme = {readme}", {"README": b"", "bad.md": b"a\xff"})
    assert said in caught.value.what


def test_version_may_come_from_elsewhere() -> None:
    without = PACK.replace('version = "1.0"\n', "")
    assert read(without + TARGETS, version="2.0").about.version == "2.0"
    assert read(PACK + TARGETS, version="2.0").about.version == "2.0"
    assert "--version" in refused(without + TARGETS).hint
    dynamic = f"[project]\nname = 'zig'\ndynamic = ['version']\n{TARGETS}"
    assert read(dynamic, version="2.0").about.version == "2.0"
    assert refused(dynamic).hint == "--version"


# --- targets -------------------------------------------------------------------------------------------------
def test_targets_keep_their_order_and_fill_names_in() -> None:
    text = f"""{PACK.replace("1.0", "1.0.0-rc1")}
        [tool.truewheel.pack.targets]
        "z 2" = "{{name}}-{{version}}/{{label}}{{{{x}}}}.zip"
        remote = "https://example.org/{{version}}.zip#sha256={HASH.upper()}"
        here = "a.zip#sha256={HASH.upper()}"
        called = "a.zip#sha256=abc"
        [tool.truewheel.pack.targets.a]
        url = "HTTP://example.org/{{name}}/{{label}}"
        sha256 = "{HASH}"
        """
    found = read(text)
    assert found.about.version == "1.0.0rc1"
    assert [(one.label, one.source, one.sha256) for one in found.targets] == [
        ("z 2", "zig-1.0.0-rc1/z 2{x}.zip", ""),
        ("remote", "https://example.org/1.0.0-rc1.zip", HASH),
        ("here", "a.zip", HASH),
        ("called", "a.zip#sha256=abc", ""),
        ("a", "HTTP://example.org/zig/a", HASH),
    ]
    assert [one.remote for one in found.targets] == [False, True, False, False, True]


LAYOUT = """
strip = 2
include = ["bin/", "lib"]
exclude = ["**/*.a"]
rename = { "bin/" = "", "lib/" = "data/lib/", "a b" = "c" }
into = "zig_/inner"
data = ["share"]
foreign = ["lib/other"]
programs = { zig = "zig.exe", cc = { path = "bin/cc.EXE", script = true }, "c++" = { script = false } }
plat = ["manylinux_2_28_x86_64"]
"""


@pytest.mark.parametrize("common", [False, True])
def test_layout_stands_in_the_target_or_for_all(common: bool) -> None:
    path = 'path = "x.zip"\n'
    found = target(path, LAYOUT) if common else target(path + LAYOUT)
    assert found.layout == Layout(
        strip=2,
        include=("bin/", "lib"),
        exclude=("**/*.a",),
        rename={"bin/": "", "lib/": "data/lib/", "a b": "c"},
        into="zig_/inner",
        data=("share",),
        foreign=("lib/other",),
    )
    assert found.programs == (
        Program("c++", "c++"),
        Program("cc", "bin/cc", script=True),
        Program("zig", "zig"),
    )
    assert found.platforms == ("manylinux_2_28_x86_64",)


def test_a_target_overrides_key_for_key() -> None:
    assert target("path = 'x'\nstrip = 1_000").layout.strip == 1_000
    found = target("path = 'x'\nstrip = 0\ninclude = []\nprograms = []\nplat = 'win_arm64'\nrename = {}", LAYOUT)
    assert (found.layout.strip, found.layout.include, found.layout.exclude) == (0, (), ("**/*.a",))
    assert dict(found.layout.rename) == {}
    assert found.programs == ()
    assert found.platforms == ("win_arm64",)


@pytest.mark.parametrize(
    ("programs", "found"),
    [
        ("[]", ()),
        ("{}", ()),
        ("['zig', 'cc']", (Program("cc", "cc"), Program("zig", "zig"))),
    ],
)
def test_programs_may_be_a_list_of_commands(programs: str, found: tuple[Program, ...]) -> None:
    assert target(f"path = 'x'\nprograms = {programs}").programs == found


def test_programs_that_nobody_names_are_looked_for() -> None:
    assert target("path = 'x'").programs is None


def test_the_package_is_called_as_the_project() -> None:
    found = read(f"{PACK.replace('zig', 'Zig-Lang.Dev')}{TARGETS}")
    assert found.targets[0].layout.into == "zig_lang_dev"


def test_the_other_keys() -> None:
    found = packing("build = 3\nexclude-libraries = ['libcuda*']\nadd = { 'a/py.typed' = 'src/py.typed' }")
    assert (found.build, found.exclude_libraries, dict(found.added)) == (
        "3",
        ("libcuda*",),
        {"a/py.typed": "src/py.typed"},
    )
    assert packing("build = '1_beta'").build == "1_beta"


# --- what is wrong -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("", "there is no [tool.truewheel.pack]", "--init"),
        ("tool = 1", "[tool] is not a table", ""),
        ("[tool]\ntruewheel = []", "[tool.truewheel] is not a table", ""),
        ("[tool.truewheel]\npack = 'x'", "[tool.truewheel.pack] is not a table", ""),
        ("[tool.truewheel.pack]", "no name, and there is no [project]", "--name"),
        ("[tool.truewheel.pack]\n[project]", "[project] has no name", ""),
        ("project = 1\n[tool.truewheel.pack]", "[project] is not a table", ""),
        ("[tool.truewheel.pack]\nversion = '1'\n[project]\nname = 'x'", "has version, and no name", "[project]"),
        (PACK, "has no targets", "targets] linux"),
        (f"{PACK}targets = {{}}", "has no targets", ""),
        (f"{PACK}targets = []", "targets is a list; it should be a table", ""),
        (f"{PACK}licence = 'MIT'", "[tool.truewheel.pack] has no key licence", "did you mean license?"),
        (f"{PACK}summary = 'x'", "no key summary", "called description"),
        (f"{PACK}scripts = {{}}", "no key scripts", "named by programs"),
        (f"{PACK}qqqq = 1", "no key qqqq", "it may have add, authors, build"),
        (f'{PACK}"a b\\u001b" = 1', 'no key "a b\\u001b"', ""),
        (f"{PACK}{'q' * 5000} = 1", "has no key", "it may have"),
        (f"{PACK}license = {{ text = 'x' }}", "license is a table; it should be an SPDX expression", "PEP 639"),
        (f"{PACK}license = 'nope'", "[tool.truewheel.pack] license", ""),
        (f"{PACK}keywords = 'x'", "keywords is a string; it should be a list of strings", ""),
        (f"{PACK}keywords = [1.5]", "keywords holds a float", ""),
        (f"{PACK}description = 1979-05-27", "description is a date or a time", ""),
        (f"{PACK}description = true", "description is true or false; it should be a string", ""),
        (f"{PACK}urls = {{ a = 1 }}", "[tool.truewheel.pack.urls] a is an integer; it should be an address", ""),
        (f"{PACK}urls = 'x'", "urls is a string; it should be a table", ""),
        (f"{PACK}authors = {{}}", "authors is a table; it should be a list of tables", ""),
        (f"{PACK}authors = ['Ann']", "authors holds a string", ""),
        (f"{PACK}authors = [{{ mail = 'x' }}]", "has no key mail", "did you mean email?"),
        (f"{PACK}license-files = ['../LICENSE']", "license-files: '../LICENSE' is no pattern", ""),
        (f"{PACK}optional-dependencies = {{ a = 'x' }}", "optional-dependencies] a is a string", ""),
        (f"{PACK}{TARGETS}[tool.truewheel.pack.add]\n'../x' = 'a'", "is no path for a file", ""),
        (f"{PACK}{TARGETS}[tool.truewheel.pack.add]\nx = '/a'", "add] x: ", ""),
        (f"{PACK}{TARGETS}[tool.truewheel.pack.add]\nx = 'a/'", "ends in a slash", ""),
        (f"{PACK}build = -1\n{TARGETS}", "no build number", ""),
        (f"{PACK}build = 'x'\n{TARGETS}", "no build number", ""),
        (f"{PACK}build = true\n{TARGETS}", "build is true or false", ""),
        (f"{PACK}build = 0x{'f' * 9000}\n{TARGETS}", "no build number", ""),
        (f"[project]\nname = 'x'\nversion = '1'\nscripts = {{ a = 'b:c' }}\n{TARGETS}", "would be lost", "`programs`"),
        (f"[project]\nname = 'x'\nversion = '1'\ndynamic = ['readme']\n{TARGETS}", "readme is dynamic", "of its own"),
        (f"[project]\nname = 'x'\nversion = '1'\nimport-names = ['b']\n{TARGETS}", "would be lost", "2.4"),
        (
            f"[project]\nname = 'x'\nversion = '1'\nkeyword = ['b']\n{TARGETS}",
            "no key keyword",
            "did you mean keywords",
        ),
    ],
)
def test_what_is_wrong_is_said_with_key_and_table(text: str, said: str, hint: str) -> None:
    error = refused(text)
    assert said in error.what
    assert hint in error.hint
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("keys", "said", "hint"),
    [
        ("", "targets.linux] should have either path or url", ""),
        ("path = 'a'\nurl = 'https://b'", "either path or url", ""),
        ("path = ''", "path is empty", ""),
        ('path = "a\\u0000"', "a NUL", ""),
        ("path = 1", "path is an integer; it should be the path of an archive", ""),
        ("path = 'https://x'", "path is an address", "write url"),
        ("path = '{os}'", "nothing stands for {os}", "{name}, {version}, {label}"),
        ("path = 'a{'", "nothing stands for {", "written twice"),
        ("url = 'x.zip'", "doesn't start with https://", "path"),
        ("url = 'file:///x'", "doesn't start with https://", ""),
        ("url = 'https://x'", "has an address and no sha256", "#sha256="),
        (f"url = 'https://x y'\nsha256 = '{HASH}'", "characters that addresses don't have", "%XX"),
        (f'url = "https://x\\u007f"\nsha256 = "{HASH}"', "characters that addresses don't have", "%XX"),
        (f"url = 'https://x#{HASH}'\nsha256 = '{HASH}'", "has a fragment", "sha256"),
        ("path = 'x'\nsha256 = 'abc'", "sha256 is no hash", ""),
        ("path = 'x'\nsha256 = ''", "sha256 is no hash", ""),
        (f"path = 'x'\nsha256 = '{'g' * 64}'", "sha256 is no hash", ""),
        ("path = 'x'\nsha265 = ''", "targets.linux] has no key sha265", "did you mean sha256?"),
        ("path = 'x'\nname = 'y'", "has no key name", ""),
        ("path = 'x'\nstrip = '1'", "strip is a string; it should be a number of folders, 0 to 1,000", "without it"),
        ("path = 'x'\nstrip = true", "strip is true or false", ""),
        ("path = 'x'\nstrip = -1", "out of range", ""),
        ("path = 'x'\nstrip = 1001", "out of range", ""),
        (f"path = 'x'\nstrip = 0x{'f' * 9000}", "out of range", ""),
        ("path = 'x'\ninclude = 'bin'", "include is a string; it should be a list of globs", ""),
        ("path = 'x'\ndata = ['/usr']", "data: '/usr' is no pattern for files: it is absolute", "without a slash"),
        ("path = 'x'\nrename = { a = 'b/' }", "a can't become 'b/'", "a folder has a slash"),
        ("path = 'x'\nrename = { 'a/' = 'b' }", "can't become 'b'", ""),
        ("path = 'x'\nrename = { 'a' = '' }", "can't become ''", ""),
        ("path = 'x'\nrename = { '/' = 'b/' }", "can't become", ""),
        ("path = 'x'\nrename = { 'a/' = '../' }", "is no path for a file", ""),
        ("path = 'x'\nrename = { 'a' = 'con' }", "device on Windows", ""),
        ("path = 'x'\ninto = 'a.b'", "into is 'a.b', which is no package", "ziglang/lib"),
        ("path = 'x'\ninto = ''", "is no package", ""),
        ("path = 'x'\ninto = 'a//b'", "is no package", ""),
        ("path = 'x'\ninto = 'class'", "is no package", ""),
        ("path = 'x'\ninto = 'ä'", "is no package", ""),
        ("path = 'x'\nprograms = 1", "programs is an integer; it should be a table of commands", ""),
        ("path = 'x'\nprograms = [1]", "programs holds an integer", ""),
        ("path = 'x'\nprograms = { a = 1 }", "programs] a is an integer; it should be a path, or a table", ""),
        ("path = 'x'\nprograms = { a = { script = 'yes' } }", "script is a string; it should be true or false", ""),
        ("path = 'x'\nprograms = { a = { scripts = true } }", "no key scripts", "did you mean script?"),
        ("path = 'x'\nprograms = { a = '../a' }", "is no path for a file", ""),
        ("path = 'x'\nprograms = ['a', 'A']", "has A twice", ""),
        ("path = 'x'\nprograms = ['a', 'a']", "has a twice", ""),
        ("path = 'x'\nprograms = ['a b']", "'a b' is no name for a command", ""),
        ("path = 'x'\nprograms = ['-a']", "is no name for a command", ""),
        ("path = 'x'\nprograms = ['a.']", "is no name for a command", ""),
        ("path = 'x'\nprograms = ['nul']", "is no name for a command", ""),
        ("path = 'x'\nprograms = ['a.exe']", "Windows adds .exe itself", ""),
        ("path = 'x'\nplat = 1", "plat is an integer; it should be a platform tag", ""),
        ("path = 'x'\nplat = ['a-b']", "'a-b' is no platform tag", ""),
        ("path = 'x'\nplat = ''", "'' is no platform tag", ""),
    ],
)
def test_what_is_wrong_in_a_target(keys: str, said: str, hint: str) -> None:
    error = refused(f"{PACK}[tool.truewheel.pack.targets.linux]\n{keys}")
    assert said in error.what
    assert hint in error.hint


def test_wrong_keys_for_all_targets_are_said_to_stand_there() -> None:
    error = refused(f"{PACK}strip = 'x'\n{TARGETS}")
    assert error.what.startswith("[tool.truewheel.pack] strip is a string")
    error = refused(f"{PACK}{TARGETS}[tool.truewheel.pack.rename]\na = 1")
    assert error.what.startswith("[tool.truewheel.pack.rename] a is an integer")


@pytest.mark.parametrize(
    ("label", "said"), [("''", "without a label"), ("' '", "without a label"), ("x", "x is an integer; it should be")]
)
def test_targets_that_are_none(label: str, said: str) -> None:
    assert said in refused(f"{PACK}[tool.truewheel.pack.targets]\n{label} = 1").what


def test_a_name_that_no_package_can_have_asks_for_another() -> None:
    error = refused(f"{PACK.replace('zig', '7zip')}{TARGETS}")
    assert error.what == "the project's name gives '7zip', which is no package that can be imported"
    assert "into" in error.hint


# --- anything at all -----------------------------------------------------------------------------------------
KEYS = st.sampled_from(
    [
        *METADATA,
        *SHARED,
        "targets",
        "linux",
        "path",
        "url",
        "sha256",
        "script",
        "add",
        "build",
        "dynamic",
        "file",
        "text",
        "x",
    ]
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.dates(),
        KEYS,
        st.just("a" * 64),
        st.just("https://x/{name}"),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=8), VALUES, st.none() | st.text(max_size=5))
def test_nothing_but_our_errors_comes_out(pack: dict[str, object], project: object, version: str | None) -> None:
    document = {"project": project, "tool": {"truewheel": {"pack": {"name": "a", "version": "1", **pack}}}}
    with contextlib.suppress(RequestError):
        assert packing_of(document, Folder({"README.md": b""}), version=version).targets
