"""Lines for Windows in the sources of others: where they come to stand, and that they change nothing else."""

from __future__ import annotations

import ast
import contextlib
import ctypes
import os
import subprocess  # noqa: TID251 - the lines are run by other Pythons
import sys
import warnings
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from truewheel.errors import RequestError
from truewheel.ops.python_source import with_dlls

LIBS = "../pkg.libs"
HINT = "put a line `# truewheel: patch` where they may, behind the docstring and imports from __future__"


def changed(source: str | bytes, *folders: str) -> bytes:
    data = source.encode() if isinstance(source, str) else source
    return with_dlls(data, folders or [LIBS], member="pkg/__init__.py")


BLOCK = changed("").decode()


def refusal(source: str | bytes) -> RequestError:
    with pytest.raises(RequestError) as raised:
        changed(source)
    assert (raised.value.where.member, raised.value.hint) == ("pkg/__init__.py", HINT)
    return raised.value


def test_the_lines() -> None:
    assert BLOCK.startswith("# --- truewheel repair: lets Windows find DLLs")
    assert f'\n_truewheel_dlls(["{LIBS}"], [])\ndel _truewheel_dlls\n' in BLOCK
    assert BLOCK.isascii()
    assert "!=" not in BLOCK  # which barry_as_FLUFL takes for an error


class TestThePlace:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("", "import os\n"),
            ("# a licence\n# of two lines\n", "\n# isort: skip\nimport os\n"),
            ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n", "x = 1"),
            ("\n# coding: utf-8\n", "\nx = 1"),
            ('"doc"\n', "import os\n"),
            ('# c\n\n"""doc\n\n# no comment\n"""  # a comment\n', "\nimport os\n"),
            ("'''it''s \\''' doc''' '\\\nmore'\n", "x = '''"),
            (r'"\\" "\""' + "\n", "x\n"),
            ("R'\\''\n", "x\n"),
            ("u'doc'\n", "x\n"),
            ('("doc" # c\n\n  """more"""\\\n)\n', "x\n"),
            ('(("doc"))\n', "x\n"),
            ('"doc";\n', "x\n"),
            ('"doc"; # c\n', "x\n"),
            ('"doc"; \\\n\n', "x\n"),
            ("from __future__ import annotations\n", "import os\n"),
            ("from __future__ import (annotations as a, # c\n\n division,)\n", "x\n"),
            ("from\\\n __future__ \\\nimport annotations, \\\n division\n", "x\n"),
            ("from __future__ import annotations; from __future__ import division\n", "x\n"),
            ('"doc"\n', "\n\fx = 1\n"),
            ('"doc"\n"another"\nfrom __future__ import division\n', "x\n"),
            ('"doc"\n', '"another"\nimport os\n'),
            ("# c\n", 'f"doc {x["a"]}"\nx'),
            ("# c\n", 'b"doc"\nx'),
            ("# c\n", '"doc" f"{x}"\nx'),
            ("# c\n", '"doc".upper()\nx'),
            ("# c\n", '("doc",)\nx'),
            ("# c\n", '("doc")("call")\nx'),
            ("# c\n", '("doc" ("call"))\nx'),
            ("# c\n", '"doc" if x else y\nx'),
            ("# c\n", "()\nx"),
            ("# c\n", "from . import x\n"),
            ("# c\n", "from __future import x\n"),
            ("# c\n", "from os import path\n"),
            ("# c\n", "from__future__ = 1\n"),
            ("# c\n", "type X = int\n"),
            ("# c\n", "\\\nx = 1\n"),
        ],
    )
    def test_it_is_behind_the_head(self, before: str, after: str) -> None:
        for end in ("\n", "\r\n", "\r"):
            source = (before + after).replace("\n", end)
            assert changed(source).decode() == (before + BLOCK + after).replace("\n", end)

    @pytest.mark.parametrize("source", ["# a comment", '"doc"', '"doc" # c', "from __future__ import division"])
    def test_a_last_line_without_an_end_stays_one(self, source: str) -> None:
        assert changed(source).decode() == f"{source}\n{BLOCK[:-1]}"

    @pytest.mark.parametrize("gap", ["", " ", "\t", " \\\n"])
    def test_a_line_of_several_statements_is_parted(self, gap: str) -> None:
        source = f'"doc";{gap}import os; x = 1\n'
        assert changed(source).decode() == f'"doc";\n{BLOCK}import os; x = 1\n'
        source = f'"doc"; from __future__ import annotations;{gap}import os'
        assert changed(source).decode() == f'"doc"; from __future__ import annotations;\n{BLOCK}import os'

    @pytest.mark.parametrize("indent", ["", "  ", "\t"])
    @pytest.mark.parametrize("word", ["# truewheel: patch", "# delvewheel: patch", "#delvewheel:patch "])
    def test_it_is_where_the_maker_marked_it(self, word: str, indent: str) -> None:
        lead = f'"""Doc\n{word}\n"""\nif True:\n{indent or " "}pass\n{indent}{word}\n'
        rest = f"{indent}import os\n# truewheel: patch\n"
        indented = "".join(f"{indent}{line}" if line.strip() else line for line in BLOCK.splitlines(keepends=True))
        assert changed(lead + rest).decode() == lead + indented + rest

    def test_a_mark_is_the_way_out(self) -> None:
        source = "'no end\n# truewheel: patch\nx = 1\n"
        assert changed(source).decode() == f"'no end\n# truewheel: patch\n{BLOCK}x = 1\n"


