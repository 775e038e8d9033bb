"""Built twice: the second build has everything otherwise, and leaves nothing but what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds.backends import offline, project
from tests.builds.building import Heard, built
from tests.builds.checkouts import names
from truewheel.builds.model import Made, Request
from truewheel.builds.twice import Twin, build_again
from truewheel.builds.variations import MORE_PATH
from truewheel.compare import Kind
from truewheel.errors import TruewheelError

EPOCH = 1_600_000_000
LAST_PATH = "import os\nopen('small.py', 'w').write(os.environ['PATH'].rpartition(os.pathsep)[2])\n"


def again(source: Path, made: Made, heard: Heard | None = None, **asked: object) -> Twin:
    """Build a source once more."""
    request = Request(source=str(source), isolation="none", seconds=600, epoch=EPOCH, **asked)  # type: ignore[arg-type]  # fields by their names
    return build_again(request, made, progress=heard or Heard())


def test_what_depends_on_nothing_comes_out_the_same(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    made = built(folder, tmp_path / "out", epoch=EPOCH)
    delivered = {artefact.path.name: artefact.path.read_bytes() for artefact in made.artefacts}
    heard = Heard()
    twin = again(folder, made, heard)
    assert twin.same
    assert [(c.left.name, c.right.name, c.identical) for c in twin.comparisons] == [(n, n, True) for n in delivered]
    assert heard.phases[-1] == "compare the two builds"
    assert heard.phases[:-1]
    assert all(phase.startswith("second build: ") for phase in heard.phases[:-1])
    assert names(tmp_path / "out") == sorted(delivered), "the second build is delivered nowhere"
    assert all(artefact.path.read_bytes() == delivered[artefact.path.name] for artefact in made.artefacts)


def test_what_a_build_sees_is_told_apart_member_by_member(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", wheel=LAST_PATH, tell=["umask", "environment", "folder", "times"])
    made = built(folder, tmp_path / "out", epoch=EPOCH)
    twin = again(folder, made)
    assert not twin.same
    sdist, wheel = twin.comparisons
    assert sdist.identical
    differing = {difference.place: difference for difference in wheel.differences}
    assert set(differing) - {""} == {"seen.json", "small.py", "small-1.0.dist-info/RECORD"}
    parts = [part for name in ("seen.json", "small.py") for part in differing[name].walk()]
    shown = "\n".join(f"{part.place} {part.left} {part.right} {[line.text for line in part.lines]}" for part in parts)
    then = str(EPOCH - 27 * 86400 - 3602)
    for value in ("NPT-05:45", "398", "elsewhere", "TRUEWHEEL_SECOND_BUILD", MORE_PATH, then, "63"):
        assert value in shown
    assert differing["seen.json"].kind is Kind.CONTENT


def test_a_second_build_takes_the_lock_of_the_first(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in offline(wheels).items():
        monkeypatch.setenv(name, value)
    folder = project(tmp_path / "p", requires=("tiny==1.0",), tell=["distributions"])
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("tiny==1.0\n", encoding="utf-8")
    made = built(folder, tmp_path / "out", epoch=EPOCH, constraints=(constraints,))
    heard = Heard()
    assert again(folder, made, heard, constraints=(constraints,)).same
    assert not any("resolve" in phase for phase in heard.phases)


def test_what_fails_under_other_circumstances_is_told_as_that(tmp_path: Path) -> None:
    code = "import os\nassert os.environ['TZ'] == 'UTC', 'only UTC will do'\n"
    folder = project(tmp_path / "p", wheel=code)
    made = built(folder, tmp_path / "out", epoch=EPOCH)
    with pytest.raises(TruewheelError, match="the second build, under other circumstances, failed: build wheel:"):
        again(folder, made)


def test_a_version_that_is_no_constant_is_compared_all_the_same(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    text = (folder / "tiny.py").read_text(encoding="utf-8")
    text = text.replace('"small-1.0', '"small-" + V + "').replace(
        'Version: 1.0\\n"', 'Version: " + V.encode() + b"\\n"'
    )
    version = "import os\nV = '1.0' if os.environ['TZ'] == 'UTC' else '1.1'\n"
    (folder / "tiny.py").write_text(version + text, encoding="utf-8")
    made = built(folder, tmp_path / "out", epoch=EPOCH)
    twin = again(folder, made)
    assert not twin.same
    assert [(c.left.name, c.right.name) for c in twin.comparisons] == [
        ("small-1.0.tar.gz", "small-1.1.tar.gz"),
        ("small-1.0-py3-none-any.whl", "small-1.1-py3-none-any.whl"),
    ]
    assert "version" in {reason.id for c in twin.comparisons for reason, _ in c.causes}
