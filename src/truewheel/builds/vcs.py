"""Git checkouts: which files belong to one, a copy of its history that answers questions, and what is known of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from truewheel.builds.git import Git, public_url
from truewheel.errors import RequestError, Where

_MOST_ALTERNATES: Final = 5
"""How many repositories may lend each other objects in a row, as in git."""
_OBJECT: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{38}(?:[0-9a-f]{24})?|pack/(?:pack|multi-pack-index)[-.\w]*")
_STORED: Final = (
    "core.autocrlf",
    "core.eol",
    "core.ignorecase",
    "core.precomposeunicode",
    "core.symlinks",
    "extensions.objectformat",
    "extensions.refstorage",
)
"""Settings of a repository without which its files can't be read, or look changed. None of them names a program."""


class Checkout(NamedTuple):
    """A working tree: its top folder, and where its own and its shared part of the repository lie."""

    top: Path
    own: Path
    shared: Path


class Facts(NamedTuple):
    """What is known of a checkout.

    ``commit`` in hexadecimal, ``time`` that of the commit in seconds since 1970, ``dirty`` whether files differ from
    it, ``remote`` where it comes from without credentials, or "". ``branch`` is the one that is checked out, "" for a
    commit alone.
    """

    commit: str
    time: int
    dirty: bool
    remote: str
    branch: str = ""


def checkout_at(top: Path, git: Git) -> Checkout | None:
    """The checkout whose top folder this is, or None. The repository's own idea of its place counts for nothing."""
    if not os.path.lexists(top / ".git") or not git:
        return None
    answer = git.ask(f"--git-dir={top / '.git'}", "rev-parse", "--git-dir", "--git-common-dir", folder=top)
    lines = os.fsdecode(answer.output).split("\n")
    if answer.status or len(lines) != 3:  # it lies elsewhere and is gone, or its format isn't known here
        return None
    return Checkout(top, top / lines[0], top / lines[1])


def checkout_around(folder: Path, git: Git) -> Checkout | None:
    """The checkout that a folder belongs to: one in which files of the folder are tracked. None where there is none."""
    for top in (folder, *folder.parents):
        if os.path.lexists(top / ".git"):
            checkout = checkout_at(top, git)
            if checkout is None or next(files(checkout, git, "-c", below=folder), None) is None:
                return None
            return checkout
    return None


def files(checkout: Checkout, git: Git, *which: str, below: Path | None = None) -> Iterator[str]:
    """Paths from the top folder, as `git ls-files` gives them; one that ends in a slash is a repository of its own."""
    where = ["--", str(below.relative_to(checkout.top))] if below and below != checkout.top else []
    output = git.told(
        f"--git-dir={checkout.top / '.git'}",
        f"--work-tree={checkout.top}",
        "--literal-pathspecs",
        "ls-files",
        "-z",
        *which,
        *where,
        folder=checkout.top,
    )
    for name in output.split(b"\0"):
        if name:
            yield os.fsdecode(name)


def copy_repository(checkout: Checkout, target: Path, git: Git) -> None:
    """Make `target`/.git, with the checkout's history, its HEAD and its index, and nothing else of it.

    Hooks, logs and settings stay behind: they name programs, credentials and people. Objects that other repositories
    lend are copied too, as the copy may be all that a build can read.
    """
    folder = target / ".git"
    folder.mkdir()
    (folder / "config").write_text(_settings(checkout, git), encoding="utf-8")
    _copy_objects(checkout.shared / "objects", folder / "objects")
    for name in ("refs", "reftable"):
        _copy_plain(checkout.shared / name, folder / name)
        if checkout.own != checkout.shared:
            _copy_plain(checkout.own / name, folder / name)
    (folder / "refs").mkdir(exist_ok=True)
    for source in (checkout.shared / "packed-refs", checkout.shared / "shallow", checkout.own / "HEAD"):
        _copy_file(source, folder / source.name)
    for source in sorted(checkout.own.glob("*index*")):  # a split index has a second file
        if re.fullmatch(r"index|sharedindex\.[0-9a-f]+", source.name):
            _copy_file(source, folder / source.name)
    if not (folder / "HEAD").exists():
        raise RequestError("the repository has no HEAD", where=Where(file=str(checkout.top)))


def refresh(target: Path, git: Git) -> None:
    """Have the index of a copy know its files, so that no build takes them for changed."""
    git.ask("update-index", "-q", "--refresh", folder=target)


