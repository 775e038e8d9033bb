"""Reads the tables in ``data/``, which come with truewheel and are named with their sources inside."""

from __future__ import annotations

import pkgutil  # importlib.resources, made for this, loads tempfile and zipfile: twice the time of reading a table

from truewheel.errors import DataError


def table_text(name: str) -> str:
    """The JSON text of a table, such as ``glibc.json``. Raises `DataError` where it isn't installed."""
    try:
        data = pkgutil.get_data("truewheel.policy", f"data/{name}")
    except OSError as error:
        raise DataError(f"the table {name} can't be read: {error.strerror}", hint="install truewheel again") from None
    if data is None:
        raise DataError(f"the table {name} can't be read: its loader gives no data", hint="install truewheel again")
    return data.decode("utf-8")
