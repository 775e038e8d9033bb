"""Package indexes on this machine: a real one (pypiserver), and one of ours that answers as it is told, lies included.

`simple_index` starts the first; `Serving` is the second. Both listen on 127.0.0.1 alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import subprocess  # noqa: TID251 - pypiserver is a program; the ban protects src
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from html import escape
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from pathlib import Path
from threading import Thread
from types import TracebackType

from truewheel.index.model import IndexSettings
from truewheel.wheel.name import canonical_project

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"


@contextmanager
def simple_index(folder: Path) -> Iterator[str]:
    """The address of a pypiserver that serves the wheels and sdists in `folder`, until the block ends."""
    for _ in range(5):  # somebody else may take the port first
        port = free_port()
        command = [sys.executable, "-m", "pypiserver", "run", "--interface=127.0.0.1", f"--port={port}"]
        options = ["--disable-fallback", "--server=wsgiref", "--backend=simple-dir", str(folder)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        with subprocess.Popen(
            [*command, *options], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as server:
            try:
                if answers(port, server):
                    yield f"http://127.0.0.1:{port}/simple"
                    return
            finally:
                server.kill()
    raise AssertionError("pypiserver doesn't start")


def free_port() -> int:
    """A port on which nobody listens right now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    assert isinstance(port, int)
    return port


