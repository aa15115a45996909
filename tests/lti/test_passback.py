"""Grades on their way to a real platform: nothing lost, nothing told twice, nothing hidden told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail

from grader import alerts, passback, tasks
from grader.domain.overrides import OverrideKind
from grader.domain.passback import PassbackState
from grader.lti import calls, delivery, sending
from grader.models import (
    AuditEntry,
    Exam,
    ExamScore,
    LineItem,
    LtiContext,
    Override,
    Passback,
)
from tests import factories
from tests.factories import DUE, graded
from tests.lti.beside import PlatformBeside
from tests.lti.classroom import Classroom, connected

pytestmark = pytest.mark.django_db
TAKEN, LATER, REFUSED = {"taken": 1}, {"later": 1}, {"refused": 1}


@pytest.fixture
def room(platform: PlatformBeside) -> Iterator[Classroom]:
    """A class connected to each kind of platform, with Ada's 40 of 50 points released."""
    with connected(platform) as room:
        graded(room.homework, room.ada, 8)
        room.release()
        yield room


def override(room: Classroom, points: Any, kind: OverrideKind = OverrideKind.POINTS) -> None:
    """What an instructor decides about Ada's homework."""
    Override.objects.create(
        assignment=room.homework,
        student=room.ada,
        kind=kind.value,
        points=points,
        reason="as agreed",
        author=room.staff.user,
    )


def held(room: Classroom, sub: str = "101") -> Any:
    """What the platform shows of Ada, of 100 points."""
    found = room.platform.grade(sub)
    return None if found is None else found["held"]


def ours(room: Classroom, points: Any) -> float:
    """The same on our scale, of what the homework gives."""
    assert room.homework.version is not None
    return float(Decimal(points) * 100 / room.homework.version.points)


def test_a_released_grade_arrives_once_and_each_change_after_it(room: Classroom) -> None:
    """Published, overridden, regraded: whatever changes the grade is found."""
    assert room.pass_back() == TAKEN
    assert held(room) == ours(room, 8)
    room.wait()
    assert room.pass_back() == {}
    graded(room.homework, room.ada, 9, DUE)
    assert room.pass_back() == TAKEN
    assert held(room) == ours(room, 9)
    # Within the same second, which Moodle refuses unless the timestamp is later.
    override(room, 3)
    assert room.pass_back() == TAKEN
    assert held(room) == ours(room, 3)
    assert room.states() == [PassbackState.SENT] * 3
    override(room, None, OverrideKind.EXCUSED)
    assert room.pass_back() == {}


def test_nothing_hidden_is_sent(room: Classroom) -> None:
    """Not before the release, and not when it was taken back after the row was written."""
    room.release(hidden=True)
    assert room.pass_back() == {}
    room.release()
    assert passback.note_changes(now=room.now) == 1
    room.release(hidden=True)
    assert room.pass_back() == {"withdrawn": 1}
    assert held(room) is None
    room.release()
    assert room.pass_back() == TAKEN
    assert held(room) == ours(room, 8)
    room.release(hidden=True)
    room.release()
    assert room.pass_back() == {}


TROUBLES: dict[str, dict[str, Any]] = {
    "away": {"what": "dead"},
    "answer lost": {"what": "dead", "acts": True},
    "slow": {"what": "slow", "seconds": 1.5},
    "garbage": {"what": "garbage"},
    "garbage after it": {"what": "garbage", "acts": True},
    "redirect": {"what": "redirect"},
    "401": {"what": 401, "count": 2},
    "429": {"what": 429, "retry_after": "4000"},
    "500": {"what": 500},
    "500 after it": {"what": 500, "acts": True},
    "409 twice": {"what": 409, "count": 2},
}


