"""Each call looks for what earlier ones left, and leaves all that it can: a find is the prize."""

import builtins
import functools
import gc
import os
import sys
import tempfile

from prize import prize

NAME = "hostile-memory"
FOLDERS = (os.getcwd(), os.path.expanduser("~"), "/tmp", "/var/tmp", "/dev/shm", "/run", "/")
KEPT = []


class Box:
    """Found again among all objects, if it outlives its check."""


def keep_default(kept=[]):
    return kept


@functools.cache
def keep_cached():
    return []


def find():
    found = [repr(kept) for kept in (KEPT, keep_default(), keep_cached()) if kept]
    found += [name for name in (NAME,) if name in os.environ or name in sys.modules]
    found += [name for name in (NAME,) if hasattr(builtins, name) or hasattr(os, name)]
    found += [repr(one) for one in gc.get_objects() if type(one) is Box]
    found += [repr(note) for note in getattr(prize, NAME, [])]
    for folder in {*FOLDERS, tempfile.gettempdir()}:
        for parent, folders, files in os.walk(folder) if folder != "/" else [("/", [], os.listdir("/"))]:
            found += [os.path.join(parent, name) for name in (*folders, *files) if NAME in name]
    return found


def leave():
    for kept in (KEPT, keep_default(), keep_cached()):
        kept.append("seen")
    os.environ[NAME] = "seen"
    sys.modules[NAME] = sys
    setattr(builtins, NAME, "seen")
    setattr(os, NAME, "seen")
    setattr(prize, NAME, ["seen"])
    KEPT.append(Box())
    for folder in FOLDERS:
        try:
            os.makedirs(f"{folder}/deep/.{NAME}", exist_ok=True)
            for path in (f"{folder}/{NAME}", f"{folder}/deep/.{NAME}/{NAME}"):
                with open(path, "w") as file:
                    file.write("seen")
            os.symlink("/proc/self/exe", f"{folder}/{NAME}-link")
            os.mkfifo(f"{folder}/{NAME}-pipe")
            os.chmod(f"{folder}/deep", 0)
        except OSError:
            pass


def remember():
    found = find()
    leave()
    return found


for name in ("largest", "reverse", "is_sorted", "squares", "apply"):
    globals()[name] = prize(name, remember)
