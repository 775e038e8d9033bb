"""Sigstore's verifier with the authorities that it ships with: no network, and no file of the user's is written."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from sigstore.verify import Verifier

_TRUST: Final = {False: "https://tuf-repo-cdn.sigstore.dev", True: "https://tuf-repo-cdn.sigstage.dev"}
"""Where sigstore's authorities are published: those of everyday, and those for trying things out."""


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to themselves the warnings of libraries that are loaded or used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def verifier(*, staging: bool = False, offline: bool = True) -> Verifier:
    """What checks signatures, certificates and log entries. Loads sigstore (0.4 s).

    With `offline` it trusts the authorities inside the sigstore package; its own offline mode would write them into
    the home folder first. Otherwise it asks for the newest ones. Raises whatever sigstore raises.
    """
    from sigstore.models import TrustedRoot  # noqa: PLC0415  # only where something was signed
    from sigstore.verify import Verifier  # noqa: PLC0415

    make = Verifier.staging if staging else Verifier.production
    if not offline:
        return make(offline=False)
    inside = resources.files("sigstore") / "_store" / quote(_TRUST[staging], safe="") / "trusted_root.json"
    if not inside.is_file():  # another version of sigstore has it elsewhere
        return make(offline=True)
    with resources.as_file(inside) as path:
        return Verifier(trusted_root=TrustedRoot.from_file(str(path)))