class TestBytes:
    @pytest.mark.parametrize(
        ("start", "encoding"),
        [
            (b"\xef\xbb\xbf", "utf-8"),
            (b"\xef\xbb\xbf# coding: utf-8\n", "utf-8"),
            (b"", "utf-8"),
            (b"# vim: set fileencoding=latin-1 :\n", "latin-1"),
            (b"#!x\n# -*- coding: cp1252 -*-\n", "cp1252"),
            (b"\n\f # coding=iso-8859-15\n", "iso-8859-15"),
            (b"# coding: UTF_8-unix\n", "utf-8"),
            (b"# coding: koi8-r\n", "koi8-r"),
        ],
    )
    def test_every_other_byte_stays(self, start: bytes, encoding: str) -> None:
        letters = "ж" if encoding == "koi8-r" else "é"
        doc, rest = f"'{letters}'\n".encode(encoding), f"x = '{letters}'\n".encode(encoding)
        assert changed(start + doc + rest) == start + doc + BLOCK.encode() + rest

    def test_a_backslash_in_a_letter_is_none(self) -> None:
        # The second byte of this one is a backslash in Shift JIS.
        source = "# coding: shift_jis\n'表'\nx = '''表'''\n"
        head, _, rest = source.partition("x =")
        assert changed(source.encode("shift_jis")) == (head + BLOCK + "x =" + rest).encode("shift_jis")

    @pytest.mark.parametrize(
        ("source", "what"),
        [
            (b"'\xff'", "isn't text in utf-8"),
            (b"# coding: ascii\n'\xc3'", "isn't text in ascii"),
            (b"# coding: latin-99\n", "its encoding is latin-99"),
            (b"# coding: cp9999\n", "isn't text in cp9999"),
            (b"# coding: utf-7\n", "its encoding is utf-7"),
            (b"# coding: bz2\n", "its encoding is bz2"),
            (b"# coding: cp037\n", "no plain text in cp037"),
            (b"x = 1\0", "no plain text in utf-8"),
            (b"\n\n'no end", "a string has no end"),
            (b"'no\nend'", "a string has no end"),
            (b"'no\rend'", "a string has no end"),
            (b"'''no ''\\'''", "a string has no end"),
            (b"('doc'\n", "a parenthesis has no end"),
            (b"(", "a parenthesis has no end"),
            (b"from __future__ import (x", "an import from __future__ has no end"),
            (b"from __future__ import x + y", "an import from __future__ has no end"),
            (b"from __future__ import 1", "an import from __future__ has no end"),
        ],
    )
    def test_what_is_unclear_is_refused(self, source: bytes, what: str) -> None:
        assert what in refusal(source).what

    def test_the_third_line_declares_nothing(self) -> None:
        assert changed(b"\n\n# coding: bz2\n") == b"\n\n# coding: bz2\n" + BLOCK.encode()
        assert changed(b"x\n# coding: bz2\n") == BLOCK.encode() + b"x\n# coding: bz2\n"

    def test_a_folder_may_have_any_name(self) -> None:
        odd = '../a "b"\\\u00e9\U0001f600\udc80\n'
        scope: dict[str, object] = {}
        exec(compile(changed("", odd, "../b"), "x", "exec"), scope)  # noqa: S102 - what was written is to be run
        assert odd not in changed("", odd).decode()
        assert changed(changed("", odd), "../b") == changed("", odd, "../b")


