"""What is fuzzed of source distributions and other archives.

Python sees alike what we take for sound, and a source distribution can be written again.
"""

from __future__ import annotations

import io
from contextlib import suppress

from tests.sdist.oracle import agree
from tests.sdist.tars import NAME, packed
from tests.sdist.test_mutated import summed
from truewheel.archives import read_archive
from truewheel.errors import TruewheelError
from truewheel.sdist import read, read_gzip, read_tar, write


def gzip(data: bytes) -> None:
    """A gzip file of any bytes."""
    read_gzip(data)


def tar(data: bytes) -> None:
    """A tar, with the checksums that its headers should have: no chance would find them."""
    data = summed(data)
    found = read_tar(data)
    assert agree(found, data)
    with suppress(TruewheelError):
        sdist = read(packed(data), NAME)
        target = io.BytesIO()
        write(sdist, target)
        assert read(target.getvalue(), NAME) == sdist


def foreign(data: bytes) -> None:
    """An archive of other people's; where it is a tar, with true checksums too."""
    for version in (data, summed(data)):
        with suppress(TruewheelError):
            archive = read_archive(version, "fuzzed")
            if archive is not None:
                assert list(archive.by_name) == sorted(archive.by_name)
                assert all(len(item.read()) == item.size for item in archive)
