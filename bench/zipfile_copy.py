"""usage: zipfile_copy.py WHEEL TARGET. Read every member with zipfile and write it again at level 6.

The plain way to rewrite a wheel in Python: what `truewheel normalize` is compared with.
"""

from __future__ import annotations

import sys
import zipfile  # noqa: TID251 - this is the peer; the ban protects src


def main(source: str, target: str) -> None:
    """Copy `source` to `target`, member by member."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as new:
        for info in old.infolist():
            if info.is_dir():  # zipfile would write two bytes of contents for it, which no strict reader takes
                continue
            new.writestr(info, old.read(info), zipfile.ZIP_DEFLATED, 6)


if __name__ == "__main__":
    main(*sys.argv[1:])
