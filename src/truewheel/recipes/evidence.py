"""All that a published wheel and its sdist tell of the build, read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from truewheel.errors import TruewheelError
from truewheel.recipes.backends import Maker, backend_of, maker_of
from truewheel.recipes.evidence_metadata import MetadataFacts, metadata_facts
from truewheel.recipes.evidence_sources import SourceFacts, source_facts
from truewheel.recipes.evidence_zip import GENERATED, ZipFacts, zip_facts
from truewheel.sdist import Sdist
from truewheel.wheel import Wheel, differences, read_wheel_file

_CPYTHON: Final = re.compile(r"cp([0-9])([0-9]+)t?")
_NAMESPACE: Final = re.compile(r"-py([0-9]\.[0-9]{1,2})-nspkg\.pth$")
_PROGRAM: Final = re.compile(r"^(?:pip|easy_install-)(3\.[0-9]{1,2}) *=", re.MULTILINE)
_LARGEST_CANONICAL: Final = 64 << 20
"""Bytes up to which members are compressed again, to see whether truewheel wrote them."""
_LARGEST_METADATA: Final = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of how a wheel was built, before anything is tried.

    ``uploaded`` is the moment of the upload (RFC 3339), "" where the index doesn't tell. ``generator`` is the first
    that WHEEL names, ``maker`` what it means, ``backend`` its name for statistics. ``pure`` says that the wheel claims
    to run anywhere; ``built_with`` is the Python that its names tell, as ``3.12``, "" where they don't tell, and
    ``tag_pythons`` are those of its tags. ``metadata``, ``zip`` and ``sources`` (None without an sdist) are what is in
    them. ``licences`` says whether .dist-info holds licence files, ``crlf`` names generated ones with CR LF.
    ``entry_points`` is how entry_points.txt ends: ``padded`` with an empty line, ``plain`` without, "" where there is
    none. ``canonical`` says whether the wheel is in truewheel's canonical form. ``pythons`` are the versions at hand,
    the newest first, ``default_python`` the one that runs. ``notes`` say what could not be read.
    """

    project: str
    version: str
    uploaded: str = ""
    generator: str = ""
    maker: Maker | None = None
    backend: str = "unknown"
    pure: bool = True
    abi3: bool = False
    built_with: str = ""
    tag_pythons: tuple[str, ...] = ()
    licences: bool = False
    metadata: MetadataFacts = field(default_factory=MetadataFacts)
    zip: ZipFacts = field(default_factory=ZipFacts)
    sources: SourceFacts | None = None
    entry_points: str = ""
    crlf: tuple[str, ...] = ()
    canonical: bool = False
    pythons: tuple[str, ...] = ()
    default_python: str = ""
    notes: tuple[str, ...] = ()

    @property
    def setuptools(self) -> bool:
        """Whether setuptools took part: it or wheel wrote WHEEL."""
        return self.maker is not None and self.maker.distribution in {"setuptools", "wheel"}


def trace(
    wheel: Wheel,
    sdist: Sdist | None,
    *,
    uploaded: str = "",
    pythons: Sequence[str] = (),
    default_python: str = "",
) -> Evidence:
    """Read what `wheel` and `sdist` tell. `pythons` are versions at hand, such as ``3.12.1``, the newest first.

    Nothing is raised for what is wrong with either: what can't be read is noted, and rules do without it.
    """
    notes: list[str] = []
    generator = _generator(wheel, notes)
    maker = maker_of(generator)
    sources = source_facts(wheel, sdist) if sdist else None
    zipped = zip_facts(wheel)
    return Evidence(
        project=wheel.name.project,
        version=wheel.name.version,
        uploaded=uploaded,
        generator=generator,
        maker=maker,
        backend=backend_of(generator, sources.backend if sources and sources.table else ""),
        pure=wheel.name.pure,
        abi3="abi3" in wheel.name.abis,
        built_with=_built_with(wheel),
        tag_pythons=wheel.name.pythons,
        licences=_licences(wheel),
        metadata=_metadata(wheel, notes),
        zip=zipped,
        sources=sources,
        entry_points=_ending(_entry_points(wheel)),
        crlf=tuple(_crlf(wheel, notes)),
        canonical=_canonical(wheel, zipped, notes),
        pythons=tuple(pythons),
        default_python=default_python,
        notes=(*notes, *(sources.unread if sources else ())),
    )


