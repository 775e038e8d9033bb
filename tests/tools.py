"""Programs from outside that tests ask: found, or the test is left out with the name of what lacks.

``scripts/test_tools.py`` holds the table and installs them. Where it could have, in CI on Linux and as root on Debian,
a tool that lacks is a failure: nothing is left out silently.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from test_tools import PACKAGES, can_install, where


def need(*tools: str) -> tuple[Path, ...]:
    """The paths of programs (or of files, where a name starts with a slash), all of them in the table."""
    found = {tool: where(tool) for tool in tools}
    packages = {tool: PACKAGES[tool] for tool in tools}  # one that isn't in the table would never be installed
    if lacking := [tool for tool, path in found.items() if path is None]:
        reason = "needs " + ", ".join(f"{tool} (Debian: {packages[tool]})" for tool in lacking)
        if can_install() or (sys.platform == "linux" and os.environ.get("CI")):
            pytest.fail(f"{reason}; scripts/test_tools.py installs it", pytrace=False)
        pytest.skip(reason)
    return tuple(path for path in found.values() if path is not None)
