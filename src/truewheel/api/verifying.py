"""The verb that rebuilds what an index serves, for one wheel or for many."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from truewheel.api.common import AnyPath
from truewheel.builds.model import Progress
from truewheel.errors import RequestError
from truewheel.index import targets as reading
from truewheel.index.model import IndexSettings, Target
from truewheel.index.targets import Asked
from truewheel.rebuilds.campaign import read_campaign, run_campaign
from truewheel.rebuilds.campaign_model import Campaign, Watcher
from truewheel.rebuilds.given import client, configured, demand, tags_here
from truewheel.rebuilds.model import Terms
from truewheel.rebuilds.run import verify as _verify
from truewheel.rebuilds.subject import targets_of
from truewheel.verdict.model import Rung, Verification


def targets(words: Sequence[str] = (), files: Sequence[AnyPath] = ()) -> Asked:
    """What is to be verified: words as ``name==version`` or the path of a wheel or a pylock.toml, and files of such.

    ``files`` are requirements files in pip's format, or locks. A line of a file that can't be verified is a problem
    of what comes back; anything else that can't be understood raises `RequestError`, with the file and the line.
    """
    return reading.read(words, [Path(file) for file in files])


def index_settings(*indexes: str, alone: bool = False) -> IndexSettings:
    """Where files come from: the addresses given, the most trusted first, then what is configured for pip or uv.

    With ``alone``, nothing but those given is asked.
    """
    return configured(indexes, alone=alone)


def verify(
    wanted: str | Target | os.PathLike[str], terms: Terms | None = None, *, progress: Progress | None = None
) -> tuple[Verification, ...]:
    """Rebuild the wheel that the index serves for `wanted`, and say how the two compare.

    `wanted` is ``name==version``, the path of a wheel, or a `Target`. More than one verification comes back where
    ``terms.wheel`` is a pattern that means several wheels of a release. This runs the project's code and that of its
    build requirements, apart from the machine as far as it allows for that.

    Raises `RequestError` where what is asked can't be understood, or `terms` ask for the impossible. A wheel that can't
    be had or rebuilt is an answer: a `Verification` with ``problem``.
    """
    terms = terms or Terms()
    found = (wanted,) if isinstance(wanted, Target) else targets([os.fspath(wanted)]).targets
    done: list[Verification] = []
    for target in found:
        done += (_verify(each, terms, progress=progress) for each in _expanded(target, terms))
    return tuple(done)


def _expanded(target: Target, terms: Terms) -> tuple[Target, ...]:
    """The targets of the wheels that a pattern means; the target itself where none is given."""
    if not terms.wheel or target.path is not None:
        return (target,)
    with client(terms) as index:
        return targets_of(target, terms, index, tags_here(terms))


def verify_all(
    wanted: Sequence[Target],
    terms: Terms | None = None,
    *,
    database: AnyPath | None = None,
    workers: int | None = None,
    cluster: str = "",
    again: Collection[str] = (),
    watcher: Watcher | None = None,
) -> Campaign:
    """Verify many wheels, in processes of this machine or by the workers of a Dask cluster.

    What is known is kept in ``database``, and a campaign that was interrupted goes on there; without one it begins
    anew. ``workers`` is the number of processes, that of cores by default; ``cluster`` the address of a scheduler.
    ``again`` are names or verdicts that are done again. Raises `RequestError` where it can't be done.
    """
    terms = terms or Terms()
    demand(terms)  # once, instead of as the answer for each
    meant = [each for target in wanted for each in _expanded(target, terms)]
    if database is not None:
        return run_campaign(
            meant, terms, Path(database), workers=workers, cluster=cluster, again=again, watcher=watcher
        )
    if again:
        raise RequestError("nothing can be done again without a database", hint="name it: --campaign FILE")
    with tempfile.TemporaryDirectory(prefix="truewheel-campaign-") as folder:
        place = Path(folder) / "results.sqlite"
        return run_campaign(meant, terms, place, workers=workers, cluster=cluster, watcher=watcher)


__all__ = [
    "Asked",
    "Campaign",
    "IndexSettings",
    "Rung",
    "Target",
    "Terms",
    "Verification",
    "Watcher",
    "index_settings",
    "read_campaign",
    "targets",
    "verify",
    "verify_all",
]
