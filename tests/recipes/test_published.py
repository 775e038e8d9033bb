"""Each rule on the published package that needs it. The recipes were built by, and what came out is noted beside."""

from __future__ import annotations

import pytest

from tests.recipes.published import DEFAULT, ROWS, evidence_of, sdist_of, wheel_of
from truewheel.recipes import Choice, propose, trace
from truewheel.recipes.model import Recipe
from truewheel.recipes.table import RULES


def choice_of(release: str) -> Choice:
    choice = propose(evidence_of(release), ())
    assert choice is not None
    return choice


def recipe_of(release: str) -> Recipe:
    return choice_of(release).recipe


def why(release: str, rule: str) -> str:
    """The facts that a step of the first choice states; "" where the rule said nothing."""
    return next((step.why for step in choice_of(release).steps if step.rule == rule), "")


class TestBackends:
    @pytest.mark.parametrize(
        ("release", "generator", "backend", "pin"),
        [
            ("six 1.16.0", "bdist_wheel (0.36.2)", "setuptools", "wheel==0.36.2"),
            ("idna 3.4", "flit 3.7.1", "flit", "flit-core==3.7.1"),
            ("colorama 0.4.6", "hatchling 1.11.1", "hatchling", "hatchling==1.11.1"),
            ("rsa 4.9", "poetry 1.0.7", "poetry", "poetry-core==1.0.7"),
            ("fastapi 0.165.0", "pdm-backend (2.5.0)", "pdm", "pdm-backend==2.5.0"),
            ("wcwidth 0.9.4", "setuptools (84.2.1)", "setuptools", "setuptools==84.2.1"),
        ],
    )
    def test_generator_pins_the_backend(self, release: str, generator: str, backend: str, pin: str) -> None:
        evidence = evidence_of(release)

        assert (evidence.generator, evidence.backend) == (generator, backend)
        assert pin in recipe_of(release).pins
        assert why(release, "generator") == f"WHEEL says `{generator}`"

    @pytest.mark.parametrize("release", sorted(ROWS.keys() - {"ply 3.11"}))
    def test_requirements_are_as_of_the_upload(self, release: str) -> None:
        assert recipe_of(release).exclude_newer == ROWS[release].uploaded
        assert ROWS[release].uploaded in why(release, "exclude-newer")

    def test_projects_from_before_pep_517_are_built_with_the_first_setuptools_that_knows_it(self) -> None:
        assert ROWS["ply 3.11"].uploaded < "2019"
        assert recipe_of("ply 3.11").exclude_newer == "2019-02-06T00:00:00Z"
        assert "40.8.0" in why("ply 3.11", "exclude-newer")

    def test_a_universal_wheel_that_nothing_in_the_sdist_asks_for(self) -> None:
        # Bit-for-bit with this; without it, the wheel's tag is py3.
        recipe = recipe_of("pytz 2026.6")

        assert recipe.config_settings == {"--global-option": ["bdist_wheel", "--universal"]}
        assert "wheel" in recipe.more

    def test_a_universal_wheel_that_setup_cfg_asks_for_needs_nothing(self) -> None:
        assert evidence_of("six 1.16.0").tag_pythons == ("py2", "py3")
        assert not recipe_of("six 1.16.0").config_settings


