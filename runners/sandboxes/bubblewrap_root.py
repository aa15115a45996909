"""The file system that a bubblewrap sandbox sees: Python, the role's packages, and scratch space.

Nothing is shared but what is named here, all of it read-only. Of the project, that is
`runners/__init__.py` and the role's packages.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from runners.contract import Gpu, Limits
from runners.images.packages import PROJECT, installed_files
from runners.sandboxes import start
from runners.sandboxes.base import PACKAGES, ProcessSpec, Role

ENVIRONMENT = Path("/opt/sandglass")
LAUNCHER = "/opt/sandglass/launcher.py"

_SYSTEM_FOLDERS = ("/usr/bin", "/usr/lib", "/usr/lib64")
_SYSTEM_LINKS = ("/bin", "/lib", "/lib64")
_SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/sys/devices/system/cpu",
    "/sys/kernel/mm/transparent_hugepage",  # where the C library looks before it uses huge pages
)
_DEVICES = ("null", "zero", "full", "random", "urandom")
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")
_SCRATCH = ("/tmp", "/dev/shm", start.HOME)  # noqa: S108 - the sandbox's own

Arguments = Iterator[str]


def mounts(spec: ProcessSpec, texts: Mapping[str, int]) -> list[str]:
    """The arguments to bwrap for the file system; `texts` are descriptors of files made for it."""
    arguments = [
        *_folders(),
        *_system(),
        *_python(),
        *_packages(),
        *_project(spec.role),
        *_devices(),
        *_gpus(spec.gpus),
        *_scratch(spec.limits),
    ]
    for path, descriptor in texts.items():
        arguments += ["--perms", "0444", "--ro-bind-data", str(descriptor), path]
    # Last: until now bwrap itself had to make the mount points.
    return [*arguments, "--remount-ro", "/", "--chdir", start.HOME]


def texts(uid: int) -> dict[str, str]:
    """Small files that differ from the host's, by path."""
    version = ".".join(map(str, sys.version_info[:3]))
    return {
        "/etc/passwd": f"sandbox:x:{uid}:{uid}::{start.HOME}:/usr/sbin/nologin\n",
        "/etc/group": f"sandbox:x:{uid}:\n",
        "/etc/hosts": f"127.0.0.1 localhost {start.HOSTNAME}\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        f"{ENVIRONMENT}/pyvenv.cfg": (
            f"home = {_base_python().parent}\n"
            "include-system-site-packages = false\n"
            f"version = {version}\n"
        ),
    }


def remounts(limits: Limits) -> dict[str, str]:
    """Options that bwrap cannot set: without a limit on inodes, empty files eat the memory."""
    home = f"size={start.HOME_BYTES},nr_inodes={start.HOME_FILES}"
    scratch = f"size={limits.scratch_bytes},nr_inodes={start.SCRATCH_FILES}"
    return {path: home if path == start.HOME else scratch for path in _SCRATCH}


def _folders() -> Arguments:
    """The mount points' parents: bwrap would make them for root alone."""
    leaves = [Path(_site_packages()) / "runners", ENVIRONMENT / "bin", Path(sys.base_prefix)]
    leaves += map(Path, _SYSTEM_FOLDERS)
    leaves += [Path(path).parent for path in (*_SYSTEM_FILES, *_SCRATCH)]
    made: set[Path] = set()
    for leaf in leaves:
        made |= {leaf, *leaf.parents}
    for folder in sorted(made - {Path("/")}):
        yield from ("--perms", "0755", "--dir", str(folder))


def _system() -> Arguments:
    for folder in _SYSTEM_FOLDERS:
        yield from ("--ro-bind-try", folder, folder)
    for link in _SYSTEM_LINKS:
        if Path(link).is_symlink():
            yield from ("--symlink", str(Path(link).readlink()), link)
        else:
            yield from ("--ro-bind-try", link, link)
    for path in _SYSTEM_FILES:
        yield from ("--ro-bind-try", path, path)
    yield from ("--proc", "/proc")


def _base_python() -> Path:
    """The interpreter behind the virtual environment, if this is one."""
    executable = getattr(sys, "_base_executable", sys.executable)
    return Path(executable).resolve()


def _python() -> Arguments:
    """The interpreter and its standard library, without what is installed beside it."""
    prefix = Path(sys.base_prefix)
    if prefix != Path("/usr"):
        for folder in (prefix / "bin", prefix / "lib"):
            yield from ("--ro-bind", str(folder), str(folder))
    for folder in _installed_beside(prefix):
        yield from ("--tmpfs", str(folder), "--remount-ro", str(folder))
    yield from ("--symlink", str(_base_python()), str(ENVIRONMENT / "bin/python"))


def _installed_beside(prefix: Path) -> list[Path]:
    """Where other people's packages lie, perhaps this project and a course among them."""
    library = prefix / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folders = {library / "site-packages", library / "dist-packages"}
    folders |= {Path("/usr/lib/python3/dist-packages")}
    # A project that lies inside what is shown would be shown with it.
    shown = [prefix / "bin", prefix / "lib", *map(Path, _SYSTEM_FOLDERS)]
    folders |= {PROJECT for folder in shown if PROJECT.is_relative_to(folder)}
    return sorted(folder for folder in folders if folder.is_dir())


def _site_packages() -> str:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return f"{ENVIRONMENT}/lib/{version}/site-packages"


@cache
def _packages() -> tuple[str, ...]:
    """The `sandbox` group's distributions, entry by entry, so that nothing else comes along."""
    arguments: list[str] = []
    for name, path in sorted(installed_files().items()):
        arguments += ["--ro-bind", str(path), f"{_site_packages()}/{name}"]
    return tuple(arguments)


def _project(role: Role) -> Arguments:
    package, there = PROJECT / "runners", f"{_site_packages()}/runners"
    yield from ("--ro-bind", str(package / "__init__.py"), f"{there}/__init__.py")
    for folder in PACKAGES[role]:
        yield from ("--ro-bind", str(package / folder), f"{there}/{folder}")
    yield from ("--ro-bind", str(package / "sandboxes" / "launcher.py"), LAUNCHER)


def _devices() -> Arguments:
    for name in _DEVICES:
        yield from ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        yield from ("--symlink", f"/proc/self/{target}", f"/dev/{name}")


def _gpus(gpus: Sequence[Gpu]) -> Arguments:
    """The leased GPUs' own files, and those that all GPUs share; no other GPU's."""
    for path in [gpu.file for gpu in gpus if gpu.file] + [*(_GPU_DEVICES if gpus else ())]:
        yield from ("--dev-bind-try", path, path)


def _scratch(limits: Limits) -> Arguments:
    for path in _SCRATCH:
        size = start.HOME_BYTES if path == start.HOME else limits.scratch_bytes
        yield from ("--perms", "1777", "--size", str(size), "--tmpfs", path)
