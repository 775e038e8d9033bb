"""What is fuzzed of fat files: one that is made holds the very bytes of its parts."""

from __future__ import annotations

from fuzz.systems import SEPARATOR
from truewheel.binary.fields import Fields
from truewheel.binary.macho import ARCHIVE, fat_entries, is_fat_archive, read_macho
from truewheel.binary.macho_fat import assembled


def fuse(data: bytes) -> None:
    """Some files as one: refused, or fat, and what it is made of is found in it again."""
    files = data.split(SEPARATOR)
    made = assembled(files)
    entries = fat_entries(Fields(made))
    parts = sorted(bytes(made[entry.offset : entry.offset + entry.size]) for entry in entries)
    assert all(entry.offset % (1 << entry.align) == 0 for entry in entries)
    if all(file.startswith(ARCHIVE) for file in files):
        assert is_fat_archive(made)
        assert parts == sorted(files)
    elif not any(file.startswith(ARCHIVE) for file in files):
        slices = [(file, part) for file in files for part in read_macho(file).slices]
        assert parts == sorted(file[part.offset : part.offset + part.size] for file, part in slices)
        assert len(read_macho(made).slices) == len(parts)
