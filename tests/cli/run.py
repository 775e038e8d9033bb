"""Runs the command line in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from click.testing import CliRunner, Result

from tests.support import closed_schema
from truewheel.cli import _group


def run(*arguments: str | Path) -> Result:
    """The result of ``truewheel ARGUMENTS``. An exception that escapes is a defect, and is raised here."""
    return CliRunner().invoke(_group, [str(argument) for argument in arguments], catch_exceptions=False)


def document(command: str, *arguments: str | Path, status: int = 0) -> dict[str, list[dict[str, object]]]:
    """The JSON that a command prints, valid under its published schema."""
    result = run(command, "--json", *arguments)
    assert result.exit_code == status, result.output
    parsed = json.loads(result.stdout)
    closed_schema(command).validate(parsed)
    return cast("dict[str, list[dict[str, object]]]", parsed)
