"""What verifying is told, as values that can be sent to other processes and machines."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from truewheel.index.model import IndexSettings
from truewheel.wheel import Limits

TRIES: Final = 4
"""Builds of one wheel, unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How wheels are verified.

    ``settings`` say where files come from, None for what the user has configured. ``cache`` is the folder for fetched
    files, None for the user's own. ``offline`` takes nothing but what that holds. ``source`` is a folder, an sdist or
    ``git+URL[@REV]`` to build from instead of the index's sdist. ``wheel`` is a pattern of file names, where a release
    has several wheels. ``vcs`` compares the sdist with the commit that it claims to be of, in ``repository`` where that
    is given. ``attestations`` checks those that were published; ``provenance`` is a file with them. ``overrides`` is
    the file with what can't be inferred. ``tries`` limits the builds of one wheel, ``seconds`` and ``memory`` (bytes)
    every program that a build runs. ``network`` lets builds reach the network. ``python`` is the only Python to build
    with. ``isolation`` and ``installer`` are those of `builds.model.Request`. ``out`` is the folder for evidence, None
    for none. ``sign`` has the statement signed with the ambient identity.
    """

    settings: IndexSettings | None = None
    cache: Path | None = None
    offline: bool = False
    source: str = ""
    wheel: str = ""
    vcs: bool = False
    repository: str = ""
    attestations: bool = True
    provenance: Path | None = None
    overrides: Path | None = None
    tries: int = TRIES
    seconds: float | None = 600.0
    memory: int | None = 8 << 30
    network: bool = False
    python: str | None = None
    isolation: str = "auto"
    installer: str = "auto"
    out: Path | None = None
    sign: bool = False
    limits: Limits = field(default_factory=Limits)
