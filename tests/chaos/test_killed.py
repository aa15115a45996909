"""SIGKILL at every moment of a run: the submission is graded all the same, once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

import psycopg
import pytest
from django.core.files.storage import default_storage
from psycopg import sql

from grader.blobs import name_of
from grader.models import Assignment, CheckResult, GradingJob, Membership, Submission
from grader.queries.queue import ago
from runners.sandboxes.base import Role
from tests.chaos.processes import kill
from tests.chaos.promise import ended, graded_once
from tests.chaos.recovery import Recoveries
from tests.chaos.service import Service, wait_for
from tests.chaos.submissions import SLOW, SLOW_TO_LOAD
from tests.grader.pipeline.road import RIGHT, job_of, upload

pytestmark = [pytest.mark.redis, pytest.mark.postgres, pytest.mark.bubblewrap]
HOUR = timedelta(hours=1)
Moment = Callable[[Service, Assignment, Membership], AbstractContextManager[Submission]]
_serial = count(1)


@contextmanager
def claimed(service: Service, homework: Assignment, ada: Membership) -> Iterator[Submission]:
    """Its files are being fetched: one of them is a pipe that nobody writes into."""
    note = f"note {next(_serial)}".encode()
    place = Path(default_storage.path(name_of(sha256(note).hexdigest())))
    place.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(place)
    made = upload(homework, ada, files={**RIGHT, "note.txt": note})
    wait_for(lambda: job_of(made).state == "running")
    yield made
    place.unlink()
    place.write_bytes(note)


@contextmanager
def starting(service: Service, homework: Assignment, ada: Membership) -> Iterator[Submission]:
    """A new guest has just been started: it has yet to import what submissions need."""
    worker = service.worker_at_hand()
    before = worker.sandboxes(Role.GUEST)
    made = upload(homework, ada)
    # Guests that wait for a later submission come and go as well.
    wait_for(lambda: job_of(made).state == "running" and worker.sandboxes(Role.GUEST) != before)
    yield made


@contextmanager
def loading(service: Service, homework: Assignment, ada: Membership) -> Iterator[Submission]:
    """The submission is being loaded."""
    made = upload(homework, ada, files=SLOW_TO_LOAD)
    wait_for(lambda: service.told(job_of(made))[-1:] == ["loading"])
    yield made


@contextmanager
def checking(service: Service, homework: Assignment, ada: Membership) -> Iterator[Submission]:
    """A check has ended, and others have not."""
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: service.checks_told(job_of(made)) > 0)
    yield made


@contextmanager
def recording(service: Service, homework: Assignment, ada: Membership) -> Iterator[Submission]:
    """The report is written and not committed: the score waits for a lock that somebody holds."""
    url = service.database.url
    # Who looks must be outside of any transaction: within one, activity is as it was at first.
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        table = sql.Identifier(Assignment._meta.db_table)
        lock = sql.SQL("SELECT 1 FROM {} WHERE id = %s FOR NO KEY UPDATE").format(table)
        holder.execute(lock, [homework.pk])
        made = upload(homework, ada)
        wait_for(lambda: somebody_waits(watcher))
        yield made


def somebody_waits(connection: psycopg.Connection) -> bool:
    """Whether a lock is asked for in vain."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    (found,) = connection.execute(asked).fetchone() or (0,)
    return bool(found)


@pytest.mark.parametrize("moment", [claimed, starting, loading, checking, recording])
def test_a_worker_is_killed(
    moment: Moment,
    lasting: Service,
    homework: Assignment,
    ada: Membership,
    recovery: Recoveries,
) -> None:
    """Another one grades the submission, once; its student only waits longer."""
    worker = lasting.worker_at_hand()
    with moment(lasting, homework, ada) as made:
        worker.kill()
        job = job_of(made)
        assert (job.state, job.attempt) == ("running", 1)
        assert not CheckResult.objects.filter(job=job).exists()
    with recovery.of(f"worker killed: {moment.__name__}"):
        lasting.worker_at_hand()
        GradingJob.objects.filter(pk=job.pk).update(lease_until=ago(HOUR))  # a minute goes by
        lasting.sweep()
        wait_for(lambda: ended([made]))
    graded_once([made], [2])


@pytest.mark.parametrize("role", [Role.JUDGE, Role.GUEST])
def test_a_sandbox_is_killed(
    role: Role, lasting: Service, homework: Assignment, ada: Membership, recovery: Recoveries
) -> None:
    """It is nobody's fault but ours: no check is called failed, and all is run again."""
    worker = lasting.worker_at_hand()
    made = upload(homework, ada, files=SLOW)
    wait_for(lambda: lasting.checks_told(job_of(made)) > 0)
    with recovery.of(f"{role.value} killed"):
        for pid in worker.sandboxes(role):
            kill(pid)
        wait_for(lambda: job_of(made).state == "queued")
        job = job_of(made)
        assert (job.verdict, job.attempt) == ("system_fault", 1)
        assert job.staff_detail
        GradingJob.objects.filter(pk=job.pk).update(not_before=None)  # ten seconds go by
        lasting.sweep()
        wait_for(lambda: ended([made]))
    graded_once([made], [2])
