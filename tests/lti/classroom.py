"""A course of ours that is connected to a platform beside the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db.models import F
from django.utils import timezone

from grader import passback
from grader.domain.passback import PassbackState
from grader.domain.states import Role
from grader.lti import keys, sending, tokens
from grader.models import (
    Assignment,
    Course,
    LineItem,
    LtiAccount,
    LtiContext,
    LtiDeployment,
    LtiKey,
    LtiPlatform,
    Membership,
    Passback,
)
from tests import factories
from tests.lti.beside import PlatformBeside
from tests.lti.platform.world import CONTEXT, SCOPES
from tests.lti.tool_keys import published

SOON = timedelta(seconds=50)


@dataclass
class Classroom:
    """Ada and Bo, whom the platform knows as 101 and 102; homework 1 is the platform's column 11.

    Its clock stands still; the outbox grows older instead, for the platform's clock is a real one.
    """

    platform: PlatformBeside
    course: Course
    homework: Assignment
    item: LineItem
    ada: Membership
    bo: Membership
    staff: Membership
    now: datetime = field(default_factory=timezone.now)

    def clock(self) -> datetime:
        """What our sender takes for the time."""
        return self.now

    def wait(self, span: timedelta = timedelta(hours=2)) -> None:
        """Let time pass for what is in the outbox; the longest pause between tries is shorter."""
        Passback.objects.update(
            **{name: F(name) - span for name in ("created_at", "next_at", "held_until")}
        )

    def release(self, at: datetime | None = None, *, hidden: bool = False) -> None:
        """Publish the homework's grades, or hide them again."""
        aim = None if hidden else (at or self.now)
        Assignment.objects.filter(pk=self.homework.pk).update(released_at=aim)

    def pass_back(self) -> dict[str, int]:
        """What the clock does each half minute; how many ended how."""
        passback.note_changes(now=self.now)
        done = sending.send_waiting(self.clock, Random(1), lasting=SOON, course=None)
        return {str(name): count for name, count in done.items()}

    def known_as(self, subject: str, member: Membership) -> None:
        """Somebody whom the platform calls so."""
        platform = self.item.context.deployment.platform
        LtiAccount.objects.create(platform=platform, subject=subject, user=member.user)

    def row(self, member: Membership | None = None) -> Passback:
        """The newest row of the outbox of Ada, or of another."""
        rows = Passback.objects.filter(student=member or self.ada)
        return rows.order_by("-version")[0]

    def states(self) -> list[PassbackState]:
        """Those of all rows, as they were made."""
        return [PassbackState(row.state) for row in Passback.objects.order_by("pk")]


def make(platform: PlatformBeside, **facts: Any) -> Classroom:
    """The rows."""
    course = factories.course()
    homework = factories.assignment(course)
    registered = LtiPlatform.objects.create(
        name=f"Our {platform.kind}",
        issuer=platform.issuer,
        client_id=platform.client_id,
        auth_url=platform.auth_url,
        token_url=platform.token_url,
        jwks_url=platform.jwks_url,
        dialect=platform.kind,
    )
    deployment = LtiDeployment.objects.create(
        platform=registered, deployment_id=platform.deployment_id
    )
    context = LtiContext.objects.create(
        deployment=deployment,
        context_id=CONTEXT,
        title="COMP4551 there",
        course=course,
        line_items_url=platform.items_url,
        memberships_url=platform.members_url,
        scopes=[scope for scope in SCOPES if "lti-ags" in scope],
    )
    item = LineItem.objects.create(
        context=context, assignment=homework, url=platform.item_url("11")
    )
    ada, bo = (factories.membership(course, factories.person(name)) for name in ("Ada", "Bo"))
    staff = factories.membership(course, factories.person("Ines"), Role.INSTRUCTOR)
    room = Classroom(platform, course, homework, item, ada, bo, staff, **facts)
    room.known_as("101", ada)
    room.known_as("102", bo)
    return room


@contextmanager
def connected(platform: PlatformBeside) -> Iterator[Classroom]:
    """A class whose keys the platform can fetch, for as long as the block runs."""
    tokens.forget()
    _same_key()
    with published(keys.jwks(now=timezone.now())) as address:
        platform.admin("tool", jwks_url=address)
        yield make(platform)


_made: dict[str, str] = {}


def _same_key() -> None:
    """Our key of the test before: a new one takes longer to make than most of these tests."""
    if not _made:
        key = keys.rotate(now=timezone.now())
        _made.update(kid=key.kid, sealed=key.sealed)
    LtiKey.objects.get_or_create(kid=_made["kid"], defaults=_made)
