from __future__ import annotations

from dataclasses import replace

import pytest

from tests.recipes.makes import (
    INFO,
    METADATA,
    NOON,
    NOON_SECONDS,
    Broken,
    File,
    evidence,
    first,
    sdist,
    wheel,
)
from tests.strategies.wheels import written
from tests.support import SAMPLE, wheel_bytes
from truewheel.recipes import trace
from truewheel.recipes.evidence_metadata import MetadataFacts, metadata_facts
from truewheel.recipes.evidence_sources import source_facts
from truewheel.recipes.evidence_zip import zip_facts
from truewheel.sdist import Sdist
from truewheel.wheel import Entry, Wheel, WheelName, read
from truewheel.wheel.canonical import canonicalize

LATER = (2023, 5, 1, 12, 0, 30)


def with_broken(made: Wheel, name: str) -> Wheel:
    """The wheel with a member that can't be inflated."""
    entry = made.by_name[f"{INFO}/{name}"]
    return made.replaced(replace(entry, content=Broken()))


class TestMetadata:
    def test_all_that_is_looked_at(self) -> None:
        facts = metadata_facts(
            b"Metadata-Version: 2.4\r\nName: a\r\nPlatform: UNKNOWN\r\nDynamic: license-file\r\n"
            b"License-File: LICENSE\r\nRequires-Python: >=3.9\r\nRequires-Dist: six (>=1)\r\n\r\n"
            b"Platform: none\r\n\r\n\r\n"
        )

        assert facts == MetadataFacts("2.4", True, True, True, "parenthesised", ">=3.9", True, 3)

    @pytest.mark.parametrize(
        ("requires", "spelled"),
        [
            ("six (>=1)", "parenthesised"),
            ("a.b[c,d] (<2,>=1) ; extra == 'x'", "parenthesised"),
            ("six >=1", "spaced"),
            ("six[x] >=1 ; python_version < '3'", "spaced"),
            ("six>=1", "tight"),
            ("six>=1; (python_version<'3')", "tight"),
            ("six ; (python_version<'3')", ""),
            ("six", ""),
            ("six @ file:///six", ""),
        ],
    )
    def test_how_versions_are_spelled(self, requires: str, spelled: str) -> None:
        assert metadata_facts(f"Metadata-Version: 2.1\nRequires-Dist: {requires}\n\n".encode()).requires == spelled

    @pytest.mark.parametrize(
        "data", [b"", b"\n\n\n", b"\xff\xfe", b"Folded\n more: x", b":" * 100_000, b"a:\n" * 50_000]
    )
    def test_nothing_is_refused(self, data: bytes) -> None:
        assert metadata_facts(data).version == ""

    def test_what_stands_in_the_description_is_no_field(self) -> None:
        assert metadata_facts(b"Metadata-Version: 2.1\n\nLicense-File: x\n") == MetadataFacts("2.1", newlines=1)


class TestZip:
    def test_times_modes_and_systems(self) -> None:
        made = wheel(
            {
                "a.py": File(),
                "b.py": File(time=LATER, mode=0o100664),
                "LICENSE": File(time=LATER, mode=0o100664, system=0),
            },
            info=File(time=LATER, mode=0o100640),
        )
        facts = zip_facts(made)

        assert facts.times == ((NOON_SECONDS, 1), (NOON_SECONDS + 30, 5))
        assert facts.single is None
        assert facts.generated == tuple((name, NOON_SECONDS + 30) for name in ("METADATA", "WHEEL", "RECORD"))
        assert facts.written_mode == 0o640
        assert facts.umask == 0o026
        assert facts.group_writable
        assert facts.record_typed
        assert facts.systems == (0, 3)

    def test_no_dates_are_counted(self) -> None:
        facts = zip_facts(wheel({"a.py": File(time=(1980, 0, 0, 0, 0, 0))}))

        assert facts.strange == 1
        assert facts.single is None

    def test_an_executable_metadata_tells_no_umask(self) -> None:
        assert zip_facts(wheel({}, info=File(mode=0o100755))).umask is None
        assert zip_facts(wheel({}, info=File(mode=0))).umask is None

    def test_a_wheel_that_comes_from_no_archive_has_no_times(self) -> None:
        made = wheel({"a.py": File()})
        bare = Wheel(made.name, tuple(replace(entry, stored=None) for entry in made.entries))

        assert zip_facts(bare).times == ()
        assert first(trace(bare, None)).recipe.epoch is None

    def test_without_dist_info_nothing_is_generated(self) -> None:
        made = wheel({"a.py": File()})
        bare = Wheel(made.name, made.entries[:1])

        assert zip_facts(bare).generated == ()


