"""The readers of untrusted bytes under a coverage-guided fuzzer, for a bounded time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SECONDS = int(os.environ.get("SANDGLASS_FUZZ_SECONDS", "15"))


@pytest.mark.parametrize("fuzzer", ["fuzz_decode.py", "fuzz_answers.py"])
def test_the_reader_survives_the_fuzzer(fuzzer: str) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / fuzzer), str(SECONDS)],
        cwd=HERE.parents[1],
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    runs = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    assert runs is not None, done.stderr[-2000:]
    assert int(runs[1]) > 1000
