"""Libraries as Windows finds them: by the names of files, which are the same in any case.

Source: "Dynamic-link library search order" (Microsoft). Windows compares names of files by the upper case of each
unit, which its disk brings along. Linkers write nothing but ASCII into import tables, and there any folding agrees.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice

from truewheel.world.places import Place, Surroundings, listed
from truewheel.world.trees import folded, is_plain, within

_IN_SYSROOT = ("bin", "lib", "windows/system32", "windows/syswow64")
"""MinGW's folders and those of Windows; a disk may spell them in another case."""
_IN_WINDOWS = ("System32", "SysWOW64")


class DllFinder:
    """Given folders, the folder of the DLL that asks, the folders of a sysroot, then ``PATH`` and Windows' own."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._listings: dict[Place, dict[str, list[str]]] = {}
        windows = around.environment.get("SYSTEMROOT", "")
        self._path = listed(around.environment.get("PATH", "").split(os.pathsep))
        self._windows = listed(f"{windows}{os.sep}{name}" for name in _IN_WINDOWS if windows)
        self.words: tuple[str, ...] = ("PATH",) if self._path else ()

    def paths(self, name: str, run_paths: tuple[str, ...], folder: str | None) -> Iterator[str]:
        """See `Finder`. Where several files have the name but for the case, the one that is spelled alike is first."""
        del run_paths  # PE files have none
        if is_plain(name):
            for place in chain(self._around.given, self._beside(folder), self._usual):
                spelled = self._listing(place).get(folded(name), [])
                # In a folder that can't be listed, or has more names than are read, there is still this one.
                for each in sorted(spelled, key=lambda other: other != name) or [name]:
                    found = place.file(each)
                    if found is not None:
                        yield found

    def matching(self, pattern: str) -> Iterator[tuple[str, str]]:
        """See `Finder`."""
        for place in (*self._around.given, *self._usual):
            found = place.matching(pattern, any_case=True)
            yield from ((folded(path), real) for path, real in sorted(found, key=lambda match: match[0] != pattern))

    @cached_property
    def _usual(self) -> tuple[Place, ...]:
        root = self._around.sysroot
        inside = (path for pattern in _IN_SYSROOT for path in (root.matching(pattern, any_case=True) if root else ()))
        return (*(Place(root, path) for path in inside if root), *self._path, *self._windows)

    def _beside(self, folder: str | None) -> Iterator[Place]:
        """The folder of the file that asks, if it is in one of the places."""
        if folder is not None:
            given = (place.below(folder) for place in self._around.given)
            inside = ((root, within(folder, root.path)) for root in self._around.roots)
            places = chain(filter(None, given), (Place(root, path) for root, path in inside if path is not None))
            yield from islice(places, 1)

    def _listing(self, place: Place) -> dict[str, list[str]]:
        """The names in a folder by what they are in lower case, in the order of their bytes."""
        known = self._listings.get(place)
        if known is None:
            known = self._listings[place] = {}
            for name in sorted(place.names(), key=os.fsencode):
                known.setdefault(folded(name), []).append(name)
        return known
