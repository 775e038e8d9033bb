"""Files of an sdist that no commit has, because build backends write them: told by what they hold, not by their names.

A name alone proves nothing: what is run or imported counts as written by a backend only where it holds nothing but
constants. The rest stays among the files that somebody has added or changed.
"""

from __future__ import annotations

import ast
import configparser
import re
import warnings
from collections.abc import Callable, Collection
from typing import Final

_LARGEST: Final = 1 << 18
_EGG_INFO: Final = frozenset(
    (
        "PKG-INFO", "SOURCES.txt", "dependency_links.txt", "eager_resources.txt", "entry_points.txt",
        "namespace_packages.txt", "native_libs.txt", "not-zip-safe", "pbr.json", "requires.txt", "scm_file_list.json",
        "scm_version.json", "top_level.txt", "zip-safe",
    )
)  # fmt: skip
_EGG_FILE: Final = re.compile(r"(?:[^/]+/)*[^/]+\.egg-info/([^/]+)")
_VERSION_FILE: Final = re.compile(r"(?:.*/)?(?:_*|\w*_)ver(?:sion)?(?:_?info)?_*\.pyi?", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(rb"\$Format:[^$\n]*\$")
_TAGS: Final = frozenset(("tag_build", "tag_date", "tag_svn_revision"))
_TYPES: Final = frozenset(("__future__", "collections.abc", "typing", "typing_extensions"))
_VALUES: Final = (
    ast.BinOp, ast.BitOr, ast.Constant, ast.Dict, ast.List, ast.Load, ast.Name, ast.Set, ast.Store, ast.Subscript,
    ast.Tuple, ast.USub, ast.UnaryOp,
)  # fmt: skip
"""What values of constants, and types of them, are written with: nothing of it runs anything."""
_VERSIONEER: Final = """
import json
version_json = ''
def get_versions():
    return json.loads(version_json)
"""


def written(name: str, data: bytes, before: bytes | None, members: Collection[str]) -> str:
    """Who writes a file of an sdist, and what is known of it; "" where nobody is known to.

    `name` is its path in the sdist and `data` what it holds; `before` is what the commit has there, None for nothing.
    `members` are all paths of the sdist.
    """
    for rule in _RULES:
        if said := rule(name, data, before, members):
            return said
    return ""


def _metadata(name: str, _data: bytes, _before: bytes | None, _members: Collection[str]) -> str:
    return "the metadata, which every backend writes" if name == "PKG-INFO" else ""


def _egg_info(name: str, _data: bytes, before: bytes | None, _members: Collection[str]) -> str:
    match = _EGG_FILE.fullmatch(name)
    return "setuptools writes it" if match and match[1] in _EGG_INFO and before is None else ""


def _manifest(name: str, data: bytes, before: bytes | None, members: Collection[str]) -> str:
    """The list of files of distutils: a comment, and files that are there."""
    if name != "MANIFEST" or before is not None:
        return ""
    lines = [line for line in data.decode("utf-8", "replace").split("\n") if line and not line.startswith("#")]
    return "a list of files, which distutils writes" if set(lines) <= set(members) else ""


def _pbr(name: str, _data: bytes, before: bytes | None, members: Collection[str]) -> str:
    if name not in {"AUTHORS", "ChangeLog"} or before is not None:
        return ""
    return "pbr writes it from git's log" if any(member.endswith(".egg-info/pbr.json") for member in members) else ""


def _settings(name: str, data: bytes, before: bytes | None, _members: Collection[str]) -> str:
    """setup.cfg, to which setuptools adds [egg_info] and which it writes anew then."""
    if name != "setup.cfg":
        return ""
    found, old = _sections(data), _sections(before or b"")
    if found is None or old is None or "egg_info" not in found:
        return ""
    for sections in (found, old):
        sections["egg_info"] = {key: said for key, said in sections.get("egg_info", {}).items() if key not in _TAGS}
    if found != old:
        return ""
    return "setuptools adds [egg_info] to it; the rest says the same"


def _sections(data: bytes) -> dict[str, dict[str, str]] | None:
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#", ";"), default_section="\0")
    try:
        parser.read_string(data[:_LARGEST].decode("utf-8"))
    except (configparser.Error, ValueError):
        return None
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _version(name: str, data: bytes, _before: bytes | None, _members: Collection[str]) -> str:
    if not _VERSION_FILE.fullmatch(name) or not _is_constant(data):
        return ""
    return "written by the backend: it holds nothing but constants, and which can't be checked against the commit"


def _is_constant(data: bytes) -> bool:
    """Whether a module of Python does nothing but name constants and types, or is what versioneer leaves."""
    if len(data) > _LARGEST:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(data)
        return all(map(_is_plain, module.body)) or _is_versioneer(module)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # of nesting that no version file has
        return False


def _is_plain(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return statement.module in _TYPES and not statement.level
    if isinstance(statement, ast.If):
        test = statement.test
        only = isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
        return only and all(map(_is_plain, (*statement.body, *statement.orelse)))
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    values = [statement.value] if isinstance(statement, ast.Assign) else [statement.value, statement.annotation]
    return all(isinstance(target, ast.Name) for target in targets) and all(
        isinstance(node, _VALUES) for value in values if value for node in ast.walk(value)
    )


def _is_versioneer(module: ast.Module) -> bool:
    body = [node for node in module.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant("")
    return ast.dump(ast.Module(body, [])) == ast.dump(ast.parse(_VERSIONEER))


def filled_in(data: bytes, before: bytes) -> bool:
    """Whether a file is what `git archive` makes of the commit's: ``$Format:…$`` replaced (export-subst)."""
    texts = _PLACEHOLDER.split(before)
    if len(texts) < 2 or not data.startswith(texts[0]) or not data.endswith(texts[-1]):
        return False
    place, end = len(texts[0]), len(data) - len(texts[-1])
    for text in texts[1:-1]:
        place = data.find(text, place, end)
        if place < 0:
            return False
        place += len(text)
    return place <= end


_RULES: Final[tuple[Callable[[str, bytes, bytes | None, Collection[str]], str], ...]] = (
    _metadata, _egg_info, _manifest, _pbr, _settings, _version,
)  # fmt: skip
