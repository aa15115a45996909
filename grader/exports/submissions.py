"""Everything that was handed in for a homework, with the feedback, as one archive for staff."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from grader import blobs
from grader.access import AssignmentAccess
from grader.deadlines import rules_of
from grader.domain.states import FINAL
from grader.domain.visibility import Audience, Phase, phase
from grader.exports import cells
from grader.exports.audit import record
from grader.exports.safe_names import Taken, safe_part, safe_path
from grader.exports.streamed_zip import Entry
from grader.models import Course, GradeEntry, GradingJob, Score, Submission
from grader.queries.feedback import results_json

log = logging.getLogger(__name__)

LARGEST = 8 * 1024**3
"""Bytes of uploads in one archive: what a browser and a disk take without trouble."""
_AT_ONCE = 50
_SUMS = {"number": Count("pk", distinct=True), "size": Sum("files__size")}
_COLUMNS = (
    "Folder", "Name", "Student number", "Email", "Section", "Submission", "Received",
    "State", "Counts", "Points", "Of",
)  # fmt: skip


class Scope(StrEnum):
    """Which submissions go in."""

    COUNTED = "counted"
    """The one of each student whose score counts."""
    ALL = "all"


class TooLarge(Exception):  # noqa: N818 - what happened, not which code
    """More than one archive takes; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How much an archive would hold, before it is made."""

    scope: Scope
    submissions: int
    size: int
    """Bytes of the uploaded files; compressed it is less, and feedback adds little."""

    @property
    def fits(self) -> bool:
        """Whether it may be made in one piece."""
        return self.size <= LARGEST


def estimates(course: Course) -> dict[int, list[Estimate]]:
    """How much each scope would hold, by homework; two queries."""
    found: dict[int, list[Estimate]] = {}
    for scope in Scope:
        rows = Submission.objects.filter(assignment__course=course).order_by()
        if scope is Scope.COUNTED:
            rows = rows.filter(pk__in=GradeEntry.objects.values("score__submission"))
        for row in rows.values("assignment").annotate(**_SUMS):
            estimate = Estimate(scope, row["number"], row["size"] or 0)
            found.setdefault(row["assignment"], []).append(estimate)
    return found


def bundle(
    access: AssignmentAccess,
    *,
    scope: Scope,
    audience: Audience,
    now: datetime,
    section: str = "",
) -> Iterator[Entry]:
    """The entries of the archive, made as they are asked for. Written to the audit log at once.

    audience: whose view of the feedback goes in; what students may see can be handed on
    section: only its students; empty is everybody
    """
    size = _estimate(access, scope, section)
    if not size.fits:
        raise TooLarge(
            f"These are {size.size / 1024**3:.1f} GB, and one archive takes "
            f"{LARGEST // 1024**3}: choose a section, or only the counted submissions."
        )
    detail: dict[str, Any] = {
        "format": "submissions",
        "homework": access.assignment.slug,
        "scope": scope.value,
    }
    detail |= {"view": audience.value, "section": section, "submissions": size.submissions}
    with transaction.atomic():
        record(access, f"homework {access.assignment.pk}", detail)
    return _entries(access, scope, audience, now, section)


def _chosen(access: AssignmentAccess, scope: Scope, section: str) -> QuerySet[Submission]:
    rows = Submission.objects.filter(assignment=access.assignment)
    if section:
        rows = rows.filter(student__section__name=section)
    if scope is Scope.COUNTED:
        counted = GradeEntry.objects.filter(assignment=access.assignment)
        rows = rows.filter(pk__in=counted.values("score__submission"))
    return rows


def _estimate(access: AssignmentAccess, scope: Scope, section: str) -> Estimate:
    sums = _chosen(access, scope, section).order_by().aggregate(**_SUMS)
    return Estimate(scope, sums["number"], sums["size"] or 0)


def _entries(
    access: AssignmentAccess, scope: Scope, audience: Audience, now: datetime, section: str
) -> Iterator[Entry]:
    order = ("student__user__name", "student_id", "received_at", "pk")
    keys = list(_chosen(access, scope, section).order_by(*order).values_list("pk", flat=True))
    rows: list[Sequence[cells.Value]] = []
    for first in range(0, len(keys), _AT_ONCE):
        for part in _batch(access, keys[first : first + _AT_ONCE], audience, now):
            rows.append(part.row)
            yield from part.entries()
    table = cells.encoded([_COLUMNS, *rows], bom=True)
    yield "submissions.csv", b"".join(table)


@dataclass(frozen=True, slots=True)
class _Part:
    """One submission of the archive."""

    submission: Submission
    job: GradingJob | None
    score: Score | None
    counts: bool
    feedback: dict[str, Any]

    @property
    def folder(self) -> str:
        """`<number>_<name>_<submission>`; staff who try something out have no number."""
        student = self.submission.student
        number = student.student_number or "no-number"
        return safe_part(f"{number}_{student.user.name}"[:80]) + f"_{self.submission.pk}"

    @property
    def row(self) -> Sequence[cells.Value]:
        """Its line in the table of contents."""
        submission, student = self.submission, self.submission.student
        zone = submission.assignment.course.zone
        return (
            self.folder,
            student.user.name,
            student.student_number,
            student.user.email,
            student.section.name if student.section else "",
            submission.pk,
            submission.received_at.astimezone(zone).isoformat(timespec="seconds"),
            self.job.state if self.job else "not graded yet",
            "yes" if self.counts else "no",
            self.score.final if self.score else None,
            self.score.possible if self.score else None,
        )

    def entries(self) -> Iterator[Entry]:
        """Feedback, and each file as it was uploaded."""
        taken = Taken()
        if self.feedback:
            text = json.dumps(self.feedback, indent=2, ensure_ascii=False)
            yield f"{self.folder}/{taken.new('feedback.json')}", text.encode()
            yield f"{self.folder}/{taken.new('feedback.txt')}", in_words(self.feedback).encode()
        if self.submission.answers:
            text = json.dumps(self.submission.answers, indent=2, ensure_ascii=False)
            yield f"{self.folder}/{taken.new('answers.json')}", text.encode()
        for name, data in contents(self.submission, taken):
            yield f"{self.folder}/{name}", data


def contents(submission: Submission, taken: Taken) -> Iterator[Entry]:
    """The uploaded files, one at a time; of one that storage has lost, a word about it."""
    for file in submission.files.all():
        name = taken.new(safe_path(file.name))
        try:
            yield name, blobs.fetch(file.sha256)
        except blobs.BlobLost:
            log.exception("a file of submission %d is missing in an export", submission.pk)
            lost = f"Storage does not give {file.name} back. Its sha256 is {file.sha256}.\n"
            yield taken.new(f"{name}.lost.txt"), lost.encode()


def in_words(results: dict[str, Any]) -> str:
    """A report in Gradescope's format as plain text."""
    lines = [results.get("output", "")]
    for test in results.get("tests", ()):
        lines.append(f"[{test['status']}] {test['name']}: {test['score']} of {test['max_score']}")
        lines += [f"    {line}" for line in test["output"].splitlines()]
    return "\n".join(filter(None, lines)) + "\n"


