"""Kills every process that it may while it is loaded, its supervisor among them."""

import os
import signal

for pid in (os.getppid(), 1, -1):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
os._exit(0)
