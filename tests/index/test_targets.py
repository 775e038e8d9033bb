from __future__ import annotations

import json
import os
import re
import subprocess  # noqa: TID251 - pip and uv are the oracles; the ban protects src
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uv import find_uv_bin

from tests.index.serving import simple_index
from tests.support import wheel_bytes
from truewheel.errors import RequestError
from truewheel.index.model import Target
from truewheel.index.requirement_files import _logical, _options
from truewheel.index.targets import Asked, read

A, B = (f"sha256:{letter * 64}" for letter in "ab")


def of_file(folder: Path, text: str | bytes, **environment: str) -> Asked:
    path = folder / "requirements.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read([], [path], environment)


def pinned(asked: Asked) -> list[str]:
    return [f"{target.project}=={target.version}" if target.version else target.project for target in asked.targets]


def test_words() -> None:
    asked = read(["Requests==2.32.3", "zope.interface", "x[a,b]===1.0.0", "y == 1.0; python_version > '3'", "x==1"], [])
    assert asked.targets == (
        Target(asked="Requests==2.32.3", project="requests", version="2.32.3"),
        Target(asked="zope.interface", project="zope-interface"),
        Target(asked="x[a,b]===1.0.0", project="x", version="1.0.0"),
        Target(asked="y == 1.0; python_version > '3'", project="y", version="1.0"),
        Target(asked="x==1", project="x", version="1"),
    )
    assert (asked.problems, asked.notes, asked.main, asked.more) == ((), (), "", ())


def test_each_is_asked_for_once(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("B==1\nc==2\nb==1.0\n")
    asked = read(["a", "b==1.0", "a", "A==1.0"], [tmp_path / "r.txt"])
    assert pinned(asked) == ["a", "b==1.0", "a==1.0", "b==1", "c==2"]


def test_a_wheel_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("x-1.0-py3-none-any.whl")
    path.write_bytes(b"it is looked into later")
    for word in (str(path), f"./{path}", str(tmp_path / path)):
        assert read([word], []).targets == (Target(asked=word, path=Path(word)),)
    assert of_file(tmp_path, f"./{path} --hash={A}\n").targets == (Target(asked=f"./{path}", path=path, hashes=(A,)),)


def test_what_is_for_other_pythons_is_noted() -> None:
    asked = read(["x==1; python_version < '3'", "y; extra == 'z'"], [])
    assert asked.targets == ()
    assert asked.notes == ("x==1; python_version < '3' isn't for this Python", "y; extra == 'z' isn't for this Python")


@pytest.mark.parametrize(
    ("word", "complaint", "hint"),
    [
        ("x>=1", "'x>=1' isn't one version", "ask for x==VERSION, or x alone"),
        ("x==1.*", r"isn't one version", ""),
        ("x==1,==2", "admits no version of x", ""),
        ("x==1,>2", "admits no version of x", ""),
        ("x===what", "'what' of x===what is no version", ""),
        ("x y", "'x y' is no requirement", "requests==2.32.3"),
        ("", "'' is no requirement", ""),
        ("x @ https://me:secret@host/x-1.0.tar.gz", "x is named by an address", "download the wheel"),
        ("https://me:secret@host/x-1.0-py3-none-any.whl", "'https://host/x-1.0-py3-none-any.whl' is an address", ""),
        ("git+https://me:secret@host/x", "'git\\+https://host/x' is no requirement", ""),
        ("./x-1.0-py3-none-any.whl", "there is no such file", ""),
        ("./x-1.0.tar.gz", "is no wheel", ""),
        ("./some.txt", "is no wheel", "-r ./some.txt"),
        ("./none.toml", "is no wheel", "requests==2.32.3"),
        ("/" + "x" * 5000 + ".whl", "can't be opened", ""),
        ("x; " + "(" * 5000 + "python_version > '3'" + ")" * 5000, "is no requirement", ""),
        ("x; os_name ~= 'y'", "can't be evaluated", ""),
        ("x==" + "1" * 5000, "x==1111", ""),
        ("x; python_version > 'a' and nonsense", "is no requirement", ""),
        ("-e .", "is no requirement", ""),
        ("x\0y", "is no requirement", ""),
    ],
)
def test_a_word_that_is_no_target_is_an_error(word: str, complaint: str, hint: str) -> None:
    with pytest.raises(RequestError, match=complaint) as caught:
        read([word], [])
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value)


