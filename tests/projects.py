"""Small projects for every build backend, made by the tests; each has a property that builds differ by.

All that is in them leaks the folder of a build where nobody prevents it: debug information, `__FILE__` in constants,
absolute names of sources, temporary folders with random names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

SETUPTOOLS = "setuptools==84.2.1"
CYTHON = "cython==3.3.1"
HATCHLING = "hatchling==1.33.0"
FLIT = "flit-core==4.2.0"
POETRY = "poetry-core==2.5.0"
PDM = "pdm-backend==2.5.0"
SCIKIT_BUILD = "scikit-build-core==1.1.2"
MESON_PYTHON = "meson-python==0.22.1"
MESON = "meson==1.12.1"
MATURIN = "maturin==1.16.0"
SETUPTOOLS_RUST = "setuptools-rust==1.13.0"
CFFI = "cffi==2.1.1"


@dataclass(frozen=True, slots=True)
class Project:
    """A project in the form of PEP 517: its name, the backend and what that needs, and its files.

    ``tools`` are rows of ``scripts/test_tools.py`` that a build of it asks of the system.
    """

    name: str
    backend: str
    requires: tuple[str, ...]
    files: Mapping[str, str]
    tools: tuple[str, ...] = ()
    tables: str = ""
    """Further tables of pyproject.toml."""

    def pyproject(self, backend: str = "", more: str = "") -> str:
        """The text of its pyproject.toml, with another `backend` where one is given, and `more` tables."""
        requires = ", ".join(f'"{requirement}"' for requirement in self.requires)
        head = f'[build-system]\nrequires = [{requires}]\nbuild-backend = "{backend or self.backend}"\n'
        project = f'\n[project]\nname = "{self.name}"\nversion = "1.0"\ndescription = "A project of the tests."\n'
        return "".join([head, project, *(f"\n{part.strip()}\n" for part in (self.tables, more) if part)])

    def write(self, folder: Path, *, backend: str = "", more: str = "") -> Path:
        """Write it into a new folder, and give that back."""
        for name, text in {**self.files, "pyproject.toml": self.pyproject(backend, more)}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        return folder


def _text(text: str) -> str:
    return dedent(text).lstrip("\n")


def _pure(name: str, backend: str, *requires: str, tables: str = "") -> Project:
    """A package with a module, a subpackage and data."""
    files = {
        f"src/{name}/__init__.py": '"""A package of the tests."""\n\n__version__ = "1.0"\n',
        f"src/{name}/inner/__init__.py": "VALUE = 42\n",
        f"src/{name}/data.json": '{"b": 1, "a": 2}\n',
        "README.md": f"# {name}\n",
        "LICENSE": "Anybody may do anything with this.\n",
    }
    return Project(name, backend, requires, files, tables=tables)


PURE = (
    _pure(
        "puresetuptools", "setuptools.build_meta", SETUPTOOLS, tables='[tool.setuptools.package-data]\n"*" = ["*.json"]'
    ),
    _pure("purehatchling", "hatchling.build", HATCHLING),
    _pure("pureflit", "flit_core.buildapi", FLIT),
    _pure("purepoetry", "poetry.core.masonry.api", POETRY),
    _pure("purepdm", "pdm.backend", PDM),
)
"""A pure package for each backend that most projects use."""


def _extension(name: str, *more: str) -> str:
    """A module in C that tells where its source was compiled, in a string that no stripping removes."""
    return _text(
        f"""
        #define PY_SSIZE_T_CLEAN
        #include <Python.h>
        #include <assert.h>
        {"".join(more)}
        static PyObject *source(PyObject *self, PyObject *args) {{
            assert(self != NULL || args == NULL);
            return PyUnicode_FromString(__FILE__);
        }}

        static PyMethodDef methods[] = {{{{"source", source, METH_NOARGS, ""}}, {{NULL, NULL, 0, NULL}}}};
        static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", "", -1, methods}};

        PyMODINIT_FUNC PyInit_{name}(void) {{
            return PyModule_Create(&module);
        }}
        """
    )


C = Project(
    "withc",
    "setuptools.build_meta",
    (SETUPTOOLS,),
    {
        "setup.py": _text(
            """
            from setuptools import Extension, setup

            setup(
                ext_modules=[Extension("withc", ["src/first.c", "src/second.c"], undef_macros=["NDEBUG"])],
                packages=[],
            )
            """
        ),
        "src/first.c": _extension("withc"),
        "src/second.c": "int twice(int number) { return 2 * number; }\n",
        "MANIFEST.in": "graft src\n",
    },
    tools=("gcc",),
)
"""A module in C, with assertions, which hold the name of the source."""

C_ABSOLUTE = Project(
    "absolutec",
    "setuptools.build_meta",
    (SETUPTOOLS,),
    {
        "setup.py": _text(
            """
            import os

            from setuptools import Extension, setup

            here = os.path.dirname(os.path.abspath(__file__))
            setup(
                ext_modules=[
                    Extension(
                        "absolutec",
                        [os.path.relpath(os.path.join(here, "src", "only.c"))],
                        include_dirs=[os.path.join(here, "include")],
                    )
                ],
                packages=[],
            )
            """
        ),
        "src/only.c": _extension("absolutec", '#include "place.h"\n'),
        "include/place.h": "static const char *header(void) { return __FILE__; }\n"
        "const char *absolutec_header(void) { return header(); }\n",
        "MANIFEST.in": "graft src\ngraft include\n",
    },
    tools=("gcc",),
)
"""A module in C whose headers lie in a folder that the build script names from the root of the disk."""

OWN_TEMPORARY = Project(
    "owntemporary",
    "setuptools.build_meta",
    (SETUPTOOLS,),
    {
        "setup.py": _text(
            """
            import os
            import shutil
            import tempfile

            from setuptools import Extension, setup
            from setuptools.command.build_ext import build_ext


            class Elsewhere(build_ext):
                def build_extension(self, ext):
                    with tempfile.TemporaryDirectory(prefix=".tmp-owntemporary-") as folder:
                        sources = [shutil.copy(source, folder) for source in ext.sources]
                        back = os.getcwd()
                        ext.sources = [os.path.relpath(source) for source in sources]
                        try:
                            super().build_extension(ext)
                        finally:
                            os.chdir(back)


            setup(
                cmdclass={"build_ext": Elsewhere},
                ext_modules=[Extension("owntemporary", ["src/only.c"])],
                packages=[],
            )
            """
        ),
        "src/only.c": _extension("owntemporary"),
    },
    tools=("gcc",),
)
"""A module whose sources are compiled in a temporary folder with a random name, as those of frozenlist are."""

WITH_CYTHON = Project(
    "withcython",
    "setuptools.build_meta",
    (SETUPTOOLS, CYTHON),
    {
        "setup.py": _text(
            """
            from setuptools import Extension, setup

            setup(ext_modules=[Extension("withcython", ["src/withcython.pyx"])], packages=[])
            """
        ),
        "src/withcython.pyx": "def twice(int number):\n    return 2 * number\n",
    },
    tools=("gcc",),
)
"""A module in Cython: the C code holds the name of its source."""

CPP = Project(
    "withcpp",
    "setuptools.build_meta",
    (SETUPTOOLS,),
    {
        "setup.py": _text(
            """
            from setuptools import Extension, setup

            setup(
                ext_modules=[Extension("withcpp", ["src/only.cpp"], language="c++", extra_compile_args=["-std=c++17"])],
                packages=[],
            )
            """
        ),
        "src/only.cpp": "#include <string>\n#include <vector>\n"
        + _extension("withcpp", "static std::vector<std::string> names;\n"),
    },
    tools=("gcc", "g++"),
)
"""A module in C++: setuptools asks for CXX, and CFLAGS don't count."""

