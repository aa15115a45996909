"""The demo by its command, in a folder of its own, for as long as a block runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def demo(folder: Path, *options: str, port: int = 0) -> Iterator[subprocess.Popen[str]]:
    """The command, which the block ends or lets end."""
    words = ["demo", "--folder", str(folder), "--port", str(port or free_port()), *options]
    process = subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "SANDGLASS_SANDBOX": "bubblewrap"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
