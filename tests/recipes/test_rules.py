"""What rules do at their edges, and after attempts. What they rest on is in test_published.py."""

from __future__ import annotations

import pytest

from tests.recipes.makes import INFO, METADATA, NOON_SECONDS, File, after, evidence, first, sdist, wheel
from truewheel.recipes import Choice, Evidence, Symptom, trace
from truewheel.recipes.model import Recipe

LATER = (2023, 5, 1, 12, 0, 30)
OLD = METADATA.replace(b"License-File: LICENSE\n", b"Platform: UNKNOWN\n") + b"\n\n"
NEWER = OLD.replace(b"Platform", b"License-File: LICENSE\nPlatform")
MODULE = {"sample/a.py": File()}
FAILED = Symptom.FAILED


def recipe(choice: Choice | None) -> Recipe:
    assert choice is not None
    return choice.recipe


def setuptools_of(found: Evidence, *outcomes: Symptom) -> str:
    choice = after(found, *outcomes)
    pins = choice.recipe.pins if choice else ()
    return next((pin for pin in pins if pin.startswith("setuptools==")), "")


class TestSetuptools:
    @pytest.mark.parametrize(
        ("metadata", "licence", "uploaded", "pin"),
        [
            (OLD, True, "2021-05-23T03:54:58Z", ""),
            (OLD, True, "2021-05-23T03:54:59Z", "setuptools==56.2.0"),
            (OLD, False, "2022-01-01T00:00:00Z", ""),
            (OLD, False, "2022-05-10T15:37:53Z", "setuptools==57.5.0"),
            (NEWER, True, "2022-05-10T15:37:52Z", ""),
            (NEWER, True, "2022-05-10T15:37:53Z", "setuptools==57.5.0"),
            (NEWER, True, "", "setuptools==57.5.0"),
            (METADATA, True, "2024-06-19T12:54:50Z", ""),
            (METADATA, True, "2024-06-19T12:54:51Z", "setuptools==70.0.0"),
            (b"", True, "2024-06-19T12:54:51Z", ""),
        ],
    )
    def test_the_age_of_setuptools(self, metadata: bytes, licence: bool, uploaded: str, pin: str) -> None:
        files = {**MODULE, f"{INFO}/LICENSE": File()} if licence else MODULE

        assert setuptools_of(evidence(wheel(files, metadata=metadata), uploaded=uploaded)) == pin

    def test_other_releases_of_the_age_are_tried_when_metadata_differs(self) -> None:
        found = evidence(wheel(MODULE, metadata=NEWER))

        assert setuptools_of(found, Symptom.METADATA) == "setuptools==59.6.0"
        assert setuptools_of(found, Symptom.METADATA, Symptom.METADATA) == "setuptools==62.1.0"

    def test_a_project_table_needs_setuptools_61(self) -> None:
        source = sdist({"pyproject.toml": b"[project]\nname = 'sample'"})

        assert setuptools_of(evidence(wheel(MODULE, metadata=NEWER), source)) == "setuptools==62.1.0"

    @pytest.mark.parametrize(
        ("requires", "pin"),
        [
            (b'"setuptools>=42", "wheel"', "setuptools==57.5.0"),
            (b'"Setuptools>=58"', "setuptools==59.6.0"),
            (b'"setuptools>=61", "not a requirement"', "setuptools==62.1.0"),
            (b'"setuptools>=64"', ""),
        ],
    )
    def test_what_the_project_requires_itself(self, requires: bytes, pin: str) -> None:
        source = sdist({"pyproject.toml": b"[build-system]\nrequires = [" + requires + b"]"})

        assert setuptools_of(evidence(wheel(MODULE, metadata=NEWER), source)) == pin

    @pytest.mark.parametrize(("end", "pin"), [(b"", "setuptools==62.1.0"), (b"\n", "setuptools==57.5.0")])
    def test_entry_points_tell_older_from_newer_ones(self, end: bytes, pin: str) -> None:
        made = wheel({f"{INFO}/entry_points.txt": File(b"[x]\ny = z\n" + end)}, metadata=NEWER)

        assert setuptools_of(evidence(made)) == pin

    @pytest.mark.parametrize(
        ("uploaded", "pin"), [("2022-02-14T00:20:05Z", ""), ("2022-02-14T00:20:06Z", "setuptools==57.5.0")]
    )
    def test_padded_entry_points_end_with_60_9(self, uploaded: str, pin: str) -> None:
        # As in identify 2.4.12 of March 2022.
        made = wheel({f"{INFO}/entry_points.txt": File(b"[x]\ny = z\n\n")}, metadata=NEWER)

        assert setuptools_of(evidence(made, uploaded=uploaded)) == pin

    def test_distributions_bring_pairs(self) -> None:
        made = wheel(MODULE, generator="bdist_wheel (0.38.4)")

        assert setuptools_of(evidence(made, uploaded="2025-01-01T00:00:00Z")) == "setuptools==66.1.1"

    @pytest.mark.parametrize("generator", ["hatchling 1.0", "setuptools (75.0.0)", "nobody 1"])
    def test_other_makers_say_who_they_are(self, generator: str) -> None:
        assert "57.5" not in setuptools_of(evidence(wheel(MODULE, generator=generator, metadata=NEWER)))