CMAKE = Project(
    "withcmake",
    "scikit_build_core.build",
    (SCIKIT_BUILD,),
    {
        "CMakeLists.txt": _text(
            """
            cmake_minimum_required(VERSION 3.18)
            project(withcmake LANGUAGES C)
            find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
            add_library(helper STATIC src/second.c)
            set_property(TARGET helper PROPERTY POSITION_INDEPENDENT_CODE ON)
            Python_add_library(withcmake MODULE WITH_SOABI src/first.c)
            target_link_libraries(withcmake PRIVATE helper)
            install(TARGETS withcmake DESTINATION .)
            """
        ),
        "src/first.c": _extension("withcmake", "int twice(int number);\n").replace(
            "return PyUnicode", "(void)twice(1);\n    return PyUnicode"
        ),
        "src/second.c": "int twice(int number) { return 2 * number; }\n",
    },
    tools=("cmake", "gcc", "ninja"),
    tables='[tool.scikit-build]\ncmake.build-type = "RelWithDebInfo"\ninstall.strip = false\nwheel.packages = []\n',
)
"""A CMake project with debug information: sources are named from the root of the disk, and an archive is linked."""

WITH_MESON = Project(
    "withmeson",
    "mesonpy",
    (MESON_PYTHON, MESON),
    {
        "meson.build": _text(
            """
            project('withmeson', 'c', version: '1.0', default_options: ['buildtype=debugoptimized'])
            py = import('python').find_installation(pure: false)
            generated = configure_file(
              input: 'src/place.h.in', output: 'place.h', configuration: {'ROOT': meson.project_name()}
            )
            helper = static_library('helper', 'src/second.c')
            py.extension_module('withmeson', 'src/first.c', generated, link_with: helper, install: true)
            """
        ),
        "src/first.c": _extension("withmeson", '#include "place.h"\n'),
        "src/second.c": "int twice(int number) { return 2 * number; }\n",
        "src/place.h.in": 'static const char *root = "@ROOT@";\n'
        "const char *withmeson_root(void) { return root; }\nconst char *withmeson_place(void) { return __FILE__; }\n",
    },
    tools=("gcc", "ninja"),
    tables='[tool.meson-python.args]\nsetup = ["-Dbuildtype=debugoptimized"]\n',
)
"""A Meson project: meson-python gives its build folder a random name."""

