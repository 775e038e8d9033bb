"""ARCHIVES OF OTHER PEOPLE: tar with any compression, zip, Debian packages; read strictly, into values.

`read_archive` knows by the first bytes what it has before it, and gives an `Archive` of `Item`s, links resolved.
"""

from truewheel.archives.links import Link, resolved
from truewheel.archives.model import DIRECTORY, FILE, Archive, Item, Unusable
from truewheel.archives.read import read_archive

__all__ = ["DIRECTORY", "FILE", "Archive", "Item", "Link", "Unusable", "read_archive", "resolved"]
