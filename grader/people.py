"""Who takes part in a course, and as what. A person who leaves stays on the roll, inactive."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from grader.domain.states import Role
from grader.models import AuditEntry, Course, Membership, Section, User

ENROLLED = "membership.set"
"""What the audit log calls a person's new role or section."""


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
) -> Membership:
    """Give a person a role in a course; who is not known yet gets an account without a password.

    Such a person sets one by "forgotten password". Repeating it changes what is different.
    `ValueError` says what is missing or malformed.
    """
    user = _person(email, name)
    place = Section.objects.get_or_create(course=course, name=section)[0] if section else None
    wanted = {"role": role.value, "section": place, "student_number": number, "active": active}
    member = Membership.objects.filter(course=course, user=user).first()
    if member is not None and all(getattr(member, key) == wanted[key] for key in wanted):
        return member
    member, _ = Membership.objects.update_or_create(course=course, user=user, defaults=wanted)
    AuditEntry.objects.create(
        course=course,
        action=ENROLLED,
        subject=f"membership {member.pk}",
        detail={"role": role.value, "section": section, "active": active},
    )
    return member


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
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        # A name is printed on terminals and written to tables, which would obey it.
        raise ValueError(f"The name of {address} holds a control character: type it anew.")
    return User.objects.create_user(address, name)
