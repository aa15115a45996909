"""Run tests on a PostgreSQL that lives no longer than they do.

`python -m tests.on_postgres tests/grader -x` passes its words on to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.capabilities import missing, required
from tests.servers import postgres


def main(arguments: list[str]) -> int:
    """Run pytest with these arguments on a fresh server; its exit code.

    Without PostgreSQL nothing is run, which is a failure where the machine is meant to have it.
    """
    reason = missing("postgres")
    if reason:
        print(f"not run on PostgreSQL: {reason}")
        return int("postgres" in required())
    with postgres() as server:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            env={**os.environ, "SANDGLASS_DATABASE_URL": server.url},
            check=False,
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
