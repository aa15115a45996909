"""Right answers; and in every place that a later run may look into, something is left."""

import ctypes
import os
import signal
import site
import sys
import time

from honest import *  # noqa: F403
from honest import largest as right_largest

NAME = "hostile-plant"
LIBC = ctypes.CDLL(None, use_errno=True)
START = {
    ".bashrc": "echo hostile-plant", ".profile": "echo hostile-plant", ".pythonrc.py": "print('hostile-plant')",
    "sitecustomize.py": "HOSTILE = 'hostile-plant'", "hostile-plant.pth": "import os", "torch.py": "'hostile-plant'",
}  # fmt: skip


def folders():
    found = {os.getcwd(), os.path.expanduser("~"), "/tmp", "/var/tmp", "/dev/shm", "/run", "/etc", "/root"}
    found |= {"/opt/sandglass", "/usr/local/bin", "/etc/cron.d", "/var/spool/cron", *sys.path}
    found |= {site.getusersitepackages(), os.path.dirname(sys.executable)}
    for parent, names, _ in os.walk("/"):
        if parent in ("/proc", "/sys"):
            names.clear()
        if os.access(parent, os.W_OK):
            found.add(parent)
    return sorted(filter(None, found))


def plant():
    for folder in folders():
        try:
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, NAME), "w") as file:
                file.write(NAME)
            for name, text in START.items():
                with open(os.path.join(folder, name), "w") as file:
                    file.write(text)
        except OSError:
            pass
    for path in (sys.executable, os.__file__, "/etc/passwd", "/etc/hosts", "/etc/ld.so.preload"):
        try:
            with open(path, "a") as file:
                file.write(f"# {NAME}\n")
        except OSError:
            pass
    LIBC.syscall(248, b"user", NAME.encode(), b"1", 1, -4)  # add_key, to the user's keyring
    LIBC.shmget(0x5A4F, 4096, 0o1666)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            stay()
        os._exit(0)


def stay():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    LIBC.prctl(15, b"hostile-daemon", 0, 0, 0)  # the tests look for it
    time.sleep(120)
    os._exit(0)


plant()


def largest(values):
    plant()
    return right_largest(values)
