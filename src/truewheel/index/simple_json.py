"""Pages of an index as JSON (PEP 691, with 700, 708, 714 and 740)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from truewheel.errors import RequestError
from truewheel.index.entries import Page, Said, demand_few, entry
from truewheel.index.model import IndexFile

_LONGEST_NUMBER: Final = 18


def read(body: bytes, page: Page) -> tuple[IndexFile, ...]:
    """The wheels and sdists of the project. Raises `RequestError` where it is no such page.

    Keys that nobody knows are skipped, and so are entries without a name or an address; but a known key whose value
    is of another kind makes the page one that can't be trusted.
    """
    document = _document(body)
    demand_version(_table(document.get("meta", {}), "meta").get("api-version", "1.0"))
    files = document.get("files")
    if not isinstance(files, list):
        raise _not_a_page("it has no list of files")
    demand_few(len(files))
    found = (entry(_said(_table(item, "a file")), page) for item in files)
    return tuple(file for file in found if file is not None)


def demand_version(version: object) -> None:
    """Raise `RequestError` for a version of the interface other than 1.x (PEP 629)."""
    text = version if isinstance(version, str) else ""
    major, dot, minor = text.partition(".")
    if not (dot and major.isdecimal() and minor.isdecimal() and len(text) < 16):
        raise _not_a_page("its version of the interface is no version")
    if int(major) != 1:
        raise RequestError(
            f"the index speaks version {text} of the simple interface, and only 1.x is known here",
            hint="a later truewheel may know it",
        )


def _document(body: bytes) -> Mapping[str, object]:
    try:
        document: object = json.loads(body.decode("utf-8-sig"), parse_int=_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise _not_a_page(f"it is no JSON: {said}") from None
    return _table(document, "the document")


def _number(digits: str) -> int:
    """An integer; a longer one than any size is none, and would take long to read."""
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number has too many digits")
    return int(digits)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _table(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _not_a_page(f"{what} is no object")
    return value


def _said(item: Mapping[str, object]) -> Said:
    size = item.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool)):
        raise _not_a_page("the size of a file is no integer")
    hashes = {
        name: value for name, value in _table(item.get("hashes") or {}, "hashes").items() if isinstance(value, str)
    }
    return Said(
        link=_text(item, "url"),
        # An entry without a name has none that a link could stand in for: both are required (PEP 691).
        name=_text(item, "filename") or "/",
        hashes=hashes,
        size=size,
        uploaded=_text(item, "upload-time"),
        requires_python=_text(item, "requires-python"),
        yanked=_yanked(item.get("yanked")),
        provenance=_text(item, "provenance"),
    )


def _text(item: Mapping[str, object], key: str) -> str:
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        raise _not_a_page(f"{key} of a file is no text")
    return value or ""


def _yanked(value: object) -> str | None:
    """The reason, where a file is yanked: true stands for one without (PEP 691)."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return "" if value else None
    raise _not_a_page("yanked of a file is neither text nor true or false")


def _not_a_page(why: str) -> RequestError:
    return RequestError(f"the answer is no page of a package index: {why}", hint="check the address of the index")
