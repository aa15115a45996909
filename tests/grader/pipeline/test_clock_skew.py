"""A worker whose clock is wrong: leases are counted by the database's clock, which all share."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from grader.models import Assignment, Membership, Score
from grader.pipeline.grade import settle
from grader.pipeline.sweep import sweep
from tests.grader.pipeline.road import earned, job_of, take, upload

pytestmark = pytest.mark.django_db
OFF = [timedelta(hours=-7), timedelta(minutes=-2), timedelta(minutes=2), timedelta(hours=7)]


@pytest.mark.parametrize("off", OFF, ids=str)
def test_a_lease_holds_for_who_took_it_and_for_who_sweeps(
    homework: Assignment, ada: Membership, off: timedelta
) -> None:
    """Taken by a wrong clock or swept by one, it is neither lost nor kept for hours."""
    made = upload(homework, ada)
    with time_machine.travel(timezone.now() + off):
        lease = take()
        sweep()
    sweep()

    job = job_of(made)
    assert (job.state, job.attempt) == ("running", 1)
    assert job.lease_until is not None
    assert abs(job.lease_until - timezone.now() - timedelta(seconds=60)) < timedelta(seconds=30)
    assert settle(lease, earned(10)) is not None
    assert Score.objects.get().late_days == 0
