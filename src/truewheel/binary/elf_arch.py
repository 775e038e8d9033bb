"""The architecture of an ELF file, in the words that platform tags use.

Sources: the machine numbers of the gABI; for ARM "Addenda to, and Errata in, the ABI for the ARM Architecture"
(build attributes) and the e_flags of the ELF supplement; the words are those of ``uname -m``.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from truewheel.binary.elf_layout import Layout
from truewheel.binary.fields import Fields
from truewheel.errors import BinaryError

EM_ARM: Final = 40
EF_ARM_EABI_MASK, EF_ARM_EABI_VER5 = 0xFF000000, 0x05000000
SHT_ARM_ATTRIBUTES = 0x70000003

_WORDS: dict[tuple[int, int, bool], str] = {
    (62, 64, True): "x86_64",
    (62, 32, True): "x32",
    (3, 32, True): "i686",
    (183, 64, True): "aarch64",
    (183, 64, False): "aarch64_be",
    (21, 64, True): "ppc64le",
    (21, 64, False): "ppc64",
    (20, 32, False): "ppc",
    (22, 64, False): "s390x",
    (22, 32, False): "s390",
    (243, 64, True): "riscv64",
    (243, 32, True): "riscv32",
    (258, 64, True): "loongarch64",
    (258, 32, True): "loongarch32",
    (8, 32, False): "mips",
    (8, 32, True): "mipsel",
    (8, 64, False): "mips64",
    (8, 64, True): "mips64el",
    (43, 64, False): "sparc64",
    (0x9026, 64, True): "alpha",
}

_TAG_FILE = 1
_TAGS_WITH_TEXT = (4, 5)  # CPU_raw_name, CPU_name; above 32, the odd ones
_TAG_CPU_ARCH = 6
_TAG_COMPATIBILITY = 32  # a number, then text
_LONGEST_NUMBER = 10
_LONGEST_TEXT = 4096
_LARGEST_SECTION = 1 << 16
_CPU_ARCHS = {1: "armv4t", 2: "armv4t", 3: "armv5te", 4: "armv5te", 5: "armv5te"} | dict.fromkeys(
    (6, 7, 8, 9, 11, 12), "armv6"
)
"""Tag_CPU_arch of processors older than v7; 11 and 12 are v6-M and v6S-M."""


def arch_of(layout: Layout) -> str:
    """The architecture word of a file, or ``machine-N`` where no platform tag has one."""
    unknown = f"machine-{layout.machine}"
    if layout.machine == EM_ARM and layout.bits == 32:
        if layout.flags & EF_ARM_EABI_MASK != EF_ARM_EABI_VER5:
            return unknown
        return _CPU_ARCHS.get(_arm_cpu(layout), "armv7") + ("l" if layout.little_endian else "b")
    return _WORDS.get((layout.machine, layout.bits, layout.little_endian), unknown)


def _arm_cpu(layout: Layout) -> int:
    """Tag_CPU_arch of ``.ARM.attributes``, or -1 if there is none that can be read.

    Loaders don't look at it, so a damaged one is like a missing one.
    """
    for section in layout.sections():
        if section.type == SHT_ARM_ATTRIBUTES:
            try:
                data = layout.fields.take(section.offset, min(section.size, _LARGEST_SECTION), "the ARM attributes")
                return _cpu_arch(Fields(data), layout.codec.word)
            except BinaryError:
                return -1
    return -1


def _cpu_arch(fields: Fields, word: Struct) -> int:
    """Walk 'A', [size "vendor" NUL, [tag size, attributes…]…]… to the attributes of the whole file."""
    position = 1
    while position < fields.size:
        (size,) = fields.unpack(word, position, "a section of attributes")
        vendor = fields.cstring(position + 4, 64, "a vendor")
        if vendor == b"aeabi":
            start = position + 5 + len(vendor)
            (length,) = fields.unpack(word, start + 1, "a size of attributes")
            if fields.take(start, 1, "a kind of attributes")[0] == _TAG_FILE:
                return _file_cpu_arch(fields.part(start, length, "attributes"))
        position += max(size, 4)
    return -1


def _file_cpu_arch(part: Fields) -> int:
    position = 5
    while position < part.size:
        tag, position = _number(part, position)
        value = -1
        if tag in _TAGS_WITH_TEXT or (tag > _TAG_COMPATIBILITY and tag % 2):
            position += 1 + len(part.cstring(position, _LONGEST_TEXT, "an attribute"))
        else:
            value, position = _number(part, position)
            if tag == _TAG_COMPATIBILITY:
                position += 1 + len(part.cstring(position, _LONGEST_TEXT, "an attribute"))
        if tag == _TAG_CPU_ARCH:
            return value
    return -1


def _number(part: Fields, position: int) -> tuple[int, int]:
    """A ULEB128 number, and the position after it."""
    value = 0
    for index in range(_LONGEST_NUMBER):
        byte = part.take(position + index, 1, "an attribute")[0]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, position + index + 1
    raise part.error("a number is too long", position)
