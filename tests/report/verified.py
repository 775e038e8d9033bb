"""Verifications made by hand, for reporters to render: one of every rung, and nastier ones."""

from __future__ import annotations

from dataclasses import replace

from tests.report.comparisons import HOSTILE
from truewheel.compare.model import Kind
from truewheel.compare.reasons import BACKEND, BUILD_PATH, COMPILER, LINE_ENDS
from truewheel.recipes.model import Choice, Recipe, Step
from truewheel.verdict.model import (
    Attempt,
    Attested,
    Deviation,
    File,
    History,
    Judgement,
    Rung,
    Transplanted,
    Verification,
)

ORIGIN = "https://index.example/simple"
PUBLISHED, REBUILT, ARCHIVE = "a" * 64, "b" * 64, "c" * 64


def wheel_file(name: str = "demo-1.0-py3-none-any.whl") -> File:
    return File(name, PUBLISHED, 64_928, f"{ORIGIN}/demo/{name}")


SOURCE = File("demo-1.0.tar.gz", ARCHIVE, 131_218, f"{ORIGIN}/demo/demo-1.0.tar.gz")

GENERATOR = Step("generator", "setuptools==70.0.0", "WHEEL says: setuptools (70.0.0)")
UPLOADED = Step("upload-time", "no release after 2024-05-29T15:37:49Z", "the wheel was uploaded then")
TIMES = Step("epoch", "SOURCE_DATE_EPOCH is not set", "the members have 3 different times")
PLAIN = Choice(Recipe(), ())
PINNED = Choice(
    Recipe(pins=("setuptools==70.0.0",), exclude_newer="2024-05-29T15:37:49Z", python="3.12"),
    (GENERATOR, UPLOADED, TIMES),
)
FULL = Choice(
    Recipe(
        pins=("setuptools==57.5.0", "wheel==0.36.2"),
        more=("cython==0.29.24",),
        exclude_newer="2021-08-01T00:00:00Z",
        python="3.9",
        epoch=1_577_836_800,
        clock=1_627_776_000,
        timezone="Asia/Kathmandu",
        umask=0o002,
        group_writable=True,
        line_ends="\r\n",
        compiler=False,
        canonical=True,
        environment={"DEMO_SPEEDUPS": "0"},
        config_settings={"--build-option": ["--quiet", "--universal"], "editable": "no"},
    ),
    (
        GENERATOR,
        UPLOADED,
        TIMES,
        Step("compiler", "no compiler is found", "the wheel is pure, and setup.py has extensions that may be left out"),
        Step("override", "line ends are CR LF", "overrides.toml: built on Windows"),
    ),
)
TOOLS = ("setuptools==70.0.0", "wheel==0.43.0")

CONTENT = Deviation("demo/core.py", Kind.CONTENT.value, "3 lines differ")
PATH = Deviation(
    "demo/_speed.cpython-312-x86_64-linux-gnu.so",
    Kind.CONTENT.value,
    "8 of 612 bytes differ in .debug_line_str",
    ((BUILD_PATH.id, "each side names a folder that pip made"), (COMPILER.id, "gcc 12.2.0 and gcc 14.2.0")),
)
METADATA = Deviation(
    "demo-1.0.dist-info/METADATA", Kind.CONTENT.value, "1 line differs", ((BACKEND.id, "Metadata-Version 2.1, 2.4"),)
)
MISSING = Deviation("demo/py.typed", Kind.ONLY_LEFT.value, "in the published wheel alone: 0 bytes")
ADDED = Deviation("demo/build.log", Kind.ONLY_RIGHT.value, "in the rebuilt wheel alone: 17 bytes")
MODE = Deviation("demo/run.sh", Kind.MODE.value, "executable in the published wheel alone")
LISTED = Deviation("demo-1.0.dist-info/RECORD", Kind.CONTENT.value, "1 row differs, as its member does", follows=True)


def attempt(judgement: Judgement, choice: Choice = PINNED, *, name: str = "demo-1.0-py3-none-any.whl") -> Attempt:
    digest = PUBLISHED if judgement.rung is Rung.BIT_FOR_BIT else REBUILT
    return Attempt(
        choice=choice,
        judgement=judgement,
        rebuilt=File(name, digest, 64_928 if digest == PUBLISHED else 64_901),
        python="CPython 3.12.3",
        requirements=TOOLS,
        isolation="bubblewrap",
        seconds=2.25,
    )


def verification(judgement: Judgement, *, choice: Choice = PINNED, project: str = "demo") -> Verification:
    """A wheel that was rebuilt once, with this judgement."""
    name = f"{project}-1.0-py3-none-any.whl"
    return Verification(
        target=f"{project}==1.0",
        project=project,
        version="1.0",
        wheel=wheel_file(name),
        source=SOURCE._replace(name=f"{project}-1.0.tar.gz"),
        uploaded="2024-05-29T15:37:47Z",
        generator="setuptools (70.0.0)",
        backend="setuptools",
        attempts=(attempt(judgement, choice, name=name),),
        best=0,
        seconds=3.5,
    )