class TestSources:
    def test_build_system_and_scripts(self) -> None:
        source = sdist(
            {
                "pyproject.toml": b'[build-system]\nrequires = ["hatchling", 3]\nbuild-backend = "hatchling.build"\n'
                b"[project]\n",
                "setup.py": b"setup(ext_modules=[])\nos.environ.get('SAMPLE_NO_EXTENSIONS')\nopen('NO_PROXY')",
            }
        )
        facts = source_facts(wheel({}), source)

        assert (facts.backend, facts.requires) == ("hatchling.build", ("hatchling",))
        assert facts.table
        assert facts.project
        assert facts.setup_py
        assert facts.native == ("setup.py says ext_modules",)
        assert facts.switches == ("SAMPLE_NO_EXTENSIONS",)

    def test_a_project_without_pyproject_is_setuptools(self) -> None:
        facts = source_facts(wheel({}), sdist({"setup.py": b""}))

        assert (facts.backend, facts.requires, facts.table) == (
            "setuptools.build_meta:__legacy__",
            ("setuptools",),
            False,
        )

    @pytest.mark.parametrize(
        ("text", "backend"),
        [
            (
                b"[build-system]\nrequires = 'x'\nbuild-backend = 3\nbackend-path = 4\n",
                "setuptools.build_meta:__legacy__",
            ),
            (b"build-system = 3", "setuptools.build_meta:__legacy__"),
            (b"[build-system]\nbuild-backend = ''\nbackend-path = [3]", "setuptools.build_meta:__legacy__"),
        ],
    )
    def test_strange_tables_are_read_as_far_as_they_go(self, text: bytes, backend: str) -> None:
        assert source_facts(wheel({}), sdist({"pyproject.toml": text})).backend == backend

    @pytest.mark.parametrize("text", [b"\xff", b"[", b"a = " + b"[" * 9999])
    def test_what_is_no_toml_is_noted(self, text: bytes) -> None:
        facts = source_facts(wheel({}), sdist({"pyproject.toml": text}))

        assert len(facts.unread) == 1
        assert facts.unread[0].startswith("pyproject.toml: ")

    def test_scripts_that_are_too_large_or_damaged_are_noted(self) -> None:
        source = sdist({"setup.py": b"#" * (2 << 20), "setup.cfg": b"[x]"})
        members = [
            replace(member, content=Broken()) if member.name.endswith("setup.cfg") else member for member in source
        ]
        facts = source_facts(wheel({}), Sdist(source.name, tuple(members)))

        assert any("setup.py: it has 2,097,152 bytes" in line for line in facts.unread)
        assert any("setup.cfg: the stream is damaged" in line for line in facts.unread)

    def test_backends_in_the_sources_are_looked_at(self) -> None:
        source = sdist(
            {
                "pyproject.toml": b'[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["tools"]\n',
                "tools/own.py": b"from setuptools import Extension\nExtension('a')\nif os.environ['PURE_PYTHON']: ...",
                "elsewhere/own.py": b"'X_NO_CYTHON'",
            }
        )
        facts = source_facts(wheel({}), source)

        assert facts.native == ("tools/own.py says Extension",)
        assert facts.switches == ("PURE_PYTHON",)

    def test_native_sources_but_not_those_of_tests(self) -> None:
        source = sdist({"src/a.pyx": b"", "tests/b.c": b"", "docs/x/c.c": b"", "d.rs": b""})

        assert source_facts(wheel({}), source).native == ("d.rs", "src/a.pyx")

    def test_copies_are_found_where_projects_keep_them(self) -> None:
        source = sdist(
            {"src/sample/a.py": b"", "other/sample/a.py": b"", "deep/down/sample/b.py": b"", "COPYING": b""},
            mtimes={"src/sample/a.py": NOON_SECONDS + 1, "deep/down/sample/b.py": NOON_SECONDS - 7200},
        )
        made = wheel(
            {"sample/a.py": File(), "sample/b.py": File(), f"{INFO}/COPYING": File(), "new.py": File(time=LATER)}
        )
        facts = source_facts(made, source)

        assert [(each.name, each.offset) for each in facts.copied] == [
            (f"{INFO}/COPYING", 0),
            ("sample/a.py", 0),
            ("sample/b.py", 7200),
        ]
        assert facts.written == ((NOON_SECONDS + 30, "new.py"),)

    def test_times_that_no_zone_explains_are_no_copies(self) -> None:
        source = sdist(
            {"a.py": b"", "b.py": b""}, mtimes={"a.py": NOON_SECONDS - 100, "b.py": NOON_SECONDS - 15 * 3600}
        )
        facts = source_facts(wheel({"a.py": File(), "b.py": File()}), source)

        assert facts.copied == ()
        assert facts.written == ((NOON_SECONDS, "a.py"),)

    def test_texts_with_other_line_ends(self) -> None:
        source = sdist({"a.py": b"a\nb\n", "b.py": b"a\n", "c.py": b"a\r\n", "d.py": b"a\n"})
        made = wheel(
            {"a.py": File(b"a\r\nb\r\n"), "b.py": File(b"a\n"), "c.py": File(b"a\r\n\r\n"), "d.py": File(b"a\r\nb")}
        )

        assert source_facts(made, source).line_ends == ("a.py",)

    def test_damaged_texts_are_noted(self) -> None:
        made = wheel({"a.py": File()})
        broken = made.replaced(replace(made.by_name["a.py"], content=Broken(1000)))

        assert source_facts(broken, sdist({"a.py": b"a\n"})).unread == ("a.py: the stream is damaged",)


