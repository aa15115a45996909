"""A job that kills whoever takes it ends, and its student and staff read what they should."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.test import Client

from grader.domain.states import MAX_ATTEMPTS, Role
from grader.models import Assignment, GradingJob, Membership, Score, Submission
from grader.queries.queue import ago
from tests import factories
from tests.chaos.service import Service, wait_for
from tests.chaos.submissions import SLOW
from tests.grader.pipeline.road import job_of, upload
from tests.web.reading import main

pytestmark = [pytest.mark.redis, pytest.mark.bubblewrap]
HOUR = timedelta(hours=1)
LOST = "The worker was lost in each of the attempts."


def test_three_workers_and_no_more(service: Service, homework: Assignment, ada: Membership) -> None:
    """Nobody is scored for it; its student reads whose fault it is, and staff have a mail."""
    dee = factories.membership(homework.course, factories.person("Dee"), Role.TA)
    letters = settings.DATA / "mail"
    before = set(letters.glob("*"))
    worker = service.worker_at_hand()
    poison = upload(homework, ada, files=SLOW)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        wait_for(partial(runs, poison, attempt))
        worker.kill_hand()
        GradingJob.objects.update(lease_until=ago(HOUR))  # a minute goes by
        service.sweep()
    wait_for(lambda: job_of(poison).state == "fault")
    assert not Score.objects.exists()
    assert "This is our fault, and we are on it" in page_of(ada, poison)
    assert LOST in page_of(dee, poison)
    wait_for(lambda: set(letters.glob("*")) != before)
    (letter,) = set(letters.glob("*")) - before
    wait_for(lambda: LOST in letter.read_text())
    assert f"To: {dee.user.email}" in letter.read_text()


def runs(submission: Submission, attempt: int) -> bool:
    """Whether a worker is at it for the time of this number."""
    job = job_of(submission)
    return (job.state, job.attempt) == ("running", attempt)


def page_of(reader: Membership, submission: Submission) -> str:
    """The page of the submission, as this reader sees it."""
    client = Client()
    client.force_login(reader.user)
    return main(client.get(f"/submissions/{submission.pk}/"))
