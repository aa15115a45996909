"""Typed answers on the road: taken along, judged beside the checks, never told for free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from assignments.answers.typed import Given
from grader.domain.carried import merged_answers
from grader.domain.states import JobState, Lane
from grader.errors import AnswersUnreadable, UploadRefused
from grader.models import Assignment, Course, GradingJob, Membership, Score, Submission
from grader.pipeline import execute
from grader.pipeline.enqueue import attempts_used
from grader.pipeline.grade import grade_next
from grader.pipeline.hand_in import hand_in
from tests import factories
from tests.assignments.homework import DECLARATION, write_homework
from tests.assignments.questions import ANSWERS
from tests.assignments.questions import RIGHT as RIGHT_ANSWERS
from tests.assignments.uploads import zipped
from tests.factories import ON_TIME
from tests.grader.pipeline.road import RIGHT, check, grade, job_of, report
from tests.grader.pipeline.road import upload as upload_files

pytestmark = pytest.mark.django_db

TOML = DECLARATION.replace("points = 10", "points = 22", 1) + ANSWERS
ALL = RIGHT_ANSWERS.encode()
_serial = count(1)
MINUTE = timedelta(minutes=1)
FORM: Mapping[str, Given] = {
    "model_bytes": "2.6 GB",
    "zero_memory": "",
    "bound": "b",
    "sharded": [],
    "stages": [["", ""], ["", ""]],
    "product": [["", ""], ["", ""]],
}


@pytest.fixture
def homework(course: Course, tmp_path: Path) -> Assignment:
    folder = write_homework(tmp_path / "hw0", {"assignment.toml": TOML})
    return factories.assignment(course, "hw0", folder)


def type_in(
    homework: Assignment,
    student: Membership,
    form: Mapping[str, Given],
    *,
    minute: int = 0,
    files: Mapping[str, bytes] | None = None,
) -> Submission:
    moment = ON_TIME + minute * MINUTE
    token = f"form {next(_serial)}"
    return hand_in(
        homework, student, files=files or {}, received_at=moment, token=token, answers=form
    )


def upload(
    homework: Assignment, student: Membership, files: Mapping[str, bytes], minute: int = 0
) -> Submission:
    return upload_files(homework, student, ON_TIME + minute * MINUTE, files=files)


def names(submission: Submission) -> list[str]:
    return [file.name for file in submission.files.all()]


def test_a_form_alone_is_a_submission(homework: Assignment, ada: Membership) -> None:
    submission = type_in(homework, ada, FORM)

    assert submission.answers == {"model_bytes": "2.6 GB", "bound": "b"}
    assert (names(submission), submission.notices) == (
        [],
        ["No code was handed in (question1.py, question2.py): only the answers can earn."],
    )


def test_files_come_along_with_answers(homework: Assignment, ada: Membership) -> None:
    first = upload(homework, ada, RIGHT)
    second = type_in(homework, ada, FORM, minute=1)

    assert first.answers == {}
    assert second.answers == {"model_bytes": "2.6 GB", "bound": "b"}
    assert names(second) == names(first) == ["question1.py", "question2.py"]
    assert second.notices == [
        (
            "question1.py, question2.py are taken along from your submission of "
            f"{ON_TIME.astimezone(homework.course.zone):%d %B at %H:%M}."
        )
    ]


def test_an_archive_comes_along_too(homework: Assignment, ada: Membership) -> None:
    upload(homework, ada, {"work.zip": zipped({**RIGHT, "answers.toml": b'bound = "a"'})})
    second = upload(homework, ada, {"answers.toml": b'bound = "b"'}, minute=1)

    assert names(second) == ["answers.toml", "work.zip"]
    assert second.answers == {"bound": "b"}


def test_answers_come_along_with_files(homework: Assignment, ada: Membership) -> None:
    type_in(homework, ada, FORM)
    second = upload(homework, ada, {**RIGHT, "answers.toml": b'bound = "a"'}, minute=1)

    assert second.answers == {"model_bytes": "2.6 GB", "bound": "a"}
    assert second.notices == [
        (
            "Answers that this upload leaves out are those of your submission of "
            f"{ON_TIME.astimezone(homework.course.zone):%d %B at %H:%M}."
        )
    ]


def test_the_form_and_a_file_at_once(homework: Assignment, ada: Membership) -> None:
    """What was changed on the page holds; of the rest, the file."""
    type_in(homework, ada, FORM)
    form = {**FORM, "bound": "c"}
    file = b'bound = "a"\nmodel_bytes = "1 GB"\nsharded = ["states"]'
    second = type_in(homework, ada, form, minute=1, files={**RIGHT, "answers.toml": file})

    assert second.answers == {"model_bytes": "1 GB", "bound": "c", "sharded": ["states"]}


def test_an_answer_may_be_taken_back(homework: Assignment, ada: Membership) -> None:
    type_in(homework, ada, FORM)
    assert type_in(homework, ada, {**FORM, "bound": ""}, minute=1).answers == {
        "model_bytes": "2.6 GB"
    }


def test_what_is_not_asked_for_is_not_kept(homework: Assignment, ada: Membership) -> None:
    form = {**FORM, "nonsense": "1", "model_bytes": "\x00 2.6\nGB\ud800"}
    assert type_in(homework, ada, form).answers == {"model_bytes": "2.6 GB", "bound": "b"}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (FORM, r"^Nothing was changed"),
        ({**FORM, "model_bytes": "2.6 BG"}, r"^One answer cannot be read"),
    ],
)
def test_what_a_form_cannot_do(
    homework: Assignment, ada: Membership, form: Mapping[str, Given], message: str
) -> None:
    type_in(homework, ada, FORM)
    with pytest.raises(UploadRefused, match=message):
        type_in(homework, ada, form, minute=1)
    assert Submission.objects.count() == 1


def test_nothing_at_all(homework: Assignment, ada: Membership) -> None:
    with pytest.raises(UploadRefused, match="No file was chosen and no answer was typed"):
        type_in(homework, ada, dict.fromkeys(FORM, ""))


def test_what_cannot_be_read_is_told_by_question(homework: Assignment, ada: Membership) -> None:
    """But not what stood there before: it must not keep the rest from coming in."""
    upload(homework, ada, {**RIGHT, "answers.toml": b'model_bytes = "2.6 BG"'})
    with pytest.raises(AnswersUnreadable) as caught:
        type_in(homework, ada, {**FORM, "model_bytes": "2.6 BG", "bound": "z"}, minute=1)

    assert caught.value.sentences == {"bound": "“z” is not one of the options: they are a, b, c."}
    assert type_in(homework, ada, {**FORM, "model_bytes": "2.6 BG"}, minute=1).answers == {
        "model_bytes": "2.6 BG",
        "bound": "b",
    }


def test_other_homeworks_take_no_answers(course: Course, ada: Membership, tmp_path: Path) -> None:
    plain = factories.assignment(course, "hw0", write_homework(tmp_path / "hw0"))

    assert upload(plain, ada, RIGHT).answers is None


def used(homework: Assignment, student: Membership) -> int:
    now = Submission(assignment=homework, student=student, received_at=ON_TIME + 60 * MINUTE)
    return len(attempts_used(now, ON_TIME - timedelta(days=1)))


def test_an_answer_that_was_judged_on_arrival_is_an_attempt(
    homework: Assignment, ada: Membership
) -> None:
    """Else one could try answer after answer, each superseded by the next."""
    first = upload(homework, ada, {**RIGHT, "answers.toml": b'bound = "a"'})
    type_in(homework, ada, {**FORM, "bound": "c"}, minute=1)
    assert job_of(first).state == JobState.SUPERSEDED
    assert used(homework, ada) == 2

    # The same answers again with other code tell nothing new.
    upload(homework, ada, {**RIGHT, "more.txt": b"x"}, minute=2)
    upload(homework, ada, {**RIGHT, "more.txt": b"y"}, minute=3)
    assert used(homework, ada) == 3  # the one that waits, and the two that told something


def test_what_waits_for_another_day_has_told_nothing(homework: Assignment, ada: Membership) -> None:
    for minute, option in enumerate("abc"):
        submission = type_in(homework, ada, {**FORM, "bound": option}, minute=minute)
        grade(submission, report(check(of=22, points=0)))
    held = type_in(homework, ada, {**FORM, "bound": "a"}, minute=4)
    assert job_of(held).not_before is not None
    tomorrow = timezone.now() + timedelta(days=1)
    GradingJob.objects.filter(submission=held).update(not_before=tomorrow)
    type_in(homework, ada, {**FORM, "bound": "b"}, minute=5)

    assert used(homework, ada) == 4  # three that were graded, and the one that waits now


def test_the_words_of_merging() -> None:
    assert merged_answers({"a": 1, "b": 2}, {"b": 3, "c": 4}, None) == {"a": 1, "b": 3, "c": 4}
    assert merged_answers({"a": 1, "b": 2}, {"b": 3}, {"a": 0, "b": 2}) == {"a": 0, "b": 3}
    assert merged_answers({}, {"a": 3}, {"a": 1}) == {"a": 1}


@pytest.fixture
def sandbox() -> Iterator[None]:
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "bubblewrap"
    yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


@pytest.mark.bubblewrap
def test_code_and_answers_have_one_score(
    sandbox: None, homework: Assignment, ada: Membership
) -> None:
    only = upload(homework, ada, {"answers.toml": ALL})
    assert grade_next(Lane.INTERACTIVE, "worker") == job_of(only).pk
    whole = upload(homework, ada, RIGHT, minute=1)
    assert grade_next(Lane.INTERACTIVE, "worker") == job_of(whole).pk

    assert Score.objects.get(submission=only).raw == 12
    assert Score.objects.get(submission=whole).raw == 22
    assert "No code was handed in" in " ".join(job_of(only).notices)
    assert dict(job_of(only).results.values_list("check_id", "outcome")) == {
        "hidden/test_question1.py::test_random": "failed",
        "hidden/test_question2.py::test_double": "failed",
        "public/test_question1.py::test_small": "failed",
        "answers::model_bytes": "passed",
        "answers::zero_memory": "passed",
        "answers::bound": "passed",
        "answers::sharded": "passed",
        "answers::stages": "passed",
        "answers::product": "passed",
    }


@pytest.mark.bubblewrap
def test_answers_count_where_the_code_cannot_be_loaded(
    sandbox: None, homework: Assignment, ada: Membership
) -> None:
    broken = dict.fromkeys(RIGHT, b"this is no Python\n")
    submission = upload(homework, ada, {**broken, "answers.toml": ALL})
    grade_next(Lane.INTERACTIVE, "worker")

    assert job_of(submission).state == JobState.DONE
    assert Score.objects.get(submission=submission).raw == 12
    assert "None of it could be used" in " ".join(job_of(submission).notices)


def test_answers_alone_need_no_sandbox(course: Course, ada: Membership, tmp_path: Path) -> None:
    changes: dict[str, str | None] = dict.fromkeys(
        [
            "checks/public/test_question1.py",
            "checks/hidden/test_question1.py",
            "checks/hidden/test_question2.py",
            "mutants/squares/expect.toml",
            "mutants/squares/question2.py",
        ]
    )
    changes["assignment.toml"] = f'title = "Numbers"\npoints = 12\n{ANSWERS}'
    homework = factories.assignment(course, "hw0", write_homework(tmp_path / "hw0", changes))
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "there is none"
    try:
        submission = type_in(homework, ada, FORM)
        grade_next(Lane.INTERACTIVE, "worker")
    finally:
        settings.SANDGLASS_SANDBOX = before

    job = job_of(submission)
    assert (job.state, job.receipt["sandbox"]) == (JobState.DONE, {"sandbox": "none"})
    assert Score.objects.get(submission=submission).raw == Decimal(4)
    assert job.finished_at is not None
    assert job.finished_at <= timezone.now()
