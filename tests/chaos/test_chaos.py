"""Parts of the service go away in the middle of their work: nothing is lost, nothing is doubled."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from grader.models import Assignment, GradingJob, Membership
from grader.queries.queue import ago
from tests.chaos.promise import CHECKS, ended, graded_once
from tests.chaos.recovery import Recoveries
from tests.chaos.service import Service, wait_for
from tests.chaos.submissions import SLOW
from tests.grader.pipeline.road import job_of, upload

pytestmark = pytest.mark.redis
HOUR = timedelta(hours=1)
PATIENCE = 3.0


@pytest.mark.postgres
@pytest.mark.docker
def test_from_upload_to_grade(service: Service, homework: Assignment, ada: Membership) -> None:
    """PostgreSQL, Redis, a real worker, real containers."""
    service.worker("docker")
    made = upload(homework, ada)
    wait_for(lambda: ended([made]))
    graded_once([made], [1])
    job = job_of(made)
    assert service.checks_told(job) == CHECKS
    assert job.receipt["sandbox"]["sandbox"] == "docker"


@pytest.mark.bubblewrap
def test_the_broker_is_away(
    service: Service, homework: Assignment, class_: list[Membership], recovery: Recoveries
) -> None:
    """Uploads are taken as fast as ever, and graded when it is back."""
    service.worker("bubblewrap")
    service.broker.stop()
    made = []
    for student in class_:
        began = time.monotonic()
        made.append(upload(homework, student))
        assert time.monotonic() - began < PATIENCE
    assert set(GradingJob.objects.values_list("state", "rung_at")) == {("queued", None)}
    with recovery.of("Redis stopped during uploads, and started"):
        service.broker.start()
        service.sweep()
        wait_for(lambda: ended(made))
    graded_once(made, [1, 1, 1])


@pytest.mark.bubblewrap
def test_the_broker_forgets_everything(
    service: Service, homework: Assignment, class_: list[Membership], recovery: Recoveries
) -> None:
    """In the middle of a run, with others waiting: the run ends well, the others follow."""
    service.worker("bubblewrap")
    made = [upload(homework, student, files=SLOW) for student in class_]
    wait_for(lambda: service.checks_told(job_of(made[0])) > 0)
    with recovery.of("Redis flushed during a run, with two waiting"):
        service.broker.flushall()
        GradingJob.objects.update(rung_at=ago(HOUR))  # a minute goes by
        service.sweep()
        wait_for(lambda: ended(made))
    graded_once(made, [1, 1, 1])


@pytest.mark.postgres
@pytest.mark.bubblewrap
def test_the_database_restarts_in_the_middle(
    service: Service, homework: Assignment, ada: Membership, recovery: Recoveries
) -> None:
    """The run goes on, and its report is taken when the database is back."""
    service.worker("bubblewrap")
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: service.checks_told(job_of(made)) > 0)
    with recovery.of("PostgreSQL restarted during a run"):
        service.restart_database()
        wait_for(lambda: ended([made]))
    graded_once([made], [1])
