"""What `doctor` finds out about the Docker engine. What it can't find out counts against it."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from runners.contract import Limits
from runners.health import Health, Line
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.start import PYTHON, is_gvisor

if TYPE_CHECKING:
    import docker

_PART = "docker"
_LEAST_API = (1, 41)
# From here on the engine's own defaults keep out the known ways to reach the host's page cache.
# Ours do too; an older engine is worth a word all the same, for runc and containerd come with it.
_OLD_ENGINE = 25
# Before these, runc let a container out: through an open folder of the host (1.1.12), and through
# masked paths that are swapped while it starts (1.2.8, 1.3.3), for which ours lack the means.
_OPEN_RUNC, _SOUND_RUNC, _SOUND_RUNC_1_3 = (1, 1, 12), (1, 2, 8), (1, 3, 3)
_UPSTREAM_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-\d+-g[0-9a-f]+)?")
_MIB = 1024**2
_SMALL = Limits(memory_bytes=256 * _MIB, processes=16, scratch_bytes=8 * _MIB)
_TRY_SECONDS = 60.0
_ANSWER_BYTES = 64 * 1024

# What a container says of its own walls. The forks are more than it may have.
_CONFESSION = """
import json, os, time
lines = open("/proc/self/status").read().splitlines()
held = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
try:
    open("/probe", "w").close()
    root = "writable"
except OSError:
    root = "read-only"
forks = 0
try:
    while forks < MOST:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        forks += 1
except OSError:
    pass
names = [line.split(":")[0].strip() for line in open("/proc/net/dev").read().splitlines()[2:]]
print(json.dumps({"forks": forks, "release": os.uname().release, "root": root, "names": names,
    **{name: held.get(name) for name in ("NoNewPrivs", "Seccomp", "CapBnd", "CapEff", "Uid")}}))
"""


def examine_docker(runtime: str = "") -> Iterator[Line]:
    """The engine, its limits, its runtime, our images, and a container that is tried out."""
    try:
        from runners.sandboxes.docker import connect  # noqa: PLC0415 - its SDK is optional
    except ImportError:
        yield _line("docker", Health.FAIL, "no Docker SDK", "Install the `docker` package.")
        return
    try:
        client = connect()
        info: dict[str, Any] = client.info()
        version: dict[str, Any] = client.version()
    except (SandboxError, OSError) as error:
        yield _line("docker", Health.FAIL, str(error), "Start dockerd, or set DOCKER_HOST.")
        return
    yield engine_line(info, version)
    yield limits_line(info)
    yield runc_line(version)
    yield _users(info)
    yield _runtime(client, runtime)
    images = _images()
    yield images
    if images.health is Health.OK:
        yield _walls(runtime, str(info.get("KernelVersion", "")))


def _line(name: str, health: Health, found: str, remedy: str = "") -> Line:
    return Line(name, health, found, remedy, part=_PART)


def engine_line(info: dict[str, Any], version: dict[str, Any]) -> Line:
    """Whether the engine is new enough, and can filter system calls."""
    name = str(info.get("ServerVersion", "?"))
    found = f"engine {name}, API {version.get('ApiVersion', '?')}, kernel " + str(
        info.get("KernelVersion", "?")
    )
    if _numbers(str(version.get("ApiVersion", ""))) < _LEAST_API:
        remedy = "Upgrade the engine: before API 1.41 a container shares the host's cgroups."
        return _line("docker", Health.FAIL, found, remedy)
    if not any(str(one).startswith("name=seccomp") for one in info.get("SecurityOptions") or []):
        remedy = "Use a kernel and an engine with seccomp: without it, student code is not held."
        return _line("docker", Health.FAIL, f"{found}, no seccomp", remedy)
    if _numbers(name)[:1] < (_OLD_ENGINE,):
        return _line("docker", Health.WARN, f"{found}, seccomp", "Upgrade the engine: it is old.")
    return _line("docker", Health.OK, f"{found}, seccomp")


def limits_line(info: dict[str, Any]) -> Line:
    """Whether the kernel limits what we ask it to."""
    wanted = {
        "MemoryLimit": "memory",
        "SwapLimit": "swap",
        "PidsLimit": "pids",
        "CpuCfsQuota": "cpu",
    }
    lacking = [word for key, word in wanted.items() if not info.get(key)]
    found = f"cgroup v{info.get('CgroupVersion', '1')}, {info.get('CgroupDriver', '?')}"
    if not lacking:
        return _line("limits", Health.OK, f"{found}; memory, swap, pids and cpu are limited")
    health = Health.WARN if lacking == ["swap"] else Health.FAIL
    remedy = "Enable these controllers on the kernel's command line (swapaccount=1 for swap)."
    return _line("limits", health, f"{found}; not limited: {', '.join(lacking)}", remedy)


def runc_line(version: dict[str, Any]) -> Line:
    """Whether runc is one of which a way out is known, where its version can be told."""
    parts = {part["Name"]: str(part["Version"]) for part in version.get("Components") or []}
    found = parts.get("runc", "")
    upstream = _UPSTREAM_VERSION.fullmatch(found)
    if upstream is None:
        # A distribution mends old versions; its number alone does not tell which holes are shut.
        remedy = "" if found else "Look at `docker version`."
        shown = f"runc {found or '?'}; keep it up to date, its number tells nothing"
        return _line("runc", Health.OK if found else Health.WARN, shown, remedy)
    number = tuple(map(int, upstream.groups()[:3]))
    if number < _OPEN_RUNC:
        return _line("runc", Health.FAIL, f"runc {found}: a way out is known", "Upgrade runc.")
    if number < _SOUND_RUNC or (1, 3) <= number < _SOUND_RUNC_1_3:
        return _line("runc", Health.WARN, f"runc {found} has known flaws", "Upgrade runc.")
    return _line("runc", Health.OK, f"runc {found}")


def _users(info: dict[str, Any]) -> Line:
    options = [str(one) for one in info.get("SecurityOptions") or []]
    if any(one.startswith("name=rootless") for one in options):
        return _line("users", Health.OK, "rootless: the engine itself is no root")
    if any(one.startswith("name=userns") for one in options):
        return _line("users", Health.OK, "userns-remap: root inside is nobody outside")
    return _line("users", Health.OK, "rootful; inside, sandboxes are users 65532 and 65533")


def _runtime(client: docker.APIClient, wanted: str) -> Line:
    from runners.sandboxes.docker import runtimes  # noqa: PLC0415 - as above

    try:
        known = runtimes(client)
    except SandboxError as error:
        return _line("runtime", Health.FAIL, str(error), "Look at the engine's log.")
    if wanted and wanted not in known:
        remedy = f"Install {wanted} and name it in /etc/docker/daemon.json, or unset the runtime."
        return _line("runtime", Health.FAIL, f"no {wanted}, only {', '.join(known)}", remedy)
    if wanted:
        return _line("runtime", Health.OK, f"{wanted}, of {', '.join(known)}")
    others = f"; also there: {', '.join(known[1:])}" if known[1:] else ""
    return _line("runtime", Health.OK, f"{known[0] if known else '?'}, the default{others}")


def _images() -> Line:
    from runners.sandboxes.docker import BUILD_REMEDY, DockerSandbox  # noqa: PLC0415 - as above

    try:
        facts = DockerSandbox().describe()
    except SandboxError as error:
        return _line("images", Health.FAIL, str(error), f"{BUILD_REMEDY.capitalize()}.")
    ids = [f"{role.value} {facts[f'{role.value}_image'][7:19]}" for role in Role]
    return _line("images", Health.OK, f"{', '.join(ids)}; made from this code")


def _walls(runtime: str, kernel: str) -> Line:
    """Start a guest's container and have it say what holds it: flags can be asked for in vain."""
    remedy = "Look at the engine's log; another engine, kernel or runtime may hold them."
    try:
        said = json.loads(_confess(runtime))
    except (SandboxError, ValueError) as error:
        return _line("walls", Health.FAIL, f"a container cannot be tried out: {error}", remedy)
    if gaps := walls_missing(said, kernel if is_gvisor(runtime) else None):
        found = f"a container is held without: {', '.join(gaps)}"
        return _line("walls", Health.FAIL, found, remedy)
    return _line("walls", Health.OK, "tried in a container: each holds")