class TestTrace:
    @pytest.mark.parametrize("name", ["WHEEL", "METADATA"])
    def test_what_is_damaged_is_noted(self, name: str) -> None:
        found = trace(with_broken(wheel({"a.py": File()}), name), None)

        assert any("the stream is damaged" in note for note in found.notes)

    def test_a_wheel_without_dist_info_is_noted(self) -> None:
        made = wheel({"a.py": File()})
        found = trace(Wheel(made.name, made.entries[:1]), None)

        assert len(found.notes) >= 2
        assert found.generator == ""
        assert found.metadata == MetadataFacts()

    def test_an_enormous_metadata_is_not_read(self) -> None:
        made = wheel({})
        entry = made.by_name[f"{INFO}/METADATA"]
        found = trace(made.replaced(replace(entry, content=Broken(size=1 << 40))), None)

        assert any("1,099,511,627,776 bytes" in note for note in found.notes)

    @pytest.mark.parametrize(
        ("name", "python"),
        [
            ("sample-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", "3.12"),
            ("sample-1.0-cp39-cp39-win_amd64.whl", "3.9"),
            ("sample-1.0-cp39-abi3-win_amd64.whl", ""),
            ("sample-1.0-cp39-none-any.whl", ""),
            ("sample-1.0-cp38.cp39-none-any.whl", ""),
            ("sample-1.0-py3-none-any.whl", ""),
        ],
    )
    def test_the_python_of_the_tags(self, name: str, python: str) -> None:
        assert evidence(wheel({}, name=name)).built_with == python

    def test_the_python_of_a_file_for_namespaces(self) -> None:
        # Setuptools names them so; google-auth 2.21.0 is bit-for-bit under this Python but for a mode.
        found = evidence(wheel({"sample-1.0-py3.9-nspkg.pth": File()}))

        assert found.built_with == "3.9"
        assert first(found).recipe.python == "3.9"

    def test_truewheels_own_form_is_known_again(self) -> None:
        made = read(wheel_bytes(), WheelName.parse(SAMPLE))
        own = read(written(canonicalize(made), timestamp=NOON_SECONDS), made.name)

        assert trace(own, None).canonical
        assert first(trace(own, None)).recipe.canonical
        assert first(trace(own, None)).recipe.epoch == NOON_SECONDS
        assert not trace(made, None).canonical

    def test_crlf_in_generated_files(self) -> None:
        made = wheel({f"{INFO}/top_level.txt": File(b"a\r\n"), f"{INFO}/LICENSE": File(b"a\r\n")})

        assert evidence(made).crlf == ("top_level.txt",)


def test_metadata_of_the_makes_is_what_it_says() -> None:
    assert metadata_facts(METADATA) == MetadataFacts("2.1", license_file=True, newlines=1)
    assert NOON_SECONDS % 2 == 0
    assert NOON < LATER
    assert isinstance(wheel({}).entries[0], Entry)


@pytest.mark.parametrize(
    ("entry_points", "expected"),
    [
        ("[console_scripts]\npip = pip:main\npip3 = pip:main\npip3.10 = pip:main\n", "3.10"),
        ("[console_scripts]\neasy_install-3.9 = a:main\n", "3.9"),
        ("[console_scripts]\npip3.10 = a:main\npip3.11 = a:main\n", ""),
        ("[console_scripts]\nfoo = a:main\n", ""),
    ],
)
def test_programs_tell_the_python(entry_points: str, expected: str) -> None:
    """As of pip 24.0, whose programs have the Python in their names that built it."""
    data = wheel_bytes({"sample/__init__.py": b"", "sample-1.0.dist-info/entry_points.txt": entry_points.encode()})
    assert trace(read(data, WheelName.parse(SAMPLE)), None).built_with == expected
