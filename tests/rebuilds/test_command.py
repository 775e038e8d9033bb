"""The command: exit statuses, forms of the answer, evidence, and many wheels at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from tests.backend.frontends import Built, Frontends
from tests.cli.run import run
from tests.index.serving import Serving, simple_index, status
from tests.projects import PURE
from tests.rebuilds.publishing import Publisher, sha256
from tests.support import closed_schema

BY_NAME = {project.name: project for project in PURE}


@dataclass(frozen=True)
class Served:
    """An index that is up, what it serves, and a folder for everybody's cache."""

    index: Serving
    publisher: Publisher
    built: dict[str, Built]
    cache: Path

    def verify(self, *arguments: str | Path) -> Result:
        """What the command does with this index."""
        return run("verify", "--index-url", self.index.url, "--cache-dir", self.cache, *arguments)


@pytest.fixture(scope="module")
def served(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three honest packages, and `purepdm`, which somebody has tampered with."""
    folder = tmp_path_factory.mktemp("served")
    publisher = Publisher(frontends, folder / "served", folder / "publisher")
    built = {  # with a time, so that the same bytes come out however long it takes
        name: publisher.publish(BY_NAME[name], SOURCE_DATE_EPOCH="1700000000")
        for name in ("pureflit", "purehatchling", "purepoetry", "purepdm")
    }
    publisher.tampered(built["purepdm"], lambda members: members.update({"purepdm/data.json": b"{}\n"}))
    with publisher.serving() as index:
        yield Served(index, publisher, built, folder / "cache")


def test_a_wheel_that_is_the_same(served: Served) -> None:
    result = served.verify("pureflit==1.0")
    assert result.exit_code == 0, result.output
    assert "bit-for-bit" in result.output
    assert sha256(served.built["pureflit"].wheel) in result.output


def test_a_wheel_that_is_not(served: Served) -> None:
    result = served.verify("purepdm==1.0", "--tries", "1")
    assert result.exit_code == 1
    assert "different" in result.output
    assert "purepdm/data.json" in result.output


def test_a_wheel_that_is_not_there(served: Served) -> None:
    result = served.verify("nobody==1.0")
    assert result.exit_code == 2
    assert "nobody" in result.output
    assert "Traceback" not in result.output


def test_json(served: Served) -> None:
    result = served.verify("--json", "pureflit==1.0")
    document = json.loads(result.stdout)
    closed_schema("verify").validate(document)
    (answer,) = document["verifications"]
    assert answer["verdict"] == "bit-for-bit"
    assert answer["wheel"]["sha256"] == sha256(served.built["pureflit"].wheel)


def test_a_higher_demand(served: Served) -> None:
    """Times by themselves make the difference between the first two rungs."""
    honest = served.built["purehatchling"]
    before = honest.wheel.read_bytes()
    try:
        served.publisher.tampered(honest, lambda _: None)
        assert served.verify("purehatchling==1.0").exit_code == 0
    finally:
        honest.wheel.write_bytes(before)
    built = served.verify("purepdm==1.0", "--tries", "1", "--at-least", "same-but-for")
    assert built.exit_code == 1


def test_a_wheel_of_this_machine_and_its_source(served: Served, tmp_path: Path) -> None:
    wheel = tmp_path / served.built["pureflit"].wheel.name
    wheel.write_bytes(served.built["pureflit"].wheel.read_bytes())
    source = BY_NAME["pureflit"].write(tmp_path / "pureflit")
    for each in (served.built["pureflit"].sdist, source):
        result = served.verify("--json", wheel, "--source", each)
        assert result.exit_code == 0, result.output
        closed_schema("verify").validate(json.loads(result.stdout))


def test_evidence_is_kept(served: Served, tmp_path: Path) -> None:
    result = served.verify("pureflit==1.0", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    wheel = served.built["pureflit"].wheel
    folder = tmp_path / "out" / wheel.name.removesuffix(".whl")
    assert sha256(folder / "rebuilt" / wheel.name) == sha256(wheel)
    statement = json.loads((folder / "verification.json").read_text())
    assert statement["subject"] == [{"name": wheel.name, "digest": {"sha256": sha256(wheel)}}]
    assert statement["predicate"]["verdict"]["rung"] == "bit-for-bit"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found >= {"report.html", "diff.html", "diff.json", "attempt-1.log", "rebuilt/pylock.pureflit.toml"}
    again = served.verify("pureflit==1.0", "--out", tmp_path / "again")
    assert again.exit_code == 0
    second = (tmp_path / "again" / folder.name / "verification.json").read_bytes()
    assert second == (folder / "verification.json").read_bytes()  # nothing of the machine, nothing of the time


def test_nobody_signs_here(served: Served, tmp_path: Path) -> None:
    result = served.verify("pureflit==1.0", "--out", tmp_path / "out", "--sign")
    assert result.exit_code == 2
    assert "identity" in result.output


def test_signing_needs_a_place(served: Served) -> None:
    result = served.verify("pureflit==1.0", "--sign")
    assert result.exit_code == 2
    assert "--out" in result.output


def test_a_requirements_file(served: Served, tmp_path: Path) -> None:
    """Lines that can't be verified are told, and the others are answered all the same."""
    wanted = tmp_path / "requirements.txt"
    wheel = sha256(served.built["pureflit"].wheel)
    wanted.write_text(
        f"pureflit==1.0 --hash=sha256:{wheel}\npurepoetry==1.0 ; python_version >= '3'\n-e .\npurehatchling==1.0\n"
    )
    pages = tmp_path / "pages"
    result = served.verify("-r", wanted, "--html", pages, "-j", "2")
    assert result.exit_code == 2, result.output
    assert "3 bit-for-bit" in result.output
    assert str(wanted) in result.output
    assert "pureflit" in (pages / "index.html").read_text()
    assert len(list(pages.glob("*.html"))) == 4


def test_a_lock(served: Served, tmp_path: Path) -> None:
    lock = tmp_path / "pylock.toml"
    wheel = served.built["pureflit"].wheel
    lock.write_text(
        'lock-version = "1.0"\ncreated-by = "a test"\n\n[[packages]]\nname = "pureflit"\nversion = "1.0"\n'
        f'[[packages.wheels]]\nname = "{wheel.name}"\nurl = "{served.index.root}/files/{wheel.name}"\n'
        f'hashes = {{ sha256 = "{sha256(wheel)}" }}\n'
    )
    result = served.verify(lock)
    assert result.exit_code == 0, result.output
    assert "bit-for-bit" in result.output


def test_a_campaign_goes_on(served: Served, tmp_path: Path) -> None:
    wanted, database = tmp_path / "wanted.txt", tmp_path / "results.sqlite"
    wanted.write_text("pureflit==1.0\npurepoetry==1.0\n")
    first = served.verify("-r", wanted, "--campaign", database)
    assert first.exit_code == 0, first.output
    asked = len(served.index.asked)
    again = served.verify("-r", wanted, "--campaign", database)
    assert again.exit_code == 0
    assert len(served.index.asked) == asked  # nothing was done again
    assert again.stdout == first.stdout
    with sqlite3.connect(database) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


def test_an_index_that_tells_no_times(served: Served, tmp_path: Path) -> None:
    """Pypiserver serves PEP 503 alone: what can't be resolved as of a date is resolved as of today."""
    with simple_index(served.publisher.folder) as url:
        result = run("verify", "--index-url", url, "--cache-dir", tmp_path / "cache", "pureflit==1.0")
    assert result.exit_code == 0, result.output
    assert "bit-for-bit" in result.output


def test_offline(served: Served) -> None:
    """What was fetched once is there without the index; requirements come out of uv's own cache."""
    assert served.verify("purepoetry==1.0").exit_code == 0
    result = served.verify("--offline", "purepoetry==1.0")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing is asked for"),
        (("pureflit==1.0", "purepdm==1.0", "--source", "."), "--source"),
        (("pureflit==1.0", "--again", "different"), "--campaign"),
        (("pureflit==1.0", "--memory", "much"), "much"),
        (("pureflit==1.0", "--overrides", "nowhere.toml"), "nowhere.toml"),
        (("pureflit==1.0", "--python", "2.7"), "2.7"),
        (("pureflit==1.0", "--cluster", "http://nowhere"), "tcp://"),
        (("pureflit>=1.0",), "pureflit"),
    ],
)
def test_what_cannot_be_asked(arguments: tuple[str, ...], said: str, served: Served) -> None:
    result = served.verify(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_what_contradicts_itself_is_a_finding(served: Served, tmp_path: Path) -> None:
    """However good the verdict is."""
    (tmp_path / "provenance.json").write_text('{"version": 1, "attestation_bundles": 5}')
    result = served.verify("pureflit==1.0", "--provenance", tmp_path / "provenance.json")
    assert result.exit_code == 1, result.output
    assert "bit-for-bit" in result.output
    assert "invalid" in result.output


def test_attestations_that_the_index_does_not_give(served: Served, tmp_path: Path) -> None:
    """They are named and can't be had: that is said, and the verdict is there all the same."""
    name = served.built["pureflit"].wheel.name
    with served.publisher.serving(provenance={name: {"version": 1, "attestation_bundles": []}}) as index:
        index.lies[f"/provenance/{name}"] = status(403)
        result = run("verify", "--index-url", index.url, "--cache-dir", tmp_path / "cache", "pureflit==1.0")
    assert result.exit_code == 0, result.output
    assert "unverifiable" in result.output
