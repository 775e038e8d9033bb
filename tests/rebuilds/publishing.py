"""Packages as publishers make them, with programs that aren't ours, and an index of this machine that serves them."""

from __future__ import annotations

import hashlib
import shutil
import zipfile  # noqa: TID251 - what tampers with wheels must not be ours; the ban protects src
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.backend.frontends import Built, Frontends
from tests.index.serving import Serving
from tests.projects import Project
from tests.support import record_text

THEN = "2026-10-01T12:00:00Z"
"""When everything that builds was uploaded."""
NOW = "2026-11-01T12:00:00Z"
"""When what is built was."""


@dataclass
class Publisher:
    """Somebody who builds with uv and uploads; ``folder`` has all that the index serves."""

    frontends: Frontends
    folder: Path
    scratch: Path
    uploaded: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.scratch.mkdir()
        for wheel in self.frontends.wheelhouse.glob("*.whl"):
            if not wheel.name.startswith("truewheel-"):
                self._serve(wheel, THEN)

    def build(self, project: Project, *, umask: int = 0o022, **environment: str) -> Built:
        """An sdist and the wheel from it, in a folder of their own, not uploaded yet."""
        place = self.scratch / f"{project.name}-{len(list(self.scratch.iterdir()))}"
        return self.frontends.uv(project.write(place / "src"), place / "out", umask=umask, **environment)

    def publish(self, project: Project, *, umask: int = 0o022, **environment: str) -> Built:
        """Build and upload."""
        return self.upload(self.build(project, umask=umask, **environment))

    def upload(self, built: Built) -> Built:
        """Have the index serve both files, which come in place of what has their names."""
        return Built(self._serve(built.sdist, NOW), self._serve(built.wheel, NOW))

    def tampered(self, built: Built, change: Callable[[dict[str, bytes]], None], *, honest: bool = True) -> Built:
        """Have the index serve a wheel whose members were changed; with `honest`, RECORD fits them all the same."""
        place = self.scratch / f"tampered-{len(list(self.scratch.iterdir()))}"
        place.mkdir()
        wheel = place / built.wheel.name
        with zipfile.ZipFile(built.wheel) as archive:
            infos = {info.filename: info for info in archive.infolist()}
            members = {name: archive.read(name) for name in infos}
        change(members)
        record = next(name for name in members if name.endswith(".dist-info/RECORD"))
        if honest:
            members[record] = _fitting(members, record)
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(infos.get(name, name), data, zipfile.ZIP_DEFLATED)
        return self.upload(Built(built.sdist, wheel))

    def serving(self, **options: Mapping[str, object]) -> Serving:
        """The index, to be started by `with`."""
        return Serving(self.folder, uploaded=self.uploaded, **options)  # type: ignore[arg-type]  # as it takes them

    def _serve(self, path: Path, moment: str) -> Path:
        target = self.folder / path.name
        if path != target:
            shutil.copyfile(path, target)
        self.uploaded[path.name] = moment
        return target


def _fitting(members: Mapping[str, bytes], record: str) -> bytes:
    """The RECORD with rows for what the members are now, in the form and the order that it had."""
    new = record_text({name: data for name, data in members.items() if name != record}, record).decode().splitlines()
    rows = {line.split(",")[0]: line for line in new}
    old = [line.split(",")[0] for line in members[record].decode().splitlines()]
    order = [*(name for name in old if name in rows and name != record), *(name for name in rows if name not in old)]
    end = "\r\n" if b"\r\n" in members[record] else "\n"  # flit writes its rows as the csv module does
    return "".join(f"{rows[name]}{end}" for name in [*order, record]).encode()


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
