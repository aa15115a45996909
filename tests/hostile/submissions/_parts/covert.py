"""Channels between two sandboxes of one host: how one speaks on each, and how another one hears."""

import ctypes
import errno
import fcntl
import glob
import os
import socket
import struct
import sys
import sysconfig
import time

NAME = "hostile-covert"
KEY = 0x5A4E
LIBC = ctypes.CDLL(None, use_errno=True)
ADD_KEY, KEYCTL = 248, 250  # of x86_64; without them the kernel says that there is no such call
SESSION_KEYRINGS = (-1, -2, -3, -4, -5)
HELD = []


def shared_files():
    """Read-only files that every sandbox of this host sees as the same ones."""
    library = sysconfig.get_paths()["stdlib"]
    found = [sys.executable, f"{library}/os.py", f"{library}/this.py", "/etc/passwd", "/usr/bin/env"]
    found += glob.glob("/usr/lib/x86_64-linux-gnu/libc.so.6") + ["/dev/null", "/dev/urandom", "/proc"]
    return [path for path in found if os.path.exists(path)]


def open_again(seconds):
    """Open the shared files again and again, for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in shared_files():
            fd = attempt(os.open, path, os.O_RDONLY)
            if not path.startswith(("/dev", "/proc")):
                attempt(os.read, fd, 16)
            attempt(os.close, fd)
        time.sleep(0.1)


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except OSError as error:
        return error.errno


def speak():
    for path in shared_files():
        fd = attempt(os.open, path, os.O_RDONLY)
        HELD.append(fd)
        attempt(fcntl.flock, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        attempt(fcntl.lockf, fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        attempt(fcntl.fcntl, fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        attempt(fcntl.fcntl, fd, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))  # F_OFD_SETLK
        attempt(os.utime, path, (KEY, KEY))
        attempt(os.setxattr, path, "user." + NAME, b"1")
    for ring in SESSION_KEYRINGS:
        LIBC.syscall(ADD_KEY, b"user", NAME.encode(), b"1", 1, ring)
    LIBC.shmget(KEY, 4096, 0o1666)
    LIBC.msgget(KEY, 0o1666)
    LIBC.semget(KEY, 1, 0o1666)
    for queue in (f"/{NAME}", NAME):
        LIBC.mq_open(queue.encode(), os.O_CREAT | os.O_RDWR, 0o666, None)
    for folder in ("/tmp", "/dev/shm", "/dev/mqueue", "/var/tmp", "/run", os.path.expanduser("~")):
        attempt(lambda: open(f"{folder}/{NAME}", "w").close())
    for family, address in addresses():
        line = attempt(socket.socket, family)
        if isinstance(line, socket.socket):
            HELD.append(line)
            attempt(line.bind, address)
            attempt(line.listen)
    attempt(socket.sethostname, NAME)
    LIBC.prctl(15, NAME.encode(), 0, 0, 0)
    for path in ("kernel/domainname", "kernel/core_pattern", "vm/drop_caches", "kernel/sem"):
        attempt(lambda: open(f"/proc/sys/{path}", "w").write(NAME))


def addresses():
    yield socket.AF_UNIX, f"\0{NAME}"
    yield socket.AF_UNIX, f"/tmp/{NAME}.sock"
    yield socket.AF_UNIX, f"/dev/shm/{NAME}.sock"
    yield socket.AF_INET, ("0.0.0.0", KEY)
    yield socket.AF_INET6, ("::", KEY)
    for place in (0xFFFFFFFF, 1, 2, 3):
        yield socket.AF_VSOCK, (place, KEY)


def hear_locks():
    """A lock of the other's is in the way, or is listed."""
    found = []
    for path in shared_files():
        fd = os.open(path, os.O_RDONLY)
        busy = (errno.EAGAIN, errno.EACCES)
        if attempt(fcntl.flock, fd, fcntl.LOCK_EX | fcntl.LOCK_NB) in busy:
            found.append(f"flock {path}")
        wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
        for command in (fcntl.F_GETLK, 36):  # F_OFD_GETLK
            answer = attempt(fcntl.fcntl, fd, command, wanted)
            if isinstance(answer, bytes) and struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK:
                found.append(f"lock {path}")
        if attempt(fcntl.fcntl, fd, fcntl.F_GETLEASE) == fcntl.F_RDLCK:
            found.append(f"lease {path}")
        if attempt(os.getxattr, path, "user." + NAME) == b"1":
            found.append(f"attribute {path}")
    # Locks of the host are listed there too: only those on shared files could be the other's.
    known = [os.stat(path) for path in shared_files() if not path.startswith(("/dev", "/proc"))]
    files = {f"{os.major(it.st_dev):02x}:{os.minor(it.st_dev):02x}:{it.st_ino}" for it in known}
    listed = attempt(lambda: open("/proc/locks").read().splitlines())
    rows = listed if isinstance(listed, list) else []
    return found + [row for row in rows if row.split()[-3] in files]