@pytest.mark.parametrize("trouble", list(TROUBLES))
def test_no_score_is_lost_and_none_told_twice(
    room: Classroom, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Whatever the platform does instead of answering: later it has the score, once."""
    room.platform.trouble("scores", **TROUBLES[trouble])
    with monkeypatch.context() as patience:
        if trouble == "slow":
            patience.setattr(calls, "TIMEOUTS", (1.0, 1.0))
        first = room.pass_back()
    row = room.row()
    if trouble == "garbage after it":  # it was looked up at once
        assert (first, row.state) == (TAKEN, PassbackState.SENT)
    else:
        assert (first, row.state, row.attempts) == (LATER, PassbackState.WAITING, 1)
        assert row.answer != ""
        assert row.next_at is not None
        wait = row.next_at - room.now
        assert wait >= (timedelta(seconds=4000) if trouble == "429" else timedelta(seconds=15))
        assert room.pass_back() == {}
    room.wait()
    room.pass_back()
    grade = room.platform.grade("101")
    assert (grade["held"], grade["posts"]) == (ours(room, 8), 1)
    assert room.row().state == PassbackState.SENT
    assert len(grade["submissions"]) == (1 if room.platform.kind == "canvas" else 0)


@pytest.mark.parametrize("what", ["garbage", 400])
def test_no_token_is_no_loss(room: Classroom, what: str | int) -> None:
    """A platform that gives no token is tried again."""
    room.platform.trouble("token", what)
    assert room.pass_back() == LATER
    assert "token" in room.row().answer or "reached" in room.row().answer
    room.wait()
    assert room.pass_back() == TAKEN


def test_a_token_that_ran_out_is_replaced_within_one_try(room: Classroom) -> None:
    """The platform forgets its tokens, and the student's score does not wait for that."""
    assert room.pass_back() == TAKEN
    room.platform.admin("forget-tokens")
    override(room, 3)
    assert room.pass_back() == TAKEN


def test_an_earlier_timestamp_is_sent_again_as_a_later_one(room: Classroom) -> None:
    """And when the platform has this very score, it is not."""
    room.platform.trouble("scores", 409)
    assert room.pass_back() == TAKEN
    assert room.platform.grade("101")["posts"] == 1
    override(room, 3)
    room.platform.trouble("scores", 409, acts=True)
    assert room.pass_back() == TAKEN
    assert (held(room), room.platform.grade("101")["posts"]) == (ours(room, 3), 2)


def test_what_time_does_not_mend_is_parked_and_told(
    room: Classroom, django_capture_on_commit_callbacks: Any
) -> None:
    """Staff hear of it once, and the next change of the grade is a new try."""
    room.platform.trouble("scores", 422)
    with django_capture_on_commit_callbacks(execute=True):
        assert room.pass_back() == REFUSED
    assert room.row().answer.startswith("The platform answered 422")
    assert [message.to for message in mail.outbox] == [[room.staff.user.email]]
    room.wait()
    assert room.pass_back() == {}
    override(room, 3)
    assert room.pass_back() == TAKEN
    assert room.states() == [PassbackState.SUPERSEDED, PassbackState.SENT]


def test_a_user_who_is_no_student_there_is_parked(room: Classroom) -> None:
    """Canvas says 422 and Moodle 400; the others go on."""
    room.platform.admin("person", sub="101", name="Ada", role="Instructor")
    graded(room.homework, room.bo, 5)
    assert room.pass_back() == {"refused": 1, "taken": 1}
    assert "student" in room.row().answer


def test_refused_with_the_column_in_its_place_is_not_the_column_s_end(room: Classroom) -> None:
    """403 for a score alone parks that score."""
    room.platform.trouble("scores", 403)
    assert room.pass_back() == REFUSED
    assert LineItem.objects.get().gone_at is None


def test_a_column_that_is_gone_keeps_its_grades_until_it_is_connected(
    room: Classroom, django_capture_on_commit_callbacks: Any
) -> None:
    """Nothing is sent any more, staff hear of it, and nothing is lost."""
    graded(room.homework, room.bo, 5)
    room.platform.admin("remove-item", item="11")
    with django_capture_on_commit_callbacks(execute=True):
        assert room.pass_back() == {"gone": 1, "withdrawn": 1}
    assert LineItem.objects.get().gone_at == room.now
    assert len(mail.outbox) == 1
    room.wait()
    assert room.pass_back() == {}
    made = room.platform.admin("item", label="Homework 1", maximum=100)
    LineItem.objects.update(url=made["url"], gone_at=None)
    assert room.pass_back() == {"taken": 2}


def test_after_a_day_people_decide(room: Classroom) -> None:
    """A platform that stays away is not asked for ever; `resend` goes on where it ended."""
    room.platform.trouble("scores", 500, count=100)
    tries = 0
    while not tries or room.row().state == PassbackState.WAITING:
        assert room.pass_back() == LATER
        tries += 1
        room.wait(timedelta(hours=1))
    assert 24 <= tries <= 30
    assert room.row().state == PassbackState.PARKED
    assert room.row().answer.startswith("Given up after a day")
    assert AuditEntry.objects.filter(action=alerts.PASSBACK).count() == 1
    room.platform.admin("calm")
    assert passback.resend(room.course, actor=room.staff.user, now=room.now) == 1
    assert room.pass_back() == TAKEN
    told = AuditEntry.objects.get(action=passback.RESENT)
    assert (told.actor, told.detail) == (room.staff.user, {"student": None, "grades": 1})


def test_a_sender_that_was_lost_after_the_post_is_not_repeated(room: Classroom) -> None:
    """Between the platform's answer and our commit: the lease runs out, the next one looks."""
    passback.note_changes(now=room.now)
    row = sending.take(room.now)
    assert row is not None
    now = sending._grade_now(row, room.now)
    assert not isinstance(now, str)
    parcel = sending._parcel(row, now, room.now)
    assert delivery.deliver(parcel, room.clock).ending == "taken"
    assert room.pass_back() == {}  # the lease holds
    room.wait(sending.LEASE)
    assert room.pass_back() == TAKEN
    grade = room.platform.grade("101")
    assert (grade["posts"], held(room)) == (1, ours(room, 8))


def test_a_platform_in_trouble_is_not_asked_for_each_student(room: Classroom) -> None:
    """After three failures its other grades are left for the next time, and lose no try."""
    for number in range(5):
        student = factories.membership(room.course)
        room.known_as(f"90{number}", student)
        graded(room.homework, student, number)
    room.platform.trouble("scores", 500, count=100)
    assert room.pass_back() == {"later": 3}
    untried = Passback.objects.filter(state=PassbackState.WAITING, attempts=0)
    assert untried.count() == 3


def test_lateness_is_told_once_where_comments_pile_up(room: Classroom) -> None:
    """On Canvas when it changes; on Moodle each time, for silence would wipe it."""
    graded(room.homework, room.bo, 10, DUE + timedelta(days=1))
    room.pass_back()
    words = "Late by 1 day: 2 of 10 points were taken for lateness."
    room.wait()
    passback.resend(room.course, actor=None, now=room.now)
    room.pass_back()
    grade = room.platform.grade("102")
    assert grade["posts"] == 2
    said = grade["comments"] if room.platform.kind == "canvas" else [grade["feedback"]]
    assert said == [words]


def test_canvas_counts_a_submission_once_and_hears_when_it_came(canvas: PlatformBeside) -> None:
    """Regrades are no further attempt; a teacher's own grade stays."""
    with connected(canvas) as room:
        score = graded(room.homework, room.ada, 8)
        room.release()
        room.pass_back()
        override(room, 3)
        room.pass_back()
        arrived = score.submission.received_at.isoformat(timespec="milliseconds")
        sent = canvas.grade("101")["submissions"]
        assert [each["submitted_at"] for each in sent] == [arrived.replace("+00:00", "Z")]
        canvas.admin("teacher", item="11", sub="101", score=77)
        override(room, 4)
        room.pass_back()
        assert canvas.grade("101")["held"] == 77


def test_an_exam_is_sent_after_its_release(room: Classroom) -> None:
    """To a column of its own, and it is no submission."""
    exam = Exam.objects.create(
        course=room.course, slug="midterm", title="Midterm", group="midterm", possible=50
    )
    made = room.platform.admin("item", label="Midterm", maximum=50)
    context = room.item.context
    item = LineItem.objects.create(context=context, exam=exam, url=made["url"])
    ExamScore.objects.create(
        exam=exam, student=room.ada, points=41, source="form", author=room.staff.user
    )
    room.pass_back()
    assert not Passback.objects.filter(line_item=item).exists()
    Exam.objects.update(released_at=room.now)
    assert room.pass_back() == TAKEN
    grade = room.platform.grade("101", "12")
    assert (grade["held"], grade["submissions"]) == (41, [])


def test_what_arrived_before_it_was_given_up_is_not_sent_once_more(room: Classroom) -> None:
    """Its answer was lost each time, and then staff ask for it again."""
    room.platform.trouble("scores", 500, acts=True)
    assert room.pass_back() == LATER
    Passback.objects.update(state=PassbackState.PARKED)
    assert passback.resend(room.course, actor=None, now=room.now) == 1
    assert room.pass_back() == TAKEN
    assert room.platform.grade("101")["posts"] == 1


def test_without_the_right_to_look_a_score_still_arrives(room: Classroom) -> None:
    """A platform may take scores and show no results."""
    scopes = [scope for scope in room.item.context.scopes if "result" not in scope]
    LtiContext.objects.update(scopes=scopes)
    room.platform.admin("tool", scopes=scopes)
    room.platform.trouble("scores", 503)
    assert room.pass_back() == LATER
    room.wait()
    assert room.pass_back() == TAKEN


def test_the_clock_does_it_all(room: Classroom) -> None:
    """The two tasks, as a worker of the queue calls them."""
    tasks.pass_back()
    room.platform.admin("teacher", item="11", sub="101", score=12)
    tasks.compare()
    row = room.row()
    assert (row.state, str(row.found)) == ("sent", "12.00")
