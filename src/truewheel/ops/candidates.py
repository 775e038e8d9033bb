"""Files from outside that may be meant by a name: each is read once, as a native file or in words why it is none."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from truewheel.binary import HEAD, Buffer, Elf, MachO, Pe, identify
from truewheel.errors import RequestError, TruewheelError
from truewheel.ops.fates import base_name
from truewheel.ops.grafted_names import original_name
from truewheel.ops.libraries import Libraries, LibraryFile
from truewheel.ops.patterns import Patterns

_I = TypeVar("_I", Elf, MachO, Pe)


class Readings(Generic[_I]):
    """The files of a format, ``kind`` and ``called`` being its words in code and in sentences, and its reader."""

    def __init__(self, kind: str, called: str, read: Callable[[Buffer], _I]) -> None:
        self._kind = kind
        self._called = called
        self._read: Callable[[Buffer], _I] = read
        self._known: dict[str, _I | str] = {}

    def of(self, file: LibraryFile) -> _I | str:
        """What a file is, or in words why it can't be used, to go on behind its path."""
        if file.path not in self._known:
            self._known[file.path] = self._image_or_words(file)
        return self._known[file.path]

    def _image_or_words(self, file: LibraryFile) -> _I | str:
        try:
            data = file.data
            return self._read(data) if identify(bytes(data[:HEAD])) == self._kind else f"is no {self._called} file"
        except TruewheelError as error:
            return f"can't be used: {error.what}"


def included(
    glob: str, libraries: Libraries, carried: Collection[str], *, kind: str, demanded: bool
) -> tuple[LibraryFile, ...]:
    """The files that an ``--include`` means; none if one of them is among the names that a wheel has `carried` before.

    Raises `RequestError` where it is `demanded`, as it means nothing that is needed, and there is no such file.
    """
    name = base_name(glob).lower() if kind == "pe" else base_name(glob)  # Windows knows names in any case
    if Patterns((name,)).mean(*carried, *map(original_name, carried)):
        return ()
    files = libraries.matching(glob, kind=kind)
    if not files and demanded:
        raise RequestError(
            f"--include {glob} means no library that anything in the wheel needs, and no file",
            hint="give the path of the file, or its folder with -L",
        )
    return files
