"""Targets as the lines of text by which a campaign knows them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from truewheel.index.model import Target


def question(target: Target) -> str:
    """What is asked of a target, as JSON in one spelling: the same text where the same is asked.

    How the user spelled it takes no part, nor the order of hashes. Passwords in addresses are left out.
    """
    fields = {
        "project": canonicalize_name(target.project),
        "version": target.version,
        "hashes": sorted(set(target.hashes)),
        "wheel": target.wheel,
        "path": str(target.path.absolute()) if target.path else "",
        "urls": sorted([name, _without_user(url)] for name, url in target.urls),
    }
    return json.dumps({key: value for key, value in fields.items() if value} or {"asked": target.asked}, sort_keys=True)


def target_of(asked: str, text: str) -> Target:
    """The target of which `question` gave a text. Raises ValueError, KeyError or TypeError where it never did."""
    fields = json.loads(text)
    if not isinstance(fields, dict):
        raise TypeError(text)
    path = fields.get("path", "")
    return Target(
        asked=asked,
        project=str(fields.get("project", "")),
        version=str(fields.get("version", "")),
        hashes=tuple(str(each) for each in cast("list[str]", fields.get("hashes", []))),
        wheel=str(fields.get("wheel", "")),
        path=Path(path) if path else None,
        urls=tuple((str(name), str(url)) for name, url in cast("list[list[str]]", fields.get("urls", []))),
    )


def _without_user(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all, which is for somebody else to say
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
