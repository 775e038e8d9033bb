"""Which variables of the caller a build gets: a table with reasons. Everything else is left behind."""

from __future__ import annotations

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """Names of variables, each a pattern for the whole name, and why they are taken along."""

    names: tuple[str, ...]
    reason: str


def _rule(names: str, reason: str) -> Rule:
    return Rule(tuple(names.split()), reason)


PASSED_ON = (
    _rule("CC CXX FC F77 F90 LD AR AS NM RANLIB STRIP OBJCOPY LDSHARED LDCXXSHARED", "the tools that were chosen"),
    _rule("CFLAGS CPPFLAGS CXXFLAGS FFLAGS FCFLAGS LDFLAGS LIBS ARFLAGS OPT BASECFLAGS", "flags for them"),
    _rule("CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH", "where headers and libraries lie"),
    _rule("LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH", "compilers of tool sets need theirs"),
    _rule("PKG_CONFIG PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR", "where pkg-config looks"),
    _rule(
        "MACOSX_DEPLOYMENT_TARGET IPHONEOS_DEPLOYMENT_TARGET ARCHFLAGS SDKROOT DEVELOPER_DIR", "the target, at Apple's"
    ),
    _rule(
        "_PYTHON_HOST_PLATFORM _PYTHON_SYSCONFIGDATA_NAME SETUPTOOLS_EXT_SUFFIX", "Python modules for another system"
    ),
    _rule("ANDROID_HOME ANDROID_NDK_HOME ANDROID_API_LEVEL EMSDK PYODIDE_ROOT SYSROOT", "kits for another system"),
    _rule("CUDA_HOME CUDA_PATH CUDACXX ROCM_HOME ROCM_PATH JAVA_HOME QTDIR LLVM_CONFIG", "kits that lie anywhere"),
    _rule("BOOST_ROOT HDF5_DIR GDAL_CONFIG PG_CONFIG MYSQL_CONFIG OPENSSL_DIR OPENSSL_ROOT_DIR", "libraries that do"),
    _rule("DISTUTILS_USE_SDK MSSdk INCLUDE LIB LIBPATH VSCMD_[A-Z_]+ VC[A-Z]+DIR VS[0-9A-Z]+DIR", "Visual C++"),
    _rule("VCTOOLSVERSION WINDOWSSDK[A-Z]+ UCRTVERSION UNIVERSALCRTSDKDIR", "Visual C++"),
    _rule("CMAKE_ARGS CMAKE_GENERATOR(?:_[A-Z]+)? CMAKE_BUILD_TYPE CMAKE_PREFIX_PATH CMAKE_TOOLCHAIN_FILE", "CMake"),
    _rule("CMAKE_BUILD_PARALLEL_LEVEL CMAKE_OSX_ARCHITECTURES MAKEFLAGS", "CMake and make"),
    _rule("SKBUILD_[A-Z_]+ MESONPY_[A-Z_]+ NPY_[A-Z_]+ CYTHON_[A-Z_]+", "settings of build backends"),
    _rule(
        "RUSTFLAGS RUSTUP_TOOLCHAIN CARGO_BUILD_TARGET CARGO_PROFILE_[A-Z_]+ PYO3_[A-Z0-9_]+",
        "settings of Rust's tools",
    ),
    _rule("CARGO_TARGET_[A-Z0-9_]+_(?:LINKER|RUSTFLAGS|AR) MATURIN_PEP517_ARGS", "settings of Rust's tools"),
    _rule(
        "GOOS GOARCH GOARM GOARM64 GOAMD64 GOROOT CGO_ENABLED CGO_[A-Z]+FLAGS GOEXPERIMENT", "settings of Go's tools"
    ),
    _rule("SETUPTOOLS_SCM_PRETEND_VERSION(?:_FOR_[A-Z0-9_]+)? SETUPTOOLS_SCM_OVERRIDES_FOR_[A-Z0-9_]+", "the version"),
    _rule(
        "PBR_VERSION PDM_BUILD_SCM_VERSION POETRY_DYNAMIC_VERSIONING_BYPASS UV_DYNAMIC_VERSIONING_BYPASS", "the version"
    ),
)
"""What is taken along from the caller: what chooses tools, targets and versions. A build is repeated with the same."""

WINDOWS = (
    *("SYSTEMDRIVE", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "OS", "ALLUSERSPROFILE", "PROGRAMDATA"),
    *("PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432"),
    *("COMMONPROGRAMFILES", "COMMONPROGRAMFILES(X86)", "COMMONPROGRAMW6432"),
)
"""Without these, programs of Windows don't start, or don't find Visual C++."""

_PATTERN = re.compile("|".join(f"(?:{name})" for rule in PASSED_ON for name in rule.names))
_SECRET = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|COOKIE|(?:^|_)(?:KEY|PAT|PWD|USER|USERNAME)(?:_|$)"
)
_WITH_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s]*@", re.IGNORECASE)


def taken_along(name: str, value: str) -> bool:
    """Whether a variable of the caller is passed on. None is whose name or value may tell a secret."""
    return bool(_PATTERN.fullmatch(name)) and not _SECRET.search(name) and not _WITH_PASSWORD.search(value)