class TestWheel:
    @pytest.mark.parametrize(
        ("generator", "requires", "pin"),
        [
            ("setuptools (75.1.0)", b"six (>=1)", "wheel==0.40.0"),
            ("setuptools (75.6.0)", b"six >=1", "wheel==0.43.0"),
            ("setuptools (75.5.0)", b"six >=1", ""),
            ("setuptools (75.6.0)", b"six>=1", ""),
            ("setuptools (seventy)", b"six >=1", ""),
            ("bdist_wheel (0.40.0)", b"six (>=1)", "wheel==0.40.0"),
        ],
    )
    def test_how_requirements_are_spelled(self, generator: str, requires: bytes, pin: str) -> None:
        metadata = METADATA.replace(b"License", b"Requires-Dist: " + requires + b"\nLicense", 1)
        pins = first(evidence(wheel(MODULE, generator=generator, metadata=metadata))).recipe.pins

        assert [each for each in pins if each.startswith("wheel==")] == ([pin] if pin else [])


class TestTags:
    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("sample-1.0-py2.py3-none-any.whl", ["--universal"]),
            ("sample-1.0-py37-none-any.whl", ["--python-tag", "py37"]),
            ("sample-1.0-py3-none-any.whl", None),
            ("sample-1.0-cp312-cp312-win_amd64.whl", None),
        ],
    )
    def test_tags_that_nothing_asks_for(self, name: str, options: list[str] | None) -> None:
        found = first(evidence(wheel(MODULE, name=name), sdist({"setup.py": b"setup()"})))

        expected = {"--global-option": ["bdist_wheel", *options]} if options else {}
        assert found.recipe.config_settings == expected

    @pytest.mark.parametrize("text", [b"[bdist_wheel]\nuniversal = 1", b"[bdist_wheel]\npython-tag = py37"])
    def test_tags_that_setup_cfg_asks_for(self, text: bytes) -> None:
        made = wheel(MODULE, name="sample-1.0-py2.py3-none-any.whl")

        assert not first(evidence(made, sdist({"setup.cfg": text}))).recipe.config_settings

    def test_other_backends_have_no_such_option(self) -> None:
        made = wheel(MODULE, name="sample-1.0-py2.py3-none-any.whl", generator="flit 3.9.0")

        assert not first(evidence(made, sdist({}))).recipe.config_settings

    def test_without_them_where_they_fail(self) -> None:
        found = evidence(wheel(MODULE, name="sample-1.0-py2.py3-none-any.whl"), sdist({}))

        assert recipe(after(found, FAILED)).config_settings == {}


