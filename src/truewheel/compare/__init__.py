"""WHAT DIFFERS, AND WHY: two trees of members compared, down to sections, fields and lines.

`compare` gives the `Comparison` of two `Tree`s; `leaves` makes trees of archives. The modules, from below: ``model``,
``reasons`` and ``context`` are the values; ``spans``, ``tokens``, ``traces``, ``alignment`` and ``lines`` find and
explain what differs in runs of text and bytes; a comparer for each format stands on them, with a row in ``contents``;
``pairing``, ``equality``, ``storage`` and ``members`` compare trees.
"""

from truewheel.compare.leaves import (
    SPECIAL,
    gzip_facts,
    member_leaves,
    tree_facts,
    without_contents,
    zip_leaves,
)
from truewheel.compare.model import (
    Cause,
    Comparison,
    Difference,
    Fact,
    Kind,
    Leaf,
    Line,
    Mark,
    Reason,
    Tree,
)
from truewheel.compare.reasons import REASONS
from truewheel.compare.trees import UNRECOGNIZED, compare, unrecognized

__all__ = [
    "REASONS",
    "SPECIAL",
    "UNRECOGNIZED",
    "Cause",
    "Comparison",
    "Difference",
    "Fact",
    "Kind",
    "Leaf",
    "Line",
    "Mark",
    "Reason",
    "Tree",
    "compare",
    "gzip_facts",
    "member_leaves",
    "tree_facts",
    "unrecognized",
    "without_contents",
    "zip_leaves",
]
