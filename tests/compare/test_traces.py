"""What explains a difference, and what doesn't."""

# ruff: noqa: S108 - folders are named here, none is used
from __future__ import annotations

import time

import pytest

from truewheel.compare.traces import causes_of, explain

PAIRS = [
    ("build-path", "a /tmp/pip-req-build-_gp0m5m1/x.c", "a /tmp/pip-req-build-abcdefgh/x.c"),
    ("build-path", "/tmp/.tmp-frozenlist-pep517-abc/x", "/tmp/.tmp-frozenlist-pep517-xyz/x"),
    ("build-path", "<outdir>/.tmpAbC123/six-1.0/six.py", "<outdir>/.tmpXyZ789/six-1.0/six.py"),
    ("build-path", "/home/one/work/a.c", "/home/two/work/a.c"),
    ("build-path", "-I/build/x/include", "-I/build/y/include"),
    ("build-path", r"C:\Users\one\AppData\x.c", r"C:\Users\two\AppData\x.c"),
    ("build-path", "/private/var/folders/ab/cd/T/pip", "/private/var/folders/xy/zz/T/pip"),
    ("build-path", "cc -c /one/place/of/x.c", "cc -c /another/place/of/x.c"),
    ("build-path", "DW in build-env-abcd1234/lib", "DW in build-env-efgh5678/lib"),
    ("build-path", "x .mesonpy-ab12cd34/y", "x .mesonpy-zz12cd34/y"),
    ("build-time", "Built at 2026-01-01 10:00:00", "Built at 2026-01-02 10:00:01"),
    ("build-time", "at 2026-01-01T10:00:00.123Z", "at 2027-01-01T10:00:00.9Z"),
    ("build-time", "Nov 21 2026 12:00:01", "Nov 22 2026 12:01:01"),
    ("build-time", "Sat Nov 21 18:57:39 2026", "Sun Nov 22 18:57:39 2026"),
    ("build-time", "built on 21 November 2026", "built on 22 November 2026"),
    ("build-time", "Nov 21 2026", "Nov 22 2026"),
    ("build-time", "stamp = 1767225600", "stamp = 1767225611"),
    ("build-time", "1.0+d20261121", "1.0+d20261122"),
    ("version", "__version__ = '1.2.3'", "__version__ = '1.2.4'"),
    ("version", "path+file:///home/runner/work/r/crates/r#0.17.5", "path+file:///home/runner/work/r/crates/r#0.17.6"),
    ("build-path", "../../.tmp-own-pep517-wwraz8q0/only.c", "../../.tmp-own-pep517-c7boydb0/only.c"),
    ("build-path", "path+file:///home/one/r/crates/r#0.17.5", "path+file:///home/two/r/crates/r#0.17.6"),
    ("version", "see https://example.org/v1.2/foo", "see https://example.org/v1.3/foo"),
    (
        "version",
        "git_revision = '0123456789abcdef0123456789abcdef01234567'",
        "git_revision = 'abcdefabcdefabcdef0123456789abcdef012345'",
    ),
    ("compiler", "GCC: (Debian 12.2.0-14) 12.2.0", "GCC: (GNU) 13.1.1 20230614"),
    ("compiler", "clang version 19.1.7", "clang version 18.1.0"),
    ("compiler", f"/rustc/{'b940084d' * 5}/library/core/src/a.rs", f"/rustc/{'0ef1bc38' * 5}/library/core/src/a.rs"),
    ("compiler", "rustc version 1.95.0", "rustc version 1.80.0"),
    ("python", "x.cpython-311-x86_64-linux-gnu.so", "x.cpython-312-x86_64-linux-gnu.so"),
    ("python", "/usr/lib/python3.11/site-packages/x", "/usr/lib/python3.12/site-packages/x"),
    ("platform", "for x86_64 only", "for aarch64 only"),
    ("host", "hostname = one", "hostname = two"),
    ("host", "compiled by root@ab12cd", "compiled by root@ef34ab"),
    ("hash-order", "names = {'a', 'b', 'c'}", "names = {'c', 'a', 'b'}"),
    ("hash-order", "names = {'a', 'b'}", "names = {'b', 'a'}"),
    ("hash-order", "f('a', 'b', 'c')", "f('a', 'c', 'b')"),
    ("hash-order", "names = a, b, c", "names = c, a, b"),
    ("hash-order", "link = cc -la -lb -lc -o x", "link = cc -lb -lc -la -o x"),
    ("sbom-serial", "urn:uuid:12345678-1234-1234-1234-123456789012", "urn:uuid:12345678-1234-1234-1234-aaaaaaaaaaaa"),
]


