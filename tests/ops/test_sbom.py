"""The bill of materials: valid to CycloneDX's own schema, the same for the same wheel, and true."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import example, given
from hypothesis import strategies as st
from packageurl import PackageURL

from truewheel.binary.elf_edit import ElfChanges
from truewheel.ops.libraries import Package
from truewheel.ops.plan import Change, Changes, Graft, Plan
from truewheel.ops.sbom import bill, package_url
from truewheel.wheel import WheelName

NAME = WheelName.parse("My_Pkg.c-2!1.0+local.1-cp312-cp312-linux_x86_64.whl")
PACKAGE = Package("deb", "debian", "12", "libyaml-0-2", "0.2.5-1", "amd64")
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)
A, B, C = "a" * 64, "b" * 64, "c" * 64


@dataclass(frozen=True)
class File:
    path: str = "/home/alice/build-host/libyaml-0.so.2.0.9"
    data: bytes = b"secret"

    def copy(self) -> bytearray:
        return bytearray(self.data)

    def forget(self) -> None:
        pass


def graft(member: str, *needed_by: str, library: str = "libx.so.1", package: Package | None = None) -> Graft[Changes]:
    return Graft(library, member, File(), A, 6, needed_by, ElfChanges(), package)


YAML = graft("x.libs/libyaml-0-aaaaaaaa.so.2", "x/_yaml.so", library="libyaml-0.so.2", package=PACKAGE)
SSL = graft("x.libs/libssl-a.so.3", "x/_a.so", "x/_b.so", library="libssl.so.3")
CRYPTO = graft("x.libs/libcrypto-a.so.3", "x.libs/libssl-a.so.3", library="libcrypto.so.3")
PLUGIN = graft("x.libs/plugin.so", library="plugin.so")


def hashes(plan: Plan[Changes], digest: str = B) -> dict[str, str]:
    return {item.member: digest for item in plan.grafts}


def valid(data: bytes) -> dict[str, Any]:
    """The bill as a document, after CycloneDX's schema and its own reader had a look at it."""
    text = data.decode("utf-8")
    error = VALIDATOR.validate_str(text)
    assert error is None, error
    document: dict[str, Any] = json.loads(text)
    parsed: Bom = Bom.from_json(document)  # type: ignore[attr-defined]  # a decorator adds it
    assert parsed.validate()
    assert str(parsed.serial_number) == document["serialNumber"].removeprefix("urn:uuid:")
    return document


def test_the_bill_of_one_library() -> None:
    plan = Plan((YAML,))
    data = bill(NAME, plan, hashes(plan), 1_700_000_000)
    document = valid(data)
    number = document.pop("serialNumber")
    assert document == {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": "2023-11-14T22:13:20Z",
            "tools": {"components": [{"type": "application", "name": "truewheel"}]},
            "component": {
                "type": "library",
                "bom-ref": "pkg:pypi/my-pkg-c@2%211.0%2Blocal.1",
                "name": "my-pkg-c",
                "version": "2!1.0+local.1",
                "purl": "pkg:pypi/my-pkg-c@2%211.0%2Blocal.1",
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": "x.libs/libyaml-0-aaaaaaaa.so.2",
                "name": "libyaml-0-2",
                "version": "0.2.5-1",
                "hashes": [{"alg": "SHA-256", "content": B}],
                "purl": "pkg:deb/debian/libyaml-0-2@0.2.5-1?arch=amd64&distro=debian-12",
                "pedigree": {
                    "ancestors": [
                        {"type": "file", "name": "libyaml-0.so.2", "hashes": [{"alg": "SHA-256", "content": A}]}
                    ]
                },
                "evidence": {"occurrences": [{"location": "x.libs/libyaml-0-aaaaaaaa.so.2"}]},
            }
        ],
        "dependencies": [
            {"ref": "pkg:pypi/my-pkg-c@2%211.0%2Blocal.1", "dependsOn": ["x.libs/libyaml-0-aaaaaaaa.so.2"]},
            {"ref": "x.libs/libyaml-0-aaaaaaaa.so.2", "dependsOn": []},
        ],
    }
    assert uuid.UUID(number).version == 8
    assert uuid.UUID(number).variant == uuid.RFC_4122
    assert data.endswith(b"}\n")
    assert data.startswith(b'{\n  "$schema"')
    for secret in (b"alice", b"host", b"secret", b"home"):
        assert secret not in data


