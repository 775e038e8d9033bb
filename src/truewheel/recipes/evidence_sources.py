"""What an sdist tells of the build of a wheel: who builds it, what is native, and the times of what was copied."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from truewheel.errors import TruewheelError
from truewheel.recipes.evidence_zip import GENERATED, dos_seconds
from truewheel.sdist import Member, Sdist
from truewheel.sdist.model import TarStored
from truewheel.toml import loads
from truewheel.wheel import Entry, Wheel

LEGACY: Final = "setuptools.build_meta:__legacy__"
"""The backend of a project that names none (PEP 517)."""

_SETTINGS: Final = ("setup.cfg", "setup.py", "pyproject.toml")

_LARGEST: Final = 1 << 20
"""Bytes of a build script or pyproject.toml; larger ones aren't read."""
_ROOTS: Final = ("", "src/", "lib/")
"""Where projects keep their packages."""
_CANDIDATES: Final = 16
"""Files of one name that are looked at for others."""
_SAMPLES: Final = 40
"""Texts whose line ends are compared."""
_NATIVE: Final = (".c", ".cc", ".cpp", ".cxx", ".pyx", ".pxd", ".rs", ".f90", ".f")
_TEXTS: Final = (".py", ".pyi", ".txt", ".md", ".rst", ".toml", ".cfg", "LICENSE", "COPYING", "NOTICE", "AUTHORS")
_ELSEWHERE: Final = re.compile(r"(?:^|/)(?:tests?|docs?|examples?|benchmarks?|bench|fuzz)/", re.IGNORECASE)
_EXTENSIONS: Final = re.compile(
    r"\bext_modules\b|\bExtension\s*\(|\bcffi_modules\b|\brust_extensions\b|\bmypycify\b|\bcythonize\b"
)
_QUOTED: Final = re.compile(r"""["']([A-Z][A-Z0-9_]{2,60})["']""")
_WITHOUT: Final = {"NO", "DISABLE", "SKIP", "WITHOUT"}
_NATIVE_WORDS: Final = {"EXT", "EXTENSION", "EXTENSIONS", "CEXT", "SPEEDUP", "SPEEDUPS", "CYTHON", "MYPYC", "NATIVE"}
_WHEEL_OPTIONS: Final = re.compile(r"\buniversal\b|\bpython[-_]tag\b")
_QUARTER: Final = 900
_FARTHEST: Final = 14 * 3600


class Copied(NamedTuple):
    """A member of the wheel that is a copy of one of the sdist: its time there (UTC), and its DOS time here."""

    name: str
    source: int
    dos: int

    @property
    def offset(self) -> int:
        """Seconds that the zip's clock is ahead of UTC; DOS times are even and rounded down."""
        return self.dos - (self.source & ~1)

    @property
    def plausible(self) -> bool:
        """Whether the two can be one moment, in some zone of the world."""
        return not self.offset % _QUARTER and abs(self.offset) <= _FARTHEST


class SourceFacts(NamedTuple):
    """What an sdist says.

    ``backend`` is the build backend's reference and ``requires`` its requirements, as ``[build-system]`` has them (or
    PEP 517 where it has none); ``table`` says that there is one, ``project`` that metadata stand in ``[project]``.
    ``tagged`` says that the project itself asks for a universal wheel or another Python's tag.
    ``native`` are signs of native parts, ``switches`` variables that build scripts look at to leave those out.
    ``times`` are the distinct times of its files. ``copied`` are members of the wheel that have the time of their
    source, in some time zone, ``written`` the distinct DOS times of all others but those of .dist-info that are
    always generated. ``line_ends`` names texts that have CR LF in the wheel and LF in the sdist. ``unread`` names
    what could not be read.
    """

    backend: str = LEGACY
    requires: tuple[str, ...] = ()
    table: bool = False
    project: bool = False
    setup_py: bool = False
    tagged: bool = False
    native: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    times: tuple[int, ...] = ()
    copied: tuple[Copied, ...] = ()
    written: tuple[tuple[int, str], ...] = ()
    line_ends: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def source_facts(wheel: Wheel, sdist: Sdist) -> SourceFacts:
    """What `sdist` says, by itself and beside the wheel that was made of it. Hostile contents end up in ``unread``."""
    unread: list[str] = []
    top = {m.name.partition("/")[2]: m for m in sdist if not m.link and "/" in m.name}
    document = _document(top, unread)
    scripts = {name: text for name in _scripts(top, document) if (text := _text(top.get(name), unread))}
    pairs = list(_pairs(wheel, sdist))
    copied = [
        Copied(entry.name, member.stored.mtime, dos)
        for entry, member in pairs
        if isinstance(member.stored, TarStored) and (dos := dos_seconds(entry)) is not None
    ]
    fitting = tuple(sorted((each for each in copied if each.plausible), key=lambda each: each.name))
    backend, requires = _build_system(document)
    return SourceFacts(
        backend=backend,
        requires=requires,
        table=isinstance(document.get("build-system"), dict),
        project=isinstance(document.get("project"), dict),
        setup_py="setup.py" in top,
        tagged=any(_WHEEL_OPTIONS.search(_text(top.get(name), unread)) for name in _SETTINGS),
        native=tuple(_native(top, scripts)),
        switches=tuple(sorted({name for text in scripts.values() for name in _QUOTED.findall(text) if _switch(name)})),
        times=tuple(sorted({m.stored.mtime for m in sdist if isinstance(m.stored, TarStored) and not m.link})),
        copied=fitting,
        written=_written(wheel, {each.name for each in fitting}),
        line_ends=tuple(_changed_line_ends(pairs, unread)),
        unread=tuple(unread),
    )


