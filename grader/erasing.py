"""Takes a person out of a course: what they wrote and who they were goes, points may stay.

What stays without `everything` is what the gradebook and its statistics are made of, under a name
that tells nothing. Rows that are written once are never changed here either: those with text of the
person are removed and written anew without it, under the same number. This file alone may do so,
and the audit log says that it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from grader import blobs, sign_on
from grader.domain.states import ACTIVE, Role
from grader.models import (
    ApiToken,
    AuditEntry,
    CheckResult,
    Course,
    ExamScore,
    Extension,
    GradeEntry,
    GradingJob,
    ImportDraft,
    LtiAccount,
    Membership,
    Message,
    Override,
    Passback,
    Score,
    SlipDays,
    Submission,
    SubmissionFile,
    User,
)

ERASED = "person.erased"
_PERSONAL = frozenset({"changes", "number", "reason", "subject"})
"""What a detail of the log says of a person: reasons, numbers, what a platform calls them."""
_TELLING = 5
"""Bytes of a name or number that is looked for all over the log: two letters of Chinese."""
GONE = "(erased)"
"""Stands where a text was that must not be empty."""


class CannotErase(Exception):  # noqa: N818 - what happened, not which code
    """The person cannot be erased now; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes, before or after it has gone."""

    user: User
    members: tuple[Membership, ...]
    """Their parts in the courses that they are taken out of."""
    whole: bool
    """Whether no other course is left, so that the account itself is emptied."""
    everything: bool
    """Whether points go as well."""
    goes: dict[str, int]
    """How many there are of each thing that goes."""
    contents: frozenset[str]
    """Uploaded contents that nobody else has handed in."""


def plan(user: User, courses: Sequence[Course], *, everything: bool = False) -> Plan:
    """What erasing would take away; raises `CannotErase`.

    courses: where the person is taken out; none is all of their courses
    everything: points, submissions and the place on the roll go as well
    """
    mine = Membership.objects.filter(user=user).select_related("course")
    members = tuple(mine.filter(course__in=courses) if courses else mine)
    _refuse(user, members, courses)
    return Plan(
        user=user,
        members=members,
        whole=mine.count() == len(members),
        everything=everything,
        goes={name: rows.count() for name, rows in _what_goes(members, user, everything).items()},
        contents=frozenset(_own_contents(members)),
    )


def erase(user: User, courses: Sequence[Course], *, everything: bool = False) -> Plan:
    """Do it, in one transaction, then remove the contents from storage; what has gone."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        done = plan(user, courses, everything=everything)
        names = _names(done)
        for member in done.members:
            _empty(member, names)
            if everything:
                _remove(member)
            elif not done.whole:
                _give_to_nobody(member)
            _write_down(member, everything)
        if done.whole:
            _empty_account(user)
    for sha256 in sorted(done.contents):
        drop_content(sha256)
    return done


def drop_content(sha256: str) -> None:
    """Remove a content that no submission has. One that is handed in meanwhile is put back."""
    if _is_named(sha256):
        return
    try:
        data = blobs.fetch(sha256)
    except blobs.BlobLost:
        data = None
    blobs.drop(sha256)
    if data is not None and _is_named(sha256):
        blobs.keep(data)


def _is_named(sha256: str) -> bool:
    return SubmissionFile.objects.filter(sha256=sha256).exists()


def _refuse(user: User, members: Sequence[Membership], courses: Sequence[Course]) -> None:
    missing = {course.pk for course in courses} - {member.course_id for member in members}
    if missing:
        names = ", ".join(course.slug for course in courses if course.pk in missing)
        raise CannotErase(f"{user.email} takes no part in {names}.")
    staff = [member.course.slug for member in members if member.role != Role.STUDENT]
    if staff:
        raise CannotErase(
            f"{user.email} is staff of {', '.join(staff)}, and the audit log says what they did "
            "there: take them off the course instead, with enrol --withdrawn."
        )
    active = GradingJob.objects.filter(submission__student__in=members, state__in=ACTIVE)
    if active.exists():
        raise CannotErase(
            f"A submission of {user.email} is still being graded: erase when that is over."
        )


def _what_goes(
    members: Sequence[Membership], user: User, everything: bool
) -> dict[str, QuerySet[Any]]:
    """What is removed or emptied, by its name."""
    submissions = Submission.objects.filter(student__in=members)
    courses = [member.course_id for member in members]
    rows: dict[str, QuerySet[Any]] = {
        "uploaded files": SubmissionFile.objects.filter(submission__in=submissions),
        "submissions with typed answers": submissions.filter(answers__isnull=False),
        "outputs and messages of checks": _with_text(members),
        "messages": Message.objects.filter(course__in=courses, to=user),
        "reasons": Override.objects.filter(student__in=members),
        "reasons of extensions": Extension.objects.filter(student__in=members),
        "grades sent to platforms": Passback.objects.filter(student__in=members),
        "tables that staff sent in": ImportDraft.objects.filter(course__in=courses),
    }
    if everything:
        rows |= {
            "submissions": submissions,
            "scores": Score.objects.filter(submission__in=submissions),
            "exam points": ExamScore.objects.filter(student__in=members),
        }
    return rows


def _with_text(members: Sequence[Membership]) -> QuerySet[CheckResult]:
    rows = CheckResult.objects.filter(job__submission__student__in=members)
    return rows.exclude(message="", output="", traceback="")


def _own_contents(members: Sequence[Membership]) -> set[str]:
    """Contents of these people that no other submission has."""
    mine = SubmissionFile.objects.filter(submission__student__in=members).order_by()
    others = SubmissionFile.objects.exclude(submission__student__in=members)
    mine = mine.exclude(sha256__in=others.values("sha256"))
    return set(mine.values_list("sha256", flat=True))


