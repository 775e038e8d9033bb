"""Whether machine code for x86-64 differs in nothing but operands that name the same places.

Instructions are taken one after the other from the start of a function on, each whole; an operand counts where it is
relative to the end of its instruction (a branch, or memory by RIP) and leads to the same place in both builds. What
is met and not known, or is no such operand, proves nothing. Source: the Intel 64 manual, volume 2, chapter 2 and
appendix A.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from truewheel.compare.native_spread import runs

_MOST_INSTRUCTIONS: Final = 1 << 22


def _class(codes: Iterable[int]) -> bytes:
    """A class of bytes for a regular expression."""
    return b"[" + b"".join(b"\\x%02x" % code for code in sorted(set(codes))) + b"]"


def _fields(mod: Iterable[int], rm: Iterable[int], reg: Iterable[int]) -> bytes:
    """The bytes ModRM (or SIB: base for rm) of these fields."""
    return _class(one << 6 | two << 3 | three for one in mod for two in reg for three in rm)


_ALL, _NO_SIB, _NO_BASE = range(8), (0, 1, 2, 3, 5, 6, 7), (0, 1, 2, 3, 4, 6, 7)


def _operand(reg: Iterable[int] = _ALL) -> bytes:
    """ModRM and what comes with it; a group is the displacement from RIP."""
    regs = tuple(reg)
    sib, far = _fields(_ALL[:4], _NO_BASE, _ALL), _fields(_ALL[:4], (5,), _ALL)
    forms = (
        _fields((3,), _ALL, regs),
        _fields((0,), (0, 1, 2, 3, 6, 7), regs),
        _fields((0,), (5,), regs) + b"(.{4})",
        _fields((0,), (4,), regs) + b"(?:" + sib + b"|" + far + b".{4})",
        _fields((1,), _NO_SIB, regs) + b".",
        _fields((1,), (4,), regs) + b"..",
        _fields((2,), _NO_SIB, regs) + b".{4}",
        _fields((2,), (4,), regs) + b".{5}",
    )
    return b"(?:" + b"|".join(forms) + b")"


_IMMEDIATE: Final = b"(?(half)..|.{4})"
_WITH_BYTE: Final = frozenset({*range(0x70, 0x74), 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6})
_BARE: Final = frozenset(
    {0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, *range(0x30, 0x38), 0x77, 0xA0, 0xA1, 0xA2, 0xA8, 0xA9, 0xAA}
) | frozenset(range(0xC8, 0xD0))
_OTHER: Final = frozenset(range(0x100)) - _WITH_BYTE - _BARE - frozenset({0x04, 0x0A, 0x0C, 0x0E, 0x0F, 0x38, 0x3A})
_OTHER_2: Final = _OTHER - frozenset(range(0x80, 0x90)) - frozenset(range(0x24, 0x28)) - frozenset({0x39})
_ARITHMETIC: Final = range(0, 0x40, 8)


def _forms() -> Iterable[bytes]:
    """The instructions of 64-bit mode behind their prefixes."""
    memory = {base + low for base in _ARITHMETIC for low in range(4)} | {0x63, *range(0x84, 0x90), *range(0xD0, 0xD4)}
    yield _class(memory | {*range(0xD8, 0xE0), 0xFE, 0xFF}) + _operand()
    yield _class((0xE8, 0xE9)) + b"(.{4})"
    yield _class(
        {*range(0x50, 0x60), *range(0x6C, 0x70), *range(0x90, 0x9A), *range(0x9B, 0xA0), *range(0xA4, 0xA8)}
        | {*range(0xAA, 0xB0), 0xC3, 0xC9, 0xCB, 0xCC, 0xCF, 0xD7, *range(0xEC, 0xF0), 0xF1, 0xF4, 0xF5}
        | set(range(0xF8, 0xFE))
    )
    yield (
        _class(
            {base + 4 for base in _ARITHMETIC}
            | {0x6A, *range(0x70, 0x80), 0xA8, *range(0xB0, 0xB8), 0xCD, *range(0xE0, 0xE8), 0xEB}
        )
        + b"."
    )
    yield _class({base + 5 for base in _ARITHMETIC} | {0x68, 0xA9}) + _IMMEDIATE
    yield _class((0x6B, 0x80, 0x83, 0xC0, 0xC1, 0xC6)) + _operand() + b"."
    yield _class((0x69, 0x81, 0xC7)) + _operand() + _IMMEDIATE
    yield b"\\xf6(?:" + _operand((0, 1)) + b".|" + _operand(range(2, 8)) + b")"
    yield b"\\xf7(?:" + _operand((0, 1)) + _IMMEDIATE + b"|" + _operand(range(2, 8)) + b")"
    yield _class(range(0xB8, 0xC0)) + b"(?(wide).{8}|" + _IMMEDIATE + b")"
    yield _class((0xC2, 0xCA)) + b".."
    yield b"\\xc8..."
    yield _class(range(0xA0, 0xA4)) + b".{8}"
    yield (
        b"\\x0f(?:"
        + b"|".join(
            (
                _class(range(0x80, 0x90)) + b"(.{4})",
                _class(_OTHER_2) + _operand(),
                _class(_WITH_BYTE) + _operand() + b".",
                _class(_BARE),
                b"\\x38." + _operand(),
                b"\\x3a." + _operand() + b".",
            )
        )
        + b")"
    )
    first = b"(?:\\x77|" + _class(_WITH_BYTE) + _operand() + b".|" + _class(set(range(0x100)) - _WITH_BYTE - {0x77})
    first += _operand() + b")"
    maps = {number: _class(top << 5 | number for top in range(8)) for number in (1, 2, 3)}
    yield b"\\xc5." + first
    yield b"\\xc4" + maps[1] + b"." + first
    yield b"\\xc4" + maps[2] + b".." + _operand()
    yield b"\\xc4" + maps[3] + b".." + _operand() + b"."
    vector = {number: _class(top << 3 | number for top in range(32)) for number in (1, 2, 3, 5, 6)}
    yield b"\\x62" + vector[1] + b".." + first
    yield b"\\x62(?:" + b"|".join(vector[number] for number in (2, 5, 6)) + b")..." + _operand()
    yield b"\\x62" + vector[3] + b"..." + _operand() + b"."


_PREFIXES: Final = b"(?:[\\xf0\\xf2\\xf3\\x2e\\x36\\x3e\\x26\\x64\\x65]|(?P<half>\\x66)){0,14}"
_REX: Final = b"(?:(?P<wide>[\\x48-\\x4f])|[\\x40-\\x47])?"
_INSTRUCTION: Final = re.compile(_PREFIXES + _REX + b"(?:" + b"|".join(_forms()) + b")", re.DOTALL)
_NAMED: Final = 2  # groups that are no operands


def same_x86(
    left: memoryview,
    right: memoryview,
    addresses: tuple[int, int],
    same: Callable[[int, int], bool],
    functions: Sequence[int] = (),
) -> bool:
    """Whether all that differs are operands that lead to the `same` places.

    `addresses` are where both stand; `functions` are offsets where some begin, sorted.
    """
    if len(left) != len(right):
        return False
    done, count = 0, 0
    mine, theirs = bytes(left), bytes(right)
    for start, end in runs(left, right):
        if start >= done and (number := bisect_right(functions, start)):
            done = max(done, functions[number - 1])
        while done < end:
            found = _INSTRUCTION.match(mine, done)
            count += 1
            if found is None or found.end() == done or count > _MOST_INSTRUCTIONS:
                return False
            done = found.end()
            if done > start and not _same(found, theirs, addresses, same):
                return False
    return True


def _same(found: re.Match[bytes], theirs: bytes, addresses: tuple[int, int], same: Callable[[int, int], bool]) -> bool:
    """Whether an instruction differs in such an operand alone."""
    start, end = found.span()
    group = found.lastindex or 0
    if group <= _NAMED:
        return found[0] == theirs[start:end]
    at, behind = found.span(group)
    if found[0][: at - start] != theirs[start:at] or found[0][behind - start :] != theirs[behind:end]:
        return False
    targets = (
        address + end + int.from_bytes(text, "little", signed=True)
        for address, text in zip(addresses, (found[group], theirs[at:behind]), strict=True)
    )
    return same(*targets)
