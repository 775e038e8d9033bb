"""The file format: wheels read strictly, as values, and written in one way only.

`read` gives a `Wheel` for the bytes of an archive and its `WheelName`; nothing is inflated before it is asked for.
`canonicalize` gives the wheel in canonical form, `write` turns a wheel into bytes under a compression `Profile`, and
`payload_digest` names what is inside however it was zipped. Where a wheel is changed, `amended` keeps RECORD true.

The modules, from below: ``name`` and ``model`` are the values; ``limits``, the ``zip…`` ones, ``paths``,
``plainzip`` and ``archive`` read; ``deflate`` and ``profiles`` compress, ``record`` and ``metadata`` know the files
of ``.dist-info``; ``canonical``, ``forms`` and ``digest`` compare; ``layout`` and ``writer`` write.
"""

from truewheel.wheel.archive import check_layout, read
from truewheel.wheel.batches import Mapper, batches, serially
from truewheel.wheel.canonical import (
    CANONICAL,
    Normalizer,
    canonicalize,
    executables_derived,
    settle_signatures,
)
from truewheel.wheel.digest import payload_digest
from truewheel.wheel.forms import differences
from truewheel.wheel.layout import epoch
from truewheel.wheel.limits import Limits
from truewheel.wheel.metadata import (
    Metadata,
    WheelFile,
    check_metadata,
    read_metadata,
    read_wheel_file,
    with_purelib,
    with_tags,
    without_origin,
)
from truewheel.wheel.model import Buffer, Bytes, Content, Data, Entry, Named, Stored, Wheel
from truewheel.wheel.name import WheelName
from truewheel.wheel.plainzip import PlainZip, read_zip
from truewheel.wheel.profiles import Profile
from truewheel.wheel.record import RecordRow, amended, check_content, check_names, demand, row_for, rows_of, signatures
from truewheel.wheel.record import verify as verify_record
from truewheel.wheel.writer import Sink, Written, write

__all__ = [
    "CANONICAL",
    "Buffer",
    "Bytes",
    "Content",
    "Data",
    "Entry",
    "Limits",
    "Mapper",
    "Metadata",
    "Named",
    "Normalizer",
    "PlainZip",
    "Profile",
    "RecordRow",
    "Sink",
    "Stored",
    "Wheel",
    "WheelFile",
    "WheelName",
    "Written",
    "amended",
    "batches",
    "canonicalize",
    "check_content",
    "check_layout",
    "check_metadata",
    "check_names",
    "demand",
    "differences",
    "epoch",
    "executables_derived",
    "payload_digest",
    "read",
    "read_metadata",
    "read_wheel_file",
    "read_zip",
    "row_for",
    "rows_of",
    "serially",
    "settle_signatures",
    "signatures",
    "verify_record",
    "with_purelib",
    "with_tags",
    "without_origin",
    "write",
]
