"""Slip days: never more than there are, whoever declares them when, and what they are worth."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from grader.deadlines import rules_of
from grader.domain import slip
from grader.domain.lateness import LatePolicy
from grader.errors import RuleRefused
from grader.models import Assignment, AuditEntry, Course, GradeEntry, Membership, Score, SlipDays
from grader.slip_days import budget_of, choices, declare
from tests import factories
from tests.factories import DUE

DAY = timedelta(days=1)
DAYS = st.integers(min_value=0, max_value=9)


@pytest.fixture
def course() -> Course:
    """Three slip days for each student."""
    return factories.course(late_policy=LatePolicy(rate=Decimal("0.2"), slip_days=3))


@pytest.fixture
def homeworks(course: Course) -> list[Assignment]:
    """Two of them."""
    return [factories.assignment(course, f"hw{n}", position=n) for n in (1, 2)]


@pytest.fixture
def ada(course: Course) -> Membership:
    """A student."""
    return factories.membership(course, factories.person("Ada"))


@given(days=st.lists(DAYS, max_size=6), budget=DAYS)
def test_never_more_is_spent_than_there_is(days: list[int], budget: int) -> None:
    """Whatever was declared under whichever budget; and what fits is all spent."""
    spent = [slip.usable(sum(days[:n]), here, budget) for n, here in enumerate(days)]
    assert sum(spent) == min(sum(days), budget)
    assert all(0 <= used <= here for used, here in zip(spent, days, strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize("late", [0, 1, 2, 5])
def test_declaring_does_what_was_told(
    homeworks: list[Assignment], ada: Membership, late: int
) -> None:
    """For each number of days; no more are used than days are late."""
    factories.graded(homeworks[0], ada, 50, DUE - DAY / 2 + late * DAY)
    told = choices(homeworks[0], ada)
    assert [choice.days for choice in told] == [0, 1, 2, 3]
    for choice in told:
        declare(homeworks[0], ada, choice.days, author=ada.user)
        score = GradeEntry.objects.get().score
        assert choice.effect is not None
        assert score.final == choice.effect.after
        assert score.slip_days == min(choice.days, late)
        assert score.final == 50 * max(1 - Decimal("0.2") * (late - score.slip_days), Decimal(0))
    assert Score.objects.count() == 1 + min(late, 3)


@pytest.mark.django_db
def test_the_budget_is_the_courses(homeworks: list[Assignment], ada: Membership) -> None:
    """Over all homeworks; what is declared anew takes the place of what was."""
    one, two = homeworks
    declare(one, ada, 2, author=ada.user)
    with pytest.raises(RuleRefused, match="Choose 0 to 1"):
        declare(two, ada, 2, author=ada.user)
    declare(two, ada, 1, author=ada.user)
    declare(one, ada, 1, author=ada.user)
    declare(one, ada, 1, author=ada.user)
    assert (budget_of(two, ada).most, budget_of(two, ada).left) == (2, 1)
    assert SlipDays.objects.count() == 3
    entry = AuditEntry.objects.filter(action="slip_days.declared").latest("pk")
    assert entry.detail == {"student": ada.pk, "before": 2, "days": 1}


@pytest.mark.django_db
def test_until_the_grades_are_released(homeworks: list[Assignment], ada: Membership) -> None:
    """Then only staff."""
    Assignment.objects.update(released_at=DUE)
    with pytest.raises(RuleRefused, match="released"):
        declare(homeworks[0], ada, 1, author=ada.user)
    declare(homeworks[0], ada, 1, author=factories.person("Tutor"))
    assert rules_of(homeworks[0]).slip_days(ada) == 1


@pytest.mark.django_db
def test_a_course_without_slip_days(
    course: Course, homeworks: list[Assignment], ada: Membership
) -> None:
    """And one whose policy has fewer than were declared before."""
    declare(homeworks[0], ada, 2, author=ada.user)
    declare(homeworks[1], ada, 1, author=ada.user)
    for budget, spent in ((1, (1, 0)), (0, (0, 0))):
        course.late_policy = LatePolicy(rate=Decimal("0.2"), slip_days=budget)
        course.save()
        fresh = Assignment.objects.order_by("position")
        assert tuple(rules_of(each).slip_days(ada) for each in fresh) == spent
    with pytest.raises(RuleRefused, match="no slip days"):
        declare(homeworks[0], ada, 0, author=ada.user)


@pytest.mark.django_db(transaction=True)
def test_two_declarations_at_the_same_moment(homeworks: list[Assignment], ada: Membership) -> None:
    """For two homeworks, each within the budget: one of them is refused."""
    gate, ended = threading.Barrier(2), []

    def send(homework: Assignment) -> None:
        try:
            gate.wait(30)
            declare(homework, ada, 2, author=ada.user)
            ended.append("declared")
        except RuleRefused:
            ended.append("refused")
        finally:
            connection.close()

    threads: list[Any] = [threading.Thread(target=send, args=[one]) for one in homeworks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ended) == ["declared", "refused"]
    assert SlipDays.objects.count() == 1
