"""What `verify` tells of many wheels: a line each, then how many came how far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from truewheel.report.columns import table
from truewheel.report.differences import counted
from truewheel.report.rates import Rates, by_backend, share
from truewheel.report.verifications import named, remark
from truewheel.verdict.model import Rung, Verification

_LONGEST: Final = 30
_STEPS: Final = {
    Rung.BIT_FOR_BIT: "bit-for-bit",
    Rung.ZIP_METADATA: "with zip metadata",
    Rung.SAME_CONTENTS: "same contents",
}
_REST: Final = {
    Rung.EXPLAINED: "same but for files with a known cause",
    Rung.DIFFERENT: "different",
    Rung.NOT_REBUILT: "not rebuilt",
}


def verification_lines(results: Sequence[Verification], *, width: int | None = None) -> Iterator[str]:
    """The lines of the table, in the order of the results, and the rates below."""
    rows = [("file", "verdict", "seconds", "cause")]
    rows += [(named(one), one.rung.value, f"{one.seconds:.1f}", remark(one)) for one in results]
    yield from table(rows, right=(2,), width=width)
    yield ""
    yield from rate_lines(results, width=width)


def rate_lines(results: Sequence[Verification], *, width: int | None = None) -> Iterator[str]:
    """How many came how far: one line for all, and a table by backend. What is better counts for what is worse too."""
    rates = Rates.of(one.rung for one in results)
    parts = [
        f"{rates.at_least(rung):,} {words} ({share(rates.at_least(rung), rates.total)})"
        for rung, words in _STEPS.items()
    ]
    parts += [f"{rates.count(rung):,} {words}" for rung, words in _REST.items() if rates.count(rung)]
    yield f"{counted(rates.total, 'wheel')}: {', '.join(parts)}"
    if not results:
        return
    yield ""
    rows = [("backend", "wheels", *_STEPS.values())]
    rows += [
        (_clipped(name), f"{one.total:,}", *(_told(one, rung) for rung in _STEPS)) for name, one in by_backend(results)
    ]
    yield from table(rows, right=range(1, 5), width=width)


def _clipped(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _told(rates: Rates, rung: Rung) -> str:
    number = rates.at_least(rung)
    return f"{number:,} ({share(number, rates.total)})"
