"""Archives as others publish them: what becomes of each."""

from __future__ import annotations

import stat
import subprocess  # noqa: TID251 - what was grafted is run; the ban protects src
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.ops.fakes import Disk
from tests.ops.pack_fakes import NOTHING, platforms
from tests.packages import deb, npm
from truewheel.archives import Archive
from truewheel.archives.read import read_archive
from truewheel.errors import RequestError
from truewheel.findings import Severity
from truewheel.ops import Patterns, Verdict, audit
from truewheel.ops.pack import Packed, Wanted, pack
from truewheel.packing.metadata import checked
from truewheel.packing.model import About, Layout, Program, Target
from truewheel.wheel import Wheel


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive of a file."""
    archive = read_archive(path.read_bytes(), path.name)
    assert archive is not None
    yield archive


def made(
    path: Path,
    name: str,
    layout: Mapping[str, object] | None = None,
    libraries: Disk = NOTHING,
    *,
    plat: tuple[str, ...] = (),
    **changes: object,
) -> Packed:
    """The wheel of a file's archive, with no programs named."""
    about = checked(About(name, "1.0"))
    target = Target("t", path.name, "", Layout(into=name, **(layout or {})), None, plat)  # type: ignore[arg-type]
    with opened(path) as archive:
        return pack(archive, Wanted(about, target, **changes), libraries)  # type: ignore[arg-type]  # as the caller says


@pytest.mark.parametrize(
    ("package", "tags", "path"),
    [
        ("@esbuild/linux-arm", "manylinux2014_armv7l.manylinux_2_17_armv7l.musllinux_1_1_armv7l", "bin/esbuild"),
        ("@esbuild/linux-riscv64", "manylinux_2_31_riscv64.musllinux_1_1_riscv64", "bin/esbuild"),
        ("@esbuild/darwin-arm64", "macosx_11_0_arm64", "bin/esbuild"),
        ("@esbuild/win32-arm64", "win_arm64", "esbuild"),
        ("@esbuild/win32-ia32", "win32", "esbuild"),
        ("@biomejs/cli-linux-x64", "manylinux_2_29_x86_64", "biome"),
        ("@biomejs/cli-linux-x64-musl", "manylinux1_x86_64.manylinux_2_5_x86_64.musllinux_1_1_x86_64", "biome"),
        ("@biomejs/cli-darwin-arm64", "macosx_14_0_arm64", "biome"),
    ],
)
def test_programs_of_npm(package: str, tags: str, path: str) -> None:
    name = path.rpartition("/")[2]
    result = made(npm(package), name)
    assert (platforms(result), result.tags.verdict) == (tags, Verdict.EXACT)
    assert result.programs == (Program(name, path),)
    (program,) = (entry for entry in result.wheel if entry.name in {f"{name}/{path}", f"{name}/{path}.exe"})
    assert program.executable
    report = audit(result.wheel, file="x.whl", size=1)
    assert (report.tags.verdict, report.tags.false) == (Verdict.EXACT, ())
    assert {finding.rule for finding in report.findings} >= {finding.rule for finding in result.findings}
    assert not [finding for finding in report.findings if finding.rule.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("@esbuild/netbsd-x64", "esbuild/bin/esbuild is not for Linux: its EI_OSABI is 2 (NetBSD)"),
        ("@esbuild/sunos-x64", "esbuild/bin/esbuild is not for Linux: it has a segment of type 0x6ffffffb"),
        ("@esbuild/aix-ppc64", "there is no binary inside"),
        ("@esbuild/android-x64", "there is no binary inside"),
        ("@esbuild/android-arm64", "esbuild/bin/esbuild has no Android note that tells its API level"),
        ("@esbuild/linux-mips64el", "no tag but linux_mips64el is true of it"),
    ],
)
def test_programs_of_npm_that_have_no_tag(package: str, words: str) -> None:
    with pytest.raises(RequestError) as caught:
        made(npm(package), "esbuild")
    assert words in caught.value.what
    assert caught.value.hint


def test_what_is_known_of_a_program_besides() -> None:
    android = made(npm("@esbuild/android-arm64"), "esbuild", plat=("android_21_arm64_v8a",))
    assert platforms(android) == "android_21_arm64_v8a"
    package = npm("@biomejs/cli-win32-x64")
    with pytest.raises(RequestError, match=r"vcruntime140\.dll, which biome/biome\.exe needs"):
        made(package, "biome")
    assert platforms(made(package, "biome", exclude=Patterns(("vcruntime140.dll",)))) == "win_amd64"


def test_a_program_of_debian_with_its_libraries(tmp_path: Path) -> None:
    layout = {"strip": 1, "include": ("bin", "share/doc")}
    with pytest.raises(RequestError, match=r"libjq\.so\.1, which jq/bin/jq needs") as caught:
        made(deb("jq"), "jq", layout)
    assert "-L DIR" in caught.value.hint
    files: dict[str, bytes] = {}
    for package in ("libjq1", "libonig5"):
        with opened(deb(package)) as archive:
            files |= {f"/lib/{item.name.rpartition('/')[2]}": bytes(item.read()) for item in archive}
    result = made(deb("jq"), "jq", layout, Disk(files), graft=True)
    assert [graft.library for graft in result.plan.grafts] == ["libjq.so.1", "libonig.so.5"]
    assert result.tags.verdict is Verdict.EXACT
    assert result.licences
    unpack(result.wheel, tmp_path)
    command = [str(tmp_path / "jq/bin/jq"), "-c", ".a"]
    done = subprocess.run(command, input='{"a": [1]}', capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[1]\n", "")


def unpack(wheel: Wheel, folder: Path) -> None:
    """The files of a wheel on disk, with their bits."""
    for entry in wheel:
        path = folder / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.read())
        path.chmod(0o755 if entry.executable else stat.S_IRUSR | stat.S_IWUSR)


def test_a_wheel_as_an_archive(corpus: Corpus) -> None:
    scripts = "ruff-0.17.6.data/scripts/"
    layout = {"strip": 0, "include": (scripts,), "rename": {scripts: "bin/"}}
    result = made(corpus("ruff-0.17.6-py3-none-macosx_11_0_arm64.whl"), "ruff", layout)
    assert (platforms(result), result.tags.verdict) == ("macosx_11_0_arm64", Verdict.EXACT)
    assert result.programs == (Program("ruff", f"{scripts}ruff"),)
    assert result.wheel.by_name["ruff/bin/ruff"].executable
    assert [path.rpartition("/")[2] for path in result.licences] == ["LICENSE"]


def test_fat_extension_modules_are_refused(corpus: Corpus) -> None:
    with pytest.raises(RequestError, match="packed wheels are for any Python") as caught:
        made(corpus("cryptography-48.0.1-cp311-abi3-macosx_10_9_universal2.whl"), "cryptography", {"strip": 0})
    assert caught.value.where.member.endswith(".abi3.so")
