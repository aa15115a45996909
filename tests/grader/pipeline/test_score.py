"""Points: what lateness takes of them, what an extension gives back, and which upload counts."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from grader.domain.lateness import Basis, Counted, LatePolicy
from grader.domain.states import JobState
from grader.models import (
    Assignment,
    AuditEntry,
    CheckResult,
    Extension,
    GradeEntry,
    GradingJob,
    Membership,
    Score,
    User,
)
from grader.pipeline.extend import extend, rescore
from grader.pipeline.grade import settle
from grader.pipeline.publish import current_scores, publish
from grader.pipeline.score import score
from tests import factories
from tests.factories import DUE, ON_TIME
from tests.grader.pipeline.road import at_once, check, earned, grade, job_of, report, take, upload

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATE = DUE + timedelta(minutes=1)
"""The first second that costs a day."""


@pytest.fixture
def teacher() -> User:
    """Who grants extensions."""
    return factories.person("Teacher")


def counted(assignment: Assignment, student: Membership) -> Decimal:
    """What the gradebook says."""
    return GradeEntry.objects.get(assignment=assignment, student=student).score.final


def shown(one: Score) -> tuple[str, str, int, str, str, str]:
    """A score in words."""
    one.refresh_from_db()
    numbers = str(one.raw), str(one.possible), one.late_days, str(one.penalty), str(one.final)
    return (*numbers, one.reason)


def test_on_time(homework: Assignment, ada: Membership) -> None:
    """The whole minute that the deadline names."""
    grade(upload(homework, ada, LATE - timedelta(microseconds=1)), earned("7.5"))
    assert shown(Score.objects.get()) == ("7.50", "10.00", 0, "0.00", "7.50", "On time.")


def test_a_second_late(homework: Assignment, ada: Membership) -> None:
    """A begun day is a day."""
    grade(upload(homework, ada, LATE), earned("7.5"))
    lost = "1 day late: 20 % of the points earned are lost."
    assert shown(Score.objects.get()) == ("7.50", "10.00", 1, "1.50", "6.00", lost)


def test_the_time_of_receipt_counts(homework: Assignment, ada: Membership) -> None:
    """Not when a worker had time: this is graded years after the deadline."""
    job = grade(upload(homework, ada, ON_TIME))
    assert job.finished_at is None or job.finished_at > DUE
    assert Score.objects.get().late_days == 0


def test_it_keeps_the_rules_that_it_was_made_by(homework: Assignment, ada: Membership) -> None:
    """The deadline and the policy, for whoever asks later."""
    grade(upload(homework, ada))
    made = Score.objects.get()
    assert (made.due_at, made.policy) == (DUE, homework.course.late_policy)


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.DONE])
def test_only_a_graded_job_has_a_score(
    homework: Assignment, ada: Membership, state: JobState
) -> None:
    """Not one that waits, runs, was refused, or met a fault."""
    made = factories.submission(homework, ada)
    extra: dict[str, Any] = {"verdict": "rejected"} if state is JobState.REJECTED else {}
    extra |= {"lease_until": datetime.now(UTC)} if state is JobState.RUNNING else {}
    assert score(factories.job(made, state, **extra)) is None
    assert not Score.objects.exists()


def test_the_same_score_is_not_written_again(homework: Assignment, ada: Membership) -> None:
    """A recomputation that changes nothing leaves no trace."""
    job = grade(upload(homework, ada, LATE), earned("7.77"))
    assert score(job) == Score.objects.get()


def test_eighths_add_up(homework: Assignment, ada: Membership) -> None:
    """Each check's points are kept exactly; rounding comes once, at the end."""
    checks = [check(n, "1.125", "1.125") for n in range(8)]
    grade(upload(homework, ada), report(*checks))
    assert Score.objects.get().raw == Decimal("9.00")


