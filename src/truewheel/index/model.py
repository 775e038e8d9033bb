"""What an index says of files, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """A file that an index lists.

    ``hashes`` are hexadecimal, by algorithm. ``size`` is in bytes, None where the index doesn't tell; ``uploaded`` is a
    moment in RFC 3339, "" likewise. ``yanked`` is the reason, "" for one without a reason, None for a file that isn't.
    ``provenance`` is the address of its attestations (PEP 740), "" where there is none. ``index`` is the address of the
    index, without passwords.
    """

    project: str
    version: str
    name: str
    url: str
    index: str
    hashes: tuple[tuple[str, str], ...] = ()
    size: int | None = None
    uploaded: str = ""
    requires_python: str = ""
    yanked: str | None = None
    provenance: str = ""

    @property
    def sha256(self) -> str:
        """In hexadecimal, "" where the index doesn't tell."""
        return dict(self.hashes).get("sha256", "")


class Fetched(NamedTuple):
    """A file of an index on this machine, its hash checked: where it lies, its sha256, its size in bytes."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where files come from, and how they are asked for, as the user has configured it.

    ``indexes`` are addresses of simple indexes, which may hold a user and a password, the first the most trusted one;
    ``origins`` says of each in words who named it. ``trusted_hosts`` are hosts whose certificate isn't checked,
    ``certificates`` a file of authorities, ``client_certificate`` a file, ``proxy`` an address, ``seconds`` the timeout
    of each answer. ``notes`` say what was configured and isn't used. What may hold a password isn't in the ``repr``,
    which gets into logs, such as those of a cluster's workers.
    """

    indexes: tuple[str, ...] = field(repr=False)
    origins: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    certificates: str = ""
    client_certificate: str = ""
    proxy: str = field(default="", repr=False)
    seconds: float = 15.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Something to verify: a project at a version on the index, or a file here.

    ``hashes`` are those that a requirements file or a lock demands, as ``sha256:…``; one of them has to be met.
    ``wheel`` and ``sdist`` are file names where a lock names them. ``path`` is a wheel on this machine. ``asked`` is
    the user's own spelling.
    """

    asked: str
    project: str = ""
    version: str = ""
    hashes: tuple[str, ...] = ()
    wheel: str = ""
    path: Path | None = None
    urls: tuple[tuple[str, str], ...] = field(default_factory=tuple)
    """Addresses of files by their names, where a lock says them."""


class Index(Protocol):
    """Somebody who knows what an index serves."""

    def files(self, project: str) -> tuple[IndexFile, ...]:
        """All files of a project, in the index's order. Raises `RequestError` where there is none, or no answer."""

    def fetch(self, file: IndexFile) -> Fetched:
        """The file itself, its hashes checked. Raises `RequestError`."""

    def document(self, url: str, *, most: int) -> bytes | None:
        """What stands at another address of the index, at most so many bytes; None where nothing does (404)."""
