"""The script that stands in for a program which needs grafted libraries.

Installers put ``.data/scripts`` where they like, so that no relative path leads from there to the libraries. The
program itself moves among the packages, whose places are known to each other, and the script starts it.
"""

from __future__ import annotations

from typing import Final

_TEXT: Final = """\
#!python
# Starts a program that lies among the Python packages, beside the libraries that came with it.
import os
import signal
import sys
import sysconfig

PROGRAM = @


def folders():
    # The installation that this script belongs to goes first: another one may hold another version.
    prefix = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    yield prefix  # pip install --target
    for name in ("platlib", "purelib"):  # pip install --prefix
        yield sysconfig.get_path(name, "posix_prefix", {"base": prefix, "platbase": prefix})
    known = [sysconfig.get_path(name) for name in ("platlib", "purelib")] + sys.path
    yield from sorted(known, key=lambda folder: not folder.startswith(prefix + os.sep))


def main():
    found = [path for path in (os.path.join(folder, PROGRAM) for folder in folders()) if os.path.isfile(path)]
    if not found:
        sys.stderr.write("%s: %s is not among the Python packages; install it again\\n" % (sys.argv[0], PROGRAM))
        return 127
    # Python ignores these two signals, and what is ignored stays so in the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execv(found[0], sys.argv)
    except OSError as error:
        sys.stderr.write("%s: %s: %s\\n" % (sys.argv[0], found[0], error.strerror))
        return 126


if __name__ == "__main__":
    sys.exit(main())
"""


def launcher(target: str) -> bytes:
    """The script for a program that is installed as `target`, a path below site-packages (``tool.scripts/app``).

    It runs on POSIX with Python 3.8 or later, and hands over its process: arguments, among them the name it was called
    by, streams, and status are the program's own. It ends with the shell's 127 where the program isn't there, and with
    126 where it can't be started. Installers write their interpreter into its first line (PEP 427).
    """
    # Escaped to ASCII: which other letters can be printed depends on the Python that asks.
    return _TEXT.replace("@", ascii(target)).encode("ascii")
