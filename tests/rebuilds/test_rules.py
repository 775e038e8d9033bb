"""Each rule lifts a package that needs it: published by other programs with the means of its year, served here."""

from __future__ import annotations

import os
import re
import sys
import time
import zipfile  # noqa: TID251 - what Windows writes is made by hand; the ban protects src
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.backend.frontends import Built, good, only
from tests.projects import PURE, Project
from tests.rebuilds.older import FLIT_39, OLDER, SETUPTOOLS_57, SETUPTOOLS_65, WHEEL_37, WHEEL_40, Wheel
from tests.rebuilds.publishing import NOW, Publisher
from tests.rebuilds.test_ladder import verified
from tests.support import record_text
from truewheel.api import Rung, Verification

FLIT = next(project for project in PURE if project.name == "pureflit")
ANY_FLIT = Project(
    "pureflit", FLIT.backend, ("flit-core>=3.2",), {k: v for k, v in FLIT.files.items() if k != "LICENSE"}
)
OLD = Project(
    "oldie",
    "setuptools.build_meta",
    ("setuptools>=40.8", "wheel"),
    {
        "setup.py": (
            "from setuptools import setup\n\n"
            "setup(name='oldie', version='1.0', packages=['oldie'], license='MIT', install_requires=['six>=1.5'],\n"
            "      url='https://example.org/oldie', author='Somebody', author_email='somebody@example.org')\n"
        ),
        "oldie/__init__.py": "VALUE = 1\n",
        "LICENSE": "Anybody may do anything with this.\n",
    },
)


class _OldProject(Project):
    """One without a table of metadata in pyproject.toml: that was before PEP 621."""

    def pyproject(self, backend: str = "", more: str = "") -> str:
        requires = ", ".join(f'"{requirement}"' for requirement in self.requires)
        return f'[build-system]\nrequires = [{requires}]\nbuild-backend = "{backend or self.backend}"\n{more}'


OLDIE = _OldProject(OLD.name, OLD.backend, OLD.requires, OLD.files)
PINNED = _OldProject(OLD.name, OLD.backend, (SETUPTOOLS_65.pin, WHEEL_40.pin), OLD.files)
ONE_TIME = {"SOURCE_DATE_EPOCH": "1640000000"}


