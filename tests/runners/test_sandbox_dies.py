"""A sandbox that somebody else ends: never the submission's doing, and never in the next one's way.

As when the kernel is short of memory, or an operator removes a container.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from runners.contract import RunReport
from runners.grading import Grader
from runners.sandboxes.base import Role
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from tests.chaos.processes import below, is_first, kill
from tests.chaos.service import wait_for
from tests.runners.conftest import make_request, outcomes

pytestmark = pytest.mark.bubblewrap
TWO_CHECKS = """
    from question1 import f

    def test_first(): assert f(1) == 1
    def test_second(): assert f(2) == 2
"""
REQUEST = make_request(TWO_CHECKS, "def f(x):\n    return x\n")


@pytest.fixture
def fresh() -> Iterator[Grader]:
    """A grader whose sandboxes no other test uses."""
    with Grader(BubblewrapSandbox(), ahead=True) as grader:
        yield grader


def end(role: Role) -> None:
    """End every sandbox of this role, those that wait as well."""
    found = [pid for pid in below(os.getpid()) if is_first(pid, role)]
    assert found, f"no {role.value} runs"
    for pid in found:
        kill(pid)


def graded_while(fresh: Grader, role: Role) -> RunReport:
    """A run whose sandbox ends with the first check."""

    def on_event(event: dict[str, Any]) -> None:
        if event["event"] == "check" and event["id"].endswith("test_first"):
            end(role)

    return fresh.grade(REQUEST, on_event)


@pytest.mark.parametrize("role", [Role.JUDGE, Role.GUEST])
def test_in_the_middle_of_a_run(fresh: Grader, role: Role) -> None:
    """The check that had no answer is not called failed, and the next run goes well."""
    report = graded_while(fresh, role)
    assert (report.verdict, report.checks) == ("system_fault", ())
    assert report.staff_detail
    assert set(outcomes(fresh.grade(REQUEST)).values()) == {"passed"}


@pytest.mark.parametrize("role", [Role.JUDGE, Role.GUEST])
def test_while_it_waits(fresh: Grader, role: Role) -> None:
    """The next submission gets another one, and no attempt is lost."""
    fresh.prepare(REQUEST)
    judge = fresh._judge
    assert judge is not None
    end(role)
    wait_for(lambda: role == Role.GUEST or judge.has_ended)  # its last word has been read
    assert set(outcomes(fresh.grade(REQUEST)).values()) == {"passed"}
