"""Where things stand in the pictures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from grader.access import CourseAccess
from grader.domain.lateness import LatePolicy
from grader.models import Course
from grader.queries.course import course_page
from grader.queries.grades import grades_page
from tests import factories
from tests.factories import DUE
from web.charts import PointsBar, Tick, points_chart, term_chart

pytestmark = pytest.mark.django_db
OPENS = datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
"""The first of March in Hong Kong."""


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def access(course: Course) -> CourseAccess:
    return CourseAccess(course, factories.membership(course))


def test_a_window_is_drawn_to_scale(course: Course, access: CourseAccess) -> None:
    """Three days before, ten days of work, four of lateness, three days after: twenty in all."""
    factories.assignment(course, opens_at=OPENS)
    chart = term_chart(course_page(access, OPENS + timedelta(days=7)))
    assert chart is not None
    (bar,) = chart.bars
    assert (bar.x, bar.width) == ("15.00%", "50.00%")
    assert (bar.late_x, bar.late_width) == ("65.00%", "20.00%")
    assert (bar.label, bar.text_x, bar.anchor) == ("Homework 1, due 10 Mar", "15.00%", "start")
    assert chart.today == "50.00%"
    assert chart.ticks == (Tick("15.00%", "Mar"),)
    assert chart.description == "Homework 1 from 1 Mar to 10 Mar. Today is 8 Mar."


@pytest.mark.parametrize("days", [-5, 40])
def test_outside_the_term_there_is_no_today(
    course: Course, access: CourseAccess, days: int
) -> None:
    factories.assignment(course, opens_at=OPENS)
    chart = term_chart(course_page(access, OPENS + timedelta(days=days)))
    assert chart is not None
    assert chart.today is None


def test_a_late_homework_has_its_label_before_its_end(course: Course, access: CourseAccess) -> None:
    factories.assignment(course, opens_at=OPENS)
    later = {"opens_at": OPENS + timedelta(days=60), "due_at": DUE + timedelta(days=60)}
    factories.assignment(course, "hw2", folder=None, **later)
    chart = term_chart(course_page(access, OPENS))
    assert chart is not None
    assert [bar.anchor for bar in chart.bars] == ["start", "end"]
    assert [bar.y for bar in chart.bars] == [30, 68]
    assert [tick.label for tick in chart.ticks] == ["Mar", "Apr", "May"]


def test_a_long_term_names_every_other_month(course: Course, access: CourseAccess) -> None:
    factories.assignment(course, opens_at=OPENS, due_at=OPENS + timedelta(days=300))
    chart = term_chart(course_page(access, OPENS))
    assert chart is not None
    assert [tick.label for tick in chart.ticks] == ["Mar", "May", "Jul", "Sep", "Nov", "Jan"]


@pytest.mark.parametrize(
    ("policy", "width"),
    [
        (LatePolicy(rate=Decimal("0.1"), floor=Decimal("0.5")), "30.43%"),
        (LatePolicy(rate=Decimal(0)), "0.00%"),
        (LatePolicy(rate=Decimal(1)), "0.00%"),
    ],
)
def test_lateness_is_drawn_as_long_as_it_costs_and_earns_something(
    course: Course, access: CourseAccess, policy: LatePolicy, width: str
) -> None:
    course.late_policy = policy
    factories.assignment(course, opens_at=OPENS)
    chart = term_chart(course_page(access, OPENS))
    assert chart is not None
    # A floor leaves something for ever, and is drawn as a week of the 23 days that are shown.
    assert [bar.late_width for bar in chart.bars] == [width]
    assert chart.has_lateness is (width != "0.00%")


def test_no_homework_is_no_picture(course: Course, access: CourseAccess) -> None:
    assert term_chart(course_page(access, OPENS)) is None
    assert points_chart(grades_page(access, OPENS)) is None


def test_points_are_split_into_kept_and_lost(course: Course, access: CourseAccess) -> None:
    late = DUE + timedelta(days=1, hours=1)
    factories.graded(factories.assignment(course), access.membership, "80", late)
    chart = points_chart(grades_page(access, late))
    assert chart is not None
    assert chart.bars == (PointsBar("Homework 1", "48 of 100", 0, "48.00%", "48.00%", "32.00%"),)
    assert chart.has_losses
    assert chart.description == "Homework 1: 48 of 100."
