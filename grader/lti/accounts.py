"""Who a platform's user is here: by the person's own word, or by the roll.

Never by an address: whoever may write addresses in a platform would become anybody here.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from grader.domain.states import Role
from grader.errors import GraderError
from grader.lti.claims import Launch
from grader.models import AuditEntry, LtiAccount, LtiContext, LtiPlatform, Membership, User

LINKED, UNLINKED = "lti.account.link", "lti.account.unlink"
"""What the audit log calls them."""


class LinkRefused(GraderError):  # noqa: N818 - what happened, not which code
    """Two accounts cannot be linked; the message is a sentence for the person."""


def account_of(platform: LtiPlatform, subject: str) -> LtiAccount | None:
    """The account of a platform's user, if it is linked."""
    rows = LtiAccount.objects.filter(platform=platform, subject=subject)
    return rows.select_related("user").first()


def link(
    launch: Launch, context: LtiContext, user: User, *, now: datetime, actor: User | None
) -> LtiAccount:
    """Note that a platform's user is this person. Raises `LinkRefused`.

    `actor` is who said so: the person, or nobody where the roll did.
    """
    platform = context.deployment.platform
    try:
        with transaction.atomic():
            # Of two links that are made at the same moment, one waits here for the other.
            User.objects.select_for_update().get(pk=user.pk)
            _check_free(platform, launch.subject, user)
            account = LtiAccount.objects.create(
                platform=platform, subject=launch.subject, user=user, linked_at=now
            )
            _tell(LINKED, account, context, actor)
    except IntegrityError as error:
        raise LinkRefused(_TAKEN.format(platform=platform)) from error
    return account


def link_by_roll(launch: Launch, context: LtiContext, *, now: datetime) -> LtiAccount | None:
    """Link at once whom the roll of the connected course names by the school's own number.

    Students only: a number that somebody typed wrong must make nobody staff.
    """
    if context.course is None or not launch.number:
        return None
    rows = Membership.objects.filter(
        course=context.course,
        role=Role.STUDENT.value,
        active=True,
        student_number=launch.number,
        user__is_active=True,
        user__is_superuser=False,
    )
    match list(rows.select_related("user")[:2]):
        case [member]:
            pass
        case _:
            return None
    # Whoever is staff in any course is more than a student: that takes the person's own word.
    if Membership.objects.filter(user=member.user).exclude(role=Role.STUDENT.value).exists():
        return None
    try:
        return link(launch, context, member.user, now=now, actor=None)
    except LinkRefused:
        return None


def unlink(user: User, platform: LtiPlatform) -> int:
    """Forget who a person is on a platform; how many links there were."""
    with transaction.atomic():
        accounts = list(LtiAccount.objects.filter(user=user, platform=platform))
        for account in accounts:
            for context in LtiContext.objects.filter(
                deployment__platform=platform, course__memberships__user=user
            ):
                _tell(UNLINKED, account, context, None)
            account.delete()
    return len(accounts)


_TAKEN = "This user of {platform} is linked to another account here."
_OTHER = (
    "Your account here is linked to another user of {platform} already. If that is an old one of "
    "yours, ask the operator to undo it: manage.py lti_platform unlink"
)


def _check_free(platform: LtiPlatform, subject: str, user: User) -> None:
    if LtiAccount.objects.filter(platform=platform, subject=subject).exists():
        raise LinkRefused(_TAKEN.format(platform=platform))
    if LtiAccount.objects.filter(platform=platform, user=user).exists():
        raise LinkRefused(_OTHER.format(platform=platform))


def _tell(action: str, account: LtiAccount, context: LtiContext, actor: User | None) -> None:
    """In the log of the course that it concerns; before a course is connected, there is none."""
    if context.course is not None:
        AuditEntry.objects.create(
            course=context.course,
            actor=actor,
            action=action,
            subject=f"user {account.user_id}",
            detail={"platform": account.platform.pk, "subject": account.subject},
        )