def walls_missing(said: dict[str, Any], host_kernel: str | None) -> list[str]:
    """Which walls a container that said this of itself does not have.

    `host_kernel` is given for gVisor, which keeps calls from the host's kernel by being another.
    """
    no_rights = {name: set(str(said.get(name))) == {"0"} for name in ("CapBnd", "CapEff")}
    holds = {
        "no capabilities": all(no_rights.values()),
        "a user of its own": str(said.get("Uid", "")).split() == ["65532"] * 4,
        "a read-only root": said.get("root") == "read-only",
        "no network": said.get("names") in (["lo"], []),
    }
    if host_kernel is None:
        holds["a limit of processes"] = 0 < int(said.get("forks") or 0) < _SMALL.processes
        holds["no new privileges"] = said.get("NoNewPrivs") == "1"
        holds["filtered system calls"] = said.get("Seccomp") == "2"
    else:
        holds["another kernel"] = said.get("release") not in (None, host_kernel)
    return [name for name, held in holds.items() if not held]


def _confess(runtime: str) -> bytes:
    from runners.sandboxes.docker import DockerSandbox  # noqa: PLC0415 - as above

    # gVisor's own processes are counted too, and it ends the sandbox where there are too many.
    most = 0 if is_gvisor(runtime) else 4 * _SMALL.processes
    command = [PYTHON, "-ISBc", f"MOST = {most}{_CONFESSION}"]
    sandbox = DockerSandbox(runtime=runtime or None, command=command)
    deadline = time.time() + _TRY_SECONDS
    process = sandbox.start(ProcessSpec(Role.GUEST, _SMALL, "doctor", deadline))
    with contextlib.ExitStack() as stack:
        stack.callback(process.kill)
        return _line_of(process.receive)


def _line_of(receive: Callable[[int], bytes]) -> bytes:
    said = b""
    while b"\n" not in said and len(said) < _ANSWER_BYTES:
        chunk = receive(_ANSWER_BYTES)
        if not chunk:
            break
        said += chunk
    return said


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
