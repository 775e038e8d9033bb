"""File names of source distributions."""

from __future__ import annotations

import pytest
from packaging.utils import InvalidSdistFilename, parse_sdist_filename

from truewheel.errors import SdistError
from truewheel.sdist import SdistName


@pytest.mark.parametrize(
    ("file", "distribution", "version", "project"),
    [
        ("sample-1.0.tar.gz", "sample", "1.0", "sample"),
        ("zope.interface-4.0.5.zip", "zope.interface", "4.0.5", "zope-interface"),
        ("Foo-Bar_baz-2.0rc1.tar.gz", "Foo-Bar_baz", "2.0rc1", "foo-bar-baz"),
        ("a-1.0+local.1.tar.gz", "a", "1.0+local.1", "a"),
        ("a-1!2.0.tar.gz", "a", "1!2.0", "a"),
        ("numpy-2-1.0.tar.gz", "numpy-2", "1.0", "numpy-2"),
    ],
)
def test_names_are_read_as_written(file: str, distribution: str, version: str, project: str) -> None:
    name = SdistName.parse(file)
    assert (name.distribution, name.version, name.project, str(name)) == (distribution, version, project, file)
    theirs, number = parse_sdist_filename(file)
    assert theirs == project
    assert str(number) == version


def test_a_version_with_a_dash_of_old() -> None:
    """What packaging gives up on."""
    with pytest.raises(InvalidSdistFilename):
        parse_sdist_filename("foo-1.0-rc1.tar.gz")
    name = SdistName.parse("foo-1.0-rc1.tar.gz")
    assert (name.distribution, name.version) == ("foo", "1.0-rc1")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("sample-1.0.tar.bz2", "PEP 527"),
        ("sample-1.0.tgz", "PEP 527"),
        ("sample-1.0-py3-none-any.whl", "doesn't end in"),
        ("sample.tar.gz", "no dash"),
        ("sample-latest.tar.gz", "no dash"),
        ("foo-1.0-dev-r12.tar.gz", "no dash"),
        ("-1.0.tar.gz", "no dash"),
        ("../sample-1.0.tar.gz", "'/' may not be in it"),
        ("sample-1.0\n.tar.gz", "may not be in it"),
        ("", "doesn't end in"),
    ],
)
def test_what_is_no_name(file: str, message: str) -> None:
    with pytest.raises(SdistError, match=message) as caught:
        SdistName.parse(file)
    assert "NAME-VERSION.tar.gz" in caught.value.hint


def test_the_canonical_archive_is_a_tar() -> None:
    assert str(SdistName.parse("a-1.zip").as_tar()) == "a-1.tar.gz"
    tar = SdistName.parse("a-1.tar.gz")
    assert tar.as_tar() is tar
