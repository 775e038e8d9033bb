"""Settings in TOML, as people write them: read whole, or refused with a sentence."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final, NoReturn

from truewheel.errors import RequestError, Where
from truewheel.world.regular import read_small

_LARGEST: Final = 1 << 20
_MOST_PARTS: Final = 30
"""Of a key with dots. The parsers of Python take time that grows with the square of that, for each line."""

_TEXTS: Final = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"{3,5}|\Z)|' + r"'''.*?(?:'{3,5}|\Z)|" + r'"(?:\\.|[^"\\\n])*"?|' + r"'[^'\n]*'?|#[^\n]*",
    re.DOTALL,
)
"""Strings and comments. None is tried twice: what has no end goes on to where the parser will give up."""

_NO_KEY: Final = re.compile(r"[^A-Za-z0-9_. \t-]+")


def read_toml(path: Path) -> dict[str, object]:
    """What a file in TOML says. Raises `RequestError` that names the file where it can't be read, or isn't TOML."""
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415  # most commands ask for no settings
    else:
        import tomli as tomllib  # noqa: PLC0415  # most commands ask for no settings
    data = read_small(path, _LARGEST)
    try:
        text = data.decode("utf-8")
        return tomllib.loads(text) if _is_plain(text) else _refused(path, f"a key has more than {_MOST_PARTS} parts")
    except RecursionError:
        return _refused(path, "its values are nested too deeply")
    except ValueError as error:  # no UTF-8, no TOML, or an integer that Python won't read
        return _refused(path, str(error))


def _is_plain(text: str) -> bool:
    """Whether no key has more parts than anybody writes."""
    return all(key.count(".") < _MOST_PARTS for key in _NO_KEY.split(_TEXTS.sub("-", text)))


def _refused(path: Path, said: str) -> NoReturn:
    raise RequestError(f"can't be read as TOML: {said}", where=Where(file=str(path))) from None
