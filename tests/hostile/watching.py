"""Eyes on the real thing: what a sandbox left behind, what memory the trusted side took."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runners.sandboxes.base import ProcessSpec, Role, Sandbox, SandboxProcess
from runners.sandboxes.bubblewrap_process import BubblewrapProcess
from runners.sandboxes.docker import connect
from runners.sandboxes.docker_options import JOB_LABEL
from runners.sandboxes.docker_process import DockerProcess
from runners.sandboxes.pulse import Pulse

_CGROUPS = ("*/docker/{}", "docker/{}", "system.slice/docker-{}.scope")
"""Where a container's control group is, by version and driver."""
_CGROUP_ROOT = Path("/sys/fs/cgroup")
_REMOVED_SECONDS = 10.0
_PROC = Path("/proc")
_DAEMON = "hostile-daemon"
_SAMPLE_SECONDS = 0.04
_KIB = 1024


class WatchedSandbox:
    """A sandbox that remembers whom it started, so that one can look whether they are gone."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.name = sandbox.name
        self._started: list[tuple[Role, str, str]] = []
        self._containers: list[str] = []
        self._volumes = _volumes() if sandbox.name == "docker" else set()

    def start(self, spec: ProcessSpec) -> SandboxProcess:
        """See `Sandbox`."""
        process = self._sandbox.start(spec)
        namespace = ""
        if isinstance(process, BubblewrapProcess):
            namespace = _namespace(_PROC / str(process.init))
        if isinstance(process, DockerProcess) and spec.role is Role.GUEST:
            self._containers.append(process.container)
        self._started.append((spec.role, spec.job, namespace))
        return process

    def describe(self, *, gpu: bool = False) -> dict[str, str]:
        """See `Sandbox`."""
        return self._sandbox.describe(gpu=gpu)

    def watch(self) -> Pulse:
        """See `Sandbox`."""
        return self._sandbox.watch()

    def reap(self, now: float) -> list[str]:
        """See `Sandbox`."""
        return self._sandbox.reap(now)

    def leftovers(self, role: Role) -> list[str]:
        """What of the role's sandboxes should be gone by now, and is not. Forgets them."""
        due = [one for one in self._started if one[0] is role]
        self._started = [one for one in self._started if one[0] is not role]
        namespaces = {namespace for _, _, namespace in due if namespace}
        left = [f"process {pid} ({name})" for pid, name in _processes_in(namespaces)]
        if self.name != "docker":
            return left
        ended, self._containers = self._containers, []
        left += _containers(job for _, job, _ in due) + _control_groups(ended)
        return left + [f"volume {name}" for name in sorted(_volumes() - self._volumes)]


def _containers(jobs: Iterable[str]) -> list[str]:
    client = connect()
    filters = [{"label": f"{JOB_LABEL}={job}"} for job in jobs]
    found = [one for wanted in filters for one in client.containers(all=True, filters=wanted)]
    return [f"container {one['Names']}" for one in found]


def _volumes() -> set[str]:
    return {one["Name"] for one in connect().volumes()["Volumes"] or []}


def _control_groups(containers: Iterable[str]) -> list[str]:
    """Control groups of removed containers. The kernel may need a moment to let go of one."""
    until = time.monotonic() + _REMOVED_SECONDS
    while True:
        places = [place.format(one) for one in containers for place in _CGROUPS]
        left = [str(found) for place in places for found in _CGROUP_ROOT.glob(place)]
        if not left or time.monotonic() > until:
            return left
        time.sleep(_SAMPLE_SECONDS)


def _processes_in(namespaces: set[str]) -> Iterator[tuple[str, str]]:
    """Living processes of these pid namespaces, and the daemons that an entry leaves behind."""
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            name = (folder / "comm").read_text().strip()
            if name == _DAEMON or _namespace(folder) in namespaces:
                yield folder.name, name


def _namespace(process: Path) -> str:
    return str((process / "ns" / "pid").readlink())


class MemoryWatch:
    """The highest memory of the grader's process and of judges, while it is entered."""

    def __init__(self) -> None:
        self.judge_bytes = 0
        self.own_bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        (_PROC / "self" / "clear_refs").write_text("5")  # forget the highest so far
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self.own_bytes = _status(_PROC / "self", "VmHWM")

    def _sample(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            for folder in _judges():
                self.judge_bytes = max(self.judge_bytes, _status(folder, "VmHWM"))


def _judges() -> Iterator[Path]:
    for folder in _PROC.iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and b"runners.judge" in (folder / "cmdline").read_bytes():
                yield folder


def _status(folder: Path, key: str) -> int:
    with contextlib.suppress(OSError):
        for line in (folder / "status").read_text().splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1]) * _KIB
    return 0


def texts(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value
