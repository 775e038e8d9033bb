"""What the targets start from: small files of every kind that they know, sound ones and known flaws."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from fuzz.systems import DATABASES, SEPARATOR
from fuzz.targets import FILES, INFO
from tests.archives.test_mutated import SOUND
from tests.binary import (
    archives,
    test_elf_edit_hostile,
    test_elf_strip,
    test_macho_edit_hostile,
    test_native_mutation,
    test_pe_edit_hostile,
)
from tests.binary.fixtures import (
    EM_386,
    EM_S390,
    EM_X86_64,
    Need,
    Note,
    Recipe,
    Symbol,
    arm_attributes,
    gnu_property,
    make,
)
from tests.sdist import test_mutated, test_tar_hostile
from tests.strategies.macho import ARM64, ARM64E, X86_64, MachFile, build_version, dylib, fat, rpath, signature
from tests.support import wheel_members, zip_bytes
from tests.wheel import hostile, hostile_whole, rawzip
from tests.wheel.test_archive_mutated import SEEDS as ARCHIVES
from tests.world.rpmdb import Rpm, ndb, write_sqlite

_SYMBOLS = (
    Symbol("printf", version=2),
    Symbol("memcpy", version=3, binding=2),
    Symbol("PyLong_FromLong"),
    Symbol("PyInit__native", defined=True),
    Symbol("ifunc", defined=True, kind=10, version=4),
)


def _elves() -> list[bytes]:
    """Every size and byte order, every way to count symbols, notes, versions and relocations."""
    made: list[bytes] = []
    notes = (Note(b"GNU\0", 3, b"\1\2\3\4"), Note(b"GNU\0", 5, gnu_property(64, (0xC0008002, 3)), 8))
    needs = (
        Need("libc.so.6", (("GLIBC_2.14", 2, False), ("GLIBC_PRIVATE", 3, True))),
        Need("libx.so", (("X_1", 5, False),)),
    )
    for bits in (32, 64):
        for little in (True, False):
            for hashed in ("gnu", "sysv", "none"):
                machine = {(32, True): EM_386, (64, True): EM_X86_64}.get((bits, little), EM_S390)
                recipe = Recipe(
                    bits=bits, little=little, machine=machine, needed=("libc.so.6", "libx.so"), soname="libx.so",
                    runpath="$ORIGIN/../sample.libs:$ORIGIN", needs=needs, definitions=(("X_1", 4),),
                    symbols=_SYMBOLS, hashed=hashed, relocations=(1, 37, 8), plt=(7,), rela=bits == 64, notes=notes,
                    segments=((0x6474E551, 6), (7, 4)),
                )  # fmt: skip
                made.append(make(recipe).data)
    arm = arm_attributes(10)
    made.append(make(Recipe(bits=32, machine=40, flags=0x5000400, sections=((0x70000003, "", arm),))).data)
    made.append(make(Recipe(type=2, interpreter="/lib/ld-musl-x86_64.so.1", needed=("libc.so",), rpath="/opt")).data)
    made.append(make(Recipe(needed=("libc.so",), notes=(Note(b"Android\0", 1, b"\x15\0\0\0"),))).data)
    return made


def _machos() -> list[bytes]:
    loaded = (dylib("@rpath/libx.so"), dylib("@loader_path/a.dylib"), rpath("@loader_path/../sample.libs"))
    commands = (dylib("@rpath/libx.so", 0xD), *loaded, build_version(1, 11 << 16))
    thin = MachFile(
        commands=commands, symbols=(("_PyInit__native", 0xF, 1), ("_PyLong_Type", 1, 0)), signature=signature()
    )
    return [thin.encode(), fat(thin.encode(), MachFile(cpu=(0x01000007, 3), commands=loaded).encode())]


def _parts() -> list[bytes]:
    """Files that become one, separated."""
    thin = [MachFile(cpu=cpu, commands=(dylib("liba"),)).encode() for cpu in (ARM64, X86_64, ARM64E)]
    libraries = [archives.archive(data) for data in thin]
    sets = (thin[:2], thin, [fat(*thin[:2]), thin[2]], thin[:1], libraries[:2], [libraries[0], thin[1]])
    return [SEPARATOR.join(files) for files in sets]


BINARIES = [*_elves(), *_machos(), *test_native_mutation.SEEDS]

_LEAKS = [
    b"\x7fELF /home/builder/project/src/main.rs:12 /root/.cargo/registry/src/index-1/lib.rs",
    b"MZ\0C:\\Users\\runner\\AppData\\Local\\Temp\\a.c\0D:\\a\\x\\y.pdb http://host/Users/you/ file://host/tmp/pip-abc/x.c",
    b"/tmp/tmpabcdefgh/a.cpp\0/private/var/folders/ab/x.o:/__w/repo/repo/a.go /github/home/b.py",
]

_RECORDS = [
    b"a.py,sha256=" + b"A" * 43 + b",12\nsample-1.0.dist-info/RECORD,,\n",
    b'"a,""b.py",sha512=abc=,\r\n"x\ny",,3\r\n\r\nz,,',
]

_METADATA = [
    b"Wheel-Version: 1.0\nGenerator: x (1.0)\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\nBuild: 1\n\nbody\n",
    b"Metadata-Version: 2.4\r\nName: x\r\nVersion: 1\r\nLicense-File: LICENSE\r\nTag: a\r\n folded\r\n",
]


def _archives() -> list[bytes]:
    flaws = [*hostile.NAMES, *hostile.RECORDS, *hostile_whole.ENDS]
    built = [flaw.make().data for flaw in flaws] + [built.data for _, built, _ in hostile_whole.CONTENTS]
    return [data for data in [*ARCHIVES, rawzip.build(rawzip.sample()).data, *built] if len(data) < 8192]


def _shows() -> list[bytes]:
    members = wheel_members()
    sbom = b'{"serialNumber": "urn:uuid:00000000-0000-4000-8000-000000000000", "metadata": {"timestamp": "2024"}}'
    first = [members[f"{INFO}/METADATA"], members[f"{INFO}/WHEEL"], sbom, b""]
    assert len(first) == len(FILES)
    return [SEPARATOR.join([*first, data]) for data in BINARIES] + [SEPARATOR.join(first)]


_LOADERS = [
    b"# ours\n\t/opt/one  # first\ninclude ld.so.conf.d/*.conf /etc/extra\nhwcap 0 x\n/opt/gone\n",
    b"/opt/two\r\ninclude a.conf ../ld.so.conf\n",
    b"include /etc/*.conf b.conf [a-b].conf\nrelative\n/usr/../lib\n",
    b"/opt/one:/lib\n /opt/two \n::/usr/lib",
    b"/opt/two\n/../..\n",
]

_RPMS = (Rpm("foo", ("/usr/lib/libfoo.so.1", "/usr/lib/libbar.so")), Rpm("bar", ("/lib/libbar.so",), epoch=3))


def _databases() -> list[bytes]:
    """Each database alone, and all of them in one system."""
    stanza = b"Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.3-4+b1\n"
    with tempfile.TemporaryDirectory() as folder:
        path = write_sqlite(Path(folder, "rpmdb.sqlite"), _RPMS)
        database = sqlite3.connect(path)
        database.execute("PRAGMA page_size = 512")  # so that the fuzzer takes it whole
        database.execute("VACUUM")
        database.close()
        rpmdb = path.read_bytes()
    pieces = [
        b'ID=debian\nVERSION_ID="12"\n',
        stanza % b"foo" + b"\n" + stanza % b"baz",
        b"/.\n/usr/lib\n/usr/lib/libfoo.so.1\n",
        stanza % b"bar",
        b"0123456789abcdef0123456789abcdef  lib/libbar.so\n",
        b"P:top\nV:1.2-r3\nA:x86_64\nF:usr/lib\nR:libfoo.so.1\n\nP:x\nV:1\nA:noarch\nR:libtop.so\n",
        ndb(_RPMS),
        rpmdb,
    ]
    assert len(pieces) == len(DATABASES)
    alone = ([piece if place == at else b"" for place, piece in enumerate(pieces)] for at in range(len(pieces)))
    return [SEPARATOR.join(some) for some in (*alone, pieces[:5], pieces)]


def seeds(target: str) -> list[bytes]:
    """The seeds of a target."""
    return _SEEDS[target]


_SEEDS = {
    "binary": BINARIES,
    "policy": [*BINARIES, *(SEPARATOR.join(BINARIES[at : at + 4]) for at in range(0, len(BINARIES), 4))],
    "leaks": _LEAKS,
    "archive": _archives(),
    "record": _RECORDS,
    "metadata": _METADATA,
    "show": _shows(),
    "edit": [*(file.data for file in test_elf_edit_hostile.FILES), *test_elf_edit_hostile.EDITED],
    "strip": test_elf_strip.SEEDS,
    "edit_macho": test_macho_edit_hostile.FILES,
    "edit_pe": [*test_pe_edit_hostile.FILES, *test_pe_edit_hostile.EDITED],
    "fuse": _parts(),
    "ldconf": [SEPARATOR.join(_LOADERS), *(SEPARATOR.join(_LOADERS[at:]) for at in range(1, len(_LOADERS)))],
    "packages": _databases(),
    "gzip": [*test_mutated.PACKED.values(), b"\x1f\x8b\x08\x1e" + bytes(8) + b"x\0y\0" * 9],
    "tar": [data for data in [*test_mutated.TARS.values(), *test_tar_hostile.TARS] if len(data) < 8192],
    "foreign": [data for data in SOUND.values() if len(data) < 16_384],
    "show_archive": [*_archives()[:8], *(zip_bytes(wheel_members({"sample/a.so": data})) for data in BINARIES[:4])],
}
