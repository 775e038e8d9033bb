"""Archives of programs become wheels, beside what people do today: a script of their own, or tar and `wheel pack`.

Neither of these looks into a binary: which platforms the wheel is for, and what is a licence, their authors know.
"""

from __future__ import annotations

import lzma
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.model import OURS, Contender, Contest, Goal
from tests.corpus import Corpus, cache_folder, locked
from tests.pack import zig
from tests.packages import ROWS, npm

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SCRIPT = "tarfile + zipfile, level 6"
TOOLS = "tar + wheel pack"

_LEVEL = 9
"""That of zig's own archives: 45 MB come of it, as they have."""

_NPM = bool(shutil.which("npm"))

_UNPACK = """
mkdir -p "$2/$3" "$2/$3-$4.dist-info" && tar -xf "$1" -C "$2/$3" --strip-components=1 && cd "$2/$3-$4.dist-info" &&
printf 'Metadata-Version: 2.4\\nName: %s\\nVersion: %s\\n' "$3" "$4" >METADATA &&
printf 'Wheel-Version: 1.0\\nGenerator: sh\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n' >WHEEL
"""


@dataclass(frozen=True, slots=True)
class Tree:
    """zig's archive for Linux, made of its published wheel as zig makes it; made once, in some minutes, and kept."""

    name: str
    platform: str
    many: bool = True

    def fetch(self) -> Path:
        """The folder that the archive is in."""
        folder = cache_folder() / "archives"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / self.file
        with locked(target.with_name(f".{target.name}.lock")):
            if not target.exists():
                with tempfile.TemporaryDirectory(dir=folder) as scratch:
                    made = zig.released(Corpus(cache_folder()), self.platform, Path(scratch))
                    part = Path(scratch, target.name)
                    with zstd.open(made, "rb") as tar, lzma.open(part, "wb", preset=_LEVEL) as packed:
                        shutil.copyfileobj(tar, packed, 1 << 20)
                    part.replace(target)
        return folder

    @property
    def file(self) -> str:
        """The name of the archive."""
        return f"zig-{self.platform}-{zig.VERSION}.tar.xz"


@dataclass(frozen=True, slots=True)
class Packages:
    """Packages of npm, one for each platform."""

    name: str
    packages: Sequence[str]
    many: bool = False

    def fetch(self) -> Path:
        """The folder that the tarballs are in."""
        return {npm(package).parent for package in self.packages}.pop()

    @property
    def files(self) -> list[str]:
        """The names of the tarballs."""
        return [ROWS[package].file for package in self.packages]


ZIG = Tree("zig", "linux-x86_64")
ESBUILD = Packages(
    "esbuild", [f"@esbuild/{os}-{arch}" for os in ("linux", "darwin", "win32") for arch in ("x64", "arm64")]
)

GOALS = tuple(
    Goal(contest, OURS, bound, against=peer, quantity=quantity)
    for contest, cpu in (("pack zig", 1.5), ("pack esbuild", 2))  # unpacking xz costs everyone the same
    for peer in (SCRIPT, TOOLS)
    for quantity, bound in (("cpu", cpu), ("peak", 1))
    if (_NPM or contest == "pack zig") and (peer, quantity) != (TOOLS, "peak")
)


def left_out() -> str:
    """What isn't measured here, and why; else ""."""
    return "" if _NPM else "esbuild is left out: npm isn't installed (apt install npm)."


def contests(truewheel: str, peers: Path) -> tuple[Contest, ...]:
    """The contests on archives."""
    zig_archive = Contest("pack", ZIG, _packing(truewheel, peers, "ziglang", zig.VERSION, [ZIG.file]))
    if not _NPM:
        return (zig_archive,)
    version = ROWS[ESBUILD.packages[0]].version
    return zig_archive, Contest("pack", ESBUILD, _packing(truewheel, peers, "esbuild", version, ESBUILD.files))


def _packing(truewheel: str, peers: Path, project: str, version: str, files: Sequence[str]) -> tuple[Contender, ...]:
    """All ways to make a wheel of each of the files; the peers take one after the other."""
    script = str(Path(__file__).with_name("pack_plainly.py"))
    options = ["--name", project, "--version", version, "--license", "MIT"]

    def ours(folder: Path, to: Path) -> list[list[str]]:
        return [[truewheel, "pack", *(str(folder / file) for file in files), *options, "-w", str(to)]]

    def plainly(folder: Path, to: Path) -> list[list[str]]:
        archives = [str(folder / file) for file in files]
        return [[str(peers / "python"), script, project, version, str(to), *archives]]

    def by_tools(folder: Path, to: Path) -> list[list[str]]:
        commands = []
        for file in files:
            place = to / f"{file}.unpacked"
            commands.append(["sh", "-c", _UNPACK, "sh", str(folder / file), str(place), project, version])
            commands.append([str(peers / "wheel"), "pack", "-d", str(place), str(place)])
        return commands

    return Contender(OURS, ours), Contender(SCRIPT, plainly), Contender(TOOLS, by_tools)
