"""Bills of materials don't tell in which folder a wheel was built."""

from __future__ import annotations

import json
import os
import sys
import zipfile  # noqa: TID251 - a reader and writer that isn't ours
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from truewheel.builds.artefacts import canonical_info, canonical_wheel
from truewheel.errors import RequestError, WheelError

INFO = "own-1.0.dist-info"
FILE = "file://"


def wheel_with(folder: Path, **members: str) -> Path:
    """A wheel with these members in its ``.dist-info``, true in everything."""
    contents = {
        "METADATA": "Metadata-Version: 2.4\nName: own\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **members,
    }
    path = folder / "own-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        rows = []
        for name, text in contents.items():
            data = text.encode()
            archive.writestr(f"{INFO}/{name}", data)
            digest = urlsafe_b64encode(sha256(data).digest()).decode().rstrip("=")
            rows.append(f"{INFO}/{name},sha256={digest},{len(data)}\n")
        archive.writestr(f"{INFO}/RECORD", "".join(rows) + f"{INFO}/RECORD,,\n")
    return path


def canonical(path: Path, *folders: str) -> dict[str, bytes]:
    """The members after the canonical form was written over the wheel."""
    canonical_wheel(path, timestamp=None, folders=folders)
    with zipfile.ZipFile(path) as archive:
        return {name.removeprefix(f"{INFO}/"): archive.read(name) for name in archive.namelist()}


def bill(*urls: str) -> str:
    return json.dumps({"components": [{"bom-ref": url} for url in urls]})


@pytest.mark.parametrize(
    ("folder", "before", "after"),
    [
        ("/build/x", f"path+{FILE}/build/x#own@1.0", f"path+{FILE}/src#own@1.0"),
        ("/build/x", f"path+{FILE}/build/x/sub/crate#1.0", f"path+{FILE}/src/sub/crate#1.0"),
        ("/build/x/", f"{FILE}/build/x", f"{FILE}/src"),
        ("/build/a b/é", f"path+{FILE}/build/a%20b/%C3%A9#own", f"path+{FILE}/src#own"),
        ("/build/x", f"path+{FILE}/build/xy#own", f"path+{FILE}/build/xy#own"),
        ("/build/x", "registry+https://example.invalid/build/x#own", "registry+https://example.invalid/build/x#own"),
        ("C:/build/x", f"path+{FILE}/C:/build/x#own", f"path+{FILE}/src#own"),
        ("/", f"path+{FILE}/build/x#own", f"path+{FILE}/build/x#own"),
        ("/build/own", f"path+{FILE}/build/own#1.0.0-rc.1+b.2", f"path+{FILE}/src#own@1.0.0-rc.1+b.2"),
        ("/build/x", f"path+{FILE}/build/x#own@1.0.0-rc.1+b.2", f"path+{FILE}/src#own@1.0.0-rc.1+b.2"),
        ("/a b/own/", f"path+{FILE}/a%20b/own#0.1.0 bin-target-0", f"path+{FILE}/src#own@0.1.0 bin-target-0"),
        ("/build/own", f"path+{FILE}/build/own/own#1.0.0", f"path+{FILE}/src/own#1.0.0"),
        ("/build/own", f"{FILE}/build/own#1.0.0", f"{FILE}/src#1.0.0"),
        ("/build/own", f"own 1.0.0 (path+{FILE}/build/own)", f"own 1.0.0 (path+{FILE}/src)"),
        ("/build/own", f"path+{FILE}/build/own)x#1.0.0", f"path+{FILE}/build/own)x#1.0.0"),
    ],
)
def test_the_folder_is_called_src(folder: str, before: str, after: str, tmp_path: Path) -> None:
    found = canonical(wheel_with(tmp_path, **{"sboms/own.cyclonedx.json": bill(before, before)}), folder)
    assert found["sboms/own.cyclonedx.json"].decode() == bill(after, after)


