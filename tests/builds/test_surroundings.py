"""The environment of a build: what it holds, and that no secret gets into it."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.builds import surroundings_table
from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.shims import Shims
from truewheel.builds.surroundings import environment, passed_on

ROOM = Workroom(Path("/somewhere/room"))

SECRETS = (
    *("TWINE_USERNAME", "TWINE_PASSWORD", "TWINE_REPOSITORY_URL", "PYPI_TOKEN", "PYPI_API_TOKEN", "TEST_PYPI_TOKEN"),
    *("UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD", "UV_INDEX_PRIVATE_PASSWORD", "UV_INDEX_URL", "POETRY_PYPI_TOKEN_PYPI"),
    *("HATCH_INDEX_AUTH", "HATCH_INDEX_USER", "FLIT_PASSWORD", "PDM_PUBLISH_PASSWORD", "MATURIN_PYPI_TOKEN"),
    *("MATURIN_PASSWORD", "CARGO_REGISTRY_TOKEN", "CARGO_REGISTRIES_PRIVATE_TOKEN", "NPM_TOKEN", "NODE_AUTH_TOKEN"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("AZURE_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_API_KEY", "DIGITALOCEAN_ACCESS_TOKEN"),
    *(
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
    ),
    *("ACTIONS_RUNTIME_URL", "ACTIONS_CACHE_URL", "GITLAB_TOKEN", "CI_JOB_TOKEN", "CI_JOB_JWT", "CI_REGISTRY_PASSWORD"),
    *("CIRCLE_OIDC_TOKEN", "BUILDKITE_AGENT_ACCESS_TOKEN", "CODECOV_TOKEN", "COVERALLS_REPO_TOKEN", "SONAR_TOKEN"),
    *("DOCKER_PASSWORD", "DOCKER_AUTH_CONFIG", "DOCKER_HOST", "KUBECONFIG", "VAULT_TOKEN", "OPENAI_API_KEY"),
    *("SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "GPG_PASSPHRASE", "GNUPGHOME", "SIGSTORE_ID_TOKEN"),
    *("NETRC", "PGPASSWORD", "DATABASE_URL", "REDIS_URL", "SLACK_WEBHOOK_URL", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "FTP_PROXY"),
    *("GIT_ASKPASS", "SSH_ASKPASS", "DBUS_SESSION_BUS_ADDRESS", "XAUTHORITY", "XDG_RUNTIME_DIR", "GOPRIVATE", "GOAUTH"),
    *(
        "LD_PRELOAD",
        "LD_AUDIT",
        "BASH_ENV",
        "ENV",
        "PYTHONSTARTUP",
        "PYTHONPATH",
        "PYTHONHOME",
        "PERL5LIB",
        "PROMPT_COMMAND",
    ),
)


def made(**changes: object) -> dict[str, str]:
    options: dict[str, object] = {"epoch": 1_700_000_000, "given": {}, "caller": {}, **changes}
    conditions = options.pop("conditions", Conditions())
    return environment(ROOM, inside, conditions, **options)  # type: ignore[arg-type]


def inside(path: Path) -> str:
    return str(path).replace(str(ROOM.host), "/tmp/truewheel")  # noqa: S108


def test_no_secret_gets_in() -> None:
    caller = {name: f"the-secret-of-{name}" for name in SECRETS}
    found = made(caller=caller)
    assert not any("the-secret" in value for value in found.values())
    assert passed_on(caller) == {}
    assert len(SECRETS) > 80


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CMAKE_PREFIX_PATH", "https://user:password@example.org/prefix"),
        ("CMAKE_ARGS", "-DURL=https://user:password@example.org/prefix"),
        ("NPY_AUTH_TOKEN", "x"),
        ("SKBUILD_API_KEY", "x"),
        ("PYO3_PASSWORD", "x"),
        ("MESONPY_KEY", "x"),
        ("CARGO_PROFILE_RELEASE_SECRET", "x"),
        ("CCX", "x"),
        ("MY_CC", "x"),
    ],
)
def test_values_and_names_that_look_like_secrets(name: str, value: str) -> None:
    assert passed_on({name: value}) == {}


def test_what_is_passed_on() -> None:
    caller = {
        "CXX": "clang++",
        "CC": "clang",
        "CFLAGS": "-O2",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "CMAKE_GENERATOR": "Ninja",
        "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_NUMPY": "1.0",
        "_PYTHON_HOST_PLATFORM": "macosx-11.0-arm64",
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER": "aarch64-linux-gnu-gcc",
        "EDITOR": "vi",
    }
    found = passed_on(caller)
    assert list(found) == sorted(set(caller) - {"EDITOR"})
    assert {name: made(caller=caller)[name] for name in found} == found


@given(st.from_regex(r"[A-Z][A-Z_]{0,20}", fullmatch=True))
def test_only_the_table_decides(name: str) -> None:
    patterns = [re.compile(part) for rule in surroundings_table.PASSED_ON for part in rule.names]
    if not any(pattern.fullmatch(name) for pattern in patterns):
        assert passed_on({name: "1"}) == {}


NAMES = [part for rule in surroundings_table.PASSED_ON for part in rule.names]


@given(st.sampled_from(NAMES).flatmap(lambda part: st.from_regex(re.compile(part, re.ASCII), fullmatch=True)))
def test_every_row_of_the_table_means_something(name: str) -> None:
    secret = any(
        word in name for word in ("TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH", "COOKIE", "KEY", "PAT", "PWD")
    )
    assert passed_on({name: "1"}) == {name: "1"} or secret or "USER" in name
    assert all(rule.reason for rule in surroundings_table.PASSED_ON)


def test_it_is_made_from_nothing() -> None:
    found = made(
        caller={"PATH": "/usr/bin", "HOME": "/home/me", "EDITOR": "vi", "LC_CTYPE": "de_DE", "TZ": "Asia/Tokyo"}
    )
    assert found["SOURCE_DATE_EPOCH"] == "1700000000"
    assert found["PATH"].split(os.pathsep)[0] == "/tmp/truewheel/bin"  # noqa: S108
    assert found["HOME"] == "/tmp/truewheel/home"  # noqa: S108
    assert found["TMPDIR"] == "/tmp/truewheel/tmp"  # noqa: S108
    assert found["TZ"] == "UTC"
    assert found["LC_ALL"] == found["LANG"] == "C.UTF-8"
    assert found["PYTHONHASHSEED"] == "0"
    assert "CFLAGS" not in found
    assert "EDITOR" not in found
    assert "LC_CTYPE" not in found
    assert found["CARGO_NET_OFFLINE"] == "true"
    assert "GOPROXY" not in made(offline=False)
    assert not any("/home/me" in value for value in found.values())
    assert all(str(ROOM.host) not in value for value in found.values())


def test_the_path(tmp_path: Path) -> None:
    path = os.pathsep.join([str(tmp_path), "relative", "", ".", str(tmp_path)])
    programs = "Scripts" if sys.platform == "win32" else "bin"
    first = [inside(ROOM.shims), inside(ROOM.env / programs)]
    assert made(caller={"PATH": path})["PATH"].split(os.pathsep) == [*first, str(tmp_path)]
    assert made(caller={"PATH": "/a"}, given={"PATH": str(tmp_path)})["PATH"].split(os.pathsep)[2:] == [str(tmp_path)]


def test_conditions_and_wishes() -> None:
    conditions = replace(
        Conditions(),
        timezone="Asia/Kathmandu",
        locale="C",
        hash_seed="7",
        home="other/home",
        more={"EXTRA": "1", "CC": "x"},
    )
    shims = Shims({"CXX": "/shims/0/g++", "RUSTC_WRAPPER": "/shims/rustc-wrapper"})
    found = made(conditions=conditions, given={"CC": "tcc", "CXX": "mine", "NEW": "2", "TZ": "UTC"}, shims=shims)
    assert found["HOME"] == "/tmp/truewheel/other/home"  # noqa: S108
    assert (found["TZ"], found["LC_ALL"], found["PYTHONHASHSEED"]) == ("UTC", "C", "7")
    assert (found["EXTRA"], found["CC"], found["NEW"]) == ("1", "tcc", "2")
    assert (found["CXX"], found["RUSTC_WRAPPER"]) == ("/shims/0/g++", "/shims/rustc-wrapper")


def test_rust_tool_chains_stay_where_they_are(tmp_path: Path) -> None:
    (tmp_path / ".rustup").mkdir()
    assert made(caller={"HOME": str(tmp_path)})["RUSTUP_HOME"] == f"{tmp_path}/.rustup"
    assert made(caller={"RUSTUP_HOME": str(tmp_path)})["RUSTUP_HOME"] == str(tmp_path)
    assert "RUSTUP_HOME" not in made(caller={"HOME": str(tmp_path / "missing")})


def test_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    caller = {
        "SYSTEMROOT": "C:\\Windows",
        "PATHEXT": ".EXE",
        "USERPROFILE": "C:\\Users\\me",
        "APPDATA": "C:\\Users\\me",
    }
    found = made(caller=caller)
    assert found["SYSTEMROOT"] == "C:\\Windows"
    assert found["LINK"] == "/Brepro"
    assert {found["USERPROFILE"], found["APPDATA"]} == {found["HOME"]}
    assert found["TEMP"] == found["TMPDIR"]
    assert found["PATH"].split(os.pathsep)[1].endswith("Scripts")


def test_what_keeps_other_builds_and_the_user_out() -> None:
    """Caches, the user's own packages and settings, downloads: each of these once decided what came out somewhere."""
    fixed = {
        "CCACHE_DISABLE": "1",
        "GOTOOLCHAIN": "local",
        "CARGO_INCREMENTAL": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INPUT": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CEILING_DIRECTORIES": inside(ROOM.host),
        "ZERO_AR_DATE": "1",
    }
    assert fixed.items() <= made().items()
    offline = {"CARGO_NET_OFFLINE": "true", "GOPROXY": "off", "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    assert offline.items() <= made().items()
    assert not set(offline) & set(made(offline=False))


def test_what_is_given_wins_over_the_callers_own() -> None:
    caller = {"CFLAGS": "-O1", "LDFLAGS": "-s", "LC_ALL": "de_DE"}
    found = made(given={"CFLAGS": "-O2", "TZ": "CET"}, caller=caller)
    assert (found["CFLAGS"], found["LDFLAGS"], found["TZ"], found["LC_ALL"]) == ("-O2", "-s", "CET", "C.UTF-8")
