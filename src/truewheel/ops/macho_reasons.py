"""What is done to a Mach-O file, in words: a phrase for each edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from truewheel.binary import MachO, SignatureKind
from truewheel.binary.macho_edit import SliceChanges
from truewheel.binary.model import Slice


def signer_of(image: MachO) -> str:
    """Who signed a file: the team, or else what the signature calls the file; "" where nobody did."""
    signed = (part.signature for part in image.slices if part.signature.kind is SignatureKind.IDENTITY)
    return next((signature.team or signature.identifier or "somebody" for signature in signed), "")


def reasons(image: MachO, slices: Mapping[str, SliceChanges]) -> Iterator[str]:
    """What is done to the names in a file, once where it is done to several slices."""
    edits = [(part, slices[part.arch]) for part in image.slices if part.arch in slices]
    links = {link for _, changes in edits for link in changes.dylibs.items()}
    yield from (f"loads {new} instead of {old}" for old, new in sorted(links))
    names = {(part.install_name, changes.install_name) for part, changes in edits if changes.install_name}
    yield from (f"is called {new} instead of {old}" for old, new in sorted(names, key=str))
    moves = [_searches(part, changes.rpaths) for part, changes in edits if changes.rpaths is not None]
    for word, place in (("searches", 0), ("no longer searches", 1), ("no longer searches twice", 2)):
        paths = dict.fromkeys(path for move in moves for path in move[place])
        if paths:
            yield f"{word} {', '.join(path or 'an empty path' for path in paths)}"


def replaced(signer: str) -> str:
    """The phrase for a signature that is lost."""
    return f"the signature of {signer} is replaced by one without an identity"


def moved(place: str) -> str:
    """The phrase for a program that moves."""
    return f"moves to {place}, and a script that starts it takes its place"


def _searches(part: Slice, rpaths: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    """The run paths that come, that go, and that were there twice."""
    come = [path for path in rpaths if path not in part.rpaths]
    go = [path for path in part.rpaths if path not in rpaths]
    twice = [path for path, count in Counter(part.rpaths).items() if count > 1 and path in rpaths]
    return come, go, twice
