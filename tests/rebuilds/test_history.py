"""Sdists are compared with commits: what differs is told, nothing of a repository runs, and no answer is an error."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - git is a program; the ban protects src
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builds.checkouts import QUIET, checkout, git, written
from tests.builds.test_sources import LINKS, MODES
from tests.rebuilds.sdists import sdist_of
from tests.tools import need
from truewheel.builds.git import Git
from truewheel.rebuilds.history import _submodule_place, history
from truewheel.rebuilds.history_objects import Node, Remote, _entries
from truewheel.rebuilds.repository import Place, named
from truewheel.verdict.model import Attested, History

CALLER = {**os.environ, **QUIET}
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
PROJECT = {
    "pyproject.toml": "[build-system]\nrequires = []\n",
    "demo/__init__.py": "VALUE = 1\n",
    "demo/run.py": "#!/usr/bin/python3\n",
    "README": "one\ntwo\n",
}
OUTSIDE = {"tests/test_demo.py": "assert True\n", ".gitignore": "*.pyc\n"}


@pytest.fixture(autouse=True)
def _git() -> None:
    need("git")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one commit with the tag v1.0."""
    need("git")
    return checkout(tmp_path_factory.mktemp("repository") / "demo", PROJECT | OUTSIDE)


def traced(sdist: Path, place: Path | str, attested: Sequence[Attested] = ()) -> History:
    """The history of an sdist in a repository that is named."""
    return history(sdist, metadata=METADATA, repository=str(place), attested=attested, caller=CALLER, seconds=60.0)


def same_but(found: History, **differences: Sequence[str]) -> None:
    """Whether these differences were found and no others; PKG-INFO and the project's tests are left out of sdists."""
    assert not found.problem
    told = {"added": found.added, "missing": found.missing, "changed": found.changed, "programs": found.programs}
    expected: Mapping[str, Sequence[str]] = {"missing": sorted(OUTSIDE), **differences}
    assert {kind: [name for name in names if name != "PKG-INFO"] for kind, names in told.items()} == {
        kind: list(expected.get(kind, ())) for kind in told
    }
    assert ("PKG-INFO", "the metadata, which every backend writes") in found.generated
    assert "PKG-INFO" in found.added


def certificate(commit: str, repository: Path | str = "https://github.com/demo/demo", ref: str = "") -> Attested:
    return Attested(state="verified", said="", repository=str(repository), commit=commit, ref=ref)


def _made(folder: Path, *words: str, given: str) -> str:
    """What git makes of its standard input."""
    command = ["git", *words]
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, encoding="utf-8", check=True)
    return done.stdout.strip()


def test_equal(tmp_path: Path, repository: Path) -> None:
    found = traced(sdist_of(tmp_path, PROJECT), repository)
    same_but(found)
    assert found == History(
        repository=str(repository),
        ref="refs/tags/v1.0",
        commit=git(repository, "rev-parse", "v1.0^{commit}"),
        chosen="the repository was named, and the tag v1.0 fits",
        added=("PKG-INFO",),
        missing=tuple(sorted(OUTSIDE)),
        generated=found.generated,
    )


def test_differences(tmp_path: Path, repository: Path) -> None:
    files = PROJECT | {"demo/__init__.py": "VALUE = 2\n", "demo/evil.py": "import os\n"}
    del files["README"]
    found = traced(sdist_of(tmp_path, files), repository)
    missing = sorted([*OUTSIDE, "README"])
    same_but(found, added=["demo/evil.py"], changed=["demo/__init__.py"], missing=missing)
    assert not found.traits


@MODES
def test_executable_bits(tmp_path: Path, repository: Path) -> None:
    found = traced(sdist_of(tmp_path, PROJECT, programs=["demo/run.py"]), repository)
    same_but(found, programs=["demo/run.py"])


def test_line_ends_and_copies_are_told(tmp_path: Path, repository: Path) -> None:
    files = PROJECT | {"README": "one\r\ntwo\r\n", "demo/copy.py": "assert True\n", "demo/empty.py": ""}
    found = traced(sdist_of(tmp_path, files), repository)
    same_but(found, changed=["README"], added=["demo/copy.py", "demo/empty.py"])
    assert dict(found.traits) == {
        "README": "line ends alone differ",
        "demo/copy.py": "the same as tests/test_demo.py in the repository",
    }


