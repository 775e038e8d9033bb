"""Crates and modules are fetched before the network is cut; what is vendored needs none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.builds.backends import project
from tests.builds.building import Heard, built, contents
from tests.builds.checkouts import written
from tests.projects import RUST
from tests.tools import need
from truewheel.builds import crates

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts")


def programs(folder: Path, *names: str) -> str:
    """A PATH with programs that do nothing."""
    folder.mkdir()
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return str(folder)


@POSIX
def test_commands(tmp_path: Path) -> None:
    lock, manifest = "Cargo.lock", "Cargo.toml"
    project = written(
        tmp_path / "p",
        {
            lock: "", manifest: "", f"rust/core/{lock}": "", f"rust/core/{manifest}": "", f"alone/{lock}": "",
            f"a/b/c/d/{lock}": "", f"a/b/c/d/{manifest}": "", f"vendor/x/{lock}": "", f"vendor/x/{manifest}": "",
            f"tests/x/{lock}": "", f"tests/x/{manifest}": "", "go.sum": "", "cmd/go.sum": "",
        },
    )  # fmt: skip

    def inside(path: Path) -> str:
        return "/in/" + path.relative_to(project).as_posix()

    cargo = [
        ["cargo", "fetch", "--locked", "--manifest-path", "/in/Cargo.toml"],
        ["cargo", "fetch", "--locked", "--manifest-path", "/in/rust/core/Cargo.toml"],
    ]
    go = [["go", "-C", "/in/.", "mod", "download"], ["go", "-C", "/in/cmd", "mod", "download"]]
    assert crates.commands(project, inside, programs(tmp_path / "none")) == []
    assert crates.commands(project, inside, programs(tmp_path / "c", "cargo")) == cargo
    assert crates.commands(project, inside, programs(tmp_path / "g", "go")) == go
    assert crates.commands(project, inside, programs(tmp_path / "both", "cargo", "go")) == cargo + go


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ({}, {"GOPROXY": ""}),
        ({"GOPROXY": "https://example.org,direct"}, {"GOPROXY": "https://example.org,direct"}),
        ({"GOPROXY": "https://me:secret@example.org,direct"}, {"GOPROXY": ""}),
        ({"HTTPS_PROXY": "http://example.org:1"}, {"GOPROXY": "", "HTTPS_PROXY": "http://example.org:1"}),
        ({"https_proxy": "http://me:secret@example.org"}, {"GOPROXY": ""}),
        ({"ALL_PROXY": "me:secret@example.org:1"}, {"GOPROXY": ""}),
        ({"ALL_PROXY": "http://[x"}, {"GOPROXY": ""}),
        ({"SSL_CERT_FILE": "/x"}, {"GOPROXY": "", "SSL_CERT_FILE": "/x"}),
    ],
)
def test_variables(caller: dict[str, str], expected: dict[str, str]) -> None:
    assert crates.variables(caller) == {"CARGO_NET_OFFLINE": "false", **expected}


@pytest.mark.skipif(sys.platform != "linux", reason="the tests' tools are those of Linux")
def test_a_crate_with_a_neighbour_and_vendored_crates(tmp_path: Path) -> None:
    """No registry is reachable in tests: what stands for its crates lies in the sources, as after `cargo vendor`."""
    need("cargo", "gcc")
    folder = RUST.write(tmp_path / "p")
    with (folder / "Cargo.toml").open("a") as file:
        file.write('far = "1"\n')
    written(
        folder,
        {
            ".cargo/config.toml": '[source.crates-io]\nreplace-with = "own"\n[source.own]\ndirectory = "own"\n',
            "own/far/Cargo.toml": '[package]\nname = "far"\nversion = "1.0.0"\nedition = "2021"\n',
            "own/far/src/lib.rs": "pub fn far() -> usize { 1 }\n",
            "own/far/.cargo-checksum.json": '{"files": {}, "package": null}',
            "Cargo.lock": 'version = 4\n\n[[package]]\nname = "far"\nversion = "1.0.0"\n'
            'source = "registry+https://github.com/rust-lang/crates.io-index"\n\n'
            '[[package]]\nname = "neighbour"\nversion = "1.0.0"\n\n'
            '[[package]]\nname = "withmaturin"\nversion = "1.0.0"\ndependencies = [\n "far",\n "neighbour",\n]\n',
        },
    )
    heard = Heard()
    made = built(folder, tmp_path / "a", isolation="auto", heard=heard, sdist=False)
    assert "fetch crates and modules" not in heard.phases  # vendored crates are there
    assert any(name.endswith(".so") for name in contents(made.artefacts[0].path))
    assert {"cargo", "rustc"} <= {tool.name for tool in made.tools}
    again = built(folder, tmp_path / "b", isolation="auto", sdist=False)
    assert (again.artefacts[0].sha256, again.provenance) == (made.artefacts[0].sha256, made.provenance)


@POSIX
def test_what_can_not_be_fetched_is_told(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    written(folder, {"Cargo.toml": "", "Cargo.lock": ""})
    path = tmp_path / "bin"
    path.mkdir()
    (path / "cargo").write_text("#!/bin/sh\necho nothing there\nexit 1\n")
    (path / "cargo").chmod(0o755)
    heard = Heard()
    built(folder, tmp_path / "a", heard=heard, sdist=False, more={"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"})
    assert heard.lines[-2:] == ["nothing there", "this could not be fetched; the build goes on with what is there"]
    heard = Heard()
    built(folder, tmp_path / "b", heard=heard, sdist=False, network=True)
    assert "fetch crates and modules" not in heard.phases


@POSIX
def test_no_program_of_the_project_runs_while_the_network_is_there(tmp_path: Path) -> None:
    """Settings of cargo name compilers, those of rustup tool chains: neither counts where fetching starts."""
    need("cargo")
    folder = project(tmp_path / "p")
    written(
        folder,
        {
            "Cargo.toml": '[package]\nname = "a"\nversion = "1.0.0"\nedition = "2021"\n',
            "src/lib.rs": "",
            "Cargo.lock": 'version = 4\n\n[[package]]\nname = "a"\nversion = "1.0.0"\n',
            ".cargo/config.toml": '[build]\nrustc = "./spy.sh"\nrustc-wrapper = "./spy.sh"\n',
            "rust-toolchain.toml": f'[toolchain]\npath = "{folder}"\n',
            "bin/cargo": "#!/bin/sh\necho spied\n",
            "spy.sh": "#!/bin/sh\necho spied\nexit 1\n",
        },
    )
    for name in ("spy.sh", "bin/cargo"):
        (folder / name).chmod(0o755)
    heard = Heard()
    built(folder, tmp_path / "a", heard=heard, sdist=False)
    assert "fetch crates and modules" in heard.phases
    assert heard.phases.index("fetch crates and modules") < heard.phases.index("ask the backend what it requires")
    assert "spied" not in heard.lines
    assert "this could not be fetched; the build goes on with what is there" not in heard.lines


CARGO = """
[source.crates-io]
replace-with = "mirror"
[source.mirror]
registry = "sparse+https://me:secret@example.org/index/"
[registries.own]
index = "https://example.org/git"
token = "secret"
credential-provider = ["program"]
[registry]
token = "secret"
[net]
retry = 5
git-fetch-with-cli = true
[net.ssh]
known-hosts = ["secret"]
[http]
proxy = "me:secret@example.org"
cainfo = "/etc/certificates"
ratio = 1.5
[build]
rustc-wrapper = "program"
[env]
TOKEN = "secret"
"""


@pytest.mark.parametrize("name", ["config.toml", "config"])
def test_mirrors_are_taken_along_and_secrets_are_not(tmp_path: Path, name: str) -> None:
    expected = {
        "source": {
            "crates-io": {"replace-with": "mirror"},
            "mirror": {"registry": "sparse+https://example.org/index/"},
        },
        "registries": {"own": {"index": "https://example.org/git"}},
        "net": {"retry": 5, "git-fetch-with-cli": True},
        "http": {"cainfo": "/etc/certificates"},
    }
    written(tmp_path, {f".cargo/{name}": CARGO})
    for caller in ({"HOME": str(tmp_path)}, {"CARGO_HOME": str(tmp_path / ".cargo"), "HOME": "/nowhere"}):
        assert tomllib.loads(crates.cargo_settings(caller)) == expected


@pytest.mark.parametrize("text", ["", "nonsense", "[build]\njobs = 1\n", "source = 1\n"])
def test_settings_of_cargo_that_say_nothing(tmp_path: Path, text: str) -> None:
    written(tmp_path, {".cargo/config.toml": text})
    assert crates.cargo_settings({"HOME": str(tmp_path)}) == ""
    assert crates.cargo_settings({"HOME": str(tmp_path / "none")}) == ""


def test_a_build_has_the_settings_of_cargo(tmp_path: Path) -> None:
    written(tmp_path, {"home/.cargo/config.toml": CARGO})
    code = "import os; print(open(os.environ['CARGO_HOME'] + '/config.toml').read())"
    heard = Heard()
    folder = project(tmp_path / "p", wheel=code)
    built(folder, tmp_path / "out", heard=heard, sdist=False, more={"CARGO_HOME": str(tmp_path / "home" / ".cargo")})
    assert any("mirror" in line for line in heard.lines)
    assert not any("secret" in line for line in heard.lines)
