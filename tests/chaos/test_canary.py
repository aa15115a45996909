"""A canary through a real broker, a real worker and a real sandbox."""

from __future__ import annotations

import pytest

from grader import watch, workers
from grader.models import GradingJob, Heartbeat, Submission
from tests.chaos.service import Service, wait_for

pytestmark = pytest.mark.redis


@pytest.mark.bubblewrap
def test_a_real_worker_grades_it(service: Service) -> None:
    """Through the broker and in the sandbox, and no student's table is touched."""
    worker = service.worker("bubblewrap")
    wait_for(lambda: bool(workers.at_work()))
    told = workers.at_work()
    assert told is not None
    assert [(one.lanes, one.processes) for one in told] == [(("interactive",), 1)]
    watch.watch()
    wait_for(lambda: Heartbeat.objects.filter(part="interactive", seen_at__isnull=False).exists())
    heart = Heartbeat.objects.get(part="interactive")
    assert heart.trouble == ""
    assert heart.seconds is not None
    assert 0 < heart.seconds < 60
    assert ":" in heart.worker
    assert (GradingJob.objects.count(), Submission.objects.count()) == (0, 0)
    assert "grader.canary" in worker.log
