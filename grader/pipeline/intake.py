"""Upload → Submission. Looks it through, keeps its files, writes the row.

Reads the homework, its deadline and the student's submission before this one. Writes `Submission`
and `SubmissionFile`. Idempotent because the form's token is unique: a form that is sent twice gives
the first submission again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assignments.answers import ANSWERS_FILE
from assignments.answers.judging import unreadable
from assignments.answers.typed import Given, is_blank, tidied
from assignments.errors import UploadRejected
from assignments.names import is_junk, shown
from assignments.spec import AssignmentSpec
from assignments.triage import triage
from grader import blobs
from grader.deadlines import due_for
from grader.domain.carried import merged_answers
from grader.domain.lateness import accepts, step_time
from grader.errors import AnswersUnreadable, UploadRefused
from grader.models import Assignment, Membership, Submission, SubmissionFile

_TOKEN = 64
_NAMED = 5
_DAMAGED = "The page that sent this upload is damaged: load it again, and upload once more."
_NOTHING_NEW = (
    "Nothing was changed, and nothing was taken: these are the answers of your latest submission. "
    "Change an answer, or choose files."
)


_NOTHING = "No file was chosen and no answer was typed: do one of the two, then hand in."


@dataclass(frozen=True, slots=True)
class Taken:
    """What a submission will hold: what came now, and what it takes along from the one before."""

    files: Mapping[str, bytes]
    """What was uploaded, without what computers leave behind."""
    along: tuple[SubmissionFile, ...] = ()
    answers: Mapping[str, Given] | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A file whose contents lie in storage."""

    sha256: str
    size: int


def known(assignment: Assignment, student: Membership, token: str) -> Submission | None:
    """The submission that this form has made before. Raises `UploadRefused` for no form of ours."""
    if not token.isprintable() or not 0 < len(token) <= _TOKEN:
        raise UploadRefused(_DAMAGED)
    submission = Submission.objects.filter(student=student, token=token).first()
    if submission is not None and submission.assignment_id != assignment.pk:
        raise UploadRefused(_DAMAGED)
    return submission


def look_through(
    assignment: Assignment,
    student: Membership,
    files: Mapping[str, bytes],
    received_at: datetime,
    form: Mapping[str, Given] | None = None,
) -> Taken:
    """Everything that can be said before anything is written. Raises `UploadRefused`.

    `form` has what was typed on the page, question by question; None if that form did not come.
    """
    if assignment.version is None or received_at < assignment.opens_at:
        raise UploadRefused(f"{assignment.title} does not take uploads yet.")
    _refuse_after_cutoff(assignment, student, received_at)
    spec, files = assignment.version.spec, _without_junk(files)
    try:
        if not spec.answers:
            return Taken(files, notices=triage(files, spec).notices)
        latest = Submission.objects.filter(assignment=assignment, student=student).first()
        return _with_answers(spec, files, form, latest)
    except UploadRejected as error:
        raise UploadRefused(str(error)) from error


def _with_answers(
    spec: AssignmentSpec,
    files: Mapping[str, bytes],
    form: Mapping[str, Given] | None,
    latest: Submission | None,
) -> Taken:
    """An upload for a homework with typed answers: it adds to what was handed in before."""
    stored: Mapping[str, Given] = (latest.answers if latest else None) or {}
    form = None if form is None else _changeable(tidied(spec, form), stored)
    _refuse_unreadable(spec, form or {}, stored)
    own = triage(files, spec) if files else None
    typed = own.answers if own else {}
    merged = merged_answers(stored, typed, form)
    answers = {id_: value for id_, value in merged.items() if not is_blank(value)}
    if own is None and latest is not None and answers == stored:
        raise UploadRefused(_NOTHING_NEW)
    along = _files_along(files, latest)
    if own is None and not along and not answers:
        raise UploadRefused(_NOTHING)
    if own is not None and not along:
        whole = own  # all of it has been looked through already
    else:
        contents = {file.name: blobs.fetch(file.sha256) for file in along}
        whole = triage({**contents, **files}, spec, answers)
    notices = [*(own.notices if own else ()), *filter(None, [whole.without_code])]
    if latest is not None:
        left_out = form is None and stored.keys() - typed.keys()
        notices += _said(along, latest, answers_too=bool(left_out))
    return Taken(files, along, answers, tuple(notices))


def _changeable(form: Mapping[str, Given], stored: Mapping[str, Given]) -> dict[str, Given]:
    """The fields that say something; an empty one says so only where there was an answer."""
    return {id_: value for id_, value in form.items() if id_ in stored or not is_blank(value)}


def _refuse_unreadable(
    spec: AssignmentSpec, form: Mapping[str, Given], stored: Mapping[str, Given]
) -> None:
    """Tell at once what was typed now and cannot be read. What stands already was told before."""
    sentences = {
        answer.id: sentence
        for answer in spec.answers
        if (value := form.get(answer.id)) is not None
        and value != stored.get(answer.id)
        and (sentence := unreadable(answer, value))
    }
    if sentences:
        raise AnswersUnreadable(sentences)


def _files_along(
    files: Mapping[str, bytes], latest: Submission | None
) -> tuple[SubmissionFile, ...]:
    """The files of the submission before, when what comes now is answers and nothing else."""
    if latest is None or files.keys() - {ANSWERS_FILE}:
        return ()
    return tuple(latest.files.exclude(name=ANSWERS_FILE))


def _said(
    along: Sequence[SubmissionFile], latest: Submission, *, answers_too: bool
) -> Iterator[str]:
    zone = latest.assignment.course.zone
    moment = f"{latest.received_at.astimezone(zone):%d %B at %H:%M}"
    if along:
        names = ", ".join(shown(file.name) for file in along[:_NAMED])
        more = f" and {len(along) - _NAMED} more" if len(along) > _NAMED else ""
        verb = "is" if len(along) == 1 else "are"
        yield f"{names}{more} {verb} taken along from your submission of {moment}."
    if answers_too:
        yield f"Answers that this upload leaves out are those of your submission of {moment}."


def _without_junk(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that triage looks at: names that it passes over in silence reach no row."""
    return {name: data for name, data in files.items() if not is_junk(name)}


def keep_files(taken: Taken) -> dict[str, Kept]:
    """Put the contents into storage; everything that the submission holds, by name."""
    along = {file.name: Kept(file.sha256, file.size) for file in taken.along}
    now = {name: Kept(blobs.keep(data), len(data)) for name, data in taken.files.items()}
    return along | now


def write(
    assignment: Assignment,
    student: Membership,
    *,
    taken: Taken,
    files: Mapping[str, Kept],
    received_at: datetime,
    token: str,
) -> Submission:
    """Write the rows, in the caller's transaction. `IntegrityError` when the token is used."""
    submission = Submission.objects.create(
        assignment=assignment,
        student=student,
        received_at=received_at,
        token=token,
        notices=list(taken.notices),
        answers=None if taken.answers is None else dict(taken.answers),
    )
    SubmissionFile.objects.bulk_create(
        SubmissionFile(submission=submission, name=name, sha256=kept.sha256, size=kept.size)
        for name, kept in files.items()
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
