"""Where a run of the tests keeps what it writes: a folder of its own, gone at the end.

Loaded as a plugin by `pyproject.toml`, because Django's settings are read before any conftest.
"""

from __future__ import annotations

import os
import shutil
import tempfile

DATA = tempfile.mkdtemp(prefix="sandglass-tests-")
# Nobody listens there. A test that needs a broker starts one, and never finds a developer's own.
NO_BROKER = "redis://127.0.0.1:1/0"

os.environ["SANDGLASS_DATA"] = DATA
os.environ["SANDGLASS_BROKER_URL"] = NO_BROKER


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(DATA, ignore_errors=True)
