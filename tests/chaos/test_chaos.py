"""Parts of the service go away in the middle of their work: nothing is lost, nothing is doubled."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

import pytest

from grader.models import (
    Assignment,
    CheckResult,
    GradeEntry,
    GradingJob,
    Membership,
    Score,
    Submission,
)
from grader.queries.queue import ago
from tests.chaos.service import Service, wait_for
from tests.grader.pipeline.road import RIGHT, job_of, upload

pytestmark = pytest.mark.redis
HOUR = timedelta(hours=1)
PATIENCE = 3.0
CHECKS = 3
SLOW = {**RIGHT, "question1.py": RIGHT["question1.py"].replace(b"return a", b"nap(); return a")}
SLOW["question1.py"] += b"\n\ndef nap():\n    import time\n\n    time.sleep(1)\n"


def ended(submissions: Iterable[Submission]) -> bool:
    """Whether each has been graded."""
    states = GradingJob.objects.filter(submission__in=submissions).values_list("state", flat=True)
    return set(states) == {"done"}


def graded_once(submissions: list[Submission], attempts: list[int]) -> None:
    """Each has one job, one set of results and one score of ten points, after so many attempts."""
    jobs = GradingJob.objects.order_by("submission_id")
    assert [(job.submission_id, job.state, job.attempt) for job in jobs] == [
        (made.pk, "done", attempt) for made, attempt in zip(submissions, attempts, strict=True)
    ]
    assert CheckResult.objects.count() == CHECKS * len(submissions)
    scores = Score.objects.order_by("submission_id").values_list("submission", "final")
    assert list(scores) == [(made.pk, Decimal(10)) for made in submissions]
    assert GradeEntry.objects.count() == len({made.student_id for made in submissions})


@pytest.mark.postgres
@pytest.mark.docker
def test_from_upload_to_grade(service: Service, homework: Assignment, ada: Membership) -> None:
    """PostgreSQL, Redis, a real worker, real containers."""
    service.worker("first", "docker")
    made = upload(homework, ada)
    wait_for(lambda: ended([made]))
    graded_once([made], [1])
    job = job_of(made)
    assert service.checks_told(job) == CHECKS
    assert job.receipt["sandbox"]["sandbox"] == "docker"


@pytest.mark.bubblewrap
def test_a_worker_is_killed_in_the_middle(
    service: Service, homework: Assignment, ada: Membership
) -> None:
    """Another one grades the submission, once; its student only waits longer."""
    first = service.worker("first", "bubblewrap")
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: service.checks_told(job_of(made)) > 0)
    first.kill()
    assert job_of(made).state == "running"
    service.worker("second", "bubblewrap")
    GradingJob.objects.update(lease_until=ago(HOUR))  # a minute goes by
    service.sweep()
    wait_for(lambda: ended([made]))
    graded_once([made], [2])


@pytest.mark.bubblewrap
def test_the_broker_is_away(
    service: Service, homework: Assignment, class_: list[Membership]
) -> None:
    """Uploads are taken as fast as ever, and graded when it is back."""
    service.worker("first", "bubblewrap")
    service.broker.stop()
    made = []
    for student in class_:
        began = time.monotonic()
        made.append(upload(homework, student))
        assert time.monotonic() - began < PATIENCE
    assert set(GradingJob.objects.values_list("state", "rung_at")) == {("queued", None)}
    service.broker.start()
    service.sweep()
    wait_for(lambda: ended(made))
    graded_once(made, [1, 1, 1])


@pytest.mark.bubblewrap
def test_the_broker_forgets_everything(
    service: Service, homework: Assignment, class_: list[Membership]
) -> None:
    """In the middle of a run, with others waiting: the run ends well, the others follow."""
    service.worker("first", "bubblewrap")
    made = [upload(homework, student, files=SLOW) for student in class_]
    wait_for(lambda: service.checks_told(job_of(made[0])) > 0)
    service.broker.flushall()
    GradingJob.objects.update(rung_at=ago(HOUR))  # a minute goes by
    service.sweep()
    wait_for(lambda: ended(made))
    graded_once(made, [1, 1, 1])


@pytest.mark.postgres
@pytest.mark.bubblewrap
def test_the_database_restarts_in_the_middle(
    service: Service, homework: Assignment, ada: Membership
) -> None:
    """The run goes on, and its report is taken when the database is back."""
    service.worker("first", "bubblewrap")
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: service.checks_told(job_of(made)) > 0)
    service.restart_database()
    wait_for(lambda: ended([made]))
    graded_once([made], [1])
