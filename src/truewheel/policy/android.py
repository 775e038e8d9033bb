"""Android (PEP 738): the API level that every file was built for, from its ``.note.android.ident``."""

from __future__ import annotations

from collections.abc import Iterator

from truewheel.binary.model import Elf
from truewheel.policy.group import Group, is_libpython, unpromised
from truewheel.policy.model import Floor, Outcome, Requirement, merged
from truewheel.policy.tables import AndroidTable, android_table

FAMILY = "android"

_OLDEST = 16  # packaging asks for no tag below (PEP 738, `packaging.tags.android_platforms`)
_OWN = ("libc.so", "libdl.so", "libm.so")


def examine(group: Group, unsure: frozenset[str] = frozenset()) -> Outcome:
    """What the files of a group ask of Android.

    `unsure` are members that are Android's by their neighbours only: without a note they ask for nothing.
    A library that no NDK has is missing; the floor stays an Android one, as nothing else could load the files.
    """
    table = android_table()
    if group.arch not in table.abis:
        return Outcome(unknown=(f"there is no Android tag for {group.arch}",))
    group = group.on(_OWN.__contains__, table.libraries.__contains__)
    external = unpromised(group, table.libraries.__contains__, "NDK")
    without_note = [m for m, elf in group.members.items() if elf.android_api is None and m not in unsure]
    without_level = [m for m, elf in group.members.items() if elf.android_api == 0]
    return merged(
        [
            Outcome(missing=external.missing),  # on Android, libpython is a library like any other
            Outcome(unknown=tuple(f"{member} has no Android note that tells its API level" for member in without_note)),
            Outcome(unknown=tuple(f"the Android note of {member} names API level 0" for member in without_level)),
            *(Outcome(tuple(_member(group, table, member, elf))) for member, elf in group.members.items()),
        ]
    )


def _member(group: Group, table: AndroidTable, member: str, elf: Elf) -> Iterator[Requirement]:
    abi = table.abis[group.arch]
    own = elf.android_api or 0
    if own:
        yield Requirement(Floor(FAMILY, abi, (max(own, _OLDEST),)), member, f"built for API level {own}")
    for library in group.wants(member):
        level = table.libraries.get(library, 0)
        if level > max(own, _OLDEST) and not is_libpython(library) and elf.android_api is not None:
            yield Requirement(Floor(FAMILY, abi, (level,)), member, f"needs {library}, since API level {level}")
