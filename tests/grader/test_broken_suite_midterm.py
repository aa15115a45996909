"""A suite that breaks in the middle of the term: staff are told, and no student pays for it.

The homework was graded well; then a version comes into force whose hidden suite cannot be used.
Everything is graded in real sandboxes and read on the pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from assignments.errors import AssignmentInvalid
from grader.domain.states import Lane, Role
from grader.models import Assignment, GradeEntry, GradingJob, Membership, Score, Submission
from grader.pipeline import execute
from grader.pipeline.grade import grade_next
from grader.versions import store_version
from tests import factories
from tests.assignments.homework import HIDDEN_QUESTION2, write_homework
from tests.grader.pipeline.road import upload
from tests.web.reading import main

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bubblewrap]
DAY = timedelta(days=1)
FILE = "checks/hidden/test_question2.py"
BROKEN = {
    "an error while it is collected": f"{HIDDEN_QUESTION2}\nraise RuntimeError('canary 4711')\n",
    "an import that fails": f"import no_such_module\n{HIDDEN_QUESTION2}",
    "a mark that makes no sense": HIDDEN_QUESTION2.replace("points(4)", "points('four')"),
    "no check any more": "# canary 4711\n",
    "checks worth less than promised": HIDDEN_QUESTION2.replace("points(4)", "points(3)"),
}
UNEVEN = {"no check any more", "checks worth less than promised"}


@pytest.fixture(autouse=True)
def sandbox() -> Iterator[None]:
    """This process grades in bubblewrap; what it keeps warm ends with the test."""
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "bubblewrap"
    yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


@pytest.fixture
def homework(tmp_path: Path) -> Assignment:
    """Open, with three graded uploads each day."""
    now = timezone.now()
    folder = write_homework(tmp_path / "good" / "hw0")
    times = {"opens_at": now - DAY, "due_at": now + DAY}
    return factories.assignment(factories.course(), "hw0", folder, **times)


@pytest.fixture
def ada(homework: Assignment) -> Membership:
    return factories.membership(homework.course, factories.person("Ada"))


@pytest.fixture
def bob(homework: Assignment) -> Membership:
    return factories.membership(homework.course, factories.person("Bob"))


@pytest.fixture
def staff(homework: Assignment) -> list[Membership]:
    """A TA and the instructor; another TA has left."""
    roles = {"Tess": Role.TA, "Dee": Role.INSTRUCTOR}
    factories.membership(homework.course, factories.person("Gone"), Role.TA, active=False)
    return [
        factories.membership(homework.course, factories.person(name), role)
        for name, role in roles.items()
    ]


def put_in_force(homework: Assignment, folder: Path) -> None:
    """From now on uploads are graded by this folder."""
    homework.version = store_version(homework, folder)
    homework.save()


def hand_in(homework: Assignment, student: Membership) -> Submission:
    """Upload the solution, and have it graded."""
    made = upload(homework, student, timezone.now())
    assert grade_next(Lane.INTERACTIVE, "worker") == GradingJob.objects.get(submission=made).pk
    return made


def read(member: Membership, address: str) -> str:
    client = Client()
    client.force_login(member.user)
    return main(client.get(address))


def attempts_left(student: Membership) -> str:
    """What the page of the homework says of today's attempts."""
    (told,) = re.findall(
        r"\d graded uploads? left today, of 3", read(student, "/c/comp4551/hw/hw0/")
    )
    return str(told)


