"""What a student tries out on the page of grades; and what no page tells before its release."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import time_machine
from django.test import Client

from grader.models import Course, Exam, ExamScore, Membership, Override, User
from tests import factories
from tests.assignments.homework import write_homework
from tests.factories import ON_TIME
from tests.large_class import WEIGHTS
from tests.web.crawl import guesses, reachable
from tests.web.reading import main
from tests.web.world import World

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/grades/"


@pytest.fixture
def course() -> Course:
    return factories.course(weights=WEIGHTS)


@pytest.fixture
def ada(course: Course) -> Membership:
    """All homeworks at 90, the midterm at 80 per cent and released, the final open."""
    student = factories.membership(course, factories.person("Ada"))
    for number in range(1, 5):
        factories.graded(factories.assignment(course, f"hw{number}"), student, "90")
    midterm = exam(course, "midterm", released_at=ON_TIME)
    enter(midterm, student, 48)
    exam(course, "final", position=1)
    return student


def exam(course: Course, slug: str, **fields: Any) -> Exam:
    return Exam.objects.create(
        course=course, slug=slug, title=slug.title(), group=slug, possible=60, **fields
    )


def enter(where: Exam, student: Membership, points: Any) -> None:
    author = User.objects.filter(name="Lee").first() or factories.person("Lee")
    ExamScore.objects.create(
        exam=where, student=student, author=author, points=Decimal(points), source="csv"
    )


def read(member: Membership, query: str = "") -> Any:
    client = Client()
    client.force_login(member.user)
    with time_machine.travel(ON_TIME, tick=False):
        return client.get(urljoin(ADDRESS, query))


def test_the_total_by_the_course_s_weights(course: Course, ada: Membership) -> None:
    text = main(read(ada))
    assert "So far 84 % of what is decided, which is 50 % of the course" in text
    assert "Total 42 of 100, where everything without points counts as nothing" in text
    assert "Midterm 48 60 Final 60 No points are released." in text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("wanted=85", "A total of 85 needs 51.6 of 60 in Final."),
        ("wanted=42", "A total of 42 is reached already: even with no points in Final it is 42."),
        ("wanted=93&in=final", "A total of 93 can't be reached by Final alone"),
        ("try-final=30", "With these points the total is 67 of 100."),
        ("try-final=30&wanted=85", "A total of 85 needs 51.6 of 60 in Final."),
        ("wanted=101", "Write a number from 0 to 100."),
        ("try-final=61", "Write a number from 0 to 60."),
        ("try-final=1e-99999999", "With these points the total is 42 of 100."),
        ("try-final=NaN", "Write a number from 0 to 60."),
    ],
)
def test_what_is_asked_is_answered(course: Course, ada: Membership, query: str, told: str) -> None:
    assert told in main(read(ada, f"?{query}"))


def test_what_was_typed_stays_as_text(course: Course, ada: Membership) -> None:
    assert 'value="&lt;b&gt;"' in read(ada, "?wanted=<b>&try-final=").content.decode()


def test_without_weights_or_with_everything_graded_there_is_nothing_to_try(
    course: Course, ada: Membership
) -> None:
    final = Exam.objects.get(slug="final")
    final.released_at = ON_TIME
    final.save()
    enter(final, ada, 60)
    text = main(read(ada))
    assert "Total 92 of 100" in text
    assert "What if" not in text
    course.weights = []
    course.save()
    assert "In the course" not in main(read(ada))


def test_a_decision_is_read_after_the_release(course: Course, ada: Membership) -> None:
    lecturer = User.objects.get(name="Lee")
    homeworks = list(course.assignments.all())
    decided: dict[str, Any] = {"student": ada, "author": lecturer}
    Override.objects.create(
        assignment=homeworks[0], kind="points", points=75, reason="As agreed.", **decided
    )
    Override.objects.create(assignment=homeworks[1], kind="excused", reason="Ill.", **decided)
    before = main(read(ada))
    assert "As agreed." not in before
    assert "Ill." not in before
    assert "decided by the staff" not in main(read(ada, "../"))
    course.assignments.update(released_at=ON_TIME)
    on_the_course = main(read(ada, "../"))
    assert "Homework 1 75 of 100 decided by the staff" in on_the_course
    assert "Homework 2 excused" in on_the_course
    after = main(read(ada))
    assert (
        "Homework 1 90 0 0 75 100 decided by the staff As agreed. "
        "By the rules it would be 90 points. On time."
    ) in after
    assert "Homework 2 90 0 0 100 excused It does not count for you. Ill." in after
    assert "255 of 300 points" in after


def keep_secrets(world: World) -> None:
    """For the author: points of an exam, decisions and an excuse that nobody has released."""
    author, lecturer = world.people["author"], world.people["lect"].user
    midterm, final = Exam.objects.filter(course=world.course).order_by("position")
    enter(midterm, author, "43.21")
    secret: dict[str, Any] = {"student": author, "author": lecturer, "reason": "canary-reason"}
    Override.objects.create(exam=midterm, kind="points", points="54.32", **secret)
    Override.objects.create(exam=final, kind="excused", **secret)
    Override.objects.create(assignment=world.homework, kind="points", points="1.37", **secret)


def test_no_page_tells_what_is_not_released_nor_does_the_total(tmp_path: Path) -> None:
    world = World(write_homework(tmp_path / "hw0"))
    Course.objects.filter(pk=world.course.pk).update(weights=WEIGHTS)
    exam(world.course, "final", position=1)
    client = world.client("author")
    tries = ["", "?wanted=30&in=midterm", "?wanted=60&try-midterm=30", "?try-final=60"]

    def grades() -> list[str]:
        return [main(client.get(f"{ADDRESS}{query}")) for query in tries]

    before = grades()
    assert all("Total" in page for page in before)
    keep_secrets(world)
    assert grades() == before
    asked = [
        *guesses(world.course.slug, world.homework.slug),
        *(ADDRESS + query for query in tries),
    ]
    pages = reachable(client, *(each for each in asked if not each.endswith("/live")))
    told = re.compile(r"43\.21|54\.32|1\.37|canary-")
    assert [address for address, page in pages.items() if told.search(page)] == []
    staff = reachable(world.client("lect"), f"/c/{world.course.slug}/gradebook/")
    assert any(told.search(page) for page in staff.values())
