"""Git checkouts: their files, a history that says the same as the original, and nothing of strangers that runs."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - git is a program; the ban protects src
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builds.checkouts import QUIET, TIME, checkout, emptied, git, names, snapshot, written
from tests.builds.test_sources import LINKS, MODES, PROJECT
from tests.tools import need
from truewheel.builds.git import Git, public_url, without_credentials_in
from truewheel.builds.sources import Staged, settled, stage
from truewheel.errors import RequestError

CALLER = {**os.environ, **QUIET}
IGNORING = PROJECT | {".gitignore": "ignored/\n*.log\n"}


@pytest.fixture(autouse=True)
def _git() -> None:
    need("git")


def staged(source: Path | str, room: Path, *leave: Path) -> Staged:
    """A source, copied and settled as a build has it."""
    found = stage(str(source), emptied(room), caller=CALLER, leave=leave)
    settled(found, found.facts.time if found.facts else 1_000_000_000, Git(CALLER))
    return found


def described(folder: Path) -> tuple[str, str, str, str]:
    """What tools that make versions from a history ask git; with nothing but the repository's own settings."""
    return (
        git(folder, "describe", "--tags", "--dirty", "--long", "--always"),
        git(folder, "status", "--porcelain", "--untracked-files=no"),
        git(folder, "rev-parse", "HEAD"),
        git(folder, "symbolic-ref", "--quiet", "HEAD"),
    )


