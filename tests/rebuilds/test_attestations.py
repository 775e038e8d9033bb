"""Published attestations are verified without a network, and what is wrong with others is told, never raised."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess  # noqa: TID251 - another process has no network and no home; the ban protects src
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypi_attestations import AttestationType

from tests.corpus import ROOT
from tests.rebuilds.published import CIRCLECI, GITHUB, GITLAB, GOOGLE, TRIAL, unpacked
from truewheel.errors import RequestError
from truewheel.rebuilds import attestations_trust
from truewheel.rebuilds.attestations import _Check, _same_name, attested
from truewheel.rebuilds.attestations_trust import verifier
from truewheel.verdict.model import Attested

COMMIT = "08802efe1f8e5fec4ad842d6b8ce97656092ee72"
_Json = dict[str, Any]


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All distributions and what is published of them."""
    return unpacked(tmp_path_factory.mktemp("assets"))


@pytest.fixture
def alone(assets: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A distribution with nothing beside it."""

    def placed(name: str) -> Path:
        return Path(shutil.copy(assets / name, tmp_path / name))

    return placed


def provenance(assets: Path, name: str = GITHUB) -> _Json:
    found: _Json = json.loads((assets / f"{name}.provenance").read_bytes())
    return found


def only(path: Path, document: object) -> Attested:
    """What the only attestation says."""
    (found,) = attested(path, provenance=json.dumps(document).encode())
    return found


def first(document: _Json) -> _Json:
    attestation: _Json = document["attestation_bundles"][0]["attestations"][0]
    return attestation


def test_github(assets: Path, alone: Callable[[str], Path]) -> None:
    assert only(alone(GITHUB), provenance(assets)) == Attested(
        state="verified",
        said="https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19 signed "
        f"that it published exactly this file, built from commit {COMMIT}; that this is the project's own publisher "
        "is the index's word",
        publisher="GitHub trailofbits/pypi-attestations release.yml",
        repository="https://github.com/trailofbits/pypi-attestations",
        ref="refs/tags/v0.0.19",
        commit=COMMIT,
        workflow="https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19",
    )


@pytest.mark.parametrize(
    ("name", "repository", "publisher"),
    [
        (CIRCLECI, "https://github.com/CircleCI-Public/sign-and-publish-examples", "CircleCI fdd9283f"),
        (GOOGLE, "", "Google 919436158236-compute@developer.gserviceaccount.com"),
    ],
)
def test_other_publishers(
    assets: Path, alone: Callable[[str], Path], name: str, repository: str, publisher: str
) -> None:
    found = only(alone(name), provenance(assets, name))
    assert (found.state, found.repository, found.commit) == ("verified", repository, "")
    assert found.publisher.startswith(publisher)


def test_files_beside_a_distribution(assets: Path) -> None:
    """Nobody has named a publisher: who signed is told all the same."""
    published, built = attested(assets / GITHUB, provenance=None)
    assert published.state == built.state == "verified"
    assert "signed that it published exactly this file" in published.said
    assert "signed that it built exactly this file" in built.said
    assert published.said.endswith("nobody has named the publisher that it ought to be")
    assert (built.publisher, built.commit) == ("", COMMIT)
    (gitlab,) = attested(assets / GITLAB, provenance=None)
    assert (gitlab.state, gitlab.ref) == ("verified", "refs/heads/main")
    assert gitlab.repository == "https://gitlab.com/facutuesca/gitlab-oidc-project"


def test_a_single_attestation_that_is_given(assets: Path, alone: Callable[[str], Path]) -> None:
    text = (assets / f"{GITLAB}.publish.attestation").read_bytes()
    (found,) = attested(alone(GITLAB), provenance=text)
    assert found.state == "verified"


def test_authorities_that_are_not_trusted(assets: Path) -> None:
    """Those of sigstore's tests sign for anybody."""
    (found,) = attested(assets / TRIAL, provenance=None)
    assert found.state == "unverifiable"
    assert found.said.startswith("its certificate leads to no authority that is trusted here: ")
    (found,) = attested(assets / TRIAL, provenance=None, staging=True)
    assert (found.state, found.repository) == ("verified", "")
    assert found.said.startswith("somebody signed")


def test_nothing_published(alone: Callable[[str], Path]) -> None:
    path = alone(GITHUB)
    assert attested(path, provenance=None) == (
        Attested(state="absent", said="no attestation is beside it, nor known to the index"),
    )
    empty = {"version": 1, "attestation_bundles": []}
    assert only(path, empty).state == "absent"


def test_a_changed_file(assets: Path, alone: Callable[[str], Path]) -> None:
    path = alone(GITHUB)
    with path.open("ab") as file:
        file.write(b"\0")
    found = only(path, provenance(assets))
    assert found.state == "invalid"
    assert found.said.startswith("it doesn't hold: it is about a file of this name with other bytes: its sha256 is 9bb")
    assert (found.commit, found.repository, found.ref) == ("", "", "")


def test_attestations_of_another_file(assets: Path, alone: Callable[[str], Path]) -> None:
    found = only(alone(GITLAB), provenance(assets))
    assert (found.state, found.said) == ("invalid", f"it doesn't hold: it is about another file, {GITHUB}")
    path = alone(GITHUB).rename(alone(GITHUB).with_name("pypi_attestations-0.0.20.tar.gz"))
    assert only(path, provenance(assets)).said == f"it doesn't hold: it is about another file, {GITHUB}"


@pytest.mark.parametrize(
    "changes",
    [
        {"repository": "trailofbits/other"},
        {"repository": "somebody/pypi-attestations"},
        {"workflow": "other.yml"},
        {"kind": "GitLab", "workflow_filepath": "release.yml"},
        {"kind": "Google", "email": "somebody@example.org"},
    ],
)
def test_another_publisher_than_the_certificates(
    assets: Path, alone: Callable[[str], Path], changes: dict[str, str]
) -> None:
    document = provenance(assets)
    document["attestation_bundles"][0]["publisher"] |= changes
    found = only(alone(GITHUB), document)
    assert found.state == "invalid"
    assert found.said.startswith("it doesn't hold: ")
    assert found.commit == ""


def test_a_publisher_of_an_unknown_kind(assets: Path, alone: Callable[[str], Path]) -> None:
    document = provenance(assets)
    document["attestation_bundles"][0]["publisher"] = {"kind": "Forge\x1b[2J", "repository": "a/b"}
    found = only(alone(GITHUB), document)
    assert found.state == "unverifiable"
    assert found.said == "the index names a publisher of a kind that isn't known here: Forge\\x1b[2J a/b"


def changed(text: str, place: int) -> str:
    """Base64 with one bit changed at some byte."""
    data = bytearray(base64.b64decode(text))
    data[place] ^= 1
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("place", [5, 40, -1])
@pytest.mark.parametrize("part", ["statement", "signature"])
def test_what_was_signed_cannot_be_changed(assets: Path, alone: Callable[[str], Path], part: str, place: int) -> None:
    document = provenance(assets)
    envelope = first(document)["envelope"]
    envelope[part] = changed(envelope[part], place)
    found = only(alone(GITHUB), document)
    assert (found.state, found.commit) == ("invalid", "")


def test_certificates_and_log_entries_belong_to_their_statement(assets: Path, alone: Callable[[str], Path]) -> None:
    other = first(provenance(assets, GOOGLE))["verification_material"]
    for part in ("certificate", "transparency_entries"):
        document = provenance(assets)
        first(document)["verification_material"][part] = other[part]
        assert only(alone(GITHUB), document).state in {"invalid", "unverifiable"}
    document = provenance(assets)
    material = first(document)["verification_material"]
    material["certificate"] = changed(material["certificate"], 600)
    assert only(alone(GITHUB), document).state in {"invalid", "unverifiable"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "what is published as its provenance is none: "),
        (b"\xff\xfe{}", "what is published as its provenance is none: "),
        (b"[]", "what is published as its provenance is none: it is no JSON object"),
        (b"[" * 200_000, "what is published as its provenance is none: "),
        (b'{"version": 2}', "what is published as its provenance is none: its version isn't 1"),
        (b'{"version": 1}', "what is published as its provenance is none: attestation_bundles isn't a list"),
        (b'{"version": 1, "attestation_bundles": [1]}', "what is published as its provenance is none: a bundle"),
        (b'{"version": 1, "attestation_bundles": [{"attestations": 1}]}', "what is published as its provenance is"),
        (b'{"version": 1, "attestation_bundles": [{"attestations": [1]}]}', "it hasn't the form of an attestation: "),
        (b'{"verification_material": {}}', "it hasn't the form of an attestation: "),
        (b" " * ((8 << 20) + 1), "what is published as its provenance is none: it has more than 8,388,608 bytes"),
    ],
)
def test_what_is_no_provenance(alone: Callable[[str], Path], text: bytes, said: str) -> None:
    (found,) = attested(alone(GITHUB), provenance=text)
    assert found.state == "invalid"
    assert found.said.startswith(said)
    assert len(found.said) < 500


