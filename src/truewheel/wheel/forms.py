"""What keeps an archive from canonical form, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from truewheel.errors import WheelError
from truewheel.wheel import canonical, layout
from truewheel.wheel.model import Entry, Stored, Wheel
from truewheel.wheel.profiles import Profile
from truewheel.wheel.zipformat import UTF8

_EXAMPLES: Final = 3


def differences(
    wheel: Wheel, profile: Profile = Profile.LD1, *, timestamp: int | None = None, contents: bool = False
) -> tuple[str, ...]:
    """Sentences, one for each way in which the wheel's archive differs from the canonical one; none if it doesn't.

    Only headers, WHEEL and RECORD are looked at; with ``contents`` every member is compressed as the profile does and
    compared. Members that come from no archive have nothing that could differ.
    Raises `WheelError` where WHEEL or RECORD can't be read, and `EncoderError` where the profile can't be had.
    """
    found = list(_of_meaning(wheel))
    stored = [(entry, entry.stored) for entry in wheel.entries if entry.stored]
    of_streams = () if profile is Profile.KEEP else (("deflated where that is no smaller", _inflated),)
    for words, differs in (*_HEADERS, *of_streams, _time(timestamp)):
        found += _counted(words, [entry.name for entry, how in stored if differs(entry, how)])
    if contents and profile is not Profile.KEEP:
        encode = profile.encode

        def reencoded(entry: Entry, how: Stored) -> bool:
            method, data = encode(entry.read())
            return method != how.method or memoryview(data) != how.raw

        words = f"compressed otherwise than by the profile {profile.value}"
        found += _counted(words, [entry.name for entry, how in stored if reencoded(entry, how)])
    return tuple(found)


def _of_meaning(wheel: Wheel) -> Iterator[str]:
    """What the steps to canonical form would change, one after the other."""
    if wheel.directories:
        yield f"entries for folders: {len(wheel.directories)}"
    for normalize, words in _STEPS:
        try:
            after = normalize(wheel)
        except WheelError as error:
            yield f"no canonical form: {error}"
            return
        if after is not wheel:
            yield words
        wheel = after


_STEPS: Final = (
    (canonical.plain_modes, "executable files in .dist-info"),
    (canonical.whole_tags, "tags in WHEEL not expanded, sorted and one to a line"),
    (canonical.ordered, "members in another order"),
    (canonical.regular_record, "RECORD in another form or order"),
)

_Test = Callable[[Entry, Stored], bool]


def _mode(entry: Entry, stored: Stored) -> bool:
    mode = layout.EXECUTABLE_MODE if entry.executable else layout.PLAIN_MODE
    return stored.system != layout.UNIX or stored.external_attributes != mode << 16


def _flags(entry: Entry, stored: Stored) -> bool:
    return stored.flags != (0 if entry.name.isascii() else UTF8)


def _versions(_: Entry, stored: Stored) -> bool:
    expected = layout.ZIP64_VERSION if stored.central_extra else layout.PLAIN_VERSION
    return (stored.create_version, stored.extract_version) != (layout.PLAIN_VERSION, expected)


def _extra(_: Entry, stored: Stored) -> bool:
    """A ZIP64 field is right where it is needed and nowhere else; any other field is too much."""
    return bool(stored.local_extra or stored.central_extra) and (
        max(stored.size, stored.compressed_size, stored.header_offset) < 0xFFFFFFFF
    )


def _attributes(_: Entry, stored: Stored) -> bool:
    return stored.internal_attributes != 0


def _inflated(_: Entry, stored: Stored) -> bool:
    return stored.method != 0 and stored.compressed_size >= stored.size


_HEADERS: Final[tuple[tuple[str, _Test], ...]] = (
    ("other modes or another system", _mode),
    ("other flags", _flags),
    ("other versions", _versions),
    ("extra fields", _extra),
    ("internal attributes", _attributes),
)


def _time(timestamp: int | None) -> tuple[str, _Test]:
    expected = layout.stamp(timestamp)
    year, month, day, hour, minute, second = expected
    words = f"another time than {year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    return words, lambda _, stored: stored.time != expected


def _counted(words: str, names: list[str]) -> list[str]:
    """A sentence with a number and the first names, if there are any names."""
    if not names:
        return []
    more = ", …" if len(names) > _EXAMPLES else ""
    return [f"{words}: {len(names)} member{'s' if len(names) > 1 else ''} ({', '.join(names[:_EXAMPLES])}{more})"]
