"""The options of the commands that write wheels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from truewheel import api
from truewheel.errors import RequestError
from truewheel.wheel import Limits, Profile
from truewheel.world import source_date_epoch

_T = TypeVar("_T")


def folder_option(default: str) -> Callable[[Callable[..., _T]], Callable[..., _T]]:
    """The option that says where results go."""
    return click.option(
        "-w",
        "--wheel-dir",
        type=click.Path(path_type=Path),
        metavar="DIR",
        default=Path(default),
        show_default=True,
        help="Write what comes out into DIR.",
    )


wheelhouse_option = folder_option("wheelhouse")


def writing_options(command: Callable[..., _T]) -> Callable[..., _T]:
    """Add the options that say how an archive is written."""
    for option in reversed(
        (
            click.option(
                "--profile",
                type=click.Choice([profile.value for profile in Profile]),
                help="ld1: libdeflate 6 (default). zlib6: as most published wheels. keep: as --keep-compression.",
            ),
            click.option(
                "--keep-compression", is_flag=True, help="Copy compressed streams as they are (profile keep)."
            ),
            click.option(
                "--no-verify", is_flag=True, help="With --keep-compression: don't inflate and verify members."
            ),
            click.option(
                "--drop-signatures", is_flag=True, help="Leave out RECORD.jws and RECORD.p7s if RECORD changes."
            ),
            click.option("--derive-modes", is_flag=True, help="Make programs executable by their first bytes."),
        )
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen of the writing options."""

    profile: str | None
    keep_compression: bool
    no_verify: bool
    drop_signatures: bool
    derive_modes: bool

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Chosen:
        """The values of click's parameters."""
        profile = values["profile"]
        flags = ("keep_compression", "no_verify", "drop_signatures", "derive_modes")
        return cls(str(profile) if profile else None, *(bool(values[flag]) for flag in flags))


def chosen(limits: Limits, options: Chosen) -> api.Options:
    """The options of the library. Raises `RequestError` where two of them contradict each other."""
    if options.keep_compression and options.profile not in {None, "keep"}:
        raise RequestError(f"--keep-compression and --profile {options.profile} contradict each other")
    profile = Profile("keep" if options.keep_compression else options.profile or "ld1")
    if options.no_verify and profile is not Profile.KEEP:
        raise RequestError(
            "--no-verify goes with --keep-compression only",
            hint="recompressing inflates every member anyway, and what is inflated is verified",
        )
    return api.Options(
        profile=profile,
        verify=not options.no_verify,
        drop_signatures=options.drop_signatures,
        derive_modes=options.derive_modes,
        timestamp=source_date_epoch(),
        limits=limits,
    )
