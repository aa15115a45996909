"""Tells people that something of ours broke: in the audit log, and by mail.

A fault is told to the course's staff, by mail once an hour for each version of a homework: a suite
that breaks on deadline day breaks for everybody at once. A lane that stands still is told to the
site's operators too.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.core.mail import send_mail
from django.db import transaction

from grader.domain.states import ACTIVE, STAFF, Lane
from grader.models import AuditEntry, Course, GradingJob, Membership, User
from grader.queries.queue import ago

log = logging.getLogger(__name__)
FAULT = "job.fault"
TROUBLE = "service.trouble"
PASSBACK = "passback.trouble"
_MAIL_EVERY = timedelta(hours=1)
_DETAIL = 4_000


def fault(job: GradingJob) -> None:
    """Tell staff that a job ended in a fault and nobody is scored; in the caller's transaction.

    That of a regrade stands on its page and is not mailed: what counts stays as it is.
    """
    assignment = job.version.assignment
    subject = f"regrade {job.regrade_id}" if job.shadow else f"version {job.version_id}"
    told = AuditEntry.objects.filter(action=FAULT, subject=subject, at__gte=ago(_MAIL_EVERY))
    first = not told.exists()
    AuditEntry.objects.create(
        course=assignment.course,
        action=FAULT,
        subject=subject,
        detail={"job": job.pk, "submission": job.submission_id, "verdict": job.verdict},
    )
    log.error("job %d of %s: %s", job.pk, assignment.slug, job.verdict)
    if first and not job.shadow:
        transaction.on_commit(lambda: _mail(job), robust=True)


def trouble(sentence: str, lane: Lane | None = None) -> None:
    """Tell of a part of the service that stands still; the caller sees to it that this is rare.

    To the operators, and to the staff of courses whose submissions wait, in this lane or in any.
    """
    log.error("%s", sentence)
    waiting = GradingJob.objects.filter(state__in=ACTIVE)
    if lane is not None:
        waiting = waiting.filter(lane=lane)
    concerned = waiting.order_by().values("version__assignment__course").distinct()
    courses = Course.objects.filter(pk__in=concerned)
    for course in courses:
        AuditEntry.objects.create(
            course=course, action=TROUBLE, subject=lane or "sweep", detail={"told": sentence}
        )
    staff = Membership.objects.filter(course__in=courses, active=True, role__in=STAFF)
    operators = User.objects.filter(is_superuser=True, is_active=True)
    addresses = {*staff.values_list("user__email", flat=True)}
    addresses |= {*operators.values_list("email", flat=True)}
    words = (
        f"{sentence}\n\nNothing is lost: uploads are taken, and the times at which they arrive "
        "count. docs/operations.md says what to look at. Further mails about this come once an "
        "hour.\n"
    )
    for address in sorted(addresses):  # one each: they need not know of one another
        try:
            send_mail("Sandglass: grading is in trouble", words, None, [address])
        except OSError:
            log.exception("people could not be told by mail")
            return


def passback(course: Course, platform: str, sentence: str) -> None:
    """Tell a course's staff that a grade does not reach a platform; mail comes once an hour."""
    told = AuditEntry.objects.filter(course=course, action=PASSBACK, at__gte=ago(_MAIL_EVERY))
    first = not told.exists()
    AuditEntry.objects.create(
        course=course, action=PASSBACK, subject=platform[:100], detail={"told": sentence}
    )
    log.error("a grade of %s does not reach %s: %s", course.slug, platform, sentence)
    if first:
        transaction.on_commit(
            lambda: _mail_passback(course, platform, sentence[:_DETAIL]), robust=True
        )


def _mail_passback(course: Course, platform: str, sentence: str) -> None:
    staff = Membership.objects.filter(course=course, active=True, role__in=STAFF)
    try:
        send_mail(
            f"{course.code}: grades do not reach {platform}",
            f"{sentence}\n\nNothing is lost. The course's page about its learning management "
            "system lists every grade that is concerned, with the reason, and sends them again; "
            "further ones are not mailed for an hour.\n",
            None,
            list(staff.values_list("user__email", flat=True)),
        )
    except OSError:
        log.exception("staff could not be told by mail")


def _mail(job: GradingJob) -> None:
    assignment = job.version.assignment
    course = assignment.course
    staff = Membership.objects.filter(course=course, active=True, role__in=STAFF)
    addresses = list(staff.values_list("user__email", flat=True))
    whose = "The suite is broken" if job.verdict == "assignment_fault" else "The service failed"
    try:
        send_mail(
            f"{course.code} {assignment.title}: submissions cannot be graded",
            f"{whose}. Submission {job.submission_id} has no score, and its student has lost "
            "nothing. The page of the homework's submissions lists every one that is concerned; "
            f"further ones are not mailed for an hour.\n\n{job.staff_detail[:_DETAIL]}\n",
            None,
            addresses,
        )
    except OSError:  # SMTP's errors are of this kind too
        log.exception("staff could not be told by mail that job %d failed", job.pk)
