"""Slip days: a student declares how many of the course's to spend on a homework; staff may, too.

Writes `SlipDays`. Each student has a number of them for the whole course, by the late policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import transaction

from grader.access import AssignmentAccess
from grader.deadlines import Declared, declared_days, rules_of
from grader.domain import slip
from grader.effects import Effect, effects_under
from grader.errors import RuleRefused
from grader.models import Assignment, AuditEntry, Membership, SlipDays, User
from grader.pipeline.extend import rescore
from grader.pipeline.score import in_turn


@dataclass(frozen=True, slots=True)
class Choice:
    """So many days on this homework, and what the grade would then be."""

    days: int
    effect: Effect | None
    """None while nothing is graded."""


@dataclass(frozen=True, slots=True)
class Budget:
    """A student's slip days, seen from one homework."""

    all: int
    here: int
    elsewhere: int
    choices: tuple[Choice, ...] = ()
    """What may be declared here; nothing where it can be changed no more."""

    @property
    def most(self) -> int:
        """How many may be declared here."""
        return slip.most(self.elsewhere, self.all)

    @property
    def left(self) -> int:
        """How many are not declared yet."""
        return max(self.all - self.elsewhere - self.here, 0)


def slip_budget(access: AssignmentAccess) -> Budget | None:
    """What the reader may spend on a homework; None for staff, and where there are no slip days."""
    if access.is_staff or not access.course.late_policy.slip_days:
        return None
    budget = budget_of(access.assignment, access.membership)
    if access.assignment.released_at is not None:
        return budget
    return replace(budget, choices=choices(access.assignment, access.membership))


def budget_of(assignment: Assignment, student: Membership) -> Budget:
    """What a student has declared; one query."""
    own = declared_days(assignment.course_id, student).get(student.pk, {})
    return _budget(assignment, own)


def choices(assignment: Assignment, student: Membership) -> tuple[Choice, ...]:
    """What each number of days that may be declared would make of the student's grade."""
    budget, rules = budget_of(assignment, student), rules_of(assignment, student)
    before = rules.declared.get(student.pk, Declared()).before
    numbers = range(budget.most + 1)
    several = [replace(rules, declared={student.pk: Declared(before, days)}) for days in numbers]
    seen = effects_under(assignment, several, [student.pk])
    return tuple(
        Choice(days, one.all[0] if one.all else None)
        for days, one in zip(numbers, seen, strict=True)
    )


@transaction.atomic
def declare(assignment: Assignment, student: Membership, days: int, *, author: User) -> None:
    """Spend so many days on a homework in place of what was declared; scored again at once.

    The student until the homework's grades are released, staff at any time. `RuleRefused` says why
    it cannot be.
    """
    assignment = in_turn(assignment.pk)
    # Who declares for two homeworks at the same moment must see the one while doing the other.
    Membership.objects.select_for_update(no_key=True).get(pk=student.pk)
    own = declared_days(assignment.course_id, student).get(student.pk, {})
    budget = _budget(assignment, own)
    _refuse(assignment, budget, days, by_student=author.pk == student.user_id)
    if days == budget.here:
        return
    SlipDays.objects.create(assignment=assignment, student=student, days=days, author=author)
    AuditEntry.objects.create(
        course=assignment.course,
        actor=author,
        action="slip_days.declared",
        subject=f"assignment {assignment.pk}",
        detail={"student": student.pk, "before": budget.here, "days": days},
    )
    rescore(assignment, [student.pk])


def _budget(assignment: Assignment, own: Mapping[int, tuple[int, int]]) -> Budget:
    elsewhere = sum(days for key, (_, days) in own.items() if key != assignment.pk)
    here = own.get(assignment.pk, (0, 0))[1]
    return Budget(assignment.course.late_policy.slip_days, here, elsewhere)


def _refuse(assignment: Assignment, budget: Budget, days: int, *, by_student: bool) -> None:
    if not budget.all:
        raise RuleRefused("This course has no slip days.")
    if by_student and assignment.released_at is not None:
        raise RuleRefused(
            f"The grades of {assignment.title} are released, so its slip days can be changed no "
            "more. If you have a reason, ask the course's staff."
        )
    if not 0 <= days <= budget.most:
        raise RuleRefused(
            f"{days} slip days cannot be spent here: there are {budget.all} in the course, and "
            f"{budget.elsewhere} of them are for other homeworks. Choose 0 to {budget.most}."
        )
