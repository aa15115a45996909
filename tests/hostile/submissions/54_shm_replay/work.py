"""Each call looks for the memory, sockets and processes of earlier ones; a find is the prize."""

import ctypes
import os
import signal
import socket
import time
from multiprocessing import shared_memory

from prize import prize

NAME = "hostile-replay"
KEY = 0x5A4D
LIBC = ctypes.CDLL(None, use_errno=True)
HELD = []


def attached():
    try:
        memory = shared_memory.SharedMemory(NAME)
        return [f"shared memory {bytes(memory.buf[:4])}"]
    except OSError:
        return []


def system_v():
    found = [f"shmget {LIBC.shmget(KEY, 0, 0)}"] if LIBC.shmget(KEY, 0, 0) >= 0 else []
    return found + ([f"msgget {KEY}"] if LIBC.msgget(KEY, 0) >= 0 else [])


def answering():
    found = []
    for address in (f"\0{NAME}", f"/tmp/{NAME}.sock", f"/dev/shm/{NAME}.sock"):
        with socket.socket(socket.AF_UNIX) as line:
            if line.connect_ex(address) == 0:
                found.append(f"socket {address!r}")
    with socket.socket() as line:
        line.settimeout(0.5)
        if line.connect_ex(("127.0.0.1", KEY)) == 0:
            found.append("port")
    return found


def living():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if open(f"/proc/{pid}/comm").read().strip() == NAME[:15] and int(pid) != os.getpid():
                found.append(f"process {pid}")
            for fd in os.listdir(f"/proc/{pid}/fd"):
                if NAME in os.readlink(f"/proc/{pid}/fd/{fd}"):
                    found.append(f"descriptor {pid}/{fd}")
        except OSError:
            pass
    return found


def leave():
    try:
        memory = shared_memory.SharedMemory(NAME, create=True, size=4096)
        memory.buf[:4] = b"seen"
        HELD.append(memory)
    except OSError:
        pass
    LIBC.shmget(KEY, 4096, 0o1666)
    LIBC.msgget(KEY, 0o1666)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            keep()
        os._exit(0)


def keep():
    """A process that outlives its check, if anything may: deaf, and holding all of it."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    LIBC.prctl(15, NAME[:15].encode(), 0, 0, 0)
    for family, address in (
        (socket.AF_UNIX, f"\0{NAME}"),
        (socket.AF_UNIX, f"/tmp/{NAME}.sock"),
        (socket.AF_INET, ("127.0.0.1", KEY)),
    ):
        try:
            line = socket.socket(family)
            line.bind(address)
            line.listen()
            HELD.append(line)
        except OSError:
            pass
    HELD.append(os.memfd_create(NAME))
    time.sleep(60)
    os._exit(0)


def remember():
    found = attached() + system_v() + answering() + living()
    leave()
    time.sleep(0.1)
    return found


for name in ("largest", "reverse", "is_sorted", "squares", "apply"):
    globals()[name] = prize(name, remember)
