"""Tries every way out of a sandbox that is known to us. `PROBES` gives what each of them got.

Each runs in a process of its own, so that one that dies or changes something does not disturb the
next. A probe says what it could do; a refusal is an OSError, a negative result, or silence.
"""

import ctypes
import fcntl
import glob
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_NAMESPACES = {
    "mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000,
    "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000,
}  # fmt: skip
PROBES = {}


def way(function):
    PROBES[function.__name__] = function
    return function


def call(number, *arguments):
    """A system call of x86_64 by its number. Raises what it is refused with."""
    result = LIBC.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return f"system call {number} gave {result}"


def calls(*tries):
    """What those of several system calls gave that were not refused."""
    return "; ".join(filter(None, (quietly(call, *arguments) for arguments in tries)))


def quietly(function, *arguments):
    try:
        return function(*arguments)
    except (OSError, ValueError):
        return ""


# The host's doors


@way
def sockets_of_engines():
    names = "docker.sock containerd/containerd.sock podman/podman.sock crio/crio.sock dbus/system_bus_socket"
    found = []
    for name in names.split():
        for folder in ("/run", "/var/run", "/host/run", "/tmp"):
            with socket.socket(socket.AF_UNIX) as line:
                if line.connect_ex(f"{folder}/{name}") == 0:
                    found.append(f"{folder}/{name}")
    return " ".join(found)


@way
def files_of_the_host():
    found = []
    for path in ("/host", "/mnt", "/media", "/root", "/home", "/srv", "/boot", "/lib/modules"):
        found += [f"{path}/{name}" for name in quietly(os.listdir, path) or []]
    own = (os.path.expanduser("~"), sys.base_prefix)  # Python itself may lie in somebody's home
    found = [path for path in found if not any(one.startswith(path) for one in own)]
    for path in ("/etc/shadow", "/etc/sudoers", "/etc/machine-id", "/.dockerenv"):
        found += [path] if quietly(lambda path=path: open(path).read()) else []
    return " ".join(found)


@way
def other_peoples_processes():
    pids = [name for name in os.listdir("/proc") if name.isdigit()]
    owners = {pid: quietly(lambda pid=pid: os.stat(f"/proc/{pid}").st_uid) for pid in pids}
    # The first process hides itself, and the kernel then shows it as root's.
    return " ".join(pid for pid, uid in owners.items() if uid not in (os.getuid(), "") and pid != "1")


@way
def signals_to_other_users():
    found = []
    for pid in (0x7FFF, 2, 3, 100, 1000):
        if quietly(os.kill, pid, 0) is None and quietly(lambda pid=pid: os.stat(f"/proc/{pid}").st_uid) not in (os.getuid(), ""):
            found.append(str(pid))
    return " ".join(found)


# Files of the kernel


@way
def writes_to_sys():
    return writable("/sys")


@way
def writes_to_proc_sys():
    return writable("/proc/sys")


@way
def writes_to_control_groups():
    found = writable("/sys/fs/cgroup")
    for folder, _, _ in os.walk("/sys/fs/cgroup"):
        for path in (f"{folder}/hostile",):
            if quietly(os.mkdir, path) is None:
                found += path
    return found


def writable(root):
    """Files below that take back what they say."""
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = f"{folder}/{name}"
            if os.access(path, os.W_OK) and quietly(write_back, path):
                found.append(path)
    return " ".join(found[:20])


def write_back(path):
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        data = os.read(fd, 4096)
        os.lseek(fd, 0, os.SEEK_SET)
        return os.write(fd, data) > 0
    finally:
        os.close(fd)


@way
def triggers_in_proc():
    found = []
    for path in ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/panic_on_oom",
                 "/proc/sys/kernel/modprobe", "/proc/acpi/wakeup", "/proc/timer_list", "/proc/mtrr"):  # fmt: skip
        fd = quietly(os.open, path, os.O_WRONLY)
        if isinstance(fd, int) and stat.S_ISREG(os.fstat(fd).st_mode):  # or /dev/null lies over it
            found.append(path)
    return " ".join(found)


@way
def memory_of_the_kernel():
    found = []
    for path in ("/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore", "/dev/kmsg", "/proc/kmsg"):
        fd = quietly(os.open, path, os.O_RDONLY | os.O_NONBLOCK)
        if isinstance(fd, int) and quietly(os.pread, fd, 16, 0):
            found.append(path)
    return " ".join(found)


@way
def addresses_of_the_kernel():
    text = quietly(lambda: open("/proc/kallsyms").read(4096))
    return "kallsyms" if any(row.split()[0].strip("0") for row in str(text).splitlines() if row) else ""


