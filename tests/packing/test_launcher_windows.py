"""The launcher on Windows: a real Python there, under Wine, starts a program and ends as that does.

What Wine 8 can't show: ctrl-break, which it doesn't send, and closing the window of a console.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.packing.windows_python import Ended, WindowsPython, windows_program, windows_python
from tests.pe.wine import windows_path
from truewheel.packing.launcher import Started, launcher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Wine runs it on Linux")

SOURCE = Path(__file__).with_name("sources") / "windows.c"
STATUSES = [0, 3, 255, 256, 0x7FFFFFFF, 0x80000000, 0xC0000005, 0xC000013A, 0xFFFFFFFF]
WORDS = [
    "",
    "two words",
    'a "quote"',
    "back\\",
    "a b\\",
    '\\"',
    "*.c",
    "ä\N{GRINNING FACE}",
    "%PATH%",
    "^&|<>",
    "\ud800",
]
OWN_HANDLE = """\
import msvcrt, os, subprocess, sys
source, sink = os.pipe()
handle = msvcrt.get_osfhandle(sink)
os.set_handle_inheritable(handle, True)
status = subprocess.call([sys.executable, "-m", "tool", "--handle", str(handle)], close_fds=False)
os.close(sink)
sys.stdout.buffer.write(os.read(source, 100))
sys.exit(status)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> WindowsPython:
    return windows_python(tmp_path_factory)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with packages: one with a program, one with what is none, one that lacks it."""
    site = tmp_path_factory.mktemp("Programme für alle") / "lib"
    for name in ("tool", "broken", "lost"):
        (site / name / "bin").mkdir(parents=True)
        for path, text in launcher(name, [Started(name, "bin/app.exe")]).files.items():
            (site / name / path).write_bytes(text)
    program = windows_program(SOURCE, site / "tool" / "bin" / "app.exe")
    shutil.copy(SOURCE, site / "broken" / "bin" / "app.exe")
    assert program.exists()
    return site


@pytest.fixture(scope="module")
def ended(python: WindowsPython, site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """What came of all calls; Windows is started for them once."""
    start = ["python", "-m", "tool"]
    calls = {f"exit {status}": [*start, "--exit", str(status)] for status in STATUSES}
    calls |= {
        "words": [*start, *WORDS],
        "natively": [windows_path(site / "tool" / "bin" / "app.exe"), *WORDS],
        "copy": [*start, "--copy"],
        "handle": ["python", "-c", OWN_HANDLE],
        "broken": ["python", "-m", "broken"],
        "lost": ["python", "-m", "lost"],
        "python": ["python", "-c", f"import sys; sys.exit({0xC0000005})"],
    }
    found = python.run(list(calls.values()), tmp_path_factory.mktemp("calls"), site=site, stdin="said\n")
    return dict(zip(calls, found, strict=True))


def test_all_32_bits_of_the_status_come_through(ended: dict[str, Ended]) -> None:
    assert [ended[f"exit {status}"] for status in STATUSES] == [Ended(status, b"", b"") for status in STATUSES]
    assert ended["python"].status == 0xFFFFFFFF  # as it would be without care


def test_words_are_those_that_it_would_get_natively(ended: dict[str, Ended], site: Path) -> None:
    program = windows_path(site / "tool" / "bin" / "app.exe")
    lines = [word.encode("utf-16-be", "surrogatepass").hex() for word in (program, *WORDS)]
    assert ended["words"] == Ended(3, "".join(f"{line}\r\n" for line in lines).encode(), b"")
    assert ended["natively"] == ended["words"]


def test_streams_and_handles_are_inherited(ended: dict[str, Ended]) -> None:
    assert ended["copy"].output.replace(b"\r\n", b"\n").startswith(b"said\n")
    assert ended["handle"] == Ended(0, b"passed on", b"")


def test_what_can_not_be_started_is_told_in_one_sentence(ended: dict[str, Ended], site: Path) -> None:
    for name, status, reason in [
        ("broken", 126, "%1"),
        ("lost", 127, "there is no such file; install the package again, unpacked"),
    ]:
        program = windows_path(site / name / "bin" / "app.exe")
        said = ended[name].errors.decode("utf-8", "replace")
        assert (ended[name].status, ended[name].output) == (status, b"")
        assert said.count("\n") == 1
        assert reason in said
        assert said.startswith(f"{name}: can't start {program.partition('Programme')[0]}")


def test_control_c_is_the_programs(python: WindowsPython, site: Path, tmp_path: Path) -> None:
    (found,) = python.run([["python", "-m", "tool", "--wait"]], tmp_path, site=site, console=True)
    assert found == Ended(40, b"ready\r\n", b"")
