"""The options of ``truewheel build``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import click

from truewheel.wheel import Profile

_T = TypeVar("_T")
_PATH = click.Path(path_type=Path)


def _variables(_context: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE, or NAME alone for the caller's own value, as with `docker run --env`."""
    found: dict[str, str] = {}
    for word in words:
        name, given, value = word.partition("=")
        if not name or "\0" in word:
            raise click.BadParameter(f"{word!r} is not NAME=VALUE")
        if not given and name not in os.environ:
            raise click.BadParameter(f"{name} isn't set here; say {name}=VALUE")
        found[name] = value if given else os.environ[name]
    return found


def _settings(
    _context: click.Context, _parameter: click.Parameter, words: tuple[str, ...]
) -> Mapping[str, str | list[str]]:
    """KEY=VALUE; a key that comes again gets a list, as in pip, build and uv."""
    found: dict[str, str | list[str]] = {}
    for word in words:
        key, _, value = word.partition("=")
        before = found.get(key)
        if before is None:
            found[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[key] = [before, value]
    return found


def installer_option(said: str) -> Callable[[Callable[..., _T]], Callable[..., _T]]:
    """The option that chooses between uv and pip; `said` is its help."""
    kind = click.Choice(["auto", "uv", "pip"])
    return click.option("--installer", type=kind, default="auto", show_default=True, help=said)


def isolation_option(said: str) -> Callable[[Callable[..., _T]], Callable[..., _T]]:
    """The option that chooses what keeps builds apart; `said` is its help."""
    kind = click.Choice(["auto", "bubblewrap", "namespaces", "none"])
    return click.option("--isolation", type=kind, default="auto", show_default=True, help=said)


def build_options(command: Callable[..., _T]) -> Callable[..., _T]:
    """Add the options that say what is built, with what, and what keeps it apart."""
    for option in reversed((*_WHAT, *_REQUIREMENTS, *_APART, *_OUTPUT)):
        command = option(command)
    return command


_WHAT = (
    click.option("--sdist", is_flag=True, help="Build the sdist alone."),
    click.option("--wheel", is_flag=True, help="Build the wheel alone, from SRC directly."),
    click.option("--twice", is_flag=True, help="Build again under other circumstances; exit 1 if anything differs."),
    click.option("--python", metavar="PYTHON", help="Build with this Python: a version, or a path."),
    click.option(
        "-C",
        "--config-setting",
        "config_settings",
        multiple=True,
        callback=_settings,
        metavar="KEY[=VALUE]",
        help="A setting for the backend (repeatable).",
    ),
    click.option(
        "--env",
        "environment",
        multiple=True,
        callback=_variables,
        metavar="NAME[=VALUE]",
        help="Set a variable for the build, or pass yours on (repeatable).",
    ),
)

_REQUIREMENTS = (
    click.option(
        "--lock", type=_PATH, metavar="FILE", help="Install build requirements from this pylock.toml; resolve nothing."
    ),
    click.option(
        "-c",
        "--build-constraint",
        "constraints",
        multiple=True,
        type=_PATH,
        metavar="FILE",
        help="Constrain build requirements, in pip's format (repeatable).",
    ),
    click.option("--exclude-newer", metavar="DATE", help="Resolve as on DATE (with uv)."),
    click.option(
        "--requirements-from-source",
        is_flag=True,
        help="Allow build requirements without wheels, whose own builds see your environment.",
    ),
    installer_option("What resolves and installs build requirements."),
)

_APART = (
    click.option("--network", is_flag=True, help="Let the build reach the network."),
    isolation_option("What keeps the build apart; auto takes the first that works."),
    click.option(
        "--timeout",
        "seconds",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="End a program that takes longer.",
    ),
    click.option("--keep", is_flag=True, help="Leave the build's folder behind, with repeat.sh in it."),
)

_OUTPUT = (
    click.option("--log", type=_PATH, metavar="FILE", help="Write the log there, not into DIR."),
    click.option("-v", "--verbose", is_flag=True, help="Print all output on stderr, too."),
    click.option(
        "--profile",
        type=click.Choice([profile.value for profile in Profile if profile is not Profile.KEEP]),
        default=Profile.LD1.value,
        show_default=True,
        help="How the wheel is compressed.",
    ),
)