def _batch(
    access: AssignmentAccess, keys: Sequence[int], audience: Audience, now: datetime
) -> Iterator[_Part]:
    """Some submissions with all that belongs to them, in the order of their keys; eight queries."""
    rows = Submission.objects.select_related("student__user", "student__section")
    found = rows.prefetch_related("files").in_bulk(keys)
    jobs, scores = _finished(found), _newest_scores(found)
    counted = set(
        GradeEntry.objects.filter(score__submission__in=found).values_list("score_id", flat=True)
    )
    rules = rules_of(access.assignment)
    for key in keys:
        submission, job, score = found[key], jobs.get(key), scores.get(key)
        submission.assignment = access.assignment
        at = _phase(access, rules.due(submission.student), now)
        yield _Part(
            submission=submission,
            job=job,
            score=score,
            counts=score is not None and score.pk in counted,
            feedback=results_json(job, audience, at) if job and job.verdict else {},
        )


def _finished(submissions: Iterable[int]) -> dict[int, GradingJob]:
    jobs = GradingJob.objects.filter(
        submission__in=submissions, shadow=False, state__in=FINAL
    ).prefetch_related("results")
    return {job.submission_id: job for job in jobs.order_by("pk")}


def _newest_scores(submissions: Iterable[int]) -> dict[int, Score]:
    scores = Score.objects.filter(submission__in=submissions).order_by("pk")
    return {score.submission_id: score for score in scores}


def _phase(access: AssignmentAccess, due: datetime, now: datetime) -> Phase:
    assignment, grace = access.assignment, access.course.late_policy.grace_minutes
    return phase(now, max(due, assignment.due_at), assignment.released_at is not None, grace)
