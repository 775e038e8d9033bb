"""A folder of small files to serve."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from tests.support import wheel_bytes

WHEEL = "sample-1.0-py3-none-any.whl"
SDIST = "sample-1.0.tar.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two releases of one project: 1.0 has a wheel and an sdist, 0.9 an sdist alone."""
    served = tmp_path / "served"
    served.mkdir()
    (served / WHEEL).write_bytes(wheel_bytes(name=WHEEL))
    (served / SDIST).write_bytes(gzip.compress(b"no tar, but nobody looks", mtime=0))
    (served / "sample-0.9.tar.gz").write_bytes(gzip.compress(b"an older one", mtime=0))
    return served


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy, no password and no authority of whoever runs the tests."""
    for name in os.environ:
        if name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy") or "CA_BUNDLE" in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").touch(mode=0o600)
