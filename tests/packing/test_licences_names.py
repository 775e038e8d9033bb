"""Which names are taken for licences: a table of decisions, and the names in real archives."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus import Corpus
from tests.packages import deb, npm
from truewheel.archives import read_archive
from truewheel.packing.licences_names import is_licence
from truewheel.wheel import WheelName
from truewheel.wheel import read as read_wheel

LICENCES = """
LICENSE license LICENCE Licence.txt License.md LICENSES.txt LICENSE2 LICENSE.TXT LICENSE.pdf LICENSE.rtf license.html
LICENSE-MIT LICENSE-APACHE-LLVM LICENSE_1_0.txt LICENSE_BSD_3 LICENSE-MPL-2.0 LICENSE.BSD LICENSE.bcrypt LICENSE_DOP
LICENSE.thirdparty LICENSE-3RD-PARTY.txt LICENSE.libsodium.txt .license licensing.md UNLICENSE unlicence.txt
MIT-LICENSE mit-license.txt D3_FLAME_GRAPH_LICENSE main.js.LICENSE.txt cc-by-4.0.LICENSE logo.png.license
dragon4_LICENSE.txt Scintilla-License.txt NumPyLicense.txt oemlicense.txt COPYING_QHULL.txt ADDITIONAL_LICENSE_INFO
ALL_THE_LICENSES_OF_US zlib_LICENSE
COPYING COPYING3 COPYINGv2 COPYING.LESSER COPYING.LIB COPYING3.LIB COPYING.RUNTIME COPYLEFT
COPYRIGHT copyright Copyright.txt COPYRIGHTS libfoo.copyright copyright.gz
NOTICE NOTICE.md NOTICES NOTICE.gz PATENTS patent.txt LEGAL LEGAL.txt LEGALNOTICE EULA.rtf eula.1031.txt NVIDIA-EULA.pdf
AUTHORS AUTHORS.rst author.txt AUTHORS.gz
GPL LGPL AGPL-3 GPL-3.0.txt LGPL-2.1 GPLv3 gpl.txt APACHE Apache-2.0.txt Apache-2.0 BSD BSD-3-Clause.txt bsd.html
MIT.txt CC0-1.0.txt OFL.txt epl-v10.html CDDL.txt GPL-2.0-or-later.txt
ThirdPartyNotices.txt ThirdPartyNoticeText.txt third-party-programs.txt THIRD_PARTY_README THIRDPARTY 3rdparty.txt
third_party_licenses.html thirdpartylicenses.txt 3rdPartyLicenses
LICENSES/MIT.txt LICENSES/deep/er/x LICENCES/a licenses/hdf5.txt license/a.txt legal/java.base/asm.md
a-1.dist-info/licenses/README.txt share/bundled_licenses/zlib share/common-licenses/GPL license_files/a
usr/share/doc/jq/copyright Licenses/a.html
"""

OTHERS = """
license.zig license.c license.js license.py license.rs License.java
legal.py copyright.h notice.cpp LICENSE.in license.j2
license.json license.yaml license.xml third-party.json oemlicense.def license.def license.cfg license.csv
license.key license.lic license.dat LICENSE.asc LICENSE.sha256 LICENSE.sig license.png license.dll copyright.3
addlicense check-license golicense license-bin.exe ALL_OF_THE_LICENSES_OF_OTHERS
SPDX_LICENSE.rst spdx-license-ids CMAKE_PROJECT_SPDX_LICENSE.rst
README README.md index.html docs/how-to-add-license-headers.md authors-guide.md authority.txt CREDITS
paths.txt partly.txt copy.txt copyist noticeboard legally.txt patently.txt bsd mit apache gpl apache.conf BSD.rst
mitigation third_party/zlib/README thirdparty/x license-tools/main bin/node package.json
LICENSES/x.py licenses/__init__.py licenses/_spdx.py licenses/.gitkeep licenses/logo.png LICENSES/.DS_Store ._LICENSE
lib/libc/include/generic-freebsd/sys/disk/bsd.h
"""


@pytest.mark.parametrize("name", LICENCES.split())
def test_names_of_licences(name: str) -> None:
    assert is_licence(name)
    assert is_licence(f"some/where/{name}")


@pytest.mark.parametrize("name", OTHERS.split())
def test_names_of_others(name: str) -> None:
    assert not is_licence(name)
    assert not is_licence(f"some/where/{name}")


@given(st.text("aL./_-19GPLICENSE\n", max_size=20) | st.text())
def test_every_name_gets_an_answer(name: str) -> None:
    assert is_licence(name) in {True, False}


def names_in(path: Path) -> list[str]:
    wheel = read_wheel(path.read_bytes(), WheelName.parse(path.name))
    return [entry.name for entry in wheel]


ZIG = {
    "LICENSE",
    "lib/libc/glibc/LICENSES",
    "lib/libc/mingw/COPYING",
    "lib/libc/musl/COPYRIGHT",
    "lib/libc/wasi/LICENSE",
    "lib/libc/wasi/LICENSE-APACHE",
    "lib/libc/wasi/LICENSE-APACHE-LLVM",
    "lib/libc/wasi/LICENSE-MIT",
    "lib/libc/wasi/libc-bottom-half/cloudlibc/LICENSE",
    "lib/libc/wasi/libc-top-half/musl/COPYRIGHT",
    "lib/libcxx/LICENSE.TXT",
    "lib/libcxxabi/LICENSE.TXT",
    "lib/libunwind/LICENSE.TXT",
}
"""What zig-pypi lists by hand for zig 0.12, out of 15,190 files."""


@pytest.mark.parametrize(
    "wheel", ["ziglang-0.12.0-py3-none-macosx_11_0_arm64.whl", "ziglang-0.13.0-py3-none-macosx_12_0_arm64.whl"]
)
def test_of_zig_what_its_packagers_list(corpus: Corpus, wheel: str) -> None:
    assert {name.removeprefix("ziglang/") for name in names_in(corpus(wheel)) if is_licence(name)} == ZIG


DECLARED = (
    "adbc_driver_flightsql-1.13.0-py3-none-manylinux1_x86_64.manylinux_2_28_x86_64.manylinux_2_5_x86_64.whl",
    "cryptography-50.0.2-cp311-abi3-manylinux_2_34_x86_64.whl",
    "h5py-3.16.0-cp312-cp312-win_amd64.whl",
    "numpy-2.5.5-cp312-cp312-win32.whl",
    "orjson-3.13.0-cp312-cp312-macosx_10_15_x86_64.macosx_11_0_arm64.macosx_10_15_universal2.whl",
    "pyzmq-26.4.0-cp312-cp312-musllinux_1_1_x86_64.whl",
    "pywin32-312-cp312-cp312-win_amd64.whl",
    "shapely-2.2.0-cp312-cp312-win32.whl",
)
"""Wheels whose licences have the most different names. Of 165 in real archives one isn't known by its name."""


