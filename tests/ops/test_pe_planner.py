"""Plans for wheels of Windows, with DLLs in memory."""

from __future__ import annotations

from tests.ops.fakes import Disk
from tests.ops.pe_fakes import dll, planned, the_change, the_graft
from truewheel.binary.pe_edit import PeChanges
from truewheel.ops.fates import sha256_of
from truewheel.ops.grafted_names import grafted_name

MEMBER = "pkg/_x.pyd"
FOO = dll(name="foo.dll")


def name_of(name: str, data: bytes) -> str:
    """The name of a graft that loads no others."""
    return grafted_name(name, sha256_of(Disk({"x": data})["x"]))


NEW_FOO = name_of("foo.dll", FOO)


class TestAGraft:
    def test_it_lies_beside_the_file_that_needs_it(self) -> None:
        made = planned({MEMBER: dll("foo.dll"), "pkg/__init__.py": b""}, {"/lib/foo.dll": FOO})
        graft = the_graft(made, "foo.dll")
        assert graft.member == f"pkg/{NEW_FOO}"
        assert (graft.file.path, graft.size, graft.needed_by) == ("/lib/foo.dll", len(FOO), (MEMBER,))
        assert graft.changes == PeChanges()
        change = the_change(made, MEMBER)
        assert change.changes == PeChanges({"foo.dll": NEW_FOO})
        assert change.reasons == (f"imports {NEW_FOO} instead of foo.dll",)
        assert made.sources == ()
        assert bool(made)
