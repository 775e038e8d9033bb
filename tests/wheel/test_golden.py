"""The same wheels give the same bytes for ever: on any Python, any zlib, any host, any number of threads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess  # noqa: TID251 - other interpreters are programs; the ban protects src
import sys
from pathlib import Path

import pytest

from tests.wheel.golden import digests

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("golden.py")
GOLDEN = {
    "nothing ld1": "e0522b5a2fa174694dfc7ee125bbde650ed1a7fcf5f257323ce4820aae7f4941",
    "nothing zlib6": "2bf1a1e98652c7b81a36f6b2ffa8c8a5b78b29c89cfe6a189a204437b9be0b08",
    "empty ld1": "c16b0ea5c893f6099e0cd5de63886e7c44099089bd25211febeb764a7c7e0a32",
    "empty zlib6": "0f87649d7570e7e61dd5a4a50a532d70e37bed292edeb0f3ab92fc6651091102",
    "names ld1": "001fd84746b45a55bc3d99efd1de1e5b6b4d80e824b20ead1cf1a20c93a3408e",
    "names zlib6": "c7ec59bebb40350a094c7cf3448ef8d48a59bcc0d8e0442e866b6565af82bc1b",
    "modes ld1": "c4904e5077a160db5710a5d34f1a75d0b6c8bd08c52670757b15c72ede73caaa",
    "modes zlib6": "9f42371db43f4404ae7cc8ff4b6f63d040b71da40f7f3d25027108aca310f34f",
    "noise ld1": "4a14d8a108ddba0d241fbed8cd51d2031e62893d597c0c1ea2b5f839ff50c277",
    "noise zlib6": "1b1d5bdc9cb303013b45945c6c4d6f66707529591c4f0394eb39e809b2c78525",
    "large ld1": "9bfd06c0188841d46a6c2009d21abca02878d2922b83071ddf45e9c6fef53b11",
    "large zlib6": "d11e2a9c0943febcfaa46748aa04cd41d5e25b08d2ead0fbcfcde4156534d901",
    "many ld1": "e6793f2ba0870e5c28907c3e12bb2cf2bba6984e79a604e2b4317147ed633821",
    "many zlib6": "e85f618ea83f95d62ce4a4bf9a008dab11125f67fe27578e9766abf1f6cbf3b8",
    "dated ld1": "9dc1203693803455a2d601312536e1de8ffef6befb711fb77795304cb6414acb",
    "dated zlib6": "92670c1a49575cce130952d44914449ca4cc64fef6a39076306aa12efc3db52b",
}
LD1_ONLY = {name: digest for name, digest in GOLDEN.items() if name.endswith("ld1")}


def others() -> dict[str, str]:
    """Interpreters of other supported versions by their version, each one tried."""
    found: dict[str, str] = {}
    for minor in range(10, 15):
        version = f"3.{minor}"
        installed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
        for candidate in (*map(str, installed), shutil.which(f"python{version}")):
            if minor != sys.version_info.minor and version not in found and candidate and _runs(candidate, version):
                found[version] = candidate
    return found


def _runs(candidate: str, version: str) -> bool:
    """Whether it is that Python: the shims of version managers exist for versions that they then refuse to run."""
    command = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() == version


OTHERS = others()


def run(python: str, *arguments: str, umask: int = 0o022, cwd: Path = ROOT, **environment: str) -> dict[str, str]:
    """What the script prints in a process of its own."""
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **environment}
    if "SYSTEMROOT" in os.environ:
        known["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    # os.umask in between instead of subprocess's argument, which Windows doesn't have.
    before = os.umask(umask)
    try:
        done = subprocess.run(
            [python, str(SCRIPT), *arguments], env=known, cwd=cwd, capture_output=True, text=True, check=False
        )
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    result: dict[str, str] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_bytes_are_what_they_always_were(workers: int) -> None:
    assert dict(digests(workers)) == GOLDEN


def test_another_zlib_changes_nothing() -> None:
    """Of profile ld1, that is; the other one is refused."""
    assert run(sys.executable, "zlib-ng", "2") == LD1_ONLY


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8", "SOURCE_DATE_EPOCH": "1"},
        {"PYTHONHASHSEED": "random", "PYTHONUTF8": "0", "LC_ALL": "POSIX", "HOME": "/nonexistent"},
    ],
    ids=["seed 0", "seed 1", "random seed"],
)
def test_the_host_changes_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    assert run(sys.executable, umask=0o077, cwd=tmp_path, **environment) == GOLDEN


def test_there_are_other_pythons() -> None:
    """In CI the check below must not be empty."""
    assert OTHERS or os.environ.get("CI") != "true"


@pytest.mark.parametrize("version", OTHERS)
def test_another_python_changes_nothing(version: str, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", "--python", OTHERS[version], venv], check=True)
    python = str(venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, "deflate", "packaging"],
        check=True,
    )
    found = run(python)
    # A Python that is linked to another zlib refuses zlib6; it never gives other bytes.
    assert found in (GOLDEN, LD1_ONLY)
