"""An sdist compared with the commit that it claims to be of."""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from truewheel.builds.git import Git, public_url
from truewheel.errors import RequestError, TruewheelError
from truewheel.rebuilds.history_compare import Compared, compared, files_of, folder_of
from truewheel.rebuilds.history_objects import SUBMODULE, Node, Remote
from truewheel.rebuilds.repository import Place, Tag, fitting, named, normalized, places
from truewheel.sdist import Sdist, SdistName
from truewheel.verdict.model import Attested, History
from truewheel.wheel import Limits
from truewheel.world.sdists import open_sdist

_PATIENCE: Final = 300.0
"""Seconds for every command of git, where nobody says how many."""
_MOST_PLACES: Final = 3
"""Repositories that metadata name, which are asked for a tag."""
_MOST_TAGS: Final = 10
"""Tags that fit a version as well, and are told where they lead elsewhere."""
_MOST_SUBMODULES: Final = 16
_DEEPEST: Final = 3


def history(
    sdist: Path,
    *,
    metadata: bytes,
    repository: str = "",
    attested: Sequence[Attested] = (),
    caller: Mapping[str, str],
    seconds: float | None = None,
    limits: Limits | None = None,
) -> History:
    """Compare an sdist with a commit, file by file; what can't be compared is an answer too, with ``problem``.

    The commit is that which a verified attestation's certificate names, else the one that the tag of the sdist's
    version leads to. The repository is `repository` (an address that git takes, or a folder), else that of the
    certificate, else what `metadata` (METADATA or PKG-INFO) name. Files are the same where git gives them the same id.
    `seconds` limits every command of git. Nothing of the repository is checked out, and none of its programs runs.
    """
    with tempfile.TemporaryDirectory(prefix="truewheel-history-", ignore_cleanup_errors=True) as scratch:
        git = Git(caller, _PATIENCE if seconds is None else seconds)
        search = _Search(Path(scratch).resolve(), git, next((one for one in attested if _is_claim(one)), None))
        try:
            found = search.find(_candidates(repository, metadata, search.claim), SdistName.parse(sdist.name))
            tree = found.remote.tree(found.commit)
            with open_sdist(sdist, limits) as opened:
                return _history(found, search.compare(found, tree, opened.sdist), search.remarks)
        except TruewheelError as error:
            known = search.found
            return History(
                repository=_shown(known.remote.place) if known else search.asked,
                ref=known.ref if known else "",
                commit=known.commit if known else "",
                chosen=known.chosen if known else "",
                remarks=tuple(search.remarks),
                problem=_sentence(error),
            )


def _is_claim(attested: Attested) -> bool:
    return attested.state == "verified" and bool(attested.repository)