BIT_FOR_BIT = verification(Judgement(rung=Rung.BIT_FOR_BIT))
ZIP_METADATA = verification(
    Judgement(rung=Rung.ZIP_METADATA, transplanted=Transplanted(1_234, (("time", 20), ("mode", 1), ("order", 3)), "")),
    project="zipped",
)
SAME_CONTENTS = verification(
    Judgement(
        rung=Rung.SAME_CONTENTS,
        storage=("time differs for 20 of 21 members", "no encoder here gives the published streams of 3 members"),
    ),
    project="stored",
)
EXPLAINED = verification(
    Judgement(rung=Rung.EXPLAINED, deviations=(PATH, METADATA, LISTED), storage=("time differs for all members",)),
    project="explained",
)
DIFFERENT = verification(
    Judgement(
        rung=Rung.DIFFERENT,
        deviations=(CONTENT, MISSING, ADDED, MODE, PATH, LISTED),
        record=("demo/core.py: its sha256 isn't the one that RECORD says", "demo/extra.py has no row"),
    ),
    project="different",
)
LOG = (
    "error: subprocess-exited-with-error",
    "ModuleNotFoundError: No module named 'cython'",
    "ERROR: Could not build wheels for broken",
)
FAILED = replace(
    verification(Judgement(rung=Rung.BIT_FOR_BIT), project="broken"),
    attempts=(
        Attempt(choice=PINNED, judgement=None, failure="\n".join(LOG), python="CPython 3.12.3", seconds=1.5),
        Attempt(choice=FULL, judgement=None, failure="no interpreter: Python 3.9 is not here", seconds=0.25),
    ),
    best=None,
    problem="nothing was built in 2 attempts",
    hint="read the log; --override FILE says what can't be inferred",
)
ABSENT = Verification(
    target="nosuch==9.9",
    project="nosuch",
    version="9.9",
    wheel=None,
    source=None,
    problem="https://index.example/simple has no project of that name",
    hint="check the spelling, or say another index with --index-url",
    seconds=0.125,
)
NO_SOURCE = Verification(
    target="wheelonly==2.0",
    project="wheelonly",
    version="2.0",
    wheel=wheel_file("wheelonly-2.0-py3-none-any.whl"),
    source=None,
    generator="maturin (1.7.0)",
    backend="maturin",
    problem="the index has no sdist of this release",
    hint="--source DIR|SDIST|git+URL builds from something else",
    seconds=0.5,
)
TRIED_TWICE = replace(
    verification(Judgement(rung=Rung.BIT_FOR_BIT), project="twice", choice=FULL),
    attempts=(
        attempt(Judgement(rung=Rung.DIFFERENT, deviations=(CONTENT, METADATA)), name="twice-1.0-py3-none-any.whl"),
        attempt(Judgement(rung=Rung.BIT_FOR_BIT), FULL, name="twice-1.0-py3-none-any.whl"),
    ),
    best=1,
    backend="hatchling",
    generator="hatchling 1.25.0",
)
ATTESTED = Attested(
    state="verified",
    said="signed by GitHub's workflow release.yml of demo/demo",
    publisher="GitHub",
    repository="https://github.com/demo/demo",
    ref="refs/tags/v1.0",
    commit="0123456789abcdef0123456789abcdef01234567",
    workflow="release.yml",
)
FORGED = Attested(state="invalid", said="the attestation is of another file: its sha256 is d0d0…")
NONE_PUBLISHED = Attested(state="absent", said="the index has no attestations of this file")
UNCHECKED = Attested(state="unverifiable", said="sigstore isn't installed", publisher="GitLab")
HISTORY = History(
    repository="https://github.com/demo/demo",
    ref="v1.0",
    commit="0123456789abcdef0123456789abcdef01234567",
    chosen="the attestation's certificate says so",
    added=("PKG-INFO", "demo/_hidden.py"),
    missing=("tests/data.bin", ".gitignore"),
    changed=("pyproject.toml", "setup.cfg"),
    generated=(("PKG-INFO", "backends write it"), ("setup.cfg", "setuptools adds egg_info to it")),
    programs=("demo/run.sh",),
    traits=(("pyproject.toml", "line ends alone differ"),),
    subdirectory="packages/demo",
    remarks=("the tag v1.0 leads elsewhere by now",),
)
NO_HISTORY = History(
    repository="", ref="", commit="", chosen="", problem="METADATA names no repository that git could fetch"
)
TRUSTED = replace(
    BIT_FOR_BIT,
    attested=(ATTESTED,),
    history=replace(
        HISTORY, added=HISTORY.added[:1], changed=HISTORY.changed[1:], missing=(), programs=(), traits=(), remarks=()
    ),
)
SUSPECT = replace(
    ZIP_METADATA,
    attested=(FORGED, UNCHECKED, NONE_PUBLISHED),
    history=HISTORY,
    notes=("the release is yanked: broken on Python 3.13", "the network was within reach of the build"),
)

