"""Workers whose clocks are hours apart agree on who holds a job: the database's clock says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grader.domain.states import LEASE
from grader.models import Assignment, Membership
from tests.chaos.promise import ended, graded_once
from tests.chaos.service import Service, wait_for
from tests.chaos.submissions import SLOW
from tests.grader.pipeline.road import job_of, upload

pytestmark = [pytest.mark.redis, pytest.mark.postgres, pytest.mark.bubblewrap]
HOURS = 5 * 3_600.0


def test_a_worker_behind_and_a_sweep_ahead(
    service: Service, homework: Assignment, ada: Membership
) -> None:
    """A job is taken by one whose clock is slow, while one whose clock is fast sweeps."""
    slow = ("tests.chaos.shifted", str(-HOURS))
    fast = ("tests.chaos.shifted", str(HOURS))
    service.start_worker("bubblewrap", queues="interactive", module=slow)
    sweeper = service.worker("bubblewrap", queues="control", module=fast)
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: service.checks_told(job_of(made)) > 0)
    service.sweep()
    wait_for(lambda: "Task grader.sweep" in sweeper.log and "succeeded" in sweeper.log)
    job, now = job_of(made), datetime.now(UTC)
    assert (job.state, job.attempt) == ("running", 1)
    assert job.lease_until is not None
    assert now < job.lease_until <= now + LEASE
    wait_for(lambda: ended([made]))
    graded_once([made], [1])
    job = job_of(made)
    assert job.finished_at is not None
    assert abs(datetime.now(UTC) - job.finished_at) < timedelta(hours=1)
