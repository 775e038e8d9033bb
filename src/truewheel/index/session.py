"""HTTP within limits: bytes, time, redirects, tries; and no password for anybody but whom it is meant for.

What an index answers is another's to choose: an answer without an end, one byte a second, a circle of redirects. Each
hop is a request of its own, so that credentials, certificates and schemes are looked at anew.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from threading import Thread
from typing import Final
from urllib.parse import urljoin

from truewheel.errors import RequestError, Where
from truewheel.index.addresses import Credentials, Origin, credentials_of, origin_of, split, without_credentials
from truewheel.index.model import IndexSettings
from truewheel.index.store import Sink
from truewheel.world.own import own_version

try:
    import requests
    from requests.auth import AuthBase, HTTPBasicAuth
    from urllib3 import HTTPResponse, disable_warnings
    from urllib3.exceptions import HTTPError, InsecureRequestWarning
except ImportError:
    raise RequestError(
        "fetching needs requests, which isn't installed", hint="pip install 'truewheel[verify]', or 'truewheel[pack]'"
    ) from None
if not hasattr(HTTPResponse, "read1"):
    raise RequestError("fetching needs urllib3 2.2 or later", hint="pip install 'urllib3>=2.2'")

_REDIRECTS: Final = {301, 302, 303, 307, 308}
_MOST_REDIRECTS: Final = 10
_PASSING: Final = {429, 500, 502, 503, 504}
"""Statuses that may be others in a moment (RFC 9110, RFC 6585)."""

_PAUSES: Final = (0.5, 1.0, 2.0)
_HEADS: Final = 3.0
"""How many times the timeout of one step a whole head may take: names, connection, encryption, the first byte."""
_LONGEST_PAUSE: Final = 30.0
_SLOWEST: Final = 8 << 10  # bytes per second
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds: between tries, and until a body has to come at 8 KiB per second on average."""

    pauses: tuple[float, ...] = _PAUSES
    start: float = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an index answered: the address where it stood in the end, and the headers that matter."""

    status: int
    url: str
    kind: str
    etag: str


class _PassingError(Exception):
    """A failure that may be none in a moment, and how many seconds to wait if the index says."""

    def __init__(self, what: str, pause: float = 0.0) -> None:
        super().__init__(what)
        self.pause = pause


class _NoRedirects(requests.Session):
    """Doesn't look where redirects lead: it would read their bodies to the end for that, even when it follows none."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - as it is called
        """None."""
        return None


