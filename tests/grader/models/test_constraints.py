"""What the tables themselves refuse, whoever writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from grader.domain.states import JobState
from grader.models import Assignment, CheckResult, GradingJob, Membership, Submission, User
from tests import factories
from tests.factories import DUE, OPENS

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 9, 8, tzinfo=UTC)


@pytest.fixture
def made() -> Submission:
    """A submission without a job."""
    course = factories.course()
    return factories.submission(factories.assignment(course), factories.membership(course))


def refused(name: str, model: type[models.Model], /, **fields: Any) -> None:
    """The row breaks the constraint of this name; SQLite names the columns of a unique one."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model._default_manager.create(**fields)


@pytest.mark.parametrize(
    ("state", "fields", "name"),
    [
        ("asleep", {}, "job_state_known"),
        ("running", {}, "job_leased_while_running"),
        ("queued", {"lease_until": NOW}, "job_leased_while_running"),
        ("queued", {"attempt": 4}, "job_attempts_bounded"),
        ("done", {"verdict": "rejected"}, "job_verdict_when_reported"),
        ("done", {"verdict": ""}, "job_verdict_when_reported"),
        ("rejected", {"verdict": "graded"}, "job_verdict_when_reported"),
        (
            "fault",
            {"started_at": NOW, "finished_at": NOW - timedelta(seconds=1)},
            "job_finishes_after_start",
        ),
    ],
)
def test_a_job_that_cannot_be(
    made: Submission, state: str, fields: dict[str, Any], name: str
) -> None:
    """Each rule by the row that breaks it alone."""
    version = made.assignment.version
    refused(name, GradingJob, submission=made, version=version, state=state, **fields)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_second_active_job(made: Submission, state: str) -> None:
    """At most one waits or runs; one that is over does not count."""
    factories.job(made, JobState.SUPERSEDED)
    factories.job(made)
    fields = {"lease_until": NOW} if state == "running" else {}
    refused(
        "job_one_active_per_submission|submission_id",
        GradingJob,
        submission=made,
        version=made.assignment.version,
        state=state,
        **fields,
    )


@pytest.mark.parametrize("points", ["-0.01", "5.01"])
def test_points_beyond_the_check(made: Submission, points: str) -> None:
    """No check takes points away or gives more than it has."""
    job = factories.job(made)
    fields = {"job": job, "position": 1, "check_id": "a", "title": "A", "problem": "add"}
    refused(
        "result_points_within_check",
        CheckResult,
        **fields,
        outcome="passed",
        visibility="hidden",
        max_points=Decimal(5),
        points=Decimal(points),
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"final": Decimal(-1)}, "score_final_within_raw"),
        ({"final": Decimal(81)}, "score_final_within_raw"),
        ({"penalty": Decimal(-1), "late_days": 1}, "score_final_within_raw"),
        ({"penalty": Decimal(1)}, "score_on_time_costs_nothing"),
    ],
)
def test_a_score_that_cannot_be(made: Submission, change: dict[str, Any], name: str) -> None:
    """Between nothing and what was earned; on time without a penalty."""
    score = factories.graded(made.assignment, made.student, 80)
    values = {field.attname: getattr(score, field.attname) for field in score._meta.fields}
    refused(name, type(score), **{**values, "id": None, **change})


def test_a_homework_that_is_due_before_it_opens(made: Submission) -> None:
    """Dates the wrong way round."""
    course = made.assignment.course
    dates = {"opens_at": DUE, "due_at": OPENS}
    refused("assignment_opens_before_due", Assignment, course=course, slug="x", title="X", **dates)


def test_a_role_that_nobody_knows(made: Submission) -> None:
    """A misspelt role would be nobody's, and let nobody in."""
    course = made.assignment.course
    person = factories.person("Eve")
    refused("membership_role_known", Membership, course=course, user=person, role="teacher")


def test_an_address_in_capitals() -> None:
    """Two people would have one address."""
    refused("user_email_lower_case", User, email="Ada@example.edu", name="Ada")
    assert factories.person("Ada", email=" Ada@Example.edu ").email == "ada@example.edu"
