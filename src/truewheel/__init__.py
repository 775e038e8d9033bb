"""truewheel: trustworthy Python wheels.

    >>> import truewheel
    >>> audit = truewheel.show("numpy-2.5.5-cp312-cp312-win32.whl")  # doctest: +SKIP
    >>> audit.tags.verdict, audit.tags.computed  # doctest: +SKIP
    (<Verdict.EXACT: 'exact'>, ('win32',))

The verbs on files are `show`, `check`, `repair`, `fuse`, `normalize`, `check_normalized`, `retag`, `digest`,
`diff`, `pack`, `build` and `verify` (`truewheel.api`); the values and pure functions behind them are in
`truewheel.ops`, `truewheel.wheel`, `truewheel.binary` and `truewheel.policy`. All errors are
`truewheel.errors.TruewheelError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from truewheel.api import (
        Options,
        PackTerms,
        Places,
        Terms,
        Wants,
        build,
        check,
        check_normalized,
        check_packed,
        diff,
        digest,
        fuse,
        index_settings,
        load_packing,
        normalize,
        pack,
        read_campaign,
        repair,
        retag,
        show,
        targets,
        verify,
        verify_all,
    )

__version__ = "0.1.0"
__all__ = [
    "Options",
    "PackTerms",
    "Places",
    "Terms",
    "Wants",
    "__version__",
    "build",
    "check",
    "check_normalized",
    "check_packed",
    "diff",
    "digest",
    "fuse",
    "index_settings",
    "load_packing",
    "normalize",
    "pack",
    "read_campaign",
    "repair",
    "retag",
    "show",
    "targets",
    "verify",
    "verify_all",
]


def __getattr__(name: str) -> object:
    """Load the verbs when they are first used, so that importing truewheel costs nothing."""
    if name in __all__:
        from truewheel import api  # noqa: PLC0415  # the point of this function

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
