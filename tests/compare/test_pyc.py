"""Bytecode of one source that was compiled twice, with one thing otherwise; and the reader of marshalled values."""

from __future__ import annotations

import ast
import marshal
import struct
import sys
import sysconfig
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compare.makes import at, places, reasons
from truewheel.compare.context import Pair
from truewheel.compare.marshal_model import Code, Collection, Number, Singleton, Value
from truewheel.compare.marshal_read import read_marshal
from truewheel.compare.model import Difference
from truewheel.compare.pyc import compare_pyc
from truewheel.compare.pyc_code import compare_codes
from truewheel.errors import BinaryError

SOURCE = """
'''A module.'''
import os
LIMIT = 3.5
def outer(path, *, flag=None):
    '''Says something.'''
    try:
        return lambda extra: (path, extra, {"aaaa"} if path in {"aaaa", "bbbb"} else -12345678901234567890)
    except OSError:
        return b"raw", 2j, ..., os.sep, "\\udc80"
class Thing:
    def method(self):
        return [self for self in "text"]
"""
VERSION = sys.version_info[:2]
HEAD = struct.Struct("<4sIII")


def compiled(
    source: str = SOURCE,
    filename: str = "pkg/mod.py",
    *,
    magic: bytes = MAGIC_NUMBER,
    flags: int = 0,
    first: int = 1_500_000_000,
    second: int = 99,
) -> bytes:
    """A .pyc file of a source."""
    return HEAD.pack(magic, flags, first, second) + marshal.dumps(_code(source, filename))


