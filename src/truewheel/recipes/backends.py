"""Names of build backends, as WHEEL's Generator and ``[build-system]`` spell them."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Maker(NamedTuple):
    """A program that writes wheels: its name in statistics, the distribution to pin, and the version that it states."""

    backend: str
    distribution: str
    version: str


_VERSION: Final = r"(?P<version>[0-9][0-9A-Za-z.+!-]*)"
_GENERATORS: Final[tuple[tuple[str, str, str], ...]] = (
    # What is before the version in Generator, the backend, the distribution that has that version.
    ("bdist_wheel", "setuptools", "wheel"),
    ("setuptools", "setuptools", "setuptools"),
    ("skbuild", "scikit-build", "scikit-build"),
    ("flit", "flit", "flit-core"),
    ("flit_core", "flit", "flit-core"),
    ("flit-core", "flit", "flit-core"),
    ("hatchling", "hatchling", "hatchling"),
    ("poetry-core", "poetry", "poetry-core"),
    ("poetry", "poetry", "poetry-core"),
    ("pdm-backend", "pdm", "pdm-backend"),
    ("pdm-pep517", "pdm", "pdm-pep517"),
    ("uv", "uv", "uv-build"),
    ("uv-build", "uv", "uv-build"),
    ("maturin", "maturin", "maturin"),
    ("scikit-build-core", "scikit-build-core", "scikit-build-core"),
    ("meson-python", "meson-python", "meson-python"),
    ("mesonpy", "meson-python", "meson-python"),
    ("whey", "whey", "whey"),
    ("enscons", "enscons", "enscons"),
    ("coherent.build", "coherent", "coherent-build"),
    ("jaraco.develop", "coherent", "jaraco-develop"),
    ("pymsbuild", "pymsbuild", "pymsbuild"),
    ("sip", "sip", "sip"),
    ("sipbuild", "sip", "sip"),
    ("trampolim", "trampolim", "trampolim"),
    ("zigpy", "zigpy", "zigpy"),
    ("ziglang", "ziglang", ""),
    ("bazel-wheelmaker", "bazel", ""),
    ("truewheel", "truewheel", "truewheel"),
)
_MAKERS: Final = {said: (backend, distribution) for said, backend, distribution in _GENERATORS}
_SAID: Final = re.compile(rf"(?P<said>[A-Za-z][\w.-]*?)(?:[ -]+\(?v?{_VERSION}\)?)?")
_REFERENCES: Final[tuple[tuple[str, str], ...]] = (
    ("setuptools", "setuptools"),
    ("hatchling", "hatchling"),
    ("flit_core", "flit"),
    ("flit_scm", "flit"),
    ("flit", "flit"),
    ("poetry", "poetry"),
    ("pdm", "pdm"),
    ("uv_build", "uv"),
    ("maturin", "maturin"),
    ("scikit_build_core", "scikit-build-core"),
    ("skbuild", "scikit-build"),
    ("mesonpy", "meson-python"),
    ("whey", "whey"),
    ("enscons", "enscons"),
    ("coherent", "coherent"),
    ("jaraco", "coherent"),
    ("truewheel", "truewheel"),
)


def maker_of(generator: str) -> Maker | None:
    """What a Generator of WHEEL says, such as ``bdist_wheel (0.37.1)``; None for programs that nobody here knows.

    The version is "" where it isn't told, as meson-python doesn't.
    """
    if generator.strip() == "meson":
        return Maker("meson-python", "meson-python", "")
    found = _SAID.fullmatch(generator.strip()[:200])
    if found is None or found["said"].lower() not in _MAKERS:
        return None
    backend, distribution = _MAKERS[found["said"].lower()]
    return Maker(backend, distribution, found["version"] or "")


def backend_of(generator: str, build_system: str) -> str:
    """The backend's name for statistics: by the Generator of WHEEL, else by ``build-backend``, else ``unknown``.

    `build_system` is a reference such as ``hatchling.build``, "" where there is none. A backend that lies in the
    project's own sources goes by what it writes into WHEEL.
    """
    if maker := maker_of(generator):
        return maker.backend
    module = build_system.partition(":")[0]
    for start, backend in _REFERENCES:
        if module == start or module.startswith(f"{start}."):
            return backend
    return "unknown"
