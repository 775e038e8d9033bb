"""Text that may stand in a header of METADATA: one line of Unicode, with nothing that ends or hides it."""

from __future__ import annotations

import re
from typing import Final

from truewheel.errors import RequestError

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Control characters and all that some reader takes for the end of a line (``str.splitlines`` and the like)."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
"""Halves of characters: what Python makes of bytes that aren't UTF-8, and what UTF-8 can't hold."""


def wrong(key: str, what: str, hint: str = "") -> RequestError:
    """The error for a value of the table ``[project]``, or of one that is written like it."""
    return RequestError(f"{key}: {what}", hint=hint)


def shown(text: str) -> str:
    """A value for an error: quoted, and not longer than a line."""
    return repr(text if len(text) <= 80 else text[:80] + "…")


def line(key: str, text: str) -> str:
    """`text` as the value of a header, without blanks around it. Raises `RequestError` where no header can hold it.

    So nothing that people write can end a header and begin another one.
    """
    unicode(key, text)
    value = text.strip()
    if not value:
        raise wrong(key, "there is an empty text", hint="write something, or leave it out")
    if found := _CONTROLS.search(value):
        what = "more than one line" if found[0] in "\r\n" else f"the control character U+{ord(found[0]):04X}"
        raise wrong(key, f"{shown(value)} has {what}, and a header of METADATA is one plain line")
    return value


def unicode(key: str, text: str) -> str:
    """`text` itself. Raises `RequestError` where UTF-8 can't hold it."""
    if _SURROGATES.search(text):
        raise wrong(key, f"{shown(text)} is not Unicode", hint="save the file that it comes from as UTF-8")
    return text