def test_tracked_and_not_ignored(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", IGNORING)
    written(
        folder,
        {"ignored/x": "", "a.log": "", "log": "", "new.py": "", "dist/x.whl": "", "__pycache__/x": "", ".tox/x": ""},
    )
    (folder / "run.sh").unlink()
    before = snapshot(folder)
    found = staged(folder, tmp_path / "room", folder / "dist", folder / "log")
    assert names(found.folder) == sorted({*IGNORING, "new.py"} - {"run.sh"})
    assert snapshot(folder) == before


def test_facts(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", IGNORING)
    git(folder, "remote", "add", "origin", "https://me:secret@example.org:8443/a/b.git?token=secret#x")
    found = staged(folder, tmp_path / "room")
    assert found.facts is not None
    assert found.facts.commit == git(folder, "rev-parse", "HEAD")
    assert (found.facts.time, found.facts.dirty) == (TIME, False)
    assert found.facts.remote == found.name == "https://example.org:8443/a/b.git"
    assert git(found.folder, "remote", "get-url", "origin") == found.name
    assert b"secret" not in b"".join(path.read_bytes() for path in found.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("change", ["none", "edited", "added", "staged", "removed", "untracked", "committed"])
def test_histories_say_the_same_as_their_originals(tmp_path: Path, change: str) -> None:
    folder = checkout(tmp_path / "project", IGNORING)
    if change in {"edited", "staged", "committed"}:
        written(folder, {"run.sh": "#!/bin/bash\n"})
    if change in {"added", "untracked"}:
        written(folder, {"new.py": ""})
    if change in {"added", "staged"}:
        git(folder, "add", "--all")
    if change == "removed":
        (folder / "run.sh").unlink()
    if change == "committed":
        git(folder, "commit", "--quiet", "--all", "--message", "second")
    found = staged(folder, tmp_path / "room")
    assert described(found.folder) == described(folder)
    assert found.facts is not None
    assert found.facts.dirty == (change not in {"none", "committed"})


def test_times_of_files_do_not_make_them_changed(tmp_path: Path) -> None:
    """The index knows the copies: git needs to read none of them, and no filter of the user's runs again."""
    folder = checkout(tmp_path / "project", IGNORING)
    found = staged(folder, tmp_path / "room")
    environment = os.environ | QUIET
    done = subprocess.run(["git", "diff-files", "--quiet"], cwd=found.folder, env=environment, check=False)
    assert done.returncode == 0  # the plumbing command compares what the index holds, without a look into files


def test_a_folder_of_a_repository_brings_all_of_it(tmp_path: Path) -> None:
    inner = {f"packages/one/{name}": text for name, text in PROJECT.items()}
    folder = checkout(tmp_path / "project", inner | {"LICENSE": ""})
    found = staged(folder / "packages" / "one", tmp_path / "room")
    assert found.subdirectory == "packages/one"
    assert found.project == found.folder / "packages" / "one"
    assert names(found.folder) == sorted([*inner, "LICENSE"])
    assert described(found.project) == described(folder)


def test_a_folder_that_a_repository_does_not_track_is_none_of_its(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "home", {"dotfile": ""})
    written(folder / "work", PROJECT)
    found = staged(folder / "work", tmp_path / "room")
    assert (found.kind, found.subdirectory) == ("directory", "")
    assert names(found.folder) == sorted(PROJECT)


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    folder = written(tmp_path / "project", PROJECT)
    git(folder, "init", "--quiet", ".")
    git(folder, "add", "--all")
    found = staged(folder, tmp_path / "room")
    assert (found.kind, found.facts) == ("vcs", None)
    assert names(found.folder) == sorted(PROJECT)


def test_submodules_and_other_repositories_inside(tmp_path: Path) -> None:
    other = checkout(tmp_path / "other", {"other.c": "int x;\n", ".gitignore": "*.o\n"})
    folder = checkout(tmp_path / "project", IGNORING)
    git(folder, "submodule", "--quiet", "add", str(other), "third/party")
    git(folder, "commit", "--quiet", "--message", "second")
    written(folder / "third/party", {"x.o": "", "new.c": ""})
    checkout(folder / "own", {"own.c": ""})
    found = staged(folder, tmp_path / "room")
    expected = {*IGNORING, ".gitmodules", "third/party/other.c", "third/party/new.c", "third/party/.gitignore"}
    assert names(found.folder) == sorted({*expected, "own/own.c"})
    assert described(found.folder / "third" / "party")[0] == described(folder / "third" / "party")[0]
    assert described(found.folder) == described(folder)


def test_a_submodule_that_nobody_has_fetched(tmp_path: Path) -> None:
    other = checkout(tmp_path / "other", {"other.c": ""})
    folder = checkout(tmp_path / "project", PROJECT)
    git(folder, "submodule", "--quiet", "add", str(other), "third")
    git(folder, "commit", "--quiet", "--message", "second")
    git(folder, "submodule", "--quiet", "deinit", "--force", "third")
    found = staged(folder, tmp_path / "room")
    assert names(found.folder) == sorted([*PROJECT, ".gitmodules"])


def test_a_second_working_tree(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", IGNORING)
    git(folder, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "tree"))
    found = staged(tmp_path / "tree", tmp_path / "room")
    assert names(found.folder) == sorted(IGNORING)
    assert described(found.folder) == described(tmp_path / "tree")
    assert described(found.folder)[3] == "refs/heads/side"


def test_objects_that_another_repository_lends(tmp_path: Path) -> None:
    checkout(tmp_path / "original", IGNORING)
    git(tmp_path, "clone", "--quiet", "--shared", str(tmp_path / "original"), "project")
    found = staged(tmp_path / "project", tmp_path / "room")
    shutil.rmtree(tmp_path / "original")
    assert git(found.folder, "fsck", "--strict") == ""
    assert git(found.folder, "show", "HEAD:run.sh") == "#!/bin/sh"


def test_a_shallow_history(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "original", IGNORING)
    written(folder, {"run.sh": "x"})
    git(folder, "commit", "--quiet", "--all", "--message", "second")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{folder}", "project")
    found = staged(tmp_path / "project", tmp_path / "room")
    assert described(found.folder) == described(tmp_path / "project")


def test_packed_references(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", IGNORING)
    git(folder, "gc", "--quiet")
    found = staged(folder, tmp_path / "room")
    assert described(found.folder) == described(folder)


def test_a_repository_with_sha256(tmp_path: Path) -> None:
    folder = written(tmp_path / "project", PROJECT)
    git(folder, "init", "--quiet", "--object-format=sha256", ".")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    found = staged(folder, tmp_path / "room")
    assert found.facts is not None
    assert (len(found.facts.commit), found.facts.dirty) == (64, False)
    assert described(found.folder) == described(folder)


@MODES
def test_nothing_of_a_repository_is_run(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", PROJECT | {".gitattributes": "* filter=evil diff=evil\n"})
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho $0 $@ >> {tmp_path / 'sprung'}\ncat\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "gpg.program", "diff.external"):
        git(folder, "config", key, str(trap))
    for key in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv"):
        git(folder, "config", key, str(trap))
    git(folder, "config", "log.showSignature", "true")
    git(folder, "config", "core.worktree", "/")
    git(folder, "config", "core.hooksPath", str(tmp_path))
    for hook in ("post-index-change", "post-checkout", "reference-transaction"):
        shutil.copy(trap, folder / ".git" / "hooks" / hook)
        shutil.copy(trap, tmp_path / hook)
    os.utime(folder / "run.sh")
    found = staged(folder, tmp_path / "room")
    assert not (tmp_path / "sprung").exists()
    assert names(found.folder) == sorted([*PROJECT, ".gitattributes"])
    assert str(trap) not in (found.folder / ".git" / "config").read_text()
    assert not (found.folder / ".git" / "hooks").exists()
    assert not (found.folder / ".git" / "logs").exists()


@LINKS
def test_a_tracked_file_behind_a_link_is_refused(tmp_path: Path) -> None:
    """An index can name files that a link leads to, which a stranger may have chosen."""
    folder = checkout(tmp_path / "project", PROJECT | {"data/secret": ""})
    written(tmp_path / "elsewhere", {"secret": "nobody's business"})
    shutil.rmtree(folder / "data")
    (folder / "data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RequestError, match="link"):
        staged(folder, tmp_path / "room")


@LINKS
def test_links_in_a_repository_are_not_followed(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", PROJECT)
    (tmp_path / "ref").write_text(git(folder, "rev-parse", "HEAD") + "\n")
    (folder / ".git/refs/heads/other").symlink_to(tmp_path / "ref")
    (folder / ".git/refs/folder").symlink_to(tmp_path)
    found = staged(folder, tmp_path / "room")
    assert not (found.folder / ".git/refs/heads/other").exists()
    assert not (found.folder / ".git/refs/folder").exists()


@LINKS
def test_a_head_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """Old gits made such; what a link leads to may be anything."""
    folder = checkout(tmp_path / "project", PROJECT)
    (folder / ".git" / "HEAD").unlink()
    (folder / ".git" / "HEAD").symlink_to("refs/heads/main")
    with pytest.raises(RequestError, match="the repository has no HEAD"):
        staged(folder, tmp_path / "room")


@pytest.mark.parametrize("head", ["", "ref: refs/heads/none\n", "nonsense"])
def test_a_broken_repository_is_a_folder_or_has_no_commit(tmp_path: Path, head: str) -> None:
    folder = checkout(tmp_path / "project", PROJECT)
    (folder / ".git" / "HEAD").write_text(head)
    found = staged(folder, tmp_path / "room")
    assert found.facts is None
    assert names(found.folder) == sorted(PROJECT)


def test_without_git_a_checkout_is_a_folder(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", IGNORING)
    written(folder, {"a.log": ""})
    found = stage(str(folder), emptied(tmp_path / "room"), caller={"PATH": str(tmp_path)})
    assert (found.kind, names(found.folder)) == ("directory", sorted([*IGNORING, "a.log"]))
    with pytest.raises(RequestError, match="git isn't installed"):
        stage(f"git+file://{folder}", emptied(tmp_path / "other"), caller={"PATH": str(tmp_path)})


@pytest.mark.parametrize("revision", ["", "@v1.0", "@side", "@{commit}", "@refs/tags/v1.0"])
def test_repositories_are_cloned(tmp_path: Path, revision: str) -> None:
    folder = checkout(tmp_path / "project", IGNORING)
    first = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "--quiet", "-b", "side")
    written(folder, {"side.py": ""})
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "second")
    second = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "--quiet", "main")
    found = staged(f"git+file://{folder}{revision.format(commit=second)}", tmp_path / "room")
    assert found.facts is not None
    assert found.facts.commit == (second if revision in {"@side", "@{commit}"} else first)
    assert (found.kind, found.name, found.facts.remote, found.facts.dirty) == ("vcs", "", "", False)
    assert ("side.py" in names(found.folder)) == (found.facts.commit == second)
    assert not (tmp_path / "room" / "clone").exists()


def test_the_branch_is_known_where_one_is_checked_out(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", PROJECT)
    on = staged(folder, tmp_path / "on").facts
    git(folder, "checkout", "--quiet", "--detach")
    off = staged(folder, tmp_path / "off").facts
    cloned = staged(f"git+file://{folder}@v1.0", tmp_path / "cloned").facts
    assert on is not None
    assert off is not None
    assert cloned is not None
    assert (on.branch, off.branch, cloned.branch) == ("main", "", "")


def test_a_commit_that_no_branch_leads_to(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", IGNORING)
    git(folder, "checkout", "--quiet", "--detach")
    written(folder, {"run.sh": "x"})
    git(folder, "commit", "--quiet", "--all", "--message", "second")
    lost = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "--quiet", "main")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    found = staged(f"git+file://{folder}@{lost}", tmp_path / "room")
    assert found.facts is not None
    assert found.facts.commit == lost


def test_clones_have_submodules_and_folders(tmp_path: Path) -> None:
    other = checkout(tmp_path / "other", {"other.c": ""})
    folder = checkout(tmp_path / "project", {f"py/{name}": text for name, text in PROJECT.items()})
    git(folder, "submodule", "--quiet", "add", f"file://{other}", "third")
    git(folder, "commit", "--quiet", "--message", "second")
    found = staged(f"git+file://{folder}#subdirectory=py", tmp_path / "room")
    assert found.project == found.folder / "py"
    assert "third/other.c" in names(found.folder)
    with pytest.raises(RequestError, match="has no folder 'none'"):
        staged(f"git+file://{folder}#subdirectory=none", tmp_path / "again")


def test_revisions_that_are_not_there(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "project", PROJECT)
    with pytest.raises(RequestError, match=r"git fetch failed: .*none"):
        staged(f"git+file://{folder}@none", tmp_path / "room")
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "--quiet", ".")
    with pytest.raises(RequestError, match="has no revision 'HEAD'"):
        staged(f"git+file://{empty}", tmp_path / "other")


def test_repositories_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="git clone failed") as caught:
        staged("git+https://me:secret@localhost:9/a/b", tmp_path / "room")
    assert "secret" not in str(caught.value)
    assert "me" not in str(caught.value).partition("://")[2].partition("/")[0]


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://example.org/a/b.git", "https://example.org/a/b.git"),
        ("https://me@example.org/a", "https://example.org/a"),
        ("https://me:p%40ss@example.org:8443/a?x=y#z", "https://example.org:8443/a"),
        ("git@example.org:a/b.git", "ssh://example.org/a/b.git"),
        ("example.org:a/b.git", "ssh://example.org/a/b.git"),
        ("ssh://git@example.org:22/a", "ssh://example.org:22/a"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("file://localhost/home/me/a", ""),
        ("/home/me/a", ""),
        ("../a", ""),
        ("https://example.org:port/a", ""),
        ("https:///a", ""),
        ("ext::sh -c x", ""),
        ("C:/a/b", ""),
        ("", ""),
    ],
)
def test_public_addresses(url: str, public: str) -> None:
    assert public_url(url) == public


@given(st.text(max_size=60))
def test_public_addresses_never_hold_a_user(url: str) -> None:
    assert "@" not in public_url(url).partition("://")[2].partition("/")[0]


def test_credentials_are_left_out_of_messages() -> None:
    said = "fatal: 'https://me:se@cret@example.org/a' and ssh://git@host/x failed; mail me@example.org"
    assert without_credentials_in(said) == (
        "fatal: 'https://example.org/a' and ssh://host/x failed; mail me@example.org"
    )