def test_who_depends_on_what() -> None:
    plan = Plan((CRYPTO, SSL, PLUGIN, YAML), (Change("x/_a.so", ElfChanges(), ()),))
    document = valid(bill(NAME, plan, hashes(plan), None))
    assert "timestamp" not in document["metadata"]
    assert [component["bom-ref"] for component in document["components"]] == sorted(hashes(plan))
    assert {item["ref"]: item["dependsOn"] for item in document["dependencies"]} == {
        document["metadata"]["component"]["bom-ref"]: [SSL.member, YAML.member, PLUGIN.member],
        CRYPTO.member: [],
        SSL.member: [CRYPTO.member],
        YAML.member: [],
        PLUGIN.member: [],
    }


def test_libraries_of_no_package_go_by_their_own_names() -> None:
    nowhere = PACKAGE._replace(distro="")
    plan = Plan((SSL, replace(YAML, package=nowhere)))
    ssl, yaml = valid(bill(NAME, plan, hashes(plan), None))["components"]
    assert (ssl["name"], ssl.keys() & {"purl", "version"}) == ("libssl.so.3", set())
    assert (yaml["name"], yaml["version"], "purl" in yaml) == ("libyaml-0-2", "0.2.5-1", False)


def test_a_library_that_is_asked_for_by_a_path() -> None:
    asked = replace(SSL, library="/home/alice/lib/libssl.so")
    (found,) = valid(bill(NAME, Plan((asked,)), {SSL.member: B}, None))["components"]
    assert (found["name"], found["pedigree"]["ancestors"][0]["name"]) == ("libssl.so", "libssl.so")


def test_names_that_are_no_text() -> None:
    odd = replace(SSL, library="lib\udcff\\é\n.so", package=None)
    data = bill(NAME, Plan((odd,)), {odd.member: B}, None)
    assert valid(data)["components"][0]["name"] == "lib\\udcff\\é\n.so"
    assert "é".encode() in data


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [(0, "1970-01-01T00:00:00Z"), (4_354_819_198, "2107-12-31T23:59:58Z"), (10**19 - 1, "9999-12-31T23:59:59Z")],
)
def test_times(timestamp: int, text: str) -> None:
    document = valid(bill(NAME, Plan((YAML,)), {YAML.member: B}, timestamp))
    assert document["metadata"]["timestamp"] == text


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        (PACKAGE, "pkg:deb/debian/libyaml-0-2@0.2.5-1?arch=amd64&distro=debian-12"),
        (
            Package("deb", "debian", "", "libstdc++6", "1:12.2.0~rc1-14+b2", "amd64"),
            "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0~rc1-14%2Bb2?arch=amd64&distro=debian",
        ),
        (
            Package("rpm", "rhel", "9.4", "NetworkManager-libnm", "1:1.46.0-8.el9", "x86_64"),
            "pkg:rpm/rhel/NetworkManager-libnm@1.46.0-8.el9?arch=x86_64&distro=rhel-9.4&epoch=1",
        ),
        (
            Package("rpm", "fedora", "40", "libyaml", "0.2.5-14.fc40", "aarch64"),
            "pkg:rpm/fedora/libyaml@0.2.5-14.fc40?arch=aarch64&distro=fedora-40",
        ),
        (
            Package("apk", "Alpine", "3.20.1", "YAML", "0.2.5-r2", ""),
            "pkg:apk/alpine/yaml@0.2.5-r2?distro=alpine-3.20.1",
        ),
        (Package("deb", "ubuntu", "24.04", "a", "", "all"), "pkg:deb/ubuntu/a?arch=all&distro=ubuntu-24.04"),
        (Package("deb", "", "12", "a", "1", "all"), ""),
    ],
)
def test_package_urls(package: Package, expected: str) -> None:
    assert package_url(package) == expected
    if expected:
        assert PackageURL.from_string(expected).to_string() == expected


