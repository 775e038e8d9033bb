"""IS IT THE SAME: a published wheel and its rebuild, and how much of equality is proven.

`judge` climbs the ladder from bit-for-bit to different; `transplant` writes rebuilt contents the way a published zip
stores its own; `symptoms` says what another recipe may mend, `best_of` which attempt came furthest. `to_document` and
`from_document` turn a verification into JSON's values and back, `verdict_of` into a sentence.

The modules, from below: ``model`` are the values, with nothing in them that JSON can't carry, and ``sides`` what is
judged. ``zips`` reads records, ``unvouched`` says what isn't taken over, ``streams`` knows compressors, ``tally``
counts, ``rewriting`` writes, and ``transplant`` puts them together. ``members`` and ``record`` compare and check,
``explaining`` with ``toolchain`` is the table of what may explain what, and ``ladder`` judges; ``ranking``,
``symptoms``, ``storing``, ``sentence`` and ``document`` say what came of it.
"""

from truewheel.verdict.document import from_document, to_document
from truewheel.verdict.ladder import judge
from truewheel.verdict.members import contrasts
from truewheel.verdict.model import (
    Attempt,
    Attested,
    Deviation,
    File,
    History,
    Judgement,
    Rung,
    Transplanted,
    Verification,
)
from truewheel.verdict.ranking import best_of, rank
from truewheel.verdict.record import check_record
from truewheel.verdict.sentence import taken_in_words, verdict_of
from truewheel.verdict.sides import Side
from truewheel.verdict.symptoms import symptoms
from truewheel.verdict.transplant import transplant

__all__ = [
    "Attempt",
    "Attested",
    "Deviation",
    "File",
    "History",
    "Judgement",
    "Rung",
    "Side",
    "Transplanted",
    "Verification",
    "best_of",
    "check_record",
    "contrasts",
    "from_document",
    "judge",
    "rank",
    "symptoms",
    "taken_in_words",
    "to_document",
    "transplant",
    "verdict_of",
]