def test_many_attestations(assets: Path, alone: Callable[[str], Path]) -> None:
    document = provenance(assets)
    document["attestation_bundles"][0]["attestations"] = [1] * 1000
    found = attested(alone(GITHUB), provenance=json.dumps(document).encode())
    assert len(found) == 33
    assert found[-1].said == "968 more attestations weren't looked at"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_strange_json_is_never_verified(assets: Path, alone: Callable[[str], Path], data: st.DataObject) -> None:
    """Some value of a real provenance object replaced by another: nothing is raised, and nothing proven of it."""
    document = provenance(assets)
    place: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    for found in attested(alone(GITHUB), provenance=json.dumps(document).encode()):
        assert found.state in {"verified", "absent", "unverifiable", "invalid"}
        assert found.commit == (COMMIT if found.state == "verified" else "")


def test_without_the_libraries(assets: Path, alone: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypi_attestations", None)
    path, text = alone(GITHUB), (assets / f"{GITHUB}.provenance").read_bytes()
    (found,) = attested(path, provenance=text)
    assert found.state == "unverifiable"
    assert found.said.endswith("pip install 'truewheel[verify]'")
    with pytest.raises(
        RequestError, match="attestations can't be checked: pypi-attestations can't be loaded"
    ) as raised:
        attested(path, provenance=text, demanded=True)
    assert raised.value.hint == "pip install 'truewheel[verify]'"
    assert attested(path, provenance=None, demanded=True)[0].state == "absent"


def test_authorities_that_cannot_be_had(
    assets: Path, alone: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*, staging: bool, offline: bool) -> None:
        assert (staging, offline) == (False, False)
        raise OSError("no route")

    monkeypatch.setattr("truewheel.rebuilds.attestations.verifier", unreachable)
    text = (assets / f"{GITHUB}.provenance").read_bytes()
    (found,) = attested(alone(GITHUB), provenance=text, offline=False)
    assert (found.state, found.said) == ("unverifiable", "sigstore's authorities can't be had: no route")


def test_where_the_authorities_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sigstore is asked where the newest ones are wanted, or it has moved those that it ships."""
    asked: list[tuple[str, bool]] = []
    for name in ("production", "staging"):
        monkeypatch.setattr(
            f"sigstore.verify.Verifier.{name}", lambda offline, name=name: asked.append((name, offline))
        )
    verifier(offline=False)
    verifier(offline=False, staging=True)
    verifier()
    assert asked == [("production", False), ("staging", False)]
    monkeypatch.setitem(attestations_trust._TRUST, False, "https://elsewhere.example.org")
    verifier()
    assert asked[2:] == [("production", True)]


@pytest.mark.parametrize("error", [TypeError("strange"), RecursionError(), AttributeError("x\nsecond\nthird\nfourth")])
def test_whatever_libraries_raise(
    assets: Path, alone: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(_: object) -> None:
        raise error

    monkeypatch.setattr("pypi_attestations.Attestation.to_bundle", broken)
    found = only(alone(GITHUB), provenance(assets))
    assert found.state == "invalid"
    assert found.said.startswith("it can't be read: ")
    assert "fourth" not in found.said


PUBLISH = AttestationType.PYPI_PUBLISH_V1.value
SHA256 = "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3"
RIGHT = {"name": GITHUB, "digest": {"sha256": SHA256}}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ({"predicateType": PUBLISH, "subject": [RIGHT]}, ""),
        ({"predicateType": PUBLISH, "subject": [RIGHT | {"name": "pypi-attestations-0.0.19.tar.gz"}]}, ""),
        ({"predicateType": "https://example.org/any", "subject": [RIGHT]}, "it isn't a statement of a kind"),
        ({"subject": [RIGHT]}, "it isn't a statement of a kind"),
        ({"predicateType": PUBLISH, "subject": []}, "it is about 0 files"),
        ({"predicateType": PUBLISH, "subject": [RIGHT, RIGHT]}, "it is about 2 files"),
        ({"predicateType": PUBLISH, "subject": [RIGHT | {"name": "nonsense"}]}, "Invalid sdist filename"),
        ({"predicateType": PUBLISH, "subject": [RIGHT | {"name": "a-1-py3-none-any.whl"}]}, "Invalid sdist filename"),
        (
            {"predicateType": PUBLISH, "subject": [RIGHT | {"name": "a-1.tar.gz"}]},
            "it is about another file, a-1.tar.gz",
        ),
        (
            {"predicateType": PUBLISH, "subject": [RIGHT | {"digest": {"sha256": "0"}}]},
            "it is about a file of this name",
        ),
    ],
)
def test_what_a_statement_must_say(alone: Callable[[str], Path], statement: dict[str, object], said: str) -> None:
    """Somebody has signed it: that alone doesn't make it one about this file."""
    check = _Check(alone(GITHUB), verifier())
    text = json.dumps(statement).encode()
    if not said:
        assert check._subject("application/vnd.in-toto+json", text) == "published"
        with pytest.raises(ValueError, match="it isn't a statement"):
            check._subject("application/json", text)
        return
    with pytest.raises(ValueError, match=said):
        check._subject("application/vnd.in-toto+json", text)


def test_tags_of_a_wheel_may_stand_in_any_order() -> None:
    assert _same_name("a-1-py2.py3-none-any.whl", "a-1-py3.py2-none-any.whl")
    assert not _same_name("a-1-py2.py3-none-any.whl", "a-1-py3-none-any.whl")


ELSEWHERE = """
import sys
from pathlib import Path
from truewheel.rebuilds.attestations import attested
path = Path(sys.argv[1])
assert attested(path, provenance=None)[0].state == "absent"
assert "sigstore" not in sys.modules and "requests" not in sys.modules
for found in attested(path, provenance=Path(sys.argv[2]).read_bytes()):
    print(found.state, found.commit)
"""


def test_no_network_no_home_and_no_warning(assets: Path, alone: Callable[[str], Path], tmp_path: Path) -> None:
    """Nothing is loaded where nothing is attested, and nothing is written anywhere."""
    home = tmp_path / "home"
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        environment.pop(name, None)
    command = [sys.executable, "-W", "error", "-c", ELSEWHERE, str(alone(GITHUB)), str(assets / f"{GITHUB}.provenance")]
    cut = ["unshare", "--user", "--net", "--map-root-user"]
    if shutil.which("unshare") and subprocess.run([*cut, "true"], check=False, capture_output=True).returncode == 0:
        command = [*cut, *command]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (done.stdout, done.stderr) == (f"verified {COMMIT}\n", "")
    assert not home.exists()
