"""Who takes part in a course, and as what. A person who leaves stays on the roll, inactive."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from grader.domain.roster import LONGEST
from grader.domain.states import Role
from grader.errors import PeopleRefused
from grader.models import Assignment, AuditEntry, Course, Membership, Section, User
from grader.pipeline.extend import rescore

ENROLLED = "membership.set"
"""What the audit log calls a person's new role or section."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a person is to be in a course."""

    role: Role
    section: Section | None
    number: str
    active: bool
    name: str = ""
    """Another name; empty if it stays."""


@transaction.atomic
def enrol(
    course: Course,
    email: str,
    *,
    name: str = "",
    role: Role = Role.STUDENT,
    section: str = "",
    number: str = "",
    active: bool = True,
    actor: User | None = None,
) -> Membership:
    """Give a person a role in a course; who is not known yet gets an account without a password.

    Such a person sets one by "forgotten password". Repeating it changes what is different.
    `ValueError` says what is missing or malformed, `PeopleRefused` what cannot be in this course.
    """
    lock(course)
    user = _person(email, name)
    place = Section.objects.get_or_create(course=course, name=section)[0] if section else None
    member = Membership.objects.filter(course=course, user=user).first()
    part = Part(role, place, number, active)
    if member is not None:
        change(member, part, actor=actor)
        return member
    _check(course, None, part)
    member = Membership.objects.create(
        course=course,
        user=user,
        role=role.value,
        section=place,
        student_number=number,
        active=active,
    )
    _note(member, [], actor)
    return member


@transaction.atomic
def change(member: Membership, part: Part, *, actor: User | None) -> bool:
    """Make a person of a course something else there; False if they are that already.

    `PeopleRefused` where it cannot be: a number of somebody else, a course without an instructor.
    The scores are made again where the new section has another deadline.
    """
    lock(member.course)
    member.refresh_from_db()
    before = _as_told(member)
    moved = member.section_id != (part.section.pk if part.section else None)
    _check(member.course, member, part)
    if part.name and part.name != member.user.name:
        _rename(member, part.name)
    member.role, member.section = part.role.value, part.section
    member.student_number, member.active = part.number, part.active
    after = _as_told(member)
    changes = [[what, before[what], after[what]] for what in before if before[what] != after[what]]
    if not changes:
        return False
    member.save()
    if moved:
        score_again(member.course, {member.pk})
    _note(member, changes, actor)
    return True


def score_again(course: Course, members: Collection[int]) -> None:
    """Score what people handed in again, who have come into another section or left one.

    Only where a section has a deadline of its own. In the caller's transaction.
    """
    if not members:
        return
    of_sections = {"extensions__section__isnull": False, "extensions__revoked_at__isnull": True}
    rows = Assignment.objects.filter(course=course, **of_sections).order_by("pk")
    for assignment in rows.distinct():
        rescore(assignment, members)


def lock(course: Course) -> None:
    """From now to the end of the transaction nobody else changes the people of this course."""
    Course.objects.select_for_update(no_key=True).get(pk=course.pk)


# --- sections -------------------------------------------------------------------------------------


@transaction.atomic
def make_section(course: Course, name: str, *, actor: User) -> Section:
    """A new section; `PeopleRefused` if there is one of this name."""
    lock(course)
    section = Section.objects.create(course=course, name=_section_name(course, name))
    _note_section(section, "section.made", actor, {"name": section.name})
    return section


@transaction.atomic
def rename_section(section: Section, name: str, *, actor: User) -> None:
    """Call a section something else; its people and deadlines stay."""
    lock(section.course)
    before = section.name
    if name.split() == before.split():
        return
    section.name = _section_name(section.course, name)
    section.save()
    _note_section(section, "section.renamed", actor, {"before": before, "name": section.name})


@transaction.atomic
def remove_section(section: Section, *, actor: User) -> None:
    """Remove a section in which nobody is, and to which nothing was granted."""
    lock(section.course)
    if Membership.objects.filter(section=section).exists():
        raise PeopleRefused(f"{section.name} is not empty: somebody is or was in it.")
    if section.extension_set.exists():
        raise PeopleRefused(
            f"{section.name} was once granted a later deadline, and stays for the record."
        )
    _note_section(section, "section.removed", actor, {"name": section.name})
    section.delete()


def _section_name(course: Course, name: str) -> str:
    plain = " ".join(name.split())
    longest = LONGEST["section"]
    if not plain or len(plain) > longest or not plain.isprintable():
        raise PeopleRefused(f"A section's name is a text of 1 to {longest} letters.", "name")
    if Section.objects.filter(course=course, name__iexact=plain).exists():
        raise PeopleRefused(f"There is a section {plain} already.", "name")
    return plain


def _note_section(section: Section, action: str, actor: User, detail: dict[str, str]) -> None:
    AuditEntry.objects.create(
        course=section.course,
        actor=actor,
        action=action,
        subject=f"section {section.pk}",
        detail=detail,
    )


# --- what can be, and what is written down --------------------------------------------------------


def _check(course: Course, member: Membership | None, part: Part) -> None:
    others = Membership.objects.filter(course=course)
    if member is not None:
        others = others.exclude(pk=member.pk)
    taken = others.filter(student_number=part.number).select_related("user").first()
    if part.number and taken is not None:
        raise PeopleRefused(
            f"The student number {part.number} is that of {taken.user.name} "
            f"({taken.user.email}) in this course.",
            "number",
        )
    leads = part.role == Role.INSTRUCTOR and part.active
    led = member is not None and member.role == Role.INSTRUCTOR and member.active
    if led and not leads and not others.filter(role=Role.INSTRUCTOR, active=True).exists():
        raise PeopleRefused(
            "This is the course's last instructor: make somebody else an instructor first.", "role"
        )


def _rename(member: Membership, name: str) -> None:
    """An account is one for all courses: who is in several keeps the name."""
    if Membership.objects.filter(user=member.user).exclude(pk=member.pk).exists():
        raise PeopleRefused(
            "This person is in other courses too, and keeps the name that they know.", "name"
        )
    member.user.name = _name(name, member.user.email)
    member.user.save(update_fields=["name"])


def _as_told(member: Membership) -> dict[str, str]:
    """What somebody is in a course, in the words of the audit log."""
    return {
        "name": member.user.name,
        "student number": member.student_number,
        "section": member.section.name if member.section else "",
        "role": str(member.role),
        "state": "active" if member.active else "withdrawn",
    }


def _note(member: Membership, changes: list[list[str]], actor: User | None) -> None:
    AuditEntry.objects.create(
        course=member.course,
        actor=actor,
        action=ENROLLED,
        subject=f"membership {member.pk}",
        detail={
            "role": member.role,
            "section": member.section.name if member.section else "",
            "number": member.student_number,
            "active": member.active,
            "changes": changes,
        },
    )


def _person(email: str, name: str) -> User:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValueError(f"{email!r} is no e-mail address.") from error
    known = User.objects.filter(email=address).first()
    if known is not None:
        return known
    if not name.strip():
        raise ValueError(f"{address} has no account yet: give the person's name with --name.")
    return User.objects.create_user(address, _name(name, address))


def _name(name: str, address: str) -> str:
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        # A name is printed on terminals and written to tables, which would obey it.
        raise ValueError(f"The name of {address} holds a control character: type it anew.")
    return name.strip()
