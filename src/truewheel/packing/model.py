"""What is to be packed, as values: metadata, layout, programs, targets.

Wherever a path or a glob is about an archive, it means the names there after ``strip`` folders were taken off, and
before anything is renamed: what one reads off a listing of the archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from truewheel.wheel.name import canonical_project

Names: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """An author or maintainer, as ``[project]`` has them: one of the two may be empty."""

    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Readme:
    """The long description and its content type, such as text/markdown."""

    text: str
    content_type: str


@dataclass(frozen=True, slots=True)
class About:
    """The metadata of a project (core metadata 2.4), checked and in the form in which METADATA has it.

    ``name`` is as the project spells it, ``version`` normalized (PEP 440), ``license`` an SPDX expression or "".
    ``license_files`` are globs for files of the archive, or else of the project's folder, that hold licences; None for
    all that look like it. ``dependencies`` are requirements (PEP 508), those of extras by the extra's name.
    """

    name: str
    version: str
    summary: str = ""
    readme: Readme | None = None
    license: str = ""
    license_files: Names | None = None
    requires_python: str = ""
    authors: tuple[Person, ...] = ()
    maintainers: tuple[Person, ...] = ()
    keywords: Names = ()
    classifiers: Names = ()
    urls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    dependencies: Names = ()
    extras: Mapping[str, Names] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def distribution(self) -> str:
        """The name as it stands in file names (binary distribution format, escaping)."""
        return canonical_project(self.name).replace("-", "_")


@dataclass(frozen=True, slots=True)
class Program:
    """A command that the wheel brings.

    ``path`` is that of the program in the archive, without the ``.exe`` that it may have there. With ``script`` the
    file itself becomes the command, in ``.data/scripts``; otherwise it stays where the layout has it, and a generated
    module starts it.
    """

    command: str
    path: str
    script: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Which files of an archive go where.

    ``strip`` is how many folders are taken off all names: None for the one folder that everything lies in, if there is
    one. Of what is left ``include`` chooses (everything, where it is empty) and ``exclude`` leaves out; globs as in
    `Globs` says: ``*`` stays within a part, ``**`` doesn't, and a glob for a folder means all that is in it. ``rename``
    maps paths, or folders with a slash at the end, to new ones; the longest match counts. ``into`` is the folder of the
    wheel that takes the files, a package such as ``ziglang``; files that ``data`` matches go below ``.data/data``
    instead, which installers put at the root of the environment. ``foreign`` are native files that aren't for this
    platform, but data of the program.
    """

    strip: int | None = None
    include: Names = ()
    exclude: Names = ()
    rename: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    into: str = ""
    data: Names = ()
    foreign: Names = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One archive, from which one wheel is made.

    ``source`` is a path (relative to the project's folder) or an address, ``sha256`` in hexadecimal, "" where none is
    given, which no address may leave out. ``platforms`` are tags that the wheel gets instead of the lowest true ones.
    ``programs`` of None are found by looking: the one program there is, or the one called as the project.
    """

    label: str
    source: str
    sha256: str = ""
    layout: Layout = field(default_factory=Layout)
    programs: tuple[Program, ...] | None = None
    platforms: Names = ()

    @property
    def remote(self) -> bool:
        """Whether it has to be fetched."""
        return self.source.lower().startswith(("https://", "http://"))


@dataclass(frozen=True, slots=True)
class Packing:
    """All that is to be packed: one project, and its targets.

    ``build`` is the build number of the wheels (PEP 427), "" for none. ``added`` maps paths in the wheel, below
    ``into``, to files of the project's folder. ``exclude_libraries`` are globs for libraries that other packages bring.
    """

    about: About
    targets: tuple[Target, ...]
    build: str = ""
    added: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    exclude_libraries: Names = ()
