"""Packed wheels held against published ones, in a folder and on an index; and archives that stand at an address."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.cli.run import run
from tests.index.serving import Serving
from tests.pack.samples import LICENCE, MACOS, STATIC, STATIC_TAGS, WINDOWS, File, tarball
from tests.support import closed_schema

PROJECT = ("--name", "tool", "--version", "1.0")
ARCHIVES = {"linux.tar": STATIC, "macos.tar": MACOS, "windows.tar": WINDOWS}
NAMES = {
    "linux": f"tool-1.0-py3-none-{STATIC_TAGS}.whl",
    "macos": "tool-1.0-py3-none-macosx_12_0_arm64.whl",
    "windows": "tool-1.0-py3-none-win_amd64.whl",
}


@pytest.fixture
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three archives in the current folder, and their wheels in ``dist``."""
    monkeypatch.chdir(tmp_path)
    for name, program in ARCHIVES.items():
        file = "tool.exe" if program == WINDOWS else "tool"
        tree = {"LICENSE": LICENCE, file: File(program, executable=True)}
        Path(name).write_bytes(tarball(tree))
    assert run("pack", *PROJECT, *ARCHIVES).exit_code == 0
    assert sorted(path.name for path in Path("dist").iterdir()) == sorted(NAMES.values())
    return list(ARCHIVES)


def states(document: str) -> list[str]:
    """What is said of each wheel, in the order of the targets."""
    parsed = json.loads(document)
    closed_schema("pack").validate(parsed)
    return [wheel["published"]["state"] for wheel in parsed["wheels"]]


def test_the_same_in_a_folder(archives: list[str]) -> None:
    done = run("pack", *PROJECT, *archives, "--check-only", "--against", "dist", "-w", "nowhere")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.endswith("3 wheels compared with dist: 3 same\n")
    assert not Path("nowhere").exists()


def test_what_differs_lacks_or_is_too_much_in_a_folder(archives: list[str]) -> None:
    changed = Path("dist", NAMES["linux"])
    changed.write_bytes(changed.read_bytes() + b"\0")
    Path("dist", NAMES["macos"]).unlink()
    for other in ("tool-1.0-py3-none-win32.whl", "tool-1.0.1-py3-none-win32.whl", "tools-1.0-py3-none-any.whl"):
        Path("dist", other).write_bytes(b"")
    done = run("pack", *PROJECT, *archives, "--check-only", "--against", "dist", "--json")
    assert done.exit_code == 1
    assert states(done.stdout) == ["different", "absent", "same"]
    assert json.loads(done.stdout)["extra"] == ["tool-1.0-py3-none-win32.whl"]


def test_a_wheel_that_no_target_makes_is_enough(archives: list[str]) -> None:
    done = run("pack", *PROJECT, *archives[:2], "--check-only", "--against", "dist")
    assert done.exit_code == 1
    assert f"{NAMES['windows']}: published, and no target makes it" in done.stdout
    assert done.stdout.endswith("2 wheels compared with dist: 2 same, 1 that no target makes\n")


def test_some_targets_alone_leave_the_others_out(archives: list[str]) -> None:
    done = run("pack", *PROJECT, *archives, "--check-only", "--against", "dist", "--target", "macos", "--json")
    assert (done.exit_code, states(done.stdout)) == (0, ["same"])
    assert json.loads(done.stdout)["extra"] == []


