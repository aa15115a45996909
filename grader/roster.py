"""A list of people becomes the course's roster: seen before, then done at once and written down.

`preview` changes nothing. `apply` does what was previewed, in one transaction: whoever is new gets
an account without a password, and who is missing is withdrawn only where that was asked for.
Withdrawn people keep all their work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef

from grader.domain import roster
from grader.domain.roster import Entry, Known, Listed, Plan
from grader.domain.states import Role
from grader.errors import TableUnreadable
from grader.models import AuditEntry, Course, Membership, Section, User
from grader.people import ENROLLED, lock, score_again

IMPORTED = "roster.imported"
"""What the audit log calls a list that was applied."""
LEFT = ("active", "withdrawn")
"""What somebody's state becomes who leaves."""


@dataclass(frozen=True, slots=True)
class Done:
    """How many people an applied list touched."""

    new: int
    back: int
    changed: int
    withdrawn: int


def preview(course: Course, listed: Iterable[Listed], *, same_people: bool = False) -> Plan:
    """What a list would change in a course; three queries, and nothing is written.

    `TableUnreadable` says who stands in the list twice.
    same_people: who is known by a wholly different name is that person all the same
    """
    people = list(listed)
    if found := roster.faults(people):
        raise TableUnreadable(*found)
    sections = Section.objects.filter(course=course).values_list("name", flat=True)
    known = [*_members(course), *_accounts(course, people)]
    return roster.plan(people, known, sections, same_people=same_people)


@transaction.atomic
def apply(
    course: Course, plan: Plan, *, actor: User | None, source: str, withdraw_missing: bool = False
) -> Done:
    """Do what `preview` has told; the caller has seen to it that nothing changed since.

    source: where the list is from, for the audit log, as the name of a file
    actor: None if the service itself did it
    """
    lock(course)
    gone = plan.missing if withdraw_missing else ()
    sections = _sections(course, [*plan.new, *plan.back, *plan.changed])
    moved = _change(course, [*plan.back, *plan.changed], sections)
    made = _enter(course, plan.new, sections)
    Membership.objects.filter(pk__in=[each.member for each in gone]).update(active=False)
    score_again(course, moved)
    _write_down(course, actor, source, plan, made, gone)
    return Done(len(plan.new), len(plan.back), len(plan.changed), len(gone))


# --- what is there --------------------------------------------------------------------------------


def _members(course: Course) -> list[Known]:
    others = Membership.objects.filter(user=OuterRef("user")).exclude(course=course)
    rows = Membership.objects.filter(course=course).annotate(elsewhere=Exists(others))
    return [
        Known(
            user=row.user_id,
            email=row.user.email,
            name=row.user.name,
            member=row.pk,
            number=row.student_number,
            section=row.section.name if row.section else "",
            role=Role(row.role),
            active=row.active,
            elsewhere=row.elsewhere,
        )
        for row in rows.select_related("user", "section").order_by("pk")
    ]


def _accounts(course: Course, listed: list[Listed]) -> list[Known]:
    """Those on the list who have an account and are not of this course."""
    addresses = [each.email for each in listed]
    rows = User.objects.filter(email__in=addresses).exclude(memberships__course=course)
    fields = rows.values_list("pk", "email", "name")
    return [Known(user=pk, email=email, name=name) for pk, email, name in fields]


# --- what is done ---------------------------------------------------------------------------------


def _sections(course: Course, entries: list[Entry]) -> dict[str, Section]:
    """The course's sections by name, with those that are needed."""
    there = {each.name: each for each in Section.objects.filter(course=course)}
    needed = {each.section for each in entries} - {"", *there}
    made = Section.objects.bulk_create(Section(course=course, name=n) for n in sorted(needed))
    return there | {each.name: each for each in made}


def _enter(course: Course, new: Iterable[Entry], sections: dict[str, Section]) -> dict[str, int]:
    """Bring people in, with an account where they have none; their memberships by address."""
    entries = list(new)
    strangers = [_account(each) for each in entries if each.user is None]
    # Another course may have made the same account a moment ago; then that one is taken.
    User.objects.bulk_create(strangers, ignore_conflicts=True)
    accounts = User.objects.filter(email__in=[each.email for each in entries])
    users = dict(accounts.values_list("email", "pk"))
    Membership.objects.bulk_create(
        Membership(
            course=course,
            user_id=users[each.email],
            role=each.role.value,
            section=sections.get(each.section),
            student_number=each.number,
        )
        for each in entries
    )
    rows = Membership.objects.filter(course=course, user__in=users.values())
    return dict(rows.values_list("user__email", "pk"))


def _account(entry: Entry) -> User:
    user = User(email=entry.email, name=entry.name)
    user.set_unusable_password()
    return user


def _change(course: Course, entries: list[Entry], sections: dict[str, Section]) -> set[int]:
    """Change memberships and names; the memberships whose section is another one now."""
    wanted = {each.member: each for each in entries}
    rows = list(Membership.objects.filter(course=course, pk__in=wanted).select_related("user"))
    moved, renamed = set(), []
    for row in rows:
        entry = wanted[row.pk]
        section = sections.get(entry.section)
        if row.section_id != (section.pk if section else None):
            moved.add(row.pk)
        row.section, row.student_number = section, entry.number
        row.role, row.active = entry.role.value, True
        if row.user.name != entry.name:
            row.user.name = entry.name
            renamed.append(row.user)
    Membership.objects.bulk_update(rows, ["section", "student_number", "role", "active"])
    User.objects.bulk_update(renamed, ["name"])
    return moved


def _write_down(
    course: Course,
    actor: User | None,
    source: str,
    plan: Plan,
    made: dict[str, int],
    gone: Iterable[Entry],
) -> None:
    """One line of the audit log for each person, and one for the list."""

    def line(entry: Entry, *state: str) -> AuditEntry:
        changes = [[each.what, each.before, each.after] for each in entry.changes]
        detail = {
            "role": entry.role.value,
            "section": entry.section,
            "number": entry.number,
            "active": state != LEFT,
            "source": source,
            "changes": [*changes, *([["state", *state]] if state else [])],
        }
        return AuditEntry(
            course=course,
            actor=actor,
            action=ENROLLED,
            subject=f"membership {entry.member or made[entry.email]}",
            detail=detail,
        )

    left = [each.member for each in gone]
    summary = {
        "source": source,
        "new": len(plan.new),
        "back": len(plan.back),
        "changed": len(plan.changed),
        "withdrawn": len(left),
        "left_as_they_are": len(plan.conflicts),
    }
    AuditEntry.objects.bulk_create(
        [
            *map(line, [*plan.new, *plan.changed]),
            *(line(each, *reversed(LEFT)) for each in plan.back),
            *(line(each, *LEFT) for each in gone),
            AuditEntry(
                course=course,
                actor=actor,
                action=IMPORTED,
                subject=f"course {course.pk}",
                detail=summary,
            ),
        ]
    )
