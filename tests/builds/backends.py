"""A backend that the tests make: it needs nothing, tells what it saw, and does what its project's settings say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.builds.checkouts import written
from tests.support import write_wheel

TINY = """
import base64, csv, hashlib, io, json, os, sys, tarfile, zipfile

def settings():
    with open("tiny.json") as file:
        return json.load(file)

def get_requires_for_build_sdist(config_settings=None):
    return settings().get("sdist_requires", [])

def get_requires_for_build_wheel(config_settings=None):
    return settings().get("wheel_requires", [])

def seen(config_settings):
    import importlib.metadata
    umask = os.umask(0)
    os.umask(umask)
    return {
        "settings": config_settings,
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "umask": umask,
        "times": sorted({int(os.stat(name).st_mtime) for name in os.listdir(".") if name != "__pycache__"}),
        "files": sorted(os.listdir(".")),
        "distributions": sorted(d.metadata["Name"] + "==" + d.version for d in importlib.metadata.distributions()),
        "version": list(sys.version_info[:2]),
        "prefix": sys.prefix,
    }

def build_sdist(directory, config_settings=None):
    act("sdist")
    name = "small-1.0"
    with tarfile.open(os.path.join(directory, name + ".tar.gz"), "w:gz") as archive:
        info = b"Metadata-Version: 2.4\\nName: small\\nVersion: 1.0\\n"
        member = tarfile.TarInfo(name + "/PKG-INFO")
        member.size = len(info)
        archive.addfile(member, io.BytesIO(info))
        for file in sorted(os.listdir(".")):
            if os.path.isfile(file) and file != "PKG-INFO":
                archive.add(file, name + "/" + file)
    return name + ".tar.gz"

def build_wheel(directory, config_settings=None, metadata_directory=None):
    act("wheel")
    found = seen(config_settings)
    asked = settings().get("tell", [])
    told = {key: found[key] for key in asked}
    files = {
        "small.py": open("small.py", "rb").read() if os.path.exists("small.py") else b"",
        "seen.json": json.dumps(told, sort_keys=True).encode(),
        "small-1.0.dist-info/METADATA": b"Metadata-Version: 2.4\\nName: small\\nVersion: 1.0\\n",
        "small-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    rows = io.StringIO()
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        csv.writer(rows, lineterminator="\\n").writerow([path, "sha256=" + digest, len(data)])
    csv.writer(rows, lineterminator="\\n").writerow(["small-1.0.dist-info/RECORD", "", ""])
    files["small-1.0.dist-info/RECORD"] = rows.getvalue().encode()
    name = "small-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return name

def act(kind):
    code = settings().get(kind)
    if code:
        exec(code, {})
"""


def project(folder: Path, *, requires: tuple[str, ...] = (), code: str = "", **settings: object) -> Path:
    """A project that the backend builds, from its own folder, or from the wheelhouse where ``requires`` names it.

    `code` stands at the end of the backend. ``sdist`` and ``wheel`` are code that is run before these are built,
    ``sdist_requires`` and ``wheel_requires`` what the hooks answer, and ``tell`` names what is written into the wheel
    of what was seen.
    """
    lines = ["[build-system]", f"requires = {json.dumps(requires)}", 'build-backend = "tiny"']
    files = {"small.py": "VALUE = 1\n", "tiny.json": json.dumps(settings)}
    if not requires:
        lines.append('backend-path = ["."]')
        files["tiny.py"] = TINY + code
    return written(folder, files | {"pyproject.toml": "\n".join(lines) + "\n"})


def wheelhouse(folder: Path) -> Path:
    """A folder of wheels: the backend, in two versions, and things that it may require."""
    folder.mkdir(parents=True, exist_ok=True)
    for version in ("1.0", "2.0"):
        _wheel(folder, "tiny", version, {"tiny.py": TINY.encode()}, "base>=1")
    _wheel(folder, "base", "1.5", {"base.py": b""})
    _wheel(folder, "more", "1.0", {"more.py": b""}, 'extra-part; extra == "full"')
    _wheel(folder, "extra_part", "3.0", {"extra_part.py": b""})
    script = {"tool.py": b"def main():\n    print('a tool')\n", "tool-1.0.dist-info/entry_points.txt": _SCRIPT}
    _wheel(folder, "tool", "1.0", script)
    return folder


def offline(folder: Path) -> Mapping[str, str]:
    """Variables that have uv and pip know nothing but a folder of wheels."""
    return {
        "UV_FIND_LINKS": str(folder),
        "UV_NO_INDEX": "1",
        "UV_NO_CONFIG": "1",
        "PIP_FIND_LINKS": str(folder),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_EXTRA_INDEX_URL": "",
    }


_SCRIPT = b"[console_scripts]\ntool = tool:main\n"


def _wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes], *requires: str) -> None:
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {r}" for r in requires),
    ]
    if name == "more":
        lines.append("Provides-Extra: full")
    metadata = {f"{name}-{version}.dist-info/METADATA": "\n".join([*lines, ""]).encode()}
    write_wheel(folder, {**files, **metadata}, name=f"{name}-{version}-py3-none-any.whl")