UNTOLD = replace(
    SAME_CONTENTS,
    attempts=(replace(SAME_CONTENTS.attempts[0], isolation="none"),),
    attested=(NONE_PUBLISHED,),
    history=NO_HISTORY,
)

EMPTY = Verification(target="", project="", version="", wheel=None, source=None)
"""Nothing is known of it."""

TEXT = f"{HOSTILE}</style><script>document.title='owned'</script>\udcff"
_FILE = File(TEXT, "f" * 64, 1 << 62, TEXT)
_STEPS = tuple(Step(TEXT, TEXT, TEXT) for _ in range(3))
_RECIPE = Recipe(
    pins=(TEXT,),
    more=(TEXT,),
    exclude_newer=TEXT,
    python=TEXT,
    epoch=1 << 70,
    clock=-(1 << 70),
    timezone=TEXT,
    umask=0o777,
    line_ends=TEXT,
    environment={TEXT: TEXT},
    config_settings={TEXT: [TEXT, TEXT]},
)
_DEVIATIONS = (
    Deviation(TEXT, Kind.CONTENT.value, TEXT),
    Deviation("", Kind.CONTENT.value, ""),
    Deviation(TEXT, Kind.MODE.value, TEXT, ((TEXT, TEXT), (LINE_ENDS.id, TEXT)), follows=True),
)
HOSTILE_ONE = Verification(
    target=TEXT,
    project=TEXT,
    version=TEXT,
    wheel=_FILE,
    source=_FILE,
    uploaded=TEXT,
    generator=TEXT,
    backend=TEXT,
    attempts=(
        Attempt(choice=Choice(_RECIPE, _STEPS), judgement=None, failure=f"{TEXT}\n{TEXT}\n", python=TEXT),
        Attempt(
            choice=Choice(_RECIPE, _STEPS),
            judgement=Judgement(
                rung=Rung.DIFFERENT,
                transplanted=Transplanted(1 << 62, ((TEXT, 1 << 62),), TEXT),
                deviations=_DEVIATIONS,
                storage=(TEXT,),
                record=(TEXT,),
            ),
            rebuilt=_FILE,
            failure=TEXT,
            python=TEXT,
            requirements=(TEXT,),
            isolation=TEXT,
            seconds=1e9,
        ),
    ),
    best=1,
    attested=tuple(
        Attested(state=state, said=TEXT, publisher=TEXT, repository=TEXT, ref=TEXT, commit=TEXT, workflow=TEXT)
        for state in ("verified", "invalid", "unverifiable")
    ),
    history=History(
        repository=TEXT,
        ref=TEXT,
        commit=TEXT,
        chosen=TEXT,
        added=(TEXT,),
        missing=(TEXT,),
        changed=(f"{TEXT}2",),
        generated=((TEXT, TEXT),),
        programs=(f"{TEXT}3",),
        traits=((TEXT, TEXT),),
        subdirectory=TEXT,
        remarks=(TEXT,),
    ),
    problem=TEXT,
    hint=TEXT,
    notes=(TEXT,),
    seconds=1e9,
)
"""Every text in it is out for harm."""

UNLAWFUL = replace(
    HOSTILE_ONE,
    attempts=tuple(
        replace(
            one,
            judgement=one.judgement
            and replace(
                one.judgement,
                rung=Rung.ZIP_METADATA,
                transplanted=Transplanted(-1, ((TEXT, -1),), TEXT),
                deviations=(Deviation(TEXT, TEXT, TEXT),),
            ),
        )
        for one in HOSTILE_ONE.attempts
    ),
    attested=(replace(ATTESTED, state=TEXT),),
)
"""Even what can be but one of a few things is something else."""

_LONG = "x" * 900
HUGE = replace(
    verification(
        Judgement(
            rung=Rung.DIFFERENT,
            deviations=tuple(
                Deviation(f"{_LONG}/{number}.py", Kind.CONTENT.value, f"{number} lines differ")
                for number in range(3_000)
            ),
            storage=tuple(f"{_LONG} {number}" for number in range(500)),
            record=tuple(f"{_LONG} {number}" for number in range(500)),
        ),
        project="huge",
    ),
    history=replace(HISTORY, added=tuple(f"{_LONG}/{number}" for number in range(3_000))),
    notes=tuple(f"{_LONG} {number}" for number in range(500)),
)
"""More of everything than anybody reads."""

ALL = (
    *(BIT_FOR_BIT, ZIP_METADATA, SAME_CONTENTS, EXPLAINED, DIFFERENT, FAILED, ABSENT, NO_SOURCE, TRIED_TWICE, TRUSTED),
    *(SUSPECT, UNTOLD, EMPTY, HOSTILE_ONE, UNLAWFUL),
)
"""All but the huge one."""
