"""The pages of regrades: begun by staff, looked at, decided by the instructor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grader.domain.regrades import Scope
from grader.domain.states import Lane, Role
from grader.models import Assignment, AssignmentVersion, AuditEntry, GradingJob, Membership, Regrade
from grader.pipeline import regrade as road
from grader.pipeline.grade import settle
from grader.versions import store_version
from runners.contract import RunReport, Verdict
from tests import factories
from tests.assignments.homework import write_homework
from tests.grader.pipeline.regrading import final, graded_again, handed_in
from tests.grader.pipeline.road import earned, take
from tests.web.reading import main

pytestmark = pytest.mark.django_db
LIST = "/c/comp4551/hw/hw0/regrades/"
BROKEN = RunReport(verdict=Verdict.ASSIGNMENT_FAULT, staff_detail="checks do not load\nTraceback")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small homework, and the same with a mended suite."""
    base = tmp_path_factory.mktemp("regrades")
    mended: dict[str, str | None] = {"handout/statement.md": "# Mended\n"}
    return write_homework(base / "a" / "hw0"), write_homework(base / "b" / "hw0", mended)


@pytest.fixture
def homework(folders: tuple[Path, Path]) -> Assignment:
    return factories.assignment(factories.course(), "hw0", folders[0])


@pytest.fixture
def mended(homework: Assignment, folders: tuple[Path, Path]) -> AssignmentVersion:
    return store_version(homework, folders[1])


@pytest.fixture
def lect(homework: Assignment) -> Client:
    return client(homework, Role.INSTRUCTOR)


def client(homework: Assignment, role: Role) -> Client:
    browser = Client()
    browser.force_login(factories.membership(homework.course, role=role).user)
    return browser


def student(homework: Assignment, name: str) -> Membership:
    return factories.membership(homework.course, factories.person(name))


def form(version: AssignmentVersion) -> dict[str, Any]:
    return {"version": version.pk, "scope": "counted", "reason": "A check was wrong."}


def begun(homework: Assignment, version: AssignmentVersion) -> Regrade:
    """One whose jobs are made."""
    author = factories.membership(homework.course, role=Role.TA).user
    made = road.start(
        homework, version, Scope.COUNTED, reason="Why.", author=author, now=timezone.now()
    )
    road.step(made.pk)
    return made


def test_a_ta_begins_and_the_instructor_decides(
    homework: Assignment, mended: AssignmentVersion, lect: Client
) -> None:
    """From the form to the grade; a TA has no button that decides."""
    made = handed_in(homework, student(homework, "Ada"), 6)
    ta = client(homework, Role.TA)
    answer = ta.post(LIST, form(mended))
    regrade = Regrade.objects.get()
    address = f"{LIST}{regrade.pk}/"
    assert (answer.status_code, answer["Location"]) == (303, address)
    road.step(regrade.pk)
    page = ta.get(address)
    assert "0 of 1 graded" in main(page)
    assert b'http-equiv="refresh"' in page.content
    graded_again(regrade, {made: 9})
    page = ta.get(address)
    assert "1 student up, 0 down, 0 the same." in main(page)
    assert "The instructor decides whether it counts." in main(page)
    assert b'value="all"' not in page.content
    assert b'http-equiv="refresh"' not in page.content

    seen = lect.get(address).context["page"].seen
    done: Any = lect.post(address, {"act": "all", "seen": seen}, follow=True)
    assert "The regrade counts, for all: 1 student." in main(done)
    assert final(made.student) == 9
    assert AuditEntry.objects.filter(action="regrade.accepted").count() == 1
    assert "was graded by another version" not in main(lect.get(LIST))