def _soon() -> str:
    """A minute from now: an upload right after the build."""
    return (datetime.now(timezone.utc) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def publisher(publisher: Publisher) -> Publisher:
    """A publisher whose index has the backends of other years too, each since its own day."""
    for wheel in OLDER:
        (publisher.folder / wheel.file).write_bytes(wheel.fetch().read_bytes())
        publisher.uploaded[wheel.file] = wheel.uploaded
    return publisher


def _published(
    publisher: Publisher,
    project: Project,
    *backends: Wheel,
    uploaded: str = NOW,
    umask: int = 0o022,
    from_tree: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Built:
    """Built and uploaded by somebody who had these backends."""
    place = publisher.scratch / "then"
    source = project.write(place / "src")
    pins = place / "pins.txt"
    pins.write_text("".join(f"{wheel.pin}\n" for wheel in backends), encoding="utf-8")
    links = ",".join(map(str, [publisher.frontends.wheelhouse, *{wheel.fetch().parent for wheel in OLDER}]))
    given = {"UV_FIND_LINKS": links, **(environment or {})}
    options = ["--build-constraints", str(pins)]
    if from_tree:  # as most publishers do, whose files are older than the build
        for path in source.rglob("*"):
            os.utime(path, (time.time() - 200_000,) * 2)
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "uv",
            "build",
            "--python",
            sys.executable,
            "-o",
            place / "out",
            *options,
        ]
        for kind in ("--sdist", "--wheel"):
            good(publisher.frontends.run(*command, kind, source, umask=umask, given=given))
        built = Built(only(place / "out", "*.tar.gz"), only(place / "out", "*.whl"))
    else:
        built = publisher.frontends.uv(source, place / "out", *options, umask=umask, **given)
    served = publisher.upload(built)
    publisher.uploaded.update(dict.fromkeys((built.sdist.name, built.wheel.name), uploaded))
    return served


def _steps(answer: Verification) -> dict[str, str]:
    assert answer.attempt, answer.problem
    return {step.rule: step.what for step in answer.attempt.choice.steps}


def test_the_generator_names_the_backend(publisher: Publisher, tmp_path: Path) -> None:
    _published(publisher, ANY_FLIT, FLIT_39, environment=ONE_TIME)
    answer = verified(publisher, "pureflit==1.0", tmp_path)
    assert answer.rung is Rung.BIT_FOR_BIT, answer.judgement
    assert _steps(answer)["generator"] == "flit-core==3.9.0"


def test_the_upload_tells_what_was_there(publisher: Publisher, tmp_path: Path) -> None:
    """The Generator of `wheel` says nothing of setuptools."""
    _published(publisher, OLDIE, SETUPTOOLS_65, WHEEL_37, uploaded="2022-10-20T12:00:00Z", environment=ONE_TIME)
    answer = verified(publisher, "oldie==1.0", tmp_path)
    assert answer.rung is Rung.BIT_FOR_BIT, answer.judgement
    assert answer.attempt
    assert {"setuptools==65.5.0", "wheel==0.37.1"} <= set(answer.attempt.requirements)
    assert "2022-10-20" in _steps(answer)["exclude-newer"]


def test_metadata_tell_how_old_setuptools_is(publisher: Publisher, tmp_path: Path) -> None:
    """A publisher who lags behind: uploaded a year after what it was built with."""
    if sys.version_info >= (3, 12):
        pytest.skip("setuptools 57 needs Python 3.11 or older")
    _published(publisher, OLDIE, SETUPTOOLS_57, WHEEL_37, uploaded="2022-11-20T12:00:00Z", environment=ONE_TIME)
    answer = verified(publisher, "oldie==1.0", tmp_path)
    assert answer.rung is Rung.BIT_FOR_BIT, answer.judgement
    assert _steps(answer)["setuptools"] == "setuptools==57.5.0"


def test_several_times_mean_a_clock(publisher: Publisher, tmp_path: Path) -> None:
    """Times that are later than the upload would be nobody's: this one is uploaded at once."""
    _published(publisher, PINNED, SETUPTOOLS_65, WHEEL_40, uploaded=_soon(), from_tree=True)
    answer = verified(publisher, "oldie==1.0", tmp_path)
    assert answer.rung in {Rung.BIT_FOR_BIT, Rung.ZIP_METADATA}, answer.judgement
    steps = _steps(answer)
    assert "unset" in steps["epoch"]
    assert "clock stands still" in steps["clock"]


def test_one_time_means_source_date_epoch(publisher: Publisher, tmp_path: Path) -> None:
    _published(publisher, OLDIE, SETUPTOOLS_65, WHEEL_40, uploaded="2023-04-01T12:00:00Z", environment=ONE_TIME)
    answer = verified(publisher, "oldie==1.0", tmp_path)
    assert answer.rung is Rung.BIT_FOR_BIT, answer.judgement
    assert _steps(answer)["epoch"] == "SOURCE_DATE_EPOCH=1640000000"


def test_local_times_mean_a_time_zone(publisher: Publisher, tmp_path: Path) -> None:
    """Flit writes the times of files as the publisher's clock on the wall has them."""
    _published(publisher, ANY_FLIT, FLIT_39, uploaded=_soon(), from_tree=True, environment={"TZ": "Asia/Kathmandu"})
    answer = verified(publisher, "pureflit==1.0", tmp_path)
    assert answer.rung is Rung.BIT_FOR_BIT, answer.judgement
    assert answer.attempt
    assert answer.attempt.choice.recipe.timezone != "UTC"


@pytest.mark.parametrize("umask", [0o002, 0o077])
def test_modes_tell_the_umask(umask: int, publisher: Publisher, tmp_path: Path) -> None:
    when = "2023-04-01T12:00:00Z"
    _published(publisher, OLDIE, SETUPTOOLS_65, WHEEL_40, uploaded=when, umask=umask, environment=ONE_TIME)
    answer = verified(publisher, "oldie==1.0", tmp_path)
    assert answer.rung in {Rung.BIT_FOR_BIT, Rung.ZIP_METADATA}, answer.judgement
    assert answer.attempt
    assert answer.attempt.choice.recipe.umask == umask


def _on_windows(built: Built, place: Path) -> Built:
    """The same wheel as `wheel` 0.40 writes it on Windows: METADATA alone is opened as a text, and gets CR LF."""
    wheel = place / built.wheel.name
    with zipfile.ZipFile(built.wheel) as source:
        members = {info: source.read(info) for info in source.infolist()}
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as target:
        changed = {}
        for info, data in members.items():
            name = info.filename
            changed[info] = data.replace(b"\n", b"\r\n") if name.endswith(".dist-info/METADATA") else data
        record = next(info for info in members if info.filename.endswith("RECORD"))
        others = {info.filename: data for info, data in changed.items() if info is not record}
        changed[record] = record_text(others, record.filename)
        for info, data in changed.items():
            info.create_system = 0
            target.writestr(info, data)
    return Built(built.sdist, wheel)


def test_line_ends_tell_of_windows(publisher: Publisher, tmp_path: Path) -> None:
    when = "2023-04-01T12:00:00Z"
    built = _published(publisher, OLDIE, SETUPTOOLS_65, WHEEL_40, uploaded=when, environment=ONE_TIME)
    (tmp_path / "windows").mkdir()
    publisher.upload(_on_windows(built, tmp_path / "windows"))
    publisher.uploaded[built.wheel.name] = when
    answer = verified(publisher, "oldie==1.0", tmp_path)
    assert answer.rung.same, answer.judgement
    assert answer.attempt
    assert answer.attempt.choice.recipe.line_ends == "\r\n"


OPTIONAL = _OldProject(
    "maybe",
    "setuptools.build_meta",
    ("setuptools>=40.8", "wheel"),
    {
        "setup.py": (
            "from setuptools import Extension, setup\n"
            "from setuptools.command.build_ext import build_ext\n\n\n"
            "class Optional(build_ext):\n"
            "    def run(self):\n"
            "        try:\n"
            "            super().run()\n"
            "        except Exception:\n"
            "            raise SystemExit(77)\n\n\n"
            "def attempt(**more):\n"
            "    setup(name='maybe', version='1.0', packages=['maybe'], **more)\n\n\n"
            "try:\n"
            "    attempt(ext_modules=[Extension('maybe.fast', ['fast.c'])], cmdclass={'build_ext': Optional})\n"
            "except SystemExit as error:\n"
            "    if error.code != 77:\n"
            "        raise\n"
            "    attempt()\n"
        ),
        "maybe/__init__.py": "",
        "fast.c": "#include <Python.h>\nPyMODINIT_FUNC PyInit_fast(void) { return NULL; }\n",
    },
)
"""As simplejson: it goes on without its native part where that can't be compiled."""


def test_a_pure_wheel_of_a_project_that_can_be_native(publisher: Publisher, tmp_path: Path) -> None:
    when = "2023-04-01T12:00:00Z"
    built = _published(
        publisher, OPTIONAL, SETUPTOOLS_65, WHEEL_40, uploaded=when, environment={**ONE_TIME, "CC": "false"}
    )
    assert built.wheel.name == "maybe-1.0-py3-none-any.whl"
    answer = verified(publisher, "maybe==1.0", tmp_path)
    assert answer.rung is Rung.BIT_FOR_BIT, (answer.problem, answer.judgement)
    assert _steps(answer)["native"] == "no compiler is found"


def test_what_cannot_be_inferred_is_told(publisher: Publisher, tmp_path: Path) -> None:
    """A variable of the publisher's that leaves no trace."""
    files = {
        **OLDIE.files,
        "setup.py": OLDIE.files["setup.py"].replace("'1.0'", "'1.0', description=os.environ.get('WHO', 'nobody')"),
    }
    files["setup.py"] = "import os\n" + files["setup.py"]
    project = _OldProject("oldie", OLDIE.backend, OLDIE.requires, files)
    when = "2023-04-01T12:00:00Z"
    given = {**ONE_TIME, "WHO": "somebody"}
    _published(publisher, project, SETUPTOOLS_65, WHEEL_40, uploaded=when, environment=given)
    before = verified(publisher, "oldie==1.0", tmp_path, tries=1)
    assert not before.rung.same
    overrides = tmp_path / "overrides.toml"
    overrides.write_text(
        '[[package]]\nproject = "oldie"\nreason = "its publisher sets WHO"\nenvironment = { WHO = "somebody" }\n'
    )
    after = verified(publisher, "oldie==1.0", tmp_path, overrides=overrides)
    assert after.rung is Rung.BIT_FOR_BIT, after.judgement
    assert after.attempt
    assert any("its publisher sets WHO" in step.why for step in after.attempt.choice.steps)
    assert not re.search("somebody", str(before.attempts[0].choice))
