"""Which indexes are asked and how: what was given, what is configured for pip, what for uv; in this order."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from truewheel.errors import RequestError
from truewheel.index.addresses import is_remote, without_credentials
from truewheel.index.model import IndexSettings
from truewheel.index.pip_configuration import Option, is_true, options

_SECONDS: Final = 15.0  # pip's own default
_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_NAMED: Final = re.compile(r"[A-Za-z0-9_.-]+=(?=[a-z]+:)")


class _Named(NamedTuple):
    """The address of an index, and who named it."""

    url: str
    origin: str


def load(
    *,
    environment: Mapping[str, str],
    default: Callable[[], str],
    indexes: Sequence[str] = (),
    alone: bool = False,
) -> IndexSettings:
    """The settings for whoever has `environment`.

    `indexes` were given and come first; where they are to be `alone`, no other index is asked. Then comes what is
    configured for pip, else what is for uv. An index that is the default of pip's or uv's comes last, as the one that
    anybody may upload to: `default` is asked for its address where none is configured instead. Configured folders are
    left out, and ``notes`` say so: nobody serves them. Raises `RequestError` for a given address that isn't one of
    http or https, and for a configuration that can't be read.
    """
    pip = options(environment)
    usable = {url.rstrip("/"): "the command line" for url in indexes if _demanded(url)}
    notes = []
    if not (alone and usable):
        for url, origin in _configured(pip, environment, default):
            if is_remote(url):
                usable.setdefault(url.rstrip("/"), origin)
            else:
                notes.append(f"{without_credentials(url)} of {origin} is no index on the network, and isn't asked")
    return IndexSettings(
        indexes=tuple(usable),
        origins=tuple(usable.values()),
        trusted_hosts=_trusted(pip, environment),
        certificates=_first(pip.get("cert"), *(environment.get(name) for name in _BUNDLES)),
        client_certificate=_first(pip.get("client-cert"), environment.get("SSL_CLIENT_CERT")),
        proxy=_proxy(pip),
        seconds=_seconds(pip),
        notes=tuple(notes),
    )


def _configured(
    pip: Mapping[str, Option], environment: Mapping[str, str], default: Callable[[], str]
) -> Iterator[_Named]:
    """The indexes of pip, where it has any of its own; else those of uv."""
    main, more = pip.get("index-url"), pip.get("extra-index-url")
    if is_true(pip.get("no-index")):
        return
    yield from _named(main)
    yield from _named(more)
    if main is not None:
        return
    if more is not None and any(is_remote(url) for url in more.value.split()):
        yield _by_default(environment, default)
        return
    # uv asks UV_INDEX, then UV_EXTRA_INDEX_URL, then the default (uv's documentation, "Package indexes").
    for name in ("UV_INDEX", "UV_EXTRA_INDEX_URL"):
        yield from (_Named(_NAMED.sub("", url, count=1), name) for url in environment.get(name, "").split())
    yield _by_default(environment, default)


def _named(option: Option | None) -> Iterator[_Named]:
    return (_Named(url, option.origin) for url in option.value.split()) if option else iter(())


def _by_default(environment: Mapping[str, str], default: Callable[[], str]) -> _Named:
    """The index that is asked last."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if environment.get(name):
            return _Named(_NAMED.sub("", environment[name].strip(), count=1), name)
    return _Named(default(), "the default of the installer")


def _demanded(url: str) -> bool:
    """True. Raises `RequestError` where a given address is none of the network."""
    if not is_remote(url):
        raise RequestError(
            f"{without_credentials(url)!r} is no address of an index", hint="give one that begins with https://"
        )
    return True


def _trusted(pip: Mapping[str, Option], environment: Mapping[str, str]) -> tuple[str, ...]:
    option = pip.get("trusted-host")
    words = option.value if option else environment.get("UV_INSECURE_HOST", "")
    return tuple(dict.fromkeys(words.split()))


def _first(*values: Option | str | None) -> str:
    return next((value.value if isinstance(value, Option) else value for value in values if value), "")


def _proxy(pip: Mapping[str, Option]) -> str:
    """The proxy as an address: pip takes ``[user:password@]host:port`` too."""
    text = _first(pip.get("proxy"))
    return text if not text or "://" in text else f"http://{text}"


def _seconds(pip: Mapping[str, Option]) -> float:
    option = pip.get("timeout") or pip.get("default-timeout")
    try:
        seconds = float(option.value) if option else _SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:
        raise RequestError(f"the timeout of {option.origin if option else ''} is no number of seconds")
    return seconds


def uv_variables(settings: IndexSettings) -> dict[str, str]:
    """The variables with which uv and pip resolve from the same indexes in the same way, in place of the caller's own.

    They may hold passwords, and are for the environment of those programs alone. uv gives the first index the last
    word, and the default one none but that; pip knows no order. Without an index, both ask none.
    """
    *first, last = settings.indexes or ("",)
    variables = {
        "UV_DEFAULT_INDEX": last,
        "UV_INDEX": " ".join(first),
        "UV_INDEX_URL": "",
        "UV_EXTRA_INDEX_URL": "",
        "UV_INSECURE_HOST": " ".join(settings.trusted_hosts),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": last,
        "PIP_EXTRA_INDEX_URL": " ".join(first),
        "PIP_TRUSTED_HOST": " ".join(settings.trusted_hosts),
        "PIP_CERT": settings.certificates,
        "PIP_CLIENT_CERT": settings.client_certificate,
        "PIP_PROXY": settings.proxy,
        "PIP_DEFAULT_TIMEOUT": f"{settings.seconds:g}",
    }
    if not settings.indexes:
        variables |= {"UV_NO_INDEX": "1", "PIP_NO_INDEX": "1"}
    if settings.certificates:
        variables["SSL_CERT_FILE"] = settings.certificates
    if settings.client_certificate:
        variables["SSL_CLIENT_CERT"] = settings.client_certificate
    if settings.proxy:
        variables |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), settings.proxy)
    return variables
