"""The order before the queue: look through, keep, write, enqueue."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from assignments.answers.typed import Given
from grader import logs
from grader.models import Assignment, Membership, Submission
from grader.pipeline import intake
from grader.pipeline.enqueue import enqueue, lane_of

log = logging.getLogger(__name__)


def hand_in(
    assignment: Assignment,
    student: Membership,
    *,
    files: Mapping[str, bytes],
    received_at: datetime,
    token: str,
    answers: Mapping[str, Given] | None = None,
) -> Submission:
    """Take an upload: the submission, with a job that waits. Raises `UploadRefused`.

    `files` are the uploaded files by name, an archive as one file; `answers` what was typed on the
    page, if its form came along. `token` is the form's: the same one twice gives the same
    submission.
    """
    known = intake.known(assignment, student, token)
    if known is not None:
        return known
    taken = intake.look_through(assignment, student, files, received_at, answers)
    kept = intake.keep_files(taken)
    assert assignment.version is not None
    lane = lane_of(assignment.version.spec)
    try:
        with transaction.atomic():
            submission = intake.write(
                assignment,
                student,
                taken=taken,
                files=kept,
                received_at=received_at,
                token=token,
            )
            enqueue(submission, lane)
    except IntegrityError:
        # The same form a second time, at the same moment.
        twin = intake.known(assignment, student, token)
        if twin is None:
            raise
        return twin
    # A content that was in storage already may have been erased with whoever else handed it in,
    # before this row said that it is needed again.
    intake.keep_files(taken)
    logs.note(submission=submission.pk)
    log.info("submission %d is taken, for the lane %s", submission.pk, lane.value)
    return submission
