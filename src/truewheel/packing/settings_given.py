"""What a command line says instead of ``[tool.truewheel.pack]``, written as the table writes it.

So there is one reader, and one set of errors: `overridden` puts options into the document, `packing_of` reads that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from truewheel.errors import RequestError
from truewheel.packing.model import Packing
from truewheel.packing.settings_about import METADATA
from truewheel.packing.settings_targets import SHARED

PACK: Final = "tool.truewheel.pack"
_SUFFIX: Final = re.compile(
    r"(?<=.)(?:\.tar(?:\.[A-Za-z0-9]{1,5})?|\.t(?:gz|xz|zst|bz2?|bz)|\.zip|\.deb)\Z", re.IGNORECASE
)


def overridden(document: Mapping[str, object], options: Mapping[str, object]) -> dict[str, object]:
    """The document, with keys of ``[tool.truewheel.pack]`` as in `options` instead of those that it has.

    Options are written as the table writes them: ``{"license-files": ["LICENSE"], "programs": {"rg": "bin/rg"}}``. What
    a target could have of its own is taken from every target. Metadata go where metadata stand: into ``[project]`` if
    the table exists and has no name, or if there is no table, and no name among the options. Where there is no table,
    and a name among the options, ``[project]`` is of something else, and nothing is taken from it. Raises
    `RequestError` where a table that matters is none.
    """
    made = dict(document)
    tools = _inner(made, "tool", "tool")
    ours = _inner(tools, "truewheel", "tool.truewheel")
    stood = "pack" in ours
    pack = _inner(ours, "pack", PACK)
    metadata = {key: value for key, value in options.items() if key in METADATA}
    others = {key: value for key, value in options.items() if key not in METADATA}
    if "name" in pack or "project" not in made or ("name" in options and not stood):
        pack |= metadata
    else:
        made["project"] = _with_metadata(made["project"], metadata)
    shared = {key for key in SHARED if key in options}
    if shared and isinstance(targets := pack.get("targets"), Mapping):
        pack["targets"] = {label: _without(target, shared) for label, target in targets.items()}
    made["tool"] = tools | {"truewheel": ours | {"pack": pack | others}}
    return made


def archive_targets(archives: Iterable[tuple[str, str]]) -> dict[str, object]:
    """The ``targets`` for archives of a command line: each its name, and its path or its address.

    Targets are called as `labels` has it. Braces in paths mean themselves.
    """
    given = list(archives)
    sources = (source.replace("{", "{{").replace("}", "}}") for _, source in given)
    return dict(zip(labels(name for name, _ in given), sources, strict=True))


def labels(names: Iterable[str]) -> tuple[str, ...]:
    """A label for each archive: its name without what archives end in, with a number where it would be another's."""
    found: dict[str, None] = {}
    for name in names:
        stem = _SUFFIX.sub("", name).strip() or "archive"
        count, label = 1, stem
        while label in found:
            count += 1
            label = f"{stem}-{count}"
        found[label] = None
    return tuple(found)


def selected(packing: Packing, wanted: Iterable[str]) -> Packing:
    """The packing with the targets of these labels alone, all of them for none. Raises `RequestError` for others."""
    asked = tuple(dict.fromkeys(wanted))
    known = {target.label: target for target in packing.targets}
    for label in asked:
        if label not in known:
            raise RequestError(f"there is no target {label[:80]!r}", hint=f"the targets are {', '.join(known)[:400]}")
    return replace(packing, targets=tuple(known[label] for label in known if label in asked)) if asked else packing


def _inner(table: Mapping[str, object], key: str, name: str) -> dict[str, object]:
    """A copy of an inner table, empty where there is none. Raises `RequestError` where it is none."""
    inner = table.get(key, {})
    if not isinstance(inner, Mapping):
        raise RequestError(f"[{name}] is not a table")
    return dict(inner)


def _with_metadata(project: object, metadata: Mapping[str, object]) -> object:
    """``[project]`` with other metadata, which aren't dynamic any more."""
    if not isinstance(project, Mapping):
        return project
    made = {**project, **metadata}
    if isinstance(dynamic := made.get("dynamic"), list):
        made["dynamic"] = [key for key in dynamic if key not in metadata]
    return made


def _without(target: object, keys: Iterable[str]) -> object:
    """The table of a target without some keys."""
    return {key: value for key, value in target.items() if key not in keys} if isinstance(target, Mapping) else target
