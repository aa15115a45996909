"""Upload → Submission. Looks it through, keeps its files, writes the row.

Reads the homework and its deadline. Writes `Submission` and `SubmissionFile`. Idempotent because
the form's token is unique: a form that is sent twice gives the first submission again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from assignments.errors import UploadRejected
from assignments.names import is_junk
from assignments.triage import TriagedUpload, triage
from grader import blobs
from grader.deadlines import due_for
from grader.domain.lateness import accepts, step_time
from grader.errors import UploadRefused
from grader.models import Assignment, Membership, Submission, SubmissionFile

_TOKEN = 64
_DAMAGED = "The page that sent this upload is damaged: load it again, and upload once more."


def known(assignment: Assignment, student: Membership, token: str) -> Submission | None:
    """The submission that this form has made before. Raises `UploadRefused` for no form of ours."""
    if not token.isprintable() or not 0 < len(token) <= _TOKEN:
        raise UploadRefused(_DAMAGED)
    submission = Submission.objects.filter(student=student, token=token).first()
    if submission is not None and submission.assignment_id != assignment.pk:
        raise UploadRefused(_DAMAGED)
    return submission


def look_through(
    assignment: Assignment, student: Membership, files: Mapping[str, bytes], received_at: datetime
) -> TriagedUpload:
    """Everything that can be said before anything is written. Raises `UploadRefused`."""
    if assignment.version is None or received_at < assignment.opens_at:
        raise UploadRefused(f"{assignment.title} does not take uploads yet.")
    _refuse_after_cutoff(assignment, student, received_at)
    try:
        return triage(files, assignment.version.spec)
    except UploadRejected as error:
        raise UploadRefused(str(error)) from error


def without_junk(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that triage looked at: names that it passes over in silence reach no row."""
    return {name: data for name, data in files.items() if not is_junk(name)}


def keep_files(files: Mapping[str, bytes]) -> dict[str, str]:
    """Put the contents into storage: sha256 by name."""
    return {name: blobs.keep(data) for name, data in files.items()}


def write(
    assignment: Assignment,
    student: Membership,
    *,
    files: Mapping[str, bytes],
    digests: Mapping[str, str],
    notices: tuple[str, ...],
    received_at: datetime,
    token: str,
) -> Submission:
    """Write the rows, in the caller's transaction. `IntegrityError` when the token is used."""
    submission = Submission.objects.create(
        assignment=assignment,
        student=student,
        received_at=received_at,
        token=token,
        notices=list(notices),
    )
    SubmissionFile.objects.bulk_create(
        SubmissionFile(
            submission=submission, name=name, sha256=digests[name], size=len(files[name])
        )
        for name in files
    )
    return submission


def _refuse_after_cutoff(
    assignment: Assignment, student: Membership, received_at: datetime
) -> None:
    course = assignment.course
    due = due_for(assignment, student)
    policy = course.late_policy
    if accepts(due, received_at, policy, course.zone):
        return
    closed = step_time(due, policy.cutoff_days + 1, policy, course.zone).astimezone(course.zone)
    raise UploadRefused(
        f"{assignment.title} closed on {closed:%d %B at %H:%M} and takes no more uploads. If you "
        "have a reason, ask the course's staff for an extension."
    )