def test_the_name_of_the_folder_decides_nothing(tmp_path: Path) -> None:
    """Cargo's identifiers of one crate, in a folder that is called like it and in another one."""
    bills = [
        {
            "metadata": {
                "component": {"bom-ref": f"{own}#{name}1.0.0", "purl": "pkg:cargo/own@1.0.0?download_url=file://."}
            },
            "dependencies": [
                {"ref": f"{own}#{name}1.0.0", "dependsOn": [f"{own}/other#2.0.0", f"{own}/third#named@3.0.0"]},
                {"ref": f"{own}/other#2.0.0"},
            ],
        }
        for own, name in [(f"path+{FILE}/build/own", ""), (f"path+{FILE}/elsewhere", "own@")]
    ]
    first, second = (
        canonical(wheel_with(tmp_path, **{"sboms/own.json": json.dumps(bill)}), "/build/own", "/elsewhere")
        for bill in bills
    )
    assert first == second
    assert first["sboms/own.json"].count(b"/src#own@1.0.0") == 2


def test_of_two_folders_the_inner_one_is_meant(tmp_path: Path) -> None:
    found = canonical(wheel_with(tmp_path, **{"sboms/a.json": bill(f"{FILE}/a/b/c#1")}), "/a", "/a/b/c")
    assert found["sboms/a.json"].decode() == bill(f"{FILE}/src#1")


def test_record_is_true_afterwards_and_all_else_stays(tmp_path: Path) -> None:
    text = bill(f"{FILE}/build/x#own")
    path = wheel_with(tmp_path, **{"sboms/a.json": text, "licenses/a.json": text})
    found = canonical(path, "/build/x")
    assert found["licenses/a.json"].decode() == text
    digest = urlsafe_b64encode(sha256(found["sboms/a.json"]).digest()).rstrip(b"=")
    assert f"{INFO}/sboms/a.json,sha256=".encode() + digest in found["RECORD"]
    before = path.read_bytes()
    canonical(path, "/build/x")
    assert path.read_bytes() == before


def test_without_folders_nothing_is_changed(tmp_path: Path) -> None:
    text = bill(f"{FILE}/build/x#own")
    assert canonical(wheel_with(tmp_path, **{"sboms/a.json": text}))["sboms/a.json"].decode() == text


# --- what else is brought into form --------------------------------------------------------------------------
def test_a_wheel_that_is_refused_stays_as_it_was(tmp_path: Path) -> None:
    path = wheel_with(tmp_path)
    broken = path.read_bytes().replace(b"own\nVersion", b"owl\nVersion")
    path.write_bytes(broken)
    with pytest.raises(WheelError):
        canonical_wheel(path, timestamp=None)
    assert path.read_bytes() == broken
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_prepared_metadata(tmp_path: Path) -> None:
    canonical_info(tmp_path)  # no WHEEL, nothing to do
    (tmp_path / "WHEEL").write_bytes(b"Wheel-Version: 1.0\nTag: py2.py3-none-any\n")
    canonical_info(tmp_path)
    after = b"Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n"
    assert (tmp_path / "WHEEL").read_bytes() == after
    canonical_info(tmp_path)
    assert (tmp_path / "WHEEL").read_bytes() == after


def test_prepared_metadata_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "WHEEL").write_bytes(b"nothing")
    with pytest.raises(WheelError, match="has no Wheel-Version") as caught:
        canonical_info(tmp_path)
    assert caught.value.where.file == str(tmp_path / "WHEEL")
    (tmp_path / "WHEEL").unlink()
    (tmp_path / "WHEEL").mkdir()
    with pytest.raises(RequestError, match="can't be brought into form: it is no regular file"):
        canonical_info(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with names, and links only for some")
def test_prepared_metadata_elsewhere_is_not_looked_at(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Wheel-Version: 1.0\nTag: py2.py3-none-any\n")
    (tmp_path / "WHEEL").symlink_to(secret)
    with pytest.raises(RequestError, match="it is no regular file"):
        canonical_info(tmp_path)
    assert "py2.py3" in secret.read_text()
    (tmp_path / "WHEEL").unlink()
    os.mkfifo(tmp_path / "WHEEL")
    with pytest.raises(RequestError, match="it is no regular file"):
        canonical_info(tmp_path)


def test_prepared_metadata_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "WHEEL").write_bytes(b"Wheel-Version: 1.0\nTag: py2.py3-none-any\n")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(RequestError, match="can't be brought into form: Permission denied"):
        canonical_info(tmp_path)