class TestFiles:
    def test_they_are_loaded_behind_the_folders(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What can't be loaded may never be called for."""
        done: list[str] = []

        def load(path: str) -> None:
            done.append(path)
            raise OSError

        for name in ("a.dll", "b.dll"):
            (tmp_path / name).touch()
        monkeypatch.setattr(os, "add_dll_directory", done.append, raising=False)
        monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
        source = with_dlls(b"", ["."], ["b.dll", "a.dll", "gone.dll"], member="")
        exec(compiled(source), {"__file__": str(tmp_path / "__init__.py")})  # noqa: S102 - what was written is to be run
        assert done == [str(tmp_path), str(tmp_path / "a.dll"), str(tmp_path / "b.dll")]

    def test_a_second_repair_adds_to_them(self) -> None:
        once = with_dlls(b"x\n", ["a"], ["c/d.dll"], member="")
        twice = with_dlls(once, [], ["e.dll"], member="")
        assert twice == with_dlls(b"x\n", ["a"], ["e.dll", "c/d.dll"], member="")
        assert with_dlls(twice, ["a"], member="") == twice


class TestASecondRepair:
    def test_changes_nothing(self) -> None:
        once = changed('"doc"\r\nimport os')
        assert changed(once) == once

    def test_adds_folders(self) -> None:
        once = changed('"doc"\nimport os\n')
        assert changed(once, "lib", LIBS) == changed(once, "lib") == changed('"doc"\nimport os\n', "lib", LIBS)

    def test_leaves_an_indented_one_where_it_is(self) -> None:
        once = changed('"doc"\nif True:\n    # truewheel: patch\n    pass\n')
        assert changed(once) == once
        assert changed(once, "a").count(b"    del _truewheel_dlls\n") == 1

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("# --- end of truewheel repair\n", ""),
            ('"], [])\n', '"], []) \\\n'),
            ("_truewheel_dlls([", "pass ; _truewheel_dlls(["),
            (BLOCK, BLOCK + BLOCK),
        ],
    )
    def test_refuses_lines_that_somebody_changed(self, old: str, new: str) -> None:
        assert "have been changed" in refusal(BLOCK.replace(old, new)).what


# --- laws
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
PIECES = st.sampled_from([
    "a", " ", "\\n", "\\\\", "\\'", '\\"', "#", ";", "from __future__ import division", "é", "(", "\t", "\f", "{x}",
])  # fmt: skip
GAPS = st.sampled_from([" ", "", "\\\n", " \f\t"])
COMMENTS = st.lists(
    st.sampled_from(["# a comment\n", "\n", "#\n", "  # indented 'x\n", "\f\n", "\t\n"]), max_size=3
).map("".join)


@st.composite
def literals(draw: st.DrawFn) -> str:
    quote = draw(st.sampled_from(["'", '"', "'''", '"""']))
    prefix = draw(st.sampled_from(["", "r", "R", "u", "U"]))
    pieces = draw(st.lists(PIECES, max_size=5))
    if len(quote) == 3:
        pieces += draw(st.lists(st.sampled_from(["\n", "# x\n", quote[0] + " ", "\\\n"]), max_size=3))
    return f"{prefix}{quote}{''.join(pieces)} {quote}"


@st.composite
def docstrings(draw: st.DrawFn) -> str:
    parts = draw(st.lists(literals(), min_size=1, max_size=3))
    if draw(st.booleans()):
        inside = draw(st.sampled_from([" ", "\n", " # c (\n"])).join(parts)
        return f"({inside}{draw(st.sampled_from(['', chr(10)]))})"
    return draw(GAPS).join(parts)


@st.composite
def futures(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(["annotations", "division as d", "generator_stop"]), min_size=1, max_size=3))
    gap = draw(st.sampled_from([" ", "\\\n ", " \f"]))
    start = f"from{gap}__future__{gap}import"
    if draw(st.booleans()):
        between = draw(st.sampled_from([", ", ",\n", "  # c )\n ,"]))
        return f"{start}({between.join(names)}{draw(st.sampled_from(['', ',', ' # c', ',  # c']))}\n)"
    return f"{start}{gap}{f',{gap}'.join(names)}"


@st.composite
def modules(draw: st.DrawFn) -> bytes:
    """A head of any shape, and a statement behind it that tells when it is run."""
    text = draw(COMMENTS)
    statements = draw(st.lists(docstrings(), max_size=1)) + draw(st.lists(futures(), max_size=2))
    for statement in [*statements, "order.append('own')"]:
        text += statement + draw(st.sampled_from(["\n", "; ", ";", ";\n", "  # c\n", "\n\n# c\n"]))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.replace("\n", draw(LINE_ENDS)).encode()


def compiled(source: bytes) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes in docstrings that mean nothing
        return compile(source, "module", "exec", dont_inherit=True)


def run(source: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], object, set[str]]:
    """What a module does, in its order, its docstring, and the names that it leaves."""
    order: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "add_dll_directory", lambda _: order.append("dlls"), raising=False)
        scope: dict[str, object] = {"order": order, "__file__": __file__}
        exec(compiled(source), scope)  # noqa: S102 - what was written is to be run
    return order, scope.get("__doc__"), set(scope)