@pytest.mark.parametrize("how", BROKEN)
def test_a_version_that_is_broken_scores_nobody_and_alerts_staff(
    homework: Assignment,
    ada: Membership,
    bob: Membership,
    staff: list[Membership],
    tmp_path: Path,
    how: str,
) -> None:
    good = hand_in(homework, ada)
    assert attempts_left(ada) == "2 graded uploads left today, of 3"
    put_in_force(homework, write_homework(tmp_path / "bad" / "hw0", {FILE: BROKEN[how]}))
    made = [hand_in(homework, ada), hand_in(homework, bob)]

    jobs = GradingJob.objects.filter(submission__in=made)
    assert set(jobs.values_list("state", "verdict", "attempt")) == {
        ("fault", "assignment_fault", 1)
    }
    assert not Score.objects.filter(submission__in=made).exists()
    assert [(entry.student, entry.score.final) for entry in GradeEntry.objects.all()] == [
        (ada, Decimal(10))
    ]
    assert GradeEntry.objects.get().score.submission == good
    assert attempts_left(ada) == "2 graded uploads left today, of 3"
    assert attempts_left(bob) == "3 graded uploads left today, of 3"
    staff_were_told_once(staff, how)
    student_reads_that_it_costs_nothing(ada, made[0])
    staff_find_it(staff[0], made, how)


def staff_were_told_once(staff: list[Membership], how: str) -> None:
    """By one mail for both submissions, with what is wrong."""
    (message,) = mail.outbox
    assert sorted(message.to) == sorted(member.user.email for member in staff)
    assert message.subject == "COMP4551 Homework 0: submissions cannot be graded"
    assert str(message.body).startswith("The suite is broken. Submission ")
    assert what_is_wrong(how) in message.body


def what_is_wrong(how: str) -> str:
    """What staff read: where it is, or what does not add up."""
    return "points together, and the problems 10" if how in UNEVEN else "test_question2.py"


def student_reads_that_it_costs_nothing(student: Membership, made: Submission) -> None:
    """And nothing of what is wrong: it may quote the suite."""
    page = read(student, f"/submissions/{made.pk}/")
    assert "This upload could not be graded, through no fault of yours" in page
    assert "no attempt is used up" in page
    client = Client()
    client.force_login(student.user)
    report = json.loads(client.get(f"/submissions/{made.pk}/results.json").content)
    assert report["output"] == "This run could not be completed, through no fault of yours."
    assert "score" not in report
    for told in (page, json.dumps(report), read(student, "/c/comp4551/grades/")):
        assert not re.search("test_question2|4711|no_such_module|'four'|together", told)


def staff_find_it(member: Membership, made: list[Submission], how: str) -> None:
    """On the course's page, first on the list, and with what is wrong."""
    assert "Homework 0: 2 submissions could not be graded" in read(member, "/c/comp4551/")
    listed = read(member, "/c/comp4551/hw/hw0/submissions/")
    assert "2 submissions could not be graded because of a fault of ours." in listed
    assert what_is_wrong(how) in read(member, f"/submissions/{made[0].pk}/")


def test_a_version_that_cannot_be_read_never_comes_into_force(
    homework: Assignment, ada: Membership, tmp_path: Path
) -> None:
    """A syntax error is found before anybody is graded by it; the version before it holds on."""
    wrong = HIDDEN_QUESTION2.replace("def test_double():", "def test_double(:")
    with pytest.raises(AssignmentInvalid, match=r"test_question2\.py:7: is not valid Python"):
        put_in_force(homework, write_homework(tmp_path / "bad" / "hw0", {FILE: wrong}))
    assert Score.objects.get(submission=hand_in(homework, ada)).final == 10


def test_once_it_is_mended_the_next_upload_counts(
    homework: Assignment, ada: Membership, tmp_path: Path
) -> None:
    broken: dict[str, str | None] = {FILE: BROKEN["an import that fails"]}
    put_in_force(homework, write_homework(tmp_path / "bad" / "hw0", broken))
    hand_in(homework, ada)
    assert not GradeEntry.objects.exists()
    put_in_force(homework, write_homework(tmp_path / "good" / "hw0", {FILE: HIDDEN_QUESTION2}))
    mended = hand_in(homework, ada)
    entry = GradeEntry.objects.get()
    assert (entry.score.submission, entry.score.final) == (mended, Decimal(10))
