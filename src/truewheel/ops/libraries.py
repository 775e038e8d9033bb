"""Libraries outside of a wheel, as a repair asks for them: the outside itself is somebody else's affair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from truewheel.binary.fields import Buffer


class Package(NamedTuple):
    """The package of a distribution that a file belongs to.

    ``type`` is the word of package URLs (deb, rpm, apk), ``distro`` and ``release`` are ID and VERSION_ID of
    os-release ("" if unknown), ``arch`` the distribution's own word.
    """

    type: str
    distro: str
    release: str
    name: str
    version: str
    arch: str


class LibraryFile(Protocol):
    """A file that may be the library that is looked for; it stays mapped as long as the search is open."""

    @property
    def path(self) -> str:
        """Where it was found, for people; with links resolved, so that one file has one path."""

    @property
    def data(self) -> Buffer:
        """All its bytes, mapped. Raises `RequestError` where it can't be read."""

    def copy(self) -> bytearray:
        """All its bytes, the caller's own; the mapped ones don't count as memory in use afterwards."""

    def forget(self) -> None:
        """Let the system take back the memory of what was looked at; it is read again when it is asked for."""


class Libraries(Protocol):
    """The places where libraries are looked for, in their order.

    How a name is looked for depends on the loader that it is for: ``kind`` is the ``format`` of the images that
    are meant, "elf", "macho" or "pe".
    """

    def candidates(
        self, name: str, run_paths: tuple[str, ...] = (), beside: LibraryFile | None = None, *, kind: str = "elf"
    ) -> Iterator[LibraryFile]:
        """The files that could be the library `name`, best first, each once; what they are isn't looked at.

        `run_paths` are the entries of the one that asks, `beside` its own file; None where it is a member of the
        wheel, whose folder leads nowhere outside.

        - "elf": entries may begin with ``$ORIGIN``, the folder of `beside`, as ld.so(8) has it.
        - "macho": `name` is what follows ``@rpath/`` or the last slash, or ``QtCore.framework/Versions/A/QtCore``;
          given folders are asked for all of it, then for the file's name. Entries may begin with ``@loader_path``,
          the folder of `beside`, or ``@executable_path``, the folder that the user named as such, and are those of
          the whole chain that loads (dyld(1)); the folder of an absolute install name is one more.
        - "pe": names are the same in any case. `run_paths` mean nothing, and the folder of `beside` is asked.
        """

    def matching(self, pattern: str, *, kind: str = "elf") -> tuple[LibraryFile, ...]:
        """The files that a path, a name or a pattern of ``--include`` means, sorted by path.

        For "pe", names below the given folders match in any case.
        """

    def package_of(self, file: LibraryFile) -> Package | None:
        """The package that brought a file, where a package database lies beside it in the given folders."""

    @property
    def searched(self) -> tuple[str, ...]:
        """The places in words, for the sentence that says that something was not found."""
