"""Traces of the build machine are found where tools leave them, and nowhere else."""

# ruff: noqa: S108 - these paths are looked for in bytes; nothing is opened

from __future__ import annotations

import mmap
import zipfile  # noqa: TID251 - an independent reader of the corpus
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus import Corpus
from tests.policy.images import DYLIB, elf, macho, part, pe
from truewheel.binary import read
from truewheel.binary.leaks import EXAMPLES, Leak, header_leaks, text_leaks
from truewheel.binary.model import Wasm

ELF = b"\x7fELF\2\1\1\0"


def kinds(leaks: tuple[Leak, ...]) -> list[tuple[str, str]]:
    return [(leak.kind, leak.text) for leak in leaks]


def texts(data: bytes, name: str = "pkg/_c.so") -> list[str]:
    return [leak.text for leak in text_leaks(name, data)]


class TestHeaders:
    @pytest.mark.parametrize("entry", ["/tmp/zmq/lib", "/usr/local/lib", "/home/me/lib"])
    def test_absolute_run_paths(self, entry: str) -> None:
        assert kinds(header_leaks(elf(runpath=(entry, "$ORIGIN")))) == [("run-path", entry)]
        assert kinds(header_leaks(elf(rpath=(entry,)))) == [("run-path", entry)]
        assert kinds(header_leaks(macho(part(rpaths=(entry, "@loader_path"))))) == [("run-path", entry)]

    @pytest.mark.parametrize("entry", ["/usr/lib", "/lib64/", "/usr/lib/x86_64-linux-gnu"])
    def test_the_loaders_own_folders_are_none(self, entry: str) -> None:
        assert header_leaks(elf(runpath=(entry,))) == ()
        assert header_leaks(macho(part(rpaths=("/usr/lib/swift",)))) == ()

    @pytest.mark.parametrize("entry", ["", "lib", "../lib"])
    def test_run_paths_seen_from_the_current_directory(self, entry: str) -> None:
        assert kinds(header_leaks(elf(runpath=(entry,)))) == [("escape", entry)]
        assert kinds(header_leaks(macho(part(rpaths=(entry,))))) == [("escape", entry)]

    def test_relative_run_paths_that_leave_site_packages(self) -> None:
        image = elf(runpath=("$ORIGIN/../..", "$ORIGIN/../pkg.libs"))
        assert kinds(header_leaks(image, "pkg/_c.so")) == [("escape", "$ORIGIN/../..")]
        assert header_leaks(image, "pkg/sub/_c.so") == ()
        assert header_leaks(image) == (), "without its path nobody can tell"
        slices = macho(part(rpaths=("@loader_path/../../lib",)))
        assert kinds(header_leaks(slices, "pkg/_c.so")) == [("escape", "@loader_path/../../lib")]

    def test_install_names_and_absolute_libraries(self) -> None:
        dylibs = ("/usr/lib/libz.1.dylib", "/System/Library/x", "/opt/homebrew/lib/libx.dylib", "@rpath/y.dylib")
        image = macho(part(filetype=DYLIB, install_name="/Users/runner/work/liba.dylib", dylibs=dylibs))
        assert kinds(header_leaks(image)) == [
            ("install-name", "/Users/runner/work/liba.dylib"),
            ("install-name", "/opt/homebrew/lib/libx.dylib"),
        ]

    @pytest.mark.parametrize("name", ["@rpath/a.dylib", "a.dylib", "/DLC/pkg/.dylibs/a.dylib", None])
    def test_neutral_install_names(self, name: str | None) -> None:
        assert header_leaks(macho(part(filetype=DYLIB, install_name=name))) == ()

    def test_both_slices_of_a_fat_file_tell_it_once(self) -> None:
        image = macho(part("x86_64", rpaths=("/tmp/x",)), part("arm64", rpaths=("/tmp/x",)))
        assert len(header_leaks(image)) == 1

    def test_pdb_paths(self) -> None:
        path = r"C:\Users\runneradmin\build\a.pdb"
        assert kinds(header_leaks(pe(pdb_path=path))) == [("pdb", path)]
        assert header_leaks(pe(pdb_path="a.pdb")) == ()
        assert header_leaks(pe()) == ()
        microsoft = r"D:\a\_work\1\s\binaries\amd64ret\bin\amd64\msvcp140.amd64.pdb"
        assert header_leaks(pe(pdb_path=microsoft)) == (), "the runtime is passed on as it is"

    def test_webassembly_has_no_such_header(self) -> None:
        assert header_leaks(Wasm(1, shared=True, needed=())) == ()


