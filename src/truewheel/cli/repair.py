"""``truewheel repair``: what a wheel lacks is grafted, and its tags become true."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from truewheel import api
from truewheel.cli.common import Told, each, finish, json_option, limit_options, wheels_argument
from truewheel.cli.writing import Chosen, chosen, writing_options
from truewheel.errors import RequestError, TruewheelError
from truewheel.ops import failing
from truewheel.report import machine, text
from truewheel.wheel import Limits


@click.command("repair")
@wheels_argument
@click.option(
    "-w",
    "--wheel-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("wheelhouse"),
    show_default=True,
    help="Write the wheels into DIR.",
)
@click.option(
    "-L", "--lib-dir", multiple=True, metavar="DIR", help="Look for libraries in DIR (repeatable; before the others)."
)
@click.option("--ldpaths", metavar="DIRS", default="", help="More such folders, separated as in PATH.")
@click.option("--sysroot", metavar="DIR", help="Look for libraries in the system below DIR, as its loader would.")
@click.option("--host-libs", is_flag=True, help="Look for libraries on this machine too, as its loader would.")
@click.option(
    "--plat",
    multiple=True,
    metavar="TAG",
    envvar="AUDITWHEEL_PLAT",
    help="Fail unless the wheel is true to TAG (repeatable). The default, auto, takes what comes out.",
)
@click.option("--only-plat", is_flag=True, help="Write the tags of --plat alone, not the lowest true ones.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave libraries to another package (repeatable).")
@click.option(
    "--include",
    multiple=True,
    metavar="GLOB",
    help="Graft libraries that the platform promises, or that are opened at run time (repeatable).",
)
@click.option(
    "--lib-sdir", metavar="SUFFIX", default=".libs", show_default=True, help="Name the folder for grafts NAME+SUFFIX."
)
@click.option(
    "--expand-relr/--keep-relr", default=None, help="Write DT_RELR out or leave it. [default: written out for musl]"
)
@click.option("--keep-exec-stack", is_flag=True, help="Leave executable stacks, which glibc 2.41 no longer loads.")
@click.option("--strip", is_flag=True, help="Drop symbol tables and debug information from ELF files.")
@click.option("--sbom", is_flag=True, help="Add a bill of the grafted libraries (CycloneDX).")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings, such as an --exclude that matches nothing.")
@writing_options
@json_option
@limit_options
def command(
    *,
    wheels: tuple[Path, ...],
    wheel_dir: Path,
    dry_run: bool,
    strict: bool,
    as_json: bool,
    limits: Limits,
    **values: object,
) -> None:
    """Graft the libraries that wheels lack, and write tags that are true.

    Everything that the platform doesn't promise goes into the wheel, with names and search paths that find
    exactly that. Libraries are looked for in the places that are named, and nowhere else. Nothing is executed.
    """
    told = Told()
    try:
        options = chosen(limits, Chosen.of(values))
        wants, places = _wants(values), _places(values)
    except TruewheelError as error:
        told.add(error)
        finish(told)
        return

    def work(path: Path, advance: Callable[[int], None]) -> api.Repaired:
        occupied = [*wheels, *(result.path for result in done)]
        return api.repair(
            path,
            wheel_dir,
            wants,
            places,
            options=options,
            dry_run=dry_run,
            occupied=occupied,
            advance=advance,
        )

    done: list[api.Repaired] = []
    for _, result in each(wheels, told, work, "repairing"):
        done.append(result)
        if not as_json:
            click.echo(text.repaired(result))
    if as_json:
        click.echo(machine.document("repair", [machine.repaired(result) for result in done], told.errors))
    finish(told, found=strict and any(failing(result.findings) for result in done))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _wants(values: dict[str, object]) -> api.Wants:
    platforms = tuple(tag for tag in _texts(values["plat"]) if tag != "auto")
    only, folder, relr = bool(values["only_plat"]), str(values["lib_sdir"]), values["expand_relr"]
    if only and not platforms:
        raise RequestError("--only-plat needs a --plat TAG that it could be")
    if not folder or set(folder) & set("/\\$:"):
        raise RequestError(f"--lib-sdir {folder} is no suffix for the name of a folder", hint="such as .libs")
    return api.Wants(
        platforms=platforms,
        only=only,
        exclude=_texts(values["exclude"]),
        include=_texts(values["include"]),
        folder=folder,
        expand_relr=None if relr is None else bool(relr),
        keep_exec_stack=bool(values["keep_exec_stack"]),
        bill=bool(values["sbom"]),
        strip=bool(values["strip"]),
    )


def _places(values: dict[str, object]) -> api.Places:
    for option in ("lib_dir", "sysroot"):
        given = values[option]
        if given == "" or (isinstance(given, tuple) and "" in given):
            # A variable that nobody has set isn't the current folder.
            raise RequestError(f"--{option.replace('_', '-')} is empty, and names no folder")
    given = [os.environ.get("AUDITWHEEL_LD_LIBRARY_PATH", ""), str(values["ldpaths"])]
    sysroot = values["sysroot"]
    return api.Places(
        lib_dirs=_texts(values["lib_dir"]),
        ldpaths=tuple(folder for text in given for folder in text.split(os.pathsep) if folder),
        sysroot=None if sysroot is None else str(sysroot),
        host=bool(values["host_libs"]),
    )
