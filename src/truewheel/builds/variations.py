"""The circumstances of a second build: everything is another way that no result should depend on.

The yardstick is reprotest, which varies the same for Debian's packages. Every circumstance is told, also the one that
can't be varied here, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from truewheel.builds.model import Conditions, Isolation, Varied

_DAY: Final = 86_400
_CLOCK: Final = 398 * _DAY + 5 * 3_600 + 1
"""Another year, month, day, hour and second; what reprotest adds."""
_MTIME: Final = 27 * _DAY + 3_602
_OLDEST: Final = 315_532_800
"""1980-01-01 UTC, before which no zip file has times."""
_ROOT: Final = "/tmp/another/and/much/longer/folder/for/truewheel"  # noqa: S108  # in the build's own namespace
_TIMEZONE: Final = "NPT-05:45"
"""Nepal's, which is no whole number of hours away, spelled as POSIX has it: that needs no table of zones."""
MORE_PATH: Final = "/another/folder/of/programs"
"""A folder more at the end of PATH, which isn't there."""
_USER: Final = 1398
_GROUP: Final = 2398
_PLAIN: Final = frozenset({"C", "POSIX", "C.utf8", "C.UTF-8"})


class Machine(NamedTuple):
    """What the machine is like, and what it can make a program believe.

    ``cores`` is the number of processors that this process may use, None where programs can't be bound to some of
    them. ``faketime`` says that the clock can be moved, ``setarch`` are the options of setarch(8) that work here.
    ``umask`` says that files have modes, ``preload`` that libraries can be put before those of any program.
    """

    host_name: str
    user: int | None
    group: int | None
    cores: int | None
    locales: tuple[str, ...]
    faketime: bool
    setarch: tuple[str, ...]
    umask: bool = True
    preload: bool = True
    kernels: tuple[str, str] = ("as it is", "2.6")
    """What the kernel calls itself, and what it does with ``--uname-2.6``."""


class Around(NamedTuple):
    """What a first build was made under."""

    isolation: Isolation
    epoch: int
    network: bool
    machine: Machine


_Variation: TypeAlias = Callable[[Conditions, Around], tuple[Conditions, Varied]]


def second_conditions(around: Around) -> tuple[Conditions, tuple[Varied, ...]]:
    """The conditions of a second build, and what they are beside those of the first."""
    conditions, told = Conditions(), list[Varied]()
    for variation in _VARIATIONS:
        conditions, varied = variation(conditions, around)
        told.append(varied)
    return conditions, tuple(told)


