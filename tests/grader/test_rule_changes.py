"""Another policy, another deadline: applied as it was looked at, or not at all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.domain.lateness import Basis, Counted, LatePolicy
from grader.effects import look
from grader.errors import DraftOutdated, RuleRefused
from grader.models import Assignment, AuditEntry, Course, GradeEntry, Score, User
from grader.rule_changes import (
    change_deadline,
    change_policy,
    effects_of_deadline,
    effects_of_policy,
)
from tests import factories
from tests.factories import DUE

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
POLICIES = st.builds(
    LatePolicy,
    rate=st.decimals(0, 1, places=2),
    period_hours=st.sampled_from([1, 24, 36]),
    grace_minutes=st.sampled_from([0, 90]),
    floor=st.decimals(0, 1, places=2),
    basis=st.sampled_from(Basis),
    counted=st.sampled_from(Counted),
    slip_days=st.integers(0, 2),
)


@pytest.fixture
def course() -> Course:
    """Two homeworks, three students with two uploads each."""
    made = factories.course()
    students = [factories.membership(made) for _ in range(3)]
    for slug in ("hw1", "hw2"):
        homework = factories.assignment(made, slug)
        for number, student in enumerate(students):
            factories.graded(homework, student, 61 + number, DUE + (30 * number - 5) * HOUR)
            factories.graded(homework, student, 90, DUE + 30 * HOUR)
    return made


@pytest.fixture
def lect() -> User:
    """Who changes rules."""
    return factories.person("Lect")


def finals() -> dict[tuple[int, int], Decimal]:
    """The gradebook."""
    rows = GradeEntry.objects.values_list("assignment", "student", "score__final")
    return {(homework, student): final for homework, student, final in rows}


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(policy=POLICIES)
def test_a_policy_does_what_was_shown(course: Course, lect: User, policy: LatePolicy) -> None:
    """Whatever it is, for every student of every homework; looking writes nothing."""
    before, rows = finals(), Score.objects.count()
    seen = effects_of_policy(course, policy)
    assert (finals(), Score.objects.count()) == (before, rows)
    change_policy(course, policy, author=lect, seen=look(seen))
    assert finals() == {
        (one.assignment.pk, effect.student.pk): effect.after for one in seen for effect in one.all
    }
    course.refresh_from_db()
    assert course.late_policy == policy


def test_a_policy_is_on_record(course: Course, lect: User) -> None:
    """With both, and by whom."""
    policy = LatePolicy(rate=Decimal("0.1"), cutoff_days=3)
    change_policy(course, policy, author=lect, seen=look(effects_of_policy(course, policy)))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("policy.changed", lect)
    assert entry.detail["before"]["rate"] == "0.20"
    assert (entry.detail["after"]["rate"], entry.detail["after"]["cutoff_days"]) == ("0.1", 3)


def test_grades_that_moved_since(course: Course, lect: User) -> None:
    """Nothing is changed, and the next look holds."""
    policy, homework = LatePolicy(rate=Decimal("0.1")), course.assignments.get(slug="hw2")
    seen = look(effects_of_policy(course, policy))
    factories.graded(homework, course.memberships.all()[0], 99)
    rows = Score.objects.count()
    with pytest.raises(DraftOutdated):
        change_policy(course, policy, author=lect, seen=seen)
    course.refresh_from_db()
    assert (course.late_policy.rate, Score.objects.count()) == (Decimal("0.20"), rows)
    assert not AuditEntry.objects.exists()
    change_policy(course, policy, author=lect, seen=look(effects_of_policy(course, policy)))


@pytest.mark.parametrize("hours", [-48, 31])
def test_a_deadline_does_what_was_shown(course: Course, lect: User, hours: int) -> None:
    """Earlier or later; of its own homework alone."""
    homework = course.assignments.get(slug="hw1")
    before, due = finals(), DUE + hours * HOUR
    seen = effects_of_deadline(homework, due)
    assert (seen.up, seen.down) == ((0, 3) if hours < 0 else (3, 0))
    change_deadline(homework, due, author=lect, seen=look([seen]))
    after = finals()
    assert {key for key in after if after[key] != before[key]} == {
        (homework.pk, effect.student.pk) for effect in seen.changed
    }
    assert Assignment.objects.get(pk=homework.pk).due_at == due
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail["before"]) == ("deadline.changed", DUE.isoformat())


def test_no_deadline_before_a_homework_opens(course: Course, lect: User) -> None:
    """A sentence, and nothing written."""
    homework = course.assignments.get(slug="hw1")
    due = homework.opens_at
    seen = look([effects_of_deadline(homework, due)])
    with pytest.raises(RuleRefused, match="later deadline"):
        change_deadline(homework, due, author=lect, seen=seen)
    assert not AuditEntry.objects.exists()
