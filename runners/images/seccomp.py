"""Which system calls a sandbox may make: the one table behind both of its compiled forms.

Written as what is allowed, so that a call which nobody thought of is refused. `docker_profile`
turns the table into Docker's JSON, `bpf.py` into the filter that bubblewrap's launcher loads.
What is left out on purpose, and why:

- reading other processes: ptrace, process_vm_*, process_madvise, kcmp, pidfd_getfd;
- more rights or another view: unshare, setns, the mount family, chroot, clone with namespaces;
- ways around path checks: name_to_handle_at, open_by_handle_at;
- large kernel surfaces that no homework needs: io_uring, bpf, perf, userfaultfd, keyrings, AIO,
  SysV and POSIX message queues, splice and its family, modules, clocks, swap, quotas;
- channels between two sandboxes that share read-only files: flock and fcntl locks, leases,
  inotify, fanotify, cachestat;
- load on the whole host: sync, syncfs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

EPERM = 1
ENOSYS = 38

_WHOLE = 0xFFFF_FFFF

_FILES = """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat openat2
    creat close close_range lseek stat fstat lstat newfstatat statx access faccessat faccessat2
    readlink readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat
    rename renameat renameat2 link linkat symlink symlinkat mknod mknodat chmod fchmod fchmodat
    fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat truncate ftruncate
    fallocate fadvise64 readahead fsync fdatasync sync_file_range umask statfs fstatfs sendfile
    copy_file_range dup dup2 dup3 pipe pipe2 ioctl getxattr lgetxattr fgetxattr listxattr
    llistxattr flistxattr
"""
_MEMORY = """
    mmap mprotect munmap mremap msync mincore madvise brk mlock mlock2 munlock mlockall munlockall
    memfd_create membarrier mseal map_shadow_stack get_mempolicy
"""
_PROCESSES = """
    fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill pidfd_open
    pidfd_send_signal getpid getppid gettid getpgid setpgid getpgrp getsid setsid prctl arch_prctl
    set_tid_address set_robust_list get_robust_list rseq restart_syscall uname sysinfo getrlimit
    setrlimit prlimit64 getrusage times getpriority setpriority getcpu getrandom sched_yield
    sched_setaffinity sched_getaffinity sched_setparam sched_getparam sched_setscheduler
    sched_getscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
    sched_setattr sched_getattr
"""
# Harmless without capabilities; landlock and seccomp let a guest narrow its own forks further.
_IDENTITY = """
    getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid
    setresuid setresgid setgroups setfsuid setfsgid capget capset seccomp landlock_create_ruleset
    landlock_add_rule landlock_restrict_self
"""
_SIGNALS = """
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo
    rt_sigsuspend rt_tgsigqueueinfo sigaltstack signalfd signalfd4 pause alarm getitimer setitimer
"""
_TIME = """
    time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep timer_create
    timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime
    timerfd_gettime
"""
_WAITING = """
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait
    epoll_pwait2 eventfd eventfd2 futex futex_waitv futex_wait futex_wake futex_requeue
"""
# There is no network but the sandbox's own loopback; torch.distributed joins its ranks there.
_SOCKETS = """
    bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt
    sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg
"""

ALLOWED: frozenset[str] = frozenset(
    (_FILES + _MEMORY + _PROCESSES + _IDENTITY + _SIGNALS + _TIME + _WAITING + _SOCKETS).split()
)
"""Calls that are allowed whatever their arguments."""

ABSENT: frozenset[str] = frozenset({"clone3"})
"""Calls that answer "not in this kernel". clone3 passes its flags by pointer, where no filter can
look; told that it does not exist, glibc uses clone."""


@dataclass(frozen=True, slots=True)
class Test:
    """True when the argument's lower 32 bits, masked, are `value`."""

    argument: int
    value: int
    mask: int = _WHOLE


@dataclass(frozen=True, slots=True)
class Rule:
    """Allows `name` when all tests hold; the rules of one name are alternatives."""

    name: str
    tests: tuple[Test, ...]


_NEW_NAMESPACES = 0x7E02_0000  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_NETLINK_ROUTE = 0
# Duplicates, flags, owners, pipe sizes, seals: everything but locks, leases and notifications.
_FCNTL = (0, 1, 2, 3, 4, 8, 9, 10, 11, 15, 16, 1028, 1030, 1031, 1032, 1033, 1034)


def _one_of(name: str, argument: int, values: tuple[int, ...]) -> tuple[Rule, ...]:
    return tuple(Rule(name, (Test(argument, value),)) for value in values)


RULES: tuple[Rule, ...] = (
    Rule("clone", (Test(0, 0, _NEW_NAMESPACES),)),
    # 0 is plain Linux, all ones asks which one it is; others switch address randomisation off.
    *_one_of("personality", 0, (0, 0xFFFF_FFFF)),
    *_one_of("socket", 0, (_AF_UNIX, _AF_INET, _AF_INET6)),
    # getifaddrs asks the kernel over netlink, and gloo asks getifaddrs for the loopback device.
    Rule("socket", (Test(0, _AF_NETLINK), Test(2, _NETLINK_ROUTE))),
    *_one_of("socketpair", 0, (_AF_UNIX,)),
    *_one_of("fcntl", 1, _FCNTL),
)
"""Calls that are allowed for some arguments only."""


def rules_by_name() -> dict[str, list[Rule]]:
    """The conditional rules, grouped by system call."""
    grouped: dict[str, list[Rule]] = {}
    for rule in RULES:
        grouped.setdefault(rule.name, []).append(rule)
    return grouped


@cache
def docker_profile() -> str:
    """The profile as JSON, for `seccomp=<this>`."""
    return json.dumps(_profile(), separators=(",", ":"), sort_keys=True)


def _profile() -> dict[str, Any]:
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": EPERM,
        # No sub-architectures: a 32-bit or x32 call is not filtered but fatal.
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": [
            {"names": sorted(ALLOWED), "action": "SCMP_ACT_ALLOW"},
            {"names": sorted(ABSENT), "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS},
            *(_conditional(rule) for rule in RULES),
        ],
    }


def _conditional(rule: Rule) -> dict[str, Any]:
    return {
        "names": [rule.name],
        "action": "SCMP_ACT_ALLOW",
        "args": [_argument(test) for test in rule.tests],
    }


def _argument(test: Test) -> dict[str, Any]:
    if test.mask == _WHOLE:
        return {"index": test.argument, "op": "SCMP_CMP_EQ", "value": test.value}
    return {
        "index": test.argument,
        "op": "SCMP_CMP_MASKED_EQ",
        "value": test.mask,
        "valueTwo": test.value,
    }
