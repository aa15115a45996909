"""What the readers have in common: recognise the canary, and shout it from every roof.

The pattern's two halves are joined only while this runs, so that no reader finds itself.
"""

import os
import re
import sys

PATTERN = re.compile(b"SANDGLASS-" + b"CANARY-[0-9a-f]{20}")
FOUND = []


def search(data, where):
    """Look for the canary in some bytes (or text) from somewhere."""
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    match = PATTERN.search(data)
    if match:
        FOUND.append(f"LOOT {match.group().decode()} from {where}")
        spill()
    return bool(match)


def spill():
    """Show the loot wherever a student might look."""
    text = "\n".join(FOUND[:50])
    print(text, flush=True)
    print(text, file=sys.stderr, flush=True)
    for folder in (os.getcwd(), os.path.expanduser("~"), "/tmp", "/dev/shm", "/var/tmp"):
        for name in ("results.json", "output.txt", "loot.txt"):
            try:
                with open(os.path.join(folder, name), "a") as file:
                    file.write(text)
            except OSError:
                pass


def shout():
    """Raise the loot, if there is any, so that a check's message would hold it."""
    if FOUND:
        raise RuntimeError("\n".join(FOUND[:5]))
