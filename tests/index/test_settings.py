from __future__ import annotations

import os
import re
import subprocess  # noqa: TID251 - pip and uv are the oracles; the ban protects src
import sys
from pathlib import Path
from typing import Final

import pytest
from uv import find_uv_bin

from truewheel.errors import RequestError
from truewheel.index import pip_configuration
from truewheel.index.model import IndexSettings
from truewheel.index.settings import load, uv_variables

DEFAULT: Final = "https://default.invalid/simple"
PIP: Final = (sys.executable, "-m", "pip", "--disable-pip-version-check")
NOBODY: Final = "http://127.0.0.1:9"


class Home:
    """The folders of a user without settings, and what programs see of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "HOME": str(folder / "home"),
            "XDG_CONFIG_DIRS": f"{folder / 'all'}:{folder / 'more'}",
            "PATH": os.environ["PATH"],
        }

    def write(self, where: str, text: str) -> Path:
        path = self.folder / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, **variables: str) -> IndexSettings:
        return load(environment={**self.environment, **variables}, default=lambda: DEFAULT)

    def pip(self, *words: str, **variables: str) -> str:
        """What pip prints, in the same surroundings."""
        done = subprocess.run(
            [*PIP, *words], env={**self.environment, **variables}, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def config(section: str = "global", **options: str) -> str:
    return f"[{section}]\n" + "".join(f"{name.replace('_', '-')} = {value}\n" for name, value in options.items())


A, B, C, D = (f"{NOBODY}/{name}/simple" for name in "abcd")

CASES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "user's": ({"home/.config/pip/pip.conf": config(index_url=A, extra_index_url=f"{B} {C}")}, {}),
    "old place": ({"home/.pip/pip.conf": config(index_url=A)}, {}),
    "both places": (
        {
            "home/.pip/pip.conf": config(index_url=A, extra_index_url=B),
            "home/.config/pip/pip.conf": config(index_url=C),
        },
        {},
    ),
    "everybody's": (
        {"all/pip/pip.conf": config(index_url=A), "more/pip/pip.conf": config(extra_index_url=B)},
        {},
    ),
    "user's over everybody's": (
        {"all/pip/pip.conf": config(index_url=A), "home/.config/pip/pip.conf": config(index_url=B)},
        {},
    ),
    "sections": (
        {"home/.config/pip/pip.conf": config(index_url=A) + config("download", index_url=B, extra_index_url=C)},
        {},
    ),
    "variables": (
        {"home/.config/pip/pip.conf": config("download", index_url=A)},
        {"PIP_INDEX_URL": B, "PIP_EXTRA_INDEX_URL": f"{C}\n{D}"},
    ),
    "empty variables": ({"home/.config/pip/pip.conf": config(index_url=A)}, {"PIP_INDEX_URL": ""}),
    "empty options": (
        {
            "all/pip/pip.conf": config(index_url=A, extra_index_url=B),
            "home/.config/pip/pip.conf": config(extra_index_url=""),
        },
        {},
    ),
    "underscores": ({"home/.config/pip/pip.conf": f"[global]\nINDEX_url = {A}\n--extra-index-url={B}\n"}, {}),
    "other folders": ({"elsewhere/pip/pip.conf": config(index_url=A)}, {"XDG_CONFIG_HOME": "{}/elsewhere"}),
    "own file": (
        {"own": config(index_url=A), "home/.config/pip/pip.conf": config(index_url=B, extra_index_url=C)},
        {"PIP_CONFIG_FILE": "{}/own"},
    ),
    "own file that isn't there": (
        {"home/.config/pip/pip.conf": config(index_url=B, extra_index_url=C)},
        {"PIP_CONFIG_FILE": "{}/own"},
    ),
    "many lines": ({"home/.config/pip/pip.conf": f"[global]\nindex-url={A}\nextra-index-url=\n    {B}\n    {C}\n"}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_indexes_are_those_that_pip_asks(home: Home, case: str) -> None:
    files, variables = CASES[case]
    for name, text in files.items():
        home.write(name, text)
    variables = {name: value.replace("{}", str(home.folder)) for name, value in variables.items()}
    told = home.pip("download", "--no-deps", "--retries=0", "--no-cache-dir", "no-such-project", **variables)
    found = re.search("Looking in indexes: (.*)", told)
    assert found, told
    assert home.load(**variables).indexes == tuple(found[1].split(", "))


def test_all_options_are_those_that_pip_lists(home: Home) -> None:
    home.write("all/pip/pip.conf", config(cert="/all.pem", timeout="7", trusted_host="one two:3"))
    home.write("home/.config/pip/pip.conf", config(proxy="user:pw@proxy:8080", client_cert="/client.pem"))
    home.write("home/.pip/pip.conf", config(no_binary="none"))
    variables = {"PIP_CERT": "/mine.pem", "PIP_Format": "no", "PIP_NO_COLOR": "1", "PIPE": "no"}
    listed = dict(
        re.findall(r"^(?:global|:env:)\.([a-z-]+)='(.*)'$", home.pip("config", "list", **variables), re.MULTILINE)
    )
    read = pip_configuration.options({**home.environment, **variables})
    assert {name: option.value for name, option in read.items()} == listed
    settings = home.load(**variables)
    assert settings.certificates == listed["cert"] == "/mine.pem"
    assert settings.client_certificate == listed["client-cert"]
    assert settings.trusted_hosts == tuple(listed["trusted-host"].split())
    assert settings.seconds == float(listed["timeout"])
    assert settings.proxy == f"http://{listed['proxy']}"
    assert read["cert"].origin == "PIP_CERT"
    assert read["timeout"].origin == f"[global] of {home.folder / 'all/pip/pip.conf'}"


def test_devnull_stands_for_no_files_at_all(home: Home) -> None:
    home.write("home/.config/pip/pip.conf", config(index_url=A))
    assert "index-url" not in home.pip("config", "list", PIP_CONFIG_FILE=os.devnull)
    assert home.load(PIP_CONFIG_FILE=os.devnull).indexes == (DEFAULT,)


def test_without_configuration_the_default_is_asked(home: Home) -> None:
    settings = home.load(PIP_CONFIG_FILE=os.devnull)
    assert (settings.indexes, settings.origins) == ((DEFAULT,), ("the default of the installer",))
    assert (settings.certificates, settings.proxy, settings.seconds) == ("", "", 15.0)


def test_an_index_of_ones_own_comes_before_the_default_one(home: Home) -> None:
    settings = home.load(PIP_EXTRA_INDEX_URL=f"{A}/ {B} {A}")
    assert settings.indexes == (A, B, DEFAULT)
    assert settings.origins == ("PIP_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL", "the default of the installer")
    assert home.load(PIP_EXTRA_INDEX_URL=A, UV_DEFAULT_INDEX=C).indexes == (A, C)


def test_uvs_indexes_count_where_pip_has_none(home: Home) -> None:
    ours = {"UV_INDEX": f"name={A} {B}", "UV_EXTRA_INDEX_URL": C, "UV_INDEX_URL": D, "UV_INSECURE_HOST": "h1 h2"}
    settings = home.load(**ours)
    assert settings.indexes == (A, B, C, D)
    assert settings.origins == ("UV_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX_URL")
    assert settings.trusted_hosts == ("h1", "h2")
    assert home.load(**ours, PIP_INDEX_URL=B).indexes == (B,)
    assert home.load(**ours, PIP_INDEX_URL=B, PIP_TRUSTED_HOST="h3").trusted_hosts == ("h3",)
    assert home.load(UV_INDEX_URL=A, UV_DEFAULT_INDEX=f"mine={B}").indexes == (B,)
    told = subprocess.run(
        [find_uv_bin(), "pip", "compile", "-", "--emit-index-url", "--no-header", "-q", "--no-config"],
        env={**home.environment, **ours},
        input="",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall("--index-url (.*)", told) == [D]
    assert re.findall("--extra-index-url (.*)", told) == [A, B, C]


def test_given_indexes_come_first_or_alone(home: Home) -> None:
    environment = {**home.environment, "PIP_INDEX_URL": A}
    both = load(environment=environment, default=lambda: DEFAULT, indexes=(B, C))
    assert (both.indexes, both.origins) == ((B, C, A), ("the command line", "the command line", "PIP_INDEX_URL"))
    alone = load(environment=environment, default=lambda: DEFAULT, indexes=(B,), alone=True)
    assert (alone.indexes, alone.notes) == ((B,), ())
    assert load(environment=environment, default=lambda: DEFAULT, alone=True).indexes == (A,)


def test_folders_are_left_out_with_a_note(home: Home) -> None:
    settings = home.load(PIP_EXTRA_INDEX_URL=f"{home.folder.as_uri()} {NOBODY}/x none")
    assert settings.indexes == (f"{NOBODY}/x", DEFAULT)
    assert [note.partition(" ")[0] for note in settings.notes] == [home.folder.as_uri(), "none"]
    only_folders = home.load(PIP_EXTRA_INDEX_URL=home.folder.as_uri(), UV_INDEX=B)
    assert only_folders.indexes == (B, DEFAULT)


@pytest.mark.parametrize("switch", ["1", "true", "YES", "on"])
def test_no_index_means_none(home: Home, switch: str) -> None:
    assert home.load(PIP_NO_INDEX=switch, PIP_INDEX_URL=A, UV_INDEX=B).indexes == ()
    assert home.load(PIP_NO_INDEX="0", PIP_INDEX_URL=A).indexes == (A,)


def test_authorities_of_other_programs_count(home: Home) -> None:
    three = {"PIP_CONFIG_FILE": os.devnull, "SSL_CERT_FILE": "/3", "CURL_CA_BUNDLE": "/2", "REQUESTS_CA_BUNDLE": "/1"}
    assert home.load(**three).certificates == "/1"
    assert home.load(PIP_CONFIG_FILE=os.devnull, SSL_CERT_FILE="/3").certificates == "/3"
    assert home.load(**three, PIP_CERT="/0").certificates == "/0"
    assert home.load(SSL_CLIENT_CERT="/c").client_certificate == "/c"
    assert home.load(PIP_PROXY="https://proxy:1").proxy == "https://proxy:1"
    assert home.load(PIP_DEFAULT_TIMEOUT="60").seconds == 60


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[global\n", "is no configuration of pip"),
        ("index-url = x\n", "is no configuration of pip"),
        ("[global]\na = 1\na = 2\n", "is no configuration of pip"),
        ("[global]\ntimeout = soon\n", "timeout of .* is no number of seconds"),
        ("[global]\ntimeout = nan\n", "timeout of .* is no number of seconds"),
        ("[global]\ntimeout = 0\n", "timeout of .* is no number of seconds"),
        ("x" * (2 << 20), "larger than 1 MiB"),
    ],
)
def test_a_bad_configuration_is_an_error(home: Home, text: str, complaint: str) -> None:
    path = home.write("home/.config/pip/pip.conf", text)
    with pytest.raises(RequestError, match=complaint) as caught:
        home.load()
    assert str(path) in str(caught.value)


def test_a_configuration_that_is_no_text_is_an_error(home: Home) -> None:
    path = home.write("home/.config/pip/pip.conf", "")
    path.write_bytes(b"[global]\nindex-url = \xff\n")
    with pytest.raises(RequestError, match="is no configuration of pip"):
        home.load()


def test_a_configuration_that_may_not_be_read_is_an_error(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home.write("home/.config/pip/pip.conf", config(index_url=A))
    whole = Path.open

    def refused(self: Path, mode: str = "r") -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return whole(self, mode)

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(RequestError, match="can't be read: Permission denied"):
        home.load()


@pytest.mark.parametrize("url", ["nothing", "ftp://x/y", "file:///tmp", "https://", "https://me:secret@[x"])
def test_a_given_index_is_an_address(home: Home, url: str) -> None:
    with pytest.raises(RequestError, match="is no address of an index") as caught:
        load(environment=home.environment, default=lambda: DEFAULT, indexes=(url,))
    assert "secret" not in str(caught.value)


def places(monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str]) -> list[str]:
    """The files that would be read on another system, had it all of them."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "prefix", "/venv")
    monkeypatch.setattr(pip_configuration, "_is_file", lambda _: True)
    return [path.as_posix() for path in pip_configuration._files(environment)]


