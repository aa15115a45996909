"""Every flag that a container is created with, and why it is there."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from docker.types import DeviceRequest, LogConfig, Ulimit

from runners.images.seccomp import docker_profile
from runners.sandboxes import start
from runners.sandboxes.base import ProcessSpec, Role

JOB_LABEL = "sandglass.job"
ROLE_LABEL = "sandglass.role"
DEADLINE_LABEL = "sandglass.deadline"
GPU_LABEL = "sandglass.gpu."
"""With a GPU's UUID behind it."""

_STUDENTS, _OURS = "65532:65532", "65533:65533"
USERS = {Role.GUEST: _STUDENTS, Role.SHARED: _STUDENTS, Role.JUDGE: _OURS}
# When the host runs short of memory, a guest goes first and the worker never.
_OOM_SCORES = {Role.GUEST: 800, Role.SHARED: 800, Role.JUDGE: 400}
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_MAX_JOB_IN_NAME = 60
_GVISORS_THREADS, _GVISORS_BYTES = 256, 512 * 1024**2
_TMPFS = "rw,nosuid,nodev,noexec"


@dataclass(frozen=True, slots=True)
class Engine:
    """What the options depend on besides the process: the host's configuration."""

    cgroup_namespaces: bool = True
    """False for engines or kernels that cannot give a container its own."""
    runtime: str | None = None
    """`runsc` for gVisor; None for the engine's default."""
    cpuset: str | None = None
    """Cores that sandboxes may use (`"2-5"`); None for any."""


def container_name(spec: ProcessSpec) -> str:
    """A name that a person can read and that is never taken."""
    job = _NOT_IN_A_NAME.sub("-", spec.job)[:_MAX_JOB_IN_NAME]
    return f"sandglass-{job}-{spec.role.value}-{secrets.token_hex(6)}"


def labels(spec: ProcessSpec) -> dict[str, str]:
    """How a reaper that knows nothing of this worker finds the container."""
    return {
        JOB_LABEL: spec.job,
        ROLE_LABEL: spec.role.value,
        DEADLINE_LABEL: f"{spec.deadline:.0f}",
        **{f"{GPU_LABEL}{gpu.uuid}": "leased" for gpu in spec.gpus},
    }


def container_options(spec: ProcessSpec, image: str, command: list[str]) -> dict[str, Any]:
    """The container's own half of the options: what runs in it."""
    return {
        "image": image,
        "command": command,
        "entrypoint": [],
        "name": container_name(spec),
        "labels": labels(spec),
        "environment": start.environment(spec.limits, spec.gpus),
        "user": USERS[spec.role],
        "hostname": start.HOSTNAME,
        "working_dir": start.HOME,
        "stdin_open": True,
        # One stdin, for the one connection that is attached before the start.
        "detach": False,
        "tty": False,
        "healthcheck": {"test": ["NONE"]},
        "stop_signal": "SIGKILL",
    }


def host_options(spec: ProcessSpec, engine: Engine) -> dict[str, Any]:
    """The host's half of the options: what holds it in."""
    options: dict[str, Any] = {
        # An init of Docker's would take number 1, which nobody inside can kill, from our guest.
        "init": False,
        "network_mode": "none",
        "extra_hosts": {start.HOSTNAME: "127.0.0.1"},
        "read_only": True,
        "tmpfs": _scratch(spec),
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true", f"seccomp={docker_profile()}"],
        "restart_policy": {"Name": "no"},
        "log_config": LogConfig(type=LogConfig.types.NONE),
        "oom_score_adj": _OOM_SCORES[spec.role],
        **_isolation(engine),
        **_quotas(spec, engine),
    }
    if engine.cpuset:
        options["cpuset_cpus"] = engine.cpuset
    if spec.gpus:
        # By UUID: a number may name another GPU after the next start of the host.
        uuids = [gpu.uuid for gpu in spec.gpus]
        request = DeviceRequest(driver="nvidia", device_ids=uuids, capabilities=[["gpu"]])
        options["device_requests"] = [request]
    return options


def _isolation(engine: Engine) -> dict[str, Any]:
    # "none" is "private" without Docker's own /dev/shm, which has no limit on inodes; ours does.
    options: dict[str, Any] = {"ipc_mode": "none"}
    if engine.cgroup_namespaces:
        options["cgroupns"] = "private"
    if engine.runtime:
        options["runtime"] = engine.runtime
    return options


def _quotas(spec: ProcessSpec, engine: Engine) -> dict[str, Any]:
    limits = spec.limits
    # gVisor's own threads and memory (it keeps the files that are read) are counted with those of
    # what it runs, and where it gets no more of them the whole sandbox ends.
    threads, held = (
        (_GVISORS_THREADS, _GVISORS_BYTES) if start.is_gvisor(engine.runtime) else (0, 0)
    )
    memory = limits.memory_bytes + held
    return {
        "mem_limit": memory,
        # The same number for memory and swap together is: no swap.
        "memswap_limit": memory,
        "pids_limit": limits.processes + threads,
        "nano_cpus": int(limits.cpus * 1_000_000_000),
        "ulimits": [
            Ulimit(name=name, soft=soft, hard=hard)
            for name, (soft, hard) in start.resource_limits(limits).items()
        ],
    }


def _scratch(spec: ProcessSpec) -> dict[str, str]:
    uid, _, gid = USERS[spec.role].partition(":")
    owner = f"uid={uid},gid={gid},mode=0700"
    shared = f"{_TMPFS},size={spec.limits.scratch_bytes},nr_inodes={start.SCRATCH_FILES},mode=1777"
    return {
        "/tmp": shared,  # noqa: S108 - the sandbox's own
        "/dev/shm": shared,  # noqa: S108
        start.HOME: f"{_TMPFS},size={start.HOME_BYTES},nr_inodes={start.HOME_FILES},{owner}",
    }
