"""Emscripten (PEP 783): side modules of WebAssembly, whose release stands in the tag and nowhere in the file."""

from __future__ import annotations

from collections.abc import Mapping

from truewheel.binary.model import Wasm
from truewheel.policy.model import Outcome


def examine(images: Mapping[str, Wasm]) -> Outcome:
    """One reason for each module of Python that no tag can be computed.

    A module that opens with ``dylink.0`` and is called ``.so`` is loaded by Python; any other ``.wasm`` file is
    data for a runtime that the package brings or uses, and asks nothing of the platform.
    """
    modules = sorted(member for member, image in images.items() if image.shared and member.endswith(".so"))
    reason = "the Emscripten ABI (pyemscripten_YEAR_PATCH) isn't written in a WebAssembly file"
    return Outcome(unknown=tuple(f"{member}: {reason}" for member in modules))
