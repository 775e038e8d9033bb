"""What truewheel knows of itself."""

from __future__ import annotations

import sys


def own_version() -> str:
    """The version of this truewheel.

    Read where it stands, in the package's own module, which is loaded whenever this is: no room may import that, as it
    stands above all of them.
    """
    return str(vars(sys.modules["truewheel"]).get("__version__", ""))
