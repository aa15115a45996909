"""Which GPUs this host has, and leases of whole ones: no two submissions ever share a device.

A lease is a lock on a file that is named for the GPU's UUID. The kernel keeps it: it ends with the
process that holds it, however that ends, and nothing is left to tidy up.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from runners.contract import Gpu
from runners.sandboxes.base import SandboxError

Find = Callable[[], tuple[Gpu, ...]]

FOLDER = Path(tempfile.gettempdir()) / "sandglass-gpus"
"""Where every user of this host finds the same locks."""
PATIENCE = 600.0
"""Seconds that a run waits for a GPU that another one has."""
_QUERY = ["nvidia-smi", "--query-gpu=uuid,name,driver_version", "--format=csv,noheader"]
_QUERY_SECONDS = 10.0
_KERNEL = Path("/proc/driver/nvidia/gpus")
_UUID = re.compile(r"GPU-[0-9a-f-]{8,64}")
_FIELDS = 3
_LOOK_AGAIN = 0.2


def find_gpus() -> tuple[Gpu, ...]:
    """The whole GPUs that the NVIDIA driver shows here; none where there is no driver."""
    if shutil.which(_QUERY[0]) is None:
        return ()
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(  # noqa: S603 - a fixed command
            _QUERY, capture_output=True, text=True, check=False, timeout=_QUERY_SECONDS
        )
        if done.returncode == 0:
            return parse_gpus(done.stdout, device_files(_KERNEL))
    return ()


def parse_gpus(listed: str, files: dict[str, str]) -> tuple[Gpu, ...]:
    """What `nvidia-smi` printed, with the device files by UUID; other lines are left out."""
    rows = [[field.strip() for field in line.split(",")] for line in listed.splitlines()]
    return tuple(
        Gpu(uuid=row[0], name=row[1], driver=row[2], file=files.get(row[0], ""))
        for row in rows
        if len(row) == _FIELDS and _UUID.fullmatch(row[0])
    )


def device_files(kernel: Path) -> dict[str, str]:
    """The device file of each GPU by its UUID, as the driver tells below /proc."""
    files = {}
    for page in sorted(kernel.glob("*/information")):
        with contextlib.suppress(OSError):
            facts = dict(
                line.split(":", 1) for line in page.read_text().splitlines() if ":" in line
            )
            uuid, minor = facts.get("GPU UUID", "").strip(), facts.get("Device Minor", "").strip()
            if minor.isdigit():
                files[uuid] = f"/dev/nvidia{minor}"
    return files


class Gpus:
    """The GPUs of this host, leased to one run at a time."""

    def __init__(self, folder: Path | None = None, find: Find = find_gpus) -> None:
        """`folder` holds the locks; all who share the GPUs must name the same one."""
        self._folder = folder or FOLDER
        self._find = find

    @contextlib.contextmanager
    def lease(
        self, count: int, *, needed: bool, patience: float = PATIENCE
    ) -> Iterator[tuple[Gpu, ...]]:
        """`count` GPUs for one run; none where this host has too few and the run can do without.

        Waits while others have them. Raises `SandboxError` where it cannot give what is needed.
        """
        if count == 0 or (not needed and len(self._find()) < count):
            yield ()
            return
        with contextlib.ExitStack() as held:
            yield self._wait(held, count, time.monotonic() + patience)

    def free(self) -> list[Gpu]:
        """Those that nobody holds now. Raises `SandboxError` where locks cannot be made."""
        found = []
        for gpu in self._find():
            with contextlib.ExitStack() as held:
                if self._take(held, gpu):
                    found.append(gpu)
        return found

    def _wait(self, held: contextlib.ExitStack, count: int, until: float) -> tuple[Gpu, ...]:
        known = self._find()
        if len(known) < count:
            raise SandboxError(
                f"The homework needs {count} GPU(s) and this host has {len(known)}: run it where "
                'they are, or declare without_gpu = "cpu".'
            )
        while True:
            with contextlib.ExitStack() as trying:
                taken = self._take_some(trying, known, count)
                if len(taken) == count:
                    held.push(trying.pop_all())
                    return taken
            if time.monotonic() > until:
                raise SandboxError("Other runs have had all GPUs of this host for too long.")
            time.sleep(_LOOK_AGAIN)

    def _take_some(
        self, held: contextlib.ExitStack, known: Sequence[Gpu], count: int
    ) -> tuple[Gpu, ...]:
        """As many as are free, up to `count`. Who gets too few gives them back at once."""
        taken: list[Gpu] = []
        for gpu in known:
            if len(taken) < count and self._take(held, gpu):
                taken.append(gpu)
        return tuple(taken)

    def _take(self, held: contextlib.ExitStack, gpu: Gpu) -> bool:
        """Lock one GPU until `held` is left, if nobody else has it."""
        try:
            lock = _open_lock(self._folder, gpu.uuid)
        except OSError as error:
            raise SandboxError(f"No lock can be made in {self._folder}: {error}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        held.callback(os.close, lock)
        return True


def _open_lock(folder: Path, uuid: str) -> int:
    """The lock's file, made if need be, for every user of this host to lock. Follows no link."""
    path, flags = folder / f"{uuid}.lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(FileNotFoundError):
        return os.open(path, flags)
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o1777)
    try:
        made = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        return os.open(path, flags)
    os.fchmod(made, 0o666)
    return made
