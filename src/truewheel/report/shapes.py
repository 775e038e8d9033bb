"""The shapes of values that several reporters take or give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from truewheel.findings import Finding

if TYPE_CHECKING:
    from truewheel.compare.model import Comparison
    from truewheel.ops import Tags
    from truewheel.ops.plan import Changes, Plan
    from truewheel.packing.model import Program

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""What a JSON document is made of here. Floats are durations in seconds, and nothing else."""


class WrittenWheel(Protocol):
    """What `normalize` and `retag` tell of a wheel that was written."""

    @property
    def changed(self) -> bool:
        """Whether bytes or name differ from the input's."""

    @property
    def size(self) -> int:
        """Bytes of the result."""

    @property
    def sha256(self) -> str:
        """Digest of the result, hexadecimal."""

    @property
    def profile(self) -> str:
        """The compression profile."""

    @property
    def differences(self) -> tuple[str, ...]:
        """What was not canonical in the input, in words."""


class MadeWheel(Protocol):
    """What is told of a wheel that is made, whether it was written or only worked out."""

    @property
    def path(self) -> object:
        """The result, or where it would be."""

    @property
    def written(self) -> bool:
        """Whether the result was written."""

    @property
    def size(self) -> int | None:
        """Bytes of the result, if it was written."""

    @property
    def sha256(self) -> str | None:
        """Digest of the result, hexadecimal, if it was written."""

    @property
    def profile(self) -> str:
        """The compression profile."""


class RepairedWheel(MadeWheel, Protocol):
    """What `repair` tells of a wheel."""

    @property
    def source(self) -> object:
        """The input."""

    @property
    def changed(self) -> bool:
        """Whether bytes or name differ from the input's."""

    @property
    def plan(self) -> Plan[Changes]:
        """What was grafted and edited."""

    @property
    def before(self) -> Tags:
        """The verdict on the input's tags."""

    @property
    def after(self) -> Tags:
        """The verdict on the result's tags."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing of the result."""


class FusedWheel(MadeWheel, Protocol):
    """What `fuse` tells of the wheel that it makes."""

    @property
    def sources(self) -> tuple[object, ...]:
        """The inputs."""

    @property
    def joined(self) -> Mapping[str, tuple[str, ...]]:
        """The fat files that were made, with their architectures."""

    @property
    def alone(self) -> Mapping[str, tuple[object, ...]]:
        """The members that not all inputs hold, with those that do."""

    @property
    def taken(self) -> tuple[str, ...]:
        """The members that differ and are the first wheel's."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What else was decided, in words."""

    @property
    def tags(self) -> Tags:
        """The verdict on the result's tags."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing of the result."""


class PublishedWheel(Protocol):
    """What is published under the name of a wheel that `pack` makes."""

    @property
    def state(self) -> str:
        """The word for it: same, different or absent."""

    @property
    def sha256(self) -> str:
        """Digest of what is published, hexadecimal; "" where nothing is."""

    @property
    def place(self) -> str:
        """The index or folder that was asked."""


class PackedWheel(Protocol):
    """What `pack` tells of the wheel of a target, whether it was written or only worked out."""

    @property
    def label(self) -> str:
        """What the target is called by."""

    @property
    def source(self) -> str:
        """The archive: its path or address."""

    @property
    def source_sha256(self) -> str | None:
        """The archive's digest, hexadecimal; None for a folder."""

    @property
    def path(self) -> object:
        """The wheel, or where it would be."""

    @property
    def written(self) -> bool:
        """Whether it was written."""

    @property
    def size(self) -> int:
        """Bytes of the wheel."""

    @property
    def sha256(self) -> str:
        """Digest of the wheel, hexadecimal."""

    @property
    def tags(self) -> Tags:
        """The verdict on the wheel's tags."""

    @property
    def programs(self) -> Sequence[Program]:
        """The commands that it brings."""

    @property
    def licences(self) -> Sequence[str]:
        """The members that hold licences."""

    @property
    def members(self) -> int:
        """How many members it has."""

    @property
    def grafted(self) -> Sequence[str]:
        """The libraries that came in from outside of the archive."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing of the wheel."""

    @property
    def idle(self) -> Sequence[str]:
        """Settings with a pattern that means no file of the archive."""

    @property
    def copies(self) -> int:
        """How many links became copies of files."""

    @property
    def copied(self) -> int:
        """The bytes of these."""

    @property
    def published(self) -> PublishedWheel | None:
        """What is published under its name, if that was asked."""


