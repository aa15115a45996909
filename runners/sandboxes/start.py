"""What every sandbox starts, and with which environment: the same in Docker and in bubblewrap."""

from __future__ import annotations

import resource
from collections.abc import Sequence

from runners.contract import Gpu, Limits
from runners.sandboxes.base import Role

PYTHON = "/opt/sandglass/bin/python"
HOME = "/home/sandbox"
HOSTNAME = "sandbox"

HOME_BYTES = 16 * 1024**2
HOME_FILES = 2_000
SCRATCH_FILES = 20_000
OPEN_FILES = 1024
STACK_BYTES = 8 * 1024**2
# Deep recursion may ask for more; threads get the smaller size, or 128 of them would not fit.
STACK_BYTES_MAX = 64 * 1024**2
# For what runs before and after the run's own seconds: importing torch, waiting in the pool.
_EXTRA_CPU_SECONDS = 60

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

# Every check is a fork of a process that holds 200 MB, and what a fork costs is its page tables.
# On huge pages they are small: a fork takes 4 ms instead of 15. Python's own allocator would
# take its memory in pieces too small for that.
FORK_VARIABLES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONMALLOC": "malloc"}


def is_gvisor(runtime: str | None) -> bool:
    """Whether a runtime of this name is gVisor: its program's name, whatever is added to it."""
    return bool(runtime) and str(runtime).startswith("runsc")


def command(role: Role) -> list[str]:
    """The command line of a role."""
    # Not -I: that would also ignore PYTHONMALLOC, and the environment is ours alone anyway.
    return [PYTHON, "-s", "-P", "-B", "-m", f"runners.{role.value}"]


def environment(limits: Limits, gpus: Sequence[Gpu] = ()) -> dict[str, str]:
    """The whole environment: nothing of the host's is passed on.

    A CPU quota is no affinity: without these variables every library starts a thread per core of
    the host, and they then stand in each other's way.
    """
    threads = str(max(1, int(limits.cpus)))
    return {
        "PATH": "/opt/sandglass/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "USER": "sandbox",
        "LOGNAME": "sandbox",
        "TMPDIR": "/tmp",  # noqa: S108 - the sandbox's own
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": "/tmp/mpl",  # noqa: S108
        "XDG_CACHE_HOME": "/tmp/cache",  # noqa: S108
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        **FORK_VARIABLES,
        **dict.fromkeys(THREAD_VARIABLES, threads),
        **gpu_variables(gpus),
    }


def gpu_variables(gpus: Sequence[Gpu]) -> dict[str, str]:
    """What CUDA reads: the leased GPUs and no other."""
    if not gpus:
        return {}
    return {
        "CUDA_VISIBLE_DEVICES": ",".join(gpu.uuid for gpu in gpus),
        # What NVIDIA's container toolkit puts in: CUDA itself, and no graphics or video.
        "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
        # Compiled kernels are kept in a file, and there is no room for them here.
        "CUDA_CACHE_DISABLE": "1",
    }


def resource_limits(limits: Limits) -> dict[str, tuple[int, int]]:
    """Limits that the kernel keeps per process, as Docker names them: (soft, hard)."""
    seconds = int(limits.run_seconds * max(1.0, limits.cpus)) + _EXTRA_CPU_SECONDS
    return {
        "core": (0, 0),
        "cpu": (seconds, seconds),
        "fsize": (limits.scratch_bytes, limits.scratch_bytes),
        "nofile": (OPEN_FILES, OPEN_FILES),
        "stack": (STACK_BYTES, STACK_BYTES_MAX),
    }


RESOURCES: dict[str, int] = {
    "core": resource.RLIMIT_CORE,
    "cpu": resource.RLIMIT_CPU,
    "data": resource.RLIMIT_DATA,
    "fsize": resource.RLIMIT_FSIZE,
    "nofile": resource.RLIMIT_NOFILE,
    "nproc": resource.RLIMIT_NPROC,
    "stack": resource.RLIMIT_STACK,
}
"""The kernel's numbers for the names above."""
