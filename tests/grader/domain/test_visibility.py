"""Who reads, and how far the homework has come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grader.domain.states import Role
from grader.domain.visibility import Audience, Phase, audience, phase
from runners import report
from tests.grader.domain.deadlines import MICROSECOND

DUE = datetime(2025, 2, 22, 15, 59, tzinfo=UTC)
OVER = DUE + timedelta(minutes=1)


def test_names_and_values_are_those_of_the_report() -> None:
    """This room cannot import them, and writes them again."""
    assert {a.name: a.value for a in Audience} == {a.name: a.value for a in report.Audience}
    assert {p.name: p.value for p in Phase} == {p.name: p.value for p in report.Phase}


@pytest.mark.parametrize(
    ("now", "published", "grace_minutes", "expected"),
    [
        (DUE, False, 0, Phase.OPEN),
        (OVER - MICROSECOND, False, 0, Phase.OPEN),
        (OVER, False, 0, Phase.PAST_DUE),
        (OVER, False, 15, Phase.OPEN),
        (OVER + timedelta(minutes=15), False, 15, Phase.PAST_DUE),
        (OVER, True, 0, Phase.PUBLISHED),
        (DUE - timedelta(days=1), True, 0, Phase.PUBLISHED),
    ],
)
def test_a_homework_is_open_while_an_upload_is_on_time(
    now: datetime, published: bool, grace_minutes: int, expected: Phase
) -> None:
    assert phase(now, DUE, published, grace_minutes) is expected


def test_there_is_no_grace_unless_it_is_named() -> None:
    assert phase(OVER, DUE, published=False) is Phase.PAST_DUE


def test_staff_read_everything_and_students_do_not() -> None:
    assert {role: audience(role) for role in Role} == {
        Role.STUDENT: Audience.STUDENT,
        Role.TA: Audience.STAFF,
        Role.INSTRUCTOR: Audience.STAFF,
    }
