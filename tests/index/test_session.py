from __future__ import annotations

import gzip
import socket
import ssl
import subprocess  # noqa: TID251 - openssl makes the certificate; the ban protects src
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.index import serving
from tests.index.conftest import WHEEL
from tests.index.serving import Reply, Serving, basic
from tests.tools import need
from truewheel.errors import RequestError
from truewheel.index.model import IndexSettings
from truewheel.index.session import Answer, Patience, Session

FILE = f"/files/{WHEEL}"


@pytest.fixture
def served(folder: Path) -> Iterator[Serving]:
    with Serving(folder) as running:
        yield running


def got(
    url: str,
    settings: IndexSettings | None = None,
    *,
    most: int = 1 << 20,
    patience: Patience | None = None,
    **headers: str,
) -> tuple[Answer, bytes]:
    """The answer, and the body as it came in the last try."""
    tries: list[BytesIO] = []

    def anew() -> BytesIO:
        tries.append(BytesIO())
        return tries[-1]

    session = Session(settings or IndexSettings(indexes=(), seconds=5), patience or Patience(pauses=(0.0, 0.0)))
    try:
        answer = session.get(url, anew, most=most, headers={k.replace("_", "-"): v for k, v in headers.items()})
    finally:
        session.close()
    return answer, tries[-1].getvalue() if tries else b""


def test_a_body_and_what_is_said_of_it(served: Serving) -> None:
    answer, body = got(served.root + FILE, Accept="*/*")
    assert answer == Answer(200, served.root + FILE, "application/octet-stream", "")
    assert body == (served.folder / WHEEL).read_bytes()
    assert served.asked[0].headers["user-agent"].startswith("truewheel/")
    assert served.asked[0].headers["accept"] == "*/*"
    assert "cookie" not in served.asked[0].headers


def test_what_passes_is_tried_again(served: Serving) -> None:
    for number in (429, 500, 502, 503, 504):
        served.lies[FILE] = serving.status(number, times=2)
        assert got(served.root + FILE)[1] == (served.folder / WHEEL).read_bytes()
    assert len(served.asked) == 15
    served.lies[FILE] = serving.status(503)
    with pytest.raises(RequestError, match="the answer is 503") as caught:
        got(served.root + FILE)
    assert caught.value.hint == "try again later"
    assert len(served.asked) == 18


def test_half_an_answer_is_thrown_away_before_the_next_try(served: Serving) -> None:
    honest = [False, True]
    served.lies[FILE] = lambda reply: serving.truncated(reply) if not honest.pop(0) else reply
    assert got(served.root + FILE)[1] == (served.folder / WHEEL).read_bytes()
    assert len(served.asked) == 2


