"""The indexes of a user, asked: pages read, files fetched into the cache, each checked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Final, TypeVar

from truewheel.errors import RequestError, Where
from truewheel.index import simple
from truewheel.index.addresses import project_page, without_credentials
from truewheel.index.entries import Page as Read
from truewheel.index.fetching import INDEX, STRONGEST, Hashing, Words, check, known
from truewheel.index.model import Fetched, IndexFile, IndexSettings
from truewheel.index.session import Patience, Session
from truewheel.index.store import Page, Store, default_folder
from truewheel.wheel import Limits
from truewheel.wheel.name import canonical_project
from truewheel.world.files import replacing

_C = TypeVar("_C", bound="Client")
_T = TypeVar("_T")

_LARGEST_PAGE: Final = 64 << 20
"""Bytes; five times what the largest projects have."""

_FRESH: Final = 600.0
"""Seconds for which a page isn't asked for again, as with pip."""

_IN_MEMORY: Final = 16 << 20
_CHUNK: Final = 1 << 20
_OFFLINE: Final = "ask again without --offline"


class NoProjectError(RequestError):
    """None of the indexes has a project of this name."""


class Client:
    """An `Index`: what the indexes of `settings` serve.

    The first that has a project answers for it, as with uv: a name that somebody else takes on a later, more public
    index doesn't come in its place. Files and pages are kept in the folder `cache`, None for the user's own. `offline`
    asks nobody, and has what is there. `notes` says what was remarkable, each sentence once.

    It is for one process and one thread; its settings can be sent to others. Raises `RequestError` where requests
    isn't installed, or the cache can't be made.
    """

    def __init__(
        self,
        settings: IndexSettings,
        cache: Path | None = None,
        *,
        offline: bool = False,
        limits: Limits | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._store = Store(cache or default_folder(os.environ))
        self._session = Session(settings, patience)
        self._offline = offline
        self._limits = limits or Limits()
        self._notes: dict[str, None] = {}

    def __enter__(self: _C) -> _C:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let all connections go."""
        self._session.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What users should know of what was fetched so far."""
        return tuple(self._notes)

    def files(self, project: str, *, anew: bool = False) -> tuple[IndexFile, ...]:
        """All wheels and sdists of a project on the first index that has it, in the index's order.

        With `anew` a page that was asked for a moment ago is asked for again. An index that can't be asked ends the
        search: nobody knows what it would have said. Raises `RequestError`, where there is no project `NoProjectError`.
        """
        name = canonical_project(project)
        without: list[str] = []
        for index in self._settings.indexes:
            public = without_credentials(index)
            found = self._document(
                project_page(index, name),
                simple.ACCEPT,
                _LARGEST_PAGE,
                partial(_files, index=public, name=name),
                fresh=0.0 if anew else _FRESH,
            )
            if found is None:
                without.append(public)
                continue
            if without:
                self._notes[f"{name} isn't on {' nor on '.join(without)}: it is taken from {public}"] = None
            return found
        raise self._not_there(name, without)

    def fetch(self, file: IndexFile, words: Words = INDEX) -> Fetched:
        """The file, from the cache or the index, once all hashes that the index gives are found right.

        Raises `RequestError` where it can't be had, or isn't what the index says; errors speak in these `words` of it.
        """
        sha256 = file.sha256 or (self._store.alias(_alias(file)) if self._offline else "")
        found = self._store.file(sha256, file.name) if sha256 else None
        if found is None:
            if self._offline:
                raise RequestError("isn't in the cache", where=Where(file=file.name), hint=_OFFLINE)
            found = self._fetched(file, words)
        if not any(name in STRONGEST for name, _ in known(file)):
            weak = next((name for name, _ in known(file)), "")
            told = f"gives nothing but the {weak} of" if weak else "gives no hash of"
            self._notes[f"{file.index} {told} {file.name}: who can change it could have another one served"] = None
        return found

    def document(self, url: str, *, most: int) -> bytes | None:
        """What stands at another address of the index, at most so many bytes; None where nothing does (404).

        Raises `RequestError` where it can't be had.
        """
        body = self._document(url, "*/*", most, lambda page: page.body)
        if body is None and self._offline:
            raise RequestError("isn't in the cache", where=Where(file=without_credentials(url)), hint=_OFFLINE)
        return body

    def _not_there(self, name: str, without: list[str]) -> RequestError:
        if not without:
            return RequestError(
                f"no package index is configured, so {name} can't be looked for", hint="name one with --index-url"
            )
        if self._offline:
            return RequestError(f"the page of {name} isn't in the cache", hint=_OFFLINE)
        return NoProjectError(f"there is no project {name} on {', '.join(without)}", hint="check the spelling")

    def _document(
        self, url: str, accept: str, most: int, read: Callable[[Page], _T], *, fresh: float = _FRESH
    ) -> _T | None:
        """What `read` makes of a page that is younger than `fresh` seconds, or was found unchanged, or came anew.

        None where there is none. A page that can't be read isn't kept.
        """
        key = f"{accept} {without_credentials(url)}"
        old = self._store.page(key)
        if self._offline or (old is not None and 0 <= time.time() - old.fetched < fresh):
            return None if old is None else read(old)
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        if old is not None and old.etag:
            headers["If-None-Match"] = old.etag
        target = BytesIO()

        def anew() -> BytesIO:
            target.seek(0)
            target.truncate()
            return target

        answer = self._session.get(url, anew, most=most, headers=headers)
        if answer.status == 404:
            return None
        if answer.status == 200:
            page = Page(answer.url, answer.kind, answer.etag, time.time(), target.getvalue())
        elif old is not None:
            page = replace(old, fetched=time.time())
        else:
            raise RequestError("the answer is 304, and nothing was known before", where=Where(file=answer.url))
        result = read(page)
        self._store.keep_page(key, page)
        return result

    def _fetched(self, file: IndexFile, words: Words) -> Fetched:
        """Have a file come, beside the cache until it is known to be right."""
        most = self._limits.member_size if file.size is None else min(file.size, self._limits.total_size)
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            hashing = Hashing(spool, ())

            def anew() -> Hashing:
                nonlocal hashing
                spool.seek(0)
                spool.truncate()
                hashing = Hashing(spool, (name for name, _ in known(file)))
                return hashing

            answer = self._session.get(
                file.url, anew, most=most, headers={"Accept": "*/*", "Accept-Encoding": "identity"}
            )
            if answer.status != 200:
                raise RequestError(words.absent, where=Where(file=without_credentials(file.url)))
            check(file, hashing, without_credentials(file.url), words)
            sha256 = hashing.digest("sha256")
            spool.seek(0)
            path = self._store.path_of(sha256, file.name)
            with replacing(path) as draft:
                while chunk := spool.read(_CHUNK):
                    draft.write(chunk)
        if not file.sha256:
            self._store.keep_alias(_alias(file), sha256)
        return Fetched(path, sha256, hashing.size)


def _files(page: Page, *, index: str, name: str) -> tuple[IndexFile, ...]:
    """The files on the page of a project."""
    try:
        return simple.read(page.body, page.kind, Read(page.url, index, name))
    except RequestError as error:
        raise error.within(file=page.url) from None


def _alias(file: IndexFile) -> str:
    """What a file without a sha256 is remembered by: where it is from, and the hashes that it has."""
    return " ".join([file.url, *(f"{name}={value}" for name, value in file.hashes)])