def test_on_an_index(archives: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUEWHEEL_CACHE", str(Path("cache").absolute()))
    with Serving(Path("dist")) as served:
        index = served.settings.indexes[0]
        done = run("pack", *PROJECT, *archives, "--check-only", "-i", index, "--json")
        assert (done.exit_code, states(done.stdout)) == (0, ["same"] * 3)
        assert served.paths("/files") == [], "hashes are enough"
        Path("dist", NAMES["macos"]).write_bytes(b"another")
        done = run("pack", *PROJECT, *archives, "--check-only", "-i", index, "--json")
        assert (done.exit_code, states(done.stdout)) == (1, ["same", "different", "same"])
        done = run("pack", "--name", "other", "--version", "1.0", archives[0], "--check-only", "-i", index, "--json")
        assert (done.exit_code, states(done.stdout)) == (1, ["absent"])


def test_an_index_without_hashes_tells_nothing(archives: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUEWHEEL_CACHE", str(Path("cache").absolute()))
    with Serving(Path("dist"), hashes=("md5",)) as served:
        done = run("pack", *PROJECT, archives[0], "--check-only", "-i", served.url)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"the index has {NAMES['linux']}, and tells no sha256 of it" in done.stderr
    assert "--against" in done.stderr


def test_the_time_of_the_environment_changes_nothing(archives: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    done = run("pack", *PROJECT, *archives, "--check-only", "--against", "dist", "--json")
    assert (done.exit_code, states(done.stdout)) == (0, ["same"] * 3)


def test_the_two_places_contradict_each_other(archives: list[str]) -> None:
    done = run("pack", *PROJECT, *archives, "--check-only", "--against", "dist", "-i", "https://index.example/simple")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "contradict" in done.stderr


class TestArchivesAtAnAddress:
    def test_come_once_and_only_under_their_hash(self, archives: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUEWHEEL_CACHE", str(Path("cache").absolute()))
        sha256 = hashlib.sha256(Path(archives[0]).read_bytes()).hexdigest()
        before = Path("dist", NAMES["linux"]).read_bytes()
        with Serving(Path()) as served:
            url = f"{served.root}/files/linux.tar"
            word = f"{url}#sha256={sha256}"
            assert run("pack", *PROJECT, word, "-w", "fetched").exit_code == 0
            assert Path("fetched", NAMES["linux"]).read_bytes() == before
            wrong = run("pack", *PROJECT, f"{url}#sha256={sha256[::-1]}", "-w", "wrong")
            assert wrong.exit_code == 2
            assert sha256 in wrong.stderr
            assert sha256[::-1] in wrong.stderr
            without = run("pack", *PROJECT, url, "-w", "wrong")
            assert without.exit_code == 2
            assert "sha256" in without.stderr
            assert not Path("wrong").exists()
        offline = run("pack", *PROJECT, word, "-w", "again", "--offline")
        assert (offline.exit_code, offline.stderr) == (0, "")
        assert Path("again", NAMES["linux"]).read_bytes() == before

    def test_files_here_may_have_a_hash_too(self, archives: list[str]) -> None:
        sha256 = hashlib.sha256(Path(archives[0]).read_bytes()).hexdigest()
        done = run("pack", *PROJECT, f"linux.tar#sha256={sha256.upper()}", "--json", "--dry-run")
        assert done.exit_code == 0
        assert json.loads(done.stdout)["wheels"][0]["label"] == "linux"
        done = run("pack", *PROJECT, f"linux.tar#sha256={sha256[::-1]}", "--dry-run")
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"{sha256[::-1]} is demanded" in done.stderr

    def test_are_told_by_it_and_without_a_password(self, archives: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUEWHEEL_CACHE", str(Path("cache").absolute()))
        sha256 = hashlib.sha256(Path(archives[0]).read_bytes()).hexdigest()
        with Serving(Path()) as served:
            url = f"{served.root}/files/linux.tar"
            word = f"{url.replace('://', '://user:secret@')}#sha256={sha256}"
            done = run("pack", *PROJECT, word, "--dry-run", "--json")
            assert done.exit_code == 0
            assert json.loads(done.stdout)["wheels"][0]["source"] == url
            assert "secret" not in done.stdout
            done = run("pack", *PROJECT, word, "--dry-run", "--plat", "win_amd64")
            assert (done.exit_code, done.stdout) == (2, "")
            assert done.stderr.startswith(f"error: {url}: ")
