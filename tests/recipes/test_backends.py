from __future__ import annotations

import pytest

from truewheel.recipes.backends import Maker, backend_of, maker_of


@pytest.mark.parametrize(
    ("generator", "maker"),
    [
        ("bdist_wheel (0.37.1)", Maker("setuptools", "wheel", "0.37.1")),
        ("bdist-wheel (0.46.0)", None),
        ("setuptools (75.6.0.post20241124)", Maker("setuptools", "setuptools", "75.6.0.post20241124")),
        ("flit 3.9.0", Maker("flit", "flit-core", "3.9.0")),
        ("hatchling 1.18.0", Maker("hatchling", "hatchling", "1.18.0")),
        ("poetry 1.0.7", Maker("poetry", "poetry-core", "1.0.7")),
        ("poetry-core 2.1.2", Maker("poetry", "poetry-core", "2.1.2")),
        ("pdm-backend (2.5.0)", Maker("pdm", "pdm-backend", "2.5.0")),
        ("pdm-pep517 1.1.4", Maker("pdm", "pdm-pep517", "1.1.4")),
        ("uv 0.8.22", Maker("uv", "uv-build", "0.8.22")),
        ("maturin (1.9.4)", Maker("maturin", "maturin", "1.9.4")),
        ("scikit-build-core 0.11.6", Maker("scikit-build-core", "scikit-build-core", "0.11.6")),
        ("meson", Maker("meson-python", "meson-python", "")),
        ("whey (0.1.1)", Maker("whey", "whey", "0.1.1")),
        ("  Hatchling 1.18.0 ", Maker("hatchling", "hatchling", "1.18.0")),
        ("setuptools", Maker("setuptools", "setuptools", "")),
        ("my-own-tool 3", None),
        ("hatchling 1.18.0; rm -rf", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_what_generators_say(generator: str, maker: Maker | None) -> None:
    assert maker_of(generator) == maker


@pytest.mark.parametrize(
    ("generator", "system", "backend"),
    [
        ("hatchling 1.18.0", "setuptools.build_meta", "hatchling"),
        ("my-own-tool 3", "hatchling.build", "hatchling"),
        ("", "setuptools.build_meta:__legacy__", "setuptools"),
        ("", "poetry.core.masonry.api", "poetry"),
        ("", "pdm.backend", "pdm"),
        ("", "mesonpy", "meson-python"),
        ("", "flit_scm:buildapi", "flit"),
        ("", "backend", "unknown"),
        ("", "setuptoolsish.api", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_backends_by_generator_and_else_by_reference(generator: str, system: str, backend: str) -> None:
    assert backend_of(generator, system) == backend
