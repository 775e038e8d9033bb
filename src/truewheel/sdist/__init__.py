"""SOURCE DISTRIBUTIONS: tar and gzip read strictly, and written in one way only.

`read` gives an `Sdist` for the bytes of an archive and its `SdistName`; `read_tar` reads any tar, whatever it is for,
and `read_gzip` what it is wrapped in. `canonical_sdist` gives the source distribution in canonical form, `write`
turns one into the bytes of that form, and `differences` says what keeps an archive from it. `check_whole` looks at one
that a program made, and `targets` says where symbolic links lead.

The modules, from below: ``name`` and ``model`` are the values; ``gzip``, ``pax``, ``tarformat``, ``tarentries`` and
``tarlinks`` are the parts of what ``tar`` reads, and ``archive`` asks of it what a source distribution has to have;
``canonical`` and ``forms`` compare; ``tarwriter`` and ``writer`` write.
"""

from truewheel.sdist.archive import check_whole, read
from truewheel.sdist.canonical import canonical_sdist
from truewheel.sdist.forms import differences
from truewheel.sdist.gzip import Gzip, read_gzip
from truewheel.sdist.model import GzipHeader, Member, Sdist, Slice, Tarball, TarStored
from truewheel.sdist.name import SdistName
from truewheel.sdist.tar import read_tar
from truewheel.sdist.tarlinks import targets
from truewheel.sdist.writer import write

__all__ = [
    "Gzip",
    "GzipHeader",
    "Member",
    "Sdist",
    "SdistName",
    "Slice",
    "TarStored",
    "Tarball",
    "canonical_sdist",
    "check_whole",
    "differences",
    "read",
    "read_gzip",
    "read_tar",
    "targets",
    "write",
]
