"""Text as JSON can carry it."""

from __future__ import annotations


def json_text(text: str) -> str:
    """`text` without lone surrogates, which stand for bytes that are no UTF-8 and that JSON can't carry."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
