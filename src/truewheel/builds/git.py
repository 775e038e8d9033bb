"""Git, asked about checkouts that strangers may have made: none of their programs is started."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from truewheel.builds.capture import Answer, asked
from truewheel.errors import RequestError

_OVERRULED: Final = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.sshCommand": "ssh -o BatchMode=yes",
    "safe.directory": "*",
    "advice.detachedHead": "false",
}
"""Settings that come before those of a repository (git-config, GIT_CONFIG_COUNT): what could name a program."""

_SCP: Final = re.compile(r"(?:[^@/:\s]+@)?([^/:@\s]{2,}):(?!:|//)(\S+)")
_KEPT: Final = {"GIT_EXEC_PATH", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"}


class Git:
    """The program, with an environment in which it asks nobody and trusts nothing of a repository's settings."""

    def __init__(self, caller: Mapping[str, str], seconds: float | None = None) -> None:
        self._environment = {
            **{name: value for name, value in caller.items() if not name.startswith("GIT_") or name in _KEPT},
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GCM_INTERACTIVE": "never",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
        }
        self._seconds = seconds
        self._program = shutil.which("git", path=caller.get("PATH"))

    def __bool__(self) -> bool:
        """Whether there is a git to ask."""
        return self._program is not None

    def ask(self, *words: str, folder: Path, settings: Mapping[str, str] | None = None, given: str = "") -> Answer:
        """What `git WORDS…` answers in a folder, whatever its exit status; `settings` come before all others.

        `given` is its standard input.
        """
        if self._program is None:
            raise RequestError("git isn't installed, and the source is a repository", hint="install git")
        overruling = {**_OVERRULED, **(settings or {})}
        environment = {**self._environment, "GIT_CONFIG_COUNT": str(len(overruling))}
        for index, (key, value) in enumerate(overruling.items()):
            environment |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
        return asked([self._program, *words], folder, environment, self._seconds, given)

    def told(self, *words: str, folder: Path, settings: Mapping[str, str] | None = None, given: str = "") -> bytes:
        """`ask`, for commands that must succeed. Raises `RequestError` with what git said."""
        answer = self.ask(*words, folder=folder, settings=settings, given=given)
        if answer.status:
            verb = next(word for word in words if not word.startswith("-"))
            lines = without_credentials_in(answer.complaint).split("\n")
            said = " / ".join(line.strip() for line in lines if line.strip())
            raise RequestError(f"git {verb} failed: {said or f'it ends with status {answer.status}'}")
        return answer.output


def public_url(url: str) -> str:
    """Where a repository can be had, without user, password, query and fragment; "" for one of this machine alone."""
    if scp := _SCP.fullmatch(url):
        return f"ssh://{scp[1]}/{scp[2].lstrip('/')}"
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"https", "http", "ssh", "git"} or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))


def without_credentials_in(text: str) -> str:
    """A message with every `user:password@` of an address left out."""
    return re.sub(r"(?<=://)[^/\s]*@", "", text)
