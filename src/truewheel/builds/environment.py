"""The virtual environment of a build: made once, filled from a lock, and enlarged when a backend asks for more."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Wanted
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from truewheel.builds import lock
from truewheel.builds.installers import Ground, Installer
from truewheel.builds.isolation_workroom import remove
from truewheel.builds.lock import Choice
from truewheel.errors import RequestError, TruewheelError


class BuildEnvironment:
    """What a build has installed. ``text`` is the lock that it was installed from, and ``choices`` its files."""

    def __init__(self, ground: Ground, installer: Installer) -> None:
        self._ground, self._installer = ground, installer
        self._requirements: dict[str, None] = {}
        self._given = ground.request.lock
        self.text = lock.read(self._given) if self._given else ""
        self.choices: tuple[Choice, ...] = ()
        self._there: dict[str, tuple[Version, tuple[str, ...]]] = {}

    def create(self, requirements: Sequence[str]) -> None:
        """Make the environment with these requirements, and all else that a given lock has."""
        self._requirements |= dict.fromkeys(requirements)
        self._make()
        if self._given:
            self._choose()
            self._demand_locked()
            self._install()
        else:
            self._resolve()

    def add(self, requirements: Sequence[str]) -> None:
        """Have further requirements in it. Raises `RequestError` where a given lock lacks one."""
        self._requirements |= dict.fromkeys(requirements)
        if self._given:
            self._demand_locked()
        elif self._lacking() is not None:
            # Programs of the build have run since, and may have left others in it, which uv and pip would run here.
            self._make()
            self._resolve()

    def _make(self) -> None:
        self._ground.record.phase("make an environment")
        remove(self._ground.room.env)
        self._installer.create(self._ground)

    def _resolve(self) -> None:
        wanted = sorted(self._requirements)
        if wanted:
            self._ground.record.phase("resolve build requirements")
            self.text = self._installer.resolve(wanted, self._ground)
        else:
            self.text = lock.text_of((), self._ground.python)
        self._choose()
        self._install()

    def _choose(self) -> None:
        ground = self._ground
        try:
            self.choices = lock.choices(
                self.text,
                ground.python,
                from_source=ground.request.requirements_from_source,
                base=self._given.absolute().parent if self._given else None,
            )
        except TruewheelError as error:
            raise error.within(file=str(self._given or "")) from None

    def _install(self) -> None:
        if self.choices:
            self._ground.record.phase("install build requirements")
            self._installer.install(self.choices, self._ground)
        # Looked at now, as programs of the build may leave anything there, and nothing has run yet.
        self._there = dict(_installed(self._ground.room.env))
        missing = self._lacking()
        if missing is None:
            return
        if self._given:
            self._refuse(missing)
        raise RequestError(f"the build requirement {missing!r} isn't met by what was installed")

    def _demand_locked(self) -> None:
        missing = lock.unmet(self._requirements, self.choices, self._ground.python)
        if missing is not None:
            self._refuse(missing)

    def _refuse(self, missing: str) -> None:
        raise RequestError(
            f"the build requires {missing!r}, and the lock has nothing that fits {self._ground.python.name}",
            hint="lock again: build once without --lock, and take the pylock.toml that comes out",
        ).within(file=str(self._given))

    def _lacking(self) -> str | None:
        """The first requirement that what is installed doesn't meet, on the way to the last dependency."""
        there = self._there
        python = self._ground.python
        waiting = [(text, "") for text in self._requirements]
        seen = set(waiting)
        while waiting:
            text, extra = waiting.pop()
            wanted = _parsed(text)
            if wanted is None or not lock.applies(wanted, python, extra):
                continue
            version, dependencies = there.get(canonicalize_name(wanted.name), (None, ()))
            if version is None or not wanted.specifier.contains(version, prereleases=True):
                return text
            more = {(needed, part) for needed in dependencies for part in ("", *wanted.extras)} - seen
            seen |= more
            waiting.extend(sorted(more))
        return None


def _installed(environment: Path) -> Iterator[tuple[str, tuple[Version, tuple[str, ...]]]]:
    """Projects in a virtual environment: the normalized name, the version, and what they require."""
    folders = sorted({*environment.glob("[Ll]ib/site-packages"), *environment.glob("lib/*/site-packages")})
    for found in importlib.metadata.distributions(path=[str(folder) for folder in folders]):
        try:
            # Once importlib_metadata is loaded, by Dask for one, it answers here, and raises what others leave out.
            name: object = found.metadata["Name"]
            version = Version(found.version)
        except (InvalidVersion, TypeError, KeyError):
            continue
        if isinstance(name, str):
            yield canonicalize_name(name), (version, tuple(found.requires or ()))


def _parsed(text: str) -> Wanted | None:
    """A requirement, None where it is none: what is installed was taken by an installer, which knew how to read it."""
    try:
        return Wanted(text)
    except InvalidRequirement:
        return None
