"""Where a project's repository is, as far as its metadata tell, and which of its tags is a version's.

Metadata are what somebody has uploaded: of the addresses in it, only https leads anywhere, so that nobody's key or file
is offered to a stranger. Who names a repository himself may use whatever git takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from packaging.version import InvalidVersion, Version

from truewheel.builds.git import public_url
from truewheel.errors import RequestError

_MOST_HEADERS: Final = 1 << 20
"""Bytes of metadata that are looked at: addresses stand before the description."""
_LONGEST: Final = 300
"""Characters of an address or a tag that somebody meant."""
_FORGES: Final = ("bitbucket.org", "codeberg.org", "git.sr.ht", "github.com", "gitlab.com")
_TWO_PARTS: Final = frozenset(("bitbucket.org", "codeberg.org", "git.sr.ht", "github.com"))
"""Forges on which a repository's address is OWNER/NAME, and nothing else; GitLab has groups in groups."""
_PAGES: Final = frozenset(
    ("about", "apps", "features", "marketplace", "orgs", "settings", "sponsors", "topics", "users")
)
"""First parts of addresses on forges that are no owners."""
_VIEWS: Final = frozenset(
    ("-", "blob", "commits", "issues", "merge_requests", "raw", "releases", "tags", "tree", "wikis")
)
"""Parts of an address on GitLab behind which it isn't the repository's any more."""
_SOURCES: Final = ("source", "sourcecode", "repository", "repo", "code", "github", "gitlab", "git", "vcs")
_HOMES: Final = ("homepage", "home")
_REFERENCE: Final = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\trefs/tags/(\S+)", re.ASCII)


class Place(NamedTuple):
    """The address of a repository, and in words who names it. ``named`` says that it was the user."""

    url: str
    origin: str
    named: bool = False


class Tag(NamedTuple):
    """A tag, and the commit that it leads to, in hexadecimal."""

    name: str
    commit: str


def named(address: str) -> Place:
    """The repository that a user names: an address that git takes, or a folder. Raises `RequestError` for others."""
    text = address.removeprefix("git+")
    if not re.search(r"[\0-\x20\x7f]", text) and not text.startswith("-"):
        if _url(text):
            return Place(text, "the repository was named", named=True)
        if public_url(text):  # host:path, as ssh takes it
            return Place(public_url(text), "the repository was named", named=True)
    if text and "::" not in text and Path(text).is_dir():
        return Place(str(Path(text).resolve()), "the repository was named", named=True)
    raise RequestError(
        f"{public_url(text) or text!r} is neither the address of a repository nor a folder",
        hint="--repository https://HOST/PATH, ssh://, git://, file:// or a folder",
    )


def _url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if parts.scheme == "file":
        return parts.path.startswith("/")
    return (
        parts.scheme in {"https", "http", "ssh", "git"}
        and parts.hostname is not None
        and not parts.hostname.startswith("-")
    )


def normalized(address: str, *, source: bool = False) -> str:
    """The https address of a repository on a forge, for that of one of its pages; "" where there is none.

    With `source` somebody says that it is a repository's: then it may stand on any host.
    """
    text = public_url(address.strip().removeprefix("git+"))
    if not text or len(text) > _LONGEST or re.search(r"[\0-\x20\x7f\\]", text):
        return ""
    scheme, _, rest = text.partition("://")
    host, _, path = rest.partition("/")
    host = host.lower().removeprefix("www.").partition(":")[0] if scheme != "https" else host.lower()
    host = host.removeprefix("www.")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts or host.startswith("-"):
        return ""
    if host in _FORGES or host.startswith("gitlab."):
        return _on_forge(host, parts)
    if not source or scheme != "https" or not parts:
        return ""
    return f"https://{host}/{'/'.join(parts)}"


def _on_forge(host: str, parts: list[str]) -> str:
    if host in _TWO_PARTS:
        parts = parts[:2]
    else:
        end = next((place for place, part in enumerate(parts) if part in _VIEWS and place >= 2), len(parts))
        parts = parts[:end]
    if len(parts) < 2 or parts[0].lower() in _PAGES:
        return ""
    parts[-1] = parts[-1].partition("@")[0].removesuffix(".git")  # behind @ pip has a revision
    return f"https://{host}/{'/'.join(parts)}" if parts[-1] else ""


def places(metadata: bytes) -> tuple[Place, ...]:
    """The repositories that METADATA or PKG-INFO name, the likeliest first.

    Those come first that a label calls the source, then home pages, then all other addresses on a forge, such as those
    of issues and changes. Labels are compared as the specification of well-known Project-URLs (PEP 753) does.
    """
    found: dict[str, Place] = {}
    for rank in range(3):
        for label, address in _addresses(metadata):
            url = normalized(address, source=rank == 0) if _rank(label) == rank else ""
            if url and url not in found:
                found[url] = Place(url, f"the metadata name the repository ({label})")
    return tuple(found.values())


def _rank(label: str) -> int:
    plain = re.sub(r"[\W_]", "", label).lower()
    return 0 if plain in _SOURCES else 1 if plain in _HOMES else 2


def _addresses(metadata: bytes) -> Iterator[tuple[str, str]]:
    for line in metadata[:_MOST_HEADERS].splitlines():
        if not line.strip():
            return
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        field = name.strip().lower() if colon else ""
        if field == "project-url":
            label, comma, address = value.partition(",")
            if comma:
                yield label.strip()[:_LONGEST], address.strip()
        elif field in {"home-page", "download-url"}:
            yield name.strip(), value.strip()


def tags_of(listing: bytes) -> tuple[Tag, ...]:
    """The tags that `git ls-remote --tags` lists; of an annotated one the commit, not the tag's own object."""
    commits: dict[str, str] = {}
    for line in listing.decode("utf-8", "replace").split("\n"):
        if reference := _REFERENCE.fullmatch(line):
            name = reference[2].removesuffix("^{}")
            if name != reference[2] or name not in commits:
                commits[name] = reference[1]
    return tuple(Tag(name, commit) for name, commit in commits.items())


def fitting(tags: Iterable[Tag], project: str, version: str) -> tuple[Tag, ...]:
    """The tags that mean a version of a project, the likeliest first.

    A tag is the version (as PEP 440 compares versions: 1.2 is 1.2.0, and 1.2.3-post1 is 1.2.3.post1) behind nothing, a
    ``v``, ``release`` or the like, the project's name, or both. Where one names the project, the repository holds
    several projects, and it comes before those that don't.
    """
    try:
        wanted = Version(version)
    except InvalidVersion:
        return ()
    name = r"[-_.]?".join(re.escape(part) for part in re.split(r"[-_.]+", project) if part)
    form = re.compile(
        rf"(?:(?P<name>{name})[-_/@=.]{{0,2}})?(?:(?:python|py)[-_/])?"
        r"(?:(?P<word>v|ver|version|r|rel|release|releases)[-_/.]?)?v?(?P<version>\d\S*)",
        re.IGNORECASE | re.ASCII,
    )
    found = []
    for tag in tags:
        match = form.fullmatch(tag.name) if len(tag.name) <= _LONGEST else None
        if match and _is_version(match["version"], wanted):
            exact = match["version"] == version
            found.append((not match["name"], not exact, match["word"] not in {None, "v"}, tag.name, tag))
    return tuple(entry[-1] for entry in sorted(found))


def _is_version(text: str, wanted: Version) -> bool:
    """Whether a text is that version. Some tags have underscores for points, as those of CVS had to."""
    return wanted in {_version(text), _version(text.replace("_", "."))}


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except (InvalidVersion, ValueError):  # the latter for numbers of thousands of digits
        return None
