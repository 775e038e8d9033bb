"""What installers could take for more than it is, and passwords that reports could tell, as a reviewer has found."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from truewheel.api import building
from truewheel.builds import lock
from truewheel.builds.git import without_credentials_in
from truewheel.builds.interpreter import probed
from truewheel.builds.isolation import choose
from truewheel.builds.model import Artefact, Conditions, Epoch, Made, Request, Workroom
from truewheel.builds.pyproject import demand_requirements
from truewheel.builds.resolve_pip import _demand_index
from truewheel.errors import RequestError


@pytest.mark.parametrize(
    "word",
    [
        "a @ https://example.org/a.whl\n--editable=/home",  # a line of its own in a file of requirements
        "a @ https://example.org/a.whl\r--pre",
        "a @ https://example.org/a.whl\u2028--pre",  # where Python, and so pip, begins a new line
        "a @ https://example.org/\ud800.whl",
        "a @ https://example.org/${TOKEN}/a.whl",  # pip and uv put the variable in, and ask example.org
        "a @ https://example.org/a.whl#${TOKEN}",
    ],
)
def test_requirements_that_installers_take_for_more(word: str) -> None:
    with pytest.raises(RequestError, match="which is no requirement"):
        demand_requirements([word], "somebody")
    assert demand_requirements(["a\t>= 1 ; python_version > '3'"], "somebody") == ("a\t>= 1 ; python_version > '3'",)


def test_pip_builds_nothing_that_an_address_leads_to() -> None:
    """It takes --only-binary for what indexes have alone, and runs the backend of anything else on the host."""
    _demand_index(["a>=1", "b; python_version < '4'"])
    for word in ("a @ file:///home/a", "a @ https://me:hidden@example.org/a.tar.gz", "a @ git+https://example.org/a"):
        with pytest.raises(RequestError, match="outside of all isolation") as caught:
            _demand_index([word])
        assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("sha256", "url", "says"),
    [
        ("0" * 63 + "\n", "https://example.org/a-1-py3-none-any.whl", "has no sha256"),
        ("0 --pre" + "0" * 57, "https://example.org/a-1-py3-none-any.whl", "has no sha256"),
        ("0" * 64, "https://example.org/\n--pre/a-1.whl", "address that is none"),
        ("0" * 64, "https://example.org/${TOKEN}/a-1.whl", "address that is none"),
        ("0" * 64, "https://example.org/a-1.tar.gz?/a.whl", "isn't a wheel"),
    ],
)
def test_locks_that_installers_take_for_more(sha256: str, url: str, says: str) -> None:
    archive = f"{{ url = {json.dumps(url)}, hashes = {{ sha256 = {json.dumps(sha256)} }} }}"
    text = f'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\narchive = {archive}\n'
    with pytest.raises(RequestError, match=says):
        lock.choices(text, probed(sys.executable, os.environ))


def test_passwords_with_quotes() -> None:
    said = without_credentials_in("""fatal: "https://me:it's@example.org/a", 'https://me:"x"@example.org/b'""")
    assert said == """fatal: "https://example.org/a", 'https://example.org/b'"""


def test_reports_hold_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even that of the address that was asked for: reports end up in the logs of others."""
    wheel = Artefact("wheel", tmp_path / "m-1-py3-none-any.whl", 1, "0" * 64)
    isolation = choose(Workroom(tmp_path), Conditions(), wanted="none").isolation
    made = Made((wheel,), "", "", Epoch(0, ""), isolation, "CPython", (), ())
    monkeypatch.setattr(building, "make", lambda *_, **__: made)
    done = building.build(Request(source="git+https://me:hidden@example.org/m@main"), tmp_path)
    assert done.source == "git+https://example.org/m@main"