@pytest.mark.parametrize(
    ("each", "raw", "final"), [("0.111", "1.11", "0.56"), ("0.1105", "1.11", "0.55")]
)
def test_rounding_comes_once(
    homework: Assignment, ada: Membership, each: str, raw: str, final: str
) -> None:
    """Half of 1.110 is 0.555, which goes up; half of 1.105 is 0.5525, though 1.11 is shown."""
    homework.course.late_policy = LatePolicy(rate=Decimal("0.5"))
    homework.course.save()
    checks = [check(n, each, "0.2") for n in range(10)]
    grade(upload(homework, ada, LATE), report(*checks))
    made = Score.objects.get()
    assert (made.raw, made.final) == (Decimal(raw), Decimal(final))
    assert made.raw == made.final + made.penalty


def test_the_best_counts(homework: Assignment, ada: Membership) -> None:
    """After its penalty: a better late upload helps, a worse one never hurts."""
    grade(upload(homework, ada), earned(6))
    grade(upload(homework, ada, LATE), earned(7))  # 5.60
    assert counted(homework, ada) == 6
    grade(upload(homework, ada, LATE), earned(10))  # 8.00
    assert counted(homework, ada) == 8
    grade(upload(homework, ada, LATE + DAY), earned(0))
    assert counted(homework, ada) == 8


def test_the_latest_counts(homework: Assignment, ada: Membership) -> None:
    """Where the course says so; by receipt, whatever the order of grading."""
    homework.course.late_policy = LatePolicy(rate=Decimal("0.2"), counted=Counted.LATEST)
    homework.course.save()
    on_time, late = upload(homework, ada), upload(homework, ada, LATE)
    first, second = take(), take()
    assert (first.job_id, second.job_id) == (job_of(on_time).pk, job_of(late).pk)
    settle(second, earned(5))
    settle(first, earned(9))
    assert counted(homework, ada) == 4


def test_one_entry_for_each_student(homework: Assignment, ada: Membership, bob: Membership) -> None:
    """Aimed anew, never doubled."""
    for student, points in ((ada, 3), (bob, 4), (ada, 5)):
        grade(upload(homework, student), earned(points))
    assert [counted(homework, ada), counted(homework, bob)] == [5, 4]
    assert GradeEntry.objects.count() == 2


def test_without_a_score_there_is_no_grade(homework: Assignment, ada: Membership) -> None:
    """Missing is not zero."""
    upload(homework, ada)
    with transaction.atomic():
        assert publish(homework, ada) is None
    assert not GradeEntry.objects.exists()


def test_points_possible(homework: Assignment, ada: Membership) -> None:
    """The other basis: a fifth of what could be had."""
    homework.course.late_policy = LatePolicy(rate=Decimal("0.2"), basis=Basis.POSSIBLE)
    homework.course.save()
    grade(upload(homework, ada, LATE), earned(5))
    assert counted(homework, ada) == 3


def test_an_extension_gives_the_points_back(
    homework: Assignment, ada: Membership, bob: Membership, teacher: User
) -> None:
    """At once, for its student; the old score stays to be read."""
    for student in (ada, bob):
        grade(upload(homework, student, LATE), earned(10))
    extend(homework, DUE + DAY, reason="ill", author=teacher, student=ada)
    assert [counted(homework, ada), counted(homework, bob)] == [10, 8]
    finals = Score.objects.filter(submission__student=ada).order_by("pk").values_list("final")
    assert [final for (final,) in finals] == [8, 10]
    assert Score.objects.filter(submission__student=bob).count() == 1
    assert [one.final for one in current_scores(homework, ada)] == [10]


def test_an_extension_for_a_section(
    homework: Assignment, ada: Membership, bob: Membership, teacher: User
) -> None:
    """For who is in it."""
    lab = factories.section(homework.course)
    ada.section = lab
    ada.save()
    for student in (ada, bob):
        grade(upload(homework, student, LATE), earned(10))
    extend(homework, DUE + DAY, reason="no power", author=teacher, section=lab)
    assert [counted(homework, ada), counted(homework, bob)] == [10, 8]


