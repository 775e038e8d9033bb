"""Change the ``__init__.py`` of a package so that Windows finds DLLs in other folders.

A few lines are put in front of the module's own statements; every other byte stays. They work on any Python since 3.8,
where `os.add_dll_directory` came; elsewhere, and where a folder is missing, as in an archive or a frozen program, they
do nothing. What that function returns takes the folder back when it is closed, and not when it is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from truewheel.errors import RequestError, Where
from truewheel.ops.python_head import Spot, UnclearError, end_of_head

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_DECLARATION = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)  # PEP 263
_NOTHING = re.compile(r"[ \t\f]*(?:#.*)?")
_MARKER = re.compile(r"([ \t]*)# *(?:truewheel|delvewheel) *: *patch[ \t]*")

_ENCODING = re.compile(
    r"utf-?8(?:-sig)?|(?:us-)?ascii|(?:iso-)?latin-?1|iso-?8859-\d{1,2}|(?:cp|windows-?)\d{3,4}|koi8-[rtu]|mac-\w+|"
    r"shift-?jis\w*|s-?jis|euc-\w{2}|gb2312|gbk|gb18030|big5(?:-?hkscs)?|johab"
)
"""Encodings in which ASCII stands for itself and no character depends on what was before it."""
_EMACS = re.compile(r"^(utf-8|latin-1|iso-8859-1|iso-latin-1)-.*")
"""What Python takes for these, whatever follows: Emacs writes line ends there."""

_BEGIN = "# --- truewheel repair: lets Windows find DLLs of this package; leave these lines as they are"
_END = "# --- end of truewheel repair"
_BLOCK = f"""\
{_BEGIN}
def _truewheel_dlls(folders, files):
    import os

    here = globals().get("__file__")
    if here and hasattr(os, "add_dll_directory"):
        here = os.path.dirname(os.path.abspath(here))
        for folder in folders:
            folder = os.path.normpath(os.path.join(here, folder))
            if os.path.isdir(folder):
                os.add_dll_directory(folder)
        for file in files:
            file = os.path.normpath(os.path.join(here, file))
            if os.path.isfile(file):
                import ctypes

                try:
                    ctypes.WinDLL(file)
                except OSError:
                    pass  # it may never be called for


