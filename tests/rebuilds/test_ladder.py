"""Every rung of the ladder, on packages that other programs have built and an index of this machine serves."""

from __future__ import annotations

import gzip
import zipfile  # noqa: TID251 - other writers than ours are the point; the ban protects src
from pathlib import Path

import pytest
import zlib_ng.zlib_ng as other_zlib

from tests.backend.frontends import Built
from tests.projects import PURE, Project
from tests.rebuilds.publishing import Publisher, sha256
from truewheel import api
from truewheel.api import Rung, Terms, Verification

BY_NAME = {project.name: project for project in PURE}
FLIT = BY_NAME["pureflit"]


def verified(publisher: Publisher, wanted: str, tmp_path: Path, **terms: object) -> Verification:
    """The one verification of what an index of this machine serves."""
    with publisher.serving() as index:
        asked = Terms(settings=index.settings, cache=tmp_path / "cache", **terms)  # type: ignore[arg-type]  # a test's own
        (answer,) = api.verify(wanted, asked)
    return answer


@pytest.mark.parametrize("name", BY_NAME)
def test_what_a_backend_builds_comes_out_bit_for_bit(name: str, publisher: Publisher, tmp_path: Path) -> None:
    built = publisher.publish(BY_NAME[name], SOURCE_DATE_EPOCH="1700000000")
    answer = verified(publisher, f"{name}==1.0", tmp_path)
    assert answer.rung is Rung.BIT_FOR_BIT, answer
    assert answer.wheel
    assert answer.attempt
    assert answer.attempt.rebuilt
    assert answer.attempt.rebuilt.sha256 == answer.wheel.sha256 == sha256(built.wheel)
    assert len(answer.attempts) == 1


@pytest.mark.parametrize("name", BY_NAME)
def test_a_publisher_who_sets_no_time_is_followed(name: str, publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish(BY_NAME[name])
    answer = verified(publisher, f"{name}==1.0", tmp_path)
    assert answer.rung in {Rung.BIT_FOR_BIT, Rung.ZIP_METADATA}, answer


def _rewritten(built: Built, place: Path, level: int | None = None) -> Built:
    """The same members, written by zipfile at times of their own."""
    wheel = place / built.wheel.name
    with (
        zipfile.ZipFile(built.wheel) as source,
        zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as target,
    ):
        for number, info in enumerate(reversed(source.infolist())):
            other = zipfile.ZipInfo(info.filename, (2021, 3, 4, 5, 6, number % 30 * 2))
            other.external_attr = info.external_attr
            target.writestr(other, source.read(info), zipfile.ZIP_DEFLATED)
    return Built(built.sdist, wheel)


def test_other_times_and_order_are_told_to_the_byte(publisher: Publisher, tmp_path: Path) -> None:
    published = publisher.upload(_rewritten(publisher.build(FLIT), tmp_path))
    answer = verified(publisher, "pureflit==1.0", tmp_path)
    assert answer.rung is Rung.ZIP_METADATA
    assert answer.judgement
    assert answer.judgement.transplanted
    with zipfile.ZipFile(published.wheel) as archive:
        members = len(archive.infolist())
    fields = dict(answer.judgement.transplanted.fields)
    assert fields["time"] == members
    assert answer.judgement.transplanted.size >= 8 * members  # date and time, in two headers each


def test_another_compressor_leaves_the_contents(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = publisher.build(FLIT)
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.zlib, "compressobj", other_zlib.compressobj)  # type: ignore[attr-defined]
        published = publisher.upload(_rewritten(built, tmp_path, 7))
    assert sha256(published.wheel) != sha256(built.wheel)
    answer = verified(publisher, "pureflit==1.0", tmp_path)
    assert answer.rung is Rung.SAME_CONTENTS
    assert answer.judgement
    assert any("compress" in sentence for sentence in answer.judgement.storage)


STAMPED = Project(
    "stamped",
    "setuptools.build_meta",
    ("setuptools==84.2.1",),
    {
        "setup.py": (
            "import gzip, pathlib\n"
            "from setuptools import setup\n"
            "from setuptools.command.build_py import build_py\n\n\n"
            "class Packed(build_py):\n"
            "    def run(self):\n"
            "        super().run()\n"
            "        place = pathlib.Path(self.build_lib, 'stamped')\n"
            "        place.mkdir(parents=True, exist_ok=True)\n"
            "        data = pathlib.Path('data.json').read_bytes()\n"
            "        with gzip.open(place / 'data.json.gz', 'wb') as file:\n"
            "            file.write(data)\n"
            "        import os, subprocess, sys\n"
            '        code = \'import gzip,sys;gzip.open(sys.argv[1],"wb").write(open("data.json","rb").read())\'\n'
            "        target = str(place / 'more.json.gz')\n"
            "        subprocess.run([sys.executable, '-I', '-c', code, target], check=True)\n\n\n"
            "setup(packages=['stamped'], cmdclass={'build_py': Packed})\n"
        ),
        "stamped/__init__.py": "",
        "data.json": '{"a": 1}\n' * 100,
        "MANIFEST.in": "include data.json\n",
    },
)
"""As botocore: data are compressed while it is built, and gzip keeps the time of that."""


def test_what_differs_by_a_known_cause_is_listed(publisher: Publisher, tmp_path: Path) -> None:
    published = publisher.publish(STAMPED)
    answer = verified(publisher, "stamped==1.0", tmp_path)
    assert answer.rung is Rung.EXPLAINED, answer.judgement
    assert answer.judgement
    changed = {each.member: [reason for reason, _ in each.causes] for each in answer.judgement.deviations}
    assert "build-time" in changed["stamped/more.json.gz"]
    assert not answer.judgement.unexplained
    with zipfile.ZipFile(published.wheel) as archive:
        assert gzip.decompress(archive.read("stamped/more.json.gz")) == b'{"a": 1}\n' * 100


def test_what_no_source_builds_is_different(publisher: Publisher, tmp_path: Path) -> None:
    built = publisher.build(FLIT)
    publisher.tampered(built, lambda members: members.update({"pureflit/inner/__init__.py": b"VALUE = 43\n"}))
    answer = verified(publisher, "pureflit==1.0", tmp_path)
    assert answer.rung is Rung.DIFFERENT
    assert answer.judgement
    assert [each.member for each in answer.judgement.unexplained] == ["pureflit/inner/__init__.py"]


def test_what_cannot_be_built_says_why(publisher: Publisher, tmp_path: Path) -> None:
    built = publisher.build(FLIT)
    info = {"PKG-INFO": "Metadata-Version: 2.1\nName: pureflit\nVersion: 1.0\n"}
    broken = Project("pureflit", "flit_core.nowhere", FLIT.requires, {**FLIT.files, **info})
    other = publisher.frontends.run(
        "tar", "-czf", tmp_path / built.sdist.name, "-C", broken.write(tmp_path / "pureflit-1.0").parent, "pureflit-1.0"
    )
    assert other.returncode == 0, other.stderr
    publisher.upload(Built(tmp_path / built.sdist.name, built.wheel))
    answer = verified(publisher, "pureflit==1.0", tmp_path)
    assert answer.rung is Rung.NOT_REBUILT
    assert "flit_core" in answer.problem
