"""Taking a report: once, by who holds the lease, in words that a database can keep."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.core import mail
from django.db.models.functions import Now

from grader.domain.states import Role
from grader.models import Assignment, AuditEntry, CheckResult, GradingJob, Membership, Score
from grader.pipeline.grade import settle
from grader.pipeline.lease import Lease
from grader.queries.queue import ago
from runners import receipt
from runners.contract import Resources, RunReport, Verdict
from tests import factories
from tests.grader.pipeline.road import (
    SYSTEM_FAULT,
    check,
    grade,
    job_of,
    report,
    take,
    upload,
)

pytestmark = pytest.mark.django_db
FAULT = RunReport(verdict=Verdict.ASSIGNMENT_FAULT, staff_detail="test_question1.py: no tensors")


def test_a_graded_job(homework: Assignment, ada: Membership) -> None:
    """Its checks in the order of the suite, and no lease any more."""
    checks = (check(1, 4, 6, message="got 3"), check(2, 4, 4))
    job = grade(upload(homework, ada), report(*checks, notices=("question2.py: was unchanged",)))
    rows = job.results.values_list("position", "check_id", "points", "max_points", "outcome")
    assert list(rows) == [
        (1, checks[0].id, Decimal(4), Decimal(6), "failed"),
        (2, checks[1].id, Decimal(4), Decimal(4), "passed"),
    ]
    job.refresh_from_db()
    assert (job.state, job.verdict, job.lease_owner, job.lease_until) == (
        "done",
        "graded",
        "",
        None,
    )
    assert job.notices == ["question2.py: was unchanged"]
    assert job.finished_at is not None


def test_a_clock_that_was_set_back(homework: Assignment, ada: Membership) -> None:
    """A job that seems to end before it began still ends."""
    upload(homework, ada)
    lease = take()
    GradingJob.objects.filter(pk=lease.job_id).update(started_at=Now() + timedelta(hours=1))
    assert settle(lease, report()) is not None
    job = GradingJob.objects.get(pk=lease.job_id)
    assert (job.state, job.finished_at) == ("done", job.started_at)


def test_its_receipt_is_signed(homework: Assignment, ada: Membership) -> None:
    """And breaks when a word of it is changed."""
    job = grade(upload(homework, ada), report(receipt={"seed": "00ff", "verdict": "graded"}))
    job.refresh_from_db()
    key = settings.SANDGLASS_RECEIPT_KEY.encode()
    assert receipt.verify(job.receipt, key)
    assert not receipt.verify({**job.receipt, "seed": "00fe"}, key)


def test_a_report_is_taken_once(homework: Assignment, ada: Membership) -> None:
    """The same report again changes nothing and scores nothing."""
    upload(homework, ada)
    lease = take()
    assert settle(lease, report()) is not None
    assert settle(lease, report(check(points=0))) is None
    assert (CheckResult.objects.count(), Score.objects.count()) == (1, 1)


def test_the_report_of_a_lost_lease_is_refused(homework: Assignment, ada: Membership) -> None:
    """The worker came back from the dead, and another one has the job now."""
    made = upload(homework, ada)
    old = take(owner="lost")
    GradingJob.objects.update(state="queued", lease_owner="", lease_until=None)
    new = take(owner="second")
    assert (old.attempt, new.attempt) == (1, 2)
    assert settle(old, report()) is None
    assert (job_of(made).state, job_of(made).lease_owner) == ("running", "second")
    assert not CheckResult.objects.exists()
    done = settle(new, report())
    assert done is not None
    assert (done.state, done.attempt) == ("done", 2)


def test_a_lease_that_ran_out_unseen_is_still_good(homework: Assignment, ada: Membership) -> None:
    """Nobody else has the job: the late report is as true as an early one."""
    upload(homework, ada)
    lease = take()
    GradingJob.objects.update(lease_until=ago(timedelta(hours=1)))
    done = settle(lease, report())
    assert done is not None
    assert done.state == "done"


def test_a_report_on_a_job_that_never_was() -> None:
    """Nothing is made of nothing."""
    assert settle(Lease(4_711, 1), report()) is None


def test_a_fault_of_ours_is_tried_again(homework: Assignment, ada: Membership) -> None:
    """After a rest; the bell will be rung by the sweep."""
    job = grade(upload(homework, ada), SYSTEM_FAULT)
    assert (job.state, job.attempt, job.rung_at, job.lease_until) == ("queued", 1, None, None)
    assert GradingJob.objects.filter(not_before__gt=Now(), finished_at=None).get() == job
    assert not AuditEntry.objects.exists()


def test_three_faults_end_it(homework: Assignment, ada: Membership) -> None:
    """Then staff are told, and nobody is scored."""
    made = upload(homework, ada)
    for _ in range(3):
        job = grade(made, SYSTEM_FAULT)
        GradingJob.objects.update(not_before=None)
    assert (job.state, job.attempt, job.verdict) == ("fault", 3, "system_fault")
    assert job.staff_detail == "no sandbox started"
    assert not Score.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.course, entry.actor, entry.action) == (homework.course, None, "job.fault")
    assert entry.detail == {"job": job.pk, "submission": made.pk, "verdict": "system_fault"}


def test_checks_of_a_fault_are_not_kept(homework: Assignment, ada: Membership) -> None:
    """A try that broke off leaves nothing that the next one would stumble over."""
    made = upload(homework, ada)
    broken = report(check(points=3), verdict=Verdict.SYSTEM_FAULT)
    grade(made, broken)
    assert not CheckResult.objects.exists()
    GradingJob.objects.update(not_before=None)
    assert grade(made, report()).state == "done"
    assert CheckResult.objects.get().points == 10


def test_a_broken_suite_is_not_tried_again(homework: Assignment, ada: Membership) -> None:
    """It would break again. The student has lost nothing."""
    job = grade(upload(homework, ada), FAULT)
    assert (job.state, job.attempt, job.staff_detail) == ("fault", 1, FAULT.staff_detail)
    assert not Score.objects.exists()
    assert AuditEntry.objects.get().detail["verdict"] == "assignment_fault"


def test_a_rejected_submission(homework: Assignment, ada: Membership) -> None:
    """The student is told why; staff are not alerted."""
    told = RunReport(verdict=Verdict.REJECTED, reason="question1.py, line 3: invalid syntax")
    job = grade(upload(homework, ada), told)
    assert (job.state, job.reason) == ("rejected", told.reason)
    assert (Score.objects.count(), AuditEntry.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_staff_get_one_mail_an_hour(homework: Assignment, ada: Membership, bob: Membership) -> None:
    """A suite that breaks on deadline day breaks for everybody at once."""
    course = homework.course
    for name, role in (("Tess", Role.TA), ("Ida", Role.INSTRUCTOR)):
        factories.membership(course, factories.person(name), role)
    factories.membership(course, factories.person("Left"), Role.TA, active=False)
    grade(upload(homework, ada), FAULT)
    grade(upload(homework, bob), FAULT)
    assert [sorted(letter.to) for letter in mail.outbox] == [
        ["ida@example.edu", "tess@example.edu"]
    ]
    assert mail.outbox[0].subject == "COMP4551 Homework 0: submissions cannot be graded"
    assert FAULT.staff_detail in mail.outbox[0].body
    assert AuditEntry.objects.count() == 2


@pytest.mark.parametrize("text", ["a\0b", "half \ud800", "\x1b[2J", "\u202eevil"])
def test_texts_that_no_database_takes(homework: Assignment, ada: Membership, text: str) -> None:
    """What a student's code printed never costs the report."""
    checks = (check(message=text, output=text, traceback=text, hint=text, title=text),)
    job = grade(
        upload(homework, ada),
        report(*checks, notices=(text,), staff_detail=text, reason=text),
    )
    row = job.results.get()
    kept = [row.message, row.output, row.traceback, row.hint, row.title]
    kept += [*job.notices, job.staff_detail, job.reason]
    assert len(set(kept)) == 1
    assert not any(char in "".join(kept) for char in "\0\ud800\x1b\u202e")


def test_long_texts_are_kept(homework: Assignment, ada: Membership) -> None:
    """A megabyte of message; a title is cut, for it stands on a line."""
    job = grade(upload(homework, ada), report(check(message="m" * 1_000_000, title="t" * 900)))
    row = job.results.get()
    assert (len(row.message), len(row.title)) == (1_000_000, 500)


def test_resources_are_kept(homework: Assignment, ada: Membership) -> None:
    """As the run measured them."""
    used = Resources(1.5, {"load": 0.5}, guest_cpu_seconds=None, guest_peak_bytes=2**40)
    job = grade(upload(homework, ada), report(resources=used))
    job.refresh_from_db()
    assert job.resources == {
        "wall_seconds": 1.5,
        "phases": {"load": 0.5},
        "guest_cpu_seconds": None,
        "guest_peak_bytes": 2**40,
    }
