"""Libraries that another package brings: an audit that knows of them doesn't miss them."""

from __future__ import annotations

from tests.binary.fixtures import Recipe
from tests.ops.fakes import LINUX, examined, lib, wheel_of
from truewheel import rules
from truewheel.ops import Patterns, audit, examine

FILES = {"pkg/_x.so": lib("libtorch.so", "libother.so.1", like=Recipe(rpath="$ORIGIN/../torch/lib"))}


def test_an_audit_misses_only_what_nobody_brings() -> None:
    wheel = wheel_of(FILES)
    plain = audit(wheel, file=LINUX, size=1)
    assert [missing.library for missing in plain.external] == ["libother.so.1", "libtorch.so"]
    assert plain.tags.computed == ("linux_x86_64",)
    some = audit(wheel, file=LINUX, size=1, brought=Patterns(("libtorch*",)).mean)
    assert [missing.library for missing in some.external] == ["libother.so.1"]
    assert some.binaries[0].external == ("libother.so.1",)
    assert some.binaries[0].needed == plain.binaries[0].needed
    every = audit(wheel, file=LINUX, size=1, brought=Patterns(("lib[to]*",)).mean)
    assert (every.external, every.tags.computed) == ((), ("manylinux_2_5_x86_64",))
    assert rules.LIB_MISSING in {finding.rule for finding in some.findings}
    assert rules.LIB_MISSING not in {finding.rule for finding in every.findings}


def test_the_graph_knows_of_them_all_the_same() -> None:
    found = examined(FILES, exclude=("libtorch.so",))
    assert found.graph == examine(found.wheel).graph
    assert "libtorch.so" in found.graph.external
