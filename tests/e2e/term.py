"""A term of a small class: what its people do and when, and the marks that must come of it.

The marks are computed here from the sentences of the course's rules alone, in fractions, by nothing
of the service's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.assignments.homework import DECLARATION, FILES, write_homework

ZONE = ZoneInfo("Asia/Hong_Kong")
FACTORS = {"hw1": 1, "hw2": 2, "hw3": 3, "hw4": 7}
"""How many times the ten points of the small homework each gives: 10, 20, 30, 70."""
POSSIBLE = {slug: 10 * factor for slug, factor in FACTORS.items()}
EXAMS = {"midterm": 80, "final": 120}
WEIGHTS = {**dict.fromkeys(FACTORS, 5), "midterm": 30, "final": 50}

_POINTS = re.compile(r"(points(?: = |\())(\d+)")
_OTHERS = {"question1.py": FILES["solution/question1.py"]}
_SOLUTION = {**_OTHERS, "question2.py": FILES["solution/question2.py"]}
WORK = {
    "all": _SOLUTION,
    "squares": {**_OTHERS, "question2.py": FILES["mutants/squares/question2.py"]},
    "plus one": {
        "question1.py": _OTHERS["question1.py"].replace("a + b", "a + b + 1"),
        "question2.py": _SOLUTION["question2.py"].replace("add(x, x)", "2 * x"),
    },
}
EARNS = {"all": 10, "squares": 6, "plus one": 4}
"""Of ten points: two for small sums, four for any sums, four for doubling. Chance decides none."""


@dataclass(frozen=True)
class Upload:
    """What somebody hands in, so many days after the printed deadline; before it is below 0."""

    homework: str
    work: str
    days: float = -1

    def at(self, due: datetime) -> datetime:
        return due + timedelta(days=self.days)


@dataclass(frozen=True)
class Student:
    """One of the class. What is missing is not there."""

    name: str
    number: str
    section: str
    uploads: tuple[Upload, ...] = ()
    exams: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str | None] = field(default_factory=dict)
    """What each homework must come to, by hand: points, `EX`, or nothing."""

    @property
    def email(self) -> str:
        return f"s{self.number}@example.edu"


def on_time(**work: str) -> tuple[Upload, ...]:
    return tuple(Upload(homework, what) for homework, what in work.items())


CLASS = (
    Student(
        "Ada Lovelace", "20990001", "L1",
        on_time(hw1="all", hw2="all", hw3="all", hw4="all"),
        {"midterm": "80", "final": "117.5"},
        {"hw1": "10.00", "hw2": "20.00", "hw3": "30.00", "hw4": "70.00"},
    ),
    # A day late; graded again with more points; nothing; the late one is better in the end.
    Student(
        "Bob =1+1", "20990002", "L1",
        (
            Upload("hw1", "all", 0.5),
            Upload("hw2", "squares"),
            Upload("hw4", "squares"),
            Upload("hw4", "all", 0.7),
        ),
        {"midterm": "61.25", "final": "70"},
        {"hw1": "8.00", "hw2": "20.00", "hw3": None, "hw4": "56.00"},
    ),
    # Too late for any point; within an extension; excused; a late one that lowers nothing.
    Student(
        "陳 嘉儀", "20990003", "L2",
        (
            Upload("hw1", "all", 5.5),
            Upload("hw2", "all", 1.5),
            Upload("hw4", "squares"),
            Upload("hw4", "all", 3.5),
        ),
        {"midterm": "33.33", "final": "99.99"},
        {"hw1": "0.00", "hw2": "20.00", "hw3": "EX", "hw4": "42.00"},
    ),
    # Late until the section got two days more; what the instructor decided.
    Student(
        "Dee O'Neil", "20990004", "L2",
        (
            Upload("hw1", "squares", 0.1),
            Upload("hw2", "plus one"),
            Upload("hw3", "plus one", 1.5),
            Upload("hw4", "plus one"),
        ),
        {"midterm": "0", "final": "60"},
        {"hw1": "4.80", "hw2": "8.00", "hw3": "12.00", "hw4": "55.55"},
    ),
    # Excused from every homework: the exams are the course.
    Student(
        "Eve, Jr.", "20990005", "L1", (),
        {"midterm": "44.44", "final": "88.88"},
        dict.fromkeys(FACTORS, "EX"),
    ),
    # Never handed in, and came to no exam.
    Student("Gil Absent", "20990006", "L1", (), {}, dict.fromkeys(FACTORS)),
    # Withdrew after the first homework.
    Student(
        "Fay Gone", "20990007", "L2",
        on_time(hw1="all"), {}, {"hw1": "10.00", "hw2": None, "hw3": None, "hw4": None},
    ),
)  # fmt: skip


def write_course(folder: Path, start: date) -> dict[str, datetime]:
    """The course's folder, with the deadline of each homework."""
    first = datetime(start.year, start.month, start.day, 23, 59, tzinfo=ZONE)
    due = {slug: first + timedelta(weeks=3 * n) for n, slug in enumerate(FACTORS, start=1)}
    folder.mkdir()
    (folder / "course.toml").write_text(_course(start, due))
    for slug in FACTORS:
        write_homework(folder / slug, scaled(slug))
    return due


