"""From a checked launch to a page: who came, what is still to be said, and where the way leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from django.db.models import QuerySet

from grader.lti import contexts
from grader.lti.accounts import account_of, link_by_roll
from grader.lti.claims import DEEP_LINK, REVIEW, Launch
from grader.lti.refusals import LtiRefused
from grader.models import (
    Assignment,
    LtiAccount,
    LtiContext,
    LtiLink,
    LtiLogin,
    Membership,
    Submission,
    User,
)

GOOD_FOR = timedelta(hours=1)
"""How long the questions after a launch may be answered."""


class Step(StrEnum):
    """What comes next for a person who has arrived."""

    CONNECT = "connect"
    """An instructor says which course this is."""
    NOT_CONNECTED = "not connected"
    NOT_ON_THE_ROLL = "not on the roll"
    AIM = "aim"
    """An instructor says where the link leads."""
    CHOOSE = "choose"
    """Staff choose what a new link is to lead to."""
    GO = "go"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A launch that was checked, with the platform's course as it is known now."""

    login: LtiLogin
    launch: Launch
    context: LtiContext
    account: LtiAccount | None

    @classmethod
    def of(cls, login: LtiLogin, *, now: datetime) -> Self:
        """The arrival that belongs to a login. Raises `LtiRefused` where none does any more."""
        if login.launch is None or login.used_at is None or now - login.used_at > GOOD_FOR:
            raise LtiRefused("state unknown")
        if not login.platform.active:
            raise LtiRefused("platform unknown")
        launch = Launch.from_json(login.launch)
        context = contexts.note_context(login.platform, launch)
        return cls(login, launch, context, account_of(login.platform, launch.subject))


@dataclass(frozen=True, slots=True)
class Destination:
    """A page: the name of its address and what the address needs; a sentence for its top."""

    name: str
    words: dict[str, Any]
    note: str = ""


def arrive(login: LtiLogin, launch: Launch, *, now: datetime) -> Arrival:
    """Note what the launch says of its course and link; link whom the roll names."""
    context = contexts.note_context(login.platform, launch)
    contexts.note_link(context, launch)
    account = account_of(login.platform, launch.subject)
    account = account or link_by_roll(launch, context, now=now)
    if account is not None and not account.user.is_active:
        raise LtiRefused("account closed")
    return Arrival(login, launch, context, account)


def next_step(arrival: Arrival, user: User) -> Step:
    """What is to be said before this person can go on, or that nothing is."""
    course, launch = arrival.context.course, arrival.launch
    if course is None:
        return Step.CONNECT if contexts.connectable(user) else Step.NOT_CONNECTED
    member = _members(arrival.context, user).first()
    if member is None:
        return Step.NOT_ON_THE_ROLL
    if launch.message == DEEP_LINK:
        return Step.CHOOSE if member.is_staff else Step.NOT_ON_THE_ROLL
    unaimed = launch.link_id and _link(arrival) is None
    if unaimed and course in contexts.connectable(user):
        return Step.AIM
    return Step.GO


def destination(arrival: Arrival, user: User, *, now: datetime) -> Destination:
    """Where a link leads a person of the course."""
    course = arrival.context.course
    assert course is not None
    member = _members(arrival.context, user).get()
    link = _link(arrival)
    whole = Destination("course", {"slug": course.slug})
    if link is None or link.assignment is None:
        return whole
    assignment = link.assignment
    words = {"slug": course.slug, "homework": assignment.slug}
    if arrival.launch.message == REVIEW and member.is_staff:
        newest = _looked_at(arrival, assignment)
        return (
            Destination("submission", {"pk": newest})
            if newest
            else Destination("submissions", words)
        )
    if not member.is_staff and (assignment.opens_at > now or assignment.version_id is None):
        opens = assignment.opens_at.astimezone(course.zone)
        note = f"{assignment.title} is not open yet. It opens on {opens:%-d %B at %H:%M}."
        return Destination("course", whole.words, note)
    return Destination("homework", words, _two_deadlines(arrival) if member.is_staff else "")


def _link(arrival: Arrival) -> LtiLink | None:
    rows = LtiLink.objects.filter(context=arrival.context, resource_link_id=arrival.launch.link_id)
    return rows.select_related("assignment").first()


def _members(context: LtiContext, user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(course=context.course, user=user, active=True)


def _looked_at(arrival: Arrival, assignment: Assignment) -> int | None:
    """The newest submission of whom the launch is about, if we know them."""
    account = account_of(arrival.login.platform, arrival.launch.for_subject)
    if account is None:
        return None
    rows = Submission.objects.filter(assignment=assignment, student__user=account.user)
    return rows.order_by("-received_at", "-pk").values_list("pk", flat=True).first()


def _two_deadlines(arrival: Arrival) -> str:
    """Two deadlines deduct twice: Canvas' late policy takes from what we send."""
    if not arrival.launch.due_at:
        return ""
    return (
        f"{arrival.login.platform} has a due date of its own for this assignment. Its late policy "
        "would deduct once more from points that are final already: remove the date there, or "
        "switch the policy off."
    )
