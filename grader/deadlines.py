"""What an upload is judged by: the deadline that holds for a student, the policy, slip days.

The deadline is the homework's, or the latest extension in force that fits the student.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from grader.domain import slip
from grader.domain.extensions import effective_due
from grader.domain.lateness import LatePolicy
from grader.models import Assignment, Extension, Membership, SlipDays


@dataclass(frozen=True, slots=True)
class Grant:
    """A later deadline: for a student, a section or (with neither) everybody, by their keys."""

    due_at: datetime
    student: int | None = None
    section: int | None = None

    def fits(self, student: Membership) -> bool:
        """Whether it is for this student too."""
        if self.student is not None:
            return self.student == student.pk
        if self.section is not None:
            return self.section == student.section_id
        return True


@dataclass(frozen=True, slots=True)
class Declared:
    """The slip days that a student spends on one homework, and on those before it."""

    before: int = 0
    here: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the uploads of one homework are judged by; a preview judges by rules of its own."""

    due_at: datetime
    policy: LatePolicy
    zone: ZoneInfo
    grants: tuple[Grant, ...] = ()
    declared: Mapping[int, Declared] = field(default_factory=dict)
    """By the key of the student."""

    def due(self, student: Membership) -> datetime:
        """When the homework is due for one student."""
        fitting = [grant.due_at for grant in self.grants if grant.fits(student)]
        return effective_due(self.due_at, fitting)

    def slip_days(self, student: Membership) -> int:
        """How many late days the student has paid with slip days."""
        declared = self.declared.get(student.pk, Declared())
        return slip.usable(declared.before, declared.here, self.policy.slip_days)


def rules_of(assignment: Assignment, student: Membership | None = None) -> Rules:
    """Today's rules of a homework, for one student or for all; two queries."""
    return rules_for([assignment], student)[assignment.pk]


def rules_for(
    assignments: Iterable[Assignment], student: Membership | None = None
) -> dict[int, Rules]:
    """The same for several homeworks of a course, by their keys; two queries for all."""
    wanted = list(assignments)
    grants = _grants(wanted)
    declared = declared_days(wanted[0].course_id, student) if wanted else {}
    return {
        assignment.pk: Rules(
            due_at=assignment.due_at,
            policy=assignment.course.late_policy,
            zone=assignment.course.zone,
            grants=grants.get(assignment.pk, ()),
            declared=_spent(declared, assignment),
        )
        for assignment in wanted
    }


def due_for(assignment: Assignment, student: Membership) -> datetime:
    """When the homework is due for one student."""
    return dues_for([assignment], student)[assignment.pk]


def dues_for(assignments: Iterable[Assignment], student: Membership) -> dict[int, datetime]:
    """When each homework is due for one student, by the homework's key; one query for all."""
    wanted = list(assignments)
    grants = _grants(wanted)
    return {
        assignment.pk: effective_due(
            assignment.due_at,
            [grant.due_at for grant in grants.get(assignment.pk, ()) if grant.fits(student)],
        )
        for assignment in wanted
    }


def declared_days(
    course_id: int, student: Membership | None = None
) -> dict[int, dict[int, tuple[int, int]]]:
    """By student and homework: the homework's position, and the days declared for it last."""
    rows = SlipDays.objects.filter(assignment__course=course_id)
    if student is not None:
        rows = rows.filter(student=student)
    found: dict[int, dict[int, tuple[int, int]]] = {}
    fields = ("student", "assignment", "assignment__position", "days")
    for key, homework, position, days in rows.order_by("pk").values_list(*fields):
        found.setdefault(key, {})[homework] = (position, days)
    return found


def _spent(
    declared: Mapping[int, Mapping[int, tuple[int, int]]], assignment: Assignment
) -> dict[int, Declared]:
    place = (assignment.position, assignment.pk)
    return {
        student: Declared(
            before=sum(days for pk, (at, days) in own.items() if (at, pk) < place),
            here=own.get(assignment.pk, (0, 0))[1],
        )
        for student, own in declared.items()
    }


def _grants(assignments: Iterable[Assignment]) -> dict[int, tuple[Grant, ...]]:
    """The extensions in force, by homework."""
    rows = Extension.objects.filter(assignment__in=assignments, revoked_at__isnull=True)
    found: dict[int, list[Grant]] = {}
    for row in rows:
        grant = Grant(row.due_at, student=row.student_id, section=row.section_id)
        found.setdefault(row.assignment_id, []).append(grant)
    return {assignment: tuple(grants) for assignment, grants in found.items()}
