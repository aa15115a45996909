"""An assembler for the kernel's filter machine: the system call policy as a seccomp program.

Docker hands its JSON to libseccomp; bubblewrap takes the finished program. It is classic BPF: one
accumulator, jumps that only go forward by at most 255, eight bytes for each instruction.
"""

from __future__ import annotations

import platform
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from runners.images.seccomp import ABSENT, ALLOWED, ENOSYS, EPERM, Rule, rules_by_name
from runners.images.syscalls import NEWEST, NUMBERS

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_GREATER = 0x25  # BPF_JMP | BPF_JGT | BPF_K
_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_ALLOW = 0x7FFF_0000
_KILL_PROCESS = 0x8000_0000
_ERRNO = 0x0005_0000

# Offsets in struct seccomp_data; both machines are little-endian, so the low half comes first.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_AUDIT = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_NO_MASK = 0xFFFF_FFFF


class Step(NamedTuple):
    """One instruction: the jumps count how many instructions to skip."""

    code: int
    operand: int
    if_true: int = 0
    if_false: int = 0


def compile_policy(machine: str | None = None) -> bytes:
    """The policy as a program for `machine` (default: this one). KeyError if it is not known."""
    name = machine or platform.machine()
    program = list(_steps(_AUDIT[name], NUMBERS[name]))
    return b"".join(struct.pack("=HBBI", s.code, s.if_true, s.if_false, s.operand) for s in program)


def _steps(audit: int, numbers: Mapping[str, int]) -> Iterator[Step]:
    yield Step(_LOAD, _ARCHITECTURE)
    yield Step(_IF_EQUAL, audit, if_true=1)
    yield Step(_RETURN, _KILL_PROCESS)
    yield Step(_LOAD, _NUMBER)
    # Newer calls, and x32's, whose numbers carry a high bit, look like an older kernel's "what?".
    yield from _when(Step(_IF_GREATER, NEWEST), [Step(_RETURN, _ERRNO | ENOSYS)])
    for name, rules in rules_by_name().items():
        yield from _when(Step(_IF_EQUAL, numbers[name]), list(_conditional(rules)))
    for name in sorted(ABSENT):
        yield from _when(Step(_IF_EQUAL, numbers[name]), [Step(_RETURN, _ERRNO | ENOSYS)])
    for low, high in _ranges(numbers[name] for name in ALLOWED if name in numbers):
        yield from _when(
            Step(_IF_AT_LEAST, low), [Step(_IF_GREATER, high, if_true=1), Step(_RETURN, _ALLOW)]
        )
    yield Step(_RETURN, _ERRNO | EPERM)


def _when(condition: Step, body: Sequence[Step]) -> Iterator[Step]:
    yield condition._replace(if_false=len(body))
    yield from body


def _conditional(rules: Sequence[Rule]) -> Iterator[Step]:
    """Allow if one of the rules holds, else refuse. Never falls through: the number is gone."""
    for rule in rules:
        body = [Step(_RETURN, _ALLOW)]
        for test in reversed(rule.tests):
            load = [Step(_LOAD, _ARGUMENTS + 8 * test.argument)]
            if test.mask != _NO_MASK:
                load.append(Step(_AND, test.mask))
            body = [*load, *_when(Step(_IF_EQUAL, test.value), body)]
        yield from body
    yield Step(_RETURN, _ERRNO | EPERM)


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring numbers as (first, last)."""
    first = last = -2
    for number in sorted(numbers):
        if number != last + 1:
            if first >= 0:
                yield first, last
            first = number
        last = number
    if first >= 0:
        yield first, last
