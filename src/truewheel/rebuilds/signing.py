"""Statements signed with sigstore: by whoever a CI system says that this is, never by somebody at a keyboard."""

from __future__ import annotations

import base64
import importlib
import json
from typing import TYPE_CHECKING, Final, Protocol

from truewheel.errors import RequestError, printable
from truewheel.rebuilds.attestations_trust import quiet, verifier

if TYPE_CHECKING:
    from sigstore.oidc import IdentityToken

_HINT: Final = "pip install 'truewheel[verify]'"
_LOOKED_FOR: Final = (
    "GitHub Actions (permissions: id-token: write), GitLab CI (id_tokens: SIGSTORE_ID_TOKEN), CircleCI, Buildkite and "
    "Google Cloud are looked for; without one of them, leave --sign away and sign the statement by other means"
)
_LARGEST: Final = 32 << 20
_PAYLOAD: Final = "application/vnd.in-toto+json"
_LONGEST: Final = 500


class Signer(Protocol):
    """Somebody who signs an in-toto statement: a bundle of sigstore's as JSON, whose envelope holds these bytes."""

    def __call__(self, statement: bytes) -> str:
        """The bundle. Raises `RequestError` where nobody can sign."""


def sign(statement: bytes, *, signer: Signer | None = None) -> bytes:
    """A bundle of sigstore's, as JSON, in which `statement` is signed as it is, byte for byte.

    That is a DSSE envelope with its signature, the certificate of the signer, and the entry of the public log in which
    it stands from now on. Signed is with the identity that the CI system vouches for; no browser is opened. Raises
    `RequestError` where there is no such identity, sigstore isn't installed, or its services can't be reached.
    """
    if signer is None:
        _demand_sigstore()
        signer = _ambient
    bundle = signer(statement)
    if _payload(bundle) != statement:
        raise RequestError("what was signed isn't the statement that was written; the signature is thrown away")
    return bundle.encode() + b"\n"


def demand() -> None:
    """Raise `RequestError` where `sign` would find no sigstore or no identity: better before hours of work than after.

    The identity itself isn't kept: that of a CI job is good for minutes.
    """
    _demand_sigstore()
    with quiet():
        _identity()


def _demand_sigstore() -> None:
    try:
        with quiet():
            importlib.import_module("sigstore.sign")
    except Exception as error:  # noqa: BLE001  # a library that is half there raises anything
        raise RequestError(f"nothing can be signed: sigstore can't be loaded ({_reason(error)})", hint=_HINT) from None


def _payload(bundle: str) -> bytes | None:
    """What stands in the envelope of a bundle."""
    try:
        return base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _ambient(statement: bytes) -> str:
    """Sign with the identity of the CI system that this runs in."""
    from sigstore.dsse import Statement  # noqa: PLC0415  # it takes 0.4 s to load
    from sigstore.models import ClientTrustConfig  # noqa: PLC0415
    from sigstore.sign import SigningContext  # noqa: PLC0415

    with quiet():
        identity = _identity()
        try:
            content = Statement(statement)
            context = SigningContext.from_trust_config(ClientTrustConfig.production())
            with context.signer(identity) as signer:
                return signer.sign_dsse(content).to_json()
        except Exception as error:  # of sigstore, its services or the network
            raise RequestError(
                f"sigstore didn't sign: {_reason(error)}",
                hint="its services need the network: try again, or sign later",
            ) from error


def _identity() -> IdentityToken:
    """What the CI system gives. Raises `RequestError` where there is none."""
    from sigstore.oidc import IdentityToken, detect_credential  # noqa: PLC0415

    try:
        credential = detect_credential()
        if credential is not None:
            return IdentityToken(credential)
    except Exception as error:
        raise RequestError(f"the identity of this CI job can't be had: {_reason(error)}", hint=_LOOKED_FOR) from error
    raise RequestError("there is no identity here to sign with: this is no CI job that has one", hint=_LOOKED_FOR)


def check_signed(bundle: bytes, statement: bytes, *, identity: str, issuer: str, staging: bool = False) -> str:
    """What is wrong with a bundle that `sign` gave, as a sentence; "" where `identity` has signed this statement.

    `identity` is a workflow's address or a person's e-mail address, `issuer` the address of who vouches for it. No
    network is needed: the authorities are those inside the sigstore package. Raises `RequestError` without that.
    """
    _demand_sigstore()
    if len(bundle) > _LARGEST:
        return f"the bundle has more than {_LARGEST:,} bytes"
    from sigstore.models import Bundle  # noqa: PLC0415
    from sigstore.verify import policy  # noqa: PLC0415

    try:
        with quiet():
            kind, payload = verifier(staging=staging).verify_dsse(
                Bundle.from_json(bundle), policy.Identity(identity=identity, issuer=issuer)
            )
    except Exception as error:  # noqa: BLE001  # strangers wrote what sigstore reads
        return f"the signature doesn't hold: {_reason(error)}"
    if kind != _PAYLOAD or payload != statement:
        return "another statement was signed"
    return ""


def _reason(error: Exception) -> str:
    """What a library says, its cause too, at a bearable length and without anything secret.

    Tokens stand in no message of sigstore's; addresses may hold anything behind a question mark.
    """
    said = [str(error) or type(error).__name__]
    if error.__cause__ is not None and str(error.__cause__) not in said[0]:
        said.append(str(error.__cause__) or type(error.__cause__).__name__)
    words = " ".join(": ".join(said).split())
    return printable(" ".join(word.partition("?")[0] if "://" in word else word for word in words.split(" ")))[
        :_LONGEST
    ]
