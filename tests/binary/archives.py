"""Archives, as BSD's ``ar`` writes them: each odd member that a static library can have."""

from __future__ import annotations

MAGIC = b"!<arch>\n"


def member(name: bytes, data: bytes, *, size: int | None = None, end: bytes = b"`\n") -> bytes:
    """A member; a name of more than 16 letters or with a space stands before the data."""
    text = name
    if len(name) > 16 or b" " in name:
        padded = name + bytes(-len(name) % 4)
        text, data = b"#1/%d" % len(padded), padded + data
    length = len(data) if size is None else size
    header = b"%-16s%-12d%-6d%-6d%-8o%-10d" % (text, 0, 0, 0, 0o100644, length) + end
    return header + data + b"\n" * (len(data) % 2)


def archive(*objects: bytes) -> bytes:
    """A static library of objects, with a table of symbols that lists none."""
    members = [member(b"%d.o" % number, data) for number, data in enumerate(objects)]
    return MAGIC + member(b"__.SYMDEF SORTED", bytes(8)) + b"".join(members)
