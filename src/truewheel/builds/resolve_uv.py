"""Build requirements by uv."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from truewheel.builds import lock
from truewheel.builds.installers import Ground, written
from truewheel.builds.lock import Choice
from truewheel.errors import RequestError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_COMMON: Final = ("--no-python-downloads", "--no-progress", "--color=never")
_HINTS: Final = {"Wheels are required for": "--requirements-from-source allows the sdist of what has no wheel"}
"""Other failures have other reasons, which uv tells: unknown names, an index that can't be reached."""


def find(caller: Mapping[str, str]) -> str | None:
    """The path of uv: that of the package in this environment, else the one on PATH. None where there is none."""
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - it may not be there
    except ImportError:
        return shutil.which("uv", path=caller.get("PATH"))
    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        return shutil.which("uv", path=caller.get("PATH"))


class Uv:
    """The installer; `program` is its path."""

    name = "uv"

    def __init__(self, program: str) -> None:
        self._program = program

    def create(self, ground: Ground) -> None:
        """Make the environment; relocatable, as a build may see it at another path."""
        self._run(
            ground, "venv", "--quiet", "--relocatable", "--no-project", "--allow-existing",
            f"--python={ground.python.executable}", str(ground.room.env),
        )  # fmt: skip

    def resolve(self, requirements: Sequence[str], ground: Ground) -> str:
        """Resolve to a lock that has every file which fits this Python."""
        request = ground.request
        wanted = written(ground.scratch / "requirements.in", requirements)
        result = ground.scratch / "pylock.resolved.toml"
        result.unlink(missing_ok=True)  # uv would prefer its versions
        words = ["--quiet", "--format=pylock.toml", "--generate-hashes", "--no-header", "--no-annotate", "--no-sources"]
        words += [f"--python={ground.python.executable}", f"--output-file={result}"]
        no_sources = not request.requirements_from_source
        words += ["--only-binary=:all:"] if no_sources else []
        words += [f"--constraints={path.absolute()}" for path in request.constraints]
        words += [f"--exclude-newer={request.exclude_newer}"] if request.exclude_newer else []
        self._run(ground, "pip", "compile", *words, str(wanted), hints=_HINTS if no_sources else None)
        try:
            document: dict[str, object] = tomllib.loads(result.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RequestError(f"uv wrote no lock that can be read: {error}", hint="uv 0.7 or later can") from None
        packages = document.get("packages")
        return lock.text_of(packages if isinstance(packages, list) else [], ground.python)

    def install(self, choices: Sequence[Choice], ground: Ground) -> None:
        """Copy the files out of uv's cache: a build that writes into its environment must not change that.

        Where all of them are in the cache, no index is asked, which takes longer than all the rest.
        """
        result = ground.scratch / "pylock.install.toml"
        result.write_text(lock.only(choices), encoding="utf-8")
        words = ["--link-mode=copy", f"--python={ground.interpreter}", "--allow-empty-requirements"]
        words += [] if ground.request.requirements_from_source else ["--only-binary=:all:"]
        command = [self._program, "pip", "sync", *words, str(result), *_COMMON]
        if not ground.works([*command, "--offline"]):
            ground.run(command)

    def _run(self, ground: Ground, *words: str, hints: Mapping[str, str] | None = None) -> None:
        ground.run([self._program, *words, *_COMMON], hints)
