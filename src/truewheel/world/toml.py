"""Settings in TOML, as people write them: read whole, or refused with a sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from truewheel.errors import RequestError, Where
from truewheel.world.regular import read_small

_LARGEST: Final = 4 << 20


def read_toml(path: Path) -> dict[str, object]:
    """What a file in TOML says. Raises `RequestError` that names the file where it can't be read, or isn't TOML."""
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415  # most commands ask for no settings
    else:
        import tomli as tomllib  # noqa: PLC0415  # most commands ask for no settings
    data = read_small(path, _LARGEST)
    try:
        return tomllib.loads(data.decode("utf-8"))
    except RecursionError:
        said = "its values are nested too deeply"
    except ValueError as error:  # no UTF-8, no TOML, or an integer that Python won't read
        said = str(error)
    raise RequestError(f"can't be read as TOML: {said}", where=Where(file=str(path))) from None