@way
def score_of_the_memory_killer():
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-500")
    return "lowered"


# Mounts and roots


@way
def mounts():
    flags = {"bind": 4096, "remount": 32, "private": 1 << 18}
    tries = [(165, b"none", b"/tmp", b"tmpfs", 0, 0), (165, b"proc", b"/tmp", b"proc", 0, 0)]
    tries += [(165, b"/proc", b"/tmp", 0, flags["bind"], 0), (165, b"none", b"/", 0, flags["remount"], 0)]
    tries += [(165, b"none", b"/", 0, flags["private"], 0), (165, b"cgroup", b"/tmp", b"cgroup", 0, b"rdma")]
    return calls(*tries, (166, b"/proc", 2), (166, b"/tmp", 2))


@way
def mounts_the_new_way():
    return calls((428, -100, b"/", 1), (430, b"tmpfs", 0), (432, 3, 0, 0), (429, 3, b"", -100, b"/tmp", 4),
                 (433, -100, b"/", 0), (442, -100, b"/", 0, b"\0" * 32, 32))  # fmt: skip


@way
def chroot():
    return calls((161, b"/tmp"), (161, b"."))


@way
def pivot_root():
    return calls((155, b"/tmp", b"/tmp"), (155, b".", b"."))


@way
def namespaces_by_unshare():
    return " ".join(name for name, flag in NEW_NAMESPACES.items() if quietly(call, 272, flag))


@way
def namespaces_by_clone():
    found = []
    for name, flag in NEW_NAMESPACES.items():
        pid = LIBC.syscall(56, flag | signal.SIGCHLD, 0, 0, 0, 0)
        if pid == 0:
            os._exit(0)
        found += [name] if pid > 0 else []
    return " ".join(found)