def scaled(slug: str) -> dict[str, str | None]:
    """The small homework as one of the four: with a title and points of its own."""
    declaration = DECLARATION.replace("Homework 0: Small sums", f"Homework {slug[2:]}")
    factor = FACTORS[slug]
    checks = {name: text for name, text in FILES.items() if name.startswith("checks/")}
    texts = {"assignment.toml": declaration, **checks}
    return {
        name: _POINTS.sub(lambda f: f"{f[1]}{int(f[2]) * factor}", t) for name, t in texts.items()
    }


def mended(slug: str) -> dict[str, str | None]:
    """The same, with a suite that takes squares for doubles, as long as it asks for 2."""
    changed = scaled(slug)
    name = "checks/hidden/test_question2.py"
    text = changed[name]
    assert text is not None
    return {**changed, name: text.replace("double(3) == 6", "double(2) == 4")}


def _course(start: date, due: dict[str, datetime]) -> str:
    dates = "".join(
        f'\n[[calendar]]\nid = "{slug}"\ntitle = "Homework {slug[2:]}"\n'
        f"opens = {start:%Y-%m-%d}T00:00:00\ndue = {moment:%Y-%m-%dT%H:%M:%S}\n"
        for slug, moment in due.items()
    )
    exams = "".join(
        f'\n[[calendar]]\nid = "{slug}"\ntitle = "{slug.capitalize()}"\n'
        f"date = {start + timedelta(weeks=14):%Y-%m-%d}\npoints = {points}\n"
        for slug, points in EXAMS.items()
    )
    return f"""
code = "COMP4551"
title = "A term"
timezone = "Asia/Hong_Kong"

[[weights]]
id = "homework"
title = "Homework"
each = 5
count = 4

[[weights]]
id = "midterm"
title = "Midterm"
each = 30

[[weights]]
id = "final"
title = "Final exam"
each = 50

[late]
rate = "0.20"
period_hours = 24
basis = "earned"
floor = 0
grace_minutes = 0
slip_days = 0
counted = "best"
{dates}{exams}"""


def total(student: Student) -> str:
    """The course total as the rules say it.

    What is excused gives its weight to the other homeworks, or to the exams where none is left.
    What is missing counts as nothing.
    """
    counted = [slug for slug in FACTORS if student.marks[slug] != "EX"]
    weights = {slug: Fraction(20, len(counted)) for slug in counted}
    weights |= {slug: Fraction(WEIGHTS[slug]) for slug in EXAMS}
    whole = sum(weights.values())
    points = {**{slug: student.marks[slug] for slug in counted}, **student.exams}
    possible = {**POSSIBLE, **EXAMS}
    earned = sum(
        weight * Fraction(points.get(slug) or 0) / possible[slug]
        for slug, weight in weights.items()
    )
    exact = Fraction(earned) * 100 / whole
    cents = Decimal(exact.numerator * 100) / Decimal(exact.denominator)
    return str(cents.quantize(Decimal(1), ROUND_HALF_UP).scaleb(-2))
