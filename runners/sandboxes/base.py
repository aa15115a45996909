"""The one interface of all sandboxes: start a process, speak to it, kill it, learn how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from runners.contract import Gpu, Limits
from runners.sandboxes.pulse import Pulse


class Role(StrEnum):
    """Which part of a run a sandbox holds. The value is the package that it runs."""

    JUDGE = "judge"
    GUEST = "guest"
    SHARED = "shared"
    """Both in one process, for suites that cannot be split: forgeable."""


PACKAGES = {
    Role.JUDGE: ("wire", "judge"),
    Role.GUEST: ("wire", "guest"),
    Role.SHARED: ("wire", "judge", "guest", "shared"),
}
"""All of this project that a sandbox of each role contains."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to start: `python -m runners.<role>`, warm, waiting for its first frame."""

    role: Role
    limits: Limits
    job: str
    deadline: float
    """Unix time after which a reaper may remove whatever is left of it."""
    gpus: tuple[Gpu, ...] = ()
    """GPUs that it has to itself; whoever starts it has leased them."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sandbox ended, as far as its host could see."""

    exit_code: int | None = None
    signal: int | None = None
    out_of_memory: bool = False
    cpu_seconds: float | None = None
    peak_bytes: int | None = None
    stderr: str = ""


class SandboxProcess(Protocol):
    """A started process and its standard input and output, as one byte stream each way."""

    def send(self, data: bytes | memoryview) -> None:
        """Write all of `data`; blocks. Raises `SandboxGone` when the process has ended."""

    def receive(self, size: int) -> bytes:
        """Read up to `size` bytes of standard output; blocks. Empty when it has ended."""

    def kill(self) -> Ending:
        """End it and everything that it started; wakes blocked readers and writers. Idempotent."""


class Sandbox(Protocol):
    """A way to run code that is not trusted."""

    name: str

    def start(self, spec: ProcessSpec) -> SandboxProcess:
        """Start a process. Raises `SandboxError` with what to do when the host cannot."""

    def describe(self, *, gpu: bool = False) -> dict[str, str]:
        """What a receipt records: the image's digest, versions, the sandbox's kind.

        `gpu` asks it of a run with a GPU.
        """

    def watch(self) -> Pulse:
        """Whether what stands between us and its processes answers, while a block runs."""

    def reap(self, now: float, /) -> list[str]:
        """Remove what dead owners left behind, whoever they were; gives its names."""


class SandboxError(Exception):
    """The host cannot run the sandbox. A system fault; the message names the remedy."""


class SandboxGone(SandboxError):  # noqa: N818 - an event, seen as an error only by who waits
    """The process at the other end is no longer there."""
