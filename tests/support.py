"""Ordinary wheels made in memory: what a plain builder writes, valid and not canonical."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile  # noqa: TID251 - the tests need a writer that is not ours; the ban protects src
from collections.abc import Collection, Iterable, Mapping
from importlib import resources
from pathlib import Path

from jsonschema import Draft202012Validator
from packaging.utils import parse_wheel_filename

SAMPLE = "sample-1.0-py3-none-any.whl"
"""A file name that fits the wheels made here unless another is asked for."""


def record_text(files: Mapping[str, bytes], record: str) -> bytes:
    """The RECORD of `files` in their order, with the bare row of RECORD itself at the end."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.writerow([path, f"sha256={digest}", len(data)])
    rows.writerow([record, "", ""])
    return text.getvalue().encode()


def wheel_members(
    files: Mapping[str, bytes] | None = None, *, name: str = SAMPLE, without: Iterable[str] = ()
) -> dict[str, bytes]:
    """The members of a valid wheel called `name`: `files`, then METADATA, WHEEL and RECORD.

    A path of `files` may be one of those three and replaces what would be made; `without` lists names in
    the ``.dist-info`` folder that are left out (``{"RECORD"}``).
    """
    distribution, version = name.split("-")[:2]
    info = f"{distribution}-{version}.dist-info"
    tags = sorted(map(str, parse_wheel_filename(name)[3]))
    pure = "true" if name.endswith("-any.whl") else "false"
    made = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n\nA sample.\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: by-hand 1.0\nRoot-Is-Purelib: {pure}\n"
        + "".join(f"Tag: {tag}\n" for tag in tags),
    }
    given = {f"{distribution}/__init__.py": b'"""A sample."""\n'} if files is None else dict(files)
    record = f"{info}/RECORD"
    left_out = {f"{info}/{part}" for part in without}
    members = {path: data for path, data in given.items() if path != record}
    for path, text in made.items():
        if path not in left_out:
            members.setdefault(path, text.encode())
    if record not in left_out:
        members[record] = given.get(record) or record_text(members, record)
    return members


def zip_bytes(
    members: Mapping[str, bytes],
    *,
    executable: Collection[str] = (),
    time: tuple[int, int, int, int, int, int] = (2024, 2, 29, 12, 34, 56),
    level: int = 6,
    store: bool = False,
) -> bytes:
    """An archive of `members` in their order, as `zipfile` writes it on Unix.

    A path that ends in a slash becomes a directory entry. `time` is stamped on every member.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path, data in members.items():
            info = zipfile.ZipInfo(path, time)
            info.create_system = 3
            info.external_attr = 0o40755 << 16 | 0x10 if path.endswith("/") else 0o100644 << 16
            if path in executable:
                info.external_attr = 0o100755 << 16
            info.compress_type = zipfile.ZIP_STORED if store or path.endswith("/") else zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=level)
    return target.getvalue()


def wheel_bytes(
    files: Mapping[str, bytes] | None = None,
    *,
    name: str = SAMPLE,
    without: Iterable[str] = (),
    executable: Collection[str] = (),
    time: tuple[int, int, int, int, int, int] = (2024, 2, 29, 12, 34, 56),
    store: bool = False,
) -> bytes:
    """A valid wheel called `name` that holds `files`; see `wheel_members` and `zip_bytes`."""
    members = wheel_members(files, name=name, without=without)
    return zip_bytes(members, executable=executable, time=time, store=store)


def write_wheel(folder: Path, files: Mapping[str, bytes] | None = None, *, name: str = SAMPLE) -> Path:
    """A valid wheel on disk, in `folder`."""
    path = folder / name
    path.write_bytes(wheel_bytes(files, name=name))
    return path


def closed_schema(command: str) -> Draft202012Validator:
    """The published schema of a command's JSON, made to refuse fields that it doesn't describe.

    As published it lets readers of this version take documents of a later one, which may say more.
    """
    path = resources.files("truewheel.report") / "schemas" / f"{command}-1.json"
    return Draft202012Validator(_closed(json.loads(path.read_text(encoding="utf-8"))))


def _closed(schema: dict[str, object]) -> dict[str, object]:
    closed = {key: _closed(value) if isinstance(value, dict) else value for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if "required" in schema else closed
