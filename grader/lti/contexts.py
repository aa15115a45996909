"""A platform's courses, and what leads where: which course each is, which homework each link.

What a platform itself says of its course is noted at every launch. Which course here it is, and
where a link leads that was not made here, an instructor says once.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from grader.domain.states import Role
from grader.errors import NotYours
from grader.lti import columns
from grader.lti.claims import Launch
from grader.models import (
    Assignment,
    AuditEntry,
    Course,
    LineItem,
    LtiContext,
    LtiDeployment,
    LtiLink,
    LtiPlatform,
    Membership,
    User,
)

CONNECTED, DISCONNECTED = "lti.context.connect", "lti.context.disconnect"
AIMED = "lti.link.aim"
"""What the audit log calls them."""


def note_context(platform: LtiPlatform, launch: Launch) -> LtiContext:
    """The platform's course of this launch, with what the launch said of it."""
    deployment = LtiDeployment.objects.get(platform=platform, deployment_id=launch.deployment_id)
    said = {
        "title": launch.context_title,
        "line_items_url": launch.line_items_url,
        "memberships_url": launch.memberships_url,
        "scopes": list(launch.scopes),
    }
    # What a launch leaves out, an earlier one may have said: a review carries no list of members.
    told = {name: value for name, value in said.items() if value}
    context, _ = LtiContext.objects.get_or_create(
        deployment=deployment, context_id=launch.context_id, defaults=told
    )
    if any(getattr(context, name) != value for name, value in told.items()):
        LtiContext.objects.filter(pk=context.pk).update(**told)
    return LtiContext.objects.select_related("course", "deployment__platform").get(pk=context.pk)


def connectable(user: User) -> list[Course]:
    """The courses that a person may connect: whose instructor they are."""
    rows = Membership.objects.filter(user=user, active=True, role=Role.INSTRUCTOR.value)
    return [member.course for member in rows.select_related("course").order_by("course__code")]


@transaction.atomic
def connect(context: LtiContext, slug: str, *, actor: User) -> LtiContext:
    """Say which course here a platform's course is. Raises `NotYours`.

    One that is connected stays so: its grades go there.
    """
    course = next((course for course in connectable(actor) if course.slug == slug), None)
    if course is None:
        raise NotYours(f"course {slug} as instructor")
    if LtiContext.objects.filter(pk=context.pk, course__isnull=True).update(course=course):
        AuditEntry.objects.create(
            course=course,
            actor=actor,
            action=CONNECTED,
            subject=f"lti context {context.pk}",
            detail={"platform": context.deployment.platform.name, "title": context.title},
        )
    context.refresh_from_db()
    return context


@transaction.atomic
def disconnect(context: LtiContext, *, now: datetime) -> None:
    """Undo it: the wrong course was named. Its links are asked about anew, and no grade is sent.

    What was sent stays there. By the operator: who connected wrongly may not be staff of either.
    """
    if context.course is None:
        return
    for column in LineItem.objects.filter(context=context, gone_at__isnull=True):
        columns.disconnect(column, actor=None, now=now)
    LtiLink.objects.filter(context=context).delete()
    AuditEntry.objects.create(
        course=context.course,
        action=DISCONNECTED,
        subject=f"lti context {context.pk}",
        detail={"platform": context.deployment.platform.name, "title": context.title},
    )
    LtiContext.objects.filter(pk=context.pk).update(course=None)


def note_link(context: LtiContext, launch: Launch) -> LtiLink | None:
    """Where the link of this launch leads, as far as anybody has said; its column, too.

    A link that was made by choosing here says its homework itself, and is believed anew each time.
    """
    if context.course is None or not launch.link_id:
        return None
    rows = LtiLink.objects.filter(context=context, resource_link_id=launch.link_id)
    link = rows.select_related("assignment").first()
    named = context.course.assignments.filter(slug=launch.assignment).first()
    if named is not None and (link is None or link.assignment_id != named.pk):
        link = _aimed(context, launch.link_id, named, None)
    if link is not None and link.assignment is not None and launch.line_item_url:
        columns.follow_launch(context, link.assignment, launch.line_item_url, actor=None)
    return link


@transaction.atomic
def aim(context: LtiContext, launch: Launch, slug: str, *, actor: User) -> LtiLink:
    """Say where a link leads: to a homework, or by an empty `slug` to the course. `NotYours`."""
    course = context.course
    if course is None or course not in connectable(actor):
        raise NotYours("the connected course as instructor")
    assignment = course.assignments.filter(slug=slug).first() if slug else None
    if slug and assignment is None:
        raise NotYours(f"homework {slug}")
    link = _aimed(context, launch.link_id, assignment, actor)
    if assignment is not None and launch.line_item_url:
        columns.follow_launch(context, assignment, launch.line_item_url, actor=actor)
    return link


def homeworks(course: Course) -> list[Assignment]:
    """What a link can lead to, in the order of the term."""
    return list(course.assignments.select_related("version"))


@transaction.atomic
def _aimed(
    context: LtiContext, link_id: str, assignment: Assignment | None, actor: User | None
) -> LtiLink:
    link, _ = LtiLink.objects.update_or_create(
        context=context, resource_link_id=link_id, defaults={"assignment": assignment}
    )
    assert context.course is not None
    AuditEntry.objects.create(
        course=context.course,
        actor=actor,
        action=AIMED,
        subject=f"lti link {link.pk}",
        detail={"homework": assignment.slug if assignment else ""},
    )
    return link
