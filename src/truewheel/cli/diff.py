"""``truewheel diff``: what differs between two wheels, sdists or directories, and why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import click

from truewheel import api
from truewheel.api.common import real, same_place
from truewheel.cli.common import Told, fancy, finish, limit_options
from truewheel.compare.model import Comparison
from truewheel.errors import RequestError
from truewheel.report import machine, text
from truewheel.report.machine_comparisons import compared
from truewheel.wheel import Limits
from truewheel.world import replacing


class _Asked(NamedTuple):
    """How it is to be told."""

    form: str
    full: bool


class _Named(click.Path):
    """A path that isn't empty: that would be the current directory, where a variable isn't set."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Fails for an empty one."""
        if not os.fspath(value):
            self.fail("an empty path names nothing (say . for the current directory)", param, ctx)
        return Path(os.fspath(value))


@click.command("diff")
@click.argument("left", metavar="A", type=_Named(path_type=Path))
@click.argument("right", metavar="B", type=_Named(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="How it is told; html is one page that stands alone.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it to FILE.")
@click.option("--contents", is_flag=True, help="Leave out how members are stored: times, order, compression.")
@click.option("--full", is_flag=True, help="Don't cut long lists of text.")
@limit_options
def command(
    *,
    left: Path,
    right: Path,
    form: str,
    as_json: bool,
    output: Path | None,
    contents: bool,
    full: bool,
    limits: Limits,
) -> None:
    """Say what differs between A and B, and why. Exit 1 if anything does.

    Each is a wheel, an sdist or another archive, a directory, or a single file. Members are compared section by
    section, field by field and line by line, and where the cause of a difference can be recognized, it is
    named with what mends it.
    """
    told = Told()
    asked = _Asked("json" if as_json else form, full)
    done: list[Comparison] = []
    with told.catching(left):
        done.append(api.diff(left, right, contents_only=contents, limits=limits))
    if output is None:
        _print(asked, done, told)
    elif done or asked.form == "json":
        with told.catching(output):
            _write(output, _rendered(asked, done, told), (left, right))
            for comparison in done:
                click.echo(text.compared_to(comparison, str(output), page=asked.form == "html"))
    finish(told, found=any(not comparison.equal for comparison in done))


def _print(asked: _Asked, done: list[Comparison], told: Told) -> None:
    """Put it on stdout, with colour where that is a terminal."""
    if asked.form == "text" and fancy():
        from rich.console import Console  # noqa: PLC0415  # rich is loaded for terminals alone: it takes 50 ms

        from truewheel.report import terminal  # noqa: PLC0415  # it needs rich

        # NO_COLOR (no-color.org) is taken to mean no escapes at all; rich alone would still print bold.
        console = Console(color_system=None if os.environ.get("NO_COLOR") else "auto")
        for comparison in done:
            console.print(terminal.compared(comparison, full=asked.full), soft_wrap=True)
    elif done or asked.form == "json":
        click.echo(_rendered(asked, done, told), nl=False)


def _rendered(asked: _Asked, done: list[Comparison], told: Told) -> str:
    """The text, the document or the page, with the end of its last line."""
    if asked.form == "json":
        found = [compared(comparison) for comparison in done]
        return machine.document("diff", found, told.errors, subject="comparisons") + "\n"
    if asked.form == "html":
        from truewheel.report import html  # noqa: PLC0415  # for pages alone

        return "".join(map(html.compared, done))
    return "".join(f"{text.compared(comparison, full=asked.full)}\n" for comparison in done)


def _write(output: Path, said: str, sides: tuple[Path, Path]) -> None:
    for side in sides:
        if same_place(side, output):
            raise RequestError("the result would take the place of what is compared", hint="name another file with -o")
    target = real(output)
    if target.exists() and not target.is_file() and not target.is_dir():
        target.write_bytes(said.encode())  # a device or a pipe: it stays what it is
        return
    with replacing(target) as file:
        file.write(said.encode())
