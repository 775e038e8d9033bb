"""Wheels and sdists as values, stored as somebody may have stored them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from truewheel.errors import WheelError
from truewheel.recipes import Choice, Evidence, Symptom, Tried, propose, trace
from truewheel.sdist import Member, Sdist, SdistName, TarStored
from truewheel.wheel import Bytes, Entry, Stored, Wheel, WheelName

INFO = "sample-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: sample\nVersion: 1.0\nLicense-File: LICENSE\n\ntext\n"
NOON = (2023, 5, 1, 12, 0, 0)
NOON_SECONDS = 1682942400
PYTHONS = ("3.13.0", "3.12.1", "3.11.7", "3.9.18", "3.8.18")


class File(NamedTuple):
    """A member of a wheel: contents, DOS time, mode, and the system that made it."""

    data: bytes = b"a = 1\n"
    time: tuple[int, int, int, int, int, int] = NOON
    mode: int = 0o100644
    system: int = 3


@dataclass(frozen=True)
class Broken:
    """Contents that can't be inflated."""

    size: int = 10

    def read(self) -> bytes:
        raise WheelError("the stream is damaged")

    def head(self, count: int) -> bytes:
        raise WheelError(f"not one of {count} bytes")


def stored(file: File) -> Stored:
    year, month, day, hour, minute, second = file.time
    date, time = (year - 1980) << 9 | month << 5 | day, hour << 11 | minute << 5 | second // 2
    return Stored(20, file.system, 20, 0, 0, time, date, 0, len(file.data), len(file.data), 0, file.mode << 16,
                  0, 0, b"", b"", file.data)  # fmt: skip


def wheel(
    files: Mapping[str, File],
    *,
    generator: str = "bdist_wheel (0.40.0)",
    metadata: bytes | None = METADATA,
    name: str = "sample-1.0-py3-none-any.whl",
    info: File | None = None,
) -> Wheel:
    """A wheel of these files, and a .dist-info that is stored as ``info`` says."""
    how = info or File()
    text = f"Wheel-Version: 1.0\nGenerator: {generator}\nRoot-Is-Purelib: true\nTag: py3-none-any\n".encode()
    inside = {f"{INFO}/WHEEL": how._replace(data=text), f"{INFO}/RECORD": how._replace(data=b"", mode=0o100664)}
    if metadata is not None:
        inside[f"{INFO}/METADATA"] = how._replace(data=metadata)
    entries = [
        Entry(path, executable=bool(file.mode & 0o100), content=Bytes(file.data), stored=stored(file))
        for path, file in {**files, **inside}.items()
    ]
    return Wheel(WheelName.parse(name), tuple(entries))


def sdist(files: Mapping[str, bytes], *, mtimes: Mapping[str, int] | None = None, mode: int = 0o644) -> Sdist:
    """A source distribution of these files, whose times are noon unless said otherwise."""
    members = [
        Member(f"sample-1.0/{path}", executable=False, content=Bytes(data),
               stored=TarStored("pax", "0", mode, 0, 0, "", "", (mtimes or {}).get(path, NOON_SECONDS), "", "", (),
                                0, 0, b""))
        for path, data in {"PKG-INFO": METADATA, **files}.items()
    ]  # fmt: skip
    return Sdist(SdistName.parse("sample-1.0.tar.gz"), tuple(members))


def evidence(made: Wheel, source: Sdist | None = None, *, uploaded: str = "2023-05-01T12:00:10Z") -> Evidence:
    return trace(made, source, uploaded=uploaded, pythons=PYTHONS, default_python="3.11.7")


def first(found: Evidence) -> Choice:
    choice = propose(found, ())
    assert choice is not None
    return choice


def after(found: Evidence, *outcomes: Symptom | tuple[Symptom, str]) -> Choice | None:
    """What is proposed after as many attempts, each with a symptom and perhaps a complaint."""
    tried: list[Tried] = []
    for outcome in outcomes:
        choice = propose(found, tried)
        assert choice is not None
        symptom, complaint = outcome if isinstance(outcome, tuple) else (outcome, "")
        tried.append(Tried(choice, frozenset({symptom}), complaint))
    return propose(found, tried)