def answers(port: int, server: subprocess.Popen[bytes]) -> bool:
    """Wait until a server answers. False where it ended instead."""
    for _ in range(600):
        if server.poll() is not None:
            return False
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/simple/")
            return connection.getresponse().status == 200
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    return False


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers, and the body, whole or in pieces. ``length`` is what Content-Length says, if it does.

    ``pause`` is waited, in seconds, before each piece.
    """

    status: int = 200
    kind: str = "application/octet-stream"
    body: bytes | Iterable[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    pause: float = 0.0


Lie = Callable[[Reply], Reply]
"""What is answered instead of the honest reply."""


def whole(reply: Reply) -> bytes:
    """The body of an honest reply."""
    assert isinstance(reply.body, bytes)
    return reply.body


def flipped(reply: Reply) -> Reply:
    """Another byte in the middle."""
    body = bytearray(whole(reply))
    body[len(body) // 2] ^= 1
    return replace(reply, body=bytes(body))


def truncated(reply: Reply) -> Reply:
    """Half of what Content-Length says."""
    body = whole(reply)
    return replace(reply, body=body[: len(body) // 2], length=len(body))


def cut(reply: Reply) -> Reply:
    """Half of it, and nothing said of its length."""
    return replace(reply, body=[whole(reply)[: len(whole(reply)) // 2]], length=None)


def longer(reply: Reply) -> Reply:
    """More than the index says, at the end."""
    return replace(reply, body=whole(reply) + b"more", length=None)


def endless(reply: Reply) -> Reply:
    """No end."""
    return replace(reply, body=repeat(bytes(1 << 16)), length=None)


def slow(reply: Reply) -> Reply:
    """One byte at a time, with a pause before each."""
    return replace(reply, body=(bytes([byte]) for byte in whole(reply)), length=len(whole(reply)), pause=0.02)


def garbage(reply: Reply) -> Reply:
    """Nothing that can be read, under the same type."""
    return replace(reply, body=b'{"files": [{"filename": "\xff\xfe', length=None)


def typed(kind: str) -> Lie:
    """The same under another Content-Type."""
    return lambda reply: replace(reply, kind=kind)


def status(number: int, times: int = 1 << 30, **headers: str) -> Lie:
    """A status, so many times; the truth afterwards. Headers are spelled with underscores."""
    left = [times]

    def lie(reply: Reply) -> Reply:
        left[0] -= 1
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return reply if left[0] < 0 else Reply(number, "text/plain", b"not now", named)

    return lie


def redirected(to: str, number: int = 302) -> Lie:
    """A redirect."""
    return lambda _: Reply(number, "text/plain", b"", {"Location": to})


def saying(document: object) -> Lie:
    """Another JSON document."""
    return lambda reply: replace(reply, kind=JSON, body=json.dumps(document).encode(), length=None)


@dataclass(frozen=True)
class Request:
    """What was asked: the path, and the headers by their names in lower case."""

    path: str
    headers: Mapping[str, str]


class Serving:
    """An index with the files of a folder: pages in JSON (PEP 691) and HTML, files, provenance (PEP 740).

    ``url`` is its address. `uploaded` are moments (RFC 3339) and `yanked` reasons by file names; `provenance` are JSON
    documents likewise. ``lies`` are told for the paths in it (``/simple/NAME/``, ``/files/FILE``,
    ``/provenance/FILE``); ``asked`` has all requests. With `only_html` it knows no JSON; with `login`, as in
    ``user:password``, it answers nobody else; with `tls` it speaks https. `hashes` are the algorithms that its pages
    give.

        with Serving(folder, uploaded={"sample-1.0-py3-none-any.whl": "2024-02-29T12:00:00Z"}) as serving:
            serving.lies["/files/sample-1.0-py3-none-any.whl"] = flipped
    """

    def __init__(
        self,
        folder: Path,
        *,
        uploaded: Mapping[str, str] | None = None,
        provenance: Mapping[str, object] | None = None,
        yanked: Mapping[str, str] | None = None,
        hashes: Iterable[str] = ("sha256",),
        only_html: bool = False,
        login: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.folder = folder
        self.uploaded = dict(uploaded or {})
        self.provenance = dict(provenance or {})
        self.yanked = dict(yanked or {})
        self.hashes = tuple(hashes)
        self.lies: dict[str, Lie] = {}
        self.asked: list[Request] = []
        self._only_html = only_html
        self._login = login
        self._server = _server(self)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.root = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.root}/simple"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Serving:  # noqa: PYI034 - nobody subclasses it
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def settings(self) -> IndexSettings:
        """What a client needs to ask this index and no other."""
        return IndexSettings(indexes=(self.url,), origins=("a test",), seconds=5)

    def paths(self, start: str = "/") -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.asked if request.path.startswith(start)]

    def reply(self, request: Request) -> Reply:
        """The answer to a request."""
        self.asked.append(request)
        honest = self._honest(request)
        lie = self.lies.get(request.path)
        return honest if lie is None else lie(honest)

    def _honest(self, request: Request) -> Reply:
        if self._login and request.headers.get("authorization", "") != basic(self._login):
            return Reply(401, "text/plain", b"who are you?", {"WWW-Authenticate": "Basic"})
        _, *parts = request.path.split("/")
        match parts:
            case ["simple", project, ""]:
                return self._page(project, request.headers)
            case ["files", name] if (self.folder / name).is_file():
                body = (self.folder / name).read_bytes()
                return Reply(body=body, length=len(body))
            case ["provenance", name] if name in self.provenance:
                return Reply(kind="application/json", body=json.dumps(self.provenance[name]).encode())
        return Reply(404, "text/plain", b"nothing here")

    def _page(self, project: str, headers: Mapping[str, str]) -> Reply:
        files = [self._entry(path) for path in sorted(self.folder.iterdir()) if _project(path.name) == project]
        if not files:
            return Reply(404, "text/plain", b"no such project")
        if JSON in headers.get("accept", "") and not self._only_html:
            document = {"meta": {"api-version": "1.1"}, "name": project, "files": files}
            reply = Reply(kind=JSON, body=json.dumps(document).encode())
        else:
            reply = Reply(kind=HTML, body=_html(files))
        etag = f'"{hashlib.sha256(whole(reply)).hexdigest()[:16]}"'
        if headers.get("if-none-match") == etag:
            return Reply(304, headers={"ETag": etag})
        return replace(reply, headers={"ETag": etag}, length=len(whole(reply)))

    def _entry(self, path: Path) -> dict[str, object]:
        data = path.read_bytes()
        entry: dict[str, object] = {
            "filename": path.name,
            "url": f"../../files/{path.name}",
            "hashes": {name: hashlib.new(name, data).hexdigest() for name in self.hashes},
            "size": len(data),
            "yanked": self.yanked.get(path.name, False),
        }
        if path.name in self.uploaded:
            entry["upload-time"] = self.uploaded[path.name]
        if path.name in self.provenance:
            entry["provenance"] = f"{self.root}/provenance/{path.name}"
        return entry


def basic(login: str) -> str:
    """The header of a user and a password."""
    return f"Basic {b64encode(login.encode()).decode()}"


def _project(name: str) -> str:
    """The project of a file whose name is normal."""
    return canonical_project(name.partition("-")[0]) if name.endswith((".whl", ".tar.gz", ".zip")) else ""


def _html(files: Iterable[Mapping[str, object]]) -> bytes:
    links = []
    for file in files:
        hashes = file["hashes"]
        assert isinstance(hashes, dict)
        fragment = "".join(f"#{name}={value}" for name, value in list(hashes.items())[:1])
        said = {
            "upload-time": file.get("upload-time"),
            "provenance": file.get("provenance"),
            "yanked": file["yanked"] if isinstance(file["yanked"], str) else None,
        }
        more = "".join(f' data-{name}="{escape(str(value))}"' for name, value in said.items() if value is not None)
        links.append(f'<a href="{escape(str(file["url"]))}{fragment}"{more}>{file["filename"]}</a><br>\n')
    head = '<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"></head><body>\n'
    return (head + "".join(links) + "</body></html>\n").encode()


def _server(serving: Serving) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:  # uv asks so for a file before it fetches it
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            reply = serving.reply(Request(self.path.partition("?")[0], _headers(self.headers)))
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.length is not None:
                self.send_header("Content-Length", str(reply.length))
            try:
                self.end_headers()
                for piece in _pieces(reply) if body else ():
                    time.sleep(reply.pause)
                    self.wfile.write(piece)
            except OSError:
                self.close_connection = True  # who asked has heard enough

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # a handshake that the client broke off

    return Server(("127.0.0.1", 0), Handler)


def _pieces(reply: Reply) -> Iterable[bytes]:
    return [reply.body] if isinstance(reply.body, bytes) else reply.body


def _headers(message: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in message.items()}
