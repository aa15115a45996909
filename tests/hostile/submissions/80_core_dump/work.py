"""Crashes with its limits raised as far as they go; a core file in a later check would fail it."""

import ctypes
import glob
import os
import resource
import signal

import honest
from honest import *  # noqa: F403


def ask_for_a_core():
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30))
    except (ValueError, OSError):
        pass
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
    os.chdir("/tmp")


def largest(values):
    ask_for_a_core()
    ctypes.string_at(0)


def reverse(text):
    ask_for_a_core()
    os.abort()


def squares(x):
    ask_for_a_core()
    os.kill(os.getpid(), signal.SIGQUIT)


def apply(step, start, times):
    ask_for_a_core()
    os.kill(os.getpid(), signal.SIGSYS)


def is_sorted(values):
    for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), "/", "/var/crash", "/var/tmp"):
        assert not glob.glob(f"{folder}/*core*"), "a core file"
    return honest.is_sorted(values)
