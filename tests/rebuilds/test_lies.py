"""A wheel that isn't what its source builds never gets one of the first three verdicts, however it is made to look."""

from __future__ import annotations

import zipfile  # noqa: TID251 - what tampers with wheels must not be ours; the ban protects src
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backend.frontends import Built, Frontends
from tests.index.serving import flipped
from tests.projects import PURE
from tests.rebuilds.publishing import Publisher, sha256
from tests.rebuilds.test_ladder import verified
from truewheel import api
from truewheel.api import Rung

Members = dict[str, bytes]
FLIT = next(project for project in PURE if project.name == "pureflit")
INFO = "pureflit-1.0.dist-info"


@pytest.fixture(scope="module")
def built(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """What is tampered with: built once."""
    folder = tmp_path_factory.mktemp("honest")
    return Publisher(frontends, folder / "served", folder / "publisher").build(FLIT, SOURCE_DATE_EPOCH="1700000000")


def _payload(members: Members) -> None:
    members["pureflit/__init__.py"] += b"import os\n"


def _same_size(members: Members) -> None:
    members["pureflit/inner/__init__.py"] = members["pureflit/inner/__init__.py"].replace(b"42", b"43")


def _version_line(members: Members) -> None:
    """As if nothing but a version had changed."""
    members["pureflit/__init__.py"] = members["pureflit/__init__.py"].replace(b'"1.0"', b'"1.1"')


def _dated(members: Members) -> None:
    """As if nothing but the time of the build stood in it."""
    members["pureflit/__init__.py"] += b'BUILT = "2026-11-01T12:00:00Z"\n'


def _line_ends(members: Members) -> None:
    """As if it had been built on Windows, but for one line."""
    changed = members["pureflit/__init__.py"].replace(b"\n", b"\r\n")
    members["pureflit/__init__.py"] = changed + b"import antigravity\r\n"


def _extra(members: Members) -> None:
    members["pureflit/_hidden.py"] = b""


def _path_file(members: Members) -> None:
    members["pureflit.pth"] = b"import sys\n"


def _lost(members: Members) -> None:
    del members["pureflit/data.json"]


def _swapped(members: Members) -> None:
    one, other = "pureflit/__init__.py", "pureflit/inner/__init__.py"
    members[one], members[other] = members[other], members[one]


def _metadata(members: Members) -> None:
    name = f"{INFO}/METADATA"
    members[name] = members[name].replace(b"\nVersion:", b"\nRequires-Dist: evil\nVersion:", 1)


def _entry_point(members: Members) -> None:
    members[f"{INFO}/entry_points.txt"] = b"[console_scripts]\nls = pureflit:run\n"


def _tag(members: Members) -> None:
    name = f"{INFO}/WHEEL"
    members[name] = members[name].replace(b"Root-Is-Purelib: true", b"Root-Is-Purelib: false")


LIES: dict[str, Callable[[Members], None]] = {
    "a payload that does more": _payload,
    "a payload of the same size": _same_size,
    "another version in code": _version_line,
    "a date in code": _dated,
    "line ends and one line": _line_ends,
    "a further module": _extra,
    "a path file": _path_file,
    "a member less": _lost,
    "contents swapped": _swapped,
    "a further requirement": _metadata,
    "a further program": _entry_point,
    "another place to install": _tag,
}


@pytest.mark.parametrize("lie", LIES)
def test_changed_contents(lie: str, built: Built, publisher: Publisher, tmp_path: Path) -> None:
    publisher.tampered(built, LIES[lie])
    answer = verified(publisher, "pureflit==1.0", tmp_path, tries=1)
    assert answer.rung is Rung.DIFFERENT, answer.judgement


def test_the_honest_one_is_the_same(built: Built, publisher: Publisher, tmp_path: Path) -> None:
    """The others fail for what was changed, not for how they were written."""
    publisher.tampered(built, lambda _: None)
    assert verified(publisher, "pureflit==1.0", tmp_path).rung.same


def _wrong_hash(text: bytes) -> bytes:
    return text.replace(b"sha256=", b"sha256=A", 1)


def _row_less(text: bytes) -> bytes:
    return b"".join(text.splitlines(keepends=True)[1:])


def _row_more(text: bytes) -> bytes:
    return b"pureflit/more.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n" + text


@pytest.mark.parametrize("change", [_wrong_hash, _row_less, _row_more])
def test_a_wrong_record(change: Callable[[bytes], bytes], built: Built, publisher: Publisher, tmp_path: Path) -> None:
    def tamper(members: Members) -> None:
        members[f"{INFO}/RECORD"] = change(members[f"{INFO}/RECORD"])

    publisher.tampered(built, tamper, honest=False)
    answer = verified(publisher, "pureflit==1.0", tmp_path, tries=1)
    assert not answer.rung.same
    assert answer.judgement
    assert answer.judgement.record


@pytest.mark.parametrize("mode", [0o100755, 0o104644, 0o120777])
def test_another_mode(mode: int, built: Built, publisher: Publisher, tmp_path: Path) -> None:
    """A module that can be run, one that runs as its owner, one that is a link."""
    wheel = tmp_path / built.wheel.name
    with zipfile.ZipFile(built.wheel) as source, zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == "pureflit/__init__.py":
                info.external_attr = mode << 16
            target.writestr(info, data)
    publisher.upload(Built(built.sdist, wheel))
    answer = verified(publisher, "pureflit==1.0", tmp_path, tries=1)
    assert not answer.rung.same
    assert answer.problem or answer.judgement


def test_the_index_serves_another_file_than_it_lists(built: Built, publisher: Publisher, tmp_path: Path) -> None:
    publisher.upload(built)
    with publisher.serving() as index:
        index.lies[f"/files/{built.wheel.name}"] = flipped

        (answer,) = api.verify("pureflit==1.0", api.Terms(settings=index.settings, cache=tmp_path / "cache"))
    assert answer.rung is Rung.NOT_REBUILT
    assert "sha256" in answer.problem
    assert not list((tmp_path / "cache").rglob("*.whl"))


def test_a_demanded_hash_that_the_wheel_has_not(built: Built, publisher: Publisher, tmp_path: Path) -> None:
    publisher.upload(built)
    wanted = tmp_path / "requirements.txt"
    wanted.write_text(f"pureflit==1.0 --hash=sha256:{'0' * 64}\n")

    (target,) = api.targets(files=[wanted]).targets
    with publisher.serving() as index:
        (answer,) = api.verify(target, api.Terms(settings=index.settings, cache=tmp_path / "cache"))
    assert answer.rung is Rung.NOT_REBUILT
    assert "hash" in answer.problem


def test_a_wheel_of_this_machine_that_the_index_does_not_serve(
    built: Built, publisher: Publisher, tmp_path: Path
) -> None:
    publisher.upload(built)
    other = publisher.tampered(built, _payload)
    mine = tmp_path / other.wheel.name
    mine.write_bytes(other.wheel.read_bytes())
    publisher.upload(built)
    answer = verified(publisher, str(mine), tmp_path, tries=1)
    assert answer.rung is Rung.DIFFERENT
    assert any(sha256(built.wheel) in note for note in answer.notes)
