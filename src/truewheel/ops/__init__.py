"""The verbs: functions from wheels to audits, and from wheels to wheels. They touch no disk and print nothing.

`audit` examines a wheel, judges its tags and runs the checks; `retag` writes other platforms into name and
WHEEL; `truewheel.ops.repair` grafts and edits, `truewheel.ops.fuse` makes one wheel of several, and
`truewheel.ops.pack` one of an archive; each is loaded for that alone. What `normalize` and `digest` do is the wheel
room's own business (`truewheel.wheel`).
"""

from truewheel.ops.audit import Audit, Binary, audit
from truewheel.ops.checks import own_timestamp
from truewheel.ops.examine import Depth, Examination, Member, examine, is_program
from truewheel.ops.patterns import Patterns
from truewheel.ops.retag import demand_same_tags, demanded_platforms, retag, true_platforms
from truewheel.ops.select import failing, narrowed
from truewheel.ops.verdict import Tags, Verdict, judge

__all__ = [
    "Audit",
    "Binary",
    "Depth",
    "Examination",
    "Member",
    "Patterns",
    "Tags",
    "Verdict",
    "audit",
    "demand_same_tags",
    "demanded_platforms",
    "examine",
    "failing",
    "is_program",
    "judge",
    "narrowed",
    "own_timestamp",
    "retag",
    "true_platforms",
]