@way
def namespaces_by_clone3():
    arguments = struct.pack("8Q", NEW_NAMESPACES["user"], 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    pid = LIBC.syscall(435, arguments, len(arguments))
    if pid == 0:
        os._exit(0)
    return f"process {pid}" if pid > 0 else ""


@way
def namespaces_of_others():
    found = []
    for kind in ("mnt", "net", "pid", "user", "uts", "ipc", "cgroup"):
        fd = quietly(os.open, f"/proc/1/ns/{kind}", os.O_RDONLY)
        found += [kind] if isinstance(fd, int) and quietly(call, 308, fd, 0) else []
    return " ".join(found)


@way
def writes_outside_scratch():
    found = []
    for folder in ("/", "/etc", "/usr", "/usr/bin", "/opt", "/opt/sandglass", "/var", "/run", "/lib", *sys.path):
        path = f"{folder or '.'}/hostile"
        if folder not in ("", "/tmp", os.path.expanduser("~")):
            fd = quietly(os.open, path, os.O_CREAT | os.O_WRONLY)
            found += [path] if isinstance(fd, int) else []
    for path in (sys.executable, os.__file__, "/etc/passwd"):
        fd = quietly(os.open, path, os.O_WRONLY)
        found += [path] if isinstance(fd, int) else []
    return " ".join(found)


@way
def programs_in_scratch():
    found = []
    for folder in ("/tmp", "/dev/shm", os.path.expanduser("~")):
        path = f"{folder}/program"
        with open(path, "wb") as file:
            file.write(b"#!/bin/true\n")
        os.chmod(path, 0o4755)
        pid = os.fork()
        if pid == 0:
            try:
                os.execv(path, [path])
            except OSError:
                os._exit(77)
        found += [path] if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 77 else []
    return " ".join(found)


# Rights


@way
def rights():
    status = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    kinds = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
    found = [name for name in kinds if int(status.get(name, "0"), 16)]
    return " ".join(found + ([] if LIBC.prctl(39, 0, 0, 0, 0) == 1 else ["new privileges by exec"]))


@way
def become_root():
    tries = [lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setreuid(0, 0)]
    tries += [lambda: os.setresuid(0, 0, 0), lambda: os.setresgid(0, 0, 0)]
    found = [str(number) for number, attempt in enumerate(tries) if quietly(attempt) is None]
    return " ".join(found) or ("" if os.getuid() and os.geteuid() else "root")


@way
def take_capabilities():
    header, all_rights = struct.pack("Ii", 0x20080522, 0), b"\xff" * 24
    LIBC.prctl(8, 1, 0, 0, 0)  # PR_SET_KEEPCAPS is allowed, and keeps nothing
    return calls((126, header, all_rights)) + ("ambient" if LIBC.prctl(47, 2, 21, 0, 0) == 0 else "")


@way
def programs_that_make_root():
    found = []
    for folder, names, files in os.walk("/"):
        if folder in ("/proc", "/sys"):
            names.clear()
        for name in files:
            info = quietly(os.lstat, f"{folder}/{name}")
            if info and stat.S_ISREG(info.st_mode) and info.st_mode & (stat.S_ISUID | stat.S_ISGID):
                found.append(f"{folder}/{name}")
    # They do nothing for a process that can gain no privileges.
    return "" if LIBC.prctl(39, 0, 0, 0, 0) == 1 else " ".join(found)


@way
def raised_limits():
    found = []
    for name in ("CORE", "CPU", "FSIZE", "NOFILE", "STACK"):
        number = getattr(resource, f"RLIMIT_{name}")
        _, most = resource.getrlimit(number)
        if most != resource.RLIM_INFINITY and quietly(resource.setrlimit, number, (most, most + 1)) is None:
            found.append(name)
    return " ".join(found)


@way
def real_time_and_priority():
    found = ["nice"] if quietly(os.nice, -5) not in ("", None) else []
    for policy in (os.SCHED_FIFO, os.SCHED_RR):
        found += [str(policy)] if quietly(os.sched_setscheduler, 0, policy, os.sched_param(1)) is None else []
    return " ".join(found)


# Other processes


@way
def trace():
    parent = os.getppid()
    return calls((101, 16, 1, 0, 0), (101, 16, parent, 0, 0), (101, 0x4206, parent, 0, 0), (101, 0, 0, 0, 0))


@way
def memory_of_others():
    local, remote = ctypes.create_string_buffer(16), 0x10000
    mine = struct.pack("PN", ctypes.addressof(local), 16)
    theirs = struct.pack("PN", remote, 16)
    found = calls((310, 1, mine, 1, theirs, 1, 0), (311, 1, mine, 1, theirs, 1, 0), (440, 3, theirs, 1, 4, 0))
    for name in ("mem", "maps", "environ", "auxv", "stack", "syscall", "pagemap"):
        fd = quietly(os.open, f"/proc/1/{name}", os.O_RDONLY)
        if isinstance(fd, int) and quietly(os.read, fd, 16):
            found += f" /proc/1/{name}"
    return found


@way
def descriptors_of_others():
    found = quietly(os.listdir, "/proc/1/fd") or []
    fd = quietly(call, 434, 1, 0)  # pidfd_open is allowed: it gives a handle, and no rights
    number = int(fd.rpartition(" ")[2]) if fd else 3
    return " ".join(found) + calls((438, number, 0, 0), (438, number, 1, 0), (312, 1, os.getpid(), 0, 0, 0))


@way
def keys():
    return calls((248, b"user", b"hostile", b"1", 1, -4), (249, b"user", b"hostile", 0, -4), (250, 0, -3, 0), (250, 1, 0))


# Large surfaces of the kernel


@way
def rings():
    return calls((425, 8, b"\0" * 120), (426, 3, 1, 0, 0, 0, 0), (427, 3, 0, 0, 0), (206, 1, ctypes.byref(ctypes.c_ulong())))


@way
def programs_in_the_kernel():
    return calls((321, 0, struct.pack("IIII", 1, 4, 4, 1) + b"\0" * 112, 128), (321, 5, b"\0" * 128, 128))


@way
def performance_counters():
    return calls((298, struct.pack("II", 1, 120) + b"\0" * 112, 0, -1, -1, 0))


@way
def page_faults():
    fd = quietly(os.open, "/dev/userfaultfd", os.O_RDWR)
    return calls((323, 0), (323, 1)) + (f"descriptor {fd}" if isinstance(fd, int) else "")


@way
def handles_of_files():
    handle = struct.pack("Ii", 128, 0) + b"\0" * 128
    return calls((303, -100, b"/", handle, ctypes.byref(ctypes.c_int()), 0), (304, 3, handle, 0))


@way
def watches():
    return calls((253,), (294, 0), (300, 0, 0), (451, 3, b"\0" * 16, b"\0" * 40, 0))


@way
def modules():
    return calls((175, b"\x7fELF", 4, b""), (313, 0, b"", 0), (176, b"loop", 0))


@way
def another_kernel():
    return calls((246, 0, 0, 0, 0), (320, 0, 0, 0, b"", 0), (169, 0xFEE1DEAD, 672274793, 0, 0))


@way
def settings_of_the_host():
    zeros = b"\0" * 256
    return calls((170, b"hostile", 7), (171, b"hostile", 7), (164, zeros, 0), (227, 0, zeros), (167, b"/tmp/swap", 0),
                 (168, b"/tmp/swap"), (163, b"/tmp/acct"), (179, 0x800002, b"/", 0, zeros), (103, 3, zeros, 256))  # fmt: skip


@way
def clock_of_the_host():
    # To ask with adjtimex is harmless, but a clock's fine state is a channel, and nobody needs it.
    return calls((159, b"\0" * 208), (305, 0, b"\0" * 208))


@way
def load_on_the_host():
    return calls((162,), (306, 3), (153,))


@way
def ports_and_segments():
    return calls((172, 3), (173, 0, 1, 1), (154, 1, b"\0" * 16, 16), (135, 0x0040000), (256, 0, 0, b"", b""))


@way
def old_calls():
    """Calls of other architectures' tables, by number."""
    return calls((0x40000000 + 39,), (0x40000000 + 520, b"", 0, 0), (180,), (183,), (236,), (500,), (1000,))


@way
def objects_between_processes():
    return calls((29, 0, 4096, 0o1600), (68, 0, 0o1600), (64, 0, 1, 0o1600), (240, b"hostile", 0o102, 0o600, 0))


@way
def locks_between_sandboxes():
    found = []
    for path in (sys.executable, os.__file__):
        fd = os.open(path, os.O_RDONLY)
        tries = {"flock": lambda fd=fd: fcntl.flock(fd, fcntl.LOCK_SH), "lockf": lambda fd=fd: fcntl.lockf(fd, fcntl.LOCK_SH)}
        tries["lease"] = lambda fd=fd: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        found += [f"{name} {path}" for name, attempt in tries.items() if quietly(attempt) != ""]
    return " ".join(found)


# Devices and sockets


@way
def devices():
    found = []
    for folder, _, names in os.walk("/dev"):
        for path in (f"{folder}/{name}" for name in names):
            info = quietly(os.stat, path)
            if info and stat.S_ISBLK(info.st_mode):
                found.append(path)
    for name in "kvm fuse net/tun loop-control mapper/control vhost-vsock vhost-net vsock uinput rfkill nvidiactl dri/card0 snapshot console tty0 vda sda".split():
        fd = quietly(os.open, f"/dev/{name}", os.O_RDWR | os.O_NONBLOCK)
        found += [f"/dev/{name}"] if isinstance(fd, int) else []
    return " ".join(found)


@way
def new_devices():
    found = []
    for name, kind, major, minor in (("mem", stat.S_IFCHR, 1, 1), ("disk", stat.S_IFBLK, 254, 0), ("kmsg", stat.S_IFCHR, 1, 11)):
        for folder in ("/tmp", "/dev/shm", "/dev", os.path.expanduser("~")):
            if quietly(os.mknod, f"{folder}/{name}-hostile", kind | 0o666, os.makedev(major, minor)) is None:
                found.append(f"{folder}/{name}")
    return " ".join(found)


@way
def terminals():
    found = []
    for fd in (0, 1, 2):
        found += [f"TIOCSTI {fd}"] if quietly(fcntl.ioctl, fd, 0x5412, b"x") not in ("",) else []
    return " ".join(found)


@way
def sockets():
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)
    allowed = {(1, 1), (1, 2), (1, 5), (2, 1), (2, 2), (10, 1), (10, 2), (16, 2), (16, 3), (1, 3)}
    # Of one machine: local ones, and IP where there is no interface but loopback. Of netlink: routes.
    found = []
    for family in range(1, 46):
        for kind in kinds:
            line = quietly(socket.socket, family, kind)
            if isinstance(line, socket.socket):
                line.close()
                found += [f"{family}/{kind}"] if (family, int(kind)) not in allowed else []
    for protocol in range(1, 23):
        line = quietly(socket.socket, 16, socket.SOCK_RAW, protocol)
        found += [f"netlink {protocol}"] if isinstance(line, socket.socket) else []
    return " ".join(found)


def run(attempt):
    """What a probe gave, from a process of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(5)
        try:
            said = attempt()
        except OSError as error:
            said = "" if error.errno else "?"
        os.write(write, str(said or "").encode()[:2000])
        os._exit(0)
    os.close(write)
    said = b""
    while select.select([read], [], [], 10)[0]:
        piece = os.read(read, 4096)
        if not piece:
            break
        said += piece
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(read)
    # Death by the filter is a refusal; anything else is a probe that is broken.
    return said.decode() if code in (0, -signal.SIGSYS) else f"the probe ended with {code}"


def probe(names):
    return {name: run(PROBES[name]) for name in names}
