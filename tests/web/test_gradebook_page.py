"""The gradebook as staff read it: who stands where, in which order, and how fast."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from grader.domain.states import JobState, Role
from grader.models import Assignment, Course, Exam, ExamScore, Membership, Override, User
from tests import factories
from tests.factories import DUE, ON_TIME
from tests.large_class import WEIGHTS, large_class
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/gradebook/"
LATER = DUE + timedelta(days=30)
TAG, CELL = re.compile("<[^>]+>"), re.compile(r"<t[hd].*?</t[hd]>", re.DOTALL)
ROW = re.compile(r"<tr><th scope=\"row\">.*?</tr>", re.DOTALL)


@pytest.fixture
def course() -> Course:
    return factories.course(weights=WEIGHTS)


@pytest.fixture
def homework(course: Course) -> Assignment:
    return factories.assignment(course)


@pytest.fixture
def midterm(course: Course) -> Exam:
    return Exam.objects.create(
        course=course, slug="midterm", title="Midterm", group="midterm", possible=60
    )


@pytest.fixture
def tutor(course: Course) -> User:
    return factories.membership(course, factories.person("Tom"), Role.TA).user


def joins(course: Course, name: str, **fields: Any) -> Membership:
    return factories.membership(course, factories.person(name), **fields)


def read(user: User, query: str = "", now: Any = LATER) -> Any:
    client = Client()
    client.force_login(user)
    with time_machine.travel(now, tick=False):
        return client.get(f"{ADDRESS}{query}")


def rows(page: Any) -> list[str]:
    """The rows of the table as a person reads them, cell by cell."""
    return [
        " | ".join(" ".join(TAG.sub(" ", cell).split()) for cell in CELL.findall(row))
        .replace("|  |", "| |")
        .replace("|  |", "| |")
        for row in ROW.findall(page.content.decode())
    ]


def names(page: Any) -> list[str]:
    return [row.partition(" |")[0] for row in rows(page)]


def test_each_state_says_what_it_is(
    course: Course, homework: Assignment, midterm: Exam, tutor: User
) -> None:
    names_of = ("Ann", "Ben", "Cas", "Dee", "Eva", "Fay", "Gus", "Hal")
    ann, _, cas, dee, eva, fay, gus, hal = [joins(course, name) for name in names_of]
    factories.graded(homework, ann, "87.5", DUE + timedelta(hours=2))
    factories.job(factories.submission(homework, cas))
    factories.job(factories.submission(homework, dee), JobState.REJECTED, verdict="rejected")
    factories.job(factories.submission(homework, eva), JobState.FAULT)
    factories.graded(homework, fay, "0")
    decision = {"assignment": homework, "author": tutor, "reason": "Ill."}
    Override.objects.create(student=gus, kind="excused", **decision)
    Override.objects.create(student=hal, kind="points", points=88, **decision)
    ExamScore.objects.create(exam=midterm, student=ann, points=45, author=tutor, source="csv")
    page = read(tutor)
    assert rows(page) == [
        "Ann | | | 70 late | 45 | 74.29 | 26",
        "Ben | | | missing | not graded | 0 | 0",
        "Cas | | | grading | not graded | | 0",
        "Dee | | | rejected | not graded | 0 | 0",
        "Eva | | | our fault | not graded | | 0",
        "Fay | | | 0 | not graded | 0 | 0",
        "Gus | | | excused | not graded | | 0",
        "Hal | | | 88 set | not graded | 88 | 4.4",
    ]
    assert f"/c/comp4551/gradebook/{ann.pk}/hw1/" in links(page)
    assert f"/c/comp4551/gradebook/{ann.pk}/midterm/" in links(page)
    assert f"/c/comp4551/gradebook/{ann.pk}/" in links(page)
    before = rows(read(tutor, now=ON_TIME))
    assert before[1] == "Ben | | | not yet | not graded | | 0"


def test_everybody_is_found_by_name_number_and_address(
    course: Course, homework: Assignment, tutor: User
) -> None:
    joins(course, "Ann Lee", student_number="20911111")
    joins(course, "Ben Lee", student_number="20922222")
    for words, found in (
        ("lee ann", ["Ann Lee"]),
        ("20922", ["Ben Lee"]),
        ("BEN.LEE@", ["Ben Lee"]),
        ("%00", []),
        ("nobody", []),
    ):
        assert names(read(tutor, f"?q={words}")) == found
    assert "Nobody fits what you asked for. Show all" in main(read(tutor, "?q=nobody"))


def test_by_section(course: Course, homework: Assignment, tutor: User) -> None:
    first, second = factories.section(course, "L-1"), factories.section(course, "L-2")
    for name, section in (("Ann", first), ("Ben", second), ("Cas", None)):
        joins(course, name, section=section)
    assert names(read(tutor, "?section=L-1")) == ["Ann"]
    assert names(read(tutor, "?section=-")) == ["Cas"]
    assert names(read(tutor, "?section=L-9")) == ["Ann", "Ben", "Cas"]


def test_who_withdrew_is_shown_when_asked_for(
    course: Course, homework: Assignment, tutor: User
) -> None:
    joins(course, "Ann")
    joins(course, "Ben", active=False)
    page = read(tutor)
    assert names(page) == ["Ann"]
    assert "1 of 2 students, without 1 who withdrew." in main(page)
    assert names(read(tutor, "?withdrawn=1")) == ["Ann", "Ben withdrawn"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", "Ann Ben Cas Dee"),
        ("-name", "Dee Cas Ben Ann"),
        ("-number", "Ann Ben Cas Dee"),
        ("hw1", "Cas Ann Ben Dee"),
        ("-hw1", "Ben Ann Cas Dee"),
        ("total", "Cas Dee Ann Ben"),
        ("-so-far", "Ben Ann Cas Dee"),
        ("nonsense", "Ann Ben Cas Dee"),
    ],
)
def test_sorted_by_any_column_with_the_missing_last(
    course: Course, homework: Assignment, tutor: User, sort: str, order: str
) -> None:
    for number, (name, points) in enumerate(
        {"Ann": "50", "Ben": "100", "Cas": "0", "Dee": None}.items()
    ):
        student = joins(course, name, student_number=str(9 - number))
        if points is not None:
            factories.graded(homework, student, points)
    # Whose homework still waits has nothing decided, and no points.
    dee = Membership.objects.get(user__name="Dee")
    factories.job(factories.submission(homework, dee))
    assert names(read(tutor, f"?sort={sort}")) == order.split()


def test_a_sorted_head_says_so_and_keeps_what_was_asked_for(
    course: Course, homework: Assignment, tutor: User
) -> None:
    joins(course, "Ann")
    text = read(tutor, "?q=ann&sort=-hw1").content.decode()
    assert 'aria-sort="descending"><a href="?q=ann&amp;sort=hw1">Homework 1</a>' in text
    assert 'aria-sort="none"><a href="?q=ann&amp;sort=-total">Total</a>' in text


def test_the_class_in_numbers(course: Course, homework: Assignment, tutor: User) -> None:
    for name, points in (("Ann", "40"), ("Ben", "60"), ("Cas", "100")):
        factories.graded(homework, joins(course, name), points)
    joins(course, "Dee")
    page, dash = read(tutor), "\N{EN DASH}"
    assert (
        f"Homework 1 0 50 % 100 % Mean 66.67 Median 60 Quartiles 50{dash}80 Range 40{dash}100 "
        "With points 3 Missing 1"
    ) in main(page)
    assert (
        "1 student with 40 % to below 50 %; 1 student with 60 % to below 70 %; "
        "1 student with 90 % or more."
    ) in page.content.decode()


def test_an_empty_course_and_one_without_columns(course: Course, tutor: User) -> None:
    assert "There is no student in this course yet." in main(read(tutor))
    joins(course, "Ann")
    assert rows(read(tutor)) == ["Ann | | | | 0"]


def test_a_thousand_students_within_two_seconds_by_constant_queries(
    django_assert_num_queries: Any,
) -> None:
    large_class(students=1000)
    client = Client()
    client.force_login(User.objects.get(name="Lee"))
    with django_assert_num_queries(11):
        began = time.process_time()
        page: Any = client.get(ADDRESS)
        took = time.process_time() - began
    assert len(rows(page)) == 1000
    # Seconds of the processor, which a busy machine does not stretch.
    assert took < 2
