"""What is held of a person: all of it, and nothing that their pages would not show."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from grader.access import CourseAccess
from grader.exports.person import data_of, named, own_data
from grader.exports.streamed_zip import Entry, zipped
from grader.models import (
    Assignment,
    AuditEntry,
    Exam,
    ExamScore,
    Extension,
    Membership,
    Message,
    Override,
)
from tests import factories
from tests.factories import ON_TIME
from tests.grader.pipeline.road import RIGHT, check, grade, report, upload

pytestmark = pytest.mark.django_db


def read(entries: Iterator[Entry]) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(b"".join(zipped(entries, ON_TIME)))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files.pop("data.json")), files


@pytest.fixture
def given(homework: Assignment, ada: Membership, bob: Membership, lect: Membership) -> None:
    """Of each thing one, Ada's; and something of Bob's."""
    secret = check(points=0, message="the hidden input is 4711")
    grade(upload(homework, ada), report(secret, check(2)))
    upload(homework, bob, files={**RIGHT, "question1.py": b"# Bob's own\n"})
    author = {"author": lect.user}
    Extension.objects.create(
        assignment=homework, student=ada, due_at=ON_TIME, reason="was ill", **author
    )
    exam = Exam.objects.create(course=homework.course, slug="mid", title="Midterm", possible=100)
    ExamScore.objects.create(exam=exam, student=ada, points=71, source="form", **author)
    Override.objects.create(
        exam=exam, student=ada, kind="points", points=72, reason="sum was wrong", **author
    )
    Message.objects.create(
        course=homework.course, to=ada.user, kind="x", key="1", subject="Hello", body="Text"
    )


@pytest.mark.usefixtures("given")
def test_a_person_gets_all_that_is_theirs(homework: Assignment, ada: Membership) -> None:
    data, files = read(own_data(ada.user, timezone.now()))
    assert data["account"]["email"] == "ada@example.edu"
    [course] = data["courses"]
    [submission] = course["submissions"]
    folder = submission["folder"]
    assert set(files) == {f"{folder}/results.json", *(f"{folder}/{name}" for name in RIGHT)}
    assert files[f"{folder}/question1.py"] == RIGHT["question1.py"]
    assert (submission["score"]["final"], submission["counts"]) == ("10.00", True)
    assert [each["reason"] for each in course["extensions"]] == ["was ill"]
    assert [each["body"] for each in course["messages"]] == ["Text"]
    everything = json.dumps(data).encode() + b"".join(files.values())
    assert b"4711" not in everything
    assert b"Bob" not in everything


@pytest.mark.usefixtures("given")
def test_what_is_not_released_is_named_and_left_out(ada: Membership) -> None:
    before, _ = read(own_data(ada.user, timezone.now()))
    [course] = before["courses"]
    assert (course["exam_points"], course["overrides"]) == ([], [])
    assert course["withheld"] == [
        "Midterm: its points are not released",
        "Midterm: what was decided is not released",
    ]
    Exam.objects.update(released_at=timezone.now())
    after, _ = read(own_data(ada.user, timezone.now()))
    [course] = after["courses"]
    assert course["withheld"] == []
    assert [each["points"] for each in course["exam_points"]] == ["71.00"]
    assert [(o["points"], o["reason"]) for o in course["overrides"]] == [("72.00", "sum was wrong")]


@pytest.mark.usefixtures("given")
def test_staff_take_out_what_their_course_holds_and_that_is_noted(
    ada: Membership, lect: Membership
) -> None:
    elsewhere = factories.course("comp1001")
    factories.membership(elsewhere, ada.user)
    access = CourseAccess(lect.course, lect)
    member = named(access, " 20990001 ")
    assert member == ada
    data, _ = read(data_of(access, ada, timezone.now()))
    assert [course["course"] for course in data["courses"]] == ["comp4551"]
    entry = AuditEntry.objects.get(action="export.made")
    assert (entry.actor, entry.subject) == (lect.user, f"membership {ada.pk}")


@pytest.mark.parametrize("who", ["", "\0", "nobody@example.edu", "2099"])
def test_who_is_not_one_person_is_nobody(ada: Membership, lect: Membership, who: str) -> None:
    assert named(CourseAccess(lect.course, lect), who) is None
