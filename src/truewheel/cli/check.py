"""``truewheel check``: rules, findings, and an exit status for CI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from truewheel import __version__, api
from truewheel.cli.common import Told, each, exclude_option, finish, limit_options, wheels_argument
from truewheel.errors import TruewheelError
from truewheel.ops import Audit, failing
from truewheel.report import machine, sarif, text
from truewheel.rules import RULES, selected
from truewheel.wheel import Limits
from truewheel.world import load_settings


def _words(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Selectors may be repeated or joined by commas."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def _print_rules(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(text.rule_list(RULES.values()))
        context.exit()


@click.command("check")
@wheels_argument
@click.option(
    "--select", multiple=True, callback=_words, metavar="RULES", help="Only these rules: ids, families, names."
)
@click.option("--ignore", multiple=True, callback=_words, metavar="RULES", help="Not these rules.")
@click.option("--strict/--no-strict", default=None, help="Notes and warnings count as much as the rules allow.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How findings are printed.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--rules", is_flag=True, is_eager=True, callback=_print_rules, expose_value=False, help="List the rules.")
@exclude_option
@limit_options
def command(
    *,
    wheels: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    strict: bool | None,
    exclude: tuple[str, ...],
    form: str,
    as_json: bool,
    limits: Limits,
) -> None:
    """Check wheels against the rules. Exit 1 if there are errors or warnings.

    Every byte is read and verified. Options stand in `[tool.truewheel.check]` of pyproject.toml as well
    (select, ignore, strict, exclude); the command line overrules them.
    """
    told = Told()
    try:
        settings = load_settings()
        chosen, ignored = select or settings.select, ignore or settings.ignore
        selected(chosen)
        selected(ignored)
    except TruewheelError as error:
        told.add(error)
        finish(told)
        return
    severe = settings.strict if strict is None else strict

    def work(path: Path, advance: Callable[[int], None]) -> Audit:
        return api.check(
            path,
            select=chosen,
            ignore=ignored,
            strict=severe,
            exclude=exclude or settings.exclude,
            limits=limits,
            advance=advance,
        )

    audits = [audit for _, audit in each(wheels, told, work, "checking")]
    click.echo(_rendered(audits, told, "json" if as_json else form))
    finish(told, found=any(failing(audit.findings) for audit in audits))


def _rendered(audits: list[Audit], told: Told, form: str) -> str:
    if form == "json":
        return machine.document("check", [machine.checked(audit) for audit in audits], told.errors)
    if form == "sarif":
        return sarif.document(audits, told.errors, __version__)
    if form == "github":
        return sarif.github(audits, told.errors)
    return text.checked(audits)