def test_an_extension_for_everybody(
    homework: Assignment, ada: Membership, bob: Membership, teacher: User
) -> None:
    """Neither student nor section: the whole class; and an uploaded later one too."""
    grade(upload(homework, ada, LATE), earned(10))
    extend(homework, DUE + DAY, reason="storm", author=teacher)
    grade(upload(homework, bob, LATE), earned(10))
    assert [counted(homework, ada), counted(homework, bob)] == [10, 10]


def test_an_earlier_date_takes_nothing(
    homework: Assignment, ada: Membership, teacher: User
) -> None:
    """An extension is never to a student's harm."""
    grade(upload(homework, ada), earned(10))
    extend(homework, DUE - 5 * DAY, reason="mistyped", author=teacher, student=ada)
    assert counted(homework, ada) == 10
    assert Score.objects.count() == 1


def test_an_extension_is_on_record(homework: Assignment, ada: Membership, teacher: User) -> None:
    """Who granted it, to whom, until when and why."""
    extend(homework, DUE + DAY, reason="ill", author=teacher, student=ada)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.subject) == (
        teacher,
        "extension.granted",
        f"assignment {homework.pk}",
    )
    assert entry.detail == {
        "due_at": "2026-03-11T15:59:00+00:00",
        "reason": "ill",
        "student": ada.pk,
        "section": None,
    }


def test_for_a_student_or_a_section_not_both(
    homework: Assignment, ada: Membership, teacher: User
) -> None:
    """Refused as a whole."""
    lab = factories.section(homework.course)
    with pytest.raises(IntegrityError), transaction.atomic():
        extend(homework, DUE + DAY, reason="?", author=teacher, student=ada, section=lab)
    assert (Extension.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_a_new_policy_makes_new_scores(homework: Assignment, ada: Membership) -> None:
    """The old ones stay as they were made."""
    grade(upload(homework, ada, LATE), earned(10))
    homework.course.late_policy = LatePolicy(rate=Decimal("0.1"))
    homework.course.save()
    with transaction.atomic():
        rescore(homework)
    finals = Score.objects.order_by("pk").values_list("final", flat=True)
    assert [*finals, counted(homework, ada)] == [8, 9, 9]


def test_after_a_regrade_the_new_run_counts(homework: Assignment, ada: Membership) -> None:
    """Also when an extension is granted later."""
    made = upload(homework, ada, LATE)
    grade(made, earned(10))
    factories.job(made)
    settle(take(), earned(5))
    teacher = factories.person("Teacher")
    extend(homework, DUE + DAY, reason="ill", author=teacher, student=ada)
    assert counted(homework, ada) == 5


def test_a_report_is_taken_whole_or_not_at_all(
    homework: Assignment, ada: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the score can't be written, the job still runs and has no results."""
    made = upload(homework, ada)
    Assignment.objects.update(due_at=DUE)

    def no_score(self: Score, **options: object) -> None:
        raise IntegrityError("no room")

    monkeypatch.setattr(Score, "save", no_score)
    with pytest.raises(IntegrityError, match="no room"):
        settle(take(), report())
    assert (job_of(made).state, job_of(made).attempt) == ("running", 1)
    assert (CheckResult.objects.count(), GradeEntry.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_that_end_at_the_same_moment(homework: Assignment, ada: Membership) -> None:
    """The better one counts, whichever is written last."""
    upload(homework, ada)
    upload(homework, ada, LATE)
    one, two = take(), take()
    at_once(lambda: settle(one, earned(9)), lambda: settle(two, earned(10)))
    assert counted(homework, ada) == 9
    assert Score.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_extension_while_a_report_is_taken(
    homework: Assignment, ada: Membership, teacher: User
) -> None:
    """The report waits for the extension that is being granted, and is scored by it."""
    upload(homework, ada, LATE)
    lease = take()
    ended = threading.Event()

    def end() -> None:
        try:
            settle(lease, earned(10))
        finally:
            connection.close()
            ended.set()

    worker = threading.Thread(target=end)
    with transaction.atomic():
        extend(homework, DUE + DAY, reason="ill", author=teacher, student=ada)
        worker.start()
        assert not ended.wait(0.5)
    worker.join(10)
    assert counted(homework, ada) == 10
    assert GradingJob.objects.get().state == "done"