def _path(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    """Without a namespace, another root gives a folder in the usual one (`isolation_workroom`)."""
    changed = replace(conditions, root=_ROOT)
    if around.isolation.fixed_path:
        return changed, Varied("path", conditions.root, _ROOT)
    return changed, Varied("path", "the usual folder", "a longer one in it")


def _home(conditions: Conditions, _: Around) -> tuple[Conditions, Varied]:
    return replace(conditions, home="elsewhere"), Varied("HOME", conditions.home, "elsewhere")


def _umask(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    if not around.machine.umask:
        return conditions, _same("umask", "", "files have no modes on this system")
    return replace(conditions, umask=0o077), Varied("umask", f"{conditions.umask:03o}", "077")


def _clock(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    if not around.machine.faketime:
        return conditions, _same("clock", "as it is", "neither a C compiler nor libfaketime was found")
    return replace(conditions, clock=_CLOCK), Varied("clock", "as it is", f"{_CLOCK // _DAY} days ahead")


def _timezone(conditions: Conditions, _: Around) -> tuple[Conditions, Varied]:
    return replace(conditions, timezone=_TIMEZONE), Varied("time zone", conditions.timezone, _TIMEZONE)


def _locale(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    """Another language where one is installed. In C, programs take no byte above 127 for a letter."""
    others = [name for name in around.machine.locales if name not in _PLAIN]
    other = min(others, key=lambda name: ("utf" not in name.lower(), name), default="C")
    return replace(conditions, locale=other), Varied("locale", conditions.locale, other)


def _hash_seed(conditions: Conditions, _: Around) -> tuple[Conditions, Varied]:
    return replace(conditions, hash_seed="398"), Varied("hash seed", conditions.hash_seed, "398")


def _user(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    machine = around.machine
    if machine.user is None:
        return conditions, _same("user", "", "users have no numbers on this system")
    shown = f"{machine.user}:{machine.group}"
    if around.isolation.kind == "none":
        return conditions, _same("user", shown, _unspaced(around.isolation))
    user = _USER if machine.user != _USER else _USER + 1
    return replace(conditions, user=user, group=_GROUP), Varied("user", shown, f"{user}:{_GROUP}")


def _cores(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    cores = around.machine.cores
    if cores is None:
        return conditions, _same("processors", "all", "programs can't be bound to a processor on this system")
    if cores == 1:
        return conditions, _same("processors", "1", "there is only one")
    return replace(conditions, cores=1), Varied("processors", str(cores), "1")


def _host_name(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    if around.isolation.kind == "none":
        return conditions, _same("host name", around.machine.host_name, _unspaced(around.isolation))
    return replace(conditions, host_name="another-host"), Varied("host name", conditions.host_name, "another-host")


def _order(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    turned = "the other way round" if around.machine.preload else "the other way round, for Python alone"
    return replace(conditions, shuffled=True), Varied("directory order", "as it is", turned)


def _network(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    """What was cut off stays so, and what was allowed is likely to be needed: neither is another way."""
    if around.isolation.network_cut:
        return conditions, _same("network", "cut off", "no build reaches anything")
    if around.network:
        return conditions, _same("network", "allowed", "the build was allowed it, and may need it")
    return conditions, _same("network", "within reach", _unspaced(around.isolation))


def _mtime(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    """Into the past, where zip files can tell it: Meson refuses files from the future."""
    offset = -_MTIME if around.epoch - _MTIME >= _OLDEST else _MTIME
    second = f"{abs(offset) // _DAY} days {'before' if offset < 0 else 'after'} it"
    return replace(conditions, mtime=offset), Varied("times of sources", "SOURCE_DATE_EPOCH", second)


def _environment(conditions: Conditions, _: Around) -> tuple[Conditions, Varied]:
    more = {"TRUEWHEEL_SECOND_BUILD": "a variable that no build should look at"}
    return replace(conditions, more=more), Varied("environment", "as it is", "and TRUEWHEEL_SECOND_BUILD")


def _search_path(conditions: Conditions, _: Around) -> tuple[Conditions, Varied]:
    """Who builds again sees to it: PATH is the caller's, and no matter of conditions."""
    return conditions, Varied("PATH", "the caller's", f"and {MORE_PATH}")


def _kernel(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    return _personality(Varied("kernel release", *around.machine.kernels), "--uname-2.6", conditions, around)


def _addresses(conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    return _personality(Varied("addresses", "random", "not random"), "--addr-no-randomize", conditions, around)


def _personality(varied: Varied, option: str, conditions: Conditions, around: Around) -> tuple[Conditions, Varied]:
    if option not in around.machine.setarch:
        return conditions, _same(varied.name, varied.first, f"setarch {option} doesn't work here")
    return replace(conditions, setarch=(*conditions.setarch, option)), varied


def _same(name: str, seen: str, obstacle: str) -> Varied:
    return Varied(name, seen, seen, obstacle)


def _unspaced(isolation: Isolation) -> str:
    """Why there is no namespace, as far as it is known."""
    return isolation.notes[-1] if isolation.notes else "takes namespaces, and the build has none"


_VARIATIONS: Final[tuple[_Variation, ...]] = (
    _path,
    _home,
    _umask,
    _clock,
    _timezone,
    _locale,
    _hash_seed,
    _user,
    _cores,
    _host_name,
    _order,
    _network,
    _mtime,
    _environment,
    _search_path,
    _kernel,
    _addresses,
)