@given(modules())
def test_they_run_first_and_change_nothing(source: bytes) -> None:
    new = changed(source, ".", "..")
    with pytest.MonkeyPatch.context() as monkeypatch:
        order, *rest = run(new, monkeypatch)
        assert order == ["dlls", "dlls", "own"]
        assert rest == list(run(source, monkeypatch)[1:])
    assert compiled(new).co_flags == compiled(source).co_flags
    assert changed(new, "..") == new


TOKENS = st.lists(
    st.sampled_from([
        "'doc'", '"""a\n"""', "r'\\'", "f'{x}'", "b'x'", "'", '"', "'\\'\\'", "(", ")", ";", "\n", "\r\n", " ",
        "\\\n", "\\", "# c\n", "from __future__ import annotations", "from __future__ import(division)", "from",
        "import x", "x = 1", ",", ".x", "pass", "\f", "\t", "u", "# truewheel: patch\n",
    ]),
    max_size=12,
).map("".join)  # fmt: skip


@given(TOKENS)
@example("'doc';\\\n\npass")
@example("'doc'\\\n\npass")
@example("('doc')\n'x';from __future__ import annotations\n")
def test_what_python_takes_is_parted_as_python_does(text: str) -> None:
    """The syntax tree is that of the old source with three statements more, behind the docstring and the imports."""
    try:
        compiled(text.encode())
    except SyntaxError:
        with contextlib.suppress(RequestError):
            changed(text)
        return
    old, new = tree(text.encode()), tree(changed(text))
    names = [getattr(statement, "name", "") for statement in new.body]
    at = names.index("_truewheel_dlls")
    added, new.body[at : at + 3] = new.body[at : at + 3], []
    assert [type(each) for each in added] == [ast.FunctionDef, ast.Expr, ast.Delete]
    assert ast.dump(new) == ast.dump(old)
    if "patch" not in text:
        imports = [number for number, each in enumerate(old.body, 1) if is_future(each)]
        assert at == max([*imports, int(ast.get_docstring(old) is not None)])


def tree(source: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and not statement.level


def pythons() -> list[Path]:
    """This Python, and those of 3.8 and later that lie where pyenv puts them."""
    found = {path.name: path / "bin" / "python" for path in Path.home().glob(".pyenv/versions/3.*")}
    late = [path for name, path in sorted(found.items()) if int(name.split(".")[1]) >= 8 and path.exists()]
    return [Path(sys.executable), *late]


@pytest.mark.parametrize("python", pythons(), ids=str)
def test_every_python_runs_them(python: Path, tmp_path: Path) -> None:
    """In a package whose names are taken with a star, where Windows' function is there and where it isn't."""
    package = tmp_path / "pkg"
    package.mkdir()
    (tmp_path / "pkg.libs").mkdir()
    source = '"""Doc."""\nfrom __future__ import annotations\nseen = sorted(globals())\n'
    (package / "__init__.py").write_bytes(changed(source, LIBS, "missing"))
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); added = []\n"
        "if sys.argv[2] == 'windows': os.add_dll_directory = added.append\n"
        "import pkg; from pkg import *\n"
        "print(pkg.__doc__, added, [n for n in seen if 'truewheel' in n or n == 'os'])"
    )
    for system, added in (("other", []), ("windows", [str(tmp_path / "pkg.libs")])):
        command = [str(python), "-I", "-W", "error", "-c", code, str(tmp_path), system]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout == f"Doc. {added} []\n"


@pytest.mark.parametrize("scope", [{}, {"__file__": ""}, {"__file__": "/no/such/archive.zip/pkg/__init__.py"}])
def test_a_package_that_lies_in_no_folder_is_imported_all_the_same(
    scope: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "add_dll_directory", lambda _: pytest.fail("there is no folder"), raising=False)
    exec(compiled(BLOCK.encode()), dict(scope))  # noqa: S102 - what was written is to be run


@pytest.mark.parametrize(
    "source",
    [
        "'''" + "x" * 1_000_000,
        "# c\n" * 250_000,
        "('" + "' '" * 300_000,
        "(" * 1_000_000,
        "\\\n" * 500_000,
        "\n" * 1_000_000,
    ],
    ids=["string", "comments", "strings", "parentheses", "backslashes", "lines"],
)
def test_long_sources_are_no_burden(source: str) -> None:
    with contextlib.suppress(RequestError):
        changed(source)


def test_a_folder_is_searched_as_long_as_the_process_lives() -> None:
    """What os.add_dll_directory returns has no finalizer: the folder stays when it is forgotten (Lib/os.py)."""
    source = Path(os.__file__).read_text(encoding="utf-8")
    body = source.partition("class _AddedDllDirectory:")[2].partition("def add_dll_directory")[0]
    assert "def close" in body
    assert "__del__" not in body
