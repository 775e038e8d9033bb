"""Which wheels of a version are published already."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

from truewheel.errors import RequestError
from truewheel.index.client import Client, NoProjectError


def published(client: Client, name: str, version: str) -> dict[str, str]:
    """The wheels of a version on the first index that has the project: their sha256 by file name, sorted.

    The sha256 is "" where the index gives none. Empty where no index has the project, or the project no wheel of this
    version; yanked ones count. The index is asked even if it was a moment ago, since somebody may have uploaded.
    Raises `RequestError` where `version` is none (PEP 440), or an index can't be asked.
    """
    try:
        wanted = Version(version)
    except InvalidVersion:
        raise RequestError(f"{version[:80]!r} is no version (PEP 440)") from None
    try:
        files = client.files(name, anew=True)
    except NoProjectError:
        return {}
    wheels = (file for file in files if file.name.endswith(".whl") and Version(file.version) == wanted)
    return {file.name: file.sha256 for file in sorted(wheels, key=lambda file: file.name)}