def facts(target: Path, remote: str, git: Git) -> Facts | None:
    """What is known of a copied checkout, whose remote repository was `remote`. None where it has no commit yet."""
    found = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}", folder=target)
    if found.status:
        return None
    commit = found.output.decode("ascii", "replace").strip()
    header = git.told("cat-file", "commit", commit, folder=target).partition(b"\n\n")[0]
    time = re.search(rb"^committer .*> (\d{1,12}) ", header, re.MULTILINE)
    changed = git.told("status", "--porcelain", "-z", "--ignore-submodules=none", folder=target)
    branch = git.ask("symbolic-ref", "--quiet", "--short", "HEAD", folder=target)
    name = "" if branch.status else branch.output.decode("utf-8", "replace").strip()
    return Facts(commit, int(time[1]) if time else 0, bool(changed), public_url(remote), name)


def remote_of(checkout: Checkout, git: Git) -> str:
    """The address of the repository's origin, as it stands in its settings; "" where it has none."""
    return _local(checkout, git).get("remote.origin.url", "")


def clone(url: str, revision: str, folder: Path, git: Git) -> None:
    """Clone a repository with its submodules into `folder`, and check a revision out. Raises `RequestError`."""
    scheme = url.partition(":")[0]
    allowed = {"protocol.allow": "never", "protocol.https.allow": "always", "protocol.ssh.allow": "always"}
    allowed[f"protocol.{scheme}.allow"] = "always"
    here = folder.parent
    git.told("clone", "--quiet", "--no-checkout", "--", url, str(folder), folder=here, settings=allowed)
    name = revision or "HEAD"
    answer = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", folder=folder)
    if answer.status and revision:
        # A branch that isn't the first one, or a commit that no branch leads to and the server gives all the same.
        origin = git.ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"origin/{name}^{{commit}}", folder=folder
        )
        if origin.status:
            git.told("fetch", "--quiet", "--", "origin", revision, folder=folder, settings=allowed)
            origin = git.ask("rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}", folder=folder)
        answer = origin
    if answer.status:
        raise RequestError(f"the repository has no revision {name!r}")
    git.told("checkout", "--quiet", "--detach", answer.output.decode("ascii").strip(), folder=folder)
    git.told("submodule", "--quiet", "update", "--init", "--recursive", folder=folder, settings=allowed)


def _local(checkout: Checkout, git: Git) -> Mapping[str, str]:
    answer = git.ask(f"--git-dir={checkout.own}", "config", "--local", "--null", "--list", folder=checkout.top)
    pairs = (entry.partition("\n") for entry in os.fsdecode(answer.output).split("\0"))
    return {key: value for key, newline, value in pairs if newline}


def _settings(checkout: Checkout, git: Git) -> str:
    """The settings of the copy, in git's format."""
    local = _local(checkout, git)
    lines = [
        "[core]",
        f"\trepositoryformatversion = {1 if any(key.startswith('extensions.') for key in local) else 0}",
        "\tbare = false",
        "\tcheckStat = minimal",  # users and inodes are others in a namespace
        "\ttrustctime = false",
    ]
    for key in _STORED:
        value = local.get(key, "")
        if re.fullmatch(r"[\w-]+", value, re.ASCII):
            section, _, name = key.partition(".")
            lines += [f"[{section}]", f"\t{name} = {value}"]
    url = public_url(local.get("remote.origin.url", ""))
    if url and not re.search(r'[\s"\\#;]', url):
        lines += ['[remote "origin"]', f"\turl = {url}", "\tfetch = +refs/heads/*:refs/remotes/origin/*"]
    return "\n".join([*lines, ""])


def _copy_objects(source: Path, target: Path, depth: int = 0) -> None:
    (target / "pack").mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*/*")):
        name = "/".join(path.parts[-2:])
        if _OBJECT.fullmatch(name) and not (target / name).exists():
            (target / name).parent.mkdir(exist_ok=True)
            _copy_file(path, target / name)
    lent = source / "info" / "alternates"
    if depth < _MOST_ALTERNATES and _is_plain(lent):
        for line in os.fsdecode(lent.read_bytes()).split("\n"):
            if line and not line.startswith("#"):
                _copy_objects(source / line, target, depth + 1)


def _copy_plain(source: Path, target: Path) -> None:
    """A folder with nothing but folders and files; links are left out."""
    if source.is_symlink() or not source.is_dir():
        return
    for folder, names, contents in os.walk(source):
        names[:] = sorted(name for name in names if not (Path(folder) / name).is_symlink())
        place = target / Path(folder).relative_to(source)
        place.mkdir(parents=True, exist_ok=True)
        for name in sorted(contents):
            _copy_file(Path(folder) / name, place / name)


def _copy_file(source: Path, target: Path) -> None:
    if _is_plain(source):
        shutil.copyfile(source, target)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
