"""Files at any address, known by their hash: the archives that programs are published in."""

from __future__ import annotations

import re
from typing import Final

from truewheel.errors import RequestError, Where
from truewheel.index.addresses import file_name, is_remote, without_credentials
from truewheel.index.client import Client
from truewheel.index.fetching import Words
from truewheel.index.model import Fetched, IndexFile

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.+-]+")
_DEVICE: Final = re.compile(r"(aux|con|nul|prn|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows gives to devices in every folder, whatever suffix they have (Naming Files, Win32)."""

_LONGEST: Final = 100  # characters; with the folders of the cache a path that Windows takes
_ASKED: Final = Words(
    "the one that was asked for is",
    "there is no file at this address",
    "it was damaged on its way, or another file is there now; "
    "if that one is right, write down its sha256 in place of the old one",
)


def fetched(client: Client, url: str, sha256: str) -> Fetched:
    """The file at an address of http or https, from the cache or from there, once its sha256 is found right.

    Who stands on the way can read it, but not change it unseen, since the hash is demanded: so http will do. Limits,
    redirects, credentials and what `client` may ask at all are as for files of an index. Raises `RequestError` where
    there is no hash, the address is none, or the file can't be had or is another.
    """
    where = Where(file=without_credentials(url))
    if not is_remote(url):
        raise RequestError("is no address of http or https", where=where, hint="write https://HOST/PATH")
    if not sha256:
        raise RequestError(
            "no sha256 is given for this address",
            where=where,
            hint="fetch the file, make sure that it is the right one, and write down what `sha256sum` says of it",
        )
    if not _SHA256.fullmatch(sha256.lower()):
        raise RequestError(f"{sha256[:80]!r} is no sha256", where=where, hint="it has 64 hexadecimal digits")
    return client.fetch(
        IndexFile(project="", version="", name=_name(url), url=url, index="", hashes=(("sha256", sha256.lower()),)),
        _ASKED,
    )


def _name(url: str) -> str:
    """What the file is called in the cache and in reports: the last part of the address, if it can be a name."""
    name = _UNFIT.sub("_", file_name(url))[-_LONGEST:].strip(".+-") or "archive"
    return f"_{name}" if _DEVICE.fullmatch(name) else name
