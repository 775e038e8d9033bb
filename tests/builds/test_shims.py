"""Stand-ins of compilers: the same bytes from every folder, and nobody notices."""

from __future__ import annotations

import os
import shlex
import subprocess  # noqa: TID251 - compilers are programs
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.tools import need
from truewheel.builds.shims import (
    Shims,
    configured_here,
    environments_here,
    folder_maps,
    used_tools,
    write_shims,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="on Windows there are none")

SYSTEM = "/usr/bin:/bin"
SOURCE = '#include "place.h"\nconst char *file(void) { return __FILE__; }\n'


def shell(command: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in `folder`."""
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=dict(environment), capture_output=True, text=True, check=False
    )


def ok(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    done = shell(command, folder, environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Place:
    """A folder with sources, a temporary folder, and stand-ins: as one build sees the machine."""

    def __init__(self, root: Path, path: str = SYSTEM, **more: str) -> None:
        self.source, self.tmp, self.shims, self.used = root / "source", root / "tmp", root / "bin", root / "used"
        for folder in (self.source / "src", self.source / "include", self.tmp):
            folder.mkdir(parents=True)
        (self.source / "src" / "a.c").write_text(SOURCE)
        (self.source / "include" / "place.h").write_text("static inline const char *h(void) { return __FILE__; }\n")
        self.written = write_shims(
            self.shims, maps=folder_maps([self.source]), caller={"PATH": path, **more}, used=self.used
        )
        self.environment = {"PATH": f"{self.shims}:{path}", "TMPDIR": str(self.tmp), **more, **self.written.environment}

    def compile(self, command: str, folder: Path | None = None) -> bytes:
        """What a command writes to the file out.o in the sources."""
        ok(command, folder or self.source, self.environment)
        return (self.source / "out.o").read_bytes()


@pytest.fixture
def places(tmp_path: Path) -> tuple[Place, Place]:
    """Two machines' worth of folders, whose names differ in length and need quoting."""
    return Place(tmp_path / "one"), Place(tmp_path / "a much longer" / "na'me")


FLAGS = "-g -O3 -Wall"

COMMANDS = {
    "relative": "{cc} {flags} -Iinclude -c src/a.c -o out.o",
    "absolute": '{cc} {flags} -I"$PWD/include" -c "$PWD/src/a.c" -o "$PWD/out.o"',
    "joined": 'cd src && {cc} {flags} -isystem "$PWD/../include" -c a.c -o ../out.o',
    "from stdin": "{cc} {flags} -Iinclude -x c -c - -o out.o <src/a.c",
    "argument file": 'echo "{flags} -Iinclude -c src/a.c -o out.o" >words; {cc} @words',
    "shared": "{cc} {flags} -Iinclude -fPIC -shared src/a.c -o out.o",
    "two steps": "{cc} {flags} -Iinclude -fPIC -c src/a.c -o a.o; {cc} -shared a.o -o out.o",
    "temporary": 'd=$(mktemp -d) && cp src/a.c "$d" && s=$PWD && cd "$d" && '
    '{cc} {flags} -I"$s/include" -fPIC -shared a.c -o "$s/out.o"',
    "built in a temporary": 'd=$(mktemp -d) && mkdir "$d/deep" && echo "int z;" >"$d/gen.h" && s=$PWD && cd "$d/deep" '
    "&& "
    '{cc} {flags} -include "$d/gen.h" -I"$s/include" -fPIC -shared "$s/src/a.c" -o "$s/out.o"',
    "named from elsewhere": 'd=$(mktemp -d) && cp src/a.c include/place.h "$d" && {cc} {flags} -c "$d/a.c" -o out.o',
    "up and down": 'd=$(mktemp -d) && cp src/a.c include/place.h "$d" && '
    '{cc} {flags} -c "../tmp/${{d##*/}}/a.c" -o out.o',
    "build folder inside": 'mkdir .mesonpy-$(basename "$(mktemp -u XXXXXXXX)") && cd .mesonpy-* && '
    "{cc} {flags} -I../include -fPIC -shared ../src/a.c -o ../out.o",
}


@pytest.mark.parametrize("how", COMMANDS)
@pytest.mark.parametrize("compiler", ["gcc", "g++"])
def test_the_same_bytes_from_every_folder(how: str, compiler: str, places: tuple[Place, Place]) -> None:
    need("gcc", "g++")
    command = COMMANDS[how].format(cc=compiler, flags=FLAGS)
    first, second = (place.compile(command) for place in places)
    assert first == second
    assert b"mktemp" not in first
    assert str(places[0].source).encode() not in first
    assert used_tools(places[0].used) == (compiler,)
    # The flags are the build's own, and all of them count.
    assert b"-O3" in first
    assert b" -g" in first
    plain = {**places[0].environment, "PATH": SYSTEM}
    ok("rm -rf out.o .mesonpy-*", places[0].source, plain)
    ok(command, places[0].source, plain)
    assert (places[0].source / "out.o").read_bytes() != first, "without stand-ins the folder is told"


def test_assembler(places: tuple[Place, Place]) -> None:
    need("gcc")
    for place in places:
        (place.source / "src" / "b.S").write_text(".text\nlabel:\n    nop\n")
    first, second = (place.compile("gcc -g -c src/b.S -o out.o") for place in places)
    assert first == second
    assert b"/src" in first


def test_clang_and_its_order_of_replacements(tmp_path: Path) -> None:
    """Zig's clang stands for those from 16 on. It links for a minute, so it compiles alone."""
    pytest.importorskip("ziglang")
    clang = f'exec {shlex.quote(sys.executable)} -m ziglang cc -target x86_64-linux-gnu "$@"'
    fake(tmp_path / "tools", "clang", clang)
    cache = {"ZIG_GLOBAL_CACHE_DIR": str(tmp_path / "cache")}
    command = (
        COMMANDS["built in a temporary"].format(cc="clang -fno-sanitize=all", flags=FLAGS).replace("-shared", "-c")
    )
    found = set()
    for name in ("x", "yyy"):
        place = Place(tmp_path / name, f"{tmp_path}/tools:{SYSTEM}", **cache)
        found |= {place.compile(command), place.compile(command)}
        assert used_tools(place.used) == ("clang",)
    assert len(found) == 1


def test_questions_are_answered_as_ever(places: tuple[Place, Place]) -> None:
    """What CMake, Meson, setuptools and the cc crate find out about a compiler."""
    need("gcc")
    place = places[0]
    real = {**place.environment, "PATH": SYSTEM}
    for question in (
        "gcc --version",
        "gcc -dumpversion",
        "gcc -dumpmachine",
        "gcc -dumpfullversion",
        "gcc -print-prog-name=ld",
        "gcc -print-search-dirs",
        "gcc -print-file-name=libgcc.a",
        "gcc -Wl,--version | head -1",
        "gcc -dM -E - </dev/null",
        "echo '__GNUC__ __FILE__' | gcc -E -P -",
        "gcc -v 2>&1 | tail -1",
        "gcc -M -Iinclude src/a.c",
        "gcc -x c -c /dev/null -o /dev/null -Werror -Wall -Wextra",
        "gcc -x c -fsyntax-only - -Werror=unused-command-line-argument </dev/null; echo $?",
    ):
        with_shims, without = (shell(question, place.source, env) for env in (place.environment, real))
        assert with_shims.stdout == without.stdout, question
        assert with_shims.returncode == without.returncode


def test_failures_are_the_compilers_own(places: tuple[Place, Place]) -> None:
    need("gcc")
    place = places[0]
    (place.source / "bad.c").write_text("#error no\n")
    assert shell("gcc -c bad.c", place.source, place.environment).returncode == 1
    assert shell("gcc missing.c", place.source, place.environment).returncode == 1
    assert "missing.c" in shell("gcc missing.c", place.source, place.environment).stderr


def fake(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return folder / name


def test_words_arrive_unchanged_and_signals_too(tmp_path: Path) -> None:
    fake(tmp_path / "tools", "gcc", "printf '<%s>\\n' \"$@\"")
    fake(tmp_path / "tools", "g++", "kill -9 $$")
    place = Place(tmp_path / "place", f"{tmp_path}/tools:{SYSTEM}")
    said = ok(
        "gcc '-DA=\"b c\"' '' '*' '$HOME' '-DX=a\\b' \"it's\" -- -x", place.source, place.environment
    ).splitlines()
    assert said[-8:] == ['<-DA="b c">', "<>", "<*>", "<$HOME>", "<-DX=a\\b>", "<it's>", "<-->", "<-x>"]
    assert said[-9] == f"<-ffile-prefix-map={place.source}=/src>"
    done = subprocess.run(["g++", "-c"], env=place.environment, cwd=place.source, check=False)
    assert done.returncode == -9
    # The compiler within clang is asked with words that no other understands.
    assert ok("gcc -cc1as -x", place.source, place.environment).splitlines() == ["<-cc1as>", "<-x>"]


def test_old_compilers_and_others(tmp_path: Path) -> None:
    refuse = 'case "$*" in *{0}*) echo "unknown option" >&2; exit 1 ;; esac\nfor word do echo "$word"; done'
    fake(tmp_path / "tools", "gcc-7", refuse.format("-ffile-prefix-map"))
    fake(tmp_path / "tools", "cc", refuse.format("-prefix-map"))
    place = Place(tmp_path / "place", f"{tmp_path}/tools:{SYSTEM}")
    for _ in range(2):  # asked, then remembered
        assert f"-fdebug-prefix-map={place.source}=/src" in ok("gcc-7 -c x.c", place.source, place.environment)
        assert ok("cc -c x.c", place.source, place.environment) == "-c\nx.c\n"


def test_fortran_is_asked_in_fortran(tmp_path: Path) -> None:
    fake(tmp_path / "tools", "gfortran-12", 'echo "$*"; case "$*" in *"-x c"*) exit 1 ;; esac')
    place = Place(tmp_path / "place", f"{tmp_path}/tools:{SYSTEM}")
    assert "-ffile-prefix-map" in ok("gfortran-12 x.f90", place.source, place.environment)


def test_a_launcher_in_front_finds_the_real_compiler(tmp_path: Path) -> None:
    """Ccache stands on PATH under the compiler's name, and looks for the next of that name; it must not find us."""
    launcher = "command -v gcc >&2\ncase $LEVEL in 3) echo loop; exit 9 ;; esac\nLEVEL=$((LEVEL + 1))\nexport LEVEL\n"
    fake(tmp_path / "ccache", "gcc", f'PATH=${{PATH#*ccache:}}\n{launcher}exec gcc "$@"')
    fake(tmp_path / "tools", "gcc", 'echo "real $*"')
    place = Place(tmp_path / "place", f"{tmp_path}/ccache:{tmp_path}/tools:{SYSTEM}", LEVEL="0")
    assert ok("gcc -c a.c", place.source, place.environment).startswith("real -c a.c -ffile-prefix-map")
    place.environment["PATH"] = f"{place.shims}:{tmp_path}/ccache:{place.shims}:{tmp_path}/tools:{SYSTEM}"
    assert ok("gcc -c a.c", place.source, place.environment).startswith("real ")


def test_compilers_that_variables_name(tmp_path: Path) -> None:
    real = fake(tmp_path / "some where", "clang-19", 'echo "$*"')
    configured = {"CC": f"ccache '{real}' -m64", "CXX": "g++ -pthread"}
    written = write_shims(
        tmp_path / "bin",
        maps=folder_maps(["/some/source"]),
        caller={"PATH": SYSTEM, "FC": "gfortran"},
        configured=configured,
    )
    assert set(written.environment) == {"CC", "RUSTC_WRAPPER"}
    words = shlex.split(written.environment["CC"])
    assert words[0] == "ccache"
    assert words[2:] == ["-m64"]
    assert Path(words[1]).name == "clang-19"
    assert "-ffile-prefix-map=/some/source=/src" in ok(shlex.quote(words[1]), tmp_path, {"PATH": SYSTEM})
    odd = {"CC": "'/never ends", "CXX": "/nowhere/g++", "FC": "/bin/true"}
    assert set(write_shims(tmp_path / "odd", maps=(), caller=odd).environment) == {"RUSTC_WRAPPER"}


def test_which_programs_have_one(tmp_path: Path) -> None:
    names = [
        "gcc",
        "gcc-12",
        "x86_64-linux-gnu-g++-12",
        "c++",
        "c99",
        "clang++-14",
        "musl-gcc",
        "gfortran",
        "flang-new",
    ]
    others = ["gcc-ar", "gcc-nm", "clang-format", "ccache", "c++filt", "gccgo", "ld", "clang-cl", "cc1", "mycc.py"]
    for name in (*names, *others):
        fake(tmp_path / "tools", name, "exit 0")
    (tmp_path / "tools" / "cc").mkdir()
    (tmp_path / "tools" / "g++").write_text("no program")
    path = f"{tmp_path}/tools:relative:{tmp_path}/missing"
    written = write_shims(tmp_path / "bin", maps=(), caller={"PATH": path})
    assert written.names == tuple(sorted([*names, "rustc-wrapper"]))
    again = write_shims(tmp_path / "bin", maps=(), caller={"PATH": path})
    assert again == written


def test_programs_that_are_taken_note_of(tmp_path: Path) -> None:
    fake(tmp_path / "tools", "cmake", 'echo "old $*"')
    place = Place(tmp_path / "place", f"{tmp_path}/tools:{SYSTEM}")
    assert ok("cmake -E 'a b'", place.source, place.environment) == "old -E a b\n"
    assert "cmake" in used_tools(place.used)
    # One that the environment brings comes first, wherever it is on PATH when it is called.
    fake(tmp_path / "env", "cmake", 'echo "new $*"')
    path = {"PATH": f"{place.shims}:{tmp_path}/env:{tmp_path}/tools:{SYSTEM}"}
    assert ok("cmake x", place.source, path) == "new x\n"
    done = shell("cmake x", place.source, {"PATH": str(place.shims)})
    assert (done.returncode, done.stderr) == (127, "cmake: not found\n")
    assert used_tools(tmp_path / "nowhere") == ()


def test_rust(places: tuple[Place, Place]) -> None:
    need("cargo", "gcc")
    outputs = []
    for place in places:
        rustc = Path(ok("rustc --print sysroot", place.source, dict(os.environ)).strip()) / "bin" / "rustc"
        (place.source / "lib.rs").write_text(
            '#[no_mangle]\npub fn f(x: &[u8]) -> u8 { assert!(x.len() > 9, "{}", file!()); x[9] }\n'
        )
        wrapper = place.environment["RUSTC_WRAPPER"]
        words = f"--crate-type cdylib -g -O -Cmetadata=a {shlex.quote(str(place.source))}/lib.rs -o out.o"
        ok(f"{shlex.quote(wrapper)} {rustc} {words}", place.source, place.environment)
        outputs.append((place.source / "out.o").read_bytes())
        for question in (
            "-vV",
            "--print sysroot",
            "- --crate-name ___ --print=file-names --crate-type dylib </dev/null",
        ):
            answers = {
                ok(f"{front} {question}", place.source, place.environment)
                for front in (rustc, f"{shlex.quote(wrapper)} {rustc}")
            }
            assert len(answers) == 1
        assert "rustc" in used_tools(place.used)
    assert outputs[0] == outputs[1]
    assert b"/src/lib.rs" in outputs[0]


def test_maps(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    maps = folder_maps([tmp_path / "link"], environments=["/opt/env/"], pythons=["/usr", "/opt/python", "/"])
    real = tmp_path.resolve() / "real"
    assert dict(maps) == {
        str(tmp_path / "link"): "/src",
        str(real): "/src",
        "/opt/env": "/env",
        "/opt/python": "/python",
    }
    assert folder_maps(["/x"]) == ()


def test_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/tmp/build-env-x1")  # noqa: S108
    monkeypatch.setattr(
        sys,
        "path",
        [
            "",
            "/tmp/pip-build-env-ab/overlay/lib/python3.12/site-packages",  # noqa: S108
            f"{sys.base_prefix}/lib/python3.12/site-packages",
        ],
    )
    assert environments_here() == ("/tmp/build-env-x1", "/tmp/pip-build-env-ab/overlay")  # noqa: S108
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert environments_here() == ("/tmp/pip-build-env-ab/overlay",)  # noqa: S108
    assert set(configured_here()) <= {"CC", "CXX"}


def test_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    written = write_shims(tmp_path / "bin", maps=(), caller={"PATH": "/usr/bin"})
    assert written == Shims(notes=("on Windows nothing stands in for compilers: paths in debug information stay",))
    assert not (tmp_path / "bin").exists()


def test_they_are_quick(tmp_path: Path) -> None:
    fake(tmp_path / "tools", "gcc", "exit 0")
    place = Place(tmp_path / "place", f"{tmp_path}/tools:{SYSTEM}")
    words = ["gcc", "-g", "-O3", *(f"-I/usr/include/{n}" for n in range(40)), "-I/tmp/x/y", "-c", "a.c"]

    def seconds(path: str) -> float:
        environment = {**place.environment, "PATH": path}
        best = 1.0
        for _ in range(10):
            started = time.perf_counter()
            subprocess.run(words, env=environment, cwd=place.source, check=True)
            best = min(best, time.perf_counter() - started)
        return best

    assert seconds(place.environment["PATH"]) - seconds(f"{tmp_path}/tools:{SYSTEM}") < 0.02
    assert Path(tempfile.gettempdir()).is_dir()
