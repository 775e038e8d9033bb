"""What is fuzzed: functions that take any bytes, and let nothing out but defects.

Errors of ours are what hostile bytes deserve, so each target drops them; all else is for the fuzzer to keep.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Final, TypeAlias

from fuzz import edits, fusing, macho, pe, systems, tarballs
from fuzz.systems import SEPARATOR
from tests.support import record_text, zip_bytes
from truewheel import api
from truewheel.binary import Elf, Image, MachO, pe_checksum, read
from truewheel.binary.graph import resolve
from truewheel.binary.leaks import header_leaks, text_leaks
from truewheel.errors import TruewheelError
from truewheel.policy import examine
from truewheel.report import text
from truewheel.wheel import WheelName, payload_digest, verify_record, with_tags
from truewheel.wheel import read as read_wheel
from truewheel.wheel.metadata import parse_metadata, parse_wheel_file
from truewheel.wheel.record import parse, render

Target: TypeAlias = Callable[[bytes], None]

_NAMES: Final = tuple(
    WheelName.parse(f"sample-1.0-{tag}.whl")
    for tag in (
        "cp311-abi3-manylinux_2_17_x86_64.musllinux_1_1_x86_64",
        "cp312-cp312-macosx_11_0_universal2",
        "cp312-cp312-win_amd64",
        "py3-none-any",
    )
)
_MEMBERS: Final = (
    "sample/_native.abi3.so",
    "sample/_native.cpython-312-darwin.so",
    "sample.libs/libx.so",
    "sample-1.0.data/scripts/tool",
)
INFO: Final = "sample-1.0.dist-info"
FILES: Final = ("METADATA", "WHEEL", "sboms/a.cdx.json", "RECORD")
"""The files of ``.dist-info`` that the pieces of an input become, in this order; what follows are binaries."""


def _tolerant(target: Target) -> Target:
    @wraps(target)
    def run(data: bytes) -> None:
        with suppress(TruewheelError):
            target(data)

    return run


def look(data: bytes) -> Image | None:
    """Read all that a native file says, lazily decoded symbols too."""
    image = read(data)
    if isinstance(image, Elf):
        assert isinstance(image.symbols.imports + image.symbols.exports, tuple)
    elif isinstance(image, MachO):
        for part in image.slices:
            assert isinstance(part.symbols.imports + part.symbols.exports, tuple)
    return image


@_tolerant
def binary(data: bytes) -> None:
    """One native file: its tables, the checksum of PE, its leaks."""
    text_leaks("sample/a.so", data)
    if data[:2] == b"MZ":
        pe_checksum(data)
    image = look(data)
    if image is not None:
        header_leaks(image, "sample/_native.so")


@_tolerant
def policy(data: bytes) -> None:
    """Several native files in one wheel: who needs whom, and what all of them ask for."""
    images: dict[str, Image] = {}
    for member, piece in zip(_MEMBERS, data.split(SEPARATOR), strict=False):
        with suppress(TruewheelError):
            image = look(piece)
            if image is not None:
                images[member] = image
    graph = resolve(images)
    for name in _NAMES:
        examine(name, images, graph)


@_tolerant
def leaks(data: bytes) -> None:
    """The search for paths."""
    text_leaks("sample-1.0.dist-info/a.json", data)


@_tolerant
def archive(data: bytes) -> None:
    """An archive with whatever it holds."""
    wheel = read_wheel(data, _NAMES[-1])
    for entry in wheel:
        entry.head(64)
        with suppress(TruewheelError):
            entry.read()
    verify_record(wheel, contents=True)
    payload_digest(wheel)


@_tolerant
def record(data: bytes) -> None:
    """RECORD; what is read is written and read as the same."""
    rows = parse(data)
    assert parse(render(rows)) == rows


@_tolerant
def metadata(data: bytes) -> None:
    """WHEEL and METADATA, and WHEEL with other tags."""
    with suppress(TruewheelError):
        parse_metadata(data)
    found = parse_wheel_file(data)
    tags = found.expanded_tags
    assert parse_wheel_file(with_tags(data, tags)).expanded_tags == tags


@_tolerant
def show(data: bytes) -> None:
    """A whole wheel, whose archive is sound and whose files are anything; and what is printed of it."""
    pieces = data.split(SEPARATOR)
    files = {f"{INFO}/{name}": piece for name, piece in zip(FILES, pieces, strict=False)}
    files |= dict(zip(_MEMBERS, pieces[len(FILES) :], strict=False))
    if not files.get(f"{INFO}/RECORD"):
        files.pop(f"{INFO}/RECORD", None)
        files[f"{INFO}/RECORD"] = record_text(files, f"{INFO}/RECORD")
    _show_file(zip_bytes(files, store=True), str(_NAMES[len(data) % len(_NAMES)]))


@_tolerant
def show_archive(data: bytes) -> None:
    """A whole wheel of any bytes, and what is printed of it."""
    _show_file(data, str(_NAMES[-1]))


def _show_file(data: bytes, name: str) -> None:
    path = _folder() / name
    path.write_bytes(data)
    for contents in (False, True):
        said = _said(path, contents=contents)
        assert all(line.isprintable() for line in said.split("\n"))


def _said(path: Path, *, contents: bool) -> str:
    try:
        return text.shown(api.show(path, contents=contents, workers=1))
    except TruewheelError as error:
        return text.failure(error)


def _folder() -> Path:
    if not _FOLDERS:
        _FOLDERS.append(tempfile.TemporaryDirectory())
    return Path(_FOLDERS[0].name)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []

TARGETS: Final[dict[str, Target]] = {
    target.__name__: target
    for target in (
        *(binary, policy, leaks, archive, record, metadata, show, show_archive),
        *map(_tolerant, (edits.edit, edits.strip, macho.edit_macho, pe.edit_pe, fusing.fuse)),
        *map(_tolerant, (systems.ldconf, systems.packages)),
        *map(_tolerant, (tarballs.gzip, tarballs.tar, tarballs.foreign)),
    )
}
"""Every target by its name."""