class PackingRun(Protocol):
    """What `pack` tells of a run over all targets."""

    @property
    def targets(self) -> Sequence[PackedWheel]:
        """The targets, each with its wheel."""

    @property
    def extra(self) -> Sequence[str]:
        """Published wheels of the version that no target makes, if that was asked."""


class Distribution(Protocol):
    """What `build` tells of a file that it made."""

    @property
    def kind(self) -> str:
        """The word for it: sdist or wheel."""

    @property
    def path(self) -> object:
        """Where it is."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def sha256(self) -> str:
        """Digest, hexadecimal."""


class Apart(Protocol):
    """What kept a build apart from the machine."""

    @property
    def kind(self) -> str:
        """The word for the means: bubblewrap, namespaces or none."""

    @property
    def fixed_path(self) -> bool:
        """Whether the sources lay at the same path in every build."""

    @property
    def network_cut(self) -> bool:
        """Whether nothing could be reached."""

    @property
    def read_only(self) -> bool:
        """Whether the system could not be written to."""

    @property
    def home_hidden(self) -> bool:
        """Whether the user's own files could not be read."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Why something was not in force, in words."""


class Locked(Protocol):
    """A build requirement as it was installed."""

    @property
    def project(self) -> str:
        """Its name."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def file(self) -> str:
        """The file that was installed."""

    @property
    def sha256(self) -> str:
        """The file's digest, hexadecimal."""


class Named(Protocol):
    """A program that took part in a build."""

    @property
    def name(self) -> str:
        """What it is called by."""

    @property
    def version(self) -> str:
        """The first line of what it says of its version."""


class Moment(Protocol):
    """SOURCE_DATE_EPOCH."""

    @property
    def seconds(self) -> int:
        """Since 1970 UTC."""

    @property
    def origin(self) -> str:
        """Where it comes from, in words."""


class Variation(Protocol):
    """A circumstance of a second build."""

    @property
    def name(self) -> str:
        """What it is."""

    @property
    def first(self) -> str:
        """What the first build saw."""

    @property
    def second(self) -> str:
        """What the second build saw."""

    @property
    def obstacle(self) -> str:
        """Why both saw the same, if they did."""


class SecondBuild(Protocol):
    """What `build --twice` tells of its second build."""

    @property
    def varied(self) -> Sequence[Variation]:
        """What was varied, and what could not be."""

    @property
    def comparisons(self) -> Sequence[Comparison]:
        """The first build's files beside the second's."""


class BuiltProject(Protocol):
    """What `build` tells of a project."""

    @property
    def source(self) -> str:
        """What was built, as it was named."""

    @property
    def artefacts(self) -> Sequence[Distribution]:
        """What was made."""

    @property
    def lock(self) -> object:
        """The file with the locked build requirements."""

    @property
    def provenance(self) -> object:
        """The file with the provenance statement."""

    @property
    def log(self) -> object:
        """The file with all that was printed."""

    @property
    def epoch(self) -> Moment:
        """The time that the build was told."""

    @property
    def isolation(self) -> Apart:
        """What kept it apart."""

    @property
    def python(self) -> str:
        """The Python that ran the backend."""

    @property
    def requirements(self) -> Sequence[Locked]:
        """The build requirements."""

    @property
    def tools(self) -> Sequence[Named]:
        """The programs that took part."""

    @property
    def twin(self) -> SecondBuild | None:
        """The second build, if there was one."""
