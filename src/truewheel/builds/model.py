"""Builds as values: what is asked, what a build sees of the world, what keeps it apart, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from truewheel.wheel import Limits, Profile


class Progress(Protocol):
    """Somebody who is told how a build goes on."""

    def phase(self, name: str) -> None:
        """A phase begins, such as ``resolve build requirements`` or ``build wheel``."""

    def line(self, text: str) -> None:
        """A line that a program printed, without its end. It may hold anything."""


@dataclass(frozen=True, slots=True)
class Workroom:
    """The folders of one build, on this machine. ``host`` is the folder that holds them all."""

    host: Path

    @property
    def source(self) -> Path:
        """The copy of the sources that is built; the originals are never written to."""
        return self.host / "src"

    @property
    def out(self) -> Path:
        """Where the backend writes what it makes."""
        return self.host / "out"

    @property
    def env(self) -> Path:
        """The virtual environment with the build requirements."""
        return self.host / "env"

    @property
    def home(self) -> Path:
        """The build's HOME, empty at first; caches of tools land here."""
        return self.host / "home"

    @property
    def tmp(self) -> Path:
        """The build's TMPDIR."""
        return self.host / "tmp"

    @property
    def shims(self) -> Path:
        """The folder at the head of PATH with the compilers' stand-ins."""
        return self.host / "bin"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a build sees of the world. The defaults are what every build gets; `--twice` builds again under others.

    ``root`` is the path under which the build sees its workroom, where a namespace can give it that. ``clock`` is an
    offset of the clock in seconds (libfaketime). ``cores`` is the number of processors, None for all. ``shuffled``
    has Python list directories in another order. ``user`` is a user id, None for the caller's own. ``group`` likewise.
    ``mtime`` is an offset in seconds of the times of source files. ``setarch`` are options of setarch(8) under which
    all programs run.

    The rest is for building as somebody else once did, and nothing that `truewheel build` would choose. ``epoch_set``
    says whether SOURCE_DATE_EPOCH is in the environment. ``sources_kept`` leaves files of an sdist the times that its
    archive gives them. ``group_writable`` has them writable for the group, as unpacked under umask 002. ``frozen`` is
    the time, in seconds since 1970 UTC, at which the clock of Python programs stands still, and which files have that
    are written during the build; None for the real clock. ``line_ends`` is what Python writes for a line feed into
    files that are opened as text. Without ``compiler`` no compiler is found.
    """

    root: str = "/tmp/truewheel"  # noqa: S108  # inside the build's own namespace; outside, the folder is checked
    umask: int = 0o022
    timezone: str = "UTC"
    locale: str = "C.UTF-8"
    hash_seed: str = "0"
    home: str = "home"
    host_name: str = "truewheel"
    clock: int = 0
    cores: int | None = None
    shuffled: bool = False
    user: int | None = None
    group: int | None = None
    mtime: int = 0
    setarch: tuple[str, ...] = ()
    epoch_set: bool = True
    sources_kept: bool = False
    group_writable: bool = False
    frozen: int | None = None
    line_ends: str = "\n"
    compiler: bool = True
    more: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables, which no build should look at."""


class Isolation(NamedTuple):
    """What keeps a build apart from the machine.

    ``kind`` is bubblewrap, namespaces or none. ``fixed_path`` says that the sources lie at `Conditions.root`,
    ``network_cut`` that nothing can be reached, ``read_only`` that nothing outside the workroom can be written, and
    ``home_hidden`` that the user's home folder can't be read. ``notes`` says in words why something is not in force.
    """

    kind: str
    fixed_path: bool
    network_cut: bool
    read_only: bool
    home_hidden: bool
    notes: tuple[str, ...] = ()


class Varied(NamedTuple):
    """One circumstance of a second build: its name, what the builds saw of it, and why it is the same if it is."""

    name: str
    first: str
    second: str
    obstacle: str = ""


class Epoch(NamedTuple):
    """SOURCE_DATE_EPOCH: seconds since 1970 UTC, and in words where it comes from."""

    seconds: int
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a build is asked to do.

    ``source`` is a folder, an sdist, or ``git+URL[@REV][#subdirectory=DIR]``. With ``sdist`` and ``wheel`` the wheel is
    built from the sdist; with ``wheel`` alone, from the sources directly. ``python`` is a version or a path, None for
    the Python that runs truewheel. ``installer`` is auto, uv or pip. ``lock`` is a pylock.toml to install build
    requirements from instead of resolving them; ``constraints`` are files in pip's format, ``exclude_newer`` a date
    (RFC 3339) after which no release counts (uv alone). ``requirements_from_source`` allows build requirements that
    have no wheel, whose own builds run with the caller's environment. ``environment`` are variables that the build
    gets as they are. ``network`` lets the build reach the network. ``isolation`` is auto, bubblewrap, namespaces or
    none; ``hidden`` are files and folders that a build must not find, as far as something keeps it apart, and that are
    no part of a folder's sources unless they are tracked. ``epoch`` is SOURCE_DATE_EPOCH where it was given. ``keep``
    leaves the workroom behind. ``seconds`` limits every program that is run, None for no limit, and ``memory`` is how
    many bytes of memory each program of the build may take, likewise; uv, pip and git have all that there is. ``more``
    are build requirements that the project doesn't state. What is built is written in canonical form; where
    ``canonical`` is false it stays as the backend wrote it, to the byte.
    """

    source: str
    sdist: bool = True
    wheel: bool = True
    python: str | None = None
    installer: str = "auto"
    lock: Path | None = None
    constraints: tuple[Path, ...] = ()
    exclude_newer: str | None = None
    requirements_from_source: bool = False
    config_settings: Mapping[str, str | list[str]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    isolation: str = "auto"
    hidden: tuple[Path, ...] = ()
    epoch: int | None = None
    keep: bool = False
    seconds: float | None = None
    memory: int | None = None
    more: tuple[str, ...] = ()
    canonical: bool = True
    profile: Profile = Profile.LD1
    limits: Limits = field(default_factory=Limits)


class Tool(NamedTuple):
    """A program that took part: its name, and the first line of what it says of its version."""

    name: str
    version: str


class Requirement(NamedTuple):
    """A build requirement as it was installed: the file's name, and its sha256 in hexadecimal."""

    project: str
    version: str
    file: str
    sha256: str


class Artefact(NamedTuple):
    """A distribution that was built: ``kind`` is sdist or wheel; ``size`` in bytes, ``sha256`` in hexadecimal."""

    kind: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Made:
    """What one build made, in the folder that it was told.

    ``lock`` is the text of the pylock.toml that the environment was installed from, ``provenance`` the text of the
    in-toto statement, ``isolation`` what was in force while the backend ran.
    """

    artefacts: tuple[Artefact, ...]
    lock: str
    provenance: str
    epoch: Epoch
    isolation: Isolation
    python: str
    requirements: tuple[Requirement, ...]
    tools: tuple[Tool, ...]