def _candidates(repository: str, metadata: bytes, claim: Attested | None) -> tuple[Place, ...]:
    """The repositories to ask, in this order. Raises `RequestError` where there is none."""
    if repository:
        return (named(repository),)
    if claim and (url := normalized(claim.repository, source=True)):
        return (Place(url, "the attestation's certificate names the repository"),)
    if found := places(metadata)[:_MOST_PLACES]:
        return found
    raise RequestError(
        "the metadata name no repository that git could fetch", hint="name it: --repository https://HOST/PATH"
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A commit that was fetched."""

    remote: Remote
    commit: str
    ref: str
    chosen: str


@dataclass
class _Search:
    """The way to a commit and its files, and what is worth to be said on it."""

    scratch: Path
    git: Git
    claim: Attested | None
    asked: str = ""
    found: _Found | None = None
    remarks: list[str] = field(default_factory=list)
    _count: int = 0

    def _remote(self, place: Place) -> Remote:
        self._count += 1
        folder = self.scratch / f"{self._count}.git"
        folder.mkdir()
        return Remote(place, folder, self.git)

    def find(self, candidates: Sequence[Place], name: SdistName) -> _Found:
        """The commit of the sdist in the first repository that has one. Raises `RequestError` where none has."""
        problems = []
        for place in candidates:
            self.asked = _shown(place)
            try:
                self.found = self._in(self._remote(place), name)
            except RequestError as error:
                problems.append(f"{_shown(place)}: {error.what}")
            else:
                return self.found
        raise RequestError("; ".join(problems))

    def _in(self, remote: Remote, name: SdistName) -> _Found:
        """That of the certificate, else that of the version's tag."""
        tags = fitting(remote.tags(), name.project, name.version)
        if self.claim and self.claim.commit:
            if remote.place.named and normalized(self.claim.repository, source=True) != normalized(remote.place.url):
                self.remarks.append(f"the attestation's certificate names another repository: {self.claim.repository}")
            if remote.fetch(self.claim.commit, self.claim.ref):
                self._remark_on_tags(tags, self.claim.commit, "the certificate's")
                chosen = f"{remote.place.origin}, and the certificate names the commit"
                return _Found(remote, self.claim.commit, self.claim.ref, chosen)
            self.remarks.append(f"the repository doesn't have the certificate's commit {self.claim.commit} any more")
        if not tags:
            raise RequestError(f"no tag is that of {name.version}")
        tag = tags[0]
        self._remark_on_tags(tags[1:], tag.commit, f"{tag.name}'s")
        if not remote.fetch(tag.commit, f"refs/tags/{tag.name}"):
            raise RequestError(f"the commit of the tag {tag.name} can't be fetched")
        return _Found(
            remote, tag.commit, f"refs/tags/{tag.name}", f"{remote.place.origin}, and the tag {tag.name} fits"
        )

    def _remark_on_tags(self, tags: Sequence[Tag], commit: str, whose: str) -> None:
        self.remarks += [
            f"the tag {tag.name} leads to another commit than {whose}: {tag.commit}"
            for tag in tags[:_MOST_TAGS]
            if tag.commit != commit
        ]

    def compare(self, found: _Found, tree: dict[str, Node], sdist: Sdist) -> Compared:
        """Compare all files."""
        files = files_of(sdist, len(found.commit))
        folder = folder_of(files, tree)
        remotes = [found.remote, *self._submodules(found.remote, found.commit, tree, {folder + name for name in files})]

        def blobs(ids: Collection[str]) -> Mapping[str, bytes]:
            known: dict[str, bytes] = {}
            for remote in remotes:
                known |= remote.blobs(ids - known.keys())
            return known

        return compared(files, tree, folder, blobs)

    def _submodules(
        self, remote: Remote, commit: str, tree: dict[str, Node], files: Collection[str], depth: int = 0
    ) -> Iterator[Remote]:
        """Have the files of submodules in the tree, where the sdist has files in their places."""
        folders = _folders(files)
        wanted = sorted(path for path, node in tree.items() if node.mode == SUBMODULE and path in folders)
        addresses = remote.submodules(commit) if wanted else {}
        for count, path in enumerate(wanted):
            node, place = tree[path], _submodule_place(addresses.get(path, ""), remote.place)
            if self._count > _MOST_SUBMODULES:
                self.remarks.append(f"{len(wanted) - count} submodules weren't fetched: their files can't be compared")
                return
            if depth == _DEEPEST or place is None:
                self.remarks.append(f"the submodule {path} wasn't fetched: its files can't be compared")
                continue
            inner = self._remote(place)
            if not inner.fetch(node.id):
                self.remarks.append(f"the submodule {path} can't be fetched: its files can't be compared")
                continue
            below, start = inner.tree(node.id), len(path) + 1
            inside = [name[start:] for name in files if name.startswith(f"{path}/")]
            yield inner
            yield from self._submodules(inner, node.id, below, inside, depth + 1)
            del tree[path]
            tree |= {f"{path}/{name}": entry for name, entry in below.items()}


def _folders(files: Collection[str]) -> set[str]:
    """All folders that files stand in."""
    found: set[str] = set()
    for name in files:
        folder = name.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _submodule_place(address: str, parent: Place) -> Place | None:
    """Where a submodule is: an address as metadata may give it, or one relative to a repository that the user named."""
    if address.startswith(("./", "../")):
        if not parent.named:
            address = _joined(parent.url, address)
        else:
            return Place(_joined(parent.url, address), parent.origin, named=True)
    elif parent.named and "://" not in parent.url and Path(address).is_dir():
        return Place(address, parent.origin, named=True)
    url = normalized(address, source=True)
    return Place(url, parent.origin) if url else None


def _joined(url: str, relative: str) -> str:
    """The address that a relative one of a submodule means: git takes the repository's for a folder."""
    if "://" not in url:
        return posixpath.normpath(posixpath.join(url, relative))
    parts = urlsplit(url)
    return parts._replace(path=posixpath.normpath(posixpath.join(parts.path, relative))).geturl()


def _sentence(error: TruewheelError) -> str:
    """What went wrong, with the file's name: the folder that it lies in just now means nothing to anybody."""
    return f"{Path(error.where.file).name}: {error.what}" if error.where.file else error.what


def _shown(place: Place) -> str:
    """The address without passwords; a folder as it is."""
    return public_url(place.url) or place.url


def _history(found: _Found, compared: Compared, remarks: Sequence[str]) -> History:
    return History(
        repository=_shown(found.remote.place),
        ref=found.ref,
        commit=found.commit,
        chosen=found.chosen,
        added=tuple(sorted(compared.added)),
        missing=tuple(sorted(compared.missing)),
        changed=tuple(sorted(compared.changed)),
        generated=tuple(sorted(compared.generated.items())),
        programs=tuple(sorted(compared.programs)),
        traits=tuple(sorted(compared.traits.items())),
        subdirectory=compared.subdirectory,
        remarks=tuple(remarks),
    )
