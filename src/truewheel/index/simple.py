"""Pages of an index, in whichever form it answers."""

from __future__ import annotations

from typing import Final

from truewheel.errors import RequestError
from truewheel.index import simple_html, simple_json
from truewheel.index.entries import Page
from truewheel.index.model import IndexFile

ACCEPT: Final = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
"""What is asked for, in the words of PEP 691."""

_JSON: Final = {"application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.latest+json", "application/json"}
_HTML: Final = {
    "application/vnd.pypi.simple.v1+html",
    "application/vnd.pypi.simple.latest+html",
    "text/html",
    "application/xhtml+xml",
}


def read(body: bytes, kind: str, page: Page) -> tuple[IndexFile, ...]:
    """The wheels and sdists on a page whose Content-Type is `kind`, in its order, each name once.

    Raises `RequestError` where it is no page of the simple interface.
    """
    media = kind.partition(";")[0].strip().lower()
    if media in _JSON:
        files = simple_json.read(body, page)
    elif media in _HTML:
        files = simple_html.read(body, page)
    else:
        raise RequestError(
            f"the answer is no page of a package index: it is {media[:80] or 'of no type'!r}",
            hint="check the address of the index; it usually ends in /simple",
        )
    by_name: dict[str, IndexFile] = {}
    for file in files:
        by_name.setdefault(file.name, file)
    return tuple(by_name.values())
