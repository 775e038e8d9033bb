"""Metadata as ``[project]`` writes them (PEP 621, PEP 639), from there or from ``[tool.truewheel.pack]``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from truewheel.errors import RequestError
from truewheel.packing.model import About, Names, Person, Readme
from truewheel.packing.settings_values import Table, demand_path

METADATA: Final = (
    "name",
    "version",
    "description",
    "readme",
    "license",
    "license-files",
    "requires-python",
    "authors",
    "maintainers",
    "keywords",
    "classifiers",
    "urls",
    "dependencies",
    "optional-dependencies",
)
"""The keys of metadata, in the order in which PEP 621 explains them."""

_COMMANDS: Final = "commands of an archive are named by `programs` in [tool.truewheel.pack]"
_NOT_WRITTEN: Final = {
    "scripts": _COMMANDS,
    "gui-scripts": _COMMANDS,
    "entry-points": "pack writes those for programs alone",
    "import-names": "pack writes metadata 2.4, which have no such field",
    "import-namespaces": "pack writes metadata 2.4, which have no such field",
}
"""What a project may say, and wheels of programs can't: it isn't left out silently."""

_TYPES: Final = {".md": "text/markdown", ".rst": "text/x-rst", ".txt": "text/plain"}
_README: Final = "the path of a file, or a table with file or text"


class Files(Protocol):
    """The files of a project's folder."""

    def read(self, path: str) -> bytes:
        """The bytes of a file below the folder. Raises `RequestError` where it can't be had."""


def own_metadata(table: Table) -> None:
    """Refuse a ``[project]`` that says what can't be taken over. Raises `RequestError`."""
    table.demand_known({*METADATA, *_NOT_WRITTEN, "dynamic"}, {"summary": "it is called description"})
    for key, hint in _NOT_WRITTEN.items():
        if table.value(key):
            raise RequestError(
                f"[{table.name}] has {key}, which would be lost",
                hint=f"{hint}; name and metadata of its own in [tool.truewheel.pack] make pack ignore [project]",
            )
    for key in table.texts("dynamic") or ():
        if key == "version":
            raise RequestError(f"[{table.name}] version is dynamic, and pack asks no build backend", hint="--version")
        raise RequestError(
            f"[{table.name}] {key[:80]} is dynamic, and pack asks no build backend",
            hint="give [tool.truewheel.pack] a name and metadata of its own",
        )


def about_of(table: Table, files: Files) -> About:
    """The metadata in a table, not yet checked. Raises `RequestError` where they have other types than they should."""
    for key in ("name", "version"):
        if key not in table:
            hint = "write it there, or give it with --version" if key == "version" else "write it there"
            raise RequestError(f"[{table.name}] has no {key}", hint=hint)
    return About(
        name=table.text("name"),
        version=table.text("version"),
        summary=table.text("description"),
        readme=_readme(table, files),
        license=_license(table),
        license_files=table.globs("license-files"),
        requires_python=table.text("requires-python"),
        authors=_people(table, "authors"),
        maintainers=_people(table, "maintainers"),
        keywords=table.texts("keywords") or (),
        classifiers=table.texts("classifiers") or (),
        urls=MappingProxyType(table.table("urls").pairs("an address")),
        dependencies=table.texts("dependencies", "a list of requirements") or (),
        extras=MappingProxyType(_extras(table.table("optional-dependencies"))),
    )


def _license(table: Table) -> str:
    if isinstance(table.value("license"), Mapping):
        raise table.wrong(
            "license",
            "an SPDX expression",
            'the table was given up by PEP 639: write license = "MIT", and license-files = ["LICENSE"]',
        )
    return table.text("license", "an SPDX expression")


def _people(table: Table, key: str) -> tuple[Person, ...]:
    people: list[Person] = []
    for one in table.tables(key, "a list of tables with name and email"):
        one.demand_known(("name", "email"), {})
        people.append(Person(one.text("name"), one.text("email")))
    return tuple(people)


def _extras(table: Table) -> dict[str, Names]:
    return {extra: table.texts(extra, "a list of requirements") or () for extra in table.values}


# --- readme --------------------------------------------------------------------------------------------------
def _readme(table: Table, files: Files) -> Readme | None:
    value = table.value("readme")
    if value is None:
        return None
    if isinstance(value, str):
        return Readme(_text(files, value, table.place("readme")), _type(value, table.place("readme")))
    inner = table.table("readme", _README)
    inner.demand_known(("file", "text", "content-type"), {"charset": "the text is UTF-8"})
    place = f"[{inner.name}]"
    if ("file" in inner) == ("text" in inner):
        raise RequestError(f"{place} should have either file or text")
    given = inner.text("content-type", "a type such as text/markdown")
    if "text" in inner:
        if not given:
            raise RequestError(f"{place} has no content-type", hint='such as content-type = "text/markdown"')
        return Readme(inner.text("text"), given)
    path = inner.text("file", "the path of a file")
    return Readme(_text(files, path, place), given or _type(path, place))


def _type(path: str, place: str) -> str:
    """The content type that the end of the file's name stands for (PEP 621)."""
    for suffix, content_type in _TYPES.items():
        if path.lower().endswith(suffix):
            return content_type
    raise RequestError(
        f"{place}: {path[:80]!r} ends in none of {', '.join(_TYPES)}",
        hint='say what it is: readme = { file = "…", content-type = "text/markdown" }',
    )


def _text(files: Files, path: str, place: str) -> str:
    data = files.read(demand_path(path, place))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"{place}: {path!r} is not UTF-8: byte {data[error.start]:#04x} at {error.start}") from None