_CARGO = _text(
    """
    [package]
    name = "{name}"
    version = "1.0.0"
    edition = "2021"

    [lib]
    name = "{name}"
    crate-type = ["cdylib"]

    [profile.release]
    debug = true
    """
)

RUST = Project(
    "withmaturin",
    "maturin",
    (MATURIN, CFFI),
    {
        "Cargo.toml": _CARGO.format(name="withmaturin") + '\n[dependencies]\nneighbour = { path = "neighbour" }\n',
        "neighbour/Cargo.toml": '[package]\nname = "neighbour"\nversion = "1.0.0"\nedition = "2021"\n',
        "neighbour/src/lib.rs": "pub fn place() -> &'static str {\n    file!()\n}\n",
        "src/lib.rs": _text(
            """
            #[no_mangle]
            pub extern "C" fn third(values: *const i64, count: usize) -> i64 {
                let values = unsafe { std::slice::from_raw_parts(values, count) };
                values[2] + file!().len() as i64 + neighbour::place().len() as i64
            }
            """
        ),
    },
    tools=("cargo", "gcc"),
    tables='[tool.maturin]\nbindings = "cffi"\n',
)
"""A crate without foreign dependencies, with debug information, and a name of its source for its panics."""

SETUPTOOLS_WITH_RUST = Project(
    "withrust",
    "setuptools.build_meta",
    (SETUPTOOLS, SETUPTOOLS_RUST),
    {
        "setup.py": _text(
            """
            from setuptools import setup
            from setuptools_rust import Binding, RustExtension

            setup(
                packages=[],
                rust_extensions=[RustExtension("withrust", "Cargo.toml", binding=Binding.NoBinding, debug=False)],
            )
            """
        ),
        "Cargo.toml": _CARGO.format(name="withrust"),
        "src/lib.rs": _text(
            """
            use std::os::raw::c_char;

            extern "C" {
                fn PyModule_New(name: *const c_char) -> *mut u8;
            }

            #[no_mangle]
            pub extern "C" fn PyInit_withrust() -> *mut u8 {
                let values = std::env::args().map(|value| value.len()).collect::<Vec<_>>();
                assert!(values.iter().sum::<usize>() < usize::MAX, "{}", file!());
                unsafe { PyModule_New(b"withrust\\0".as_ptr() as *const c_char) }
            }
            """
        ),
        "MANIFEST.in": "include Cargo.toml Cargo.lock\ngraft src\n",
    },
    tools=("cargo", "gcc"),
)
"""A module of Python in Rust with nothing between them, through setuptools-rust."""

NATIVE = (C, C_ABSOLUTE, CPP, OWN_TEMPORARY, WITH_CYTHON, CMAKE, WITH_MESON, RUST, SETUPTOOLS_WITH_RUST)
"""One for each way to compile."""