class TestContents:
    @pytest.mark.parametrize(
        "path",
        [
            "/home/runner/work/pkg/pkg/src/a.c",
            "/Users/runner/work/pkg/a.cpp",
            "/Users/anna/pkg/a.h",
            "/host/home/anna/a.c",
            "/root/.cargo/registry/src/index/pyo3/src/err.rs",
            "/root/src/a.c",
            "/project/src/a.pyx",
            "/tmp/pip-install-abc/a.c",
            "/tmp/build-env-x1y2z3/bin/python",
            "/private/var/folders/ab/xyz/T/a.c",
            "/tmp/tmpab_c9d1e/a.c",
            "/builddir/build/BUILD/gcc/a.c",
            "/opt/hostedtoolcache/Python/3.12.1/x64/include/Python.h",
            "/__w/pkg/pkg/a.c",
            "/github/home/.cargo/registry/a.rs",
            r"C:\Users\runneradmin\AppData\a.c",
            "C:/Users/anna/a.c",
            r"D:\a\pkg\pkg\a.cpp",
            "D:/a/pkg/pkg/a.cpp",
            r"C:\\Users\\anna\\a.c",
            r"C:\hostedtoolcache\windows\Python\include\Python.h",
        ],
    )
    def test_directories_of_build_machines(self, path: str) -> None:
        data = ELF + b"text\0" + path.encode() + b"\0more"
        (leak,) = text_leaks("pkg/_c.so", data)
        assert (leak.kind, leak.text, leak.count) == ("build-path", path, 1)
        assert data[leak.offset :].startswith(path.encode())

    @pytest.mark.parametrize(
        "text",
        [
            "/home/user/documents",
            "/home/",
            "/Users/Shared/x",
            "/project/{id}/files",
            "https://example.org/project/uv/a.c",
            "http://a/b/c/d.c",
            "see https://example.org/home/anna/a.c",
            "/root/child",
            "/tmp/x",
            "/usr/lib/a.c",
            r"C:\Users\Public\x",
            r"C:\Windows\System32\a.dll",
            r"D:\a\_work\1\s\src\vctools\a.cpp",
            "",
        ],
    )
    def test_what_is_no_trace(self, text: str) -> None:
        assert texts(ELF + text.encode() + b"\0") == []

    def test_file_urls_are_traces(self) -> None:
        url = b"path+file:" + b"///project/uv#0.1"  # in parts: the project itself has no such address
        assert texts(ELF + b'"' + url + b'"') == ["/project/uv#0.1"]

    def test_strings_without_a_gap_as_rust_has_them(self) -> None:
        data = ELF + b"a `None` value/root/.cargo/registry/a.rs/root/.cargo/registry/b.rsindex"
        (leak,) = text_leaks("a.so", data)
        assert (leak.text, leak.count) == ("/root/.cargo/registry/a.rs", 2)

    def test_one_directory_is_told_once_with_a_count(self) -> None:
        lines = b"".join(b"/home/runner/work/pkg/%d.c\0" % n for n in range(7))
        (leak,) = text_leaks("a.so", ELF + lines)
        assert leak.count == 7
        assert leak.message.endswith("(and 6 more below the same directory)")

    def test_examples_are_few_and_the_first(self) -> None:
        lines = b"".join(b"/home/runner/work%d/a.c\0" % n for n in range(9))
        leaks = text_leaks("a.so", ELF + lines)
        assert len(leaks) == EXAMPLES
        assert leaks[0].text == "/home/runner/work0/a.c"

    @pytest.mark.parametrize(
        "name",
        [
            "p-1.dist-info/sboms/p.cyclonedx.json",
            "p-1.dist-info/direct_url.json",
            "p-1.dist-info/DELVEWHEEL",
            "p/lib/pkgconfig/p.pc",
            "p/lib/libp.la",
            "p/__config__.py",
            "p/_build_info.py",
        ],
    )
    def test_generated_files_are_searched(self, name: str) -> None:
        assert texts(b"prefix=/home/runner/work/p/a", name) == ["/home/runner/work/p/a"]

    @pytest.mark.parametrize(
        "name",
        ["p/doc.py", "p/README.md", "p/a.txt", "p-1.dist-info/METADATA", "p/data.json", "p/tests/data/x.csv", "p/a.js"],
    )
    def test_what_people_write_is_not(self, name: str) -> None:
        assert texts(b"cd /home/runner/work/p/a.c", name) == []

    def test_any_buffer_will_do(self) -> None:
        data = ELF + b"/home/runner/work/a.c\0"
        with mmap.mmap(-1, len(data)) as mapped:
            mapped[:] = data
            assert text_leaks("a", mapped) == text_leaks("a", data) == text_leaks("a", memoryview(data))

    @given(st.binary(max_size=300), st.sampled_from([b"/home/a/", b":\\Users\\b\\", b"file://", b"/root/.x", b""]))
    def test_any_bytes_are_taken(self, noise: bytes, mark: bytes) -> None:
        data = ELF + noise + mark + noise
        for leak in text_leaks("a.so", data):
            assert leak.offset is not None
            assert leak.count >= 1
            assert leak.text.isascii()


class TestPublishedWheels:
    def test_a_build_path_in_an_sbom(self, corpus: Corpus) -> None:
        name = "cryptography-50.0.2.dist-info/sboms/cryptography-rust.cyclonedx.json"
        with zipfile.ZipFile(corpus("cryptography-50.0.2-cp311-abi3-manylinux_2_34_x86_64.whl")) as archive:
            (leak,) = text_leaks(name, archive.read(name))
        assert leak.text.startswith("/__w/cryptography/cryptography/")

    def test_an_absolute_run_path_in_a_grafted_library(self, corpus: Corpus) -> None:
        with zipfile.ZipFile(corpus("pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl")) as archive:
            image = read(archive.read("zmq/.dylibs/libsodium.26.dylib"))
        assert image is not None
        assert kinds(header_leaks(image)) == [("run-path", "/tmp/zmq/lib")]


def test_a_surrogate_in_a_header_is_carried_along() -> None:
    assert header_leaks(replace(elf(), runpath=("/x\udcff",)))[0].text == "/x\udcff"
