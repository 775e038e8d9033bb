"""Large libraries and programs of published wheels, all of their grafts renamed: checked, stripped, loaded and used."""

from __future__ import annotations

import re
import sys
import zipfile  # noqa: TID251 - the wheels are read with a reader that isn't ours
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.corpus import Corpus
from tests.elf import checker
from tests.elf.family import edited
from tests.elf.toolchains import SOURCES, Case, builds, call, compiler_of, launch, once, strip_of
from tests.tools import need
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf

OTHER = RunPath(("$ORIGIN", "$ORIGIN/../elsewhere/by/another/name"))


class Subject(NamedTuple):
    """Files of a published wheel, the one of them that is used, how, and what it answers.

    ``use`` is Python in which PATH is that file's, for what runs here. Otherwise ``case`` says how to run it: a
    program with ``--version``, or a library by a function of its own. ``ruined_by`` are the tools that make the
    published file unusable, as an editor before ours has left it.
    """

    wheel: str
    members: str
    used: str
    answer: str
    use: str = ""
    case: Case = Case("x86_64", "bfd", "open")
    function: str = ""
    ruined_by: tuple[str, ...] = ()


CTYPES = "import ctypes; library = ctypes.CDLL(PATH); "
DOUBLES = "v = (ctypes.c_double * 3)(1, 2, 3); n = ctypes.c_int64; "
SUBJECTS = {
    "openblas": Subject(
        "numpy-2.5.5-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        r"numpy\.libs/lib.*",
        "libscipy_openblas64_",
        "14.0",
        f"{CTYPES}{DOUBLES}dot = library.scipy_cblas_ddot64_; dot.restype = ctypes.c_double; "
        "print(dot(n(3), v, n(1), v, n(1)))",
    ),
    "arrow": Subject(
        "pyarrow-26.0.1-cp312-cp312-manylinux_2_28_x86_64.whl",
        r"pyarrow/lib(arrow|arrow_compute|parquet)\.so\.2600",
        "libparquet",
        "True",
        f"{CTYPES}about = library._ZN5arrow12GetBuildInfoEv; about.restype = ctypes.c_void_p; print(about() > 0)",
    ),
    "xgboost": Subject(
        "xgboost-3.4.1-py3-none-manylinux_2_28_x86_64.whl",
        r"xgboost(\.libs|/lib)/lib.*",
        "libxgboost",
        "3 4 1",
        f"{CTYPES}n = [ctypes.c_int() for _ in range(3)]; library.XGBoostVersion(*map(ctypes.byref, n)); "
        "print(*(i.value for i in n))",
        ruined_by=("llvm-strip",),
    ),
    "polars": Subject(
        "polars_runtime_32-2.1.0-cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        r".*\.so",
        "_polars_runtime",
        "True",
        f"{CTYPES}print(library.PyInit__polars_runtime is not None)",
    ),
    "cryptography": Subject(
        "cryptography-50.0.2-cp311-abi3-manylinux_2_34_x86_64.whl",
        r".*\.so",
        "_rust",
        "True",
        f"{CTYPES}print(library.PyInit__rust is not None)",
    ),
    "go": Subject(
        "adbc_driver_flightsql-1.13.0-py3-none-manylinux1_x86_64.manylinux_2_28_x86_64.manylinux_2_5_x86_64.whl",
        r".*\.so",
        "libadbc_driver_flightsql",
        "0",
        f"{CTYPES}room = ctypes.create_string_buffer(4096); "
        "print(library.AdbcDriverInit(1001000, room, ctypes.create_string_buffer(4096)))",
    ),
    "zmq-musl": Subject(
        "pyzmq-26.4.0-cp312-cp312-musllinux_1_1_x86_64.whl",
        r"pyzmq\.libs/lib.*",
        "libzmq",
        "0 wrong",
        case=Case("x86_64", "bfd", "open", "musl"),
        function="zmq_errno",
        ruined_by=("llvm-strip",),
    ),
    "zmq-i686": Subject(
        "pyzmq-27.3.0-cp312-abi3-manylinux_2_28_i686.whl",
        r"pyzmq\.libs/lib.*",
        "libzmq",
        "0 wrong",
        case=Case("i686", "bfd", "open"),
        function="zmq_errno",
    ),
    "libpq-ppc64le": Subject(
        "psycopg2_binary-2.9.13-cp312-cp312-manylinux2014_ppc64le.manylinux_2_17_ppc64le.whl",
        r"psycopg2_binary\.libs/lib.*",
        "libpq",
        "1 wrong",
        case=Case("ppc64le", "bfd", "open"),
        function="PQisthreadsafe",
        ruined_by=("llvm-strip",),
    ),
    "ninja-armv7l": Subject(
        "ninja-1.13.2-py3-none-manylinux_2_28_armv7l.manylinux_2_31_armv7l.whl",
        r".*/scripts/ninja",
        "ninja",
        "1.13.2.git.kitware.jobserver-pipe-1",
        case=Case("armv7l", "bfd", "open"),
    ),
    "uv-aarch64": Subject(
        "uv-0.13.8-py3-none-manylinux_2_28_aarch64.whl",
        r".*/scripts/uv",
        "uv",
        "uv 0.13.8 (aarch64-unknown-linux-gnu)",
        case=Case("aarch64", "bfd", "open"),
    ),
}
NOT_LOADED = (
    "cffi-2.1.1-cp311-cp311-musllinux_1_2_i686.whl",
    "curl_cffi-0.17.0-cp310-abi3-musllinux_1_2_x86_64.whl",
    "greenlet-3.5.6-cp311-cp311-musllinux_1_2_x86_64.whl",
    "lxml-5.4.0-cp312-cp312-manylinux_2_17_s390x.manylinux2014_s390x.whl",
    "numpy-2.5.5-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    "pydantic_core-2.50.4-cp312-cp312-musllinux_1_1_armv7l.whl",
)
"""Extension modules of other Pythons and libcs: looked at only."""


