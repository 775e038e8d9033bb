"""Names: how long and how deep they may be, to the byte and the folder."""

from __future__ import annotations

import pytest

from truewheel.archives.names import spelled
from truewheel.errors import LimitError
from truewheel.wheel import Limits


def test_the_longest_name() -> None:
    limits = Limits(name_length=4)
    assert spelled("aää".encode()[:3] + b"b", limits, 0) == "aäb"
    with pytest.raises(LimitError, match="the name has 5 bytes; the limit is 4") as caught:
        spelled("aää".encode(), limits, 9)
    assert caught.value.where.offset == 9


def test_the_deepest_name() -> None:
    limits = Limits(depth=2)
    assert spelled(b"./a//b/./c/", limits, 0) == "a/b/c"
    with pytest.raises(LimitError, match="the name leads through 3 folders; the limit is 2"):
        spelled(b"a/b/c/d", limits, 0)
