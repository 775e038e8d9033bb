"""Plans, carried out and loaded as Windows does: every DLL is found, whoever loads it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tests.ops.fakes import Disk, examined
from tests.ops.pe_fakes import WINDOWS, wishes
from tests.strategies.pe import PeFile
from truewheel.binary import Pe
from truewheel.binary.graph import installed_path
from truewheel.errors import TruewheelError
from truewheel.ops.repair import Repair, Request, repair
from truewheel.ops.wishes import Wishes
from truewheel.policy.windows import promised
from truewheel.rules import WIN_OUT_OF_REACH

NAMES = [f"{letter}.dll" for letter in "abcdef"]
SCHEMES = ["pkg-1.0.data/scripts/", "pkg-1.0.data/platlib/pkg/"]
FOLDERS = ["", "pkg/", "pkg/sub/", "space/", "space/own/", "pkg.libs/", *SCHEMES]
INITS = ["pkg/__init__.py", "space/own/__init__.py", "pkg-1.0.data/platlib/pkg/sub/__init__.py"]
ODD = ["x/y.dll", "..\\z.dll", "c:w.dll", "", "kernel32.dll", "PYTHON312.dll", "nvcuda.dll", "ghost.dll"]
needed = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)


@st.composite
def images(draw: st.DrawFn, *, odd: bool = False, library: bool = False) -> PeFile:
    names = st.lists(st.sampled_from([*NAMES, *ODD]), max_size=4) if odd else needed
    forwards = draw(needed) if draw(st.booleans()) else []
    return PeFile(
        imports=[(name.upper() if draw(st.booleans()) else name, ()) for name in draw(names)],
        delayed=[(name, ()) for name in draw(names)] if draw(st.booleans()) else [],
        exports=[(f"f{at}", f"{name.removesuffix('.dll')}.f") for at, name in enumerate(forwards)],
        characteristics=0x2022 if library or draw(st.integers(0, 5)) else 0x22,
        export_name=draw(st.sampled_from(["", "own.dll"])),
    )


@st.composite
def wheels(draw: st.DrawFn, *, odd: bool = False) -> dict[str, PeFile | bytes]:
    files: dict[str, PeFile | bytes] = dict.fromkeys(draw(st.lists(st.sampled_from(INITS), unique=True)), b"'doc'\n")
    for number, place in enumerate(draw(st.lists(st.sampled_from(FOLDERS), max_size=5))):
        files[f"{place}_{number}.pyd"] = draw(images(odd=odd))
    for name in draw(st.lists(st.sampled_from(NAMES[:3]), max_size=2, unique=True)):
        files[draw(st.sampled_from(FOLDERS)) + name] = draw(images(library=True))
    return files


@st.composite
def outsides(draw: st.DrawFn, *, odd: bool = False) -> dict[str, PeFile | bytes]:
    kinds = st.one_of(images(odd=True), st.sampled_from([b"", b"MZ"])) if odd else images(library=True)
    return {f"/lib/{name}": draw(kinds) for name in NAMES}


def encoded(files: Mapping[str, PeFile | bytes]) -> dict[str, bytes]:
    return {path: file if isinstance(file, bytes) else file.encode() for path, file in files.items()}


@dataclass
class Process:
    """What is loaded and looked for, from one member on."""

    files: Mapping[str, Pe]
    done: Repair
    ours: frozenset[str]
    folders: frozenset[str]
    early: frozenset[str] = frozenset()
    lost: list[tuple[str, str]] = field(default_factory=list)

    def load(self, start: str) -> None:
        seen = set[tuple[str, frozenset[str]]]()
        pending = [(path, self.folders) for path in (start, *self.early)]
        while pending:
            path, folders = step = pending.pop()
            if step in seen:
                continue
            seen.add(step)
            # A member that the package finds by means of its own lies in a folder that is searched from then on.
            folders |= frozenset() if path in self.ours else {folder(path)}
            for name in at_once(self.files[path]):
                found = self.found(name, folders)
                if found is not None:
                    pending.append((found, folders))
                elif not promised(name, "amd64"):
                    self.lost.append((path, name))

    def found(self, name: str, folders: frozenset[str]) -> str | None:
        named = [path for path in self.files if path.rpartition("/")[2].lower() == name]
        here = [path for path in named if folder(path) in folders]
        # What was in the wheel before is the package's business, and that of a finding.
        return next(iter(here), next((path for path in named if path not in self.ours), None))


def folder(path: str) -> str:
    return installed_path(path).rpartition("/")[0]


def at_once(pe: Pe) -> list[str]:
    return sorted({wanted.name.lower() for wanted in pe.imports if not wanted.delayed})


def led_to(done: Repair, path: str) -> tuple[frozenset[str], frozenset[str]]:
    """The folders and the files that the sources of the packages around a member name."""
    folders, files = set(), set()
    for source in done.plan.sources:
        package = folder(source.member)
        if folder(path) == package or folder(path).startswith(f"{package}/"):
            call = re.search(r"_truewheel_dlls\(\[(.*)\], \[(.*)\]\)", source.data.decode())
            assert call is not None
            folders |= {joined(package, each) for each in re.findall(r'"([^"]*)"', call[1])}
            files |= {joined(package, each) for each in re.findall(r'"([^"]*)"', call[2])}
    return frozenset(folders), frozenset(files)


def joined(start: str, way: str) -> str:
    parts = start.split("/")
    for part in way.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@given(wheels(), outsides())
def test_every_module_and_every_program_finds_all_that_it_needs(
    files: dict[str, PeFile | bytes], outside: dict[str, PeFile | bytes]
) -> None:
    done = repair(examined(encoded(files), WINDOWS), Disk(encoded(outside)), Request(Wishes()))
    now = {entry.name: bytes(entry.read()) for entry in done.wheel}
    after = examined({path: data for path, data in now.items() if ".dist-info" not in path}, WINDOWS)
    images = {path: image for path, image in after.images.items() if isinstance(image, Pe)}
    ours = frozenset(graft.member for graft in done.plan.grafts)
    loaded_by_others = {edge.provider for edge in after.graph.edges}
    places = {installed_path(path): path for path in images}
    for path, image in images.items():
        folders, early = led_to(done, path) if image.dll else (frozenset(), frozenset())
        # A library outside of packages is loaded by what needs it, which is looked at.
        if path in ours or (path in loaded_by_others and not folders):
            continue
        process = Process(images, done, ours, folders | {folder(path)}, frozenset(places[each] for each in early))
        process.load(path)
        assert not process.lost
    unled = {finding.member for finding in done.findings if finding.rule is WIN_OUT_OF_REACH}
    assert unled <= ours | set(files)
    again = repair(after, Disk({}), Request(Wishes()))
    assert not again.plan


@given(
    wheels(odd=True),
    outsides(odd=True),
    st.sampled_from(["exclude", "include", "no_mangle"]),
    st.lists(st.sampled_from([*NAMES, *ODD, "*"]), max_size=2).map(tuple),
)
def test_hostile_files_end_in_a_plan_or_a_sentence(
    files: dict[str, PeFile | bytes], outside: dict[str, PeFile | bytes], wish: str, globs: tuple[str, ...]
) -> None:
    wanted = wishes(**{wish: globs})
    with contextlib.suppress(TruewheelError):
        repair(examined(encoded(files), WINDOWS, exclude=wanted.exclude.globs), Disk(encoded(outside)), Request(wanted))