def test_what_projects_declare_as_licences_is_known(corpus: Corpus) -> None:
    unknown = []
    for file in DECLARED:
        places = [name.partition(".dist-info/licenses/") for name in names_in(corpus(file))]
        declared = [name for _, inside, name in places if inside]
        assert declared
        unknown += [name for name in declared if not is_licence(name)]
    assert unknown == ["isapi/README.txt"]


def test_no_code_of_big_wheels_is_taken_for_a_licence(corpus: Corpus) -> None:
    """A name without any of the usual words is one that stands in a folder of licences."""
    usual = ("licen", "copying", "copyright", "notice", "authors")
    for file in DECLARED:
        for name in filter(is_licence, names_in(corpus(file))):
            path = PurePosixPath(name)
            assert path.suffix.lower() not in {".py", ".h", ".pyd", ".so", ".pyi", ".json"}
            assert any(word in path.name.lower() for word in usual) or "licenses" in path.parts


def test_packages_of_debian_and_npm() -> None:
    for package, expected in {"ripgrep": {"copyright"}, "jq": {"copyright", "AUTHORS.gz"}}.items():
        path = deb(package)
        archive = read_archive(path.read_bytes(), path.name)
        assert archive is not None
        assert {item.name for item in archive if is_licence(item.name)} == {
            f"usr/share/doc/{package}/{name}" for name in expected
        }
    path = npm("@esbuild/linux-x64")
    archive = read_archive(path.read_bytes(), path.name)
    assert archive is not None
    assert not any(is_licence(item.name) for item in archive)  # it ships none: the project has to bring its own
