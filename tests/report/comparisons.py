"""Comparisons made by hand, for reporters to render: what a second build by pip leaves different, and nastier ones."""

from __future__ import annotations

from truewheel.compare.model import Cause, Comparison, Difference, Kind, Leaf, Line, Mark, Tree
from truewheel.compare.reasons import BUILD_ID, BUILD_PATH, BUILD_TIME, COMPILER, UMASK
from truewheel.wheel import Bytes

WHEEL = "markupsafe-3.0.4-cp311-cp311-linux_x86_64.whl"
INFO = "markupsafe-3.0.4.dist-info"
MODULE = "markupsafe/_speedups.cpython-311-x86_64-linux-gnu.so"
PLACES = ("/tmp/pip-req-build-_gp0m5m1", "/tmp/pip-req-build-7x2kq90b")  # noqa: S108 - the very thing that leaks
PATHS = Cause(BUILD_PATH, f"each side names a folder that pip made: {PLACES[0]} and {PLACES[1]}")
NAMES = ("markupsafe/__init__.py", MODULE, f"{INFO}/METADATA", f"{INFO}/RECORD", f"{INFO}/WHEEL")
HOSTILE = "pkg/\x1b[31m\u202e<script>alert(1)</script>&\"'\n.py"


def tree(name: str = WHEEL, *, form: str = "wheel", digest: str = "a", names: tuple[str, ...] = NAMES) -> Tree:
    leaves = tuple(Leaf(path, executable=False, content=Bytes(b"")) for path in names)
    if form == "directory":
        return Tree(form, name, leaves, ordered=False)
    return Tree(form, name, leaves, size=24_301, sha256=digest * 64)


def comparison(*differences: Difference, left: Tree | None = None, right: Tree | None = None) -> Comparison:
    return Comparison(left or tree(), right or tree(digest="b"), False, False, len(NAMES), differences)


def lines(*texts: str) -> tuple[Line, ...]:
    """Lines as they stand in a unified difference: the first character is the mark."""
    made: list[Line] = []
    left = right = 1
    for text in texts:
        mark = Mark(text[0])
        of_left, of_right = mark in {Mark.SAME, Mark.LEFT}, mark in {Mark.SAME, Mark.RIGHT}
        made.append(Line(mark, left if of_left else None, right if of_right else None, text[1:]))
        left, right = left + of_left, right + of_right
        if mark is Mark.GAP:
            left, right = left + 40, right + 40
    return tuple(made)


NATIVE = Difference(
    MODULE,
    Kind.CONTENT,
    "2 things differ",
    "36,592 bytes",
    "36,592 bytes",
    inside=(
        Difference(
            ".debug_line_str",
            Kind.CONTENT,
            "8 of 612 bytes differ, in 1 string",
            left=f"{PLACES[0]}/src/markupsafe",
            right=f"{PLACES[1]}/src/markupsafe",
            causes=(PATHS,),
        ),
        Difference(
            ".note.gnu.build-id",
            Kind.CONTENT,
            "the build id differs",
            left="5d0a0e3c7a1f4f0f8a1b2c3d4e5f60718293a4b5",
            right="0c9b8a7f6e5d4c3b2a190817263544536271809f",
            causes=(Cause(BUILD_ID, "the linker hashed the file"),),
            follows=True,
        ),
    ),
)
RECORD = Difference(
    f"{INFO}/RECORD",
    Kind.CONTENT,
    "1 row differs, as its member does",
    lines=lines(
        " markupsafe/__init__.py,sha256=sr-U6_27DfaSrj5jnHYxWN-pvhM27sjlDplMDPZKm7k,13214",
        f"-{MODULE},sha256=FJ3FLS1Fdp3CS1bzQZkLSrTCyA0zOBGZPsOWxkdUsYQ,36592",
        f"+{MODULE},sha256=KmfUFmT0cyTqrhcJYNTyc0sp2Cr0dKKWvLRYd0cmmvI,36592",
        f" {INFO}/METADATA,sha256=F0Y4BHXs1Gq3-tYSDKYVw2vRx0cVfVfDbXx6mnLZoLw,2690",
    ),
    follows=True,
)
STORED = (
    Difference(
        "",
        Kind.STORAGE,
        "time differs for 2 of 5 members",
        "2026-11-21 18:57:38 for all",
        "2026-11-21 18:59:40 for all",
        causes=(
            Cause(BUILD_TIME, "2026-11-21 18:57:38 for all on the left, 2026-11-21 18:59:40 for all on the right"),
        ),
        inside=tuple(
            Difference(
                name,
                Kind.STORAGE,
                "time: 2026-11-21 18:57:38 on the left, 2026-11-21 18:59:40 on the right",
                "2026-11-21 18:57:38",
                "2026-11-21 18:59:40",
            )
            for name in (NAMES[0], NAMES[2])
        ),
    ),
    Difference(
        "",
        Kind.STORAGE,
        "mode differs for 1 of 5 members",
        "0644 for all",
        "0644 (4), 0664 (1)",
        causes=(Cause(UMASK, "0664 is what 002 makes of 0666", sure=False),),
    ),
)
TOUCHED = Difference("markupsafe/py.typed", Kind.STORAGE, "stored on the left, deflated on the right")
CODE = Difference(
    "markupsafe/_build.py",
    Kind.CONTENT,
    "3 lines differ",
    lines=lines(
        " # made by setup.py",
        "-COMPILER = 'gcc 12.2.0 (Debian)'",
        "-HOST = 'alpha'",
        "-FLAGS = ['-O3', '-DNDEBUG', '-fwrapv']",
        "+COMPILER = 'gcc 14.2.0 (Debian)'",
        "+FLAGS = ['-O2', '-DNDEBUG', '-fwrapv', '-g']",
        "@40 lines",
        " def version():",
        "\x2d\treturn 1  # \x1b[31m\u202eevil",
        "+\treturn 2  # <b>& \"quoted\" 'too'",
        " ",
        "+# the end",
    ),
    causes=(Cause(COMPILER, "gcc 12.2.0 on one side, 14.2.0 on the other", sure=False),),
)
ALONE = (
    Difference("markupsafe/_speedups.pyi", Kind.ONLY_LEFT, "only on the left: 41 bytes"),
    Difference(HOSTILE, Kind.ONLY_RIGHT, "only on the right: 7 bytes"),
    Difference("scripts/run", Kind.MODE, "executable on the left alone"),
)
PIP_TWICE = comparison(*STORED, RECORD, NATIVE)
"""What two runs of ``pip wheel`` leave."""
MIXED = comparison(
    *STORED,
    Difference("", Kind.STORAGE, "the left has a comment"),
    RECORD,
    CODE,
    NATIVE,
    ALONE[0],
    TOUCHED,
    ALONE[1],
    ALONE[2],
    right=tree("markupsafe-3.0.5-cp311-cp311-linux_x86_64.whl", digest="b"),
)
"""Something of everything."""
IDENTICAL = Comparison(tree(), tree(), True, False, len(NAMES), ())
SAME = Comparison(tree(), tree("unpacked", form="directory"), False, True, len(NAMES), ())
STORED_OTHERWISE = comparison(*STORED)
