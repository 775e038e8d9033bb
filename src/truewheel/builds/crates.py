"""What builds fetch themselves: crates of Rust and modules of Go, got beforehand, while the network is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from truewheel.builds import toml, tree
from truewheel.builds.git import without_credentials_in
from truewheel.toml import loads

_DEEPEST: Final = 3
"""How many folders below the project a crate may lie: rust/, crates/core/ and the like."""
_SETTINGS: Final = ("source", "registries", "net", "http")
_SECRETS: Final = frozenset(("credential-provider", "proxy", "secret-key", "ssh", "token"))
_PROXIES: Final = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


def commands(project: Path, inside: Callable[[Path], str], path: str) -> list[list[str]]:
    """The commands that fetch what a project's lock files name, where the tools are on `path`.

    They are run with the network, and not in the project's folder: its own settings may name programs for them, and
    registries that aren't the user's. What those settings call vendored needs no network.
    """
    found = []
    if shutil.which("cargo", path=path):
        for lock in _files(project, "Cargo.lock"):
            manifest = lock.with_name("Cargo.toml")
            if manifest.is_file() and not _is_vendored(manifest.parent, project):
                found.append(["cargo", "fetch", "--locked", "--manifest-path", inside(manifest)])
    if shutil.which("go", path=path):
        found += [["go", "-C", inside(sums.parent), "mod", "download"] for sums in _files(project, "go.sum")]
    return found


def _is_vendored(folder: Path, project: Path) -> bool:
    """Whether settings of cargo, in a folder of the project or above it, lead to sources in a folder."""
    for place in (folder, *folder.parents):
        for name in ("config.toml", "config"):
            try:
                document = loads((place / ".cargo" / name).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            sources = document.get("source")
            if isinstance(sources, dict) and any(isinstance(s, dict) and "directory" in s for s in sources.values()):
                return True
        if place == project:
            return False
    return False


def variables(caller: Mapping[str, str]) -> dict[str, str]:
    """Further variables while something is fetched: the network is there, and proxies that want no password."""
    modules = caller.get("GOPROXY", "")
    # An empty GOPROXY stands for Go's own choice.
    found = {"CARGO_NET_OFFLINE": "false", "GOPROXY": "" if any(map(_has_password, modules.split(","))) else modules}
    for name in _PROXIES:
        for spelled in (name, name.upper()):
            value = caller.get(spelled, "")
            if value and not _has_password(value):
                found[spelled] = value
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "CARGO_HTTP_CAINFO"):
        if caller.get(name):
            found[name] = caller[name]
    return found


def cargo_settings(caller: Mapping[str, str]) -> str:
    """Where the caller's cargo finds registries, as a ``config.toml`` for the build's own; "" where nothing is said.

    Mirrors and what they need of the network alone: no tokens, no programs, no passwords in addresses.
    """
    home = Path(caller.get("CARGO_HOME") or f"{caller.get('HOME', '')}/.cargo")
    for name in ("config.toml", "config"):
        try:
            document: Mapping[str, object] = loads((home / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # cargo itself will say what is wrong with it
        kept = {part: _public(document[part]) for part in _SETTINGS if isinstance(document.get(part), dict)}
        return toml.pairs(kept)
    return ""


def _public(value: object) -> object:
    """A setting without what is secret, or names a program."""
    if isinstance(value, str):
        return without_credentials_in(value)
    if isinstance(value, dict):
        public = {key: _public(part) for key, part in value.items() if key not in _SECRETS}
        return {key: part for key, part in public.items() if part is not None}
    if isinstance(value, list):
        return [part for part in map(_public, value) if part is not None]
    return value if isinstance(value, int) else None


def _has_password(address: str) -> bool:
    try:
        return "@" in urlsplit(address if "://" in address else f"//{address}").netloc
    except ValueError:
        return True


def _files(project: Path, name: str) -> Iterator[Path]:
    for found in tree.listed(project):
        *folders, last = found.split("/")
        if last == name and len(folders) <= _DEEPEST and not {"vendor", "node_modules", "tests"} & set(folders):
            yield project / found
