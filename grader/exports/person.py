"""Everything that is held of a person, as one archive that can be given to them.

What they may not see stays out and is named: hidden checks as on their pages, and grades that are
not released. The rule is the pages' own, so that staff can hand the archive on unread.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, Q

from grader.access import CourseAccess
from grader.deadlines import dues_for
from grader.domain.states import FINAL
from grader.domain.visibility import Audience, phase
from grader.exports.audit import record
from grader.exports.safe_names import Taken, safe_part
from grader.exports.streamed_zip import Entry
from grader.exports.submissions import contents
from grader.models import (
    ApiToken,
    AuditEntry,
    Extension,
    GradeEntry,
    GradingJob,
    ImportDraft,
    LtiAccount,
    Membership,
    Message,
    Passback,
    Score,
    Submission,
    User,
)
from grader.queries.feedback import results_json
from grader.sign_on import identities

FORMAT = "sandglass person 1"
"""What `data.json` is; a change that readers must know of raises the number."""


def own_data(user: User, now: datetime) -> Iterator[Entry]:
    """All that is held of somebody who asks for it themselves."""
    members = user.memberships.select_related("course", "section").order_by("course__slug")
    return _entries(user, list(members), now)


def named(access: CourseAccess, who: str) -> Membership | None:
    """Who in the course has this address or student number; None where it is not one person."""
    # PostgreSQL refuses a question with a NUL, and nobody is called by one.
    who = who.replace("\0", "").strip()
    if not who:
        return None
    called = Q(user__email=who.lower()) | Q(student_number=who)
    rows = Membership.objects.filter(called, course=access.course)
    found = list(rows.select_related("course", "section", "user")[:2])
    return found[0] if len(found) == 1 else None


def data_of(access: CourseAccess, member: Membership, now: datetime) -> Iterator[Entry]:
    """What the course holds of one of its people, for its staff. Written to the audit log."""
    with transaction.atomic():
        record(access, f"membership {member.pk}", {"format": "person"})
    return _entries(member.user, [member], now)


def _entries(user: User, members: Sequence[Membership], now: datetime) -> Iterator[Entry]:
    taken = Taken()
    data: dict[str, Any] = {"format": FORMAT, "made_at": now, "account": _account(user)}
    data["courses"] = [_course(member) for member in members]
    text = json.dumps(data, indent=2, ensure_ascii=False, default=_plain)
    yield taken.new("data.json"), text.encode()
    for member in members:
        for submission in _submissions(member):
            yield from _of_submission(submission, _folder(submission), now)


def _of_submission(submission: Submission, folder: str, now: datetime) -> Iterator[Entry]:
    inside = Taken()
    job = next(iter(submission.jobs.all()), None)
    if job is not None and job.verdict:
        assignment = submission.assignment
        due = max(dues_for([assignment], submission.student)[assignment.pk], assignment.due_at)
        grace = assignment.course.late_policy.grace_minutes
        at = phase(now, due, assignment.released_at is not None, grace)
        results = results_json(job, Audience.STUDENT, at)
        text = json.dumps(results, indent=2, ensure_ascii=False)
        yield f"{folder}/{inside.new('results.json')}", text.encode()
    for name, content in contents(submission, inside):
        yield f"{folder}/{name}", content


def _folder(submission: Submission) -> str:
    homework = submission.assignment
    return f"{safe_part(homework.course.slug)}/{safe_part(homework.slug)}/{submission.pk}"


def _account(user: User) -> dict[str, Any]:
    linked = LtiAccount.objects.filter(user=user).select_related("platform")
    return {
        "email": user.email,
        "name": user.name,
        "joined_at": user.joined_at,
        "last_sign_in": user.last_login,
        "linked_accounts": [
            {"platform": each.platform.name, "subject": each.subject, "since": each.linked_at}
            for each in linked
        ],
        "single_sign_on": identities(user),
        "tokens": [
            {"name": each.name, "scopes": each.scopes, "since": each.created_at}
            for each in ApiToken.objects.filter(user=user)
        ],
        "tables_sent_in": [
            {"course": each.course.slug, "name": each.name, "at": each.created_at}
            for each in ImportDraft.objects.filter(author=user)
            .select_related("course")
            .defer("content")
            .order_by("pk")
        ],
    }


def _course(member: Membership) -> dict[str, Any]:
    course, mine = member.course, {"student": member}
    extensions = Extension.objects.filter(**mine).select_related("assignment").order_by("pk")
    messages = Message.objects.filter(course=course, to=member.user).order_by("pk")
    acts = AuditEntry.objects.filter(course=course, actor=member.user).order_by("pk")
    exams, overrides, withheld = _decided(member)
    return {
        "course": course.slug,
        "title": course.title,
        "role": member.role,
        "section": member.section.name if member.section else "",
        "student_number": member.student_number,
        "active": member.active,
        "submissions": [_submission(each) for each in _submissions(member)],
        "extensions": [
            {
                "homework": each.assignment.slug,
                "until": each.due_at,
                "reason": each.reason,
                "granted_at": each.created_at,
                "revoked_at": each.revoked_at,
            }
            for each in extensions
        ],
        "slip_days": [
            {"homework": each.assignment.slug, "days": each.days, "at": each.created_at}
            for each in member.slip_days.select_related("assignment").order_by("pk")
        ],
        "exam_points": exams,
        "overrides": overrides,
        "withheld": withheld,
        "messages": [
            {"subject": each.subject, "body": each.body, "sent_at": each.sent_at}
            for each in messages
        ],
        "sent_to_platforms": _sent(member),
        "acts": [
            {"at": each.at, "action": each.action, "subject": each.subject, "detail": each.detail}
            for each in acts
        ],
    }


def _decided(member: Membership) -> tuple[list[Any], list[Any], list[str]]:
    """Exam points and overrides that are released, and the names of what is not."""
    exams, overrides, withheld = [], [], set()
    for each in member.exam_scores.select_related("exam").order_by("pk"):
        if each.exam.released_at is None:
            withheld.add(f"{each.exam.title}: its points are not released")
        else:
            exams.append({"exam": each.exam.slug, "points": each.points, "at": each.created_at})
    rows = member.overrides.select_related("exam", "assignment").order_by("pk")
    for row in rows:
        column = row.assignment or row.exam
        assert column is not None  # a constraint of the table
        if column.released_at is None:
            withheld.add(f"{column.title}: what was decided is not released")
        else:
            said = {"kind": row.kind, "points": row.points, "reason": row.reason}
            overrides.append({"column": column.slug, **said, "at": row.created_at})
    return exams, overrides, sorted(withheld)


def _sent(member: Membership) -> list[dict[str, Any]]:
    rows = Passback.objects.filter(student=member, sent_at__isnull=False).order_by("pk")
    return [
        {
            "to": each.line_item.url,
            "points": each.points,
            "comment": each.comment,
            "at": each.sent_at,
        }
        for each in rows.select_related("line_item")
    ]


def _submissions(member: Membership) -> list[Submission]:
    jobs = GradingJob.objects.filter(shadow=False, state__in=FINAL).order_by("-pk")
    rows = (
        Submission.objects.filter(student=member)
        .select_related("assignment__course", "student")
        .prefetch_related(
            "files",
            Prefetch("jobs", jobs.prefetch_related("results")),
            Prefetch("scores", Score.objects.order_by("-pk")),
        )
    )
    return list(rows.order_by("pk"))


def _submission(submission: Submission) -> dict[str, Any]:
    score = next(iter(submission.scores.all()), None)
    entry = GradeEntry.objects.filter(score=score) if score else None
    return {
        "submission": submission.pk,
        "homework": submission.assignment.slug,
        "folder": _folder(submission),
        "received_at": submission.received_at,
        "answers": submission.answers,
        "notices": submission.notices,
        "files": [
            {"name": file.name, "size": file.size, "sha256": file.sha256}
            for file in submission.files.all()
        ],
        "counts": entry is not None and entry.exists(),
        "score": score
        and {
            "raw": score.raw,
            "of": score.possible,
            "late_days": score.late_days,
            "slip_days": score.slip_days,
            "penalty": score.penalty,
            "final": score.final,
            "reason": score.reason,
        },
    }


def _plain(value: Any) -> Any:
    """Times as ISO, points exact: both as text."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