def test_an_index_may_say_how_long_to_wait_but_not_for_ever(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("truewheel.index.session.time.sleep", slept.append)
    for seconds in ("3", "0", "99999", "1000000000", "-1", "soon"):
        served.lies[FILE] = serving.status(429, times=1, Retry_After=seconds)
        got(served.root + FILE, patience=Patience(pauses=(0.5,)))
    assert [pause for pause in slept if pause >= 0.1] == [3.0, 0.5, 30.0, 0.5, 0.5, 0.5]


def test_nothing_for_304_and_404(served: Serving) -> None:
    for number, meant in ((304, 304), (404, 404), (410, 404)):
        served.lies[FILE] = serving.status(number)
        answer, body = got(served.root + FILE)
        assert (answer.status, body) == (meant, b"")


def test_redirects_are_followed_and_change_the_address(served: Serving) -> None:
    served.lies["/a"] = serving.redirected("b?x=1#f", 301)
    served.lies["/b"] = serving.redirected(served.root.replace("//", "//user:secret@") + FILE, 308)
    answer, body = got(f"{served.root}/a")
    assert answer.url == served.root + FILE
    assert body == (served.folder / WHEEL).read_bytes()


def test_the_body_of_a_redirect_is_not_read(served: Serving) -> None:
    served.lies["/a"] = lambda _: serving.endless(Reply(302, headers={"Location": FILE}))
    assert got(f"{served.root}/a")[1] == (served.folder / WHEEL).read_bytes()


def test_a_slow_body_is_given_up(served: Serving) -> None:
    served.lies[FILE] = serving.slow
    began = time.monotonic()
    with pytest.raises(RequestError, match="more slowly than 8 KiB per second"):
        got(served.root + FILE, patience=Patience(start=0.2))
    assert time.monotonic() - began < 3


def test_silence_is_no_answer(served: Serving) -> None:
    served.lies[FILE] = lambda reply: serving.Reply(body=[b"x"], pause=0.5, length=len(serving.whole(reply)))
    with pytest.raises(RequestError, match="breaks off"):
        got(served.root + FILE, IndexSettings(indexes=(), seconds=0.1), patience=Patience(pauses=()))


def test_a_head_that_comes_byte_by_byte_is_given_up() -> None:
    """Each byte is in time; all of them together would take hours."""
    stop = Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not stop.wait(0.02):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=drip, args=(server,))
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/simple/a/"
        began = time.monotonic()
        try:
            with pytest.raises(RequestError, match=r"no head of an answer within 0\.6 seconds"):
                got(address, IndexSettings(indexes=(), seconds=0.2), patience=Patience(pauses=()))
        finally:
            stop.set()
            thread.join()
    assert time.monotonic() - began < 5


def test_nobody_there() -> None:
    with pytest.raises(RequestError, match=r"no answer: .*refused") as caught:
        got(f"http://user:secret@127.0.0.1:{serving.free_port()}/x")
    assert "secret" not in str(caught.value)
    assert "user" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_packed_pages_are_inflated_within_limits(served: Serving, encoding: str) -> None:
    text = b"some text " * 100_000
    said = {"Content-Encoding": encoding}
    served.lies["/page"] = lambda _: Reply(body=gzip.compress(text), headers=said)
    assert got(f"{served.root}/page", Accept_Encoding="gzip")[1] == text
    with pytest.raises(RequestError, match="larger than 999,999 bytes"):
        got(f"{served.root}/page", Accept_Encoding="gzip", most=999_999)
    served.lies["/page"] = lambda _: Reply(body=gzip.compress(text)[:-9], headers=said)
    with pytest.raises(RequestError, match="ends too early"):
        got(f"{served.root}/page", Accept_Encoding="gzip")
    served.lies["/page"] = lambda _: Reply(body=b"no gzip", headers=said)
    with pytest.raises(RequestError, match="can't be inflated"):
        got(f"{served.root}/page", Accept_Encoding="gzip")


def test_a_file_that_is_called_packed_is_taken_as_it_is(served: Serving) -> None:
    data = gzip.compress(b"an sdist")
    served.lies["/x.tar.gz"] = lambda _: Reply(body=data, headers={"Content-Encoding": "gzip"})
    assert got(f"{served.root}/x.tar.gz", Accept_Encoding="identity")[1] == data


def test_credentials_go_to_their_own_host_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine localhost login net password rc\n")
    with Serving(folder, login="me:s3cret/@") as private, Serving(folder) as other:
        named = private.url.replace("//", "//me:s3cret%2F%40@")
        settings = IndexSettings(indexes=(named,), seconds=5)
        assert got(private.root + FILE, settings)[0].status == 200
        less_trusted = private.url.replace("//", "//me:wrong@")
        assert got(private.root + FILE, IndexSettings(indexes=(named, less_trusted), seconds=5))[0].status == 200
        assert got(f"{named}/sample/")[0].status == 200
        for url in (private.root + FILE, private.root.replace("//", "//me:wrong@") + FILE):
            with pytest.raises(RequestError, match="401") as caught:
                got(url)
            assert "netrc" in caught.value.hint
            assert "wrong" not in str(caught.value)
        private.lies[FILE] = serving.redirected(other.root + FILE)
        got(private.root + FILE, settings)
        other.lies["/netrc"] = serving.redirected(other.root.replace("127.0.0.1", "localhost") + FILE)
        got(f"{other.root}/netrc", settings)
    assert [request.headers.get("authorization") for request in other.asked] == [None, None, basic("net:rc")]


