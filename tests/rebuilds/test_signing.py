"""Statements are signed byte for byte, by nobody but the CI system's identity; signatures are checked offline."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.rebuilds.published import GITHUB, unpacked
from truewheel.errors import RequestError
from truewheel.rebuilds.signing import check_signed, demand, sign

STATEMENT = (
    b'{\n  "_type": "https://in-toto.io/Statement/v1",\n'
    b'  "subject": [{"name": "\xc3\xa4", "digest": {"sha256": "aa"}}],\n'
    b'  "predicateType": "urn:truewheel:verification:1",\n  "predicate": {"b": 1, "a": 2.0}\n}\n'
)
WORKFLOW = "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19"
ISSUER = "https://token.actions.githubusercontent.com"
CI = ("GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "BUILDKITE", "GOOGLE_SERVICE_ACCOUNT_NAME")


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may run in a CI system that has an identity."""
    for name in CI:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("id._internal.oidc.ambient._GCP_PRODUCT_NAME_FILE", "/nonexistent")


def bundle(payload: bytes) -> str:
    return json.dumps({"dsseEnvelope": {"payload": base64.b64encode(payload).decode(), "signatures": []}})


def test_what_is_signed_is_what_was_written() -> None:
    given: list[bytes] = []

    def signer(statement: bytes) -> str:
        given.append(statement)
        return bundle(statement)

    assert sign(STATEMENT, signer=signer) == bundle(STATEMENT).encode() + b"\n"
    assert given == [STATEMENT]


@pytest.mark.parametrize(
    "made", [bundle(STATEMENT + b"\n"), "{}", "[]", "nothing", '{"dsseEnvelope": {"payload": "?"}}']
)
def test_anything_else_is_thrown_away(made: str) -> None:
    with pytest.raises(RequestError, match="what was signed isn't the statement"):
        sign(STATEMENT, signer=lambda _: made)


class _Bundle:
    def __init__(self, text: str) -> None:
        self.text = text

    def to_json(self) -> str:
        return self.text


class _Context:
    """In place of sigstore's services: a key of the test's signs what sigstore gives it to sign."""

    key = ec.generate_private_key(ec.SECP256R1())

    @contextmanager
    def signer(self, identity: object) -> Iterator[_Context]:
        assert identity == "an identity"
        yield self

    def sign_dsse(self, statement: object) -> _Bundle:
        from sigstore import dsse  # noqa: PLC0415  # as the code under test does

        assert isinstance(statement, dsse.Statement)
        envelope = json.loads(dsse._sign(self.key, statement).to_json())
        return _Bundle(json.dumps({"dsseEnvelope": envelope}))


def test_the_way_through_sigstore(monkeypatch: pytest.MonkeyPatch) -> None:
    """The envelope is DSSE's: the signature is over its pre-authentication encoding of our very bytes."""
    monkeypatch.setattr("sigstore.oidc.detect_credential", lambda: "a token")
    monkeypatch.setattr("sigstore.oidc.IdentityToken", {"a token": "an identity"}.get)
    monkeypatch.setattr("sigstore.models.ClientTrustConfig.production", lambda: "the configuration")
    contexts = {"the configuration": _Context()}
    monkeypatch.setattr("sigstore.sign.SigningContext.from_trust_config", contexts.get)
    envelope = json.loads(sign(STATEMENT))["dsseEnvelope"]
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert base64.b64decode(envelope["payload"]) == STATEMENT
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    signed = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(STATEMENT), STATEMENT)
    _Context.key.public_key().verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        _Context.key.public_key().verify(signature, signed + b" ", ec.ECDSA(hashes.SHA256()))


def test_without_an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_browser(*_words: object) -> bool:
        raise AssertionError("no browser may be opened")

    monkeypatch.setattr("webbrowser.open", open_browser)
    with pytest.raises(RequestError, match="there is no identity here to sign with") as raised:
        sign(STATEMENT)
    assert "id-token: write" in raised.value.hint
    with pytest.raises(RequestError, match="there is no identity here to sign with"):
        demand()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", raising=False)
    with pytest.raises(RequestError, match="the identity of this CI job can't be had: GitHub: missing or insufficient"):
        sign(STATEMENT)


def test_services_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise OSError("connecting to https://tuf.example.org/x?token=secret failed") from OSError("no route")

    monkeypatch.setattr("sigstore.oidc.detect_credential", lambda: "a token")
    monkeypatch.setattr("sigstore.oidc.IdentityToken", str)
    monkeypatch.setattr("sigstore.models.ClientTrustConfig.production", unreachable)
    with pytest.raises(RequestError) as raised:
        sign(STATEMENT)
    assert raised.value.what == ("sigstore didn't sign: connecting to https://tuf.example.org/x failed: no route")


def test_what_is_no_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sigstore.oidc.detect_credential", lambda: "a token")
    monkeypatch.setattr("sigstore.oidc.IdentityToken", str)
    demand()
    with pytest.raises(RequestError, match="sigstore didn't sign: malformed in-toto statement"):
        sign(b"{}")


def test_without_sigstore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sigstore.sign", None)
    with pytest.raises(RequestError, match="nothing can be signed: sigstore can't be loaded") as raised:
        sign(STATEMENT)
    assert raised.value.hint == "pip install 'truewheel[verify]'"
    with pytest.raises(RequestError, match="nothing can be signed"):
        check_signed(b"", STATEMENT, identity="", issuer="")


def test_signatures_are_checked_offline(tmp_path: Path) -> None:
    """A real signature of a statement: a published attestation, as the bundle that it was made from."""
    from pypi_attestations import Attestation  # noqa: PLC0415  # it takes 0.4 s to load

    text = (unpacked(tmp_path) / f"{GITHUB}.publish.attestation").read_bytes()
    attestation = Attestation.model_validate_json(text)
    made, statement = attestation.to_bundle().to_json().encode(), attestation.envelope.statement
    assert check_signed(made, statement, identity=WORKFLOW, issuer=ISSUER) == ""
    wrong = "the signature doesn't hold: "
    assert check_signed(made, statement + b" ", identity=WORKFLOW, issuer=ISSUER) == "another statement was signed"
    assert check_signed(made, statement, identity="somebody@example.org", issuer=ISSUER).startswith(wrong)
    assert check_signed(made, statement, identity=WORKFLOW, issuer="https://gitlab.com").startswith(wrong)
    assert check_signed(made, statement, identity=WORKFLOW, issuer=ISSUER, staging=True).startswith(wrong)
    document = json.loads(made)
    signature = bytearray(base64.b64decode(document["dsseEnvelope"]["signatures"][0]["sig"]))
    signature[-1] ^= 1
    document["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    assert check_signed(json.dumps(document).encode(), statement, identity=WORKFLOW, issuer=ISSUER).startswith(wrong)


@pytest.mark.parametrize("text", [b"", b"{}", b"[" * 100_000, b"\xff", b" " * ((32 << 20) + 1)])
def test_what_is_no_bundle(text: bytes) -> None:
    assert check_signed(text, STATEMENT, identity=WORKFLOW, issuer=ISSUER)
