"""A source distribution's archive, read strictly: any sound tar or zip, and what PEP 625 asks besides."""

from __future__ import annotations

from truewheel.errors import SdistError, Where
from truewheel.sdist.gzip import read_gzip
from truewheel.sdist.model import Member, Sdist
from truewheel.sdist.name import ZIP, SdistName
from truewheel.sdist.tar import clean_names, offset_of, read_tar
from truewheel.sdist.tarlinks import check_links
from truewheel.wheel import Buffer, Limits, read_zip
from truewheel.wheel.name import spells


def read(buffer: Buffer, name: SdistName, limits: Limits | None = None) -> Sdist:
    """The source distribution in `buffer`, a whole file in memory or mapped into it, that is called `name`.

    A .tar.gz is unpacked into memory, bounded by `limits` (the defaults if None); the members of a .zip are inflated
    when they are read, and refer to `buffer`. Raises `SdistError` for anything that is not as it should be,
    `WheelError` where a zip isn't, and `LimitError` for what `limits` doesn't allow.
    """
    limits = limits or Limits()
    sdist = _of_zip(buffer, name, limits) if name.suffix == ZIP else _of_tar(buffer, name, limits)
    _check_layout(sdist)
    _check_links(sdist, limits)
    return sdist


def check_whole(sdist: Sdist, limits: Limits | None = None) -> None:
    """Refuse a source distribution whose names, links or layout `read` would refuse, for those made by programs.

    Raises `SdistError`, and `LimitError`.
    """
    limits = limits or Limits()
    names = [*(member.name for member in sdist), *(f"{folder}/" for folder in sdist.directories)]
    clean_names([name.encode("utf-8", "surrogatepass") for name in names], limits, lambda _: None)
    _check_layout(sdist)
    _check_links(sdist, limits)


def _check_links(sdist: Sdist, limits: Limits) -> None:
    links = {member.name: member.link for member in sdist if member.link}
    check_links(links, lambda link: offset_of(sdist.by_name[link]), limits, floor=1)


def _check_layout(sdist: Sdist) -> None:
    """Refuse one without a folder at the top that means the file's name and version, or without PKG-INFO in it.

    Spelling doesn't count: names are compared as indexes do (PEP 503), versions by PEP 440. Raises `SdistError`.
    """
    name = sdist.name
    if not spells(sdist.top, name.project, name.version):
        raise SdistError(
            f"the folder at the top is {sdist.top!r}, the file name says {name.distribution} {name.version}",
            hint="the file was renamed, or holds something else",
        )
    if not sdist.pkg_info.size:
        raise SdistError("the file is empty", where=Where(member=sdist.pkg_info.name))


def _of_tar(buffer: Buffer, name: SdistName, limits: Limits) -> Sdist:
    unpacked = read_gzip(buffer, limits)
    tar = read_tar(unpacked.data, limits)
    return Sdist(name, tar.members, tar.directories, unpacked.header, tar.records, tar.size)


def _of_zip(buffer: Buffer, name: SdistName, limits: Limits) -> Sdist:
    plain = read_zip(buffer, limits)
    members = tuple(Member(e.name, e.executable, e.content, stored=e.stored) for e in plain.entries)
    return Sdist(name, members, tuple(folder.removesuffix("/") for folder in plain.directories))
