"""Part of what Python programs of a build are told: what to write for a line feed into text files, as on Windows."""

from __future__ import annotations

from typing import Final

LINES: Final = """

def _end_lines(ends):
    import builtins
    import io

    opened = io.open

    def open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
        # What is read as well stays as it is: there, the ends of lines would come as they were written.
        writes = isinstance(mode, str) and set(mode) & set("wax") and not set(mode) & set("b+")
        if newline is None and writes:
            newline = ends
        return opened(file, mode, buffering, encoding, errors, newline, closefd, opener)

    _put(io, "open", open)
    builtins.open = io.open
    os.linesep = ends
"""
"""For text files that are opened for writing alone and with ``newline=None``; whoever names line ends gets those."""
