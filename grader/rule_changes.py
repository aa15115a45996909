"""A new late policy for a course, a new deadline for a homework: looked at, then applied as seen.

Everything is scored again in the transaction of the change, and the audit log keeps both rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from grader.deadlines import rules_for, rules_of
from grader.domain.lateness import LatePolicy
from grader.effects import Effects, effects, refuse_unless_seen
from grader.errors import RuleRefused
from grader.models import Assignment, AuditEntry, Course, User
from grader.pipeline.extend import rescore
from grader.pipeline.score import in_turn

POLICY_CHANGED, DEADLINE_CHANGED = "policy.changed", "deadline.changed"


def effects_of_policy(course: Course, policy: LatePolicy) -> list[Effects]:
    """What another policy would make of each homework's grades."""
    homeworks = list(course.assignments.select_related("course"))
    rules = rules_for(homeworks)
    return [effects(each, replace(rules[each.pk], policy=policy)) for each in homeworks]


def effects_of_deadline(assignment: Assignment, due_at: datetime) -> Effects:
    """What another deadline would make of a homework's grades."""
    return effects(assignment, replace(rules_of(assignment), due_at=due_at))


@transaction.atomic
def change_policy(course: Course, policy: LatePolicy, *, author: User | None, seen: str) -> None:
    """Put a policy in force, if its effects are still those that were seen.

    `DraftOutdated` where grades have moved since, and nothing is changed.
    """
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    homeworks = _all_in_turn(course.assignments.all())
    refuse_unless_seen(effects_of_policy(course, policy), seen)
    put_in_force(course, policy, author=author)
    for homework in homeworks:
        rescore(homework)


@transaction.atomic
def change_deadline(
    assignment: Assignment, due_at: datetime, *, author: User | None, seen: str
) -> None:
    """Move a homework's deadline, if that does what was seen; earlier or later.

    `DraftOutdated` where grades have moved since, `RuleRefused` before the homework opens.
    """
    assignment = in_turn(assignment.pk)
    refuse_unless_seen([effects_of_deadline(assignment, due_at)], seen)
    _move(assignment, due_at, author)
    rescore(assignment)


def put_in_force(course: Course, policy: LatePolicy, *, author: User | None) -> None:
    """Write a policy with its audit entry; whoever calls has everything scored again."""
    old, course.late_policy = course.late_policy, policy
    course.save(update_fields=["late_policy"])
    _note(
        course,
        author,
        POLICY_CHANGED,
        f"course {course.pk}",
        {"before": _plain(old), "after": _plain(policy)},
    )


def _move(assignment: Assignment, due_at: datetime, author: User | None) -> None:
    if due_at <= assignment.opens_at:
        raise RuleRefused(f"{assignment.title} opens only then or later: choose a later deadline.")
    note_deadline(assignment, due_at, author=author)
    assignment.due_at = due_at
    assignment.save(update_fields=["due_at"])


def note_deadline(assignment: Assignment, due_at: datetime, *, author: User | None) -> None:
    """Note that a homework's deadline is about to be another."""
    _note(
        assignment.course,
        author,
        DEADLINE_CHANGED,
        f"assignment {assignment.pk}",
        {"before": assignment.due_at.isoformat(), "after": due_at.isoformat()},
    )


def differences(old: LatePolicy, new: LatePolicy) -> list[tuple[str, Any, Any]]:
    """The names of what differs, with both values."""
    before, after = _plain(old), _plain(new)
    return [(name, before[name], after[name]) for name in before if before[name] != after[name]]


def _all_in_turn(homeworks: Iterable[Assignment]) -> list[Assignment]:
    return [in_turn(key) for key in sorted(homework.pk for homework in homeworks)]


def _plain(policy: LatePolicy) -> dict[str, Any]:
    """A policy in values that JSON has."""
    values = dataclasses.asdict(policy)
    return {
        name: value if value is None or isinstance(value, int) else str(value)
        for name, value in values.items()
    }


def _note(
    course: Course, author: User | None, action: str, subject: str, detail: dict[str, Any]
) -> None:
    AuditEntry.objects.create(
        course=course, actor=author, action=action, subject=subject, detail=detail
    )
