"""The page of a submission in each of its states, and what can be downloaded from it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import Client

from grader import blobs
from grader.domain.states import JobState, Role
from grader.models import Assignment, CheckResult, Course, GradingJob, Membership, Submission
from grader.pipeline.hand_in import hand_in
from tests import factories
from tests.factories import DUE, HW1, ON_TIME
from tests.web.homework_form import SOLUTION, zipped
from tests.web.reading import links, main, words

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CANARY = "canary 8d1c"
MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def homework(course: Course) -> Assignment:
    return factories.assignment(course)


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"), student_number="20911111")


@pytest.fixture
def dee(course: Course) -> Membership:
    return factories.membership(course, factories.person("Dee"), Role.INSTRUCTOR)


def get(member: Membership, address: str, theme: str = "") -> Any:
    client = Client()
    client.force_login(member.user)
    if theme:
        client.cookies["theme"] = theme
    with time_machine.travel(DUE - HOUR, tick=False):
        return client.get(address)


def page_of(member: Membership, submission: Submission) -> Any:
    return get(member, f"/submissions/{submission.pk}/")


def handed_in(homework: Assignment, student: Membership, files: dict[str, bytes]) -> Submission:
    token = f"upload {Submission.objects.count()}"
    return hand_in(homework, student, files=files, received_at=ON_TIME, token=token)


def check(job: GradingJob, position: int, **facts: Any) -> None:
    plain: dict[str, Any] = {
        "check_id": f"checks/{CANARY}.py::test_{position}",
        "title": f"Check {position}",
        "problem": "einsum",
        "max_points": 1,
        "points": 0,
        "outcome": "failed",
        "visibility": "hidden",
        "hint": "Look at the axes.",
        "message": f"{CANARY}: 3 of 4 values differ",
        "output": f"{CANARY} printed",
        "traceback": f"{CANARY} traceback",
    }
    CheckResult.objects.create(job=job, position=position, **{**plain, **facts})


# --- before it is graded -----------------------------------------------------------------------


def test_an_upload_that_waits_shows_its_place(homework: Assignment, ada: Membership) -> None:
    others = [factories.membership(homework.course) for _ in range(2)]
    for other in others:
        handed_in(homework, other, SOLUTION)
    page = page_of(ada, handed_in(homework, ada, SOLUTION))
    assert page.status_code == 200
    assert "Homework 1 Received Mon 9 Mar 2026, 16:00." in main(page)
    assert "3rd of 3 in line. You may close this page" in main(page)
    assert 'http-equiv="refresh" content="5"' in page.content.decode()
    assert "/live" in page.content.decode()


def test_an_upload_beyond_the_day_s_attempts_says_from_when(
    homework: Assignment, ada: Membership
) -> None:
    for minute in range(10):
        factories.graded(homework, ada, "50", ON_TIME - timedelta(minutes=minute))
    submission = handed_in(homework, ada, SOLUTION)
    GradingJob.objects.filter(submission=submission).update(not_before=DUE)
    assert (
        "Today's graded uploads are used up: this one is graded from Tue 10 Mar 2026, 23:59 on."
        in main(page_of(ada, submission))
    )


def test_an_upload_that_met_our_fault_is_tried_again(homework: Assignment, ada: Membership) -> None:
    submission = handed_in(homework, ada, SOLUTION)
    GradingJob.objects.update(attempt=1, not_before=DUE)
    assert "Something of ours failed, so this is graded again in a moment." in main(
        page_of(ada, submission)
    )


def test_an_upload_that_is_being_graded_says_so(homework: Assignment, ada: Membership) -> None:
    submission = handed_in(homework, ada, SOLUTION)
    GradingJob.objects.update(state=JobState.RUNNING, attempt=1, lease_until=DUE)
    assert "Being graded now." in main(page_of(ada, submission))
    GradingJob.objects.update(attempt=2)
    assert "Being graded again." in main(page_of(ada, submission))


# --- how it ended --------------------------------------------------------------------------------


def test_a_report_adds_up(homework: Assignment, ada: Membership) -> None:
    score = factories.graded(homework, ada, "90", DUE + HOUR)
    page = page_of(ada, score.submission)
    assert (
        "72 of 100 points Counts Checks 90 of 100 "
        f"Lateness {MINUS}18 · 1 day late: 20 % of the points earned are lost. "
        f"Left 90 {MINUS} 18 = 72 Deadline Tue 10 Mar 2026, 23:59" in main(page)
    )
    assert 'http-equiv="refresh"' not in page.content.decode()


def test_only_the_part_that_was_asked_for_comes(homework: Assignment, ada: Membership) -> None:
    score = factories.graded(homework, ada, "90")
    part = get(ada, f"/submissions/{score.submission.pk}/?part=report")
    assert "<html" not in part.content.decode()
    assert words(part).startswith("Score 90 of 100 points Counts")


def test_a_student_reads_of_a_hidden_check_its_title_points_and_hint(
    homework: Assignment, ada: Membership
) -> None:
    score = factories.graded(homework, ada, "90")
    check(score.job, 2)
    page = page_of(ada, score.submission)
    assert "failed Check 2 hidden 0 / 1 Hint: Look at the axes." in main(page)
    assert "Of a hidden check you see its title, its points and a hint." in main(page)
    assert CANARY not in page.content.decode()
    told = get(ada, f"/submissions/{score.submission.pk}/results.json")
    assert CANARY not in told.content.decode()


def test_a_known_mistake_is_named_once_above_the_checks_that_it_fails(
    homework: Assignment, ada: Membership
) -> None:
    score = factories.graded(homework, ada, "90")
    for position in (2, 3):
        check(score.job, position, mistake="This is what summing over all axes does.")
    told = "A known mistake fails exactly these checks. This is what summing over all axes does. "
    assert main(page_of(ada, score.submission)).count(f"{told}failed Everything works") == 1
    assert main(page_of(ada, score.submission)).count("This is what summing") == 1


def test_a_student_reads_everything_of_a_visible_check_but_the_traceback(
    homework: Assignment, ada: Membership
) -> None:
    score = factories.graded(homework, ada, "90")
    check(score.job, 2, visibility="visible", message="<b>3</b> of 4 differ", output="I was here")
    page = page_of(ada, score.submission)
    assert (
        "failed Check 2 0 / 1 Hint: Look at the axes. <b>3</b> of 4 differ "
        "What your code printed I was here" in main(page)
    )
    assert "<b>3</b>" not in page.content.decode()
    assert "traceback" not in page.content.decode()


def test_staff_read_everything(homework: Assignment, ada: Membership, dee: Membership) -> None:
    score = factories.graded(homework, ada, "90")
    check(score.job, 2)
    GradingJob.objects.update(
        staff_detail="what staff should know", receipt={"seed": "41"}, resources={"wall_seconds": 6}
    )
    text = main(page_of(dee, score.submission))
    assert "Homework 1: Ada" in text
    assert "Student number 20911111." in text
    for sentence in (
        f"checks/{CANARY}.py::test_2 · hidden",
        f"{CANARY}: 3 of 4 values differ",
        f"What the student's code printed {CANARY} printed",
        f"Traceback {CANARY} traceback",
        "what staff should know",
        "seed 41",
        "wall_seconds 6",
    ):
        assert sentence in text


def test_failed_checks_come_before_those_that_passed(homework: Assignment, ada: Membership) -> None:
    score = factories.graded(homework, ada, "100")
    check(score.job, 2, outcome="passed", points=1)
    check(score.job, 3, outcome="timeout")
    text = main(page_of(ada, score.submission))
    assert text.index("too slow Check 3") < text.index("2 checks passed") < text.index("Check 2")


def test_a_rejected_upload_says_why_and_what_to_do(homework: Assignment, ada: Membership) -> None:
    submission = handed_in(homework, ada, SOLUTION)
    GradingJob.objects.update(
        state=JobState.REJECTED, verdict="rejected", reason="question1.py is no Python: <line 3>."
    )
    page = page_of(ada, submission)
    assert (
        "This upload cannot be graded question1.py is no Python: <line 3>. It costs you nothing: "
        "mend it and upload again." in main(page)
    )
    assert "/c/comp4551/hw/hw1/" in links(page)


def test_a_fault_of_ours_costs_nothing(
    homework: Assignment, ada: Membership, dee: Membership
) -> None:
    submission = handed_in(homework, ada, SOLUTION)
    GradingJob.objects.update(
        state=JobState.FAULT, verdict="assignment_fault", staff_detail=f"{CANARY} does not load"
    )
    page = page_of(ada, submission)
    assert "This upload could not be graded, through no fault of yours" in main(page)
    assert "It costs you nothing" in main(page)
    assert CANARY not in page.content.decode()
    assert f"{CANARY} does not load" in main(page_of(dee, submission))


def test_a_replaced_upload_leads_to_the_newer_one(homework: Assignment, ada: Membership) -> None:
    older, newer = (handed_in(homework, ada, SOLUTION) for _ in range(2))
    page = page_of(ada, older)
    assert "A newer upload took this one's place" in main(page)
    assert f"/submissions/{newer.pk}/" in links(page)


def test_nobody_else_finds_it(homework: Assignment, ada: Membership) -> None:
    score = factories.graded(homework, ada, "90")
    other = factories.membership(homework.course)
    staff_elsewhere = factories.membership(factories.course("math101"), role=Role.INSTRUCTOR)
    for stranger in (other, staff_elsewhere):
        for part in ("", "live", "results.json", "files/1/download", "files/1/view"):
            assert get(stranger, f"/submissions/{score.submission.pk}/{part}").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_has_a_constant_number_of_queries(
    homework: Assignment, ada: Membership, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        score = factories.graded(homework, ada, "90")
    for position in range(2, rows + 2):
        check(score.job, position)
    client = Client()
    client.force_login(ada.user)
    with time_machine.travel(DUE, tick=False), django_assert_num_queries(10):
        assert client.get(f"/submissions/{score.submission_id}/").status_code == 200


# --- downloads -----------------------------------------------------------------------------------


def test_the_report_is_json_to_keep(homework: Assignment, ada: Membership) -> None:
    score = factories.graded(homework, ada, "90")
    answer = get(ada, f"/submissions/{score.submission.pk}/results.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="submission-{score.submission.pk}-results.json"'
    )
    report = json.loads(answer.content)
    assert (report["score"], [test["id"] for test in report["tests"]]) == (90, ["check-1"])


def test_before_the_end_there_is_no_report(homework: Assignment, ada: Membership) -> None:
    submission = handed_in(homework, ada, SOLUTION)
    assert get(ada, f"/submissions/{submission.pk}/results.json").status_code == 404


def test_a_file_comes_back_as_it_was(homework: Assignment, ada: Membership) -> None:
    submission = handed_in(homework, ada, {**SOLUTION, 'a "note".txt': b"<script>\0"})
    answer = get(ada, f"/submissions/{submission.pk}/files/1/download")
    assert b"".join(answer.streaming_content) == b"<script>\0"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == r'attachment; filename="a \"note\".txt"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("kind", ["download", "view"])
def test_a_file_that_storage_lost_is_told_of(
    homework: Assignment, ada: Membership, kind: str
) -> None:
    submission = handed_in(homework, ada, {"question1.py": b"lost = True\n"} | SOLUTION)
    file = submission.files.first()
    assert file is not None
    default_storage.delete(blobs.name_of(file.sha256))
    page = get(ada, f"/submissions/{submission.pk}/files/1/{kind}")
    assert page.status_code == 503
    assert "This file cannot be read" in main(page)
    assert str(settings.DATA) not in page.content.decode()


@pytest.mark.parametrize("number", [0, 5])
@pytest.mark.parametrize("kind", ["download", "view"])
def test_there_is_no_file_beyond_the_list(
    homework: Assignment, ada: Membership, number: int, kind: str
) -> None:
    submission = handed_in(homework, ada, SOLUTION)
    assert get(ada, f"/submissions/{submission.pk}/files/{number}/{kind}").status_code == 404


def test_a_file_to_look_at_is_a_locked_document(homework: Assignment, ada: Membership) -> None:
    submission = handed_in(homework, ada, {**SOLUTION, "a.txt": b"<script>alert(1)</script>\n"})
    answer = get(ada, f"/submissions/{submission.pk}/files/1/view")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'self'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in answer.content.decode()
    assert "&lt;script&gt;" in answer.content.decode()


@pytest.mark.parametrize(
    ("theme", "attribute"),
    [
        ("dark", ' data-bs-theme="dark"'),
        ("light", ' data-bs-theme="light"'),
        ("auto", ""),
        ("", ""),
    ],
)
def test_a_file_to_look_at_has_the_reader_s_colours(
    homework: Assignment, ada: Membership, theme: str, attribute: str
) -> None:
    submission = handed_in(homework, ada, SOLUTION)
    answer = get(ada, f"/submissions/{submission.pk}/files/1/view", theme)
    assert f'<html lang="en-GB"{attribute}>' in answer.content.decode()


def test_a_notebook_and_a_binary_are_looked_at_as_such(
    homework: Assignment, ada: Membership
) -> None:
    notebook = (HW1 / "handout" / "hw1.ipynb").read_bytes()
    submission = handed_in(homework, ada, {"a.txt": b"\0\1", "hw1.ipynb": notebook})
    binary, shown = (
        get(ada, f"/submissions/{submission.pk}/files/{number}/view") for number in (1, 2)
    )
    assert "This file is no text, so it is not shown here." in words(binary)
    assert '<div class="notebook">' in shown.content.decode()


def test_an_archive_is_opened_for_looking(homework: Assignment, ada: Membership) -> None:
    files = {f"hw1/{name}": data for name, data in SOLUTION.items()}
    archive = zipped({**files, "hw1/notes.txt": b"my notes\n"})
    submission = handed_in(homework, ada, {"hw1.zip": archive})
    page = page_of(ada, submission)
    assert [link for link in links(page) if "/files/" in link] == [
        f"/submissions/{submission.pk}/files/1/download",
        *(f"/submissions/{submission.pk}/files/{number}/view" for number in range(1, 6)),
    ]
    assert "my notes" in words(get(ada, f"/submissions/{submission.pk}/files/1/view"))
    assert get(ada, f"/submissions/{submission.pk}/files/6/view").status_code == 404


def test_an_archive_that_storage_lost_is_told_of(homework: Assignment, ada: Membership) -> None:
    submission = handed_in(homework, ada, {"hw1.zip": zipped({**SOLUTION, "a.txt": b"lost"})})
    file = submission.files.get()
    default_storage.delete(blobs.name_of(file.sha256))
    page = page_of(ada, submission)
    assert page.status_code == 200
    assert "The archive cannot be read from our storage now." in main(page)
    assert str(settings.DATA) not in page.content.decode()