def _generator(wheel: Wheel, notes: list[str]) -> str:
    try:
        said = read_wheel_file(wheel).generators
    except TruewheelError as error:
        notes.append(f"WHEEL can't be read: {error.what}")
        return ""
    return said[0].strip()[:200] if said else ""


def _metadata(wheel: Wheel, notes: list[str]) -> MetadataFacts:
    try:
        entry = wheel.info("METADATA")
        if entry.size > _LARGEST_METADATA:
            notes.append(f"METADATA has {entry.size:,} bytes and isn't read")
            return MetadataFacts()
        return metadata_facts(bytes(entry.read()))
    except TruewheelError as error:
        notes.append(f"METADATA can't be read: {error.what}")
        return MetadataFacts()


def _licences(wheel: Wheel) -> bool:
    """Whether .dist-info holds files that are called as licences are, by which setuptools finds them."""
    names = [name.rpartition("/")[2].upper() for name in wheel.by_name if ".dist-info/" in name]
    return any(name.startswith(("LICEN", "COPYING", "NOTICE", "AUTHORS")) for name in names)


def _entry_points(wheel: Wheel) -> str:
    """The text of entry_points.txt; what can't be read is told where line ends are looked at."""
    try:
        entry = wheel.by_name.get(wheel.info_path("entry_points.txt"))
        if entry is None or entry.size > _LARGEST_METADATA:
            return ""
        return bytes(entry.read()).replace(b"\r\n", b"\n").decode("utf-8", "replace")
    except TruewheelError:
        return ""


def _ending(entry_points: str) -> str:
    """How entry_points.txt ends, "" where there is none."""
    return entry_points and ("padded" if entry_points.endswith("\n\n") else "plain")


def _crlf(wheel: Wheel, notes: list[str]) -> Iterator[str]:
    """Files of .dist-info that builds write as text, and that have CR LF; not RECORD, which is csv."""
    try:
        entries = [wheel.by_name.get(wheel.info_path(name)) for name in GENERATED if name != "RECORD"]
        texts = [entry for entry in entries if entry and entry.size <= _LARGEST_METADATA]
        yield from (entry.name.rpartition("/")[2] for entry in texts if b"\r\n" in bytes(entry.read()))
    except TruewheelError as error:
        notes.append(f"line ends aren't known: {error.what}")


def _built_with(wheel: Wheel) -> str:
    """The Python of a tag such as cp312; one for many Pythons (abi3, py3) doesn't tell.

    Setuptools puts it into the names of files for namespace packages, such as ``zope.event-5.0-py3.9-nspkg.pth``, and
    pip and its like into those of programs: ``pip3.10``.
    """
    for name in wheel.by_name:
        if named := _NAMESPACE.search(name):
            return named[1]
    programs = {match[1] for match in _PROGRAM.finditer(_entry_points(wheel))}
    if len(programs) == 1:
        return programs.pop()
    found = _CPYTHON.fullmatch(wheel.name.pythons[0])
    told = len(wheel.name.pythons) == 1 and found and "abi3" not in wheel.name.abis and wheel.name.abis != ("none",)
    return f"{found[1]}.{found[2]}" if told and found else ""


def _canonical(wheel: Wheel, zipped: ZipFacts, notes: list[str]) -> bool:
    """Whether truewheel could have written the archive: headers first, and only then contents."""
    if zipped.single is None or sum(entry.size for entry in wheel.entries) > _LARGEST_CANONICAL:
        return False
    try:
        if differences(wheel, timestamp=zipped.single):
            return False
        return not differences(wheel, timestamp=zipped.single, contents=True)
    except TruewheelError as error:
        notes.append(f"whether the archive is in canonical form isn't known: {error.what}")
        return False
