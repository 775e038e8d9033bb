"""What a campaign's workers do: verify one target, and answer in JSON whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Final, NamedTuple

from truewheel.errors import RequestError, TruewheelError
from truewheel.index.model import Target
from truewheel.rebuilds.model import Terms
from truewheel.verdict.document import from_document, to_document
from truewheel.verdict.model import Verification
from truewheel.world.own import own_version

Work = Callable[[Target, Terms], Verification]
"""Verifies one target. It stands at the top of a module, so that it can be sent to other processes by its name."""

_LONGEST: Final = 500
"""Characters of an error that are kept."""


class Answer(NamedTuple):
    """What a worker says: its truewheel's version, and the verification."""

    truewheel: str
    verification: Verification


def answered(work: Work, target: Target, terms: Terms) -> str:
    """What `work` says of `target`, as text that `understood` reads; an error of its own is a problem of that target.

    Nothing but an end of the process, or what asks for it, gets out.
    """
    begun = monotonic()
    try:
        return _written(work(target, terms), begun)
    except TruewheelError as error:
        said = unanswered(target, str(error), error.hint)
    except Exception as error:  # noqa: BLE001 - a defect in one of a thousand must not lose the others
        said = unanswered(target, f"truewheel failed on it ({type(error).__name__}: {error})", "report it as a defect")
    return _written(said, begun)


def _written(said: Verification, begun: float) -> str:
    """An answer as text, that is known to be understood: the campaign could do nothing about it."""
    document = to_document(said if said.seconds else replace(said, seconds=monotonic() - begun))
    text = json.dumps({"truewheel": own_version(), "verification": document}, sort_keys=True)
    understood(text)
    return text


def unanswered(target: Target, problem: str, hint: str = "") -> Verification:
    """The answer where there is none, and why."""
    return Verification(
        target=target.asked,
        project=target.project,
        version=target.version,
        wheel=None,
        source=None,
        problem=problem if len(problem) <= _LONGEST else problem[:_LONGEST] + "…",
        hint=hint,
    )


def understood(text: str) -> Answer:
    """What `answered` gave as text. Raises `RequestError` where it isn't that, or from another version.

    Another version may infer and judge otherwise, and write what this one can't read.
    """
    try:
        said = json.loads(text)
        version = str(said["truewheel"])
    except (ValueError, KeyError, TypeError):
        raise RequestError("a worker gave an answer that can't be read") from None
    if version != own_version():
        raise RequestError(
            f"a worker has truewheel {version}, and this is {own_version()}",
            hint="install the same version everywhere",
        )
    return Answer(version, from_document(said["verification"]))
