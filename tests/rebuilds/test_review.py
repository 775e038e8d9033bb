"""Ways to a verdict past the source, which a reviewer has found: backends that copy what was published."""

from __future__ import annotations

import io
import sys
import tarfile
import tempfile
from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.backend.frontends import Built
from tests.rebuilds.publishing import THEN, Publisher
from tests.rebuilds.test_ladder import verified
from truewheel.api import Rung
from truewheel.builds import isolation_hidden
from truewheel.builds.isolation import possible

BACKEND = dedent(
    """
    import base64, hashlib, io, os, zipfile
    from importlib import metadata

    NAME = "mirror-1.0-py3-none-any.whl"
    INFO = "mirror-1.0.dist-info"

    def packed(members):
        rows = []
        for name, data in sorted(members.items()):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(data)}\\n")
        record = f"{INFO}/RECORD"
        everything = {**members, record: "".join([*rows, f"{record},,\\n"]).encode()}
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in everything.items():
                entry = zipfile.ZipInfo(name, (2020, 2, 2, 0, 0, 0))
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, data)
        return file.getvalue()

    def headers():
        return {
            f"{INFO}/METADATA": b"Metadata-Version: 2.1\\nName: mirror\\nVersion: 1.0\\n",
            f"{INFO}/WHEEL": b"Wheel-Version: 1.0\\nGenerator: mirror\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        }

    def installed():
        return metadata.distribution("mirror").read_text("../mirror.py").encode()

    def build_wheel(folder, settings=None, metadata_directory=None):
        try:
            found = installed()
        except metadata.PackageNotFoundError:
            found = b"honest = True\\n"
        for top in PLACES:
            for place, _, names in os.walk(top):
                if NAME in names and os.path.getsize(os.path.join(place, NAME)):
                    with zipfile.ZipFile(os.path.join(place, NAME)) as archive:
                        found = archive.read("mirror.py")
        with open(os.path.join(folder, NAME), "wb") as file:
            file.write(packed({**headers(), "mirror.py": found}))
        return NAME
    """
)
"""Builds a harmless wheel, unless it finds one that was published: then what that holds."""


