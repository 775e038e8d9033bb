"""Plan the repair of a wheel for macOS: which libraries come into it, and what is edited so that they are found."""

from __future__ import annotations

from truewheel.binary.macho_edit import MachChanges
from truewheel.ops.examine import Examination
from truewheel.ops.libraries import Libraries
from truewheel.ops.plan import Plan
from truewheel.ops.wishes import Wishes


def plan_macho(examination: Examination, libraries: Libraries, wishes: Wishes) -> Plan[MachChanges]:
    """The plan for an examined wheel.

    Raises `RequestError` where a library can't be found or an ``--include`` means nothing, and `BinaryError` where
    the header of a file has no room for the names.
    """
    raise NotImplementedError
