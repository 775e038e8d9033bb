"""Edit the names in an ELF file: what it needs, what it is called, where it searches.

Append, never rebuild: every byte that isn't a name, a table of names or a header keeps its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from truewheel.binary.elf_edit_build import Plan, headers_only, written
from truewheel.binary.elf_edit_image import ET_DYN, ET_EXEC, PF_X, Image, extended_numbering, read_image
from truewheel.binary.elf_edit_names import Wanted, new_names, wanted_path
from truewheel.binary.elf_edit_places import Content
from truewheel.binary.elf_edit_strings import placed
from truewheel.binary.elf_edit_tables import dynamic_tables, version_tables
from truewheel.binary.elf_layout import EM_MIPS, PT_DYNAMIC, PT_GNU_STACK, Strings, Tag, read_layout
from truewheel.binary.elf_relr import expanded
from truewheel.binary.fields import Buffer, encoded
from truewheel.binary.patch import Patch
from truewheel.errors import BinaryError


class RunPath(NamedTuple):
    """Where a file is to search for what it needs. Without entries both tags are removed.

    ``runpath`` chooses DT_RUNPATH over DT_RPATH; the other tag is removed.
    """

    entries: tuple[str, ...]
    runpath: bool = False


@dataclass(frozen=True, slots=True)
class ElfChanges:
    """What is to be different in an ELF file; what isn't named stays.

    ``needed`` maps old names of needed libraries to new ones, in DT_NEEDED and in the version needs.
    ``drop_needed`` are libraries that are no longer asked for. ``soname`` is the new name of the file itself,
    given to one without a name too. ``run_path`` of None leaves the search as it is. ``clear_exec_stack`` takes
    the execute bit off the stack, ``expand_relr`` rewrites DT_RELR as ordinary relative relocations.
    """

    needed: Mapping[str, str] = field(default_factory=dict)
    drop_needed: frozenset[str] = frozenset()
    soname: str | None = None
    run_path: RunPath | None = None
    clear_exec_stack: bool = False
    expand_relr: bool = False

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != ElfChanges()


def edit_elf(buffer: Buffer, changes: ElfChanges) -> Patch:
    """The patch that makes the changes; an empty one where the file says so already.

    Raises `BinaryError` where the file is damaged, and where a change can't be made safely; `RequestError` for
    names that no file can hold.
    """
    if not changes:
        return Patch(len(buffer))
    wanted = _wanted(changes)
    layout = read_layout(buffer)
    image = read_image(buffer, layout)
    if changes.clear_exec_stack:
        image = _plain_stack(image)
    _check_static(image, wanted)
    if image.dynamic < 0:
        return headers_only(image)
    plan = _planned(image, changes, wanted)
    if plan is None:
        return headers_only(image)
    _check_editable(image)
    return written(image, plan)


def _wanted(changes: ElfChanges) -> Wanted:
    """The changes to names, checked before the file is looked at."""
    for new in changes.needed.values():
        encoded(new, "the new name of a needed library")
    if changes.soname is not None:
        encoded(changes.soname, "the new name of the file")
    path = None
    if changes.run_path is not None:
        path = wanted_path(changes.run_path.entries, Tag.RUNPATH if changes.run_path.runpath else Tag.RPATH)
    return Wanted(changes.needed, changes.drop_needed, changes.soname, path)


def _check_static(image: Image, wanted: Wanted) -> None:
    """Refuse names for a static file.

    A static PIE has a dynamic table to relocate itself by. glibc's start-up code stumbles over a run path in it: the
    program would die at every start.
    """
    libraries = Tag.NEEDED in image.tags and bool(wanted.needed or wanted.dropped)
    if image.static and (wanted.soname is not None or wanted.path or libraries):
        raise BinaryError("a static file has no place for a name or a run path")


def _plain_stack(image: Image) -> Image:
    segments = (s._replace(flags=s.flags & ~PF_X) if s.type == PT_GNU_STACK else s for s in image.segments)
    return replace(image, segments=tuple(segments))


def _planned(image: Image, changes: ElfChanges, wanted: Wanted) -> Plan | None:
    """The new dynamic table and its strings; None where nothing is to change."""
    versions = version_tables(image)
    strings = image.strings() if Tag.STRTAB in image.tags else Strings(b"\0", 0)
    names = new_names(image, strings, versions.files, wanted)
    expansion = expanded(image) if changes.expand_relr else None
    if names.entries == image.entries and not names.files and expansion is None:
        return None
    strings = image.strings()
    text = placed(image, strings, versions, names)
    entries = expansion.entries(text.entries) if expansion is not None else text.entries
    content = Content(entries, strings, text.added, expansion, text.wiped, text.followed)
    return Plan(content, dynamic_tables(image, versions), len(entries) + 1 > _capacity(image))


def _capacity(image: Image) -> int:
    """How many entries fit where the dynamic table is: behind its end, only empty ones are free."""
    segment, size = image.segments[image.dynamic], image.layout.codec.dynamic.size
    used = (len(image.entries) + 1) * size
    rest = image.buffer[segment.offset + used : segment.end]
    return len(image.entries) + 1 + (0 if any(rest) else len(rest) // size)


def _check_editable(image: Image) -> None:
    """Refuse what can't be edited safely."""
    if image.layout.type not in (ET_EXEC, ET_DYN):
        raise BinaryError("only programs and libraries can be edited")
    if image.layout.machine == EM_MIPS:
        raise BinaryError("files for MIPS can't be edited: their dynamic table holds addresses relative to itself")
    if extended_numbering(image):
        raise BinaryError("the file has more segments or sections than its header can count")
    if sum(segment.type == PT_DYNAMIC for segment in image.segments) > 1:
        raise BinaryError("the file has several dynamic tables")
