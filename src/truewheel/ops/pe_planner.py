"""Plan the repair of a wheel for Windows: which DLLs come into it, and what is edited so that they are found."""

from __future__ import annotations

from truewheel.binary.pe_edit import PeChanges
from truewheel.ops.examine import Examination
from truewheel.ops.libraries import Libraries
from truewheel.ops.plan import Plan
from truewheel.ops.wishes import Wishes


def plan_pe(examination: Examination, libraries: Libraries, wishes: Wishes) -> Plan[PeChanges]:
    """The plan for an examined wheel.

    Raises `RequestError` where a DLL can't be found, or an ``--include`` means nothing.
    """
    raise NotImplementedError
