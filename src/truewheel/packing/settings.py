"""``[tool.truewheel.pack]`` of a pyproject.toml, read into what is to be packed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from truewheel.errors import RequestError
from truewheel.packing.metadata import checked
from truewheel.packing.model import Packing
from truewheel.packing.settings_about import METADATA, Files, about_of, own_metadata
from truewheel.packing.settings_given import PACK, overridden
from truewheel.packing.settings_targets import SHARED, targets_of
from truewheel.packing.settings_values import Table, demand_path

__all__ = ["Files", "packing_of"]

_KEYS: Final = {*METADATA, *SHARED, "build", "add", "exclude-libraries", "targets"}
_HINTS: Final = {
    "summary": "it is called description, as in [project]",
    "scripts": "commands are named by programs",
    "gui-scripts": "commands are named by programs",
    "entry-points": "commands are named by programs",
    "commands": "commands are named by programs",
    "platform": "platform tags are written as plat",
    "platforms": "platform tags are written as plat",
    "dynamic": "a version that isn't written down comes from --version",
    "target": "archives stand in targets",
    "archives": "archives stand in targets",
}
_BUILD: Final = re.compile("[0-9][A-Za-z0-9_]{0,40}")


def packing_of(document: Mapping[str, object], files: Files, *, version: str | None = None) -> Packing:
    """What a parsed pyproject.toml asks to pack.

    Where the table has a name, all metadata stand in it; else they all come from ``[project]``. `version` overrules the
    one that is written. `files` are those of the project's folder, for the readme. Raises `RequestError` for what is
    missing, unknown or of another kind than it should be, with the key and the table.
    """
    if version is not None:
        document = overridden(document, {"version": version})
    pack = _pack(document)
    pack.demand_known(_KEYS, _HINTS)
    whence = _metadata(document, pack)
    written = about_of(whence, files)
    try:
        about = checked(written)
    except RequestError as error:
        raise RequestError(f"[{whence.name}] {error.what}", hint=error.hint) from None
    filled = {"name": written.name, "version": written.version}
    targets = tuple(targets_of(pack, filled, about.distribution))
    if not targets:
        raise RequestError(
            f"[{pack.name}] has no targets",
            hint=f'name archives on the command line, or write [{pack.name}.targets] linux = "dist/linux.tar.gz"',
        )
    return Packing(
        about=about,
        targets=targets,
        build=_build(pack),
        added=MappingProxyType(_added(pack.table("add"))),
        exclude_libraries=pack.texts("exclude-libraries", "a list of patterns") or (),
    )


def _pack(document: Mapping[str, object]) -> Table:
    """The table of pack. Raises `RequestError` where there is none."""
    table = Table("", document)
    for key in PACK.split("."):
        inner = table.value(key)
        if inner is None:
            raise RequestError(f"there is no [{PACK}]", hint="`truewheel pack --init` writes one to start from")
        if not isinstance(inner, Mapping):
            raise RequestError(f"[{f'{table.name}.{key}'.lstrip('.')}] is not a table")
        table = Table(f"{table.name}.{key}".lstrip("."), inner)
    return table


def _metadata(document: Mapping[str, object], pack: Table) -> Table:
    """The table that the metadata come from."""
    if "name" in pack:
        return pack
    if misplaced := [key for key in METADATA if key in pack]:
        raise RequestError(
            f"[{pack.name}] has {misplaced[0]}, and no name",
            hint="with a name all metadata stand there; without it all of them come from [project]",
        )
    project = Table("", document).value("project")
    if project is None:
        raise RequestError(
            f"[{pack.name}] has no name, and there is no [project]",
            hint="write name and version there, or give --name and --version",
        )
    if not isinstance(project, Mapping):
        raise RequestError("[project] is not a table")
    table = Table("project", project)
    own_metadata(table)
    return table


def _build(pack: Table) -> str:
    """The build number, which begins with a digit (PEP 427)."""
    value = pack.value("build")
    if value is None:
        return ""
    if type(value) is int and 0 <= value < 1 << 63:
        return str(value)
    if isinstance(value, str) and _BUILD.fullmatch(value):
        return value
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        raise RequestError(f"{pack.place('build')} is no build number, such as 1 or 2_glibc: it begins with a digit")
    raise pack.wrong("build", "a build number, such as 1")


def _added(table: Table) -> dict[str, str]:
    """Files of the project's folder by the path below the package that they get."""
    found = table.pairs("the path of a file of the project")
    for path, source in found.items():
        demand_path(path, f"[{table.name}]")
        demand_path(source, table.place(path))
    return found
