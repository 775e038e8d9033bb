"""A build backend around another one (PEP 517, PEP 660): what it builds is canonical, and the same everywhere.

pyproject.toml names this module, and the backend that does the work::

    [build-system]
    requires = ["truewheel", "setuptools>=80"]
    build-backend = "truewheel.backend"

    [tool.truewheel]
    backend = "setuptools.build_meta"

Every hook is that backend's own, called in a process whose circumstances are fixed: time zone, locale, hash seed,
umask, SOURCE_DATE_EPOCH, and compilers that leave the names of folders out. Wheels and sdists are canonical when a hook
returns. Hooks for editable installs are passed on with nothing changed. The optional hooks exist where the backend has
them. docs/backend.md has the reasons.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

Settings: TypeAlias = "Mapping[str, str | list[str]] | None"

__all__ = ["UnsupportedOperation", "build_sdist", "build_wheel"]


class UnsupportedOperation(Exception):  # noqa: N818 - PEP 517 gives it this name
    """The wrapped backend says that it can't build this here."""


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Build a wheel into a folder, in canonical form, and give its name (PEP 517)."""
    with _told():
        from truewheel.builds.wrapped_hooks import built  # noqa: PLC0415  # frontends import this module to ask for hooks

        return built("build_wheel", wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build a source distribution into a folder, in canonical form, and give its name (PEP 517)."""
    with _told():
        from truewheel.builds.wrapped_hooks import built  # noqa: PLC0415  # as above

        return built("build_sdist", sdist_directory, config_settings)


def __getattr__(name: str) -> Callable[..., object]:
    """The optional hooks: those that the wrapped backend of the project in the current folder has."""
    if name in _OPTIONAL:
        with _told():
            from truewheel.builds.wrapped_hooks import optional_hooks  # noqa: PLC0415  # as above

            found = optional_hooks()
        if name in found:
            return _OPTIONAL[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _requirements(hook: str) -> Callable[..., object]:
    def get_requires(config_settings: Settings = None) -> object:
        with _told():
            from truewheel.builds.wrapped_hooks import requirements  # noqa: PLC0415  # as above

            return requirements(hook, config_settings)

    return get_requires


def _prepare_metadata(metadata_directory: str, config_settings: Settings = None) -> str:
    with _told():
        from truewheel.builds.wrapped_hooks import prepared  # noqa: PLC0415  # as above

        return prepared(metadata_directory, config_settings)


def _editable_requirements(config_settings: Settings = None) -> object:
    with _told():
        from truewheel.builds.wrapped_hooks import passed_on  # noqa: PLC0415  # as above

        return passed_on("get_requires_for_build_editable", config_settings)


def _prepare_editable_metadata(metadata_directory: str, config_settings: Settings = None) -> object:
    with _told():
        from truewheel.builds.wrapped_hooks import passed_on  # noqa: PLC0415  # as above

        return passed_on("prepare_metadata_for_build_editable", metadata_directory, config_settings)


def _build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> object:
    with _told():
        from truewheel.builds.wrapped_hooks import passed_on  # noqa: PLC0415  # as above

        return passed_on("build_editable", wheel_directory, config_settings, metadata_directory)


_OPTIONAL: dict[str, Callable[..., object]] = {
    "get_requires_for_build_sdist": _requirements("get_requires_for_build_sdist"),
    "get_requires_for_build_wheel": _requirements("get_requires_for_build_wheel"),
    "prepare_metadata_for_build_wheel": _prepare_metadata,
    "get_requires_for_build_editable": _editable_requirements,
    "prepare_metadata_for_build_editable": _prepare_editable_metadata,
    "build_editable": _build_editable,
}


@contextmanager
def _told() -> Iterator[None]:
    """End the process over our own errors with a sentence.

    Frontends show the last lines of a hook that failed, and a traceback of ours would hide what they say.
    """
    from truewheel.errors import TruewheelError, printable  # noqa: PLC0415  # as above

    try:
        yield
    except TruewheelError as error:
        failure = error
    else:
        return
    from truewheel.builds.wrapped_call import HookError, UnsupportedError  # noqa: PLC0415  # as above

    if isinstance(failure, UnsupportedError):
        raise UnsupportedOperation(failure.what)
    hint = "".join(f"\n  {printable(line)}".rstrip(" ") for line in failure.hint.splitlines())
    sys.stderr.write(f"truewheel.backend: {failure}{hint}\n")
    raise SystemExit(failure.status if isinstance(failure, HookError) else 1)
