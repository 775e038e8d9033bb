"""Wheels made of fixed contents, and the sha256 of what the writer makes of them. Runs by itself on any Python.

Prints a JSON object: name of the wheel and profile → sha256, without the profiles that are refused. Options: the
number of threads, and ``zlib-ng``, which takes the place of zlib before anything else is imported.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Iterator
from contextlib import suppress


def contents() -> Iterator[tuple[str, dict[str, bytes], int | None]]:
    """The name of a wheel, its members besides those of ``.dist-info``, and its timestamp."""
    noise = hashlib.shake_256(b"golden").digest(300_000)
    letters = noise.translate(bytes(b"eeeeettaoinshrdl \n"[byte % 18] for byte in range(256)))
    yield "nothing", {}, None
    yield "empty", {"sample/__init__.py": b""}, None
    yield (
        "names",
        {"sample/é.py": b"1", 'sample/a, "b".py': b"2" * 99, "sample/\U0001f600/字": b"", "\uff5a": b"z"},
        None,
    )
    yield "modes", {"sample/tool!": b"\x7fELF" + bytes(500), "sample/script": b"#!/bin/sh\n", "sample/run!": b""}, None
    yield "noise", {"sample/noise": noise, "sample/short": noise[:100]}, None
    yield "large", {"sample/zeros": bytes(3_000_000), "sample/text": letters * 10, "sample/both": letters + noise}, None
    yield "many", {f"sample/{i % 7}/{i}.py": letters[i * 100 : i * 137 + 50] for i in range(300)}, None
    yield "dated", {"sample/__init__.py": letters[:5000]}, 1_700_000_001


def digests(workers: int) -> Iterator[tuple[str, str]]:
    """The sha256 of every wheel under every profile that compresses."""
    from truewheel.errors import EncoderError  # noqa: PLC0415 - zlib may be exchanged first
    from truewheel.wheel.canonical import canonicalize  # noqa: PLC0415 - as above
    from truewheel.wheel.model import Bytes, Entry, Wheel  # noqa: PLC0415 - as above
    from truewheel.wheel.name import WheelName  # noqa: PLC0415 - as above
    from truewheel.wheel.profiles import Profile  # noqa: PLC0415 - as above
    from truewheel.wheel.record import RecordRow, RecordText, row_for  # noqa: PLC0415 - as above
    from truewheel.wheel.writer import write  # noqa: PLC0415 - as above

    info = "sample-1.0.dist-info"
    fixed = {
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: golden\nRoot-Is-Purelib: true\nTag: py3.py2-none-any\n",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n",
    }
    for name, files, timestamp in contents():
        members = {**fixed, **files}
        entries = [Entry(path.rstrip("!"), path.endswith("!"), Bytes(data)) for path, data in members.items()]
        rows = [row_for(entry.name, entry.read()) for entry in entries]
        record = RecordText([*rows, RecordRow(f"{info}/RECORD", "", "", None)])
        entries.append(Entry(f"{info}/RECORD", executable=False, content=record))
        wheel = canonicalize(Wheel(WheelName.parse("sample-1.0-py2.py3-none-any.whl"), tuple(entries)))
        for profile in (Profile.LD1, Profile.ZLIB6):
            with suppress(EncoderError):
                written = write(wheel, io.BytesIO(), profile=profile, timestamp=timestamp, workers=workers)
                yield f"{name} {profile.value}", str(written.sha256)


def main(arguments: list[str]) -> None:
    """Print the digests."""
    if "zlib-ng" in arguments:
        from zlib_ng import zlib_ng  # noqa: PLC0415 - for this variation only

        sys.modules["zlib"] = zlib_ng
    workers = next((int(argument) for argument in arguments if argument.isdigit()), 1)
    sys.stdout.write(json.dumps(dict(digests(workers))))


if __name__ == "__main__":
    main(sys.argv[1:])
