from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from truewheel.builds import default_index
from truewheel.builds.capture import Answer
from truewheel.errors import RequestError

URL = "http://127.0.0.1:9/simple"


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    default_index._asked.cache_clear()
    yield
    default_index._asked.cache_clear()


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path)}


def test_uv_and_pip_tell_the_same(surroundings: dict[str, str]) -> None:
    answers = list(default_index._answers(surroundings))
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert answers[0].startswith("https://")
    assert default_index.default_index(surroundings) == answers[0]


def test_variables_dont_hide_the_default(surroundings: dict[str, str]) -> None:
    plain = default_index.default_index(surroundings)
    more = {"UV_INDEX": URL, "UV_DEFAULT_INDEX": URL, "PIP_INDEX_URL": URL, "UV_INDEX_URL": URL}
    assert default_index.default_index({**surroundings, **more}) == plain


def test_uvs_own_configuration_counts(surroundings: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "uv"
    folder.mkdir(parents=True)
    (folder / "uv.toml").write_text(f'[[index]]\nurl = "{URL}"\ndefault = true\n')
    assert default_index.default_index(surroundings) == URL


HELP = b"""
  -i, --index-url <url>
                Base URL of the index (default:
                http://127.0.0.1:9/
                simple). This should (default http://other/)
  --extra-index-url <url>
"""


def asking(monkeypatch: pytest.MonkeyPatch, *answers: Answer | RequestError) -> list[Sequence[str]]:
    """Have programs answer so, one after the other; what is asked."""
    left = list(answers)
    commands: list[Sequence[str]] = []

    def asked(command: Sequence[str], *_: object, **__: object) -> Answer:
        commands.append(command)
        answer = left.pop(0)
        if isinstance(answer, RequestError):
            raise answer
        return answer

    monkeypatch.setattr(default_index, "asked", asked)
    monkeypatch.setattr(default_index, "find", lambda caller: caller.get("UV"))
    return commands


@pytest.mark.parametrize(
    "first",
    [
        Answer(2, b"--index-url http://wrong/\n", "an old uv"),
        Answer(0, b"\n", ""),
        RequestError("uv can't be started"),
    ],
    ids=["fails", "silent", "won't start"],
)
def test_pip_is_asked_where_uv_tells_nothing(
    surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch, first: Answer | RequestError
) -> None:
    commands = asking(monkeypatch, first, Answer(0, HELP, ""))
    assert default_index.default_index({**surroundings, "UV": "uv"}) == URL
    assert [command[0] for command in commands] == ["uv", sys.executable]


def test_without_uv_pip_is_asked_once(surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    commands = asking(monkeypatch, Answer(0, HELP, ""))
    assert default_index.default_index(surroundings) == URL
    assert default_index.default_index(dict(surroundings)) == URL
    assert len(commands) == 1


def test_nobody_knows(surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    asking(monkeypatch, Answer(1, b"", "No module named pip"))
    with pytest.raises(RequestError, match="no package index is configured") as caught:
        default_index.default_index(surroundings)
    assert "--index-url" in caught.value.hint


def test_the_environment_of_this_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    asking(monkeypatch, Answer(0, b"--index-url http://127.0.0.1:9/simple\n", ""))
    monkeypatch.setenv("UV", "uv")
    assert default_index.default_index() == URL
