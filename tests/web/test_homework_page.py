"""The page of a homework: what a student reads on it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import time_machine

from grader.domain.lateness import Counted, LatePolicy
from grader.domain.states import JobState, Role
from grader.models import Assignment, Course, Membership, Override, Submission
from grader.pipeline.extend import extend
from tests import factories
from tests.factories import DUE, ON_TIME
from tests.web.homework_form import ADDRESS, DAY, SOLUTION, browser, read, upload
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db


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


def test_a_student_reads_what_to_do_and_by_when(homework: Assignment, ada: Membership) -> None:
    page = read(ada)
    assert page.status_code == 200
    text = main(page)
    assert "Due Tue 10 Mar 2026, 23:59, in 1 day 8 hours." in text
    assert "An upload now is on time." in text
    assert "Lateness begins Wed 11 Mar 2026, 00:00, in 1 day 8 hours" in text
    assert "from then on an upload loses 20 %." in text
    assert "10 graded uploads left today, of 10." in text
    assert "Up to 1 MB." in text
    assert "Nothing yet." in text
    assert "Four problems to program, and one to solve on paper." in text
    assert links(page) == ["#answers", f"{ADDRESS}handout.zip"]


@pytest.mark.parametrize(
    ("late", "sentences"),
    [
        (
            timedelta(hours=1),
            [
                "An upload now loses 20 % of the points it earns.",
                "Late day 2 begins Thu 12 Mar 2026, 00:00",
                "from then on an upload loses 40 %.",
            ],
        ),
        (
            3 * DAY + timedelta(hours=1),
            [
                "An upload now loses 80 % of the points it earns.",
                "Late day 5 begins Sun 15 Mar 2026, 00:00",
                "from then on an upload earns nothing.",
            ],
        ),
        (5 * DAY, ["An upload now is still graded, but earns no points."]),
    ],
    ids=["the first day", "the fourth day", "worth nothing"],
)
def test_a_late_student_reads_what_it_costs(
    homework: Assignment, ada: Membership, late: timedelta, sentences: list[str]
) -> None:
    text = main(read(ada, DUE + late))
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_what_staff_decided_is_told_once_it_is_released(
    homework: Assignment, ada: Membership, dee: Membership
) -> None:
    factories.graded(homework, ada, "90")
    decision = {"student": ada, "reason": "Solved at the board.", "author": dee.user}
    Override.objects.create(assignment=homework, kind="points", points=Decimal(95), **decision)
    assert "Solved at the board." not in main(read(ada))
    Assignment.objects.update(released_at=ON_TIME)
    text = main(read(ada))
    assert "Your grade here is 95 points, whatever is uploaded. Solved at the board." in text
    assert "stays whatever you upload" not in text
    assert "Solved at the board." not in main(read(factories.membership(homework.course)))
    Override.objects.create(assignment=homework, kind="excused", **decision)
    assert "This homework does not count for you." in main(read(ada))


def test_the_best_upload_so_far_is_never_lost(homework: Assignment, ada: Membership) -> None:
    factories.graded(homework, ada, "90")
    text = main(read(ada))
    assert "Your best so far, 90 of 100, stays whatever you upload." in text
    assert "cannot raise it" not in text

    text = main(read(ada, DUE + timedelta(hours=1)))
    assert "An upload now can earn at most 80, so it cannot raise it." in text


def test_where_the_latest_counts_the_page_warns(
    course: Course, homework: Assignment, ada: Membership
) -> None:
    course.late_policy = replace(course.late_policy, counted=Counted.LATEST)
    course.save()
    factories.graded(homework, ada, "90")
    assert (
        "Your latest graded upload counts: so far 90 of 100. A new upload takes its place, even "
        "with fewer points." in main(read(ada))
    )


def test_after_the_cutoff_there_is_no_form(
    course: Course, homework: Assignment, ada: Membership
) -> None:
    course.late_policy = LatePolicy(rate=Decimal("0.20"), cutoff_days=2)
    course.save()
    page = read(ada, DUE + 3 * DAY)
    text = main(page)
    assert "Uploads are closed. If you have a reason, ask the course's staff" in text
    assert 'type="file"' not in page.content.decode()


def test_an_extension_is_the_reader_s_own_deadline(
    homework: Assignment, ada: Membership, dee: Membership
) -> None:
    extend(homework, DUE + 2 * DAY, reason="ill", author=dee.user, student=ada)
    text = main(read(ada, DUE + DAY))
    assert "Due Thu 12 Mar 2026, 23:59" in text
    assert "Extended for you" in text
    assert "for the course Tue 10 Mar 2026, 23:59" in text
    assert "An upload now is on time." in text


def test_the_history_marks_the_upload_that_counts(homework: Assignment, ada: Membership) -> None:
    first = factories.graded(homework, ada, "90", ON_TIME).submission
    second = factories.graded(homework, ada, "100", DUE + timedelta(hours=1)).submission
    page = read(ada, DUE + DAY)
    assert (
        "Received State Late Points Counts "
        "Wed 11 Mar 2026, 00:59 graded 1 day 80 / 100 100 before the penalty "
        "Mon 9 Mar 2026, 16:00 graded on time 90 / 100 Counts" in main(page)
    )
    assert links(page)[2:] == [f"/submissions/{second.pk}/", f"/submissions/{first.pk}/"]


@pytest.mark.parametrize(
    ("state", "facts", "words"),
    [
        (JobState.QUEUED, {}, "waiting"),
        (
            JobState.RUNNING,
            {"lease_until": ON_TIME, "started_at": ON_TIME, "attempt": 1},
            "being graded",
        ),
        (JobState.REJECTED, {"verdict": "rejected"}, "could not be graded"),
        (JobState.FAULT, {"verdict": "system_fault"}, "could not be graded (our fault)"),
        (JobState.SUPERSEDED, {}, "replaced by a newer one"),
    ],
)
def test_the_history_says_where_each_upload_stands(
    homework: Assignment, ada: Membership, state: JobState, facts: dict[str, Any], words: str
) -> None:
    factories.job(factories.submission(homework, ada), state, **facts)
    assert f"Mon 9 Mar 2026, 16:00 {words} Homework 1" in main(read(ada))


def test_an_upload_that_waits_is_told_of(homework: Assignment, ada: Membership) -> None:
    factories.job(factories.submission(homework, ada, ON_TIME))
    assert (
        "Your upload of Mon 9 Mar 2026, 16:00 waits to be graded. If you upload again, only the "
        "new one is graded." in main(read(ada))
    )
    assert (
        "waits to be graded. It is less late than a new one would be, so both are graded."
        in main(read(ada, DUE + DAY))
    )


def test_staff_upload_as_themselves_and_find_all_submissions(
    homework: Assignment, dee: Membership
) -> None:
    page = read(dee)
    assert "What you upload here is a try of your own" in main(page)
    assert f"{ADDRESS}submissions/" in links(page)
    assert upload(dee, SOLUTION).status_code == 303
    assert Submission.objects.get().student == dee


def test_before_it_opens_students_find_nothing(course: Course, ada: Membership) -> None:
    factories.assignment(course)
    assert read(ada, factories.OPENS - DAY).status_code == 404
    assert upload(ada, SOLUTION, now=factories.OPENS - DAY).status_code == 404


def test_a_homework_without_content_is_for_staff(
    course: Course, ada: Membership, dee: Membership
) -> None:
    factories.assignment(course, folder=None)
    assert read(ada).status_code == 404
    assert "This homework has no content yet." in main(read(dee))
    refused = upload(dee, SOLUTION)
    assert refused.status_code == 422


@pytest.mark.parametrize("uploads", [1, 3])
def test_the_page_has_a_constant_number_of_queries(
    homework: Assignment, ada: Membership, uploads: int, django_assert_num_queries: Any
) -> None:
    for day in range(uploads):
        factories.graded(homework, ada, "50", ON_TIME - day * DAY)
    client = browser(ada)
    with time_machine.travel(ON_TIME, tick=False), django_assert_num_queries(11):
        assert client.get(ADDRESS).status_code == 200


def test_the_handout_is_a_zip_without_the_hidden_suite(
    homework: Assignment, ada: Membership
) -> None:
    with time_machine.travel(ON_TIME, tick=False):
        answer = browser(ada).get(f"{ADDRESS}handout.zip")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="comp4551-hw1.zip"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with zipfile.ZipFile(BytesIO(answer.getvalue())) as archive:
        names = archive.namelist()
    assert "hw1/question1.py" in names
    assert [name for name in names if "hidden" in name or "solution" in name] == []


def test_without_content_there_is_no_handout(course: Course, dee: Membership) -> None:
    factories.assignment(course, folder=None)
    with time_machine.travel(ON_TIME, tick=False):
        assert browser(dee).get(f"{ADDRESS}handout.zip").status_code == 404