def lying(tmp_path: Path, *, requires: str = "", places: tuple[str, ...] = (), before: str = "") -> Built:
    """An sdist whose backend copies, and a wheel with something else than its sources; neither is uploaded yet."""
    backend = f"PLACES = {places!r}\n{BACKEND}"
    if before:
        backend = backend.replace("    try:\n", f"{indent(before, '    ')}\n    try:\n", 1)
    functions: dict[str, object] = {}
    exec(backend, functions)  # noqa: S102  # its own words
    members = {**functions["headers"](), "mirror.py": b"honest = False\n"}  # type: ignore[operator]  # untyped
    wheel, sdist = tmp_path / "mirror-1.0-py3-none-any.whl", tmp_path / "mirror-1.0.tar.gz"
    wheel.write_bytes(functions["packed"](members))  # type: ignore[operator]  # untyped
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: mirror\nVersion: 1.0\n",
        "pyproject.toml": f'[build-system]\nrequires = [{requires}]\nbuild-backend = "it"\nbackend-path = ["."]\n',
        "it.py": backend,
    }
    with tarfile.open(sdist, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"mirror-1.0/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return Built(sdist, wheel)


def test_a_build_that_requires_the_published_wheel(publisher: Publisher, tmp_path: Path) -> None:
    """With and without dates: it proves nothing that what was published can be made of itself."""
    built = publisher.upload(lying(tmp_path, requires='"mirror"'))
    publisher.uploaded[built.wheel.name] = THEN
    answer = verified(publisher, "mirror==1.0", tmp_path, overrides=_any_date(tmp_path), tries=1)
    assert answer.rung is Rung.NOT_REBUILT
    assert "mirror 1.0 itself" in answer.problem


def _any_date(folder: Path) -> Path:
    path = folder / "overrides.toml"
    path.write_text('[[package]]\nproject = "mirror"\nreason = "a test"\nexclude-newer = false\n', encoding="utf-8")
    return path


def test_releases_of_any_date_bring_no_mirror(publisher: Publisher, tmp_path: Path) -> None:
    """As of the upload there is none to require; the last resort is to have it all the same."""
    publisher.upload(lying(tmp_path, requires='"mirror"'))
    assert verified(publisher, "mirror==1.0", tmp_path).rung is Rung.NOT_REBUILT


@pytest.fixture
def open_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders for temporary files, where the tests' own lie, are as visible as the rest of a machine."""
    monkeypatch.setattr(isolation_hidden, "_PLACES", ())
    monkeypatch.delenv("TMPDIR", raising=False)
    if possible().kind == "none":
        pytest.skip("nothing keeps builds apart here")


@pytest.mark.usefixtures("open_places")
def test_all_places_where_the_published_wheel_lies_are_hidden(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache, the folder of the verification, and the evidence of an earlier one."""
    folders = [tmp_path / name for name in ("cache", "kept", "scratch")]
    published = publisher.upload(lying(tmp_path, places=tuple(map(str, folders))))
    earlier = tmp_path / "kept" / published.wheel.stem / "rebuilt" / published.wheel.name
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(published.wheel.read_bytes())
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    answer = verified(publisher, "mirror==1.0", tmp_path, out=tmp_path / "kept", tries=1)
    assert answer.rung is Rung.DIFFERENT, answer


def test_a_wheel_among_the_sources_is_left_out(publisher: Publisher, tmp_path: Path) -> None:
    """As it is after a build: dist/ lies in the folder of the project."""
    built = lying(tmp_path, places=(".",))
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    dist = tmp_path / "mirror-1.0" / "dist"
    dist.mkdir()
    wheel = built.wheel.rename(dist / built.wheel.name)
    answer = verified(publisher, str(wheel), tmp_path, source=str(dist.parent), tries=1)
    assert answer.rung is Rung.DIFFERENT, answer


def test_that_nothing_kept_a_build_apart_is_told(publisher: Publisher, tmp_path: Path) -> None:
    wheel = publisher.upload(lying(tmp_path)).wheel
    answers = [verified(publisher, "mirror==1.0", tmp_path, isolation=kind, tries=1) for kind in ("none", "auto")]
    told = [any("nothing kept the build apart" in note for note in answer.notes) for answer in answers]
    assert wheel.exists()
    assert told == [True, possible().kind == "none"]


def test_a_source_with_the_name_of_the_wheel_does_not_take_its_place(publisher: Publisher, tmp_path: Path) -> None:
    """Files are linked, not copied, so what is written there would be written into the user's own."""
    wheel = lying(tmp_path).wheel
    before = wheel.read_bytes()
    other = tmp_path / "other" / wheel.name
    other.parent.mkdir()
    other.write_bytes(b"something else")
    answer = verified(publisher, str(wheel), tmp_path, source=str(other))
    assert answer.rung is Rung.NOT_REBUILT
    assert (wheel.read_bytes(), other.read_bytes()) == (before, b"something else")


def test_a_published_wheel_that_a_build_changes(publisher: Publisher, tmp_path: Path) -> None:
    """Where nothing keeps builds apart: the verdict is about the file that was fetched, or there is none."""
    code = f"""
    for place, _, names in os.walk({tempfile.gettempdir()!r}):
        if NAME in names and "truewheel-verify-" in place and place.endswith("published"):
            with open(os.path.join(place, NAME), "r+b") as file:
                file.write(packed(headers()))
    """
    built = lying(tmp_path, before=dedent(code))
    answer = verified(publisher, str(built.wheel), tmp_path, source=str(built.sdist), isolation="none", tries=1)
    assert answer.rung is Rung.NOT_REBUILT, answer
    assert "has changed" in answer.problem


@pytest.mark.skipif(possible().kind == "none", reason="nothing can be hidden here")
@pytest.mark.parametrize("kind", ["bubblewrap", "namespaces"])
def test_what_is_installed_is_not_found(kind: str, publisher: Publisher, tmp_path: Path) -> None:
    """Neither beside truewheel nor for the Python that builds: a copy of what was published may be there."""
    spy = dedent(
        """
        import glob
        tops = sorted(glob.glob("/usr/lib/python3/dist-packages") + glob.glob("/usr/local/lib/python3*/*-packages"))
        tops += [p + "/lib/" + v + "/site-packages" for p in PREFIXES for v in VERSIONS]
        print("PACKAGES", sorted(name for top in tops if os.path.isdir(top) for name in os.listdir(top)))
        """
    )
    versions = tuple(f"python3.{minor}" for minor in range(8, 15))
    prefixes = tuple({sys.prefix, sys.base_prefix})
    before = f"PREFIXES = {prefixes!r}\nVERSIONS = {versions!r}\n{spy}"
    publisher.upload(lying(tmp_path, before=before))
    python = ".".join(map(str, sys.version_info[:2]))
    verified(publisher, "mirror==1.0", tmp_path, tries=1, isolation=kind, python=python, out=tmp_path / "out")
    (log,) = (tmp_path / "out").glob("*/attempt-1.log")
    assert "PACKAGES []" in log.read_text(encoding="utf-8")
