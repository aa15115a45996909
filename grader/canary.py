"""A tiny homework of our own, graded in the real sandbox: what shows that a lane's workers grade.

It touches no table of students and nothing that is kept warm for them: judge and guest are started
for it and end with it.
"""

from __future__ import annotations

from decimal import Decimal

from grader.fitness import fitness
from grader.pipeline.execute import make_grader
from runners.contract import Cell, Limits, Module, Problem, RunRequest, Submission, Suite, Verdict
from runners.sandboxes.base import SandboxError

_SUITE = b'''\
import pytest
from canary import add

pytestmark = pytest.mark.points(1)


def test_add(rng):
    """It sings."""
    a, b = rng.integers(1_000, size=2)
    assert add(int(a), int(b)) == a + b
'''
_SONG = "def add(a, b):\n    return a + b\n"
REQUEST = RunRequest(
    job="canary",
    submission=Submission((Module(("canary",), "canary.py", (Cell(_SONG),)),)),
    suite=Suite(
        {"hidden/test_canary.py": _SUITE},
        (Problem("canary", "Canary", Decimal(1), ("hidden/test_canary.py",)),),
    ),
    seed=0,
    limits=Limits(check_seconds=10, run_seconds=30, memory_bytes=1024**3),
)


def sing(request: RunRequest = REQUEST) -> str:
    """Grade it once; what went wrong, and nothing if all is well."""
    if refusal := fitness.refusal():
        return refusal
    try:
        with make_grader(ahead=0) as grader:
            report = grader.grade(request)
    except SandboxError as error:
        return str(error)
    if report.verdict is not Verdict.GRADED:
        return f"{report.verdict}: {report.staff_detail or report.reason}"
    if report.points != 1:
        return f"its check ended as {report.checks[0].outcome}: {report.checks[0].message}"
    return ""
