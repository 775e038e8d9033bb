"""What `pack` holds in memory: an archive as long as its target is worked on, and no longer."""

from __future__ import annotations

import gc
import lzma
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pack.samples import MACOS, STATIC, STATIC_ARM, TREE, WINDOWS, File, tarball
from truewheel import api
from truewheel.api import packing as verb
from truewheel.archives import Archive
from truewheel.errors import TruewheelError
from truewheel.world.archives import OpenArchive, open_archive

PROGRAMS = {"linux": STATIC, "linux-arm": STATIC_ARM, "macos": MACOS, "windows": WINDOWS}
OPTIONS = {"name": "tool", "version": "1.0"}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Archive]]:
    """The archives that were opened."""
    seen: list[weakref.ref[Archive]] = []

    @contextmanager
    def watched(*arguments: Path, **options: str) -> Iterator[OpenArchive]:
        with open_archive(*arguments, **options) as archive:  # type: ignore[arg-type]  # passed on as they come
            seen.append(weakref.ref(archive.archive))
            yield archive

    monkeypatch.setattr(verb, "open_archive", watched)
    return seen


def alive(seen: list[weakref.ref[Archive]]) -> int:
    """How many of them are still there."""
    gc.collect()
    return sum(ref() is not None for ref in seen)


def written(folder: Path) -> list[str]:
    """An archive for every platform."""
    paths = []
    for label, program in PROGRAMS.items():
        path = folder / f"{label}.tar.xz"
        path.write_bytes(lzma.compress(tarball({**TREE, "bin/tool": File(program, executable=True)}), preset=0))
        paths.append(str(path))
    return paths


@pytest.mark.parametrize("dry_run", [False, True])
def test_wheels_that_are_done_keep_no_archive(
    tmp_path: Path, opened: list[weakref.ref[Archive]], *, dry_run: bool
) -> None:
    packing = api.load_packing(written(tmp_path), OPTIONS)
    run = api.pack(packing, tmp_path / "out", dry_run=dry_run)
    assert len(run.targets) == len(opened) == len(PROGRAMS)
    assert alive(opened) == 0


def test_errors_keep_no_archive(tmp_path: Path, opened: list[weakref.ref[Archive]]) -> None:
    packing = api.load_packing(written(tmp_path), OPTIONS | {"plat": ["emscripten_4_0_9_wasm32"]})
    told: list[TruewheelError] = []
    with pytest.raises(TruewheelError) as raised:
        api.pack(packing, tmp_path / "out", failed=told.append)
    assert raised.value is told[0]
    assert len(told) == len(opened) == len(PROGRAMS)
    assert alive(opened) == 0
