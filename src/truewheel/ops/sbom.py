"""The bill of materials of what a repair grafts: CycloneDX 1.6 in JSON, in the place that PEP 770 gives it.

It says what lies in the wheel and where that came from, and nothing of the machine that it was made on: no path, no
host, no user. The same wheel with the same libraries gets the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from truewheel.ops.libraries import Package
from truewheel.ops.plan import Changes, Graft, Plan
from truewheel.wheel import WheelName

FILE: Final = "sboms/truewheel.cdx.json"
"""The path in ``.dist-info`` (PEP 770)."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_LATEST: Final = 253_402_300_799
"""9999-12-31 23:59:59, in seconds since 1970: years have four digits (RFC 3339, 5.6)."""

_UNQUOTED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_~:")
"""What stands for itself in each part of a package URL (purl specification, character encoding)."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_Object = dict[str, object]


def bill(wheel_name: WheelName, plan: Plan[Changes], contents: Mapping[str, str], timestamp: int | None) -> bytes:
    """The bill for a wheel, as a file in UTF-8.

    `contents` maps the path of each graft to the SHA-256, in hexadecimal, of its bytes as they lie in the wheel.
    `timestamp` is in seconds since 1970; without one the bill has no time.
    """
    grafts = sorted(plan.grafts, key=lambda graft: graft.member)
    wheel = _wheel(wheel_name)
    metadata: _Object = {} if timestamp is None else {"timestamp": _time(timestamp)}
    # No version of truewheel: one that grafts the same should write the same, or no wheel could be made again with
    # another version than its own.
    metadata["tools"] = {"components": [{"type": "application", "name": "truewheel"}]}
    metadata["component"] = wheel
    body: _Object = {
        "version": 1,
        "metadata": metadata,
        "components": [_component(graft, contents[graft.member]) for graft in grafts],
        "dependencies": list(_dependencies(str(wheel["bom-ref"]), grafts)),
    }
    start: _Object = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": _serial_number(_encoded(body)),
    }
    return _encoded(start | body)


def package_url(package: Package) -> str:
    """The package URL of a distribution's package (purl specification, types apk, deb and rpm).

    Empty where the distribution isn't known, without which a name means nothing.
    """
    if not package.distro:
        return ""
    name, version, distro = package.name, package.version, package.distro.lower()
    qualifiers = {"arch": package.arch, "distro": "-".join(filter(None, (distro, package.release)))}
    if package.type == "rpm":
        epoch, colon, rest = version.partition(":")
        if colon:
            version, qualifiers["epoch"] = rest, epoch
    else:
        name = name.lower()
    return _purl(package.type, f"{_quoted(distro)}/{_quoted(name)}", version, qualifiers)


def pypi_url(project: str, version: str, file: str = "") -> str:
    """The package URL (type pypi) of a distribution, by its normalized name; or of one of its files, by its name."""
    return _purl("pypi", _quoted(project), version, {"file_name": file})


def _wheel(name: WheelName) -> _Object:
    """The distribution, whichever wheel of it this is: tags are in the name of the file, and may change there."""
    purl = pypi_url(name.project, name.version)
    return {"type": "library", "bom-ref": purl, "name": name.project, "version": name.version, "purl": purl}


def _component(graft: Graft[Changes], sha256: str) -> _Object:
    """A graft. Where its package is known it goes by that name, under which scanners look for vulnerabilities."""
    package = graft.package
    library = graft.library.rpartition("/")[2]  # one without a soname may be asked for by a path of the machine
    found: _Object = {"type": "library", "bom-ref": graft.member, "name": package.name if package else library}
    if package:
        found["version"] = package.version
    found["hashes"] = [_sha256(sha256)]
    purl = package_url(package) if package else ""
    if purl:
        found["purl"] = purl
    found["pedigree"] = {"ancestors": [{"type": "file", "name": library, "hashes": [_sha256(graft.sha256)]}]}
    found["evidence"] = {"occurrences": [{"location": graft.member}]}
    return found


def _dependencies(wheel: str, grafts: list[Graft[Changes]]) -> Iterator[_Object]:
    """Who asks for which graft. Members of the wheel are the wheel, and so is who opens a library at run time."""
    known = {graft.member for graft in grafts}
    asked: dict[str, list[str]] = {ref: [] for ref in (wheel, *sorted(known))}
    for graft in grafts:
        for user in sorted({user if user in known else wheel for user in graft.needed_by or (wheel,)}):
            asked[user].append(graft.member)
    for ref, needed in asked.items():
        yield {"ref": ref, "dependsOn": needed}


def _sha256(digest: str) -> _Object:
    return {"alg": "SHA-256", "content": digest}


def _time(timestamp: int) -> str:
    moment = _EPOCH + dt.timedelta(seconds=min(timestamp, _LATEST))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _serial_number(body: bytes) -> str:
    """A UUID made of the contents: version 8, whose other bits are the maker's affair (RFC 9562, 5.8)."""
    digits = hashlib.sha256(body).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def _purl(kind: str, path: str, version: str, qualifiers: Mapping[str, str]) -> str:
    """A package URL; `path` is quoted already, and qualifiers without a value are left out."""
    release = f"@{_quoted(version)}" if version else ""
    pairs = "&".join(f"{key}={_quoted(value)}" for key, value in sorted(qualifiers.items()) if value)
    return f"pkg:{kind}/{path}{release}" + (f"?{pairs}" if pairs else "")


def _quoted(text: str) -> str:
    raw = text.encode("utf-8", "backslashreplace")
    return "".join(chr(byte) if byte in _UNQUOTED else f"%{byte:02X}" for byte in raw)


def _encoded(document: _Object) -> bytes:
    """JSON in UTF-8. Lone surrogates, which stand for bytes that are no UTF-8 and JSON can't carry, are spelled out."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    plain = _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text)
    return f"{plain}\n".encode()
