"""What the commands share: options, the loop over wheels, progress, and how errors are told."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import click

from truewheel.errors import RequestError, TruewheelError
from truewheel.report import text
from truewheel.wheel import Limits

_T = TypeVar("_T")
_BAR_FROM_BYTES, _BAR_FROM_WHEELS = 20_000_000, 5


def _expanded(_context: click.Context, _parameter: click.Parameter, wheels: tuple[Path, ...]) -> tuple[Path, ...]:
    """The paths, with patterns expanded where the shell didn't (cmd.exe), as delocate and delvewheel do."""
    return tuple(path for wheel in wheels for path in _matches(wheel))


def expanded_words(_context: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """The same for words that may be addresses, or have a hash behind them."""
    plain = re.compile(r"https?://|.*#sha256=|[^*?\[]*\Z", re.IGNORECASE | re.DOTALL)
    return tuple(str(path) for word in words for path in ([word] if plain.match(word) else _matches(Path(word))))


def _matches(wheel: Path) -> list[Path]:
    if not any(c in wheel.name for c in "*?[") or wheel.exists():
        return [wheel]
    try:
        return sorted(wheel.parent.glob(wheel.name)) or [wheel]
    except (ValueError, NotImplementedError):  # no pattern that glob understands, and no file: opening it says so
        return [wheel]


def _several(metavar: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The argument of the commands that take several files."""
    kind = click.Path(path_type=Path)
    return click.argument("wheels", metavar=metavar, nargs=-1, required=True, type=kind, callback=_expanded)


wheels_argument = _several("WHEEL...")
files_argument = _several("FILE...")
exclude_option = click.option(
    "--exclude", multiple=True, metavar="GLOB", help="Don't miss these libraries: another package brings them."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON document instead of text.")


_LIMITS = {
    "members": "Refuse wheels of more than N members.",
    "member_size": "Refuse members of more than N bytes, unpacked.",
    "total_size": "Refuse wheels of more than N bytes, unpacked.",
    "ratio": "Refuse members that unpack to more than N times their size.",
    "total_ratio": "Refuse large wheels that unpack to more than N times their size.",
    "name_length": "Refuse names of more than N bytes.",
    "depth": "Refuse members that lie more than N folders deep.",
}


def limit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that move the limits for hostile archives; the command gets them as one `Limits`."""

    @functools.wraps(command)
    def limited(**values: object) -> None:
        chosen = {field: value for field in _LIMITS if isinstance(value := values.pop(f"max_{field}"), int)}
        command(limits=dataclasses.replace(Limits(), **chosen), **values)

    wrapped: Callable[..., None] = limited
    for field, what in reversed(_LIMITS.items()):
        option = f"--max-{field.replace('_', '-')}"
        value = getattr(Limits(), field)
        kind = click.IntRange(min=1)
        wrapped = click.option(option, type=kind, metavar="N", default=value, show_default=True, help=what)(wrapped)
    return wrapped


class Told:
    """The errors of a run over several wheels: told as they come, counted for the exit status."""

    def __init__(self) -> None:
        self.errors: list[TruewheelError] = []

    def add(self, error: TruewheelError) -> None:
        """Tell an error on stderr and remember it."""
        self.errors.append(error)
        click.echo(text.failure(error), err=True)

    @contextlib.contextmanager
    def catching(self, path: Path) -> Iterator[None]:
        """Tell what goes wrong in the block, with the wheel's name, and go on behind it."""
        try:
            yield
        except TruewheelError as error:
            self.add(error.within(file=str(path)))
        except MemoryError:
            self.add(RequestError("there is not enough memory for it").within(file=str(path)))
        except OSError as error:
            self.add(RequestError(f"can't be read: {error.strerror or error}").within(file=str(path)))


def each(
    wheels: Sequence[Path], told: Told, work: Callable[[Path, Callable[[int], None]], _T], verb: str
) -> Iterator[tuple[Path, _T]]:
    """Do `work` for each wheel. One that fails is told, and the others are still done."""
    with _progress(wheels, verb) as advance_of:
        for path in wheels:
            with told.catching(path):
                yield path, work(path, advance_of(path))


@contextlib.contextmanager
def _progress(paths: Sequence[Path], verb: str) -> Iterator[Callable[[Path], Callable[[int], None]]]:
    """A bar on stderr for many or large wheels, if stderr is a terminal; else nothing at all."""
    size = sum(path.stat().st_size for path in paths if path.is_file())
    if not sys.stderr.isatty() or (size < _BAR_FROM_BYTES and len(paths) < _BAR_FROM_WHEELS):
        yield lambda _: lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # rich is loaded for terminals alone: it takes 50 ms
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415  # the same

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def start(path: Path) -> Callable[[int], None]:
            # A wheel's unpacked size isn't known before it is open; three times the file is near enough.
            total = max(3 * path.stat().st_size, 1) if path.is_file() else 1
            task = progress.add_task(f"{verb} {path.name[:60]}", total=total)

            def advance(count: int) -> None:
                progress.advance(task, count)

            return advance

        yield start


def fancy() -> bool:
    """Whether stdout is a terminal that deserves frames and, unless NO_COLOR is set, colour."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def finish(told: Told, *, found: bool = False) -> None:
    """End the command: 2 if anything could not be done, 1 if anything was found, else 0."""
    if told.errors:
        sys.exit(max(error.exit_status for error in told.errors))
    if found:
        sys.exit(1)
