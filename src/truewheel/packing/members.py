"""A wheel made of members from anywhere: what it needs besides them, and a RECORD that is true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from truewheel.errors import RequestError, WheelError, Where
from truewheel.packing.layout_places import fault_of_top
from truewheel.packing.model import About
from truewheel.wheel import (
    Bytes,
    Content,
    Entry,
    Limits,
    RecordRow,
    Wheel,
    WheelName,
    batches,
    row_for,
    serially,
)
from truewheel.wheel.batches import Mapper
from truewheel.wheel.paths import read_names
from truewheel.wheel.record import RecordText

GENERATOR: Final = "truewheel (pack 1)"
"""What WHEEL says it was made by. The number is that of the form, not of the tool: who packs the same with a later
release gets the same bytes."""

_TAG: Final = "py3-none-any"
_SCHEMES: Final = ("data", "scripts")
"""Folders below ``.data`` that members may be in: keys of installation schemes (binary distribution format)."""


class Member(NamedTuple):
    """A file of the wheel, whose bytes stay where they are."""

    content: Content
    executable: bool = False


def stem(about: About) -> str:
    """What file and folders of a wheel begin with: its name and version (binary distribution format, escaping)."""
    return f"{about.distribution}-{about.version}"


def data_folder(about: About) -> str:
    """The name of the ``.data`` folder, which takes what doesn't go where packages are."""
    return f"{stem(about)}.data"


def script_path(about: About, file: str) -> str:
    """The path of a program that is a command by itself; `file` is what it is called, suffix and all."""
    return f"{data_folder(about)}/scripts/{file}"


def draft(
    about: About,
    members: Mapping[str, tuple[Content, bool]],
    *,
    metadata: bytes,
    licences: Iterable[tuple[str, Content]] = (),
    entry_points: bytes = b"",
    build: str = "",
    mapper: Mapper = serially,
    limits: Limits | None = None,
) -> Wheel:
    """A canonical wheel for any platform, which is to be tagged by what turns out to be in it.

    `members` are files by their path in the wheel (`Member`s, or pairs like them), `licences` the paths of licence
    files, below ``.dist-info/licenses``, with their bytes; ``entry_points.txt`` is left out where it would be empty.
    WHEEL says Root-Is-Purelib: false, as wheels with programs do. Every content is read once, for RECORD: `mapper`
    spreads this, and who writes the wheel needn't check what was just computed, as long as the contents can't change.

    Raises `RequestError` where two files would get in each other's way on some system, or where a member is in a folder
    that means something else to installers; `WheelError` for a content that can't be read.
    """
    name = _named(about, build)
    info = f"{stem(about)}.dist-info"
    beside = {"METADATA": metadata, "WHEEL": _wheel_file(build), "entry_points.txt": entry_points}
    entries = [Entry(path, executable, content) for path, (content, executable) in sorted(members.items(), key=_path)]
    data = data_folder(about)
    for entry in entries:
        _judge(entry.name, data)
    # In canonical order, all of them: first members, then what is in .dist-info, then RECORD, each sorted.
    entries += [Entry(f"{info}/{file}", False, Bytes(text)) for file, text in beside.items() if text]
    entries += [Entry(f"{info}/licenses/{path}", False, content) for path, content in sorted(licences, key=_path)]
    _demand_apart([entry.name for entry in entries], limits or Limits())
    own = f"{info}/RECORD"
    record = RecordText((*_rows(entries, mapper), RecordRow(own, "", "", None)))
    return Wheel(name, (*entries, Entry(own, False, record)))


def _named(about: About, build: str) -> WheelName:
    try:
        return WheelName.parse("-".join(filter(None, [stem(about), build, _TAG])) + ".whl")
    except WheelError as error:
        raise RequestError(
            f"no wheel can have the name {about.name!r}, version {about.version!r} and build {build!r}: {error.what}",
            hint="a version is one of PEP 440, and a build number begins with a digit (PEP 427)",
        ) from None


def _path(named: tuple[str, object]) -> str:
    return named[0]


def _wheel_file(build: str) -> bytes:
    """WHEEL (binary distribution format)."""
    lines = ["Wheel-Version: 1.0", f"Generator: {GENERATOR}", "Root-Is-Purelib: false"]
    lines += [f"Build: {build}"] if build else []
    return "".join(f"{line}\n" for line in (*lines, f"Tag: {_TAG}")).encode("ascii")


def _judge(path: str, data: str) -> None:
    """Refuse a member in a folder that is not for it."""
    top, _, rest = path.partition("/")
    if top == data and rest.partition("/")[0] in _SCHEMES:
        return
    if problem := fault_of_top(path):
        raise RequestError(
            f"the wheel can't have it there: {problem}", where=Where(member=path), hint="put it into another folder"
        )


def _demand_apart(names: list[str], limits: Limits) -> None:
    """Refuse names that aren't the same on every system, and two that are one on some."""
    try:
        read_names([name.encode("utf-8", "surrogatepass") for name in names], limits, lambda _: None)
    except WheelError as error:
        raise RequestError(
            f"the wheel can't have it: {error.what}", where=error.where, hint=error.hint or "leave it out, or rename it"
        ) from None


def _rows(entries: Iterable[Entry], mapper: Mapper) -> Iterator[RecordRow]:
    """The rows of RECORD that are true of the entries, each read once."""

    def rows(batch: tuple[Entry, ...]) -> list[RecordRow]:
        return [row_for(entry.name, entry.read()) for entry in batch]

    for found in mapper(rows, batches(entries)):
        yield from found
