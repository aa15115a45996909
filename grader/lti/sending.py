"""Sends what waits in the outbox: one sender for each row, by a lease. Writes `Passback`.

A row is sent with the grade as it is at that moment, and never a grade that is hidden. Whoever
takes a row whose last sender was lost looks first at what the platform holds, so that nothing is
told twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db.models import F, Q, QuerySet

from grader import alerts
from grader.domain.passback import (
    GIVE_UP_AFTER,
    Grade,
    PassbackState,
    Unsendable,
    grade_to_send,
    pause,
    timestamp,
)
from grader.lti.delivery import Ending, Outcome, Parcel, deliver
from grader.lti.scores import Score, column_scopes, score_service
from grader.models import Course, LineItem, LtiAccount, Passback, Submission
from grader.queries.columns import column_of
from grader.queries.gradebook import gradebook
from grader.site_addresses import submission_page

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
"""Longer than all that one sending can ask for."""
_LOOK_AT = 20
_PATIENCE = 3
"""So many failures of one platform in one go, and its other grades are left for the next."""
_LEAST_TRIES = 5
_ANSWER = 1_000
_FAULT = "A fault of ours, which the log tells more of."


def send_waiting(
    clock: Callable[[], datetime],
    chance: Random,
    *,
    lasting: timedelta,
    course: Course | None = None,
) -> Counter[str]:
    """Send what waits, one after another, for so long at most; how many ended how.

    Several may do this at once. A platform that fails again and again is left alone for this time.
    """
    until, endings, failures = clock() + lasting, Counter[str](), Counter[int]()
    while clock() < until:
        tired = [platform for platform, count in failures.items() if count >= _PATIENCE]
        row = take(clock(), but_not=tired, course=course)
        if row is None:
            break
        ending = _send(row, clock, chance)
        endings[ending] += 1
        if ending == Ending.LATER:
            failures[row.line_item.context.deployment.platform_id] += 1
        elif ending == Ending.TAKEN:
            failures.pop(row.line_item.context.deployment.platform_id, None)
    return endings


def take(
    now: datetime, *, but_not: Iterable[int] = (), course: Course | None = None
) -> Passback | None:
    """The lease of the next row that is due, or None. One sender has it, whoever else asks."""
    due = _due(now).filter(line_item__context__deployment__platform__active=True)
    due = due.exclude(line_item__context__deployment__platform__in=list(but_not))
    if course is not None:
        due = due.filter(line_item__context__course=course)
    soonest = due.order_by(F("next_at").asc(nulls_first=True), "pk")
    for pk, attempts in soonest.values_list("pk", "attempts")[:_LOOK_AT]:
        # By columns of its own row alone: PostgreSQL looks at those again after it has waited for
        # another sender, and not at what a join found.
        free = _due(now).filter(pk=pk, attempts=attempts)
        if free.update(attempts=attempts + 1, held_until=now + LEASE):
            return Passback.objects.select_related(
                "line_item__context__deployment__platform",
                "line_item__context__course",
                "student__user",
            ).get(pk=pk)
    return None


def _due(now: datetime) -> QuerySet[Passback]:
    return Passback.objects.filter(
        Q(next_at__isnull=True) | Q(next_at__lte=now),
        Q(held_until__isnull=True) | Q(held_until__lte=now),
        state=PassbackState.WAITING,
    )


def _send(row: Passback, clock: Callable[[], datetime], chance: Random) -> str:
    """Send the row whose lease is held; how it ended."""
    grade = _grade_now(row, clock())
    if isinstance(grade, str):
        _end(row, state=PassbackState.WITHDRAWN, answer=grade)
        return PassbackState.WITHDRAWN
    try:
        outcome = deliver(_parcel(row, grade, clock()), clock)
    except Exception:
        log.exception("passback %d could not be sent", row.pk)
        outcome = Outcome(Ending.LATER, _FAULT)
    said = {
        "points": grade.points,
        "possible": grade.possible,
        "comment": grade.comment,
        "submission": grade.submission_id,
    }
    match outcome.ending:
        case Ending.TAKEN:
            _end(
                row,
                state=PassbackState.SENT,
                sent_at=clock(),
                timestamp=outcome.timestamp,
                answer="",
                **said,
            )
        case Ending.REFUSED:
            _end(row, state=PassbackState.PARKED, answer=outcome.sentence, **said)
            _tell(row, outcome.sentence)
        case Ending.GONE:
            _close(row, outcome.sentence, clock())
        case Ending.LATER:
            _put_off(row, outcome, clock(), chance, said)
    return outcome.ending


def _grade_now(row: Passback, now: datetime) -> Grade | str:
    """What is to be sent at this moment, or why nothing is."""
    item = row.line_item
    course = item.context.course
    if item.gone_at is not None or course is None or course.pk != row.student.course_id:
        return "the column is no longer connected"
    platform = item.context.deployment.platform
    if not LtiAccount.objects.filter(platform=platform, user=row.student.user).exists():
        return Unsendable.UNKNOWN
    book = gradebook(course, now=now, student=row.student)
    number, column = column_of(book, item)
    return grade_to_send(column, book.rows[0].cells[number], active=book.rows[0].active)


def _parcel(row: Passback, grade: Grade, now: datetime) -> Parcel:
    """The score as it is told to this platform."""
    item, context = row.line_item, row.line_item.context
    platform = context.deployment.platform
    account = LtiAccount.objects.get(platform=platform, user=row.student.user)
    sent = Passback.objects.filter(
        line_item=item, student=row.student, state=PassbackState.SENT
    ).order_by("-version")
    last = sent.first()
    # Canvas piles comments up; elsewhere a score without one wipes it.
    is_told = platform.dialect == "canvas" and last is not None and last.comment == grade.comment
    work = _work(item, grade)
    score = Score(
        subject=account.subject,
        points=grade.points,
        possible=grade.possible,
        comment="" if is_told else grade.comment,
        timestamp=timestamp(now, last.timestamp if last else None),
        submitted_at=work.received_at if work else None,
        new_submission=work is not None and not sent.filter(submission=work).exists(),
        submission_url=submission_page(work.pk) if work else "",
    )
    return Parcel(
        service=score_service(context, now),
        item=item.url,
        score=score,
        last_points=last.points if last else None,
        column_scopes=column_scopes(context),
        unsure=row.attempts > 1 or _tried_since(row, last),
    )


def _tried_since(row: Passback, last: Passback | None) -> bool:
    """Whether versions between what was taken and this one were tried: one may have arrived."""
    between = Passback.objects.filter(
        line_item=row.line_item, student=row.student, version__lt=row.version, attempts__gt=0
    )
    return between.filter(version__gt=last.version if last else 0).exists()


def _work(item: LineItem, grade: Grade) -> Submission | None:
    """The submission that the grade is of; an exam has none, nor has what staff decided alone."""
    if item.assignment_id is None or grade.submission_id is None:
        return None
    return Submission.objects.filter(pk=grade.submission_id).first()


def _put_off(
    row: Passback,
    outcome: Outcome,
    now: datetime,
    chance: Random,
    said: dict[str, Any],
) -> None:
    """Try again later; after a day of it, people decide."""
    wait = outcome.retry_after
    if now - row.created_at >= GIVE_UP_AFTER and row.attempts >= _LEAST_TRIES:
        sentence = f"Given up after a day. {outcome.sentence}"
        _end(row, state=PassbackState.PARKED, answer=sentence, **said)
        _tell(row, sentence)
        return
    after = max(pause(row.attempts, chance.random()), wait or timedelta(0))
    _end(row, next_at=now + after, answer=outcome.sentence, **said)
    if wait is not None:  # it asked to be left alone, with whatever it is
        platform = row.line_item.context.deployment.platform_id
        Passback.objects.filter(
            Q(next_at__isnull=True) | Q(next_at__lt=now + wait),
            line_item__context__deployment__platform=platform,
            state=PassbackState.WAITING,
        ).update(next_at=now + wait)


def _close(row: Passback, sentence: str, now: datetime) -> None:
    """The column is gone: nothing of it is sent until it is connected again."""
    _end(row, state=PassbackState.WITHDRAWN, answer=sentence)
    if LineItem.objects.filter(pk=row.line_item_id, gone_at__isnull=True).update(gone_at=now):
        _tell(row, sentence)


def _end(row: Passback, **facts: Any) -> None:
    """Write what became of it, unless the lease ran out and somebody else has it now."""
    facts["answer"] = facts["answer"][:_ANSWER]
    mine = Passback.objects.filter(pk=row.pk, state=PassbackState.WAITING, attempts=row.attempts)
    if not mine.update(held_until=None, **facts):
        log.warning("passback %d was taken over while it was sent", row.pk)


def _tell(row: Passback, sentence: str) -> None:
    course = row.line_item.context.course
    assert course is not None
    alerts.passback(course, str(row.line_item.context.deployment.platform), sentence)
