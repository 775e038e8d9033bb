"""An archive of other people's, known by its first bytes, as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from truewheel.archives import deb
from truewheel.archives.gathered import Gathered
from truewheel.archives.model import Archive, Item
from truewheel.archives.streams import packing_of, unpacked
from truewheel.archives.tars import gather_tar, is_tar
from truewheel.archives.zips import gather_zip
from truewheel.errors import ArchiveError, LimitError, SdistError, WheelError, Where
from truewheel.sdist import read_gzip
from truewheel.sdist.tarformat import BLOCK
from truewheel.wheel import Buffer, Limits

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_PROGRAMS: Final = (
    b"\x7fELF", b"#!", b"MZ", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf",
)  # fmt: skip
"""How files begin that may have earned an executable bit: ELF, scripts, PE, Mach-O thin and fat."""

_OTHERS: Final = {
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"LZIP": "a file compressed with lzip",
    b"\x04\x22\x4d\x18": "a file compressed with LZ4",
    b"\xed\xab\xee\xdb": "an RPM package",
    b"xar!": "a package of macOS' installer",
    b"MSCF": "a cabinet file of Windows",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "a package of Windows' installer",
}


def read_archive(buffer: Buffer, name: str, limits: Limits | None = None) -> Archive | None:
    """The archive in `buffer`, a whole file in memory or mapped into it, that is called `name`.

    Known by its first bytes, whatever its suffix: tar, also compressed with gzip, xz, Zstandard or bzip2; zip, wheels
    among them; Debian packages, of which the files that they install are taken. None for what is no archive. Contents
    that weren't compressed as a whole refer to `buffer` and are of use as long as it is.

    Names that lead elsewhere, two members of one name, devices, pipes and whatever two tools could understand in two
    ways are refused. Folders have no meaning of their own, and what macOS adds to archives (``._x``, ``.DS_Store``,
    ``__MACOSX``) is left out. Raises `ArchiveError` for what isn't sound, `LimitError` for what `limits` (the defaults
    if None) doesn't allow, and `RequestError` where this Python can't unpack the format. Members of a zip prove their
    bytes when they are read, and raise `WheelError` then.
    """
    limits = limits or Limits()
    with memoryview(buffer) as view:
        head = bytes(view[:BLOCK])
    with _as_archive():
        reader = _reader(head)
        archive = reader(buffer, name, limits) if reader else None
        if archive:
            _check_ratio(archive, len(buffer), limits)
        return archive


def _reader(head: bytes) -> Callable[[Buffer, str, Limits], Archive] | None:
    if head.startswith(_ZIP):
        return _zip
    if deb.is_deb(head):
        return _deb
    if head.startswith(_GZIP) or packing_of(head):
        return _packed
    if what := next((what for magic, what in _OTHERS.items() if head.startswith(magic)), ""):
        raise ArchiveError(
            f"is {what}, which isn't understood", hint="unpack it, and give the folder or pack that with tar or zip"
        )
    return _tar if is_tar(head) else None


@contextmanager
def _as_archive() -> Iterator[None]:
    """Errors of the readers for wheels and source distributions, as those of an archive."""
    try:
        yield
    except LimitError:
        raise
    except (SdistError, WheelError) as error:
        raise ArchiveError(error.what, where=error.where, hint=error.hint) from None


def _zip(buffer: Buffer, name: str, limits: Limits) -> Archive:
    gathered = Gathered(limits)
    gather_zip(buffer, gathered, limits)
    return _made("zip", name, gathered)


def _tar(buffer: Buffer, name: str, limits: Limits) -> Archive:
    return _of_tar("tar", buffer, name, limits)


def _packed(buffer: Buffer, name: str, limits: Limits) -> Archive:
    suffix, data = _unpacked(buffer, limits)
    return _of_tar(f"tar.{suffix}", data, name, limits)


def _deb(buffer: Buffer, name: str, limits: Limits) -> Archive:
    with memoryview(buffer) as view:
        part = deb.data_of(view)
    inner = memoryview(buffer)[part.start : part.end]
    with _inside(part.name.decode("latin-1")):
        data: Buffer = inner
        if not is_tar(bytes(inner[:BLOCK])):
            _, data = _unpacked(inner, limits)
    return _of_tar("deb", data, name, limits, rooted=True)


@contextmanager
def _inside(member: str) -> Iterator[None]:
    """Errors name the member of the package that they are about."""
    try:
        yield
    except (ArchiveError, SdistError, LimitError) as error:
        raise error.within(member=member) from None


def _unpacked(buffer: Buffer, limits: Limits) -> tuple[str, Buffer]:
    """The suffix that says how a tar is compressed, and the tar. Raises `ArchiveError` where something else is."""
    with memoryview(buffer) as view:
        head = bytes(view[:BLOCK])
        packing = packing_of(head)
        data: Buffer
        if packing:
            suffix, data = packing.suffix, unpacked(view, packing, limits)
        elif head.startswith(_GZIP):
            suffix, data = "gz", read_gzip(view, limits).data
        else:
            raise ArchiveError(
                "is compressed in a way that isn't understood",
                where=Where(offset=0),
                hint="gzip, xz, Zstandard and bzip2 are",
            )
    start = bytes(data[:BLOCK])
    if not is_tar(start) and start != bytes(BLOCK):
        raise ArchiveError(
            "a compressed file, but no tar is in it",
            hint="unpack it and give the file itself, or pack it with tar",
        )
    return suffix, data


def _of_tar(form: str, data: Buffer, name: str, limits: Limits, *, rooted: bool = False) -> Archive:
    gathered = Gathered(limits)
    gather_tar(data, gathered, limits)
    return _made(form, name, gathered, rooted=rooted)


def _made(form: str, name: str, gathered: Gathered, *, rooted: bool = False) -> Archive:
    items, unusable = gathered.resolved(rooted=rooted)
    return Archive(form, name, items, unusable, modes=modes_are_meant(items))


def modes_are_meant(items: tuple[Item, ...]) -> bool:
    """Whether executable bits mean something: not where no file has one, nor where files have one that earned none.

    Tools on Windows set none, or all. So where every file has the bit, the first one that begins like no program tells
    that nobody chose; an archive of programs alone, or of one, is believed.
    """
    if not all(item.executable for item in items):
        return any(item.executable for item in items)
    return all(item.head(4).startswith(_PROGRAMS) for item in items)


def _check_ratio(archive: Archive, packed: int, limits: Limits) -> None:
    """Refuse a small file that holds very much, each content counted once: programs with a hundred links to them are.

    Compressed bytes were counted when they were unpacked; holes in sparse files weren't.
    """
    total = sum({id(item.content): item.size for item in archive}.values())
    if total > limits.total_ratio_from and total > packed * limits.total_ratio:
        facts = f"{packed:,} bytes hold files of {total:,} bytes, a ratio of {total / packed:,.0f}"
        raise limits.exceeded("total_ratio", facts)
