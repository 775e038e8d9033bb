"""The rules, in the order in which they decide: a rule sees what those before it have said."""

from __future__ import annotations

from typing import Final

from truewheel.recipes import (
    rules_backend,
    rules_failed,
    rules_metadata,
    rules_native,
    rules_python,
    rules_system,
    rules_time,
)
from truewheel.recipes.model import Symptom
from truewheel.recipes.rule import Rule

_NONE: Final[frozenset[Symptom]] = frozenset()
_FAILED: Final = frozenset({Symptom.FAILED})
_METADATA: Final = frozenset({Symptom.METADATA})
_CONTENTS: Final = frozenset({Symptom.METADATA, Symptom.PAYLOAD})
_NATIVE: Final = frozenset({Symptom.FAILED, Symptom.TAG, Symptom.MEMBERS})

RULES: Final[tuple[Rule, ...]] = (
    Rule("generator", "the backend that WHEEL names", rules_backend.generator, _NONE),
    Rule("exclude-newer", "releases up to the upload", rules_backend.exclude_newer, _NONE),
    Rule("setuptools", "the age of setuptools by METADATA", rules_metadata.setuptools, _METADATA),
    Rule("wheel", "the wheel beside setuptools by METADATA", rules_metadata.wheel, _METADATA),
    Rule("missing", "requirements that nobody stated", rules_failed.missing, _FAILED),
    Rule("tags", "tags that the publisher asked for", rules_backend.tags, frozenset({Symptom.TAG}) | _FAILED),
    Rule("2to3", "projects that setuptools once translated", rules_failed.two_to_three, _FAILED),
    Rule("native", "pure wheels of projects that can be native", rules_native.compiler, _NATIVE),
    Rule("switches", "variables that leave native parts out", rules_native.switches, _NATIVE),
    Rule("unsolved", "requirements that can't be had any more", rules_failed.unsolved, _FAILED),
    Rule("looser", "releases of any date, as a last resort", rules_failed.looser, _FAILED, last=True),
    Rule("python", "the Python that can have built it", rules_python.python, _FAILED | {Symptom.PAYLOAD}),
    Rule("epoch", "SOURCE_DATE_EPOCH by the times of members", rules_time.epoch, _NONE),
    Rule("clock", "the time of the build", rules_time.clock, _FAILED | _CONTENTS),
    Rule("timezone", "the publisher's time zone", rules_time.timezone, _NONE),
    Rule("umask", "the publisher's umask", rules_system.umask, _NONE),
    Rule("group", "sources that the group may write", rules_system.group_writable, _NONE),
    Rule("line-ends", "line ends of Windows", rules_system.line_ends, frozenset({Symptom.LINE_ENDS})),
    Rule("canonical", "truewheel's canonical form", rules_system.canonical, _NONE),
)
"""Alternatives are tried in this order as well, but for rules that come last."""
