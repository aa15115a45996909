"""Turns pip's installation report (stdin) into requirements.lock (stdout): names and versions.

No addresses and no hashes: which index a machine has is that machine's affair, and torch comes as
a CPU wheel on one and as a CUDA wheel on another. The version is the same.
"""

from __future__ import annotations

import json
import re
import sys

HEADER = """\
# Every package of every group in pyproject.toml, resolved together on Python 3.11, Linux.
# A constraints file: it says which version, pyproject.toml says which packages.
# Renew it with `make lock`, then run `make test`.
"""


def pin(metadata: dict[str, str]) -> str:
    """One line of the lock. A local version (`+cpu`) names a build, not a version."""
    name = re.sub(r"[-_.]+", "-", metadata["name"]).lower()
    return f"{name}=={metadata['version'].partition('+')[0]}"


if __name__ == "__main__":
    report = json.load(sys.stdin)
    sys.stdout.write(HEADER)
    print("\n".join(sorted(pin(item["metadata"]) for item in report["install"])))