def _text(member: Member | None, unread: list[str]) -> str:
    if member is None:
        return ""
    if member.size > _LARGEST:
        unread.append(f"{member.name}: it has {member.size:,} bytes")
        return ""
    try:
        return bytes(member.read()).decode("utf-8", "replace")
    except TruewheelError as error:
        unread.append(f"{member.name}: {error.what}")
        return ""


def _document(top: dict[str, Member], unread: list[str]) -> dict[str, object]:
    text = _text(top.get("pyproject.toml"), unread)
    try:
        return loads(text)
    except ValueError as error:
        unread.append(f"pyproject.toml: {str(error)[:200]}")
        return {}


def _build_system(document: dict[str, object]) -> tuple[str, tuple[str, ...]]:
    """Backend and requirements, those of PEP 517's fallback where the table doesn't say."""
    table = document.get("build-system")
    if not isinstance(table, dict):
        return LEGACY, ("setuptools",)
    backend, requires = table.get("build-backend"), table.get("requires")
    words = [word for word in requires if isinstance(word, str)] if isinstance(requires, list) else []
    return (backend if isinstance(backend, str) and backend else LEGACY), tuple(words)


def _scripts(top: dict[str, Member], document: dict[str, object]) -> list[str]:
    """Programs that a build runs: setup.py, and the modules of a backend that lies in the sources."""
    folders: list[str] = []
    table = document.get("build-system")
    path = table.get("backend-path") if isinstance(table, dict) else None
    for part in path if isinstance(path, list) else []:
        folder = part.strip("./") if isinstance(part, str) else ""
        folders += [f"{folder}/"] if folder else []
    inside = [name for name in sorted(top) if name.endswith(".py") and name.startswith(tuple(folders))]
    return ["setup.py", "hatch_build.py", "build.py", *(inside[:50] if folders else [])]


def _native(top: dict[str, Member], scripts: dict[str, str]) -> Iterator[str]:
    """Signs of native parts, the strongest first."""
    for name, text in scripts.items():
        if found := _EXTENSIONS.search(text):
            yield f"{name} says {found[0].rstrip('( ')}"
    files = [name for name in sorted(top) if name.endswith(_NATIVE) and not _ELSEWHERE.search(name)]
    yield from files[:3]


def _switch(name: str) -> bool:
    """Whether a variable leaves native parts out, as ``YARL_NO_EXTENSIONS`` and ``MSGPACK_PUREPYTHON`` do."""
    words = name.split("_")
    return (words[-1] in _NATIVE_WORDS and not _WITHOUT.isdisjoint(words)) or name.endswith(
        ("PUREPYTHON", "PURE_PYTHON")
    )


def _pairs(wheel: Wheel, sdist: Sdist) -> Iterator[tuple[Entry, Member]]:
    """Members of the wheel, each with the file of the sdist that it was copied from, as far as names tell."""
    by_base: dict[str, list[Member]] = defaultdict(list)
    by_path: dict[str, Member] = {}
    for member in sdist:
        if not member.link:
            by_base[member.name.rpartition("/")[2]].append(member)
            by_path[member.name.partition("/")[2]] = member
    for entry in wheel.entries:
        folder, _, base = entry.name.rpartition("/")
        if folder.endswith(".dist-info") and base in GENERATED:
            continue
        usual = next((found for start in _ROOTS if (found := by_path.get(start + entry.name))), None)
        if found := usual or _source_of(entry.name, by_base.get(base, [])):
            yield entry, found


def _source_of(name: str, candidates: list[Member]) -> Member | None:
    """The candidate whose path ends most like the name does; a licence's is at the top."""
    parts = name.split("/")[::-1]

    def alike(member: Member) -> tuple[int, int, str]:
        same = 0
        for mine, theirs in zip(parts, member.name.split("/")[::-1], strict=False):
            if mine != theirs:
                break
            same += 1
        return -same, len(member.name), member.name

    return min(candidates[:_CANDIDATES], key=alike) if candidates else None


def _written(wheel: Wheel, copied: set[str]) -> tuple[tuple[int, str], ...]:
    """Times of members that were not copied from the sdist, each with the first member that has it."""
    found: dict[int, str] = {}
    for entry in wheel.entries:
        folder, _, base = entry.name.rpartition("/")
        generated = folder.endswith(".dist-info") and base in GENERATED
        moment = dos_seconds(entry)
        if not generated and moment is not None and entry.name not in copied:
            found.setdefault(moment, entry.name)
    return tuple(sorted(found.items()))


def _changed_line_ends(pairs: list[tuple[Entry, Member]], unread: list[str]) -> Iterator[str]:
    """Texts that have CR LF in the wheel alone. Only those that are longer there can be such."""
    texts = [(entry, member) for entry, member in pairs if entry.name.endswith(_TEXTS) and entry.size <= _LARGEST]
    longer = [(entry, member) for entry, member in texts if entry.size > member.size]
    for entry, member in longer[:_SAMPLES]:
        try:
            mine, theirs = bytes(entry.read()), bytes(member.read())
        except TruewheelError as error:
            unread.append(f"{entry.name}: {error.what}")
            continue
        if b"\r\n" in mine and b"\r\n" not in theirs and mine.replace(b"\r\n", b"\n") == theirs:
            yield entry.name
