"""What glibc's own loader does with weak version needs: the evidence behind the rule for programs and libraries."""

from __future__ import annotations

import subprocess  # noqa: TID251 - the loader is the oracle
import sys
from pathlib import Path

import pytest

from truewheel.binary import read_elf
from truewheel.binary.elf_layout import read_layout

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the loader of glibc is asked")

_OLD = "int oldf(void) { return 1; }"
_NEW = "int newf(void) { return 2; }"
_USER = "int oldf(void); __attribute__((weak)) int newf(void); int go(void) { return newf ? 10 : oldf(); }"


def compile_c(folder: Path, name: str, text: str, *flags: str) -> Path:
    source, target = folder / f"{name}.c", folder / name
    source.write_text(text)
    subprocess.run(["gcc", "-o", str(target), str(source), *flags], check=True, cwd=folder)
    return target


def mark_weak(path: Path, version: str) -> None:
    """Set VER_FLG_WEAK in every need for `version`, as linkers do where all references are weak."""
    data = bytearray(path.read_bytes())
    section = next(s for s in read_layout(bytes(data)).sections() if s.type == 0x6FFFFFFE)
    digest = 0
    for letter in version.encode():
        digest = (digest << 4) + letter
        digest = (digest ^ (digest & 0xF0000000) >> 24) & 0x0FFFFFFF
    at = bytes(data).index(digest.to_bytes(4, "little"), section.offset, section.offset + section.size)
    data[at + 4 : at + 6] = b"\2\0"
    path.write_bytes(data)
    assert any(need.weak for need in read_elf(bytes(data)).version_needs if need.version == version)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A program and a library that want V_2 weakly, and in `old` a library that has only V_1."""
    (tmp_path / "old").mkdir()
    (tmp_path / "one.map").write_text("V_1 { global: oldf; local: *; };")
    (tmp_path / "two.map").write_text("V_1 { global: oldf; local: *; }; V_2 { global: newf; } V_1;")
    shared = ("-shared", "-fPIC", "-Wl,-soname,libf.so")
    compile_c(tmp_path, "libf.so", _OLD + _NEW, *shared, "-Wl,--version-script=two.map")
    compile_c(tmp_path, "libold.so", _OLD, *shared, "-Wl,--version-script=one.map").replace(tmp_path / "old/libf.so")
    compile_c(tmp_path, "program", _USER + "int main(void) { return go(); }", "-L.", "-lf")
    compile_c(tmp_path, "library.so", _USER, "-shared", "-fPIC", "-L.", "-lf")
    for name in ("program", "library.so"):
        mark_weak(tmp_path / name, "V_2")
    return tmp_path


def test_a_program_starts_with_a_complaint_and_a_library_is_loaded_in_silence(built: Path) -> None:
    environment = {"LD_LIBRARY_PATH": str(built / "old")}
    started = subprocess.run([built / "program"], env=environment, capture_output=True, text=True, check=False)
    assert started.returncode == 1
    assert "weak version `V_2' not found" in started.stderr
    load = f"import ctypes; print(ctypes.CDLL({str(built / 'library.so')!r}).go())"
    loaded = subprocess.run([sys.executable, "-c", load], env=environment, capture_output=True, text=True, check=False)
    assert (loaded.stdout, loaded.stderr) == ("1\n", "")
