"""Published wheels of Windows in a folder, their DLLs renamed and the files edited, ready to be loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tests.binary.native_oracles import members
from tests.corpus import Corpus
from tests.pe.family import edited
from tests.pe.reader import Reading
from tests.pe.wine import Wine
from truewheel.binary.pe_edit import PeChanges, Room

PYTHON = ("python3.dll", "python312.dll")
RUNTIME = ("msvcp140.dll", "mfc140u.dll", "vcomp140.dll")


@dataclass(frozen=True, slots=True)
class Subject:
    """A published wheel.

    ``folders`` are added to the search, as its ``__init__.py`` does. ``only`` is what all files import that are
    loaded and read by pefile, "" for every file. ``lost`` are those that can't be loaded without more than the wheel
    brings.
    """

    wheel: str
    count: int
    folders: tuple[str, ...] = ()
    only: str = ""
    lost: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.wheel.partition("-")[0] + self.wheel.rpartition("-")[2].removesuffix(".whl").replace("win", "-win")


SUBJECTS = (
    Subject("h5py-3.16.0-cp312-cp312-win_amd64.whl", 28),
    Subject("lightgbm-4.7.0-py3-none-win_amd64.whl", 1, lost=("lib_lightgbm.dll",)),
    Subject("numpy-2.5.5-cp312-cp312-win_amd64.whl", 21, ("numpy.libs",)),
    Subject("pillow-13.0.0-cp312-cp312-win_amd64.whl", 8),
    Subject("pyzmq-27.3.0-cp312-abi3-win_amd64.whl", 1),
    Subject(
        "pywin32-312-cp312-cp312-win_amd64.whl",
        55,
        ("pywin32_system32",),
        lost=("axdebug.pyd", "dde.pyd", "exchange.pyd", "mapi.pyd", "win32ui.pyd", "win32uiole.pyd"),
    ),
    Subject("scipy-1.18.1-cp312-cp312-win_amd64.whl", 107, ("scipy.libs",), only="libscipy_openblas"),
)
PARSED = (
    Subject("numpy-2.5.5-cp312-cp312-win32.whl", 19),
    Subject("pyzmq-27.3.0-cp312-abi3-win_arm64.whl", 1),
)
"""For processors that Wine has no DLLs for here."""


def files_of(subject: Subject, corpus: Corpus) -> dict[str, bytes]:
    """The PE files of a wheel that a loader loads, by their paths in it."""
    found = {name: data for name, data in members(corpus(subject.wheel), (b"MZ",)) if not name.endswith(".exe")}
    assert len(found) == subject.count
    return found


def new_names(files: dict[str, bytes], room: Room) -> dict[str, str]:
    """New names for the DLLs of a wheel, of Python, and of runtimes: as long as the old ones, or longer."""
    inside = {PurePosixPath(name).name.lower() for name in files if name.lower().endswith(".dll")}
    dlls = {*inside, *PYTHON, *RUNTIME}
    if room is Room.PLACE:
        return {dll: f"0{dll[1:]}" for dll in dlls}
    return {dll: f"{dll[:-4]}-{'0123456789abcdef' * 2}.dll" for dll in dlls}


def asked(path: str, data: bytes, names: dict[str, str]) -> PeChanges:
    """What is asked of one of the files."""
    reading = Reading(data)
    imports = {dll.lower() for kind, dll, _ in reading.names() if kind != "export"}
    name = PurePosixPath(path).name.lower()
    # One that was renamed without its table, as delvewheel does it, stays so.
    own = names.get(name) if reading.export_name and reading.export_name[0].lower() == name else None
    return PeChanges({dll: names[dll] for dll in imports & names.keys()}, export_name=own, search_freely=True)


def takes_part(subject: Subject, path: str, data: bytes) -> bool:
    """Whether a file is loaded: in scipy, those around OpenBLAS."""
    return subject.only in path or any(dll.startswith(subject.only) for dll, _ in Reading(data).imports.values())


def renamed_path(path: str, names: dict[str, str]) -> str:
    """Where a member is after the repair."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{names.get(name.lower(), name)}"


def lay_out(files: dict[str, bytes], folder: Path, names: dict[str, str], edit: tuple[Room, ...] = ()) -> Path:
    """Write the files below `folder`, under new names, edited or not."""
    for path, data in files.items():
        target = folder / renamed_path(path, names)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(edited(data, asked(path, data, names), edit) if edit else data)
    return folder


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a wheel in a folder, under new names or the old ones."""

    subject: Subject
    files: dict[str, bytes]
    folder: Path
    names: dict[str, str]

    def loaded(self, wine: Wine, pythons: list[Path]) -> dict[str, tuple[int, list[str]]]:
        """What came of loading each file: the error, and the names of the modules as they were of old.

        The order is that of the old paths, whatever they are called: some DLLs stay loaded until the end.
        """
        paths = [self.folder / renamed_path(path, self.names) for path in sorted(self.files)]
        told = wine.load(*paths, folders=[self.folder / name for name in self.subject.folders], first=pythons)
        assert len(told) == len(paths), f"{told[-1].path} ended the loader: {told[-1].exception}"
        back = {new: old for old, new in self.names.items()}
        modules = [sorted(back.get(name, name) for name in said.names) for said in told]
        return {path: (said.error, own) for path, said, own in zip(sorted(self.files), told, modules, strict=True)}
