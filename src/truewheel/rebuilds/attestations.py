"""Published attestations (PEP 740): who signed for a file, and from which commit it was built.

What is proven is that the holder of an identity, such as a workflow of a repository, signed for exactly these bytes.
Whose signature a project's files ought to have is said by the index alone: it names the publisher.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from truewheel.builds.tree import file_digest
from truewheel.errors import RequestError, printable
from truewheel.rebuilds.attestations_trust import quiet, verifier
from truewheel.rebuilds.repository import normalized
from truewheel.verdict.model import Attested

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from pypi_attestations import Attestation
    from sigstore.verify import Verifier
    from sigstore.verify.policy import VerificationPolicy

_LARGEST: Final = 8 << 20
_MOST: Final = 32
"""Attestations of one file that are looked at; two are usual."""
_LONGEST: Final = 300
_BESIDE: Final = (".publish.attestation", ".slsa.attestation")
_HINT: Final = "pip install 'truewheel[verify]'"
_PAYLOAD: Final = "application/vnd.in-toto+json"
_WORD: Final = "that this is the project's own publisher is the index's word"
_NOBODY: Final = "nobody has named the publisher that it ought to be"

_SIGNER, _REPOSITORY, _COMMIT, _REF, _WORKFLOW = (f"1.3.6.1.4.1.57264.1.{number}" for number in (9, 12, 13, 14, 18))
"""What a certificate claims (Fulcio, oid-info.md): Build Signer URI, Source Repository URI, Digest and Ref, Build
Config URI."""


class _Signed(NamedTuple):
    """An attestation as it was published, and the publisher that the index names for it; None for nobody."""

    publisher: object | None
    attestation: object


def attested(
    path: Path,
    *,
    provenance: bytes | None,
    offline: bool = True,
    staging: bool = False,
    demanded: bool = False,
) -> tuple[Attested, ...]:
    """What attestations of a distribution say, each of them verified; one with ``absent`` where there is none.

    `provenance` is what the index has of it (a provenance object of PEP 740, or a single attestation), None for
    nothing; files beside `path` with its name and ``.publish.attestation`` or ``.slsa.attestation`` count too.
    With `offline` the authorities are those inside the sigstore package, else the newest ones; `staging` trusts those
    of sigstore's tests. Nothing that is published raises an error. Raises `RequestError` where attestations are
    `demanded` and the libraries that check them aren't installed, and `OSError` where a file here can't be read.
    """
    texts = [] if provenance is None else [provenance]
    beside = (path.with_name(path.name + suffix) for suffix in _BESIDE)
    texts += [_head(place) for place in beside if place.is_file()]
    if not texts:
        return (Attested(state="absent", said="no attestation is beside it, nor known to the index"),)
    if missing := _missing():
        if demanded:
            raise RequestError(f"attestations can't be checked: {missing}", hint=_HINT)
        return (Attested(state="unverifiable", said=f"nobody could check its attestations here: {missing}; {_HINT}"),)
    try:
        with quiet():
            check = _Check(path, verifier(staging=staging, offline=offline))
    except Exception as error:  # noqa: BLE001  # of the library, the network, or the system
        return (Attested(state="unverifiable", said=f"sigstore's authorities can't be had: {_reason(error)}"),)
    found = [one for text in texts for one in _all(text, check)]
    return tuple(found) or (Attested(state="absent", said="the index has provenance of it with no attestation in it"),)


def _head(place: Path) -> bytes:
    with place.open("rb") as file:
        return file.read(_LARGEST + 1)


def _missing() -> str:
    """Why the libraries can't be used; "" where they can."""
    try:
        with quiet():
            importlib.import_module("pypi_attestations")
    except Exception as error:  # noqa: BLE001  # a library that is half there raises anything
        return f"pypi-attestations can't be loaded ({_reason(error)})"
    return ""


def _all(text: bytes, check: _Check) -> Iterator[Attested]:
    try:
        signed = list(_read(text))
    except (ValueError, RecursionError) as error:
        yield Attested(state="invalid", said=f"what is published as its provenance is none: {_reason(error)}")
        return
    for one in signed[:_MOST]:
        with quiet():
            yield check.attested(one)
    if len(signed) > _MOST:
        yield Attested(state="unverifiable", said=f"{len(signed) - _MOST} more attestations weren't looked at")


def _read(text: bytes) -> Iterator[_Signed]:
    """The attestations in a provenance object, or the one that the text is. Raises `ValueError`, `RecursionError`."""
    if len(text) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST:,} bytes")
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004  # of what was read, not of what was passed
    if "verification_material" in document:
        yield _Signed(None, document)
        return
    if document.get("version") != 1:
        raise ValueError("its version isn't 1")
    for bundle in _list(document, "attestation_bundles"):
        if not isinstance(bundle, dict):
            raise ValueError("a bundle in it is no JSON object")  # noqa: TRY004  # as above
        for attestation in _list(bundle, "attestations"):
            yield _Signed(bundle.get("publisher"), attestation)


def _list(document: Mapping[str, object], key: str) -> list[object]:
    value = document.get(key)
    if not isinstance(value, list):
        raise ValueError(f"{key} isn't a list")  # noqa: TRY004  # of what was read, not of what was passed
    return value


class _Anybody:
    """A policy that takes every signer, where nobody has named one: what is told is who it was."""

    def verify(self, cert: Certificate) -> None:
        """Take it."""


