"""Small programs that are started in sandboxes, in place of a judge or a guest."""

from __future__ import annotations

from runners.sandboxes import start

ECHO = """
import os
while data := os.read(0, 1 << 20):
    left = memoryview(data)
    while left:
        left = left[os.write(1, left):]
"""

SLEEP = "import time; time.sleep(600)"

# Writes without being asked, and reads nothing.
FLOOD = "import os\nwhile True: os.write(1, bytes(1 << 16))"

# Evaluates one line, answers with JSON, and waits for the next.
ASK = """
import ctypes, errno, json, os, resource, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(value) for value in arguments])
    return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]

def trial(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def fill(folder):
    made = 0
    try:
        for made in range(10**6):
            open(f"{folder}/{made}", "w").close()
    except OSError as error:
        return [made, errno.errorcode[error.errno]]

def write(path, size):
    try:
        with open(path, "wb") as file:
            for _ in range(size >> 20):
                file.write(bytes(1 << 20))
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def crowd(count):
    children = []
    try:
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                time.sleep(600)
            children.append(pid)
    except OSError as error:
        return [len(children), errno.errorcode[error.errno]]
    return [len(children), "done"]

def status():
    with open("/proc/self/status") as lines:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

for line in sys.stdin:
    print(json.dumps(eval(line)), flush=True)
"""


def python(code: str) -> list[str]:
    """The command that runs `code` in a sandbox."""
    return [start.PYTHON, "-I", "-B", "-c", code]
