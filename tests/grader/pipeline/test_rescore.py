"""A whole class scored again: the same as each alone, in a few queries; and looked at before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from grader.deadlines import Declared, Grant, rules_of
from grader.domain.lateness import Basis, Counted, LatePolicy
from grader.domain.overrides import OverrideKind
from grader.domain.states import JobState
from grader.effects import effects, look
from grader.models import (
    Assignment,
    AuditEntry,
    Extension,
    GradeEntry,
    GradingJob,
    Membership,
    Override,
    Score,
    SlipDays,
)
from grader.pipeline.extend import extend, rescore, revoke
from grader.pipeline.score import score
from tests import factories
from tests.factories import DUE

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICIES = [
    LatePolicy(rate=Decimal("0.1"), counted=Counted.LATEST, slip_days=2),
    LatePolicy(rate=Decimal("0.3"), basis=Basis.POSSIBLE, floor=Decimal("0.1"), grace_minutes=90),
]


def under(homework: Assignment, policy: LatePolicy) -> Assignment:
    """The homework, and its course with another policy."""
    homework.course.late_policy = policy
    homework.course.save()
    return homework


def some_class(homework: Assignment) -> list[Membership]:
    """Five students, each with uploads on both sides of the deadline."""
    students = [factories.membership(homework.course) for _ in range(5)]
    for number, student in enumerate(students):
        for upload in range(3):
            late = DUE + (upload - 1) * 20 * HOUR + number * 7 * HOUR
            factories.graded(homework, student, f"{3 + upload * 2 + number % 3}.335", late)
    return students


def finals(homework: Assignment) -> dict[int, Decimal]:
    """What the gradebook has, by student."""
    rows = GradeEntry.objects.filter(assignment=homework)
    return dict(rows.values_list("student", "score__final"))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_class_is_scored_as_each_alone(homework: Assignment, policy: LatePolicy) -> None:
    """And a preview says beforehand what it comes to, without a trace."""
    students = some_class(homework)
    SlipDays.objects.create(
        assignment=homework, student=students[0], days=1, author=students[0].user
    )
    rules = replace(rules_of(homework), policy=policy)
    before, rows = finals(homework), Score.objects.count()
    seen = effects(homework, rules)
    assert (finals(homework), Score.objects.count()) == (before, rows)
    rescore(under(homework, policy))
    assert finals(homework) == {one.student.pk: one.after for one in seen.all} != before
    assert {one.student.pk: one.before for one in seen.all} == before
    count = Score.objects.count()
    with transaction.atomic():
        for job in GradingJob.objects.all():
            score(job)
    rescore(homework)
    assert Score.objects.count() == count


def test_a_class_takes_few_queries(homework: Assignment, django_assert_num_queries: Any) -> None:
    """As many for a class as for one."""
    some_class(homework)
    with transaction.atomic(), django_assert_num_queries(13):
        rescore(homework)


def test_what_is_not_touched_stays(homework: Assignment) -> None:
    """Of one student alone; and a shadow scores nothing."""
    students = some_class(homework)
    under(homework, POLICIES[0])
    before = finals(homework)
    job = GradingJob.objects.filter(submission__student=students[1]).latest("pk")
    factories.job(job.submission, JobState.DONE, shadow=True, verdict="graded", attempt=1)
    rescore(homework, [students[1].pk])
    after = finals(homework)
    assert {key for key in after if after[key] != before[key]} == {students[1].pk}
    assert not Score.objects.filter(job__shadow=True).exists()
    shadow = GradingJob.objects.get(shadow=True)
    assert score(shadow) is None


def test_revoking_takes_back_what_was_given(
    homework: Assignment, ada: Membership, bob: Membership
) -> None:
    """At once, for its student, once, and on record; the row stays."""
    teacher = factories.person("Teacher")
    for student in (ada, bob):
        factories.graded(homework, student, 10, DUE + HOUR)
        extend(homework, DUE + DAY, reason="ill", author=teacher, student=student)
    granted = Extension.objects.get(student=ada)
    assert revoke(granted, author=teacher, now=DUE + 2 * DAY)
    assert finals(homework) == {ada.pk: 8, bob.pk: 10}
    assert not revoke(granted, author=teacher, now=DUE + 3 * DAY)
    granted.refresh_from_db()
    assert (granted.revoked_at, granted.revoked_by) == (DUE + 2 * DAY, teacher)
    assert AuditEntry.objects.latest("pk").action == "extension.revoked"
    assert AuditEntry.objects.count() == 3


def test_a_decision_holds_against_new_rules(homework: Assignment, ada: Membership) -> None:
    """It is shown, and counts neither as a rise nor in the mean."""
    teacher, students = factories.person("Teacher"), some_class(homework)
    rules = rules_of(homework)
    longer = replace(rules, grants=(*rules.grants, Grant(DUE + 9 * DAY)))
    free = effects(homework, longer)
    moved = [one for one in free.all if one.counts]
    assert free.up == len(moved) > 1
    Override.objects.create(
        assignment=homework,
        student=moved[0].student,
        kind=OverrideKind.POINTS,
        points=3,
        reason="agreed",
        author=teacher,
    )
    held = effects(homework, longer)
    assert (held.up, len(held.changed)) == (free.up - 1, len(free.changed))
    assert look([held]) != look([free])
    assert len(students) == len(held.all)


def test_slip_days_within_the_budget(homework: Assignment, ada: Membership) -> None:
    """A smaller budget takes the last days first; without one there are none."""
    rules = replace(
        rules_of(under(homework, POLICIES[0])), declared={ada.pk: Declared(before=1, here=3)}
    )
    assert rules.slip_days(ada) == 1
    assert replace(rules, policy=POLICIES[1]).slip_days(ada) == 0