def new_name(name: str) -> str:
    """Another name of a graft, a little longer."""
    stem, dot, rest = re.sub(r"-[0-9a-f]{8}(?=\.)", "", name).partition(".")
    return f"{stem}-{'0123456789abcdef'}{dot}{rest}"


def elves(wheel: Path, pattern: str) -> dict[str, bytes]:
    """The ELF files of a wheel whose paths match, by their base names."""
    with zipfile.ZipFile(wheel) as archive:
        found = [name for name in archive.namelist() if re.fullmatch(pattern, name) and not name.endswith("/")]
        return {Path(name).name: data for name in found if (data := archive.read(name))[:4] == b"\x7fELF"}


def renaming(files: dict[str, bytes], folder: Path) -> dict[str, ElfChanges]:
    """What is asked of each file so that all of them go by new names. Writes the files into `folder`."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    told = {name: checker.names(folder / name) for name in files}
    fresh = {name: new_name(name) for name, facts in told.items() if facts.soname}
    return {
        name: ElfChanges(
            needed={old: fresh[old] for old in facts.needed if old in fresh},
            soname=fresh.get(name),
            run_path=RunPath(("$ORIGIN",), runpath=False),
        )
        for name, facts in told.items()
    }


def assert_sound(path: Path, before: bytes, changes: ElfChanges) -> bytes:
    """The edited file, which keeps every rule that the file at `path` kept, and all of its bytes."""
    after = edited(before, changes)
    was = set(checker.complaints(before))
    assert [complaint for complaint in checker.complaints(after) if complaint not in was] == []
    assert not checker.displaced(before, after)
    assert not edit_elf(after, changes)
    again = edited(after, ElfChanges(run_path=OTHER))
    assert set(checker.complaints(again)) <= was
    layout = checker.Layout(after)
    tables = sum(section.size for section in layout.sections if section.name in {".dynstr", ".gnu.hash", ".hash"})
    assert len(after) - len(before) <= tables + 0x11000  # once more, and the way to the next page
    assert len(again) - len(after) <= 256
    edited_path = path.with_name(f"{path.name}.edited")
    edited_path.write_bytes(after)
    facts, now = checker.names(path), checker.names(edited_path)
    assert now.needed == tuple(changes.needed.get(name, name) for name in facts.needed)
    assert (now.soname, now.rpath, now.runpath) == (changes.soname or "", "$ORIGIN", "")
    assert checker.warnings(edited_path) == checker.warnings(path)
    assert not checker.lint(edited_path) - checker.lint(path)
    return after


@pytest.mark.parametrize("wheel", sorted({*NOT_LOADED, *(subject.wheel for subject in SUBJECTS.values())}))
def test_every_file_of_a_wheel_stays_sound(wheel: str, corpus: Corpus, tmp_path: Path) -> None:
    pattern = next((subject.members for subject in SUBJECTS.values() if subject.wheel == wheel), ".*")
    files = elves(corpus(wheel), ".*" if wheel in NOT_LOADED else pattern)
    changes = renaming(files, tmp_path / "old")
    for name, data in files.items():
        assert_sound(tmp_path / "old" / name, data, changes[name])


@pytest.mark.parametrize("name", SUBJECTS)
def test_it_is_used_under_its_new_name(
    name: str, corpus: Corpus, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    subject = SUBJECTS[name]
    files = elves(corpus(subject.wheel), subject.members)
    changes = renaming(files, tmp_path / "old")
    ask = asker(subject, builds(tmp_path_factory))
    for tool in ("", "strip", "llvm-strip", "eu-strip"):
        strip = need(strip_of(subject.case, tool)) if tool else ()
        if tool in subject.ruined_by:
            assert ruined(tmp_path / "old", strip)
            continue
        folder = tmp_path / (tool or "plain")
        folder.mkdir()
        for old, data in files.items():
            target = folder / (changes[old].soname or old)
            target.write_bytes(edited(data, changes[old]))
            target.chmod(0o755)
            if tool:
                call([*strip, target])
        used = next(path for path in sorted(folder.iterdir()) if path.name.startswith(subject.used))
        assert ask(used) == subject.answer, tool or "as edited"


def ruined(folder: Path, strip: tuple[Path, ...]) -> bool:
    """Whether a tool makes one of the files in a folder such that no loader takes it. Strips them all."""
    before = {path: set(checker.complaints(path.read_bytes())) for path in folder.iterdir()}
    for path in before:
        call([*strip, path])
    return any("modulo" in c for path, was in before.items() for c in set(checker.complaints(path.read_bytes())) - was)


def asker(subject: Subject, root: Path) -> Callable[[Path], str]:
    """What uses a file and returns its answer."""
    if subject.use:
        return lambda path: call([sys.executable, "-c", subject.use.replace("PATH", repr(str(path)))]).strip()
    if not subject.function:
        return lambda path: launch(subject.case, path, "--version").stdout.strip()

    def make(folder: Path) -> None:
        compiler = compiler_of(subject.case, folder)
        call([*compiler, SOURCES / "open.c", "-ldl", "-o", folder / "open"])
        # Promised by every Linux of a wheel, and not among Debian's packages for other processors.
        call(
            [*compiler, "-shared", "-fPIC", SOURCES / "no_zlib.c", "-Wl,-soname,libz.so.1", "-o", folder / "libz.so.1"]
        )

    folder = once(root / str(subject.case), make)

    def ask(path: Path) -> str:
        if subject.case.target.emulator:
            (path.parent / "libz.so.1").write_bytes((folder / "libz.so.1").read_bytes())
        return launch(subject.case, folder / "open", path, subject.function).stdout.strip()

    return ask
