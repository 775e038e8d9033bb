"""Traces of the publisher's system: umask, groups, line ends, and truewheel's own hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from truewheel.recipes.rule import NOTHING, Option, Scene

_USUAL: Final = 0o022
_UNIX: Final = 3


def umask(scene: Scene) -> Sequence[Option]:
    """Setuptools stores WHEEL with the mode that it got when it was written: 0666 less the umask.

    METADATA too, but for the latest releases; RECORD has 0664 whatever the umask, so it tells nothing. Other backends
    write 0644 themselves, as umask 022 gives.
    """
    kept = scene.evidence.zip.umask
    if kept is None or _UNIX not in scene.evidence.zip.systems:
        return (NOTHING,)
    # Who may not read a file that a build writes, may not enter a folder that it makes either.
    mask = kept | (kept & 0o444) >> 2
    if mask == _USUAL:
        return (NOTHING,)
    why = f"WHEEL has mode {scene.evidence.zip.written_mode:04o}"
    return (Option(f"umask {mask:03o}", why, {"umask": mask}),)


def group_writable(scene: Scene) -> Sequence[Option]:
    """Copies have the modes of the publisher's files, which the group may write if a checkout was made under umask 002.

    Modules have modes from the umask of the build, and an sdist that a build unpacks itself loses the group's bit.
    """
    if not scene.evidence.zip.group_writable or _UNIX not in scene.evidence.zip.systems:
        return (NOTHING,)
    return (Option("sources writable for the group", "so are most data files and licences", {"group_writable": True}),)


def line_ends(scene: Scene) -> Sequence[Option]:
    """On Windows, Python writes CR LF for a line feed into files that are opened as text.

    The zip's "made by" is then 0 (DOS), which no build elsewhere writes; it is among what a transplant takes over.
    """
    evidence = scene.evidence
    windows = 0 in evidence.zip.systems
    facts = ["the zip was made on Windows"] if windows else []
    if evidence.crlf:
        facts.insert(0, f"{', '.join(evidence.crlf)} {'have' if len(evidence.crlf) > 1 else 'has'} CR LF")
    changed = evidence.sources.line_ends if evidence.sources else ()
    if changed:
        facts.append(f"{changed[0]} has CR LF in the wheel and LF in the sdist")
    if not facts:
        return (NOTHING,)
    option = Option("line ends CR LF", "; ".join(facts), {"line_ends": "\r\n"})
    # Wheel wrote METADATA as bytes up to 0.37, so its line ends don't tell; poetry writes all of its own so.
    likely = evidence.crlf or (windows and evidence.setuptools)
    return (option, NOTHING) if likely else (NOTHING, option)


def canonical(scene: Scene) -> Sequence[Option]:
    """A wheel that truewheel's build or normalize has written is in canonical form, down to the compressed bytes."""
    if not scene.evidence.canonical:
        return (NOTHING,)
    return (Option("canonical form", "the published wheel is in truewheel's canonical form", {"canonical": True}),)
