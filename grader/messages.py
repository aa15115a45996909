"""Mail to people about what was done with their grades: written with the act, sent afterwards.

A message is a row in the transaction of the act that it tells of. So nothing is told that did not
happen, and while the mail server is away nothing is lost. The clock sends what waits. A key says
what a message tells of: whatever happens twice is told once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q, QuerySet

from grader.models import Course, Membership, Message, User

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 200
"""After so many, a week and more of an hour each, a message is left alone."""
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_AT_ONCE = 500
_SECONDS = 15.0
"""How long one run may send: the sweep waits for it."""
_LEFT = "This person takes part in the course no longer."
_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A message to one person, by the key of the account."""

    to: int
    key: str
    subject: str
    body: str


def tell(course: Course, user: User, kind: str, key: str, subject: str, body: str) -> bool:
    """Write a message in the caller's transaction; False where nobody is told.

    Nobody is told twice by the same key, nor told anything who takes no part in the course.
    """
    return bool(tell_all(course, kind, [Told(user.pk, key, subject, body)]))


def tell_all(course: Course, kind: str, told: Iterable[Told]) -> int:
    """Write many messages, in three queries; gives how many are new."""
    wanted = {one.key: one for one in told}
    known = set(Message.objects.filter(key__in=wanted).values_list("key", flat=True))
    here = _taking_part(course.pk, {one.to for one in wanted.values()})
    new = [one for one in wanted.values() if one.key not in known and one.to in here]
    Message.objects.bulk_create(
        (
            Message(
                course=course,
                to_id=one.to,
                kind=kind,
                key=one.key,
                subject=one.subject[:_SUBJECT],
                body=one.body,
            )
            for one in new
        ),
        ignore_conflicts=True,
    )
    return len(new)


def send_waiting(now: datetime) -> int:
    """Send what waits; how many have left. What cannot leave waits longer each time."""
    rows = list(_waiting(now).select_related("to", "course")[:_AT_ONCE])
    if not rows:
        return 0
    server, until, sent = get_connection(), time.monotonic() + _SECONDS, 0
    try:
        server.open()
        for row in rows:
            if time.monotonic() > until:
                break
            if _claim(row, now):
                sent += _send(row, server, now)
    except OSError as error:
        log.warning("the mail server is away, %d messages wait: %s", len(rows) - sent, error)
    finally:
        with suppress(OSError):
            server.close()
    return sent


def _waiting(now: datetime) -> QuerySet[Message]:
    due = Q(next_at__isnull=True) | Q(next_at__lte=now)
    rows = Message.objects.filter(due, sent_at__isnull=True, attempts__lt=MOST_ATTEMPTS)
    return rows.order_by("attempts", "pk")


def _claim(row: Message, now: datetime) -> bool:
    """Take a message for one attempt; of two who send, one gets it."""
    wait = min(_FIRST_WAIT * 2 ** min(row.attempts, 10), _LONGEST_WAIT)
    free = Message.objects.filter(pk=row.pk, sent_at__isnull=True, attempts=row.attempts)
    return bool(free.update(attempts=F("attempts") + 1, next_at=now + wait))


def _send(row: Message, server: BaseEmailBackend, now: datetime) -> bool:
    own = Message.objects.filter(pk=row.pk)
    if row.to_id not in _taking_part(row.course_id, [row.to_id]):
        own.update(attempts=MOST_ATTEMPTS, trouble=_LEFT)
        return False
    mail = EmailMessage(
        " ".join(row.subject.split()),
        row.body,
        to=[row.to.email],
        headers={"Auto-Submitted": "auto-generated"},
        connection=server,
    )
    try:
        mail.send()
    except OSError as error:  # SMTP's errors are of this kind too
        log.warning("message %d could not be sent: %s", row.pk, error)
        own.update(trouble=str(error))
        # One that is refused must not end the line for the others, nor a line that has broken.
        server.close()
        server.open()
        return False
    own.update(sent_at=now, trouble="")
    return True


def _taking_part(course: int, users: Collection[int]) -> set[int]:
    rows = Membership.objects.filter(
        course=course, user__in=users, active=True, user__is_active=True
    )
    return set(rows.values_list("user", flat=True))
