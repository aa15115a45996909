"""Handing in by the form of a homework: what is taken, and what is refused with a sentence."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from grader.domain.lateness import LatePolicy
from grader.domain.states import JobState, Role
from grader.models import Assignment, Course, GradingJob, Membership, Submission
from tests import factories
from tests.factories import DUE, ON_TIME
from tests.web.homework_form import ADDRESS, DAY, SOLUTION, browser, raw, read, upload
from tests.web.reading import main

pytestmark = pytest.mark.django_db
ALPHA = "\N{GREEK SMALL LETTER ALPHA}"
MISSING = (
    "question2.py; question3.py; question4.py are missing: upload all of question1.py, "
    "question2.py, question3.py, question4.py or one notebook (hw1.ipynb) in place of the .py "
    "files."
)


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def homework(course: Course) -> Assignment:
    return factories.assignment(course)


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


@pytest.fixture
def dee(course: Course) -> Membership:
    return factories.membership(course, factories.person("Dee"), Role.INSTRUCTOR)


def test_an_upload_becomes_a_submission_that_waits(homework: Assignment, ada: Membership) -> None:
    answer = upload(ada, SOLUTION)
    submission = Submission.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/submissions/{submission.pk}/",
    )
    assert submission.received_at == ON_TIME
    assert [file.name for file in submission.files.all()] == sorted(SOLUTION)
    assert GradingJob.objects.get().state == JobState.QUEUED


def test_the_script_gets_the_address_as_json(homework: Assignment, ada: Membership) -> None:
    answer = upload(ada, SOLUTION, headers={"accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json() == {"url": f"/submissions/{Submission.objects.get().pk}/"}


def test_a_double_click_is_one_submission(homework: Assignment, ada: Membership) -> None:
    token = str(uuid4())
    first, second = upload(ada, SOLUTION, token=token), upload(ada, SOLUTION, token=token)
    assert first.headers["Location"] == second.headers["Location"]
    assert Submission.objects.count() == 1


def test_two_forms_in_the_same_second_are_two(homework: Assignment, ada: Membership) -> None:
    first, second = upload(ada, SOLUTION), upload(ada, SOLUTION)
    assert first.headers["Location"] != second.headers["Location"]
    assert [job.state for job in GradingJob.objects.order_by("pk")] == ["superseded", "queued"]


def test_each_form_has_a_token_of_its_own(homework: Assignment, ada: Membership) -> None:
    tokens = [
        re.findall(r'name="token" value="([0-9a-f-]{36})"', read(ada).content.decode())
        for _ in range(2)
    ]
    assert [len(each) for each in tokens] == [1, 1]
    assert tokens[0] != tokens[1]


def test_a_form_without_a_sound_token_is_taken(homework: Assignment, ada: Membership) -> None:
    assert upload(ada, SOLUTION, token="no token").status_code == 303
    assert upload(ada, SOLUTION, token="no token").status_code == 303
    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "No file was chosen: choose the files of this homework, then upload."),
        (
            {"question1.py": b""},
            (
                "question1.py is empty, and nothing was taken: save your work in it, or leave it "
                "out, and upload again."
            ),
        ),
        (
            [("question1.py", b"a = 1\n"), ("question1.py", b"b = 1\n")],
            "Two of the chosen files are named question1.py: keep one of them and upload again.",
        ),
        ({"question1.py": b"a = 1\n"}, MISSING),
        # A browser's path is cut off before anybody sees it.
        ({"../../etc/question1.py": b"a = 1\n"}, MISSING),
        (
            {"notes.txt": b"x" * 1_000_001},
            (
                "notes.txt holds more than the 1 MB that this homework takes (counted unpacked): "
                "leave out data, models and outputs, and upload again."
            ),
        ),
        (
            {**SOLUTION, "notes.txt": b"x" * 999_999},
            (
                "The upload holds more than the 1 MB that this homework takes (counted unpacked): "
                "leave out data, models and outputs, and upload again."
            ),
        ),
        (
            {"work.rar": b"Rar!"},
            (
                "work.rar is an archive that cannot be read here: make a .zip or .tar.gz, or "
                "upload the files themselves."
            ),
        ),
        (
            {ALPHA * 200 + ".py": b"a = 1\n"},
            (
                f"{ALPHA * 80}… holds a name that is too long, '{ALPHA * 80}…': give the file a "
                "name of at most 255 bytes and upload again."
            ),
        ),
    ],
    ids=[
        "nothing",
        "empty",
        "twins",
        "incomplete",
        "a path",
        "one too large",
        "all too large",
        "a foreign archive",
        "a long name",
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence(
    homework: Assignment,
    ada: Membership,
    files: dict[str, bytes] | list[tuple[str, bytes]],
    sentence: str,
) -> None:
    page = upload(ada, files)
    assert page.status_code == 422
    assert sentence in main(page)
    assert "Upload" in main(page)
    told = upload(ada, files, headers={"accept": "application/json"})
    assert (told.status_code, told.json()) == (422, {"error": sentence})
    assert Submission.objects.count() == 0


def test_a_name_loses_its_path_and_its_invisible_characters(
    homework: Assignment, ada: Membership
) -> None:
    answer = raw(
        ada,
        [
            b"/etc/question1.py",
            b"C:\\work\\question2.py",
            "\N{RIGHT-TO-LEFT OVERRIDE}question3.py".encode(),
            b"../question4.py",
        ],
    )
    assert answer.status_code == 303
    assert [file.name for file in Submission.objects.get().files.all()] == sorted(SOLUTION)


def test_a_name_that_is_no_text_is_refused(homework: Assignment, ada: Membership) -> None:
    answer = raw(ada, [b"question1\xff\xfe.py", b"question2.py", b"question3.py", b"question4.py"])
    assert answer.status_code == 422
    assert "question1.py is missing" in main(answer)


def test_a_name_with_markup_is_text(homework: Assignment, ada: Membership) -> None:
    page = upload(ada, [("<img src=x onerror=alert(1)>.py", b""), *SOLUTION.items()])
    assert page.status_code == 422
    assert "<img" not in page.content.decode()
    assert "<img src=x onerror=alert(1)>.py is empty" in main(page)


def test_after_the_cutoff_an_upload_is_refused(
    course: Course, homework: Assignment, ada: Membership
) -> None:
    course.late_policy = LatePolicy(rate=Decimal("0.20"), cutoff_days=2)
    course.save()
    page = upload(ada, SOLUTION, now=DUE + 3 * DAY)
    assert page.status_code == 422
    assert "Homework 1 closed on 13 March at 00:00 and takes no more uploads." in main(page)
    assert Submission.objects.count() == 0


def test_beyond_the_day_s_attempts_an_upload_waits_for_the_next(
    homework: Assignment, ada: Membership
) -> None:
    for minute in range(10):
        factories.graded(homework, ada, "50", ON_TIME - timedelta(minutes=minute))
    assert (
        "Today's 10 graded uploads are used up. You can still upload, and the time of it counts; "
        "it is graded from Tue 10 Mar 2026, 00:00 on." in main(read(ada))
    )
    assert upload(ada, SOLUTION).status_code == 303
    waits = GradingJob.objects.get(state=JobState.QUEUED)
    assert waits.not_before == datetime(2026, 3, 9, 16, 0, tzinfo=UTC)


def test_a_page_that_is_too_old_says_so(homework: Assignment, ada: Membership) -> None:
    client = browser(ada, enforce_csrf_checks=True)
    with time_machine.travel(ON_TIME, tick=False):
        page = client.post(ADDRESS, {"token": str(uuid4())})
    assert page.status_code == 403
    assert Submission.objects.count() == 0


def test_after_the_session_an_upload_asks_to_sign_in(homework: Assignment) -> None:
    files = {"files": [SimpleUploadedFile("question1.py", b"a = 1\n")]}
    answer = Client().post(ADDRESS, files)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next={ADDRESS}")
    told = Client().post(ADDRESS, files, headers={"accept": "application/json"})
    assert told.status_code == 401
    assert told.json()["error"].startswith("Your session has ended.")