def test_places_on_macos(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    everybody = "/Library/Application Support/pip/pip.conf"
    old = f"{tmp_path}/.pip/pip.conf"
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "/elsewhere"}
    assert places(monkeypatch, "darwin", environment) == [
        everybody, old, f"{tmp_path}/.config/pip/pip.conf", "/venv/pip.conf"
    ]  # fmt: skip
    support = tmp_path / "Library" / "Application Support" / "pip"
    support.mkdir(parents=True)
    assert places(monkeypatch, "darwin", environment) == [everybody, old, f"{support}/pip.conf", "/venv/pip.conf"]


def test_places_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"PROGRAMDATA": "C:/ProgramData", "USERPROFILE": "C:/Users/me", "APPDATA": "C:/Users/me/Roaming"}
    assert places(monkeypatch, "win32", environment) == [
        "C:/ProgramData/pip/pip.ini", "C:/Users/me/pip/pip.ini", "C:/Users/me/Roaming/pip/pip.ini", "/venv/pip.ini"
    ]  # fmt: skip
    bare = places(monkeypatch, "win32", {"USERPROFILE": "C:/Users/me"})
    assert bare[2] == "C:/Users/me/AppData/Roaming/pip/pip.ini"


def test_a_user_without_a_home_has_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nowhere)
    assert "/etc/pip.conf" in places(monkeypatch, "linux", {})
    assert len(places(monkeypatch, "linux", {})) == 3


