"""Source distributions of fixed contents, and the sha256 of what the writer makes of them. Runs on any Python.

Prints a JSON object: name → sha256. The option ``zlib-ng`` exchanges zlib before anything else is imported.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Iterator

_PKG_INFO = b"Metadata-Version: 2.4\nName: sample\nVersion: 1.0\n"


def contents() -> Iterator[tuple[str, dict[str, bytes], dict[str, str], int | None]]:
    """The name of a case, files (executable with ``!``), links, and the timestamp."""
    noise = hashlib.shake_256(b"golden").digest(300_000)
    letters = noise.translate(bytes(b"eeeeettaoinshrdl \n"[byte % 18] for byte in range(256)))
    yield "least", {}, {}, None
    yield "names", {"é": b"1", "a b": b"2", "\U0001f600/字": b"", "\uff5a": b"z", "d/" * 60 + "n" * 90: b"4"}, {}, None
    yield "modes", {"tool!": b"\x7fELF" + bytes(500), "run!": b""}, {"link": "tool", "far": "é" * 80}, None
    yield "large", {"zeros": bytes(3_000_000), "text": letters * 10, "noise": noise, "both": letters + noise}, {}, 0
    yield "many", {f"{i % 7}/{i}.py": letters[i * 100 : i * 137 + 50] for i in range(300)}, {}, 1_700_000_001


def digests() -> Iterator[tuple[str, str]]:
    """The sha256 of every case."""
    from truewheel.sdist import Member, Sdist, SdistName, read, write  # noqa: PLC0415 - zlib may be exchanged first
    from truewheel.wheel import Bytes  # noqa: PLC0415 - as above

    name = SdistName.parse("sample-1.0.tar.gz")
    for case, files, links, timestamp in contents():
        members = [Member("sample-1.0/PKG-INFO", executable=False, content=Bytes(_PKG_INFO))]
        for path, data in files.items():
            members.append(Member(f"sample-1.0/{path.rstrip('!')}", path.endswith("!"), Bytes(data)))
        for path, leads in links.items():
            members.append(Member(f"sample-1.0/{path}", executable=False, content=Bytes(b""), link=leads))
        target = io.BytesIO()
        written = write(Sdist(name, tuple(members)), target, timestamp=timestamp)
        if read(target.getvalue(), name) != Sdist(name, tuple(members)):
            raise SystemExit(case)
        yield case, str(written.sha256)


def main(arguments: list[str]) -> None:
    """Print the digests."""
    if "zlib-ng" in arguments:
        from zlib_ng import zlib_ng  # noqa: PLC0415 - for this variation only

        sys.modules["zlib"] = zlib_ng
    sys.stdout.write(json.dumps(dict(digests())))


if __name__ == "__main__":
    main(sys.argv[1:])
