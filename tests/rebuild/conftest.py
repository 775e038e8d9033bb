"""What is built here are programs of Linux; other systems see builds in tests/builds."""

from __future__ import annotations

import sys

if sys.platform != "linux":
    collect_ignore_glob = ["test_*.py"]
