"""Attestations that indexes have published, with their distributions: they come in pypi-attestations' own sdist."""

from __future__ import annotations

import tarfile
from pathlib import Path

from tests.rebuild.sdists import Published

SDIST = Published(
    "pypi-attestations",
    "0.0.30",
    "pypi_attestations-0.0.30.tar.gz",
    "14ff13c76bbef02a483c2b77532da02bfd746b5141b881f355e06b9807434423",
    (),
)
GITHUB = "pypi_attestations-0.0.19.tar.gz"
CIRCLECI = "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl"
GOOGLE = "gcb_attestation_test-0.0.0.tar.gz"
GITLAB = "gitlab_oidc_project-0.0.3.tar.gz"
TRIAL = "rfc8785-0.1.2-py3-none-any.whl"
"""Signed by sigstore's instance for tests."""


def unpacked(folder: Path) -> Path:
    """The folder of files, made below `folder`."""
    with tarfile.open(SDIST.fetch()) as archive:
        for member in archive:
            if member.isfile() and "/test/assets/" in member.name:
                data = archive.extractfile(member)
                assert data is not None
                (folder / Path(member.name).name).write_bytes(data.read())
    return folder
