"""Addresses: credentials taken off them, parts compared, links followed. What a page says may be anything."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

LONGEST: Final = 8192
"""Characters of an address that anybody would follow; servers take about as many (RFC 9110, section 4.1)."""

_UNFIT: Final = re.compile(r"[\x00-\x20\x7f]")
_SAFE: Final = "%/:=&?~#+!$,;'@()*[]\\"
_PORTS: Final = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Who answers: scheme, host and port (RFC 6454). Credentials are given to no other."""

    scheme: str
    host: str
    port: int


class Credentials(NamedTuple):
    """A user and a password."""

    user: str
    password: str


def split(url: str) -> SplitResult | None:
    """The parts of an address over which something can be fetched (http, https, file); None for any other text."""
    if len(url) > LONGEST or _UNFIT.search(url) or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        sound = parts.scheme == "file" or (parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0)
    except ValueError:  # a port that is no number, a bracket too many
        return None
    return parts if sound else None


def is_remote(url: str) -> bool:
    """Whether it is an address of http or https."""
    parts = split(url)
    return parts is not None and parts.scheme != "file"


def origin_of(url: str) -> Origin | None:
    """Who answers at an address, None where nobody does."""
    parts = split(url)
    if parts is None or parts.scheme == "file" or parts.hostname is None:
        return None
    return Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])


def credentials_of(url: str) -> Credentials | None:
    """User and password that stand in an address."""
    parts = split(url)
    if parts is None or parts.username is None:
        return None
    return Credentials(unquote(parts.username), unquote(parts.password or ""))


def without_credentials(url: str) -> str:
    """The same address without user and password, to be told and kept.

    Of what is none, all up to the last @ is left out: a password may have a slash in it that should be ``%2F``.
    """
    parts = split(url)
    if parts is None:
        start, end = url.find("://"), url.rfind("@")
        return f"{url[: start + 3]}{url[end + 1 :]}" if 0 <= start < end else url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def in_full(link: str, base: str) -> str | None:
    """The address that a link on a page at `base` leads to, without fragment and credentials; None for none of ours.

    A page of the network doesn't lead to files of this machine.
    """
    text = link.strip()
    try:
        joined = urljoin(base, text if text.isascii() else quote(text, safe=_SAFE)) if text else ""
    except ValueError:
        return None
    parts = split(joined.partition("#")[0])
    if parts is None or (parts.scheme == "file" and urlsplit(base).scheme != "file"):
        return None
    return without_credentials(urlunsplit(parts))


def file_name(url: str) -> str:
    """The last part of an address's path: what the file there is called."""
    return unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])


def project_page(index: str, project: str) -> str:
    """Where an index has the page of a project, whose name is normalized (PEP 503)."""
    parts = urlsplit(index)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{project}/", fragment=""))