def test_line_ends_of_the_commit(tmp_path: Path) -> None:
    place = checkout(tmp_path / "windows", {"x": ""})
    (place / "README").write_bytes(b"one\r\ntwo\r\n")
    git(place, "-c", "core.autocrlf=false", "add", "README")
    git(place, "commit", "--quiet", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    found = traced(sdist_of(tmp_path, {"README": "one\ntwo\n"}), place)
    assert (found.changed, found.traits) == (("README",), (("README", "line ends alone differ"),))


def test_annotated_tags_lead_to_their_commit(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE, tag="other")
    git(place, "tag", "--annotate", "--message", "x", "demo-1.0.0")
    found = traced(sdist_of(tmp_path, PROJECT), place)
    same_but(found)
    assert (found.ref, found.commit) == ("refs/tags/demo-1.0.0", git(place, "rev-parse", "HEAD"))


def test_without_a_tag(tmp_path: Path, repository: Path) -> None:
    found = traced(sdist_of(tmp_path, PROJECT, name="demo-1.1.tar.gz"), repository)
    assert found.problem == f"{repository}: no tag is that of 1.1"
    assert (found.repository, found.commit, found.added) == (str(repository), "", ())


def test_tags_that_disagree(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE)
    written(place, {"README": "three\n"})
    git(place, "commit", "--quiet", "--all", "--message", "second")
    git(place, "tag", "release-1.0")
    found = traced(sdist_of(tmp_path, PROJECT), place)
    same_but(found)
    other = git(place, "rev-parse", "HEAD")
    assert found.remarks == (f"the tag release-1.0 leads to another commit than v1.0's: {other}",)


def test_the_certificate_comes_before_tags_that_have_moved(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE)
    commit = git(place, "rev-parse", "HEAD")
    written(place, {"README": "three\n"})
    git(place, "commit", "--quiet", "--all", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    found = traced(sdist_of(tmp_path, PROJECT), place, [certificate(commit)])
    same_but(found)
    assert found.commit == commit
    assert found.chosen == "the repository was named, and the certificate names the commit"
    assert found.remarks == (
        "the attestation's certificate names another repository: https://github.com/demo/demo",
        f"the tag v1.0 leads to another commit than the certificate's: {git(place, 'rev-parse', 'HEAD')}",
    )


def test_a_commit_that_is_gone(tmp_path: Path, repository: Path) -> None:
    found = traced(sdist_of(tmp_path, PROJECT), repository, [certificate("ab" * 20)])
    same_but(found)
    assert found.remarks[-1] == f"the repository doesn't have the certificate's commit {'ab' * 20} any more"
    assert found.ref == "refs/tags/v1.0"


@pytest.mark.parametrize("commit", ["HEAD", "--upload-pack=touch x", "", "v1.0", "AB" * 20])
def test_certificates_name_commits_by_their_ids_alone(tmp_path: Path, repository: Path, commit: str) -> None:
    found = traced(sdist_of(tmp_path, PROJECT), repository, [certificate(commit)])
    assert found.ref == "refs/tags/v1.0"
    (tmp_path / "remote").mkdir()
    assert not Remote(named(str(repository)), tmp_path / "remote", Git(CALLER)).fetch(commit)
    assert not list((tmp_path / "remote").iterdir())  # git wasn't even asked


@pytest.mark.parametrize("state", ["absent", "unverifiable", "invalid"])
def test_claims_that_nobody_has_verified_count_for_nothing(tmp_path: Path, repository: Path, state: str) -> None:
    place = tmp_path / "forged"
    shutil.copytree(repository, place)
    written(place, {"README": "three\n"})
    git(place, "commit", "--quiet", "--all", "--message", "second")
    forged = Attested(state=state, said="", repository=str(place), commit=git(place, "rev-parse", "HEAD"))
    same_but(traced(sdist_of(tmp_path, PROJECT), place, [forged]))


def test_a_project_in_a_folder(tmp_path: Path) -> None:
    inner = {f"packages/one/{name}": text for name, text in (PROJECT | OUTSIDE).items()}
    other = {f"packages/two/{name}": text for name, text in PROJECT.items()} | {"packages/two/demo/__init__.py": "2\n"}
    place = checkout(tmp_path / "demo", inner | other | {"LICENSE": "free\n", "setup.py": ""}, tag="two-1.0")
    git(place, "tag", "demo/v1.0")
    found = traced(sdist_of(tmp_path, PROJECT | {"LICENSE": "free\n"}), place)
    same_but(found, added=["LICENSE"])
    assert found.subdirectory == "packages/one"
    assert dict(found.traits) == {"LICENSE": "the same as LICENSE in the repository"}


def test_submodules(tmp_path: Path) -> None:
    inner = checkout(tmp_path / "inner", {"inner.c": "int x;\n", "unused.c": "\n"})
    checkout(tmp_path / "never", {"a.c": "int a;\n"})
    place = checkout(tmp_path / "demo", PROJECT)
    git(place, "submodule", "--quiet", "add", "../inner", "third/party")
    git(place, "submodule", "--quiet", "add", str(tmp_path / "never"), "never")
    git(place, "commit", "--quiet", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    files = PROJECT | {"third/party/inner.c": "int x;\n"}
    found = traced(sdist_of(tmp_path, files), place)
    same_but(found, missing=[".gitmodules", "third/party/unused.c"])
    shutil.rmtree(inner)
    found = traced(sdist_of(tmp_path, files), place)
    same_but(found, missing=[".gitmodules"], added=["third/party/inner.c"])
    assert found.remarks == ("the submodule third/party can't be fetched: its files can't be compared",)


def test_submodules_in_submodules(tmp_path: Path) -> None:
    checkout(tmp_path / "inner", {"inner.c": "int x;\n"})
    middle = checkout(tmp_path / "middle", {"middle.c": "int y;\n"})
    git(middle, "submodule", "--quiet", "add", "../inner", "inner")
    git(middle, "commit", "--quiet", "--message", "second")
    place = checkout(tmp_path / "demo", PROJECT)
    git(place, "submodule", "--quiet", "add", str(middle), "middle")
    git(place, "commit", "--quiet", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    files = PROJECT | {"middle/middle.c": "int y;\n", "middle/inner/inner.c": "int z;\n"}
    found = traced(sdist_of(tmp_path, files), place)
    same_but(found, missing=[".gitmodules", "middle/.gitmodules"], changed=["middle/inner/inner.c"])


GITHUB = Place("https://github.com/demo/demo", "somebody says so")
OWN = Place("https://user@example.org/git/demo", "the repository was named", named=True)


@pytest.mark.parametrize(
    ("address", "parent", "expected"),
    [
        ("../inner.git", GITHUB, GITHUB._replace(url="https://github.com/demo/inner")),
        ("../../other/inner", GITHUB, GITHUB._replace(url="https://github.com/other/inner")),
        ("../../../..", GITHUB, None),
        ("git@github.com:other/inner.git", GITHUB, GITHUB._replace(url="https://github.com/other/inner")),
        ("file:///srv/inner", GITHUB, None),
        ("/srv", GITHUB, None),
        ("-x", GITHUB, None),
        ("", GITHUB, None),
        ("../inner", OWN, OWN._replace(url="https://user@example.org/git/inner")),
        ("https://example.org/inner", OWN, OWN._replace(url="https://example.org/inner", named=False)),
        ("/srv", OWN, None),
    ],
)
def test_addresses_of_submodules(address: str, parent: Place, expected: Place | None) -> None:
    assert _submodule_place(address, parent) == expected


def test_a_commit_that_its_tag_has_and_its_server_does_not(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("truewheel.rebuilds.history_objects.Remote.fetch", lambda *_: False)
    found = traced(sdist_of(tmp_path, PROJECT), repository)
    assert found.problem == f"{repository}: the commit of the tag v1.0 can't be fetched"


def test_many_submodules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who has thousands of them shall not have us fetch them all."""
    monkeypatch.setattr("truewheel.rebuilds.history._MOST_SUBMODULES", 2)
    place = checkout(tmp_path / "demo", PROJECT)
    count = 5
    listed = "".join(f"160000 {'ab' * 20} 0\tmodules/{number:02}\n" for number in range(count))
    _made(place, "update-index", "--index-info", given=listed)
    sections = (f'[submodule "{number}"]\n\tpath = modules/{number:02}\n\turl = ../none\n' for number in range(count))
    written(place, {".gitmodules": "".join(sections)})
    git(place, "add", ".gitmodules")
    git(place, "commit", "--quiet", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    inner = {f"modules/{number:02}/x.c": "" for number in range(count)}
    found = traced(sdist_of(tmp_path, PROJECT | inner), place)
    same_but(found, missing=[".gitmodules"], added=sorted(inner))
    assert len(found.remarks) == 3
    assert found.remarks[0] == "the submodule modules/00 can't be fetched: its files can't be compared"
    assert found.remarks[-1] == "3 submodules weren't fetched: their files can't be compared"


def test_submodules_of_strangers_stay_on_the_net(tmp_path: Path) -> None:
    """An address that isn't https is left alone."""
    inner = checkout(tmp_path / "inner", {"inner.c": "int x;\n"})
    place = checkout(tmp_path / "demo", PROJECT)
    git(place, "submodule", "--quiet", "add", str(inner), "third")
    git(place, "config", "--file", ".gitmodules", "submodule.third.url", "ext::touch% x")
    git(place, "commit", "--quiet", "--all", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    found = traced(sdist_of(tmp_path, PROJECT | {"third/inner.c": "int x;\n"}), place)
    same_but(found, missing=[".gitmodules"], added=["third/inner.c"])
    assert found.remarks == ("the submodule third wasn't fetched: its files can't be compared",)


def test_what_git_archive_fills_in(tmp_path: Path) -> None:
    archival = "node: $Format:%H$\ndescribe: $Format:%d$\n"
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE | {".git_archival.txt": archival, "x.txt": "a $Format:%H$"})
    files = PROJECT | {".git_archival.txt": "node: 0123\ndescribe: v1.0\n", "x.txt": "b 0123"}
    found = traced(sdist_of(tmp_path, files), place)
    same_but(found, changed=[".git_archival.txt", "x.txt"])
    assert [name for name, said in found.traits if "export-subst" in said] == [".git_archival.txt"]


@LINKS
def test_links(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE)
    (place / "kept").symlink_to("README")
    (place / "demo" / "followed").symlink_to("../README")
    (place / "demo" / "moved").symlink_to("../README")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    files = PROJECT | {"demo/followed": PROJECT["README"]}
    links = {"kept": "README", "demo/moved": "../pyproject.toml", "new": "README"}
    found = traced(sdist_of(tmp_path, files, links=links), place)
    same_but(found, changed=["demo/moved"], added=["new"])
    assert dict(found.traits) == {
        "demo/followed": "a link in the commit, a copy of README here",
        "demo/moved": "a link to ../pyproject.toml",
        "new": "a link to README",
    }


def test_a_file_for_a_link(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE)
    (place / "leads").symlink_to("README")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    same_but(traced(sdist_of(tmp_path, PROJECT | {"leads": "something else\n"}), place), changed=["leads"])
    same_but(traced(sdist_of(tmp_path, PROJECT | {"leads": "README"}), place), changed=["leads"])
    elsewhere = PROJECT | {"leads": PROJECT["demo/__init__.py"]}  # what another file holds than the link leads to
    same_but(traced(sdist_of(tmp_path, elsewhere), place), changed=["leads"])


def test_sources_of_cython(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE | {"demo/fast.pyx": "x = 1\n"})
    files = PROJECT | {"demo/fast.pyx": "x = 1\n", "demo/fast.c": "/* Generated by Cython */\n"}
    found = traced(sdist_of(tmp_path, files), place)
    same_but(found, added=["demo/fast.c"])
    assert dict(found.traits)["demo/fast.c"].startswith("Cython makes such a file of demo/fast.pyx")


def test_a_repository_with_sha256(tmp_path: Path) -> None:
    written(tmp_path / "demo", PROJECT | OUTSIDE)
    git(tmp_path / "demo", "init", "--quiet", "--object-format=sha256", ".")
    git(tmp_path / "demo", "add", "--all")
    git(tmp_path / "demo", "commit", "--quiet", "--message", "first")
    git(tmp_path / "demo", "tag", "v1.0")
    found = traced(sdist_of(tmp_path, PROJECT), tmp_path / "demo")
    same_but(found)
    assert len(found.commit) == 64


@pytest.mark.parametrize("partial", ["true", "false"])
def test_what_backends_write(tmp_path: Path, partial: str) -> None:
    """Where the server can leave files out, those that are read are fetched when they are."""
    settings = "[metadata]\nname = demo\n\n# here is a comment\n[options]\npackages =\n    demo\n"
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE | {"setup.cfg": settings})
    git(place, "config", "uploadpack.allowFilter", partial)
    rewritten = (
        "[metadata]\nname = demo\n\n[options]\npackages = \n\tdemo\n\n[egg_info]\ntag_build = \ntag_date = 0\n\n"
    )
    files = PROJECT | {
        "setup.cfg": rewritten,
        "demo.egg-info/SOURCES.txt": "",
        "demo.egg-info/evil.py": "",
        "demo/_version.py": "__version__ = version = '1.0'\n",
    }
    found = traced(sdist_of(tmp_path, files), place)
    egg_info = ["demo.egg-info/SOURCES.txt", "demo.egg-info/evil.py"]
    same_but(found, added=[*egg_info, "demo/_version.py"], changed=["setup.cfg"])
    generated = {"PKG-INFO", "setup.cfg", "demo.egg-info/SOURCES.txt", "demo/_version.py"}
    assert {name for name, _ in found.generated} == generated
    changed = rewritten.replace("demo\n\n[egg", "demo\n\tevil\n\n[egg")
    found = traced(sdist_of(tmp_path, files | {"setup.cfg": changed}), place)
    assert {name for name, _ in found.generated} == generated - {"setup.cfg"}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("https://127.0.0.1:9/demo/demo", "https://127.0.0.1:9/demo/demo: git ls-remote failed: "),
        ("/nonexistent/here", "'/nonexistent/here' is neither the address of a repository nor a folder"),
        ("ext::sh -c touch", "'ext::sh -c touch' is neither the address of a repository nor a folder"),
        ("", "the metadata name no repository that git could fetch"),
    ],
)
def test_what_cannot_be_had_is_an_answer(tmp_path: Path, place: str, said: str) -> None:
    found = traced(sdist_of(tmp_path, PROJECT), place)
    assert found.problem.startswith(said)
    assert (found.commit, found.added, found.missing) == ("", (), ())


def test_a_folder_without_a_repository(tmp_path: Path) -> None:
    found = traced(sdist_of(tmp_path, PROJECT), written(tmp_path / "plain", PROJECT))
    assert found.problem.startswith(f"{tmp_path}/plain: git ls-remote failed: fatal: ")


def test_sdists_that_are_none(tmp_path: Path, repository: Path) -> None:
    broken = tmp_path / "demo-1.0.tar.gz"
    broken.write_bytes(b"nothing")
    found = traced(broken, repository)
    assert found.problem.startswith("demo-1.0.tar.gz: ")
    assert found.ref == "refs/tags/v1.0"
    assert traced(tmp_path / "demo.whl", repository).problem.startswith("not the name of a source distribution")


def test_without_git(tmp_path: Path, repository: Path) -> None:
    found = history(
        sdist_of(tmp_path, PROJECT), metadata=METADATA, repository=str(repository), caller={"PATH": str(tmp_path)}
    )
    assert found.problem == f"{repository}: git isn't installed, and the source is a repository"


def test_metadata_lead_nowhere_but_to_https(tmp_path: Path, repository: Path) -> None:
    """A repository that metadata name must not be a file of this machine."""
    metadata = METADATA + f"Project-URL: Source, file://{repository}\n".encode()
    found = history(sdist_of(tmp_path, PROJECT), metadata=metadata, caller=CALLER)
    assert found.problem == "the metadata name no repository that git could fetch"


def test_repositories_of_metadata_are_asked_one_after_the_other(tmp_path: Path, repository: Path) -> None:
    """Git is told to find the addresses here, by settings of the user's own."""
    (tmp_path / ".gitconfig").write_text(
        f'[url "{repository}"]\n\tinsteadOf = https://github.com/demo/demo\n'
        f'[url "{tmp_path}/none"]\n\tinsteadOf = https://github.com/demo/none\n'
        "[protocol.file]\n\tallow = always\n"
    )
    none = b"Project-URL: Source, https://github.com/demo/none\n"
    metadata = METADATA + none + b"Home-page: https://github.com/demo/demo/tree/main#x\n"
    caller = CALLER | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    sdist = sdist_of(tmp_path, PROJECT)
    found = history(sdist, metadata=metadata, caller=caller)
    same_but(found)
    assert found.repository == "https://github.com/demo/demo"
    assert found.chosen == "the metadata name the repository (Home-page), and the tag v1.0 fits"
    claim = certificate(git(repository, "rev-parse", "HEAD"), "https://github.com/demo/demo.git")
    found = history(sdist, metadata=METADATA + none, attested=[claim], caller=caller)
    same_but(found)
    assert found.chosen == ("the attestation's certificate names the repository, and the certificate names the commit")
    found = history(sdist, metadata=METADATA + none, caller=caller)
    assert found.problem.startswith("https://github.com/demo/none: git ls-remote failed: ")
    settings = tmp_path / ".gitconfig"
    settings.write_text(settings.read_text().replace("allow = always", ""))
    found = history(sdist, metadata=metadata, caller=caller)
    assert "transport 'file' not allowed" in found.problem


class _Guarded(BaseHTTPRequestHandler):
    """Asks for a password, whatever is wanted."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="demo"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # http.server calls it so
        """Say nothing."""


@pytest.mark.parametrize("by_user", [False, True])
def test_passwords_are_kept_from_addresses_that_metadata_name(tmp_path: Path, by_user: bool) -> None:
    """Who names a repository himself may have a helper that knows his password; what metadata name gets none."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Guarded)
    with server, ThreadPoolExecutor(1) as crew:
        crew.submit(server.serve_forever)
        (tmp_path / ".gitconfig").write_text(
            f'[url "http://127.0.0.1:{server.server_port}/"]\n\tinsteadOf = https://github.com/\n'
            "[protocol.http]\n\tallow = always\n"
            f"[credential]\n\thelper = !touch {tmp_path}/asked; true\n"
        )
        caller = CALLER | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
        metadata = METADATA + f"Home-page: {GITHUB.url}\n".encode()
        found = history(
            sdist_of(tmp_path, PROJECT), metadata=metadata, repository=GITHUB.url if by_user else "", caller=caller
        )
        server.shutdown()
    assert found.problem.startswith(f"{GITHUB.url}: git ls-remote failed: ")
    assert (tmp_path / "asked").exists() == by_user


def test_programs_of_a_repository_do_not_run(tmp_path: Path) -> None:
    """Hooks, filters, an ssh command, a file-system monitor: nothing of them is started, nor a link followed."""
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE | {".gitattributes": "* filter=evil diff=evil\n"})
    (place / "out").symlink_to("/etc/passwd")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    trap = f"touch {tmp_path}/sprung"
    for name in ("filter.evil.smudge", "filter.evil.clean", "core.fsmonitor", "core.sshCommand", "diff.evil.textconv"):
        git(place, "config", name, trap)
    git(place, "config", "uploadpack.packObjectsHook", f"sh -c '{trap}; exit 1'")
    for hook in ("post-checkout", "reference-transaction", "pre-receive", "update", "post-index-change"):
        path = place / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{trap}\n")
        path.chmod(0o755)
    files = PROJECT | {".gitattributes": "* filter=evil diff=evil\n", "out": "x"}
    same_but(traced(sdist_of(tmp_path, files), place), changed=["out"])
    assert not (tmp_path / "sprung").exists()


def test_a_tree_of_trees_is_refused(tmp_path: Path) -> None:
    """A few hundred bytes that stand for 10^16 files."""
    place = checkout(tmp_path / "demo", {"x": ""}, tag="other")
    blob = git(place, "rev-parse", "HEAD:x")
    tree = _made(place, "mktree", given="".join(f"100644 blob {blob}\tf{number}\n" for number in range(10)))
    for _ in range(15):
        tree = _made(place, "mktree", given="".join(f"040000 tree {tree}\td{number}\n" for number in range(10)))
    commit = git(place, "commit-tree", tree, "-m", "bomb")
    git(place, "tag", "v1.0", commit)
    assert traced(sdist_of(tmp_path, PROJECT), place).problem == "the commit holds more than 200,000 files"


def test_folders_too_deep_are_refused(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", {"/".join(["d"] * 70) + "/x": ""})
    found = traced(sdist_of(tmp_path, PROJECT), place)
    assert found.problem == "the commit has folders more than 64 deep in each other"


@given(st.binary(max_size=120), st.sampled_from([20, 32]))
def test_any_tree(data: bytes, size: int) -> None:
    """Whatever a tree object holds, ids in it are whole and names are those of files."""
    for name, node in _entries(data, size):
        assert len(node.id) == 2 * size
        assert name
        assert "/" not in name


def test_trees_as_git_writes_them(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", PROJECT)
    raw = subprocess.run(["git", "cat-file", "tree", "HEAD^{tree}"], cwd=place, capture_output=True, check=True).stdout
    listed = [line.split() for line in git(place, "ls-tree", "HEAD").split("\n")]
    expected = [(name, Node(mode.lstrip("0"), identity)) for mode, _, identity, name in listed]
    assert list(_entries(raw, 20)) == expected
    for end in range(len(raw)):
        assert list(_entries(raw[:end], 20)) == expected[: len(list(_entries(raw[:end], 20)))]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    place = checkout(tmp_path / "demo", PROJECT | OUTSIDE)
    Path(os.fsdecode(os.fsencode(place) + b"/\xff")).write_text("")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "second")
    git(place, "tag", "--force", "v1.0")
    same_but(traced(sdist_of(tmp_path, PROJECT), place), missing=[*sorted(OUTSIDE), "\udcff"])
