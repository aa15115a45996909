"""Before the queue: what is kept, what is refused, and that one form is one submission."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from grader import blobs
from grader.domain.lateness import LatePolicy
from grader.errors import UploadRefused
from grader.models import Assignment, Course, GradingJob, Membership, Submission, SubmissionFile
from grader.pipeline.hand_in import hand_in
from tests import factories
from tests.factories import DUE, ON_TIME, OPENS
from tests.grader.pipeline.road import RIGHT, at_once, upload

pytestmark = pytest.mark.django_db


def test_an_upload_is_kept_as_it_came(homework: Assignment, ada: Membership) -> None:
    """Rows with names, sizes and hashes; the bytes in storage."""
    made = upload(homework, ada)
    rows = made.files.values_list("name", "sha256", "size")
    assert list(rows) == [
        (name, hashlib.sha256(data).hexdigest(), len(data)) for name, data in sorted(RIGHT.items())
    ]
    assert {file.name: blobs.fetch(file.sha256) for file in made.files.all()} == RIGHT
    assert (made.assignment, made.student, made.received_at) == (homework, ada, ON_TIME)


def test_a_job_waits_for_it(homework: Assignment, ada: Membership) -> None:
    """One, for the content in force."""
    made = upload(homework, ada)
    job = GradingJob.objects.get(submission=made)
    assert (job.state, job.attempt, job.lane, job.version) == (
        "queued",
        0,
        "interactive",
        homework.version,
    )


def test_a_form_sent_twice_is_one_submission(homework: Assignment, ada: Membership) -> None:
    """A double click, or the same page again: the second time gives the first submission."""
    first = upload(homework, ada, token="form")
    assert upload(homework, ada, token="form") == first
    assert GradingJob.objects.count() == 1


def test_forms_of_two_students_are_two(
    homework: Assignment, ada: Membership, bob: Membership
) -> None:
    """A token is a student's own."""
    assert upload(homework, ada, token="form") != upload(homework, bob, token="form")


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_the_same_moment(homework: Assignment, ada: Membership) -> None:
    """Four requests that know nothing of each other make one submission and one job."""
    made = at_once(*[lambda: upload(homework, ada, token="form")] * 4)
    assert [Submission.objects.get()] * 4 == made
    assert GradingJob.objects.count() == 1
    assert SubmissionFile.objects.count() == len(RIGHT)


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_the_same_moment(homework: Assignment, ada: Membership) -> None:
    """Two forms are two submissions; neither is lost."""
    at_once(lambda: upload(homework, ada), lambda: upload(homework, ada))
    states = GradingJob.objects.order_by("state").values_list("state", flat=True)
    assert Submission.objects.count() == 2
    # The later one supersedes the first, unless neither saw the other.
    assert list(states) in (["queued", "superseded"], ["queued", "queued"])


def test_a_form_of_another_homework(
    course: Course, homework: Assignment, folder: Path, ada: Membership
) -> None:
    """Its first upload is not given for this one."""
    other = factories.assignment(course, "other", folder)
    made = upload(homework, ada, token="form")
    with pytest.raises(UploadRefused):
        upload(other, ada, token="form")
    assert Submission.objects.get() == made


@pytest.mark.parametrize("token", ["", "x" * 65, "a\0b", "a\nb"])
def test_a_damaged_form(homework: Assignment, ada: Membership, token: str) -> None:
    """Without a token of its own, a second upload would be taken for the first."""
    with pytest.raises(UploadRefused) as refused:
        hand_in(homework, ada, files=RIGHT, received_at=ON_TIME, token=token)
    assert str(refused.value) == (
        "The page that sent this upload is damaged: load it again, and upload once more."
    )


def test_equal_contents_are_stored_once(
    homework: Assignment, ada: Membership, bob: Membership
) -> None:
    """Two students, three uploads, one text each time."""
    one = b"x = 1  # the same in both\n"
    files = {"question1.py": one, "question2.py": one}
    for student in (ada, bob, ada):
        upload(homework, student, files=files)
    sha256 = hashlib.sha256(one).hexdigest()
    stored = (Path(settings.DATA) / "files" / "blobs" / sha256[:2]).glob(f"{sha256}*")
    assert [path.name for path in stored] == [sha256]
    assert set(SubmissionFile.objects.values_list("sha256", flat=True)) == {sha256}


def test_an_upload_leaves_no_drafts(homework: Assignment, ada: Membership) -> None:
    """What is written on the way is moved, not copied."""
    upload(homework, ada)
    assert list((Path(settings.DATA) / "incoming").iterdir()) == []


def test_before_it_opens(homework: Assignment, ada: Membership) -> None:
    """A second too early."""
    refused(homework, ada, OPENS - timedelta(seconds=1), "Homework 0 does not take uploads yet.")


def test_at_the_second_it_opens(homework: Assignment, ada: Membership) -> None:
    """The first moment that counts."""
    assert upload(homework, ada, OPENS).received_at == OPENS


def test_without_content(course: Course, ada: Membership) -> None:
    """Dates alone take nothing."""
    empty = factories.assignment(course, "hw9", None)
    refused(empty, ada, ON_TIME, "Homework 9 does not take uploads yet.")


def test_after_the_cutoff(homework: Assignment, ada: Membership) -> None:
    """The last accepted day ends at the deadline's wall-clock time, told in the course's zone."""
    homework.course.late_policy = LatePolicy(rate=Decimal("0.2"), cutoff_days=2)
    last = DUE + timedelta(days=2, seconds=59)
    assert upload(homework, ada, last).received_at == last
    refused(
        homework,
        ada,
        last + timedelta(seconds=1),
        "Homework 0 closed on 13 March at 00:00 and takes no more uploads. If you have a reason, "
        "ask the course's staff for an extension.",
    )


def test_what_triage_refuses(homework: Assignment, ada: Membership) -> None:
    """A sentence for the student, and nothing is written."""
    with pytest.raises(UploadRefused, match=r"question2\.py"):
        upload(homework, ada, files={"question1.py": b"x = 1\n"})
    assert nothing_written()


@pytest.mark.parametrize("name", ["question1\0.py", "question1\ud800.py", "../question1.py"])
def test_a_hostile_name_never_reaches_a_row(
    homework: Assignment, ada: Membership, name: str
) -> None:
    """No database takes NUL or half a character; such names are refused with a sentence."""
    with pytest.raises(UploadRefused):
        upload(homework, ada, files={**RIGHT, name: b"x = 1\n"})
    assert nothing_written()


@pytest.mark.parametrize("name", ["__MACOSX/\0", ".git/\ud800", "__pycache__/" + "x" * 400])
def test_a_hostile_name_of_junk(homework: Assignment, ada: Membership, name: str) -> None:
    """What triage passes over in silence is not kept either."""
    made = upload(homework, ada, files={**RIGHT, name: b"junk"})
    assert set(made.files.values_list("name", flat=True)) == set(RIGHT)


def refused(assignment: Assignment, student: Membership, moment: datetime, sentence: str) -> None:
    """The upload is refused with exactly this sentence, and nothing is written."""
    with pytest.raises(UploadRefused) as error:
        hand_in(assignment, student, files=RIGHT, received_at=moment, token="form")
    assert str(error.value) == sentence
    assert nothing_written() or Submission.objects.filter(received_at=moment).count() == 0


def nothing_written() -> bool:
    """Whether there is no submission, file or job."""
    return not (
        Submission.objects.exists()
        or SubmissionFile.objects.exists()
        or GradingJob.objects.exists()
    )
