"""The system call policy: one table, two compiled forms that agree, no number wrong."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pytest

from runners.images.bpf import compile_policy
from runners.images.seccomp import ABSENT, ALLOWED, ENOSYS, EPERM, docker_profile, rules_by_name
from runners.images.syscalls import NEWEST, NUMBERS

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

each_machine = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


def run(program: bytes, number: int, arguments: tuple[int, ...] = (), audit: int = 0) -> int:
    """What the kernel would answer: an interpreter for the few instructions that are used."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, audit, 0, *padded)
    steps = list(struct.iter_unpack("=HBBI", program))
    at = accumulator = 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, operand)[0]
        elif code == 0x54:
            accumulator &= operand
        elif code == 0x06:
            return int(operand)
        else:
            tests = {
                0x15: accumulator == operand,
                0x25: accumulator > operand,
                0x35: accumulator >= operand,
            }
            at += if_true if tests[code] else if_false


@each_machine
def test_every_number_gets_the_answer_of_the_table(machine: str) -> None:
    program, numbers = compile_policy(machine), NUMBERS[machine]
    names = {number: name for name, number in numbers.items()}

    for number in range(NEWEST + 1):
        name = names.get(number)
        if name in rules_by_name():
            continue  # answered by its arguments, below
        expected = ALLOW if name in ALLOWED else ERRNO | EPERM
        if name in ABSENT:
            expected = ERRNO | ENOSYS
        assert run(program, number, audit=AUDIT[machine]) == expected, (number, name)


@each_machine
def test_conditional_calls(machine: str) -> None:
    program, numbers = compile_policy(machine), NUMBERS[machine]

    def answer(name: str, *arguments: int) -> bool:
        return run(program, numbers[name], arguments, AUDIT[machine]) == ALLOW

    assert answer("clone", 0x01200011)  # fork
    assert answer("clone", 0x003D0F00)  # a thread
    assert not answer("clone", 0x10000011)  # a user namespace
    assert answer("socket", 1)
    assert answer("socket", 16, 3, 0)
    assert not answer("socket", 16, 3, 9)
    assert not answer("socket", 38)
    assert answer("personality", 0)
    assert not answer("personality", 0x0040000)
    assert answer("fcntl", 0, 1031)
    assert not answer("fcntl", 0, 6)


@each_machine
def test_unknown_numbers_and_foreign_machines(machine: str) -> None:
    program = compile_policy(machine)
    x32_read = 0x40000000

    for number in (NEWEST + 1, 5000, x32_read, 0xFFFFFFFF):
        assert run(program, number, audit=AUDIT[machine]) == ERRNO | ENOSYS
    assert run(program, 0, audit=0x40000003) == KILL  # 32-bit x86


@each_machine
def test_numbers_are_those_of_the_kernel_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    defined = {
        name: int(number)
        for name, number in re.findall(
            r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text()
        )
    }
    defined["newfstatat"] = defined.get("newfstatat", defined.get("fstatat", -1))

    wrong = {
        name: number
        for name, number in NUMBERS[machine].items()
        if name in defined and defined[name] != number
    }
    assert wrong == {}


def test_x86_64_has_a_number_for_every_name() -> None:
    assert set(NUMBERS["x86_64"]) == ALLOWED | ABSENT | set(rules_by_name())


def test_docker_gets_the_same_table() -> None:
    profile = json.loads(docker_profile())
    plain = [entry for entry in profile["syscalls"] if "args" not in entry]

    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert {name for entry in plain for name in entry["names"]} == ALLOWED | ABSENT
    conditional = [entry["names"][0] for entry in profile["syscalls"] if "args" in entry]
    assert set(conditional) == set(rules_by_name())


@pytest.mark.parametrize(
    "name",
    [
        *("ptrace", "process_vm_readv", "kcmp", "pidfd_getfd", "perf_event_open", "keyctl", "bpf"),
        *("io_uring_setup", "userfaultfd", "unshare", "setns", "mount", "chroot", "flock"),
        *("open_by_handle_at", "inotify_add_watch", "clone3"),
    ],
)
def test_dangerous_calls_are_not_in_it(name: str) -> None:
    assert name not in ALLOWED | set(rules_by_name())