def hear_objects():
    """Objects of the kernel that have names: keys, queues, segments."""
    found = [f"key in {ring}" for ring in SESSION_KEYRINGS if key_in(ring)]
    calls = {"shmget": (KEY, 0, 0), "msgget": (KEY, 0), "semget": (KEY, 0, 0)}
    found += [name for name, numbers in calls.items() if getattr(LIBC, name)(*numbers) >= 0]
    found += [queue for queue in (f"/{NAME}", NAME) if LIBC.mq_open(queue.encode(), os.O_RDONLY) >= 0]
    keys = attempt(lambda: open("/proc/keys").read())
    found += ["/proc/keys"] if NAME in str(keys) else []
    for path in glob.glob("/proc/sysvipc/*"):
        rows = attempt(lambda path=path: open(path).read().splitlines()[1:])
        found += rows if isinstance(rows, list) else []
    return found


def key_in(ring):
    return LIBC.syscall(KEYCTL, 10, ring, b"user", NAME.encode(), 0) > 0  # KEYCTL_SEARCH


def hear_sockets():
    found = []
    for family, address in addresses():
        line = attempt(socket.socket, family)
        if isinstance(line, socket.socket):
            with line:
                line.settimeout(0.2)
                target = ("127.0.0.1", KEY) if address == ("0.0.0.0", KEY) else address
                target = ("::1", KEY) if address == ("::", KEY) else target
                if attempt(line.connect, target) is None:
                    found.append(f"socket {address!r}")
    listed = attempt(lambda: open("/proc/net/unix").read())
    return found + (["/proc/net/unix"] if NAME in str(listed) else [])


def hear_files():
    """A file of the other's, a time that it set, a watch over what it opens."""
    found = []
    for folder in ("/tmp", "/dev/shm", "/dev/mqueue", "/var/tmp", "/run", os.path.expanduser("~")):
        names = attempt(os.listdir, folder)
        found += [f"{folder}/{NAME}"] if isinstance(names, list) and NAME in names else []
    found += [path for path in shared_files() if os.stat(path).st_mtime == KEY]
    return found + opened_by_another()


def opened_by_another():
    """Shared files that the other one opens while we watch them, where there are watches."""
    watch = LIBC.inotify_init1(os.O_NONBLOCK)
    if watch < 0:
        return []
    for path in shared_files():
        if not path.startswith(("/dev", "/proc")):
            LIBC.inotify_add_watch(watch, path.encode(), 0x21)  # accessed, opened
    time.sleep(0.5)
    events = attempt(os.read, watch, 4096)
    return ["an opened file"] if isinstance(events, bytes) else []


def hear_processes():
    found = [NAME] if socket.gethostname() == NAME else []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        name = attempt(lambda pid=pid: open(f"/proc/{pid}/comm").read().strip())
        found += [f"process {pid}"] if name == NAME[:15] else []
    for path in ("kernel/domainname", "kernel/core_pattern", "kernel/hostname"):
        text = attempt(lambda path=path: open(f"/proc/sys/{path}").read())
        found += [path] if NAME in str(text) else []
    return found
