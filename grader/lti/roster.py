"""Who a platform has in its course: Names and Role Provisioning Services 2.0.

Roles only propose. Platforms call a TA an instructor and an instructor a TA, each by a rule of its
own, so nobody becomes staff here by what is read there, and nobody who is staff is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from grader import roster
from grader.domain.roster import Listed, Plan
from grader.drafts import fingerprint
from grader.errors import DraftOutdated
from grader.lti import accounts
from grader.lti.calls import ServiceFailed
from grader.lti.claims import Launch, text
from grader.lti.services import MEMBERS, Service
from grader.models import LtiContext, User
from grader.roster import Done

_MEDIA = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_MOST = 10_000
_LONGEST = 255
_LEARNER = "learner"
_TEST = "testuser"


@dataclass(frozen=True, slots=True)
class Member:
    """A user of the platform, as far as it tells."""

    subject: str
    name: str
    email: str
    number: str
    """What the school's own system calls the person."""
    roles: tuple[str, ...]
    """In short and in small letters, as `learner`."""
    active: bool

    @property
    def is_student(self) -> bool:
        """Whether the platform has nothing but a student in this person."""
        return self.active and set(self.roles) == {_LEARNER}


def members(context: LtiContext, *, now: datetime) -> list[Member]:
    """Everybody whom the platform has in the course. `ServiceFailed`."""
    if not context.memberships_url:
        raise ServiceFailed("The platform has not said where its roster is: open Sandglass there.")
    service = Service(context.deployment.platform, MEMBERS, now)
    found: list[Member] = []
    for page in service.pages(context.memberships_url, _MEDIA):
        found += _read(page)
        if len(found) > _MOST:
            raise ServiceFailed(f"The platform's roster has more than {_MOST} people.")
    return found


def plan(context: LtiContext, *, now: datetime) -> Plan:
    """What the platform's students would change in our roster.

    `ServiceFailed`, and `TableUnreadable` where it names somebody twice.
    """
    assert context.course is not None
    listed = [
        Listed(email=one.email, name=one.name, number=one.number, role=None)
        for one in members(context, now=now)
        if one.is_student and one.email
    ]
    return roster.preview(context.course, listed)


@transaction.atomic
def take_over(context: LtiContext, *, shown: str, actor: User, now: datetime) -> Done:
    """Do what was shown, if the platform still says the same; nobody is withdrawn.

    shown: the fingerprint of the plan that the person has seen; `DraftOutdated`
    """
    assert context.course is not None
    planned = plan(context, now=now)
    if fingerprint(planned) != shown:
        raise DraftOutdated(
            "Something has changed since you looked, so nothing was applied. Look again at what "
            "the platform's roster would do now."
        )
    source = f"roster of {context.deployment.platform}"
    return roster.apply(context.course, planned, actor=actor, source=source)


def know_by_number(context: LtiContext, people: Sequence[Member], *, now: datetime) -> int:
    """Note which of our students the platform's users are, by the school's number; how many.

    By the rule of launches: a number that stands in our roll, of a student and nobody else.
    """
    known = 0
    for one in people:
        if not one.is_student or not one.number:
            continue
        platform = context.deployment.platform
        if accounts.account_of(platform, one.subject) is None:
            seen = Launch(
                message="",
                subject=one.subject,
                deployment_id=context.deployment.deployment_id,
                context_id=context.context_id,
                number=one.number,
            )
            known += accounts.link_by_roll(seen, context, now=now) is not None
    return known


def _read(page: Any) -> Iterator[Member]:
    if not isinstance(page, dict) or not isinstance(page.get("members"), list):
        raise ServiceFailed("The platform's roster cannot be read.")
    for entry in page["members"]:
        if isinstance(entry, dict) and (member := _member(entry)) is not None:
            yield member


def _member(entry: Mapping[str, Any]) -> Member | None:
    subject = entry.get("user_id")
    roles = entry.get("roles")
    if not isinstance(subject, str) or not subject or len(subject) > _LONGEST:
        return None
    short = (
        {_short(role) for role in roles if isinstance(role, str)}
        if isinstance(roles, list)
        else set()
    )
    if _TEST in short:
        return None
    return Member(
        subject=subject,
        name=_line(entry, "name") or f"{_line(entry, 'given_name')} {_line(entry, 'family_name')}",
        email=_line(entry, "email").lower(),
        number=_line(entry, "lis_person_sourcedid"),
        roles=tuple(sorted(short)),
        active=str(entry.get("status", "Active")).lower() == "active",
    )


def _short(role: str) -> str:
    """`Learner` and `http://purl.imsglobal.org/vocab/lis/v2/membership#Learner` are one."""
    return role.rpartition("#")[2].rpartition("/")[2].lower()


def _line(entry: Mapping[str, Any], name: str) -> str:
    return " ".join(text(entry, name).split())[:_LONGEST]