class Session:
    """Asks, with the settings of the user. Not for several threads at once."""

    def __init__(self, settings: IndexSettings, patience: Patience | None = None) -> None:
        self._settings = settings
        self._patience = patience or Patience()
        self._known = _credentials(settings.indexes)
        self._requests = _NoRedirects()
        self._requests.headers["User-Agent"] = f"truewheel/{own_version()}"
        self._requests.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        if settings.client_certificate:
            self._requests.cert = settings.client_certificate
        if settings.trusted_hosts:
            disable_warnings(InsecureRequestWarning)  # the user has said so

    def close(self) -> None:
        """Let all connections go."""
        self._requests.close()

    def get(self, url: str, sink: Callable[[], Sink], *, most: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Have what stands at `url` written into a new `sink`, and at most so many bytes.

        Without a body come the answers 304 and 404 (which stands for 410 too). A failure that may pass is tried again,
        with a new sink. Raises `RequestError`; it names the address without user and password.
        """
        pauses = iter(self._patience.pauses)
        while True:
            try:
                return self._once(url, sink, most, headers or {})
            except _PassingError as failure:  # noqa: PERF203 - a try takes longer than any loop
                pause = next(pauses, None)
                if pause is None:
                    raise _failed(url, f"{failure}", hint="try again later") from None
                time.sleep(min(max(pause, failure.pause), _LONGEST_PAUSE))

    def _once(self, url: str, sink: Callable[[], Sink], most: int, headers: Mapping[str, str]) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            with self._asked(url, headers) as response:
                if response.status_code not in _REDIRECTS:
                    return self._taken(response, url, sink, most)
                url = _redirected(url, response.headers.get("Location", ""))
        raise _failed(url, f"more than {_MOST_REDIRECTS} redirects")

    @contextmanager
    def _asked(self, url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """One request, and no redirect followed."""
        proxies = dict.fromkeys(("http", "https"), self._settings.proxy) if self._settings.proxy else None
        try:
            response = self._answered(
                lambda: self._requests.get(
                    without_credentials(url),
                    headers=dict(headers),
                    auth=self._auth(url),
                    stream=True,
                    allow_redirects=False,
                    timeout=self._settings.seconds,
                    proxies=proxies,
                    verify=self._verify(url),
                )
            )
        except requests.exceptions.SSLError as error:
            raise _failed(
                url, f"its certificate isn't to be trusted: {_said(error)}", hint="PIP_CERT names other authorities"
            ) from None
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _PassingError(f"no answer: {_said(error)}") from None
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise _failed(url, _said(error)) from None
        try:
            yield response
        finally:
            with suppress(HTTPError, OSError):
                response.close()

    def _answered(self, get: Callable[[], requests.Response]) -> requests.Response:
        """The head of an answer. Who gives it byte by byte would be waited for without end, so somebody else waits.

        That thread ends with the connection, or with this process.
        """
        found: list[requests.Response | Exception] = []

        def ask() -> None:
            try:
                found.append(get())
            except Exception as error:  # noqa: BLE001  # it is raised again, in the thread that asked
                found.append(error)

        limit = _HEADS * self._settings.seconds
        thread = Thread(target=ask, daemon=True)
        thread.start()
        thread.join(limit)
        if not found:
            raise requests.Timeout(f"there is no head of an answer within {limit:g} seconds")
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    def _auth(self, url: str) -> AuthBase | None:
        """Credentials for who is asked: those of its address, else those of an index there; else requests has netrc."""
        origin = origin_of(url)
        found = credentials_of(url) or (self._known.get(origin) if origin else None)
        return HTTPBasicAuth(found.user.encode(), found.password.encode()) if found else None

    def _verify(self, url: str) -> bool | str:
        origin = origin_of(url)
        names = {origin.host, f"{origin.host}:{origin.port}"} if origin else set()
        if names & set(self._settings.trusted_hosts):
            return False
        return self._settings.certificates or True

    def _taken(self, response: requests.Response, url: str, sink: Callable[[], Sink], most: int) -> Answer:
        status, headers = response.status_code, response.headers
        answer = Answer(404 if status == 410 else status, url, headers.get("Content-Type", ""), headers.get("ETag", ""))
        if answer.status in {304, 404}:
            return answer
        if status in _PASSING:
            raise _PassingError(f"the answer is {_status(response)}", _seconds(headers.get("Retry-After", "")))
        if status != 200:
            hint = "name user and password in the address, or in netrc" if status in {401, 403, 407} else ""
            raise _failed(url, f"the answer is {_status(response)}", hint=hint)
        target = sink()
        size = 0
        for chunk in self._body(response, url, most):
            size += len(chunk)
            if size > most:
                raise _failed(url, f"the answer is larger than {most:,} bytes")
            target.write(chunk)
        return answer

    def _body(self, response: requests.Response, url: str, most: int) -> Iterator[bytes]:
        """The body, as it arrives: never more in memory than a chunk of it inflates to."""
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > most:
            raise _failed(url, f"the answer has {int(length):,} bytes, and at most {most:,} are expected")
        inflate = zlib.decompressobj(31) if _is_gzip(response) else None
        try:
            for chunk in self._raw(response, url):
                if inflate is None:
                    yield chunk
                    continue
                yield inflate.decompress(chunk, _CHUNK)
                while inflate.unconsumed_tail:
                    yield inflate.decompress(inflate.unconsumed_tail, _CHUNK)
            if inflate is not None and not inflate.eof:
                raise _PassingError("the answer ends too early")
        except zlib.error as error:
            raise _failed(url, f"the answer can't be inflated: {error}") from None

    def _raw(self, response: requests.Response, url: str) -> Iterator[bytes]:
        """Bytes as they arrive. Raises where they come too slowly, or too few."""
        began, size = time.monotonic(), 0
        try:
            # A whole chunk is never waited for: one byte a second would take all day.
            while chunk := response.raw.read1(_CHUNK, decode_content=False):
                yield chunk
                size += len(chunk)
                if time.monotonic() - began > self._patience.start + size / _SLOWEST:
                    raise _failed(url, "the answer comes more slowly than 8 KiB per second", hint="try again later")
        except (HTTPError, OSError, ValueError) as error:
            raise _PassingError(f"the answer breaks off: {_said(error)}") from None


def _credentials(indexes: tuple[str, ...]) -> dict[Origin, Credentials]:
    """Those that stand in the addresses of indexes; their files often lie on the same host."""
    found: dict[Origin, Credentials] = {}
    for url in indexes:
        origin, credentials = origin_of(url), credentials_of(url)
        if origin and credentials:
            found.setdefault(origin, credentials)
    return found


def _redirected(url: str, location: str) -> str:
    """Where a redirect leads. Raises `RequestError` where that is nowhere, or out of encryption."""
    try:
        target = urljoin(url, location)
    except ValueError:
        target = ""
    found, now = origin_of(target), origin_of(url)
    if not location or found is None or now is None:
        raise _failed(url, f"a redirect leads to no address: {without_credentials(location)[:200]!r}")
    if now.scheme == "https" and found.scheme == "http":
        raise _failed(url, f"a redirect leads out of encryption, to {without_credentials(target)}")
    return without_credentials(target) if split(target) else target


def _is_gzip(response: requests.Response) -> bool:
    """Whether the body was packed for the way; a .tar.gz that servers call so is asked for as it is."""
    asked = response.request.headers.get("Accept-Encoding", "")
    return "gzip" in asked and response.headers.get("Content-Encoding", "").lower() in {"gzip", "x-gzip"}


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0


def _status(response: requests.Response) -> str:
    return f"{response.status_code} {response.reason or ''}".strip()


def _said(error: Exception) -> str:
    """The innermost reason, which is the one that tells something."""
    inner: BaseException = error
    for _ in range(8):
        following = getattr(inner, "reason", None) or inner.__cause__ or inner.__context__
        if not isinstance(following, BaseException):
            break
        inner = following
    said = " ".join(str(inner).split()) or type(inner).__name__
    return without_credentials(said.rpartition(">: ")[2])[:300]


def _failed(url: str, what: str, *, hint: str = "") -> RequestError:
    return RequestError(what, where=Where(file=without_credentials(url)), hint=hint)