FILE = f"""
# a comment
requests==2.32.3 \\
    --hash={A} \\
    --hash={B.upper().replace("SHA", "sha")}   # after it
idna   # newest
-r more/nested.txt
--requirement=more/nested.txt
-cmore/constraints.txt
--no-binary :all:
--pre
-f https://host/links
-i https://${{NAME}}:${{PASSWORD}}@${{unset}}${{UNSET}}host/simple
--extra-index-url https://more/simple
--extra-index-url=https://other/simple --trusted-host other
local[extra] == 1.0 ; sys_platform != "none" --hash={A}
loose
url @ https://me:secret@host/url-1.0.tar.gz
-e git+https://me:secret@host/x#egg=x
--editable .
ranged>=1,<2
win==1; sys_platform == "none"
not a requirement
./there-1.0-py3-none-any.whl
x==1.0 --config-settings "--global-option=a b"
"""


def test_a_requirements_file_with_everything(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "nested.txt").write_text("nested==1 # x\n-r ../requirements.txt\n-r deep.txt\n")
    (tmp_path / "more" / "deep.txt").write_text("deep==1\\\n.2#no comment\n")
    (tmp_path / "more" / "constraints.txt").write_text(
        f"loose==3.0 --hash={A}\nunasked==1\nranged==1.5\nidna>=1\nlocal==9\n./x.whl\nnonsense x\n-e .\n"
        "win==1; extra=='x'\n"
    )
    asked = of_file(tmp_path, FILE, NAME="me", PASSWORD="s3cret")  # noqa: S106 - none
    place = f"{tmp_path / 'requirements.txt'}:"
    assert asked.targets == (
        Target(asked="requests==2.32.3", project="requests", version="2.32.3", hashes=(A, B)),
        Target(asked="idna", project="idna"),
        Target(asked="nested==1", project="nested", version="1"),
        Target(asked="local==1.0", project="local", version="1.0", hashes=(A,)),
        Target(asked="loose==3.0", project="loose", version="3.0", hashes=(A,)),
        Target(asked="ranged==1.5", project="ranged", version="1.5"),
        Target(asked="x==1.0", project="x", version="1.0"),
    )
    nested = f"{tmp_path / 'more' / 'deep.txt'}:"
    wrong = "is no requirement: Expected "
    assert [re.sub("(?<=Expected ).*", "", problem) for problem in asked.problems] == [
        f"{nested}1: 'deep==1.2#no comment' {wrong}",
        f"{place}18: url is named by an address, and no index serves that",
        f"{place}19: 'git+https://host/x#egg=x' is a folder or a repository, and no index serves that",
        f"{place}20: '.' is a folder or a repository, and no index serves that",
        f"{place}23: 'not a requirement' {wrong}",
        f"{place}24: there is no such file",
    ]
    assert asked.notes == ('win==1; sys_platform == "none" isn\'t for this Python',)
    assert asked.main == "https://me:s3cret@${unset}${UNSET}host/simple"
    assert asked.more == ("https://more/simple", "https://other/simple")


@pytest.mark.parametrize(
    "data",
    [
        "x==1\ny==2\n".encode("utf-16"),
        b"\xef\xbb\xbfx==1\r\ny==2",
        "# -*- coding: latin-1 -*-\n# Käse\nx==1\ny==2\n".encode("latin-1"),
        b"x==1\n\ny==2 \\\n",
        b"x=\\\n=1\n\\\ny==2",
        b"x==1 \\\n# a comment\ny==2",
        b"# a comment \\\nx==1\n # another \\\ny==2",
    ],
)
def test_files_in_other_clothes(tmp_path: Path, data: bytes) -> None:
    assert pinned(of_file(tmp_path, data)) == ["x==1", "y==2"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"none\.txt: can't be read: No such file"):
        read([], [tmp_path / "none.txt"])
    for data, complaint in (
        (b"\xff\xfe\x00", "is no text"),
        (b"x==1 # \xff", "is no text"),
        (b"# coding: klingon\n", "is no text"),
        (b"x" * (17 << 20), "larger than 16 MiB"),
        (b"x==1 --hash='\n", r"requirements\.txt:1: can't be taken apart: No closing quotation"),
        (b"\n-r https://me:secret@host/x.txt\n", r"requirements\.txt:2: names requirements on the network"),
        (b"# coding: punycode\n" + b"x" * (1 << 20), "is no text: punycode is for names of hosts"),
        (b"x" * (1 << 18) + b"y", r"requirements\.txt:1: is longer than any line"),
        (b"x" + b" " * (1 << 17) + b"=" * (1 << 17), r"requirements\.txt:1: is longer than any line"),
        (b"-r none.txt\n", r"none\.txt: can't be read"),
        (b"-r\n", r"requirements\.txt:1: names no file"),
        (b"x==1\n" * 100_001, "more than 100,000 requirements"),
    ):
        with pytest.raises(RequestError, match=complaint):
            of_file(tmp_path, data)