class TestMetadata:
    def test_platform_unknown_and_license_file_are_of_setuptools_57_to_62_1(self) -> None:
        # Uploaded in 2023, with a setuptools of 2021; bit-for-bit with this.
        facts = evidence_of("requests 2.31.0").metadata

        assert (facts.platform_unknown, facts.license_file, facts.newlines) == (True, True, 3)
        assert recipe_of("requests 2.31.0").pins == ("setuptools==57.5.0", "wheel==0.40.0")
        assert "`Platform: UNKNOWN`" in why("requests 2.31.0", "setuptools")

    def test_platform_unknown_without_license_file_is_of_setuptools_before_57(self) -> None:
        evidence = evidence_of("pyjwt 2.7.0")

        assert evidence.licences
        assert not evidence.metadata.license_file
        assert "setuptools==56.2.0" in recipe_of("pyjwt 2.7.0").pins
        assert "no License-File" in why("pyjwt 2.7.0", "setuptools")

    def test_line_feeds_alone_show_an_old_setuptools_too(self) -> None:
        # Its setup.py names a platform; uploaded in 2022, when newest was 60.
        evidence = evidence_of("decorator 5.1.1")

        assert (evidence.metadata.platform_unknown, evidence.metadata.newlines) == (False, 3)
        assert "setuptools==56.2.0" in recipe_of("decorator 5.1.1").pins

    def test_an_empty_line_at_the_end_of_entry_points_is_of_setuptools_before_60_9(self) -> None:
        # It names a platform, and its description doesn't end in a line feed. Bit-for-bit with this.
        evidence = evidence_of("docutils 0.20.1")

        assert (evidence.metadata.platform_unknown, evidence.metadata.newlines) == (False, 2)
        assert evidence.entry_points == "padded"
        assert "setuptools==57.5.0" in recipe_of("docutils 0.20.1").pins
        assert "entry_points.txt" in why("docutils 0.20.1", "setuptools")

    @pytest.mark.parametrize("release", ["six 1.16.0", "zope-event 5.0", "simplejson 3.19.1"])
    def test_what_the_setuptools_of_the_day_writes_needs_no_pin(self, release: str) -> None:
        assert why(release, "setuptools") == ""

    def test_bdist_wheel_after_june_2024_had_an_older_setuptools(self) -> None:
        # Ubuntu 24.04 has these two.
        assert recipe_of("pytz 2026.6").pins == ("setuptools==68.1.2", "wheel==0.42.0")

    def test_an_old_wheel_beside_a_new_setuptools(self) -> None:
        # Bit-for-bit with this; with wheel 0.40.0, RECORD alone is stored with another mode.
        evidence = evidence_of("s3transfer 0.19.3")

        assert evidence.metadata.requires == "parenthesised"
        assert not evidence.zip.record_typed
        assert recipe_of("s3transfer 0.19.3").pins == ("setuptools==75.1.0", "wheel==0.37.1")
        assert recipe_of("s3transfer 0.19.3").more == ("wheel",)
        assert "0.38.4" in why("s3transfer 0.19.3", "wheel")


class TestTimes:
    def test_one_time_for_all_is_source_date_epoch(self) -> None:
        assert recipe_of("urllib3 2.0.3").epoch == 1686132792
        assert recipe_of("zope-event 5.0").epoch == 1687501706
        assert why("urllib3 2.0.3", "epoch") == "all members have 2023-06-07 10:13:12"

    def test_times_that_backends_give_on_their_own_need_no_source_date_epoch(self) -> None:
        assert recipe_of("colorama 0.4.6").epoch is None
        assert "a constant of Hatchling" in why("colorama 0.4.6", "epoch")
        assert recipe_of("rsa 4.9").epoch is None

    @pytest.mark.parametrize(
        ("release", "clock"),
        [("six 1.16.0", 1620224296), ("requests 2.31.0", 1684768334), ("websocket-client 1.9.2", 1788185208)],
    )
    def test_several_times_are_a_build_under_the_real_clock(self, release: str, clock: int) -> None:
        # Each is bit-for-bit with a clock that stands still at METADATA's time.
        recipe = recipe_of(release)

        assert recipe.epoch is None
        assert recipe.clock == clock
        assert "METADATA was written at" in why(release, "clock")
        assert dict(evidence_of(release).zip.generated)["METADATA"] == clock

    def test_a_generated_module_tells_the_clock_where_dist_info_has_constants(self) -> None:
        assert recipe_of("exceptiongroup 1.1.1").clock == 1678656556
        assert "exceptiongroup/_version.py" in why("exceptiongroup 1.1.1", "clock")

    def test_sources_with_other_times_than_the_sdists_leave_the_clock_running(self) -> None:
        # The sdist was made in another checkout than the wheel: no clock gives the times of what was copied.
        evidence = evidence_of("wcwidth 0.9.4")

        assert evidence.sources is not None
        assert not evidence.sources.copied
        assert recipe_of("wcwidth 0.9.4").clock is None

    @pytest.mark.parametrize(
        ("release", "zone"),
        [
            ("idna 3.4", "<+08>-8"),
            ("sqlparse 0.4.4", "<+01>-1<+02>,M3.5.0/2,M10.5.0/3"),
            ("more-itertools 9.1.0", "<-06>6<-05>,M3.2.0/2,M11.1.0/2"),
        ],
    )
    def test_local_times_in_the_zip_beside_utc_in_the_tar_are_a_time_zone(self, release: str, zone: str) -> None:
        # Flit writes local times; each is bit-for-bit in this zone.
        assert recipe_of(release).timezone == zone
        assert "UTC in the sdist" in why(release, "timezone")

    @pytest.mark.parametrize("release", ["six 1.16.0", "requests 2.31.0", "rsa 4.9", "urllib3 2.0.3"])
    def test_backends_that_write_utc_show_no_time_zone(self, release: str) -> None:
        assert recipe_of(release).timezone == "UTC"


