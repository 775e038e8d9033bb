"""Settings in TOML, as people write them: read whole, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from truewheel.errors import RequestError, Where
from truewheel.toml import loads
from truewheel.world.regular import read_small

_LARGEST: Final = 1 << 20


def read_toml(path: Path) -> dict[str, object]:
    """What a file in TOML says. Raises `RequestError` that names the file where it can't be read, or isn't TOML."""
    data = read_small(path, _LARGEST)
    try:
        return loads(data.decode("utf-8"))
    except ValueError as error:  # no UTF-8, no TOML, or an integer that Python won't read
        raise RequestError(f"can't be read as TOML: {error}", where=Where(file=str(path))) from None
