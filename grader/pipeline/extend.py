"""Later deadlines: writes `Extension`, and has every score that it touches made again.

The order for a change of the rules: extension → score → publish, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from grader.models import Assignment, AuditEntry, Extension, Membership, Section, User
from grader.pipeline.publish import publish_all
from grader.pipeline.score import in_turn, score_all


@dataclass(frozen=True, slots=True)
class Wanted:
    """An extension that is to be granted; for everybody with neither student nor section."""

    assignment: Assignment
    due_at: datetime
    reason: str
    student: Membership | None = None
    section: Section | None = None


def extend(
    assignment: Assignment,
    due_at: datetime,
    *,
    reason: str,
    author: User,
    student: Membership | None = None,
    section: Section | None = None,
) -> Extension:
    """Grant a student, a section or (with neither) everybody a later deadline."""
    (extension,) = grant_all([Wanted(assignment, due_at, reason, student, section)], author=author)
    return extension


@transaction.atomic
def grant_all(wanted: Iterable[Wanted], *, author: User) -> list[Extension]:
    """Grant several later deadlines, all of them or none."""
    grants = list(wanted)
    assignments = _all_in_turn({each.assignment.pk for each in grants})
    made = [_grant(each, author) for each in grants]
    for assignment in assignments:
        rescore(assignment)
    return made


@transaction.atomic
def revoke(extension: Extension, *, author: User, now: datetime) -> bool:
    """Take an extension back: what it gave is lost at once. False where somebody already has."""
    assignment = in_turn(extension.assignment_id)
    rows = Extension.objects.filter(pk=extension.pk, revoked_at__isnull=True)
    if not rows.update(revoked_at=now, revoked_by=author):
        return False
    _note("extension.revoked", extension, author)
    rescore(assignment)
    return True


@transaction.atomic
def rescore(assignment: Assignment, students: Collection[int] | None = None) -> None:
    """Score all graded submissions, or those of some students, by today's deadlines and policy."""
    publish_all(assignment, score_all(assignment, students))


@transaction.atomic
def rescore_course(assignments: Iterable[Assignment]) -> None:
    """The same for several homeworks; nobody scores one of them meanwhile."""
    for assignment in _all_in_turn({each.pk for each in assignments}):
        rescore(assignment)


def _all_in_turn(keys: Collection[int]) -> list[Assignment]:
    """Lock homeworks in the order of their keys, so that nobody waits for another in a ring."""
    return [in_turn(key) for key in sorted(keys)]


def _grant(wanted: Wanted, author: User) -> Extension:
    extension = Extension.objects.create(
        assignment=wanted.assignment,
        due_at=wanted.due_at,
        reason=wanted.reason,
        author=author,
        student=wanted.student,
        section=wanted.section,
    )
    _note("extension.granted", extension, author)
    return extension


def _note(action: str, extension: Extension, author: User) -> None:
    AuditEntry.objects.create(
        course=extension.assignment.course,
        actor=author,
        action=action,
        subject=f"assignment {extension.assignment_id}",
        detail={
            "due_at": extension.due_at.isoformat(),
            "reason": extension.reason,
            "student": extension.student_id,
            "section": extension.section_id,
        },
    )
