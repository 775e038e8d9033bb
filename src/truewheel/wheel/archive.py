"""A wheel's archive, read strictly: what two tools could understand in two ways is refused."""

from __future__ import annotations

from typing import Final

from truewheel.errors import WheelError
from truewheel.wheel.limits import Limits
from truewheel.wheel.model import Buffer, Wheel
from truewheel.wheel.name import WheelName, spells
from truewheel.wheel.plainzip import read_zip

_REQUIRED: Final = ("WHEEL", "METADATA", "RECORD")


def read(buffer: Buffer, name: WheelName, limits: Limits | None = None) -> Wheel:
    """The wheel in `buffer`, a whole file in memory or mapped into it, that is called `name`.

    Headers, names and layout are checked here, the contents of a member when it is read; nothing is inflated.
    The entries refer to `buffer` and are of use as long as it is. Raises `WheelError` for anything that is not
    as it should be, and `LimitError` for what `limits` (the defaults if None) doesn't allow.
    """
    plain = read_zip(buffer, limits)
    wheel = Wheel(name, plain.entries, plain.directories)
    check_layout(wheel)
    return wheel


def check_layout(wheel: Wheel) -> None:
    """Refuse a wheel whose one ``.dist-info`` folder isn't there, isn't complete, or is of another wheel.

    Its name has to mean the same project and version as the file name; spelling doesn't count, as with pip
    (binary distribution format, The .dist-info directory). Raises `WheelError`.
    """
    everything = (*wheel.by_name, *wheel.directories)
    tops = {path.partition("/")[0] for path in everything if ".dist-info" in path}
    folders = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(folders) > 1:
        raise WheelError(f"there are {len(folders)} .dist-info folders: {', '.join(folders[:5])}")
    found = wheel.dist_info
    if not spells(found.removesuffix(".dist-info"), wheel.name.project, wheel.name.version):
        raise WheelError(
            f"the .dist-info folder is {found!r}, the file name says {wheel.name.distribution} {wheel.name.version}",
            hint="the file was renamed, or holds another wheel",
        )
    for file in _REQUIRED:
        wheel.info(file)


__all__ = ["check_layout", "read"]
