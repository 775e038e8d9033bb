"""The wrapper with real backends where these are installed: what is announced, editable installs, folders that stay."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile  # noqa: TID251 - a reader that isn't ours
from pathlib import Path

import pytest

from tests.backend.frontends import PYTHON, Frontends, good, wrapped
from tests.backend.test_frontends import PROJECTS
from tests.corpus import sha256_of
from tests.projects import CMAKE, PURE, WITH_MESON, Project
from tests.tools import need
from truewheel import backend

SETUPTOOLS, HATCHLING = PURE[:2]

# What a frontend does in a process of its own, with the hooks that there are.
ANNOUNCE = """
import sys
from pathlib import Path
from truewheel import backend
out = Path(sys.argv[1])
info = backend.prepare_metadata_for_build_wheel(str(out))
for name in ("one", "two"):
    (out / name).mkdir()
backend.build_wheel(str(out / "one"), None, None)
backend.build_wheel(str(out / "two"), None, str(out / info))
"""


def run(frontends: Frontends, python: Path, code: str, project: Path, *arguments: Path) -> str:
    """Run code in a project's folder, with the programs of the environment first on PATH."""
    path = os.pathsep.join((str(python.parent), os.environ["PATH"]))
    return good(frontends.run(python, "-c", code, *arguments, folder=project, given={"PATH": path}))


@pytest.mark.parametrize("name", [name for name in PROJECTS if name != WITH_MESON.name])
def test_what_is_announced_is_what_is_built(name: str, frontends: Frontends, installed: Path, tmp_path: Path) -> None:
    need(*PROJECTS[name].tools)
    out = tmp_path / "out"
    out.mkdir()
    run(frontends, installed, ANNOUNCE, wrapped(PROJECTS[name], tmp_path / "project"), out)
    first, second = out.glob("*/*.whl")
    assert sha256_of(first) == sha256_of(second)
    announced = [path for path in out.glob("*.dist-info/**/*") if path.is_file()]
    assert "METADATA" in {path.name for path in announced}
    with zipfile.ZipFile(first) as archive:
        for path in announced:
            assert archive.read(path.relative_to(out).as_posix()) == path.read_bytes(), path.name


def test_a_backend_that_announces_nothing(frontends: Frontends, installed: Path, tmp_path: Path) -> None:
    code = "from truewheel import backend\nprint(*[name for name in backend._OPTIONAL if hasattr(backend, name)])"
    listed = set(run(frontends, installed, code, wrapped(WITH_MESON, tmp_path / "project")).split())
    assert "build_editable" in listed
    assert listed < set(backend._OPTIONAL) - {"prepare_metadata_for_build_wheel"}


def test_a_build_folder_that_stays_serves_the_next_build(frontends: Frontends, installed: Path, tmp_path: Path) -> None:
    need(*CMAKE.tools)
    project = wrapped(CMAKE, tmp_path / "project")
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("[tool.scikit-build]\n", '[tool.scikit-build]\nbuild-dir = "build"\n'))
    code = "import sys\nfrom truewheel import backend\nbackend.{}(sys.argv[1])"
    wheels = []
    for hook in ("build_wheel", "build_wheel", "build_editable"):
        run(frontends, installed, code.format(hook), project, tmp_path / "out")
        wheels += [sha256_of(path) for path in (tmp_path / "out").iterdir()]
        shutil.rmtree(tmp_path / "out")
    assert (project / "build" / "CMakeCache.txt").is_file()
    assert wheels[0] == wheels[1] != wheels[2]


@pytest.mark.parametrize("project", [SETUPTOOLS, HATCHLING], ids=lambda project: project.name)
def test_editable_installs_follow_the_sources(project: Project, frontends: Frontends, tmp_path: Path) -> None:
    folder = wrapped(project, tmp_path / "project")
    environment = tmp_path / "env"
    good(frontends.run(PYTHON, "-m", "uv", "venv", "--quiet", "--python", PYTHON, environment))
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    good(frontends.run(PYTHON, "-m", "pip", "--python", python, "install", "--quiet", "--editable", folder))
    with (folder / "src" / project.name / "__init__.py").open("a", encoding="utf-8") as file:
        file.write("EDITED = True\n")
    assert good(frontends.run(python, "-c", f"import {project.name}; print({project.name}.EDITED)")) == "True\n"


# --- what frontends show -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "command",
    [
        ("pip", "wheel", "--no-deps", "--wheel-dir", "out", "."),
        ("uv", "build", "--wheel", "--python", PYTHON, "--out-dir", "out"),
        ("build", "--wheel", "--outdir", "out"),
    ],
    ids=lambda command: command[0],
)
def test_frontends_show_our_sentence_and_no_traceback(
    command: tuple[str, ...], frontends: Frontends, tmp_path: Path
) -> None:
    text = '[build-system]\nrequires = ["truewheel"]\nbuild-backend = "truewheel.backend"\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    done = frontends.run(PYTHON, "-m", *command, folder=tmp_path)
    told = done.stdout + done.stderr
    assert done.returncode
    assert "truewheel.backend wraps another build backend, and nothing says which" in told
    assert 'backend = "setuptools.build_meta"' in told
    assert "Traceback" not in told
