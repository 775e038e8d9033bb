"""A repair without a disk: libraries that are searched for in memory, and the files and wheels for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from struct import pack

from tests.binary.fixtures import EM_AARCH64, Need, Note, Recipe, Symbol, gnu_property, make
from tests.support import wheel_bytes
from truewheel.binary.elf_edit import ElfChanges
from truewheel.ops import Examination, examine
from truewheel.ops.elf_planner import plan_elf
from truewheel.ops.libraries import LibraryFile, Package
from truewheel.ops.patterns import Patterns
from truewheel.ops.plan import Change, Graft, Plan
from truewheel.ops.wishes import Wishes
from truewheel.policy import Floor
from truewheel.wheel import Wheel, WheelName, read

LINUX = "pkg-1.0-cp312-cp312-linux_x86_64.whl"
LOW = Floor("manylinux", "x86_64", (2, 5))

PLAIN = Recipe()
EXEC_STACK, PLAIN_STACK = (0x6474E551, 7), (0x6474E551, 6)
"""PT_GNU_STACK, with and without the execute bit."""
RELR = ((36, 0),)
"""DT_RELR without a table behind it: enough to plan with, and too little to be edited."""
PIE = (0x6FFFFFFB, 0x08000000)
"""DT_FLAGS_1 with DF_1_PIE."""
ANDROID_24 = Note(b"Android\0", 1, pack("<I", 24))
V3 = Note(b"GNU\0", 5, gnu_property(64, (0xC0008002, 4)), alignment=8)
"""GNU_PROPERTY_X86_ISA_1_NEEDED: x86-64-v3."""


@dataclass(frozen=True)
class File:
    """A file in memory, as a `LibraryFile`."""

    path: str
    data: bytes

    def copy(self) -> bytearray:
        """The bytes, the caller's own."""
        return bytearray(self.data)

    def forget(self) -> None:
        """Nothing is mapped."""


@dataclass
class Disk:
    """Files by path, as `Libraries`: run paths are searched first, as loaders do, then `folders` in their order.

    `asked` remembers each search: the name, the run path, and the file that asked ("" for a member).
    """

    files: Mapping[str, bytes]
    folders: tuple[str, ...] = ("/lib",)
    packages: Mapping[str, Package] = field(default_factory=dict)
    asked: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)

    def candidates(
        self, name: str, run_paths: tuple[str, ...] = (), beside: LibraryFile | None = None, *, kind: str = "elf"
    ) -> Iterator[LibraryFile]:
        self.asked.append((name, run_paths, beside.path if beside else ""))
        own = beside.path.rpartition("/")[0] if beside else None
        token = "@loader_path" if kind == "macho" else "$ORIGIN"
        entries = (entry if own is None else entry.replace(token, own) for entry in run_paths)
        for folder in dict.fromkeys((*(entry for entry in entries if entry.startswith("/")), *self.folders)):
            yield from (self[path] for path in sorted(self.files) if _same(path, f"{folder}/{name}", kind))

    def matching(self, pattern: str, *, kind: str = "elf") -> tuple[LibraryFile, ...]:
        """By path or by the name of the file; a pattern may be either."""
        return tuple(
            self[path]
            for path in sorted(self.files)
            for spelled, wanted in ([path, pattern] if kind != "pe" else [path.lower(), pattern.lower()],)
            if fnmatchcase(spelled, wanted) or fnmatchcase(spelled.rpartition("/")[2], wanted)
        )

    def package_of(self, file: LibraryFile) -> Package | None:
        return self.packages.get(file.path)

    @property
    def searched(self) -> tuple[str, ...]:
        return self.folders

    def __getitem__(self, path: str) -> File:
        return File(path, self.files[path])


def _same(path: str, wanted: str, kind: str) -> bool:
    """Whether a file is the one that is asked for; names of DLLs are the same in any case."""
    return path == wanted or (kind == "pe" and path.lower() == wanted.lower())


def lib(*needed: str, soname: str | None = None, glibc: str | None = "2.5", like: Recipe = PLAIN) -> bytes:
    """A shared library that needs `needed` and a version of glibc (None: nothing of it), else `like` another."""
    recipe = replace(like, soname=soname, needed=needed)
    if glibc is not None:
        of_libc = Need("libc.so.6", ((f"GLIBC_{glibc}", 9, False),))
        recipe = replace(recipe, needed=(*needed, "libc.so.6"), needs=(of_libc, *like.needs))
    return make(recipe).data


def musl(*needed: str, soname: str | None = None, like: Recipe = PLAIN) -> bytes:
    """A shared library that needs `needed` and musl, as Alpine links it."""
    return lib(*needed, "libc.musl-x86_64.so.1", soname=soname, glibc=None, like=like)


def android(*needed: str, soname: str | None = None, like: Recipe = PLAIN) -> bytes:
    """A shared library for Android 7."""
    recipe = replace(like, machine=EM_AARCH64, notes=(ANDROID_24,))
    return lib(*needed, "libc.so", soname=soname, glibc=None, like=recipe)


def program(*needed: str, glibc: str = "2.5", like: Recipe = PLAIN) -> bytes:
    """A position-independent program."""
    return lib(*needed, glibc=glibc, like=replace(like, interpreter="/lib64/ld-linux-x86-64.so.2"))


def calling(*names: str) -> tuple[Symbol, ...]:
    """Undefined names without a version."""
    return tuple(Symbol(name) for name in names)


def versions(library: str, *names: str, first: int = 20) -> Need:
    """The versions that are needed of a library."""
    return Need(library, tuple((name, first + place, False) for place, name in enumerate(names)))


def wheel_of(files: Mapping[str, bytes], name: str = LINUX, executable: Collection[str] = ()) -> Wheel:
    """A wheel of some members, as it comes from a file."""
    return read(wheel_bytes(files, name=name, executable=executable), WheelName.parse(name))


def examined(
    files: Mapping[str, bytes], name: str = LINUX, executable: Collection[str] = (), exclude: tuple[str, ...] = ()
) -> Examination:
    """The examination of such a wheel."""
    return examine(wheel_of(files, name, executable), brought=Patterns(exclude).mean)


def wishes(*, exclude: tuple[str, ...] = (), include: tuple[str, ...] = (), ceiling: Floor | None = None) -> Wishes:
    """Wishes, with globs as plain texts."""
    return Wishes(ceiling=ceiling, exclude=Patterns(exclude), include=Patterns(include))


def planned(
    files: Mapping[str, bytes],
    outside: Mapping[str, bytes] | Disk | None = None,
    wanted: Wishes | None = None,
    *,
    name: str = LINUX,
    executable: Collection[str] = (),
) -> Plan[ElfChanges]:
    """The plan for a wheel of `files`, with libraries `outside` of it."""
    libraries = Disk(outside) if isinstance(outside, Mapping) else outside or Disk({}, folders=())
    wanted = wanted or Wishes()
    return plan_elf(examined(files, name, executable, wanted.exclude.globs), libraries, wanted)


def the_graft(made: Plan[ElfChanges], library: str) -> Graft[ElfChanges]:
    """The only graft for a library."""
    (found,) = [graft for graft in made.grafts if graft.library == library]
    return found


def the_change(made: Plan[ElfChanges], member: str) -> Change[ElfChanges]:
    """The change of a member."""
    (found,) = [change for change in made.changes if change.member == member]
    return found
