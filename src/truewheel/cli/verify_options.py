"""The options of ``truewheel verify``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from truewheel.cli.build_options import installer_option, isolation_option

_T = TypeVar("_T")
_PATH = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
RUNGS = ("bit-for-bit", "zip-metadata", "same-contents", "same-but-for")
"""What --at-least can demand, the best first."""


def _size(_context: click.Context, _parameter: click.Parameter, text: str) -> int | None:
    """Bytes, as 512M or 8G; 0 is no limit."""
    found = re.fullmatch(r"(\d{1,12})([kmgt]?)(?:i?b)?", text.strip().lower())
    if not found:
        raise click.BadParameter(f"{text!r} is no size; say 512M or 8G, or 0 for no limit")
    return int(found[1]) * _UNITS[found[2]] or None


def verify_options(command: Callable[..., _T]) -> Callable[..., _T]:
    """Add the options that say what is verified, how it is rebuilt, and what becomes of the answer."""
    for option in reversed((*_WHAT, *_INDEX, *_REBUILD, *_APART, *_MANY, *_OUTPUT)):
        command = option(command)
    return command


_WHAT = (
    click.option(
        "-r",
        "--requirements",
        "files",
        multiple=True,
        type=_PATH,
        metavar="FILE",
        help="Verify what this requirements file or pylock.toml names (repeatable).",
    ),
    click.option("--source", metavar="SRC", default="", help="Build from this: a folder, an sdist, or git+URL[@REV]."),
    click.option("--wheel", metavar="GLOB", default="", help="Of a release with several wheels, verify those."),
    click.option("--vcs", is_flag=True, help="Compare the sdist with the commit that it claims to be of."),
    click.option("--repository", metavar="URL", default="", help="That repository, where the metadata doesn't tell."),
    click.option("--provenance", type=_PATH, metavar="FILE", help="Published attestations (PEP 740) of the wheel."),
    click.option("--no-attestations", is_flag=True, help="Don't look for published attestations."),
)

_INDEX = (
    click.option("-i", "--index-url", metavar="URL", help="The index; by default the one that pip or uv is told of."),
    click.option("--extra-index-url", multiple=True, metavar="URL", help="A further index (repeatable)."),
    click.option("--offline", is_flag=True, help="Take from the cache alone what is fetched."),
    click.option("--cache-dir", type=_FOLDER, metavar="DIR", help="Keep fetched files there."),
)

_REBUILD = (
    click.option("--python", metavar="PYTHON", help="Build with this Python alone: a version, or a path."),
    click.option("--overrides", type=_PATH, metavar="FILE", help="What can't be inferred, by package (TOML)."),
    click.option(
        "--tries", type=click.IntRange(min=1, max=20), metavar="N", help="Build a wheel N times at most.", default=None
    ),
    installer_option("What resolves and installs build requirements; only uv can resolve as of a date."),
)

_APART = (
    click.option("--network", is_flag=True, help="Let builds reach the network."),
    isolation_option("What keeps builds apart; auto takes the first that works."),
    click.option(
        "--timeout",
        "seconds",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        default=600.0,
        show_default=True,
        help="End a program of a build that takes longer.",
    ),
    click.option(
        "--memory",
        metavar="SIZE",
        default="8G",
        show_default=True,
        callback=_size,
        help="Memory that a program of a build may take, where the system can say so; 0 for no limit.",
    ),
)

_MANY = (
    click.option(
        "--campaign", type=_PATH, metavar="FILE", help="Keep results in this database, and go on where it ended."
    ),
    click.option("--again", multiple=True, metavar="WHAT", help="Do a package, or a verdict, again (repeatable)."),
    click.option("-j", "--workers", type=click.IntRange(min=1), metavar="N", help="Verify N at a time; one a core."),
    click.option(
        "--cluster", metavar="ADDRESS", default="", help="Let a Dask scheduler's workers do it: tcp://HOST:PORT."
    ),
)

_OUTPUT = (
    click.option(
        "--at-least",
        type=click.Choice(RUNGS),
        default="same-contents",
        show_default=True,
        help="Exit 1 for what doesn't come as far.",
    ),
    click.option("--out", type=_FOLDER, metavar="DIR", help="Keep the evidence there: statement, rebuilt wheel, logs."),
    click.option("--sign", is_flag=True, help="Sign the statement with sigstore, as the identity that CI gives."),
    click.option(
        "--html", type=_FOLDER, metavar="DIR", help="Write pages for a browser into DIR: one each, and index.html."
    ),
    click.option("-v", "--verbose", is_flag=True, help="Print all that builds say on stderr, and every step."),
)
