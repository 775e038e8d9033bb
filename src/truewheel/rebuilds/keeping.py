"""The evidence of a verification, kept in a folder: what anyone needs to check the verdict again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from truewheel.builds.lock import file_name
from truewheel.errors import RequestError
from truewheel.ops.verification import statement
from truewheel.rebuilds import signing
from truewheel.rebuilds.workshop import Result
from truewheel.report import html, html_verification, machine
from truewheel.report.machine_comparisons import compared as compared_json
from truewheel.verdict.model import Verification
from truewheel.world import replacing

STATEMENT: Final = "verification.json"
BUNDLE: Final = "verification.sigstore.json"
_CHUNK: Final = 1 << 20


def keep(
    out: Path, verification: Verification, results: Sequence[Result], best: int | None, *, version: str, sign: bool
) -> Path:
    """Write the evidence into a folder of `out` with the wheel's name, and give that folder.

    The statement (in-toto) is ``verification.json``, its signature ``verification.sigstore.json``. Of the best attempt
    come the rebuilt wheel, lock, provenance and the comparison; of every attempt its log. ``version`` is truewheel's.
    Raises `RequestError` where nothing can be written, or nobody can sign.
    """
    if verification.wheel is None:
        raise RequestError("there is nothing to keep evidence of")
    folder = folder_of(out, verification.wheel.name)
    result = None if best is None else results[best]
    provenance = result.made.provenance if result and result.made else ""
    text = statement(verification, version=version, provenance=provenance).encode()
    _write(folder / STATEMENT, text)
    if sign:
        _write(folder / BUNDLE, signing.sign(text))
    _write(folder / "report.html", html_verification.page(verification).encode())
    for number, each in enumerate(results, start=1):
        if each.log.exists():
            _copy(each.log, folder / f"attempt-{number}.log")
    if result:
        _keep_result(folder, result)
    return folder


def folder_of(out: Path, wheel: str) -> Path:
    """The folder of `out` for the evidence of a wheel, by its file name."""
    return out / wheel.removesuffix(".whl")


def _keep_result(folder: Path, result: Result) -> None:
    """What the best attempt made, and how it compares."""
    if result.wheel is not None and result.made is not None:
        _copy(result.wheel, folder / "rebuilt" / result.wheel.name)
        _write(folder / "rebuilt" / f"{result.wheel.name}.provenance.json", _bytes(result.made.provenance))
        _write(folder / "rebuilt" / file_name(result.wheel.name), _bytes(result.made.lock))
    if result.comparison is not None:
        compared = machine.document("diff", [compared_json(result.comparison)], (), subject="comparisons")
        _write(folder / "diff.json", _bytes(f"{compared}\n"))
        _write(folder / "diff.html", _bytes(html.compared(result.comparison)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _write(target: Path, data: bytes) -> None:
    with replacing(target) as file:
        file.write(data)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as file, replacing(target) as draft:
        while data := file.read(_CHUNK):
            draft.write(data)