def _code(source: str, filename: str) -> CodeType:
    code = compile(source, filename, "exec", dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


def compared(left: bytes, right: bytes) -> tuple[Difference, ...]:
    return compare_pyc(Pair("pkg/__pycache__/mod.cpython-3.pyc", left, right))


class TestHeaders:
    def test_the_time_of_the_source(self) -> None:
        found = compared(compiled(), compiled(first=1_600_000_000))
        assert places(found) == ["header"]
        assert (found[0].left, found[0].right) == ("2017-07-14 02:40:00", "2020-09-13 12:26:40")
        assert reasons(found) == {"bytecode-source"}

    def test_the_size_of_the_source(self) -> None:
        found = compared(compiled(), compiled(second=1100))
        assert [(part.summary, part.right) for part in found] == [("the size of the source differs", "1,100 bytes")]
        assert reasons(found) == set()

    def test_the_hash_of_the_source(self) -> None:
        found = compared(compiled(flags=1, first=0x12345678), compiled(flags=1, first=0x12345679))
        assert (found[0].left, found[0].right) == ("0000006312345678", "0000006312345679")
        assert reasons(found) == set()

    def test_another_way_to_check(self) -> None:
        found = compared(compiled(), compiled(flags=3))
        assert (found[0].left, found[0].right) == ("by time", "by hash")
        assert reasons(found) == {"bytecode-source"}

    @pytest.mark.parametrize(
        ("number", "told"),
        [
            (3413, "CPython 3.8"),
            (3425, "CPython 3.9"),
            (3439, "CPython 3.10"),
            (3495, "CPython 3.11"),
            (3531, "CPython 3.12"),
            (3571, "CPython 3.13"),
            (3627, "CPython 3.14"),
            (3394, "another Python"),
            (3999, "another Python"),
        ],
    )
    def test_another_python(self, number: int, told: str) -> None:
        mine = int.from_bytes(MAGIC_NUMBER[:2], "little")
        if number == mine:
            number += 1
        found = compared(compiled(), compiled(magic=struct.pack("<H", number) + b"\r\n"))
        assert [part.right for part in found] == [f"{told} (magic number {number})"]
        assert found[0].left == f"CPython {VERSION[0]}.{VERSION[1]} (magic number {mine})"
        assert reasons(found) == {"python"}

    @pytest.mark.parametrize("data", [b"", b"text", compiled()[:16], compiled(flags=7), b"\0\0\r\n" + compiled()[4:]])
    def test_what_is_no_bytecode(self, data: bytes) -> None:
        assert compared(data, compiled()) == ()
        assert compared(compiled(), data) == ()

    def test_bytecode_that_nobody_knows(self) -> None:
        magic = struct.pack("<H", 3394) + b"\r\n"
        assert compared(compiled(magic=magic), compiled("1", magic=magic)) == ()


class TestCode:
    def test_the_folder_of_the_source(self) -> None:
        left, right = (compiled(filename=f"/srv/pip-{name}/pkg/mod.py") for name in ("_gp0m5m1", "x9fz2k3q"))
        found = compared(left, right)
        assert places(found) == ["co_filename"]
        assert found[0].summary == f"the source's name differs, in {_number(_code(SOURCE, '')):,} code objects"
        (cause,) = found[0].causes
        assert (cause.reason.id, cause.sure) == ("build-path", True)
        assert cause.evidence == "/srv/pip-_gp0m5m1 on the left, /srv/pip-x9fz2k3q on the right"

    def test_a_name_that_is_relative(self) -> None:
        found = compared(compiled("1"), compiled("1", filename="mod.py"))
        assert reasons(found) == {"build-path?"}
        assert found[0].summary.endswith("in 1 code object")

    def test_the_same_folder_claims_nothing(self) -> None:
        assert "build-path" not in reasons(compared(compiled(), compiled(SOURCE.replace("3.5", "3.6"))))

    def test_the_order_of_a_set(self) -> None:
        """As another hash seed gives it; Python sorts them itself from 3.11 on, so here they are swapped by hand."""
        data = compiled('def f(x):\n    return x in {"aaaa", "bbbb"}\n')
        other = data.replace(b"aaaa", b"####").replace(b"bbbb", b"aaaa").replace(b"####", b"bbbb")
        found = compared(data, other)
        assert places(found) == ["f"]
        assert reasons(found) == {"hash-order"}
        constants = at(found, "co_consts")
        assert {constants.left, constants.right} == {"frozenset('aaaa', 'bbbb')", "frozenset('bbbb', 'aaaa')"}

    def test_other_items_in_a_set_are_no_order(self) -> None:
        data = compiled('def f(x):\n    return x in {"aaaa", "bbbb"}\n')
        assert reasons(compared(data, data.replace(b"bbbb", b"cccc"))) == set()

    def test_references(self) -> None:
        """An object that was unmarshalled is referred to by other names than one that was compiled."""
        data = compiled()
        again = data[:16] + marshal.dumps(marshal.loads(data[16:]))  # noqa: S302 - made here
        assert again != data
        found = compared(data, again)
        assert places(found) == ["marshal"]
        assert reasons(found) == {"bytecode-references"}

    @pytest.mark.parametrize(
        ("old", "new", "place", "part"),
        [
            ("3.5", "3.75", "<module>", "co_consts"),
            ("os.sep", "os.linesep", "outer", "co_names"),
            ("path", "road", "outer", "variables"),
            ("LIMIT", "\nLIMIT", "outer", "co_firstlineno"),
            ("LIMIT", "\nLIMIT", "<module>", "line table"),
            ("*, flag", "flag", "outer", "keyword-only"),
            ("class Thing", "class Other", "<module>", "co_consts"),
            ("import os", "import sys as os", "<module>", "co_names"),
        ],
    )
    def test_other_sources(self, old: str, new: str, place: str, part: str) -> None:
        found = compared(compiled(), compiled(SOURCE.replace(old, new)))
        inside = {inner.place for top in found if top.place == place for inner in top.inside}
        assert part in inside
        assert reasons(found) <= {"build-path"}

    def test_most_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("truewheel.compare.pyc_code._MOST_CODES", 50)
        many = "\n".join(f"def f{number}(): return {number}" for number in range(60))
        found = compared(compiled(many), compiled(many.replace("return", "return 1000 +")))
        assert found[-1].summary == "more code differs, which isn't shown"
        assert len(found) == 51

    @pytest.mark.parametrize(
        ("source", "told"),
        [
            ("x = 1.5", "1.5"),
            ("x = 2j", "2j"),
            ("x = None, True, ...", "(None, True, Ellipsis)"),
            ("x = b'raw', 'text'", "(b'raw', 'text')"),
            (f"x = {2**20000:#x}", "an integer of 1,334 digits of 15 bits"),
            ("x = -12345678901234567890", "-12345678901234567890"),
        ],
    )
    def test_constants_are_shown_as_python_writes_them(self, source: str, told: str) -> None:
        found = compared(compiled("x = 'here'"), compiled(source))
        assert told in (at(found, "co_consts").right or "").split("\n")


class TestConstants:
    """Those that no compiler of today writes, but that a file may hold."""

    def code(self, *constants: Value) -> Code:
        counts = (("arguments", 0), ("flags", 3))
        return Code("f", "f", "f.py", 1, counts, b"", constants, (), (), b"", b"")

    def told(self, left: Value, right: Value) -> Difference:
        return at(compare_codes(self.code(left), self.code(right)), "co_consts")

    def test_sets_within_others(self) -> None:
        """The items of a set may be sets themselves, and tuples hold sets: all orders at once."""
        inner, renni = (Collection("frozenset", items) for items in ((1, (2, "b")), ((2, "b"), 1)))
        left = Collection("list", ((inner, 5), Collection("frozenset", (inner, "c"))))
        right = Collection("list", ((renni, 5), Collection("frozenset", ("c", renni))))
        assert reasons([self.told(left, right)]) == {"hash-order"}
        assert reasons([self.told(left, Collection("list", ((renni, 6), right.items[1])))]) == set()
        assert reasons([self.told((inner, 1), (renni, 1, 2))]) == set()

    def test_code_in_a_tuple_and_deep_values(self) -> None:
        deep: Value = (1,)
        for _ in range(30):
            deep = (deep,)
        found = self.told((self.code(),), deep)
        assert found.left == "(<code f>)"
        assert found.right == "(" * 21 + "…" + ")" * 21
        assert self.told((0,), tuple(range(25))).right == f"({', '.join(map(str, range(20)))}, …)"

    def test_names_in_another_order(self) -> None:
        left, right = (compiled(f"def f():\n {one} = 1\n {other} = 2") for one, other in ("ab", "ba"))
        assert at(compared(left, right), "variables").summary == "the variables stand in another order"


def _number(code: CodeType) -> int:
    return 1 + sum(_number(value) for value in code.co_consts if isinstance(value, CodeType))


class TestReader:
    """What `marshal` and the compiler say, beside what our reader does."""

    def test_the_standard_library(self) -> None:
        """An eighth of its modules: every constant, name and table is that of the code object itself."""
        checked = 0
        for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))[::8]:
            if "site-packages" in path.parts or "test" in path.parts or path.stat().st_size > 60_000:
                continue
            try:
                code = compile(ast.parse(path.read_bytes()), str(path), "exec", dont_inherit=True)
            except (SyntaxError, ValueError):  # files that are there to be refused
                continue
            data = marshal.dumps(code)
            assert ours(read_marshal(data, 0, VERSION)) == theirs(marshal.loads(data)), path  # noqa: S302 - made here
            checked += 1
        assert checked > 50

    def test_this_source(self) -> None:
        code = _code(SOURCE, "mod.py")
        assert ours(read_marshal(marshal.dumps(code), 0, VERSION)) == theirs(code)

    @settings(max_examples=40)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.binary() | st.text(),
            lambda inner: st.tuples(inner, inner) | st.frozensets(st.integers() | st.text()) | st.lists(inner),
        )
    )
    def test_any_value(self, value: Any) -> None:  # noqa: ANN401 - any that marshal takes
        assert ours(read_marshal(marshal.dumps(value), 0, VERSION)) == theirs(value)

    def test_dictionaries_and_sets(self) -> None:
        assert ours(read_marshal(marshal.dumps({"a": {1}}), 0, VERSION)) == ("dict", ("a", ("set", frozenset({1}))))

    def test_slices(self) -> None:
        """Constants from 3.14 on, in format 5 of marshal."""
        data = b":" + b"i\1\0\0\0" + b"N" + b"i\2\0\0\0"
        assert read_marshal(data, 0, (3, 14)) == Collection("slice", (1, Singleton("None"), 2))

    def test_code_of_an_older_python(self) -> None:
        """Python 3.8 wrote the kinds of variables one by one, and no qualified name."""
        numbers = struct.pack("<6i", 1, 0, 0, 2, 3, 64)
        empty, name = b")\0", b"z\4f.py"
        data = b"c" + numbers + b"s\1\0\0\0x" + empty * 5 + name + b"z\1f" + struct.pack("<i", 7) + b"s\0\0\0\0"
        code = read_marshal(data, 0, (3, 8))
        assert isinstance(code, Code)
        assert (code.name, code.filename, code.first_line, code.qualname) == ("f", "f.py", 7, None)
        assert dict(code.numbers)["locals"] == 2

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"N" * 2,
            b"?",
            b"r\0\0\0\0",
            b"(\xff\xff\xff\xff",
            b"l\x00\x00\x00\x80",
            b"s\xff\xff\xff\x7f",
            b"c" + bytes(40),
            b"c" + bytes(20) + b"N" * 20,
            b"c" + bytes(20) + b"s\0\0\0\0" + b"N" * 20,
            b"c" + bytes(20) + b"s\0\0\0\0" + b")\0" * 3 + b"s\0\0\0\0" + b"N" * 20,
            b")\1" * 102 + b"N",
            b"\xa9\1r\0\0\0\0",
        ],
    )
    def test_damage_is_refused(self, data: bytes) -> None:
        with pytest.raises(BinaryError):
            read_marshal(data, 0, (3, 12))
        head = compiled()[:16]
        assert compared(head + data, compiled("1")) == ()

    def test_references_do_not_multiply(self) -> None:
        """Thirty tuples, each of twice the one before: a thousand million values."""
        data = b")\x1f\xa9\2NN" + b"".join(b"\xa9\2" + (b"r" + struct.pack("<I", index)) * 2 for index in range(30))
        with pytest.raises(BinaryError, match="endless"):
            read_marshal(data, 0, (3, 12))

    def test_something_else_than_code(self) -> None:
        head = compiled()[:16]
        assert compared(head + b"N", head + b"T") == ()

    @settings(max_examples=60)
    @given(st.data())
    def test_damage_never_raises(self, data: st.DataObject) -> None:
        whole = compiled()
        broken = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 4))):
            broken[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        compared(whole, bytes(broken)[: data.draw(st.integers(0, len(whole)))])
        compared(whole, bytes(broken))


def ours(value: Value) -> object:
    """A value of our reader as a plain one that can be compared."""
    if isinstance(value, Code):
        flat = [part for entry in value.locals for part in (entry if isinstance(entry, tuple) else (entry,))]
        variables = frozenset(part for part in flat if isinstance(part, str))
        rest = (value.bytecode, tuple(map(ours, value.constants)), value.names, value.lines, value.exceptions)
        counts = tuple(number for _, number in value.numbers)
        return ("code", value.name, value.qualname, value.filename, value.first_line, counts, *rest, variables)
    if isinstance(value, tuple):
        return ("tuple", *map(ours, value))
    if isinstance(value, Collection):
        items = tuple(map(ours, value.items))
        return (value.kind, frozenset(items) if "set" in value.kind else items)
    if isinstance(value, Number):
        return (value.kind, value.raw)
    return ("singleton", value.name) if isinstance(value, Singleton) else value


def theirs(value: object) -> object:  # noqa: PLR0911 - a row for each type
    """The same of a value of Python."""
    match value:
        case CodeType():
            return _code_of(value)
        case tuple():
            return ("tuple", *map(theirs, value))
        case frozenset() | set():
            return (type(value).__name__, frozenset(map(theirs, value)))
        case list():
            return ("list", tuple(map(theirs, value)))
        case float():
            return ("float", struct.pack("<d", value))
        case complex():
            return ("complex", struct.pack("<2d", value.real, value.imag))
        case None | bool():
            return ("singleton", repr(value))
        case _:
            return ("singleton", "Ellipsis") if value is ... else value


def _code_of(code: CodeType) -> object:
    new = VERSION >= (3, 11)
    locals_ = () if new else (code.co_nlocals,)
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, *locals_)
    counts += (code.co_stacksize, code.co_flags)
    names = frozenset((*code.co_varnames, *code.co_freevars, *code.co_cellvars))
    table = getattr(code, "co_exceptiontable", None)
    qualname = getattr(code, "co_qualname", None) if new else None
    constants = tuple(map(theirs, code.co_consts))
    rest = (code.co_code, constants, code.co_names, code.co_linetable, table)
    return ("code", code.co_name, qualname, code.co_filename, code.co_firstlineno, counts, *rest, names)
