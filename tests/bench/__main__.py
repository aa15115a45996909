"""`make bench`: what grading costs, beside bare pytest on the same files, in one run.

Rounds are interleaved, so that a machine that slows down slows all of them; medians are printed
with their ratio to bare pytest. CPU is the whole machine's busy time, dockerd's included: nothing
else should be running.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from runners.contract import RunRequest, Verdict
from runners.grading import Grader
from runners.requests import build_request
from runners.sandboxes.base import Sandbox, SandboxError
from runners.sandboxes.choose import open_sandbox
from tests.runners.conftest import make_request

ROOT = Path(__file__).parents[2]
HOMEWORK = ROOT / "assignments" / "hw1"
_SETTLE_SECONDS = 1.0

CALLS = """
    import statistics, time
    import torch
    from question1 import same, double

    def timed(call, rounds):
        seconds = []
        for _ in range(rounds):
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
        return statistics.median(seconds) * 1000

    def test_calls(award):
        small, large = torch.ones(4), torch.ones(2**20)
        double(small), double(large)
        award(0, f"{timed(lambda: double(small), 300):.3f} {timed(lambda: double(large), 20):.2f}")
"""
ANSWERS = "def same(x): return x\ndef double(x): return x * 2\n"

Measure = Callable[[], tuple[float, float]]
"""Does one round; gives wall and CPU seconds."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"medians of {options.rounds}"
    )
    request = build_request(HOMEWORK, HOMEWORK / "solution", job="bench")
    sandboxes = _sandboxes()
    with tempfile.TemporaryDirectory() as folder:
        measures: dict[str, Measure] = {"bare pytest": lambda: _bare(Path(folder))}
        _lay_out(Path(folder))
        warm = {name: Grader(sandbox) for name, sandbox in sandboxes.items()}
        for name, sandbox in sandboxes.items():
            measures[f"{name}, cold"] = lambda s=sandbox: _cold(s, request)  # type: ignore[misc]
            measures[f"{name}, warm judge and guest"] = lambda g=warm[name]: _warm(g, request)  # type: ignore[misc]
        _print_rounds(measures, options.rounds)
        for grader in warm.values():
            grader.close()
    for name, sandbox in sandboxes.items():
        with Grader(sandbox) as grader:
            report = grader.grade(make_request(CALLS, ANSWERS, check_seconds=60))
        small, large = report.checks[0].message.split()
        print(f"one call judge to guest, {name}: {small} ms; 4 MB there and back: {large} ms")


def _sandboxes() -> dict[str, Sandbox]:
    found: dict[str, Sandbox] = {}
    for name in ("process", "bubblewrap", "docker"):
        try:
            found[name] = open_sandbox(name)
        except SandboxError as error:
            print(f"without {name}: {error}")
    return found


def _print_rounds(measures: dict[str, Measure], rounds: int) -> None:
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in measures}
    for number in range(rounds + 1):
        for name, measure in measures.items():
            took = measure()
            if number:  # the first round warms the disk's cache
                seen[name].append(took)
    bare = [statistics.median(column) for column in zip(*seen["bare pytest"], strict=True)]
    print(f"{'':36}{'wall s':>8}{'CPU s':>8}{'wall ÷ bare':>13}{'CPU ÷ bare':>12}")
    for name, all_took in seen.items():
        wall, cpu = (statistics.median(column) for column in zip(*all_took, strict=True))
        print(f"{name:36}{wall:8.2f}{cpu:8.2f}{wall / bare[0]:13.2f}{cpu / bare[1]:12.2f}")


def _lay_out(folder: Path) -> None:
    """The homework as it would lie on a desk: the suite and the solution."""
    shutil.copytree(HOMEWORK / "checks", folder, dirs_exist_ok=True)
    shutil.copytree(HOMEWORK / "solution", folder, dirs_exist_ok=True)


def _bare(folder: Path) -> tuple[float, float]:
    arguments = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-c", os.devnull]
    arguments += ["-p", "assignments.handout_conftest"]  # the fixtures, as the handout brings them
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": f"{folder}:{ROOT}",
    }
    return _timed(
        lambda: subprocess.run(
            [sys.executable, "-m", "pytest", *arguments, "--rootdir", str(folder), str(folder)],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
        )
    )


def _cold(sandbox: Sandbox, request: RunRequest) -> tuple[float, float]:
    def run() -> None:
        with Grader(sandbox) as grader:
            _full_marks(grader, request)

    return _timed(run)


def _warm(grader: Grader, request: RunRequest) -> tuple[float, float]:
    grader.prepare(request)
    return _timed(lambda: _full_marks(grader, request))


def _full_marks(grader: Grader, request: RunRequest) -> None:
    report = grader.grade(request)
    assert report.verdict is Verdict.GRADED, report
    assert report.points == report.max_points, report


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    time.sleep(_SETTLE_SECONDS)
    cpu, began = _busy(), time.monotonic()
    run()
    return time.monotonic() - began, _busy() - cpu


def _busy() -> float:
    """Seconds that all cores together have been busy since boot."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, irq, softirq, *_ = map(int, fields)
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