@pytest.mark.parametrize("act", ["all", "raises", "drop"])
def test_a_ta_does_not_decide(homework: Assignment, mended: AssignmentVersion, act: str) -> None:
    made = handed_in(homework, student(homework, "Ada"), 6)
    regrade = begun(homework, mended)
    graded_again(regrade, {made: 9})
    answer = client(homework, Role.TA).post(f"{LIST}{regrade.pk}/", {"act": act})
    assert answer.status_code == 404
    regrade.refresh_from_db()
    assert (regrade.state, final(made.student)) == ("ready", 6)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"reason": " "}, "Say why"),
        ({"version": "x"}, "Choose a version"),
        ({"version": "999999"}, "Choose a version"),
        ({"scope": "some"}, "Choose which submissions"),
        ({}, "There is nothing to grade again"),
    ],
)
def test_what_cannot_begin_says_why_and_keeps_what_was_typed(
    homework: Assignment,
    mended: AssignmentVersion,
    lect: Client,
    fields: dict[str, str],
    why: str,
) -> None:
    answer = lect.post(LIST, {**form(mended), "reason": "Typed by hand.", **fields})
    assert answer.status_code == 422
    assert why in main(answer)
    assert ("Typed by hand." in answer.content.decode()) == ("reason" not in fields)
    assert not Regrade.objects.exists()


def test_faults_are_listed_and_run_again_and_a_regrade_is_cancelled(
    homework: Assignment, mended: AssignmentVersion, lect: Client
) -> None:
    made = handed_in(homework, student(homework, "Ada"), 6)
    regrade = begun(homework, mended)
    graded_again(regrade, {made: BROKEN})
    address = f"{LIST}{regrade.pk}/"
    page = main(lect.get(address))
    assert "1 submission could not be graded" in page
    assert "checks do not load" in page
    assert "Traceback" not in page
    again: Any = lect.post(address, {"act": "again"}, follow=True)
    assert "1 submission will be graded again." in main(again)
    assert "0 of 1 graded" in main(again)
    stopped: Any = lect.post(address, {"act": "cancel"}, follow=True)
    assert "The regrade is cancelled." in main(stopped)
    refused: Any = lect.post(address, {"act": "all"}, follow=True)
    assert "not ready to be decided" in main(refused)


def test_grades_that_moved_meanwhile_are_shown_first(
    homework: Assignment, mended: AssignmentVersion, lect: Client
) -> None:
    ada = student(homework, "Ada")
    made = handed_in(homework, ada, 6)
    regrade = begun(homework, mended)
    graded_again(regrade, {made: 9})
    address = f"{LIST}{regrade.pk}/"
    seen = lect.get(address).context["page"].seen
    handed_in(homework, ada, 7, received_at=factories.ON_TIME)
    answer: Any = lect.post(address, {"act": "all", "seen": seen}, follow=True)
    assert "Grades have moved since this was shown" in main(answer)
    assert final(ada) == 7


def test_a_class_is_no_more_queries_than_one(
    homework: Assignment, mended: AssignmentVersion, lect: Client
) -> None:
    """In the order that was asked for; whose grade stays is left out until asked for."""
    first = handed_in(homework, student(homework, "Zoe"), 6)
    regrade = begun(homework, mended)
    graded_again(regrade, {first: 9})
    address = f"{LIST}{regrade.pk}/"
    with CaptureQueriesContext(connection) as few:
        lect.get(address)
    points = {"Ann": (5, 3), "Ben": (7, 2), "Cleo": (8, 8), "Dan": (4, BROKEN)}
    for name, (before, after) in points.items():
        made = handed_in(homework, student(homework, name), before)
        GradingJob.objects.create(
            submission=made, version=mended, regrade=regrade, shadow=True, lane=Lane.BULK.value
        )
        settle(take(Lane.BULK), after if isinstance(after, RunReport) else earned(after))
    with CaptureQueriesContext(connection) as many:
        lect.get(address)
    assert len(many) == len(few)
    orders = {
        "name": ["Ann", "Ben", "Zoe"],
        "before": ["Ann", "Zoe", "Ben"],
        "after": ["Ben", "Ann", "Zoe"],
        "change": ["Ben", "Zoe", "Ann"],
        "nothing": ["Ben", "Zoe", "Ann"],
    }
    for sort, names in orders.items():
        rows = lect.get(address, {"sort": sort}).context["page"].rows
        assert [row.student.user.name for row in rows] == names
    shown = lect.get(address, {"show": "all"}).context["page"].rows
    assert len(shown) == 4
