"""A fault of ours, on every page that it shows on: plain words, no attempt, and a way on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from grader.domain.states import MAX_ATTEMPTS, Role
from grader.models import Assignment, AuditEntry, GradingJob, Membership, Submission
from grader.pipeline.grade import settle
from tests import factories
from tests.assignments.homework import write_homework
from tests.grader.pipeline.road import SYSTEM_FAULT, at_once, grade, job_of, report, take, upload
from tests.web.reading import main

pytestmark = pytest.mark.django_db(transaction=True)
CAUSE = SYSTEM_FAULT.staff_detail
DAY = timedelta(days=1)


@pytest.fixture
def homework(tmp_path: Path) -> Assignment:
    """Three graded uploads a day; open now."""
    now, folder = timezone.now(), write_homework(tmp_path / "hw0")
    times = {"opens_at": now - DAY, "due_at": now + DAY}
    return factories.assignment(factories.course(), "hw0", folder, **times)


@pytest.fixture
def ada(homework: Assignment) -> Membership:
    return factories.membership(homework.course, factories.person("Ada"))


@pytest.fixture
def dee(homework: Assignment) -> Membership:
    return factories.membership(homework.course, factories.person("Dee"), Role.TA)


@pytest.fixture
def met(homework: Assignment, ada: Membership, dee: Membership) -> Submission:
    """An upload that was tried as often as may be, and never graded."""
    made = upload(homework, ada, timezone.now())
    for _ in range(MAX_ATTEMPTS):
        settle(take(), SYSTEM_FAULT)
        GradingJob.objects.update(not_before=None)
    return made


def browser(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def read(member: Membership, address: str) -> str:
    return main(browser(member).get(address))


def press(member: Membership, made: Submission) -> Any:
    return browser(member).post(f"/submissions/{made.pk}/retry")


def test_while_it_is_tried_again(homework: Assignment, ada: Membership, dee: Membership) -> None:
    """The student reads whose fault it was; staff also read what it was."""
    made = upload(homework, ada, timezone.now())
    settle(take(), SYSTEM_FAULT)
    page = f"/submissions/{made.pk}/"
    assert "Something of ours failed, so this is graded again in a moment." in read(ada, page)
    assert CAUSE not in read(ada, page)
    assert f"What went wrong before, for staff {CAUSE}" in read(dee, page)
    GradingJob.objects.update(not_before=None)
    take()
    assert "Being graded again." in read(ada, page)
    assert CAUSE in read(dee, page)
    assert mail.outbox == []


def test_in_the_end(met: Submission, ada: Membership, dee: Membership) -> None:
    """Our fault, and we are on it: the student has lost nothing, and staff know."""
    page, course = f"/submissions/{met.pk}/", "/c/comp4551/"
    told = read(ada, page)
    assert "This is our fault, and we are on it: the course's staff have been told." in told
    assert "no attempt is used up. You need not upload again." in told
    for address in (page, course, f"{course}hw/hw0/", f"{course}grades/"):
        assert "our fault" in read(ada, address).lower()
        assert CAUSE not in read(ada, address)
    for address in (page, course, f"{course}hw/hw0/submissions/"):
        assert CAUSE in read(dee, address)
    (letter,) = mail.outbox
    assert letter.to == [dee.user.email]
    assert CAUSE in letter.body


def test_no_attempt_is_used(met: Submission, ada: Membership, dee: Membership) -> None:
    """The page of the homework counts as if it had never been."""
    assert "3 graded uploads left today, of 3" in read(ada, "/c/comp4551/hw/hw0/")


def test_staff_have_it_tried_again(met: Submission, ada: Membership, dee: Membership) -> None:
    """By one press: another job, which is graded like any; the first one stays as it ended."""
    assert "Try again" in read(dee, f"/submissions/{met.pk}/")
    assert "Try again" not in read(ada, f"/submissions/{met.pk}/")
    answer = press(dee, met)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/submissions/{met.pk}/")
    first, second = GradingJob.objects.filter(submission=met).order_by("pk")
    assert (first.state, second.state, second.attempt) == ("fault", "queued", 0)
    line = AuditEntry.objects.get(action="job.retried")
    assert (line.actor, line.subject) == (dee.user, f"submission {met.pk}")
    assert line.detail == {"fault": first.pk, "job": second.pk, "cause": CAUSE}
    assert settle(take(), report()) is not None
    assert "10 of 10 points" in read(ada, f"/submissions/{met.pk}/")
    assert CAUSE not in read(dee, "/c/comp4551/")


def test_twice_is_once(met: Submission, dee: Membership) -> None:
    """Two who press at the same moment, and one who presses later."""
    at_once(lambda: press(dee, met), lambda: press(dee, met))
    press(dee, met)
    assert GradingJob.objects.filter(submission=met).count() == 2
    assert AuditEntry.objects.filter(action="job.retried").count() == 1


def test_only_a_fault_is_tried_again(
    homework: Assignment, ada: Membership, dee: Membership
) -> None:
    """What waits or is graded stays as it is."""
    made = upload(homework, ada, timezone.now())
    press(dee, made)
    grade(made)
    press(dee, made)
    assert job_of(made).state == "done"


def test_it_takes_nobody_s_place(
    homework: Assignment, met: Submission, ada: Membership, dee: Membership
) -> None:
    """A newer upload that waits keeps waiting; without a form's secret nothing is done."""
    newer = upload(homework, ada, timezone.now())
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(dee.user)
    assert strict.post(f"/submissions/{met.pk}/retry").status_code == 403
    assert GradingJob.objects.filter(submission=met).count() == 1
    press(dee, met)
    assert job_of(newer).state == "queued"
    assert GradingJob.objects.filter(submission=met).count() == 2
