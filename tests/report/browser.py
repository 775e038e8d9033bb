"""A browser without a window: what a page looks like, and what it measures when it is laid out."""

from __future__ import annotations

import re
import subprocess  # noqa: TID251 - the browser is a program; the ban protects src
import zlib
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from struct import unpack

from tests.tools import need

_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
    "--force-device-scale-factor=1",
)
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """The pixels of a page, as ``#rrggbb``."""

    rows: tuple[bytes, ...]

    def pixel(self, x: int, y: int) -> str:
        return f"#{self.rows[y][3 * x : 3 * x + 3].hex()}"

    @property
    def colours(self) -> set[str]:
        return {f"#{row[at : at + 3].hex()}" for row in self.rows for at in range(0, len(row), 3)}


def picture(page: str, folder: Path, *, size: tuple[int, int], dark: bool) -> Picture:
    """The page in a window of this size, on a system of light or dark colours."""
    target = folder / "page.png"
    _run(page, folder, f"--screenshot={target}", size=size, dark=dark)
    return Picture(tuple(_pixels(target.read_bytes())))


def elements(page: str, folder: Path) -> str:
    """What the elements of the page are once it is loaded, as HTML."""
    return _run(page, folder, "--dump-dom", size=(800, 600), dark=False)


def probed(page: str, folder: Path, script: str, *, size: tuple[int, int]) -> str:
    """What a function of JavaScript, the body of which is `script`, gives where the page is laid out in this size.

    The page's policy is left out, so that the function runs and nothing that the page tells is held back. A window
    isn't as narrow as a phone, so the page stands in a frame.
    """
    inner = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    answer = f"<script>parent.document.body.dataset.said = (() => {{{script}}})()</script>"
    inner = escape(inner.replace("</body>", f"{answer}</body>"), quote=True)
    outer = (
        f'<!DOCTYPE html><body><iframe width="{size[0]}" height="{size[1]}" frameborder="0" srcdoc="{inner}"></iframe>'
    )
    (said,) = re.findall(r'<body data-said="([^"]*)">', elements(outer, folder))
    return unescape(said)


def console(page: str, folder: Path) -> list[str]:
    """What the browser says on its console while it loads the page: errors, and what the page's policy forbids."""
    said = _started(page, folder, "--enable-logging=stderr", "--dump-dom", size=(800, 600), dark=False).stderr
    return [line for line in said.splitlines() if ":CONSOLE" in line]


def _run(page: str, folder: Path, what: str, *, size: tuple[int, int], dark: bool) -> str:
    return _started(page, folder, what, size=size, dark=dark).stdout


def _started(
    page: str, folder: Path, *what: str, size: tuple[int, int], dark: bool
) -> subprocess.CompletedProcess[str]:
    (browser,) = need("chromium")
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8", newline="\n")
    settings = (
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={size[0]},{size[1]}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
    )
    command = [str(browser), *_OPTIONS, *settings, *what, file.as_uri()]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done


def _pixels(data: bytes) -> list[bytes]:
    """The rows of a PNG of 8 bits a colour (W3C, "Portable Network Graphics", 9: filtering), without transparency."""
    assert data.startswith(_SIGNATURE)
    width, height, depth, colours = unpack(">IIBB", data[16:26])
    assert depth == 8
    step = {2: 3, 6: 4}[colours]
    at, packed = len(_SIGNATURE), b""
    while at < len(data):
        (length,) = unpack(">I", data[at : at + 4])
        packed += data[at + 8 : at + 8 + length] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    raw = zlib.decompress(packed)
    size = width * step
    rows: list[bytes] = []
    above = bytes(size)
    for number in range(height):
        start = number * (size + 1)
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + size], above, step)
        rows.append(above if step == 3 else b"".join(above[x : x + 3] for x in range(0, size, 4)))
    return rows


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes((mine + up) & 255 for mine, up in zip(row, above, strict=True))
    found = bytearray(row)
    for x in range(len(row)):
        left, corner = (found[x - step], above[x - step]) if x >= step else (0, 0)
        guess = {1: left, 3: (left + above[x]) // 2}.get(kind)
        found[x] = (row[x] + (_paeth(left, above[x], corner) if guess is None else guess)) & 255
    return bytes(found)


def _paeth(left: int, up: int, corner: int) -> int:
    start = left + up - corner
    return min((left, up, corner), key=lambda value: abs(start - value))