class _Check:
    """Verifies attestations of one file."""

    def __init__(self, path: Path, trusted: Verifier) -> None:
        self._name, self._verifier = path.name, trusted
        self._sha256 = file_digest(path)

    def attested(self, signed: _Signed) -> Attested:
        """Verify one, in this order.

        1. the publisher that the index names is one of a known kind, and the attestation has the form of one;
        2. signature, certificate, its chain and the log's entry are right, and the certificate fits the publisher;
        3. what was signed is a statement about a file with this name and this sha256.
        """
        from pydantic import ValidationError  # noqa: PLC0415  # comes with pypi-attestations
        from pypi_attestations import Attestation, ConversionError  # noqa: PLC0415
        from sigstore.errors import CertValidationError, Error  # noqa: PLC0415

        named = _named(signed.publisher)
        try:
            policy = _policy(signed.publisher)  # (1)
        except (ValidationError, ValueError):
            said = f"the index names a publisher of a kind that isn't known here: {named}"
            return Attested(state="unverifiable", said=said, publisher=named)
        try:
            attestation = Attestation.model_validate(signed.attestation)
            kind, payload = self._verifier.verify_dsse(attestation.to_bundle(), policy)  # (2)
            what = self._subject(kind, payload)  # (3)
            return self._proven(attestation, what, named)
        except CertValidationError as error:
            said = f"its certificate leads to no authority that is trusted here: {_reason(error)}"
            return Attested(state="unverifiable", said=said, publisher=named)
        except (ValidationError, ConversionError) as error:
            return Attested(state="invalid", said=f"it hasn't the form of an attestation: {_reason(error)}")
        except (Error, ValueError) as error:
            return Attested(state="invalid", said=f"it doesn't hold: {_reason(error)}", publisher=named)
        except Exception as error:  # noqa: BLE001  # strangers wrote what the libraries read
            return Attested(state="invalid", said=f"it can't be read: {_reason(error)}", publisher=named)

    def _subject(self, kind: str, payload: bytes) -> str:
        """What is said of the file. Raises `ValueError` where it is about another one."""
        statement = json.loads(payload)
        if kind != _PAYLOAD or statement.get("predicateType") not in _kinds():
            raise ValueError("it isn't a statement of a kind that indexes take")
        subjects = statement["subject"]
        if len(subjects) != 1:
            raise ValueError(f"it is about {len(subjects)} files")
        name, sha256 = subjects[0]["name"], subjects[0]["digest"]["sha256"]
        if not _same_name(name, self._name):
            raise ValueError(f"it is about another file, {name}")
        if sha256 != self._sha256:
            raise ValueError(f"it is about a file of this name with other bytes: its sha256 is {sha256}")
        return _kinds()[statement["predicateType"]]

    def _proven(self, attestation: Attestation, what: str, named: str) -> Attested:
        """A verified attestation with the claims of its certificate."""
        claims = attestation.certificate_claims
        repository, commit = claims.get(_REPOSITORY, ""), claims.get(_COMMIT, "")
        address = normalized(repository if "://" in repository else f"https://{repository}", source=True)
        signer = claims.get(_WORKFLOW) or claims.get(_SIGNER) or named or "somebody"
        built = f", built from commit {commit}" if commit else ""
        return Attested(
            state="verified",
            said=printable(f"{signer} signed that it {what} exactly this file{built}; {_WORD if named else _NOBODY}"),
            publisher=named,
            repository=address,
            ref=claims.get(_REF, ""),
            commit=commit,
            workflow=claims.get(_WORKFLOW, ""),
        )


def _same_name(one: str, other: str) -> bool:
    """Whether two names of distributions mean the same: tags of a wheel may stand in any order (PEP 425)."""
    from packaging.utils import parse_sdist_filename, parse_wheel_filename  # noqa: PLC0415  # after an equal name

    if one == other:
        return True
    if one.endswith(".whl") and other.endswith(".whl"):
        return parse_wheel_filename(one) == parse_wheel_filename(other)
    return parse_sdist_filename(one) == parse_sdist_filename(other)


def _policy(publisher: object | None) -> VerificationPolicy:
    """What a certificate must say to be the publisher's. Raises `ValidationError` for one of an unknown kind."""
    from pydantic import TypeAdapter  # noqa: PLC0415
    from pypi_attestations import Publisher  # noqa: PLC0415

    if publisher is None:
        return _Anybody()
    known: Publisher = TypeAdapter(Publisher).validate_python(publisher)
    # Its only public caller, Attestation.verify, writes sigstore's authorities into the home folder.
    return known._as_policy()  # noqa: SLF001


def _named(publisher: object | None) -> str:
    """The publisher that the index names, in words."""
    if not isinstance(publisher, dict):
        return ""
    about = ("repository", "workflow", "workflow_filepath", "environment", "email", "project_id")
    words = [publisher.get("kind"), *(publisher.get(key) for key in about)]
    return printable(" ".join(word for word in words if isinstance(word, str) and word))[:_LONGEST]


def _reason(error: Exception) -> str:
    """The first line of what a library says, at a bearable length."""
    lines = [line.strip() for line in str(error).split("\n") if line.strip()]
    return printable(" ".join(lines[:3]))[:_LONGEST] or type(error).__name__


def _kinds() -> dict[str, str]:
    """What is attested, by the type of predicate; an index takes no others (PEP 740)."""
    from pypi_attestations import AttestationType  # noqa: PLC0415

    return {
        AttestationType.PYPI_PUBLISH_V1.value: "published",
        AttestationType.SLSA_PROVENANCE_V1.value: "built",
    }
