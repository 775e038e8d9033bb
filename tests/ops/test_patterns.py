"""The globs of --exclude and --include."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.ops.patterns import NO_PATTERNS, Patterns, near

NAMES = st.text("abcLib.so/0123*?[]", max_size=12)


@pytest.mark.parametrize(
    ("glob", "name", "means"),
    [
        ("libfoo.so.1", "libfoo.so.1", True),
        ("libfoo.so.1", "libfoo.so.10", False),
        ("libfoo.so*", "libfoo.so.10", True),
        ("LIBFOO.so*", "libfoo.so.1", False),
        ("libfoo.so.?", "libfoo.so.1", True),
        ("lib[ab]*", "libb.so", True),
        ("libfoo", "libfoo.so", False),
        ("/opt/*", "/opt/cuda/lib64/libx.so", True),
        ("*", "", True),
    ],
)
def test_a_glob_means_a_whole_name_and_tells_upper_from_lower_case(glob: str, name: str, *, means: bool) -> None:
    assert Patterns((glob,)).mean(name) is means
    assert Patterns(("other", glob)).mean("nothing.of.it", name) is means or glob == "*"


def test_no_patterns_mean_nothing() -> None:
    assert not NO_PATTERNS.mean("libfoo.so", "")
    assert NO_PATTERNS.idle(["libfoo.so"]) == ()


@given(st.lists(NAMES), st.lists(NAMES))
def test_a_glob_is_idle_or_means_one_of_the_names(globs: list[str], names: list[str]) -> None:
    patterns = Patterns(tuple(globs))
    idle = patterns.idle(iter(names))
    assert [glob for glob in globs if not Patterns((glob,)).mean(*names)] == list(idle)
    assert patterns.mean(*names) is (len(idle) < len(globs))


@pytest.mark.parametrize(
    ("glob", "suggestion"),
    [
        ("libcudart.so.12", "libcudart.so.11.0"),
        ("libcuda*", "libcudart.so.11.0"),
        ("libtorhc.so", "libtorch.so"),
        ("libTorch.so", "libtorch.so"),
        ("numpy", ""),
        ("*", ""),
        ("", ""),
    ],
)
def test_what_may_have_been_meant(glob: str, suggestion: str) -> None:
    assert near(glob, {"libtorch.so", "libcudart.so.11.0"}) == suggestion
    assert near(glob, set()) == ""
