"""Rows that are written once: the database refuses to change them, by whatever way."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module

import pytest
from django.db import DatabaseError, connection, models, transaction

from grader.models import AuditEntry, CheckResult, Course, GradeEntry, Membership, Score
from tests import factories

pytestmark = pytest.mark.django_db
append_only = import_module("grader.migrations.0002_append_only")


@pytest.fixture
def score() -> Score:
    """A score with its results, and an entry of the log."""
    course = factories.course()
    made = factories.graded(factories.assignment(course), factories.membership(course), 80)
    AuditEntry.objects.create(course=course, action="job.fault", subject="version 1")
    return made


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Score, {"final": Decimal(100)}),
        (Score, {"reason": "because I can"}),
        (CheckResult, {"points": Decimal(100)}),
        (AuditEntry, {"action": "nothing.happened"}),
    ],
)
def test_a_change_is_refused(
    score: Score, model: type[models.Model], change: dict[str, object]
) -> None:
    """With the table's name and what to do instead; the row stays as it was."""
    before = list(model._default_manager.values())
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        model._default_manager.update(**change)
    told = f"{model._meta.db_table} is append-only: write a new row instead"
    assert str(refused.value).splitlines()[0] == told
    assert list(model._default_manager.values()) == before


def test_saving_a_row_again_is_a_change(score: Score) -> None:
    """The mistake that this guards against."""
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        score.save()


def test_a_grade_may_be_aimed_anew(score: Score) -> None:
    """The one table of grades that changes."""
    better = factories.graded(score.submission.assignment, score.submission.student, 90)
    assert GradeEntry.objects.get().score == better


def test_a_score_of_another_submission_is_refused(score: Score) -> None:
    """A score belongs to the submission of its job."""
    other = factories.submission(score.submission.assignment, score.submission.student)
    score.pk, score.submission = None, other
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        score.save(force_insert=True)
    assert str(refused.value).splitlines()[0] == "a score belongs to the submission of its job"


def test_a_grade_of_another_student_is_refused(score: Score) -> None:
    """Written, or aimed there later."""
    assignment = score.submission.assignment
    other = factories.membership(assignment.course)
    told = "a grade takes a score of its own student and homework"
    with pytest.raises(DatabaseError, match=told), transaction.atomic():
        GradeEntry.objects.create(assignment=assignment, student=other, score=score)
    with pytest.raises(DatabaseError, match=told), transaction.atomic():
        GradeEntry.objects.update(student=other)
    assert GradeEntry.objects.get().student == score.submission.student


def test_a_grade_of_another_homework_is_refused(score: Score) -> None:
    """The same student is not enough."""
    other = factories.assignment(score.submission.assignment.course, "hw2")
    with pytest.raises(DatabaseError), transaction.atomic():
        GradeEntry.objects.create(assignment=other, student=score.submission.student, score=score)


@pytest.mark.django_db(transaction=True)
def test_the_guards_can_be_taken_away_and_put_back(score: Score) -> None:
    """As a migration that alters one of the tables has to."""
    with connection.schema_editor() as editor:
        append_only.release(None, editor)
    Score.objects.update(reason="in between")
    with connection.schema_editor() as editor:
        append_only.protect(None, editor)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Score.objects.update(reason="afterwards")
    assert Score.objects.get().reason == "in between"
    assert (Course.objects.count(), Membership.objects.count()) == (1, 1)
