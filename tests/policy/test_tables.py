"""The tables that ship: what they say, how they fit together, and that the scripts which make them are right."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from auditwheel.architecture import Architecture
from auditwheel.libc import Libc
from auditwheel.policy import WheelPolicies

from truewheel.errors import DataError
from truewheel.policy import tables
from truewheel.policy.datafile import table_text
from truewheel.policy.tables import android_table, glibc_policy, glibc_symbols, musl_table, release

GLIBC_ARCHS = ("aarch64", "armv7l", "i686", "loongarch64", "ppc64", "ppc64le", "riscv64", "s390x", "x86_64")
MUSL_ARCHS = ("aarch64", "armv7l", "i686", "loongarch64", "ppc64le", "riscv64", "s390x", "x86_64")
TABLES = ("android.json", "glibc.json", "glibc-symbols.json", "musl-symbols.json")


@pytest.mark.parametrize("arch", GLIBC_ARCHS)
def test_our_policies_are_auditwheels_turned_round(arch: str) -> None:
    ours = glibc_policy(arch)
    assert ours is not None
    theirs = WheelPolicies(libc=Libc.GLIBC, arch=Architecture[arch])
    named = sorted((p for p in theirs if p.name.startswith("manylinux")), key=lambda p: -p.priority)
    assert ours.oldest == _number(named[0].name)
    for policy in named:
        number = _number(policy.name)
        assert {lib for lib, since in ours.libraries.items() if since <= number} == policy.whitelist
        theirs_versions = {f"{f}_{v}" for f, vs in policy.symbol_versions.items() if f != "GLIBC" for v in vs}
        assert {v for v, since in ours.versions.items() if since <= number} == theirs_versions
        for library, names in ours.forbidden.items():
            still = {name for name, since in names.items() if since is None or since > number}
            assert still == policy.blacklist.get(library, frozenset())


def _number(policy: str) -> tuple[int, int]:
    major, minor = policy.split("_")[1:3]
    return int(major), int(minor)


@pytest.mark.parametrize(
    ("arch", "name", "since"),
    [
        ("x86_64", "memcpy", (2, 2, 5)),
        ("x86_64", "qsort_r", (2, 8)),
        ("x86_64", "__isoc23_strtol", (2, 38)),
        ("aarch64", "memcpy", (2, 17)),
        ("i686", "memcpy", (2, 0)),
        ("riscv64", "memcpy", (2, 27)),
        ("loongarch64", "memcpy", (2, 36)),
        ("s390x", "__tls_get_offset", (2, 3)),
    ],
)
def test_the_first_glibc_of_a_name(arch: str, name: str, since: tuple[int, ...]) -> None:
    assert glibc_symbols(arch)[name] == since


def test_names_of_one_architecture_are_not_those_of_another() -> None:
    assert "__tls_get_offset" not in glibc_symbols("x86_64")
    assert "arch_prctl" not in glibc_symbols("aarch64")
    assert not glibc_symbols("mips64")


@pytest.mark.parametrize("arch", GLIBC_ARCHS)
def test_every_architecture_has_thousands_of_glibc_names(arch: str) -> None:
    assert len(glibc_symbols(arch)) > 2000


@pytest.mark.parametrize("arch", MUSL_ARCHS)
def test_every_musl_port_has_the_c_library(arch: str) -> None:
    table = musl_table(arch)
    assert table is not None
    assert len(table.since) > 1600
    assert {"malloc", "printf", "pthread_create", "dlopen", "fopen64"} <= table.since.keys()
    assert not {"gnu_get_libc_version", "__printf_chk", "backtrace"} & table.since.keys()


@pytest.mark.parametrize("arch", sorted({*MUSL_ARCHS} - {"i686", "armv7l"}))
def test_musl_1_2_0_added_nothing_on_64_bits_and_the_time64_names_on_32(arch: str) -> None:
    table, small = musl_table(arch), musl_table("i686")
    assert table is not None
    assert small is not None
    assert (1, 2, 0) not in table.since.values()
    assert sum(date == (1, 2, 0) for date in small.since.values()) == 63


def test_processor_names_of_musl() -> None:
    present = {arch for arch in MUSL_ARCHS if (table := musl_table(arch)) and "arch_prctl" in table.since}
    assert present == {"i686", "x86_64"}
    assert musl_table("armv6l") == musl_table("armv7l")
    assert musl_table("ppc64") is None


def test_android_libraries() -> None:
    table = android_table()
    assert table.libraries["libc.so"] == 1
    assert table.libraries["libvulkan.so"] == 24
    assert table.abis["aarch64"] == "arm64_v8a"


@pytest.mark.parametrize("name", TABLES)
def test_tables_name_their_sources_and_stay_small(name: str) -> None:
    text = (files("truewheel.policy") / "data" / name).read_text(encoding="utf-8")
    table = json.loads(text)
    assert table["format"] == 1
    assert table["sources"]
    assert len(text) < 80_000
    assert max(map(len, text.splitlines())) < 400


def test_a_damaged_table_is_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"2\.x"):
        release("2.x")
    with pytest.raises(DataError, match=r"nothing\.json"):
        table_text("nothing.json")
    monkeypatch.setattr(tables, "table_text", lambda _: '{"archs": ["x"], "groups": {"soon": ["a"]}}')
    with pytest.raises(DataError, match="soon"):
        glibc_symbols.__wrapped__("x")
