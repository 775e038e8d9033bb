"""The outside: files, the environment, the machine. The only room that touches them.

`files` opens wheels as mapped memory and writes results so that a crash leaves nothing half-done, `batch` several at
once; `sides` opens what is compared, `archives` what is packed; `settings` reads what the environment and
pyproject.toml ask for. `libraries`, which only a repair imports, looks for libraries in the places that were given, and
for the packages that brought them.
"""

from truewheel.world.files import OpenWheel, file_sha256, open_wheel, replacing
from truewheel.world.settings import Settings, core_count, load_settings, source_date_epoch

__all__ = [
    "OpenWheel",
    "Settings",
    "core_count",
    "file_sha256",
    "load_settings",
    "open_wheel",
    "replacing",
    "source_date_epoch",
]