def test_a_proxy_is_asked_instead(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Serving(folder) as proxy:
        proxy.lies["http://nowhere.invalid/x"] = lambda _: Reply(body=b"by proxy")
        settings = IndexSettings(indexes=(), proxy=proxy.root, seconds=5)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{serving.free_port()}")
        assert got("http://nowhere.invalid/x", settings)[1] == b"by proxy"


def test_cookies_are_not_kept(served: Serving) -> None:
    session = Session(IndexSettings(indexes=(), seconds=5))
    served.lies["/a"] = lambda _: Reply(body=b"a", headers={"Set-Cookie": "who=you; Path=/"})
    for _ in range(2):
        session.get(f"{served.root}/a", BytesIO, most=10)
    session.close()
    assert "cookie" not in served.asked[1].headers


class Encrypted:
    """A certificate for 127.0.0.1, made for the tests, and what a server does with it."""

    def __init__(self, folder: Path) -> None:
        need("openssl")
        self.certificate, key = folder / "certificate.pem", folder / "key.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "3650", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        # Python 3.13 looks at this, too.
        command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
        subprocess.run([*command, "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Encrypted:
    return Encrypted(tmp_path_factory.mktemp("tls"))


def test_certificates(folder: Path, encrypted: Encrypted, tmp_path: Path) -> None:
    with Serving(folder, tls=encrypted.context) as served:
        url = served.root + FILE
        with pytest.raises(RequestError, match="certificate isn't to be trusted") as caught:
            got(url)
        assert "PIP_CERT" in caught.value.hint
        known = IndexSettings(indexes=(), certificates=str(encrypted.certificate), seconds=5)
        assert got(url, known)[0].status == 200
        for host in ("127.0.0.1", served.root.partition("//")[2]):
            assert got(url, IndexSettings(indexes=(), trusted_hosts=(host,), seconds=5))[0].status == 200
        with pytest.raises(RequestError, match="certificate isn't to be trusted"):
            got(url, IndexSettings(indexes=(), trusted_hosts=("localhost",), seconds=5))
        for settings in (
            IndexSettings(indexes=(), certificates=str(tmp_path / "none.pem"), seconds=5),
            IndexSettings(indexes=(), client_certificate=str(tmp_path / "none.pem"), seconds=5),
        ):
            with pytest.raises(RequestError, match=r"none\.pem"):
                got(url, settings)


def test_redirects_stay_encrypted(folder: Path, encrypted: Encrypted) -> None:
    settings = IndexSettings(indexes=(), certificates=str(encrypted.certificate), seconds=5)
    with Serving(folder) as plain, Serving(folder, tls=encrypted.context) as served:
        served.lies["/out"] = serving.redirected(plain.root + FILE)
        served.lies["/in"] = serving.redirected(served.root + FILE)
        plain.lies["/in"] = serving.redirected(served.root + FILE)
        with pytest.raises(RequestError, match=f"leads out of encryption, to {plain.root}"):
            got(f"{served.root}/out", settings)
        assert plain.asked == []
        assert got(f"{served.root}/in", settings)[0].url == served.root + FILE
        assert got(f"{plain.root}/in", settings)[0].url == served.root + FILE


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/x", "nothing", "http://[::1", "http://127.0.0.1:99999/", "http://\x00/"]
)
def test_what_is_no_address_is_an_error(url: str) -> None:
    with pytest.raises(RequestError):
        got(url)


def test_without_requests_the_extra_is_named() -> None:
    code = "import sys; sys.modules['requests'] = None; import truewheel.index.session"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "RequestError: fetching needs requests" in done.stderr


def test_without_a_new_urllib3_that_is_said() -> None:
    code = (
        "import urllib3; del urllib3.HTTPResponse.read1, urllib3.BaseHTTPResponse.read1; import truewheel.index.session"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "RequestError: fetching needs urllib3 2.2 or later" in done.stderr