class TestTimes:
    @pytest.mark.parametrize(
        ("generator", "time", "epoch"),
        [
            ("hatchling 1.0", (2020, 2, 2, 0, 0, 0), None),
            ("flit 3.9.0", (2016, 1, 1, 0, 0, 0), None),
            ("uv 0.8.0", (1980, 1, 1, 0, 0, 0), None),
            ("bdist_wheel (0.40.0)", (1980, 1, 1, 0, 0, 0), 315532800),
            ("hatchling 1.0", LATER, NOON_SECONDS + 30),
        ],
    )
    def test_constants_are_of_backends_that_have_them(
        self, generator: str, time: tuple[int, int, int, int, int, int], epoch: int | None
    ) -> None:
        made = wheel({"a.py": File(time=time)}, info=File(time=time), generator=generator)

        assert first(evidence(made)).recipe.epoch == epoch

    def test_the_clock_counts_in_utc_where_the_zip_does_not(self) -> None:
        source = sdist({"a.py": b"", "b.py": b""}, mtimes={"a.py": NOON_SECONDS - 7200, "b.py": NOON_SECONDS - 7200})
        made = wheel({"a.py": File(), "b.py": File()}, info=File(time=LATER))
        found = first(evidence(made, source)).recipe

        assert found.timezone == "<+02>-2"
        assert found.clock == NOON_SECONDS + 30 - 7200

    def test_one_copy_among_many_members_tells_no_zone(self) -> None:
        source = sdist({"a.py": b"", "b.py": b""}, mtimes={"a.py": NOON_SECONDS - 7200, "b.py": 1})
        made = wheel({"a.py": File(), "b.py": File()}, info=File(time=LATER))

        assert first(evidence(made, source)).recipe.timezone == "UTC"

    def test_a_few_members_that_fit_no_summer_time(self) -> None:
        names = [f"{letter}.py" for letter in "abcd"]
        mtimes = dict.fromkeys(names, NOON_SECONDS - 3600) | {"d.py": NOON_SECONDS - 5 * 3600}
        made = wheel({name: File() for name in names}, info=File(time=LATER))
        choice = first(evidence(made, sdist(dict.fromkeys(names, b""), mtimes=mtimes)))

        assert choice.recipe.timezone == "<+01>-1"
        assert "1 of 4 members fit no rule" in next(step.why for step in choice.steps if step.rule == "timezone")

    def test_members_that_are_at_odds_tell_no_zone(self) -> None:
        mtimes = {"a.py": NOON_SECONDS - 3600, "b.py": NOON_SECONDS - 4 * 3600}
        made = wheel({"a.py": File(), "b.py": File()}, info=File(time=LATER))

        assert first(evidence(made, sdist(dict.fromkeys(mtimes, b""), mtimes=mtimes))).recipe.timezone == "UTC"

    def test_a_clock_that_breaks_the_build_runs(self) -> None:
        found = trace(wheel(MODULE, info=File(time=LATER)), None)

        assert first(found).recipe.clock == NOON_SECONDS + 30
        assert recipe(after(found, FAILED)).clock is None

    def test_contents_may_hold_the_date_of_the_upload(self) -> None:
        found = evidence(wheel(MODULE, generator="hatchling 1.0"), uploaded="2023-05-02T00:00:00Z")
        choice = after(found, Symptom.METADATA)

        assert first(found).recipe.clock is None
        assert recipe(choice).clock == NOON_SECONDS + 12 * 3600
        assert choice is not None
        assert "write the date" in choice.steps[-1].why

    def test_nobody_knows_the_clock_without_an_upload(self) -> None:
        assert after(trace(wheel(MODULE, generator="hatchling 1.0"), None), Symptom.METADATA) is None

    def test_several_generated_modules_tell_no_clock(self) -> None:
        constant = File(time=(2016, 1, 1, 0, 0, 0))
        made = wheel({"a.py": File(), "b.py": File(time=LATER)}, info=constant, generator="flit 3.9.0")

        assert first(evidence(made, sdist({}))).recipe.clock is None
        assert first(evidence(made)).recipe.clock is None