WORDS = st.text(st.characters(min_codepoint=33, exclude_characters=":/", exclude_categories=["C", "Z"]), min_size=1)


@given(st.sampled_from(["apk", "deb", "rpm"]), WORDS, WORDS, WORDS, WORDS)
def test_package_urls_are_read_back(kind: str, distro: str, name: str, version: str, arch: str) -> None:
    found = PackageURL.from_string(package_url(Package(kind, distro, "1", name, version, arch)))
    assert (found.type, found.namespace, found.version) == (kind, distro.lower(), version)
    assert found.name == (name if kind == "rpm" else name.lower())
    assert found.qualifiers == {"arch": arch, "distro": f"{distro.lower()}-1"}


@pytest.mark.parametrize(
    "file",
    ["a-1-py3-none-any.whl", "Foo_Bar-1.0.post1-py3-none-any.whl", "zope.interface-1.0+a.b-py3-none-any.whl"],
)
def test_package_urls_of_wheels(file: str) -> None:
    found = valid(bill(WheelName.parse(file), Plan((YAML,)), {YAML.member: B}, None))["metadata"]["component"]["purl"]
    assert PackageURL.from_string(found).to_string() == found


PACKAGES = st.none() | st.builds(
    Package,
    st.sampled_from(["apk", "deb", "rpm"]),
    st.sampled_from(["", "debian"]),
    *[st.text("a1.:+~é\udcff", max_size=4)] * 4,
)
MEMBERS = ["x.libs/a.so", "x.libs/b.so", "x.libs/c.so"]
GRAFTS = st.lists(
    st.builds(
        Graft,
        library=st.text(max_size=5) | st.just("\udcff"),
        member=st.sampled_from(MEMBERS),
        file=st.just(File()),
        sha256=st.sampled_from([A, B]),
        size=st.just(6),
        needed_by=st.lists(st.sampled_from([*MEMBERS, "x/_m.so"]), unique=True).map(tuple),
        changes=st.just(ElfChanges()),
        package=PACKAGES,
    ),
    unique_by=lambda item: item.member,
    min_size=1,
)


@given(GRAFTS, st.data())
def test_the_order_of_the_plan_does_not_matter(grafts: Sequence[Graft[Changes]], data: st.DataObject) -> None:
    contents = {item.member: data.draw(st.sampled_from([A, B])) for item in grafts}
    grafts = [replace(grafts[0], needed_by=("x/_m.so",)), *grafts[1:]]  # a plan in which nothing is asked for is none
    first = bill(NAME, Plan(tuple(grafts)), contents, 1)
    mixed = [replace(g, needed_by=tuple(data.draw(st.permutations(g.needed_by)))) for g in grafts]
    other = Plan(tuple(data.draw(st.permutations(mixed))))
    assert bill(NAME, other, dict(reversed(contents.items())), 1) == first
    assert bill(NAME.with_platforms(["manylinux_2_17_x86_64"]), other, contents, 1) == first
    valid(first)


def number_and_rest(grafts: Sequence[Graft[Changes]], contents: Mapping[str, str], time: int | None) -> tuple[str, str]:
    document = json.loads(bill(NAME, Plan(tuple(grafts)), contents, time))
    return document.pop("serialNumber"), json.dumps(document)


@given(GRAFTS, GRAFTS, st.sampled_from([A, B, C]), st.sampled_from([None, 1]))
@example([YAML], [replace(YAML, sha256=B)], B, None)
@example([YAML], [YAML], C, None)
@example([YAML], [YAML], B, 1)
def test_the_serial_number_is_that_of_the_contents(
    one: Sequence[Graft[Changes]], other: Sequence[Graft[Changes]], digest: str, time: int | None
) -> None:
    number, rest = number_and_rest(one, {item.member: B for item in one}, None)
    number_2, rest_2 = number_and_rest(other, {item.member: digest for item in other}, time)
    assert (number == number_2) is (rest == rest_2)
