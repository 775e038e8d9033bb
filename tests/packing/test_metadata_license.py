"""Licence expressions: the answers of today's packaging, without its versions making a difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from truewheel.errors import RequestError
from truewheel.packing.metadata_license import license_expression

TOKENS = st.sampled_from(
    [
        "mit",
        "Apache-2.0",
        "gpl-3.0+",
        "and",
        "OR",
        "With",
        "llvm-exception",
        "(",
        ")",
        "LicenseRef-A.b",
        "licenseref-+",
        "x",
    ]
)


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("mit", "MIT"),
        (" MIT  or\tapache-2.0 ", "MIT OR Apache-2.0"),
        ("((mit))", "((MIT))"),
        ("(mit and (isc OR 0bsd))", "(MIT AND (ISC OR 0BSD))"),
        ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("apache-2.0+", "Apache-2.0+"),
        ("licenseref-My.Own-1", "LicenseRef-My.Own-1"),
    ],
)
def test_the_spelling_of_spdx(written: str, spelled: str) -> None:
    assert license_expression(written) == spelled
    assert license_expression(spelled) == spelled


@given(st.lists(TOKENS, max_size=8))
def test_packaging_answers_the_same(tokens: list[str]) -> None:
    text = " ".join(["mit", *tokens] if tokens else ["mit"])
    try:
        expected = canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        with pytest.raises(RequestError, match=r"^license: "):
            license_expression(text)
    else:
        assert license_expression(text) == expected


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Apache 2.0", '"Apache-2.0"'),
        ("Apache License, Version 2.0", '"Apache-2.0"'),
        ("BSD", '"BSD-3-Clause"'),
        ("GPLv3", '"GPL-3.0-only"'),
        ("The MIT License", '"MIT"'),
        ("Proprietary", '"LicenseRef-Proprietary"'),
        ("beer", "https://spdx.org/licenses"),
    ],
)
def test_what_people_write_instead(written: str, hint: str) -> None:
    with pytest.raises(RequestError, match="is no licence expression") as refused:
        license_expression(written)
    assert hint in refused.value.hint


@pytest.mark.parametrize("text", ["(" * 100_000 + "mit" + ")" * 100_000, "mit or " * 100_000 + "mit"])
def test_long_ones_neither_recurse_nor_take_long(text: str) -> None:
    assert len(license_expression(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "(",
        "(mit",
        "mit)",
        "mit) and (isc",
        "or mit",
        "mit or",
        "mit with",
        "mit with (",
        "()",
        "mit isc",
        "(mit)(isc)",
        "LicenseRef-a_b",
        "LicenseRef-a+ OR MIT",
    ],
)
def test_those_that_are_not_whole(text: str) -> None:
    with pytest.raises(RequestError, match="is no licence expression"):
        license_expression(text)
