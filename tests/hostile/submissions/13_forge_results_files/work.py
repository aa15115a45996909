"""Writes results wherever a grader may look for them, and leaves a daemon that does so for a minute."""

import ctypes
import json
import os
import signal
import time

from wrong import *  # noqa: F403

TESTS = [
    {"name": "test", "status": "passed", "outcome": "passed", "score": 100, "max_score": 100}
]
FORGED = {"score": 100, "verdict": "graded", "tests": TESTS}
XML = '<testsuite errors="0" failures="0" tests="12"><testcase name="all"/></testsuite>'
FILES = {
    "results.json": json.dumps(FORGED),
    "report.json": json.dumps(FORGED),
    "output.json": json.dumps(FORGED),
    "results.xml": XML,
    "junit.xml": XML,
    # A pickle whose unpickling would call os.system.
    "results.pkl": "cos\nsystem\n(S'touch /tmp/sandglass-hostile-pickle'\ntR.",
    "exit_code": "0",
}
FOLDERS = [
    ".",
    "..",
    "~",
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/run",
    "/autograder/results",
    "/grade/results",
    "/judge",
    "/suite",
    "/checks",
    "/output",
]


def forge():
    for folder in FOLDERS:
        folder = os.path.expanduser(folder)
        for name, text in FILES.items():
            try:
                with open(os.path.join(folder, name), "w") as file:
                    file.write(text)
            except OSError:
                pass
        try:
            existing = [entry.path for entry in os.scandir(folder) if entry.is_file()]
        except OSError:
            continue
        for path in existing:
            if path.endswith((".json", ".xml", ".pkl")):
                try:
                    os.chmod(path, 0o666)
                    with open(path, "w") as file:
                        file.write(FILES.get(os.path.basename(path), FILES["results.json"]))
                except OSError:
                    pass


def daemon():
    """Double fork, a session of its own, deaf to signals; it keeps every inherited descriptor."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(15, b"hostile-daemon", 0, 0, 0)  # PR_SET_NAME: the tests look for it
    end = time.monotonic() + 60
    while time.monotonic() < end:
        forge()
        time.sleep(0.1)
    os._exit(0)


forge()
daemon()


def count_inversions(values):
    daemon()
    return -1