class TestSystem:
    @pytest.mark.parametrize(
        ("mode", "umask"), [(0o644, 0o022), (0o664, 0o002), (0o600, 0o077), (0o640, 0o027), (0o666, 0), (0o755, 0o022)]
    )
    def test_umasks(self, mode: int, umask: int) -> None:
        assert first(evidence(wheel(MODULE, info=File(mode=0o100000 | mode)))).recipe.umask == umask

    def test_windows_has_no_umask(self) -> None:
        found = first(
            evidence(wheel({"a.py": File(system=0, mode=0o100666)}, info=File(mode=0o100666, system=0)))
        ).recipe

        assert (found.umask, found.group_writable) == (0o022, False)
        assert found.line_ends == "\r\n", "setuptools writes texts as texts"

    def test_line_ends_that_differ_after_all(self) -> None:
        poetry = evidence(wheel(MODULE, info=File(system=0), generator="poetry 1.0.0"))
        windows = evidence(wheel(MODULE, info=File(system=0)))

        assert first(poetry).recipe.line_ends == "\n"
        assert recipe(after(poetry, Symptom.LINE_ENDS)).line_ends == "\r\n"
        assert recipe(after(windows, Symptom.LINE_ENDS)).line_ends == "\n"
        assert after(evidence(wheel(MODULE)), Symptom.LINE_ENDS) is None

    def test_texts_that_have_cr_lf_in_the_wheel_alone(self) -> None:
        found = evidence(wheel({"a.py": File(b"a\r\n")}), sdist({"a.py": b"a\n"}))
        choice = after(found, Symptom.LINE_ENDS)

        assert first(found).recipe.line_ends == "\n"
        assert recipe(choice).line_ends == "\r\n"
        assert choice is not None
        assert "a.py has CR LF in the wheel and LF in the sdist" in choice.steps[-1].why


class TestNative:
    NATIVE = sdist({"setup.py": b"setup(ext_modules=[])"})

    def test_a_compiler_where_there_is_no_other_way(self) -> None:
        found = evidence(wheel(MODULE), self.NATIVE)

        assert not first(found).recipe.compiler
        assert recipe(after(found, FAILED)).compiler

    def test_native_wheels_have_their_compiler(self) -> None:
        name = "sample-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
        found = first(evidence(wheel(MODULE, name=name), self.NATIVE)).recipe

        assert found.compiler
        assert found.python == "3.12"

    def test_compilers_ask_no_python_for_the_time(self) -> None:
        name = "sample-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"

        assert first(evidence(wheel(MODULE, name=name, info=File(time=LATER)))).recipe.clock is None

    def test_switches_can_be_wrong(self) -> None:
        source = sdist({"setup.py": b"os.environ['SAMPLE_NO_SPEEDUPS']"})
        found = evidence(wheel(MODULE), source)

        assert first(found).recipe.environment == {"SAMPLE_NO_SPEEDUPS": "1"}
        assert recipe(after(found, FAILED)).environment == {}


class TestPython:
    def test_requires_python(self) -> None:
        metadata = METADATA.replace(b"License", b"Requires-Python: >=3.12.1\nLicense", 1)
        choice = first(evidence(wheel(MODULE, metadata=metadata), uploaded="2025-01-01T00:00:00Z"))

        assert choice.recipe.python == "3.13"
        assert "Requires-Python is >=3.12.1" in next(step.why for step in choice.steps if step.rule == "python")

    @pytest.mark.parametrize("wanted", [b">=4", b"no", b""])
    def test_what_nobody_has_and_what_nobody_can_read(self, wanted: bytes) -> None:
        metadata = METADATA.replace(b"License", b"Requires-Python: " + wanted + b"\nLicense", 1)

        assert first(evidence(wheel(MODULE, metadata=metadata))).recipe.python is None

    def test_none_at_hand(self) -> None:
        assert first(trace(wheel(MODULE), None)).recipe.python is None

    def test_strange_versions_are_left_out(self) -> None:
        found = trace(wheel(MODULE), None, pythons=("3.14.0a1+", "x", "", "3"), default_python="pypy")

        assert first(found).recipe.python == "3.14"

    def test_others_are_tried_when_the_build_fails(self) -> None:
        found = evidence(wheel(MODULE, info=File(time=(2023, 5, 1, 12, 0, 0))))

        assert first(found).recipe.python is None
        assert recipe(after(found, FAILED)).python == "3.9"
        assert recipe(after(found, FAILED, FAILED)).python == "3.8"
        assert recipe(after(found, FAILED, FAILED, FAILED)).python is None

    @pytest.mark.parametrize(
        ("complaint", "python"),
        [
            ("ModuleNotFoundError: No module named 'distutils'", "3.11"),
            ("ModuleNotFoundError: No module named 'imp'", "3.11"),
            ("AttributeError: module 'inspect' has no attribute 'getargspec'", "3.9"),
            ("ImportError: cannot import name 'Mapping' from 'collections'", "3.9"),
        ],
    )
    def test_failures_name_what_pythons_have_no_longer(self, complaint: str, python: str) -> None:
        found = trace(
            wheel(MODULE, generator="hatchling 1.0"),
            None,
            pythons=("3.13.0", "3.12.1", "3.11.7", "3.9.18"),
            default_python="3.13.0",
        )

        assert recipe(after(found, (FAILED, complaint))).python == python

    @pytest.mark.parametrize("pin", ["bdist_wheel (0.40.0)"])
    def test_pythons_of_the_future(self, pin: str) -> None:
        found = trace(wheel(MODULE, generator=pin), None, uploaded="2027-12-01T00:00:00Z", pythons=("3.17.0", "3.16.1"))

        assert first(found).recipe.python == "3.16"


