"""Emscripten: the release isn't in the file, so it is never guessed."""

from __future__ import annotations

from truewheel.binary.model import Wasm
from truewheel.policy import emscripten
from truewheel.policy.model import Outcome


def test_a_module_has_a_reason_and_data_has_none() -> None:
    outcome = emscripten.examine(
        {
            "p/_c.cpython-313-wasm32-emscripten.so": Wasm(1, shared=True, needed=()),
            "p/grammar.wasm": Wasm(1, shared=True, needed=()),
            "p/tool.so": Wasm(1, shared=False, needed=()),
        }
    )
    (reason,) = outcome.unknown
    assert reason.startswith("p/_c.cpython-313-wasm32-emscripten.so: the Emscripten ABI")
    assert outcome.requirements == ()


def test_nothing_to_say_of_nothing() -> None:
    assert emscripten.examine({}) == Outcome()
