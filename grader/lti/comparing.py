"""What platforms hold of the grades that we sent, beside what we sent. Nothing there is changed.

A teacher may have typed over a grade in the platform; then it took what we sent and shows another.
Writes what was found into `Passback`, for staff to see.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from grader.domain.passback import PassbackState, same_points
from grader.domain.points import round_points
from grader.lti.calls import ServiceFailed
from grader.lti.scores import Result, results, score_service
from grader.models import Course, LineItem, LtiAccount, Passback
from grader.passback import connected

log = logging.getLogger(__name__)
_MOST = Decimal(9_999_999)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a comparison."""

    grades: int = 0
    differ: int = 0
    troubles: tuple[str, ...] = ()
    """Columns that could not be asked, and why."""


def compare(
    course: Course, clock: Callable[[], datetime], *, within: timedelta | None = None
) -> Compared:
    """Ask for every connected column of a course what it holds; for so long at most."""
    until = clock() + within if within else None
    grades = differ = 0
    troubles: list[str] = []
    for item in connected(course):
        if until is not None and clock() >= until:
            troubles.append(f"{_title(item)}: there was no time left to ask.")
            continue
        try:
            rows = _compare(item, clock())
        except ServiceFailed as failed:
            troubles.append(f"{_title(item)}: {failed}")
            continue
        grades += len(rows)
        differ += sum(not same_points(row.found, row.points) for row in rows)
    return Compared(grades, differ, tuple(troubles))


def compare_all(clock: Callable[[], datetime]) -> None:
    """The same for all courses; what could not be asked is told in the log."""
    for course in Course.objects.filter(lti_contexts__line_items__isnull=False).distinct():
        for trouble in compare(course, clock).troubles:
            log.warning("%s: %s", course.slug, trouble)


def _compare(item: LineItem, now: datetime) -> list[Passback]:
    """The newest grades that this column took, with what it holds of them."""
    platform = item.context.deployment.platform
    held = results(score_service(item.context, now), item.url)
    subjects = dict(LtiAccount.objects.filter(platform=platform).values_list("user_id", "subject"))
    newest: dict[int, Passback] = {}
    sent = Passback.objects.filter(line_item=item, state=PassbackState.SENT)
    for row in sent.select_related("student").order_by("version"):
        newest[row.student_id] = row
    for row in newest.values():
        row.found = _found(held.get(subjects.get(row.student.user_id, "")), row)
        row.found_at = now
    Passback.objects.bulk_update(newest.values(), ["found", "found_at"], batch_size=500)
    return list(newest.values())


def _found(result: Result | None, row: Passback) -> Decimal | None:
    points = result.of(row.possible) if result and row.possible is not None else None
    return None if points is None or abs(points) > _MOST else round_points(points)


def _title(item: LineItem) -> str:
    return str(item.assignment or item.exam)
