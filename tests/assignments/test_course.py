from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import assignments
from assignments.course import load_course
from assignments.errors import AssignmentInvalid
from assignments.spec import ExamSpec, LatePolicySpec

COURSE = """\
code = "C1"
title = "A course"
timezone = "Asia/Hong_Kong"
weights = [{ id = "homework", title = "Homework", each = 12.5, count = 8 }]
[late]
rate = "0.20"
[[calendar]]
id = "hw1"
title = "Homework 1"
opens = 2025-02-13T00:00:00
due = 2025-02-22T23:59:00
"""


def test_the_course_of_this_repository_is_sound() -> None:
    zone = ZoneInfo("Asia/Hong_Kong")
    course = load_course(Path(assignments.__path__[0]))

    assert (course.code, course.timezone) == ("COMP4551", "Asia/Hong_Kong")
    assert [(w.id, w.each, w.count) for w in course.weights] == [
        ("homework", Decimal(5), 4),
        ("midterm", Decimal(30), 1),
        ("final", Decimal(50), 1),
    ]
    assert course.late == LatePolicySpec(rate=Decimal("0.20"))
    assert {entry.id: entry.due or entry.date for entry in course.calendar} == {
        "hw1": datetime(2025, 2, 22, 23, 59, tzinfo=zone),
        "hw2": datetime(2025, 3, 12, 23, 59, tzinfo=zone),
        "midterm": date(2025, 3, 24),
        "hw3": datetime(2025, 4, 10, 23, 59, tzinfo=zone),
        "hw4": datetime(2025, 5, 6, 23, 59, tzinfo=zone),
    }


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Hong_Kong", "Hongkong_", "timezone: is 'Asia/Hongkong_', which is no zone."),
        ("8 }", "7 }", "weights: add up to 87.5. Make them add up to 100."),
        ('rate = "0.20"', "", 'late.rate: is missing. Add it: "0.20" takes 20 %'),
        ('"0.20"', '"20"', "late.rate: is 20, more than all. Write a fraction"),
        ('"0.20"', '"a fifth"', "late.rate: is 'a fifth'. Write a number of at least 0."),
        ("rate", "floor = -1\nrate", "late.floor: is -1. Write a number of at least 0."),
        ("rate", "counted = 'first'\nrate", "late.counted: is 'first', which is not a known value"),
        ("rate", "periods = 1\nrate", "late.periods: is not a known key. Did you mean"),
        ("02-22", "02-12", "calendar[1].due: is not after opens. Correct one of the two."),
        ("due = 2025-02-22T23:59:00", "due = 2025-02-22", "calendar[1].due: is 2025-02-22. Write"),
        ("due = 2025-02-22T23:59:00", "", "calendar[1].due: is missing. A homework has opens"),
        ("23:59:00", "23:59:00Z", "calendar[1].due: is 2025-02-22 23:59:00+00:00. Write a local"),
        ("due =", "date = 2025-03-01\ndue =", "calendar[1].date: stands beside opens or due."),
        ("due =", "points = 5\ndue =", "calendar[1].points: stands beside no date."),
        (
            ", count = 8 }",
            ", count = 8 }, { id = 'hw1', title = 'X', each = 0.5 }",
            "gives the exam",
        ),
        (
            "count = 8 }",
            (
                "count = 4 }, { id = 'q', title = 'Q', each = 25, count = 2 }, "
                "{ id = 'q2', title = 'X', each = 0.5 }"
            ),
            "weights: names 'q2' twice.",
        ),
        (
            "opens = 2025-02-13T00:00:00\ndue = 2025-02-22T23:59:00",
            "date = 2025-03-01",
            "calendar: has the exam 'hw1', which no weight counts. Add",
        ),
        (
            "opens = 2025-02-13T00:00:00\ndue = 2025-02-22T23:59:00",
            "date = 2025-03-01\npoints = 0.001",
            "calendar[1].points: is 0.001. Write at most two places",
        ),
        (
            "[late]",
            'calendar = "soon"\n[late]',
            "is not valid TOML",
        ),
    ],
)
def test_each_fault_of_a_course_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in COURSE
    (tmp_path / "course.toml").write_text(COURSE.replace(old, new, 1))

    with pytest.raises(AssignmentInvalid) as caught:
        load_course(tmp_path)

    assert fault in str(caught.value)


def test_exams_come_from_the_weights(tmp_path: Path) -> None:
    """As many as each weight counts; the calendar gives day, title and points where it has them."""
    weights = """[
  { id = "homework", title = "Homework", each = 12.5, count = 4 },
  { id = "quiz", title = "Quiz", each = 10, count = 2 },
  { id = "final", title = "Final exam", each = 30 },
]"""
    listed = '[{ id = "homework", title = "Homework", each = 12.5, count = 8 }]'
    dated = '[[calendar]]\nid = "quiz2"\ntitle = "Second quiz"\ndate = 2025-04-01\npoints = 12.5\n'
    assert listed in COURSE
    (tmp_path / "course.toml").write_text(COURSE.replace(listed, weights) + dated)

    assert load_course(tmp_path).exams == (
        ExamSpec("quiz1", "Quiz 1", "quiz", Decimal(100), None),
        ExamSpec("quiz2", "Second quiz", "quiz", Decimal("12.5"), date(2025, 4, 1)),
        ExamSpec("final", "Final exam", "final", Decimal(100), None),
    )