@pytest.mark.parametrize(("reason", "left", "right"), PAIRS)
def test_what_explains_a_line(reason: str, left: str, right: str) -> None:
    for one, other in ((left, right), (right, left)):
        found = explain(f"same\n{one}\nsame", f"same\n{other}\nsame")
        assert [cause.reason.id for cause in found.causes] == [reason]
        assert found.complete
        in_bytes = explain(b"\0\1\2" + one.encode() + b"\0", b"\0\5\6" + other.encode() + b"\0")
        assert [cause.reason.id for cause in in_bytes.causes] == [reason]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("hello", "world"),
        ("x = a - b", "x = b - a"),
        ("x = a + b", "x = b + a"),
        ("x = a.b/c - d.e/f", "x = d.e/f - a.b/c"),
        ("if user < admin: grant()", "if admin < user: grant()"),
        ("if not a and b", "if a and not b"),
        ("copy(src, dst)", "copy(dst, src)"),
        ("copy(src, dst, how)", "copy(dst, src, how)"),
        ("  volatile static int init;", "  static volatile int init;"),
        ('MIN_TLS = "1.2"', 'MIN_TLS = "1.0"'),
        ("min_version = 1.2", "min_version = 1.0"),
        ("price 3.50", "price 4.25"),
        ("utf-8 of 3.50", "utf-8 of 4.25"),
        ("half = x/2.0", "half = x/3.0"),
        ("host = 127.0.0.1", "host = 0.0.0.0"),
        ("if a == 1.0:", "if a == 2.0:"),
        ("CMake >= 3.5", "CMake >= 3.15"),
        ("2020-01-01,5", "2021-01-01,5"),
        ("PORT = 1600000000", "PORT = 1650000000"),
        ("timeout = 1600000000", "timeout = 1650000000"),
        ("OpenSSL 3.5.1 7 Apr 2026", "OpenSSL 3.5.2 29 Sep 2026"),
        ("open('/etc/app/config')", "open('/var/app/config')"),
        ("if x != 3:", "if x == 3:"),
        ("    return x", "return x"),
        ("a 0123456789abcdef0123456789abcdef01234567", "a abcdefabcdefabcdef0123456789abcdef012345"),
        ("released 2026-01-01", "a new line"),
        ("needs Python 3", "needs Python 4"),
        ("crate (path+file:///home/one/r#first)", "crate (path+file:///home/one/r#second)"),
        (
            "/root/.cargo/registry/src/index/pyo3-0.24.0/src/a.rs",
            "/root/.cargo/registry/src/index/pyo3-0.24.1/src/a.rs",
        ),
        ("see /usr/share/one/first", "see /usr/share/two/second"),
        ("", "released 2026-01-01 and 1.2.3"),
    ],
)
def test_what_explains_nothing(left: str, right: str) -> None:
    assert causes_of(left, right) == ()
    assert not explain(left, right).complete


def test_evidence_says_both_sides_and_how_many_more() -> None:
    left = "\n".join(f"{number} at /tmp/pip-req-build-aaaaaaaa/{number}.c" for number in range(5))
    (cause,) = causes_of(left, left.replace("aaaaaaaa", "bbbbbbbb"))
    assert cause.evidence == (
        "/tmp/pip-req-build-aaaaaaaa/0.c on the left, /tmp/pip-req-build-bbbbbbbb/0.c on the right (and 4 more)"
    )
    assert cause.sure


def test_only_some_lines_explained() -> None:
    found = explain("version 1.0\nother", "version 1.1\nthings")
    assert (found.complete, found.matched) == (False, 1)
    assert [cause.reason.id for cause in found.causes] == ["version"]


def test_build_folders_in_lines_that_differ_in_more() -> None:
    found = explain("/tmp/pip-req-build-aaaaaaaa/x one", "/tmp/pip-req-build-bbbbbbbb/x two more")
    assert [cause.reason.id for cause in found.causes] == ["build-path"]
    assert not found.complete


def test_a_long_line_is_explained_where_it_differs() -> None:
    left = "x" * 100_000 + " /tmp/pip-req-build-aaaaaaaa/x " + "y" * 100_000
    assert explain(left, left.replace("aaaaaaaa", "bbbbbbbb")).complete


@pytest.mark.parametrize(
    "unit", ["/a", "1.", "a@", "2026-01-", "a", "/tmp/x ", "::12:", "GCC: (", "tmp12345678 ", "b\n"]
)
def test_no_text_takes_long(unit: str) -> None:
    text = unit * (2_000_000 // len(unit))
    start = time.process_time()
    explain(text, text[7:] + "x")
    explain(text.encode(), text[7:].encode() + b"x")
    assert time.process_time() - start < 10  # seconds of CPU


def test_a_text_that_looks_like_a_skeleton() -> None:
    assert not explain("\0version\0 and 1.2", "1.2 and \0version\0").complete


def test_too_much_is_never_called_explained() -> None:
    left = "\n".join(f"version 1.2.{number} it was so and otherwise too" for number in range(20_000))
    right = "\n".join(f"version 1.3.{number} it was so and otherwise too" for number in range(20_000))
    found = explain(left, right)
    assert found.causes
    assert not found.complete
