"""The packages of a wheel: whose ``__init__.py`` runs before a file in them is loaded, and may be changed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from truewheel.binary.graph import installed_path
from truewheel.wheel import Wheel

_INIT = "__init__.py"
_COMPILED = re.compile(r"__init__(?:\.[\w-]+)?\.pyd", re.IGNORECASE).fullmatch


class Packages:
    """The packages of a wheel, without the `namespaces` (``a.b``; then ``a`` is one, too) that others install as well.

    Namespaces are also those whose ``__init__.py`` says so, by pkgutil or by pkg_resources. Those without one need no
    mention: nothing runs when they are imported (PEP 420).
    """

    def __init__(self, wheel: Wheel, namespaces: Iterable[str]) -> None:
        self._wheel = wheel
        self._inits: dict[str, list[str]] = {}
        compiled: set[str] = set()
        for member in sorted(wheel.by_name):
            folder, _, name = installed_path(member).rpartition("/")
            if name == _INIT and folder and not folder.startswith("/"):
                self._inits.setdefault(folder, []).append(member)
            elif _COMPILED(name):
                compiled.add(folder)
        for folder in compiled:  # Python prefers the extension module: the source beside it never runs
            self._inits.pop(folder, None)
        for namespace in namespaces:
            parts = namespace.split(".")
            for count in range(1, len(parts) + 1):
                self._inits.pop("/".join(parts[:count]), None)
        self._own: dict[str, bool] = {}

    def runs_for(self, folder: str) -> tuple[str, ...]:
        """What runs before anything in an installed folder is imported: the topmost file of the distribution's own.

        Empty where there is none; several where the wheel has one for each scheme.
        """
        parts = folder.split("/")
        for count in range(1, len(parts) + 1):
            inits = self._inits.get("/".join(parts[:count]), ())
            if inits and all(map(self._is_own, inits)):
                return tuple(inits)
        return ()

    def _is_own(self, member: str) -> bool:
        if member not in self._own:
            source = bytes(self._wheel.by_name[member].read())
            shared = b"declare_namespace" in source or (b"pkgutil" in source and b"extend_path" in source)
            self._own[member] = not shared
        return self._own[member]