def test_uv_and_pip_are_given_the_same(home: Home) -> None:
    settings = IndexSettings(
        indexes=(A.replace("//", "//me:secret@"), B, C),
        trusted_hosts=("h1", "h2"),
        certificates="/ca.pem",
        client_certificate="/client.pem",
        proxy="http://proxy:1",
        seconds=7,
    )
    hostile = {"UV_INDEX_URL": D, "UV_EXTRA_INDEX_URL": D, "PIP_NO_INDEX": "", "PIP_EXTRA_INDEX_URL": D}
    home.write("home/.config/pip/pip.conf", config(index_url=D, extra_index_url=D))
    again = home.load(**{**hostile, **uv_variables(settings)})
    assert set(again.indexes) == set(settings.indexes)
    assert (again.trusted_hosts, again.certificates, again.client_certificate, again.proxy, again.seconds) == (
        settings.trusted_hosts, settings.certificates, settings.client_certificate, settings.proxy, settings.seconds
    )  # fmt: skip
    told = subprocess.run(
        [find_uv_bin(), "pip", "compile", "-", "--emit-index-url", "--no-header", "-q", "--no-config"],
        env={**home.environment, **hostile, **uv_variables(IndexSettings(indexes=settings.indexes))},
        input="",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall("--index-url (.*)", told) == [C]
    assert re.findall("--extra-index-url (.*)", told) == list(settings.indexes[:2])


def test_without_an_index_uv_and_pip_ask_none(home: Home) -> None:
    variables = uv_variables(IndexSettings(indexes=()))
    assert home.load(**variables).indexes == ()
    assert "SSL_CERT_FILE" not in variables
    told = home.pip("download", "--no-deps", "no-such-project", **variables)
    assert "Ignoring indexes" in told or "No matching distribution" in told


def test_passwords_are_not_in_what_gets_into_logs() -> None:
    found = IndexSettings(("https://me:secret@host/simple",), ("PIP_INDEX_URL",), proxy="http://me:secret@proxy")
    assert "secret" not in repr(found)
    assert "PIP_INDEX_URL" in repr(found)