def test_files_within_files_have_an_end(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.txt").write_text(f"-r {number + 1}.txt\n")
    with pytest.raises(RequestError, match="too many requirements files within each other"):
        read([], [tmp_path / "0.txt"])
    (tmp_path / "one.txt").write_text("x==1\n")
    with pytest.raises(RequestError, match="too many requirements files within each other"):
        of_file(tmp_path, "-r one.txt\n" * 300)


@given(st.text(st.sampled_from("ab=-\\#'\"\n\r ;\x0b\x0c\u2028$"), max_size=30))
def test_any_text_is_lines(text: str) -> None:
    for number, line in _logical(text):
        assert 1 <= number <= len(text.splitlines())
        assert line == line.strip() != ""
        try:
            assert all(name.startswith("-") for name, _ in _options(line))
        except ValueError:
            assert "'" in line or '"' in line or "\\" in line


PLAIN = """
one==1.0   # a comment
two \\
  == 2.0 \\
  # ends here
Three_3===3.0 ; python_version >= "3"
four==4.0; python_version < "3"
-c constraints.txt
five
-r sub/six.txt
${SEVEN}==7.0
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("packages")
    names = ("one-1.0", "two-2.0", "three_3-3.0", "five-5.0", "five-6.0", "six-6.0", "seven-7.0", "old-1.0", "old-2.0")
    for name in names:
        (folder / f"{name}-py3-none-any.whl").write_bytes(wheel_bytes(name=f"{name}-py3-none-any.whl"))
    return str(folder)


def test_pip_finds_the_same_in_a_file(index: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "six.txt").write_text("six==6.0\n")
    (tmp_path / "constraints.txt").write_text("five==5.0\nold==1.0\n")
    asked = of_file(tmp_path, PLAIN, SEVEN="seven")
    report = tmp_path / "report.json"
    with simple_index(Path(index)) as url:
        command = [sys.executable, "-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "-q"]
        command += ["--dry-run", "--ignore-installed", "--no-deps", "--report", str(report), "--index-url", url]
        subprocess.run(
            [*command, "-r", str(tmp_path / "requirements.txt")],
            env={"PATH": os.environ["PATH"], "SEVEN": "seven", "HOME": str(tmp_path)},
            check=True,
        )
    installed = json.loads(report.read_text())["install"]
    told = {f"{item['metadata']['name'].replace('_', '-')}=={item['metadata']['version']}" for item in installed}
    assert set(pinned(asked)) == told
    assert asked.problems == ()


def test_a_lock_that_uv_wrote(index: str, tmp_path: Path) -> None:
    lock = tmp_path / "pylock.toml"
    with simple_index(Path(index)) as url:
        command = [
            find_uv_bin(),
            "pip",
            "compile",
            "-",
            "-q",
            "--no-config",
            "--format=pylock.toml",
            "--generate-hashes",
        ]
        subprocess.run(
            [*command, "--no-cache", "--default-index", url, "-o", str(lock)],
            input="one\nold<2\nsix; sys_platform == 'none'\n",
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            check=True,
        )
    asked = read([str(lock)], [])
    assert pinned(asked) == ["old==1.0", "one==1.0"]
    assert asked == read([], [lock])
    one = asked.targets[1]
    assert one.wheel == "one-1.0-py3-none-any.whl"
    assert one.urls[0][1].startswith("http://127.0.0.1")
    assert [each.partition(":")[0] for each in one.hashes] == ["sha256"]


LOCK = """
lock-version = "1.0"
created-by = "hand"
default-groups = ["main"]
[[packages]]
name = "pure"
version = "1.0"
marker = "'main' in dependency_groups and python_version >= '3'"
sdist = { name = "pure-1.0.tar.gz", url = "https://host/pure-1.0.tar.gz", hashes = { sha256 = "cc" } }
wheels = [
  { url = "https://host/pure-1.0-py3-none-any.whl", hashes = { sha256 = "AA", md5 = "dd" } },
  { name = "pure-1.0-cp312-cp312-win32.whl", url = "javascript:x", hashes = { sha256 = "bb" } },
]
[[packages]]
name = "elsewhere"
marker = "'more' in extras"
wheels = [{ url = "https://host/elsewhere-1.0-py3-none-any.whl", hashes = { sha256 = "aa" } }]
[[packages]]
name = "unversioned"
wheels = [{ url = "https://host/unversioned-1.5-py3-none-any.whl", hashes = { sha256 = "aa" } }]
[[packages]]
name = "here"
version = "1.0"
wheels = [{ path = "dist/here-1.0-py3-none-any.whl", hashes = { sha256 = "aa" } }]
[[packages]]
name = "gone"
version = "1.0"
wheels = [{ path = "dist/gone-1.0-py3-none-any.whl", hashes = { sha256 = "aa" } }]
[[packages]]
name = "source"
version = "1.0"
sdist = { url = "https://host/source-1.0.tar.gz", hashes = { sha256 = "cc" } }
[[packages]]
name = "repository"
vcs = { type = "git", url = "https://me:secret@host/x", commit-id = "0" }
"""


def test_a_lock_with_everything(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    wheel = tmp_path / "dist" / "here-1.0-py3-none-any.whl"
    wheel.touch()
    lock = tmp_path / "pylock.some.toml"
    lock.write_text(LOCK)
    asked = read([], [lock])
    assert asked.targets == (
        Target(
            asked="pure==1.0",
            project="pure",
            version="1.0",
            hashes=("md5:dd", "sha256:aa", "sha256:bb"),
            urls=(
                ("pure-1.0-py3-none-any.whl", "https://host/pure-1.0-py3-none-any.whl"),
                ("pure-1.0.tar.gz", "https://host/pure-1.0.tar.gz"),
            ),
        ),
        Target(
            asked="unversioned==1.5",
            project="unversioned",
            version="1.5",
            hashes=("sha256:aa",),
            wheel="unversioned-1.5-py3-none-any.whl",
            urls=(("unversioned-1.5-py3-none-any.whl", "https://host/unversioned-1.5-py3-none-any.whl"),),
        ),
        Target(asked="here==1.0", project="here", version="1.0", hashes=("sha256:aa",), wheel=wheel.name, path=wheel),
        Target(
            asked="gone==1.0", project="gone", version="1.0", hashes=("sha256:aa",), wheel="gone-1.0-py3-none-any.whl"
        ),
    )
    assert asked.problems == (
        f"{lock}: source has no wheel in the lock",
        f"{lock}: repository is named by an address, and no index serves that",
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x", "can't be read as TOML"),
        ("\udc80", "can't be read as TOML"),
        ("x = " + "[" * 20_000, "can't be read as TOML"),
        ("", "is no lock: Missing required value in 'lock-version'"),
        ('lock-version = "2.0"\ncreated-by = "x"\npackages = []', "is no lock: .*2.0"),
        ('lock-version = "1.0"\ncreated-by = "x"\npackages = [1]', "is no lock"),
    ],
)
def test_a_bad_lock_is_an_error(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "pylock.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RequestError, match=rf"pylock\.toml: {complaint}"):
        read([], [path])
    path.unlink()
    with pytest.raises(RequestError, match=r"pylock\.toml: can't be read: No such file"):
        read([str(path)], [])


def test_a_marker_that_means_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pylock.toml").write_text(LOCK.replace("'more' in extras", "os_name ~= 'x'"))
    with pytest.raises(RequestError, match="the marker of elsewhere can't be evaluated"):
        read([], [tmp_path / "pylock.toml"])


def test_a_large_lock_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pylock.toml").write_text(LOCK)
    monkeypatch.setattr("truewheel.index.locks._LARGEST", len(LOCK) - 1)
    with pytest.raises(RequestError, match="is larger than"):
        read([], [tmp_path / "pylock.toml"])


def test_no_more_than_can_be_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truewheel.index.targets._MOST", 1)
    with pytest.raises(RequestError, match="more than 1 wheels are asked for"):
        of_file(tmp_path, "a\nb\n")


def test_without_a_new_packaging_the_extra_is_named() -> None:
    code = "import sys; sys.modules['packaging.pylock'] = None; import truewheel.index.targets"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "RequestError: reading requirements needs packaging 26.1" in done.stderr