class TestFailures:
    @pytest.mark.parametrize(
        ("complaint", "more"),
        [
            ("ModuleNotFoundError: No module named 'numpy'", ("numpy",)),
            ("No module named setuptools_scm", ("setuptools-scm",)),
            ("error: invalid command 'bdist_wheel'", ("wheel",)),
            ("No module named 'pkg_resources'", ("setuptools",)),
        ],
    )
    def test_what_is_missing_is_added(self, complaint: str, more: tuple[str, ...]) -> None:
        choice = after(evidence(wheel(MODULE)), (FAILED, complaint))

        assert recipe(choice).more == more
        assert choice is not None
        assert any("the build failed" in step.why for step in choice.steps)

    def test_one_after_the_other(self) -> None:
        found = evidence(wheel(MODULE))
        choice = after(found, (FAILED, "No module named 'numpy'"), (FAILED, "No module named 'Cython'"))

        assert recipe(choice).more != ()

    def test_pkg_resources_went_with_setuptools_82(self) -> None:
        found = evidence(wheel(MODULE))

        assert "setuptools==80.9.0" in recipe(after(found, (FAILED, "No module named 'pkg_resources'"))).pins

    def test_unknown_modules_are_nobodys(self) -> None:
        assert recipe(after(evidence(wheel(MODULE)), (FAILED, "No module named 'own_helper'"))).more == ()

    def test_use_2to3(self) -> None:
        complaint = "error in sample setup command: use_2to3 is invalid."

        assert "setuptools==57.5.0" in recipe(after(evidence(wheel(MODULE)), (FAILED, complaint))).pins

    def test_requirements_that_cannot_be_had(self) -> None:
        complaint = "No solution found when resolving dependencies"
        found = evidence(wheel(MODULE))

        assert recipe(after(found, (FAILED, complaint))).exclude_newer is None
        assert recipe(after(found, (FAILED, complaint))).pins == ("wheel==0.40.0",)
        loose = recipe(after(found, (FAILED, complaint), (FAILED, complaint)))
        assert (loose.exclude_newer, loose.pins) == (None, ())

    def test_a_pin_that_the_index_has_no_longer(self) -> None:
        # As uv-build 0.13.7, which wrote the wheel of dnspython 2.9.2.
        complaint = (
            "No solution found: because there is no version of uv-build==0.13.7 and you require uv-build==0.13.7"
        )
        found = evidence(wheel(MODULE, generator="uv 0.13.7"))
        choice = after(found, (FAILED, complaint))

        assert first(found).recipe.pins == ("uv-build==0.13.7",)
        assert recipe(choice).pins == ()
        assert recipe(choice).exclude_newer == "2023-05-01T12:00:10Z"
        assert choice is not None
        assert "the index has it no longer" in [step.why for step in choice.steps]

    def test_any_date_is_the_last_resort(self) -> None:
        found = trace(
            wheel(MODULE), None, uploaded="2023-05-01T00:00:00Z", pythons=("3.11.7",), default_python="3.11.7"
        )
        choice = after(found, (FAILED, "it is broken"))

        assert recipe(choice).exclude_newer is None
        assert choice is not None
        assert "the build failed as of the upload" in [step.why for step in choice.steps]
