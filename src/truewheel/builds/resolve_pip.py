"""Build requirements by pip: that of this environment, or one that the building Python brings along."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement as Wanted

from truewheel.builds import lock
from truewheel.builds.git import without_credentials_in
from truewheel.builds.installers import Ground, program_in, written
from truewheel.builds.lock import Choice
from truewheel.errors import RequestError

_QUIET: Final = ("--disable-pip-version-check", "--no-input", "--no-color")
_HINTS: Final = {
    "(from versions: none)": "the name may be wrong, or no index can be reached; or there is no wheel, and "
    "--requirements-from-source allows the sdist"
}
"""pip says the same in all these cases."""


class Pip:
    """The installer."""

    name = "pip"

    def create(self, ground: Ground) -> None:
        """Make the environment, without a pip of its own: that is no requirement of the build."""
        self._venv(ground, ground.room.env, "--without-pip")
        if not _own_pip() and not self._spare(ground).exists():
            self._venv(ground, self._spare(ground))

    def resolve(self, requirements: Sequence[str], ground: Ground) -> str:
        """Resolve to a lock that has the files which pip would install."""
        request = ground.request
        if request.exclude_newer:
            raise RequestError("pip can't resolve as of a date", hint="use uv for --exclude-newer: --installer uv")
        if not request.requirements_from_source:
            _demand_index(requirements)
        wanted = written(ground.scratch / "requirements.in", requirements)
        report = ground.scratch / "report.json"
        words = ["--dry-run", "--ignore-installed", "--quiet", "--report", str(report), "-r", str(wanted)]
        no_sources = not request.requirements_from_source
        words += ["--only-binary=:all:"] if no_sources else []
        for path in request.constraints:
            words += ["--constraint", str(path.absolute())]
        self._run(ground, "install", *words, hints=_HINTS if no_sources else None)
        return lock.text_of(_packages(json.loads(report.read_text(encoding="utf-8"))), ground.python)

    def install(self, choices: Sequence[Choice], ground: Ground) -> None:
        """Install the files by their hashes, from wherever pip's own settings find them, and nothing else."""
        lines = []
        for choice in choices:
            name, version, _, sha256 = choice.requirement
            source = f"{name}=={version}" if choice.form != "archive" else f"{name} @ {choice.url}"
            lines.append(f"{source} --hash=sha256:{sha256}")
        wanted = written(ground.scratch / "requirements.txt", lines)
        words = ["--no-deps", "--require-hashes", "--no-compile", "--no-warn-script-location", "--force-reinstall"]
        words += [] if ground.request.requirements_from_source else ["--only-binary=:all:"]
        self._run(ground, "install", "--quiet", *words, "-r", str(wanted))
        self._move_scripts(ground)

    def _run(self, ground: Ground, *words: str, hints: Mapping[str, str] | None = None) -> None:
        python = sys.executable if _own_pip() else str(program_in(self._spare(ground), "python"))
        ground.run([python, "-I", "-m", "pip", "--python", str(ground.interpreter), *words, *_QUIET], hints)

    @staticmethod
    def _venv(ground: Ground, folder: Path, *options: str) -> None:
        ground.run([str(ground.python.executable), "-I", "-m", "venv", *options, str(folder)])

    @staticmethod
    def _spare(ground: Ground) -> Path:
        """An environment with pip alone, where this one has none."""
        return ground.scratch / "pip"

    @staticmethod
    def _move_scripts(ground: Ground) -> None:
        """Have the scripts find their Python wherever the environment is seen: they name it by an absolute path."""
        if os.name == "nt":
            return
        for script in sorted(ground.interpreter.parent.iterdir()):
            if script.is_symlink() or not script.is_file():
                continue
            text = script.read_bytes()
            first, _, rest = text.partition(b"\n")
            if first.startswith(b"#!" + os.fsencode(ground.room.env)):
                script.write_bytes(_HEAD + rest)


_HEAD: Final = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")"/'python' "$0" "$@"
' '''
"""
"""Read by sh and by Python, which takes the second line for a string: the same that uv writes where it relocates."""


def _demand_index(requirements: Sequence[str]) -> None:
    """Raise `RequestError` for a requirement with an address: pip builds what it finds there, whatever it is told.

    That would run with the caller's environment and nothing around it. What indexes have comes as wheels alone.
    """
    for text in requirements:
        if Wanted(text).url:
            raise RequestError(
                f"pip could build {without_credentials_in(text)!r} outside of all isolation",
                hint="use uv, which takes nothing but wheels there (--installer uv), or --requirements-from-source",
            )


def _own_pip() -> bool:
    """Whether this Python has a pip, as most do."""
    return importlib.util.find_spec("pip") is not None


def _packages(report: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Tables of a lock for what pip says it would install (pip's installation report, version 1)."""
    found = report.get("install")
    for item in found if isinstance(found, list) else []:
        metadata, origin = item["metadata"], item["download_info"]
        archive = origin.get("archive_info")
        if archive is None:
            raise RequestError(f"{metadata['name']} is a folder or a repository, which has no hash")
        hashes = archive.get("hashes") or dict([archive["hash"].split("=", 1)] if archive.get("hash") else [])
        file = {"url": origin["url"], "hashes": hashes}
        table = {"name": lock.project(metadata["name"]), "version": metadata["version"]}
        if item.get("is_direct"):
            yield {**table, "archive": file}
        elif origin["url"].partition("#")[0].endswith(".whl"):
            yield {**table, "wheels": [file]}
        else:
            yield {**table, "sdist": file}