class TestSystem:
    def test_umask_by_the_mode_of_wheel(self) -> None:
        assert recipe_of("six 1.16.0").umask == 0o002
        assert recipe_of("requests 2.31.0").umask == 0o022
        assert why("six 1.16.0", "umask") == "WHEEL has mode 0664"

    def test_data_files_tell_whether_sources_were_writable_for_the_group(self) -> None:
        # Modules get their mode from the umask, so here 0664 as well; bit-for-bit with this.
        assert recipe_of("six 1.16.0").group_writable
        recipe = recipe_of("websocket-client 1.9.2")
        assert (recipe.umask, recipe.group_writable) == (0o002, False)

    def test_windows_writes_cr_lf(self) -> None:
        evidence = evidence_of("sniffio 1.3.1")

        assert evidence.zip.systems == (0,)
        assert "METADATA" in evidence.crlf
        assert recipe_of("sniffio 1.3.1").line_ends == "\r\n"
        assert "made on Windows" in why("sniffio 1.3.1", "line-ends")
        assert recipe_of("rsa 4.9").line_ends == "\n", "made on Windows too, but by poetry, which writes line feeds"

    @pytest.mark.parametrize("release", sorted(ROWS))
    def test_none_of_them_is_truewheels_own(self, release: str) -> None:
        assert not recipe_of(release).canonical


class TestNative:
    @pytest.mark.parametrize(
        ("release", "switch"), [("simplejson 3.19.1", "DISABLE_SPEEDUPS"), ("wcwidth 0.9.4", "WCWIDTH_NO_EXTENSION")]
    )
    def test_a_pure_wheel_of_what_can_be_native_is_built_without_a_compiler(self, release: str, switch: str) -> None:
        recipe = recipe_of(release)

        assert not recipe.compiler
        assert recipe.environment == {switch: "1"}
        assert why(release, "native") == "the wheel is pure, and the sdist could be native: setup.py says ext_modules"

    @pytest.mark.parametrize("release", ["six 1.16.0", "requests 2.31.0", "idna 3.4"])
    def test_projects_without_native_parts_have_their_compiler(self, release: str) -> None:
        assert recipe_of(release).compiler
        assert not recipe_of(release).environment


class TestPython:
    def test_the_running_python_where_nothing_speaks_against_it(self) -> None:
        assert recipe_of("fastapi 0.165.0").python is None

    def test_the_newest_that_was_out_at_the_upload(self) -> None:
        # Setuptools 66.1, the first that runs on 3.12, came in January 2023; 3.12 itself in October.
        assert recipe_of("requests 2.31.0").python == "3.11"
        assert recipe_of("colorama 0.4.6").python == "3.11"
        assert recipe_of("rsa 4.9").python == "3.10"
        assert "2022-07-20" in why("rsa 4.9", "python")

    def test_what_old_setuptools_runs_on(self) -> None:
        assert recipe_of("ply 3.11").python == "3.8"
        assert "66.1.0 doesn't run on Python 3.12" in why("ply 3.11", "python")


def test_every_rule_stands_on_a_package_of_the_table() -> None:
    # These see what failed, or what nobody has published yet; their tests make it.
    made = {"missing", "2to3", "unsolved", "looser", "canonical"}

    said = {step.rule for release in ROWS for step in choice_of(release).steps}

    assert said == {rule.id for rule in RULES} - made


@pytest.mark.parametrize("release", sorted(ROWS))
def test_every_step_has_its_facts(release: str) -> None:
    evidence = evidence_of(release)

    assert evidence.notes == ()
    assert all(step.what and step.why for step in choice_of(release).steps)


@pytest.mark.parametrize("release", ["six 1.16.0", "idna 3.4", "simplejson 3.19.1"])
def test_the_same_is_proposed_again(release: str) -> None:
    row = ROWS[release]
    again = trace(
        wheel_of(release),
        sdist_of(release),
        uploaded=row.uploaded,
        pythons=evidence_of(release).pythons,
        default_python=DEFAULT,
    )

    assert again == evidence_of(release)
    assert propose(again, ()) == choice_of(release)


def test_without_an_sdist_the_wheel_alone_tells_what_it_can() -> None:
    evidence = trace(wheel_of("six 1.16.0"), None)
    choice = propose(evidence, ())

    assert choice is not None
    assert choice.recipe == Recipe(
        pins=("setuptools==56.2.0", "wheel==0.36.2"), clock=1620224296, umask=0o002, group_writable=True
    )