_truewheel_dlls([%s], [%s])
del _truewheel_dlls
{_END}
"""
_STRING = r'"(?:[^"\\]|\\U[0-9a-f]{8})*"'
_LIST = rf"\[((?:{_STRING}(?:, )?)*)\]"
_CALL = re.compile(rf"[ \t]*_truewheel_dlls\({_LIST}, {_LIST}\)")
_ESCAPED = re.compile(r"\\U([0-9a-f]{8})")
_UNSAFE = re.compile(r"[^ !#-\[\]-~]")


def with_dlls(source: bytes, folders: Iterable[str], files: Iterable[str] = (), *, member: str) -> bytes:
    """The source with lines that let Windows look for DLLs in `folders`, and load the DLLs `files` beforehand.

    Both are relative to the folder of the source. Lines that are there already come to do so as well. They stand
    behind the docstring and imports from ``__future__``, or behind a line ``# truewheel: patch``
    (``# delvewheel: patch``), where there is one.

    Raises `RequestError`, naming the `member`, where nobody can say what the head of the source is.
    """
    try:
        return _changed(source, frozenset(folders), frozenset(files))
    except UnclearError as error:
        raise RequestError(
            f"nobody can say where lines for Windows may stand in it: {error}",
            where=Where(member=member),
            hint="put a line `# truewheel: patch` where they may, behind the docstring and imports from __future__",
        ) from None


def _changed(source: bytes, folders: frozenset[str], files: frozenset[str]) -> bytes:
    bom = _BOM if source.startswith(_BOM) else b""
    body = source[len(bom) :]
    encoding = "utf-8" if bom else _encoding(body)
    text = _decoded(body, encoding)
    lines = [(found.start(), found[1], found[2]) for found in _LINE.finditer(text)]
    old = _block_in(lines)
    if old is not None:
        indent, spot, known_folders, known_files = old
        folders, files = folders | known_folders, files | known_files
    else:
        indent, spot = _spot(text, lines)
    new = _written(text, spot, _block(folders, files, indent), next((end for _, _, end in lines if end), "\n"))
    before, after = text[: spot.cut].encode(encoding), text[spot.resume :].encode(encoding)
    return bom + before + new.encode("ascii") + after


def _encoding(source: bytes) -> str:
    """The encoding that the first two lines declare (PEP 263), or UTF-8."""
    for line in re.split(rb"\r\n|\r|\n", source, maxsplit=2)[:2]:
        text = line.decode("latin-1")
        declared = _DECLARATION.match(text)
        if declared is not None:
            name = _EMACS.sub(r"\1", declared[1].lower().replace("_", "-"))
            if not _ENCODING.fullmatch(name):
                raise UnclearError(f"its encoding is {declared[1]}")
            return name
        if not _NOTHING.fullmatch(text):
            break
    return "utf-8"


def _decoded(source: bytes, encoding: str) -> str:
    try:
        text = source.decode(encoding)
        same = text.encode(encoding) == source and _BLOCK.encode(encoding) == _BLOCK.encode("ascii")
    except (LookupError, UnicodeError):
        raise UnclearError(f"it isn't text in {encoding}") from None
    if not same or "\0" in text:
        raise UnclearError(f"it has bytes that are no plain text in {encoding}")
    return text


# --- the place
def _block_in(lines: list[tuple[int, str, str]]) -> tuple[str, Spot, frozenset[str], frozenset[str]] | None:
    """The lines that an earlier repair wrote: their indent, where they are, and the folders and files in them."""
    begins = [number for number, (_, line, _) in enumerate(lines) if line.strip() == _BEGIN]
    if not begins:
        return None
    rest = lines[begins[0] :]
    indent = rest[0][1].partition("#")[0]
    calls = [found for _, line, _ in rest if (found := _CALL.fullmatch(line))]
    ends = [start + len(line) + len(end) for start, line, end in rest if line == indent + _END]
    if len(begins) > 1 or len(calls) != 1 or len(ends) != 1:
        raise UnclearError("the lines that an earlier repair wrote have been changed")
    return indent, Spot(rest[0][0], ends[0]), _read(calls[0][1]), _read(calls[0][2])


def _spot(text: str, lines: list[tuple[int, str, str]]) -> tuple[str, Spot]:
    """Where the lines go, and how far they are indented."""
    marked = [
        (found[1], start + len(line) + len(end)) for start, line, end in lines if (found := _MARKER.fullmatch(line))
    ]
    try:
        head = end_of_head(text)
    except UnclearError:
        if not marked:
            raise
        return marked[0][0], Spot(marked[0][1], marked[0][1])
    # A line that looks like a marker, but stands in the docstring, is none.
    behind = [(indent, end) for indent, end in marked if end > head.resume]
    return (behind[0][0], Spot(behind[0][1], behind[0][1])) if behind else ("", head)


# --- the lines
def _block(folders: Iterable[str], files: Iterable[str], indent: str) -> str:
    text = _BLOCK % (_listed(folders), _listed(files))
    return "\n".join(f"{indent}{line}" if line else "" for line in text.splitlines())


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(f'"{_escaped(path)}"' for path in sorted(paths))


def _read(words: str) -> frozenset[str]:
    return frozenset(_unescaped(found[1:-1]) for found in re.findall(_STRING, words))


def _written(text: str, spot: Spot, block: str, end: str) -> str:
    """The block with the line ends that the text has where it comes to stand."""
    lines = block.replace("\n", end)
    if spot.inline or (spot.cut and text[spot.cut - 1] not in "\r\n"):
        lines = end + lines
    return lines + end if spot.inline or spot.resume < len(text) or text.endswith(("\r", "\n")) or not text else lines


def _escaped(path: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\U{ord(found[0]):08x}", path)


def _unescaped(words: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), words)