@dataclass(frozen=True, slots=True)
class _Names:
    """What the person is called by, as whole words."""

    near: re.Pattern[str]
    """In a line that is about them."""
    everywhere: re.Pattern[str]
    """In any other: what is short could be anybody's, or anything."""


def _names(done: Plan) -> _Names:
    numbers = [member.student_number for member in done.members]
    called = sorted({done.user.name, done.user.email, *numbers} - {""}, key=len, reverse=True)
    telling = [each for each in called if len(each.encode()) >= _TELLING]
    return _Names(_either(called), _either(telling))


def _either(words: Sequence[str]) -> re.Pattern[str]:
    either = "|".join(map(re.escape, words)) or "(?!)"
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


def _empty(member: Membership, names: _Names) -> None:
    """Take away every text of theirs; the points stay."""
    submissions = Submission.objects.filter(student=member)
    keys = list(submissions.values_list("pk", flat=True))
    SubmissionFile.objects.filter(submission__in=keys).delete()
    submissions.update(answers=None, notices=[])
    GradingJob.objects.filter(submission__in=keys).update(
        reason="", staff_detail="", notices=[], receipt={}
    )
    _anew(CheckResult.objects.filter(job__submission__in=keys), _silent)
    _anew(Override.objects.filter(student=member), _without_reason)
    Extension.objects.filter(student=member).update(reason=GONE)
    Passback.objects.filter(student=member).delete()
    Message.objects.filter(course=member.course, to=member.user).delete()
    ImportDraft.objects.filter(course=member.course).delete()
    _empty_log(member, keys, names)
    Membership.objects.filter(pk=member.pk).update(student_number="", active=False)


def _anew(rows: QuerySet[Any], change: Callable[[Any], bool]) -> None:
    """Write the rows that `change` has changed anew, under their own numbers."""
    changed = [row for row in rows if change(row)]
    rows.filter(pk__in=[row.pk for row in changed]).delete()
    rows.bulk_create(changed)


def _silent(result: CheckResult) -> bool:
    had = bool(result.message or result.output or result.traceback)
    result.message = result.output = result.traceback = ""
    return had


def _without_reason(override: Override) -> bool:
    override.reason = GONE
    return True


def _empty_log(member: Membership, submissions: Sequence[int], names: _Names) -> None:
    """What the log says of them: acts and points stay, reasons and names go."""
    subjects = {f"membership {member.pk}", f"user {member.user_id}"}
    subjects |= {f"submission {key}" for key in submissions}

    def change(entry: AuditEntry) -> bool:
        before = (entry.subject, entry.detail)
        about = entry.subject in subjects or entry.actor_id == member.user_id
        about = about or entry.detail.get("student") == member.pk
        called = names.near if about else names.everywhere
        entry.subject = called.sub(GONE, entry.subject)
        entry.detail = _nameless(entry.detail, called, about)
        return (entry.subject, entry.detail) != before

    _anew(AuditEntry.objects.filter(course=member.course), change)


def _nameless(value: Any, names: re.Pattern[str], about: bool) -> Any:
    """The same value without the names; what is `about` the person also without their words."""
    if isinstance(value, str):
        return names.sub(GONE, value)
    if isinstance(value, list):
        return [_nameless(each, names, about) for each in value]
    if isinstance(value, dict):
        return {
            names.sub(GONE, key): GONE
            if about and key in _PERSONAL and each
            else _nameless(each, names, about)
            for key, each in value.items()
        }
    return value


def _give_to_nobody(member: Membership) -> None:
    """The account has another course: here, somebody without a name takes the person's place."""
    nobody = User.objects.create_user(_address(member.pk, "member"), _called(member))
    nobody.is_active = False
    nobody.save(update_fields=["is_active"])
    mine = Q(actor=member.user)
    _anew(AuditEntry.objects.filter(mine, course=member.course), _by(nobody, "actor"))
    _anew(SlipDays.objects.filter(student=member, author=member.user), _by(nobody, "author"))
    Membership.objects.filter(pk=member.pk).update(user=nobody)


def _by(nobody: User, field: str) -> Callable[[Any], bool]:
    def change(row: Any) -> bool:
        setattr(row, field, nobody)
        return True

    return change


def _remove(member: Membership) -> None:
    """Points, submissions and the place on the roll."""
    submissions = Submission.objects.filter(student=member)
    GradeEntry.objects.filter(student=member).delete()
    Score.objects.filter(submission__in=submissions).delete()
    CheckResult.objects.filter(job__submission__in=submissions).delete()
    GradingJob.objects.filter(submission__in=submissions).delete()
    submissions.delete()
    ExamScore.objects.filter(student=member).delete()
    Override.objects.filter(student=member).delete()
    SlipDays.objects.filter(student=member).delete()
    Extension.objects.filter(student=member).delete()
    Membership.objects.filter(pk=member.pk).delete()


def _empty_account(user: User) -> None:
    """Nobody signs in with it, and it says nothing of who it was."""
    LtiAccount.objects.filter(user=user).delete()
    ApiToken.objects.filter(user=user).delete()
    sign_on.forget(user)
    Message.objects.filter(to=user).delete()
    user.name, user.email = f"Erased person {user.pk}", _address(user.pk, "account")
    user.is_active, user.last_login = False, None
    user.set_unusable_password()  # ends every session
    user.save()


def _write_down(member: Membership, everything: bool) -> None:
    AuditEntry.objects.create(
        course=member.course,
        action=ERASED,
        subject=f"membership {member.pk}",
        detail={"everything": everything},
    )


def _called(member: Membership) -> str:
    return f"Erased person {member.pk}"


def _address(pk: int, kind: str) -> str:
    # A name that no mail reaches. Source: RFC 2606.
    return f"erased-{kind}-{pk}@erased.invalid"
