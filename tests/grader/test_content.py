"""A folder of content, into the database: again and again, or with every fault at once."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from grader.domain.lateness import LatePolicy
from grader.models import (
    Assignment,
    AssignmentVersion,
    AuditEntry,
    Course,
    Exam,
    ExamScore,
    GradeEntry,
    Score,
)
from tests import factories
from tests.assignments.homework import write_homework

CONTENT = Path(__file__).resolve().parents[2] / "assignments"
CALENDAR = """\
code = "COMP1"
title = "Small sums"
timezone = "Asia/Hong_Kong"

[[weights]]
id = "homework"
title = "Homework"
each = 60

[[weights]]
id = "final"
title = "Final exam"
each = 40

[late]
rate = "0.20"

[[calendar]]
id = "hw0"
title = "Homework 0"
opens = 2026-03-01T00:00:00
due = 2026-03-10T23:59:00

[[calendar]]
id = "final"
title = "Final exam"
date = 2026-05-20
"""

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course with one homework."""
    (tmp_path / "course.toml").write_text(CALENDAR)
    write_homework(tmp_path / "hw0")
    return tmp_path


def synced(folder: Path, *options: str) -> list[str]:
    """What the command says."""
    said = StringIO()
    call_command("sync_assignments", str(folder), *options, stdout=said)
    return said.getvalue().splitlines()


def digest() -> str:
    """The only version's, as the command shows it."""
    return AssignmentVersion.objects.get().digest[:12]


def test_the_course_of_this_project() -> None:
    """Dates as printed; an exam is no homework."""
    synced(CONTENT, "--publish")
    course = Course.objects.get()
    assert (course.slug, course.code, course.timezone) == ("comp4551", "COMP4551", "Asia/Hong_Kong")
    assert course.late_policy == LatePolicy(rate=Decimal("0.20"))
    assert course.weights == [
        {"id": "homework", "title": "Homework", "each": "5", "count": 4},
        {"id": "midterm", "title": "Midterm", "each": "30", "count": 1},
        {"id": "final", "title": "Final exam", "each": "50", "count": 1},
    ]
    assert list(Assignment.objects.values_list("slug", "position", "due_at")) == [
        ("hw1", 1, datetime(2025, 2, 22, 15, 59, tzinfo=UTC)),
        ("hw2", 2, datetime(2025, 3, 12, 15, 59, tzinfo=UTC)),
        ("hw3", 3, datetime(2025, 4, 10, 15, 59, tzinfo=UTC)),
        ("hw4", 4, datetime(2025, 5, 6, 15, 59, tzinfo=UTC)),
    ]
    exams = Exam.objects.values_list("slug", "title", "group", "held_on", "possible")
    assert list(exams) == [
        ("midterm", "Midterm", "midterm", date(2025, 3, 24), Decimal(100)),
        ("final", "Final exam", "final", None, Decimal(100)),
    ]
    version = Assignment.objects.get(slug="hw1").version
    assert version is not None
    assert version.points == Decimal(100)


def test_again_and_again(folder: Path) -> None:
    """A second run changes nothing, and says so."""
    made = synced(folder, "--publish")
    assert made == [
        "comp1: made.",
        f"hw0: made, due 2026-03-10 23:59; version {digest()} comes into force.",
        "final: made, on 2026-05-20.",
    ]
    for _ in range(2):
        assert synced(folder, "--publish") == [
            "comp1: unchanged.",
            f"hw0: unchanged; due 2026-03-10 23:59; version {digest()} is in force.",
            "final: unchanged; on 2026-05-20.",
        ]
    assert not AuditEntry.objects.exists()


def test_stored_and_not_published(folder: Path) -> None:
    """Students see dates until somebody publishes."""
    said = synced(folder)
    assert said[1].endswith(f"version {digest()} is stored and not in force (--publish).")
    assert Assignment.objects.get().version is None


def test_without_a_folder(folder: Path) -> None:
    """A homework that is still to be written has dates and no content."""
    shutil.rmtree(folder / "hw0")
    assert synced(folder, "--publish") == [
        "comp1: made.",
        "hw0: made, due 2026-03-10 23:59; no folder yet, so it has dates and no content.",
        "final: made, on 2026-05-20.",
    ]


def test_two_terms(folder: Path) -> None:
    """The same folder as another course."""
    synced(folder)
    synced(folder, "--slug", "comp1-2027", "--shift-to-open", "hw0", "--publish")
    first, second = Assignment.objects.order_by("pk")
    assert (first.course.slug, second.course.slug) == ("comp1", "comp1-2027")
    assert second.opens_at < datetime.now(UTC) < second.due_at


def test_every_fault_at_once(folder: Path) -> None:
    """Of the calendar, of each folder, and of the two together; and nothing is written."""
    text = CALENDAR.replace("opens = 2026-03-01T00:00:00\n", "")
    (folder / "course.toml").write_text(text)
    shutil.copytree(folder / "hw0", folder / "hw7")
    (folder / "hw0" / "solution" / "question2.py").unlink()
    with pytest.raises(CommandError) as caught:
        synced(folder, "--publish")
    assert str(caught.value).splitlines() == [
        "hw0 has 1 fault(s):",
        "  solution/question2.py: is missing. Write the solution.",
        "course.toml has 2 fault(s):",
        "  course.toml: calendar: has no opens for 'hw0'. Write when it opens.",
        "  course.toml: calendar: has no dates for 'hw7'. Add its opens and due.",
    ]
    assert not Course.objects.exists()


def test_no_such_folder(tmp_path: Path) -> None:
    """A sentence, not a traceback."""
    with pytest.raises(CommandError, match=r"course\.toml"):
        synced(tmp_path / "nowhere")


def test_a_mended_suite_before_the_first_upload(folder: Path) -> None:
    """Nobody was graded by the old one."""
    synced(folder, "--publish")
    mend(folder)
    said = synced(folder, "--publish")
    assert said[1].endswith("comes into force.")
    assert Assignment.objects.get().version == AssignmentVersion.objects.latest("pk")


def test_a_mended_suite_after_it(folder: Path) -> None:
    """That needs a regrade, and until then nothing of the run is kept."""
    synced(folder, "--publish")
    homework = Assignment.objects.get()
    factories.submission(homework, factories.membership(homework.course))
    mend(folder)
    (folder / "course.toml").write_text(CALENDAR.replace("Small sums", "Large sums"))
    with pytest.raises(CommandError, match=r"hw0: version .*`manage.py regrade comp1 hw0`"):
        synced(folder, "--publish")
    assert Course.objects.get().title == "Small sums"
    assert Assignment.objects.get().version == AssignmentVersion.objects.get()


def mend(folder: Path) -> None:
    """Another content, and as sound as the first."""
    check = folder / "hw0" / "checks" / "hidden" / "test_question2.py"
    check.write_text(check.read_text() + "\n# Mended.\n")


@pytest.mark.parametrize(
    ("old", "new", "final", "action", "left", "taken"),
    [
        (
            "due = 2026-03-10T23:59:00",
            "due = 2026-03-12T23:59:00",
            "10.00",
            "deadline.changed",
            "due 2026-03-10 23:59, and 2026-03-12 23:59 is left alone (--rules)",
            "due 2026-03-12 23:59 instead of 2026-03-10 23:59",
        ),
        (
            'rate = "0.20"',
            'rate = "0.50"',
            "0.00",
            "policy.changed",
            "another late policy (rate 0.50 instead of 0.20) is left alone (--rules)",
            "another late policy is in force (rate 0.50 instead of 0.20)",
        ),
    ],
)
def test_new_rules_are_taken_when_somebody_says_so(
    folder: Path, old: str, new: str, final: str, action: str, left: str, taken: str
) -> None:
    """Two days late by the first calendar; then all is scored again, and on record."""
    synced(folder, "--publish")
    homework = Assignment.objects.get()
    student = factories.membership(homework.course)
    late = datetime(2026, 3, 12, 8, tzinfo=UTC)
    factories.graded(homework, student, 10, late)
    (folder / "course.toml").write_text(CALENDAR.replace(old, new))
    for _ in range(2):
        assert left in "".join(synced(folder, "--publish"))
        assert GradeEntry.objects.get().score.final == Decimal("6.00")
        assert not AuditEntry.objects.exists()
    assert taken in "".join(synced(folder, "--rules"))
    assert GradeEntry.objects.get().score.final == Decimal(final)
    assert Score.objects.count() == 2
    assert AuditEntry.objects.get().action == action
    assert "--rules" not in "".join(synced(folder))


def test_a_homework_that_left_the_calendar(folder: Path) -> None:
    """Its submissions are somebody's work: it stays."""
    synced(folder)
    shutil.rmtree(folder / "hw0")
    (folder / "course.toml").write_text(CALENDAR.replace("hw0", "hw1"))
    said = synced(folder)
    assert said[-1] == "hw0: not in the calendar any more; it stays as it is."
    assert [row.slug for row in Assignment.objects.all()] == ["hw0", "hw1"]


WITHOUT_FINAL = CALENDAR.replace(
    'id = "final"\ntitle = "Final exam"\neach', 'id = "oral"\ntitle = "Oral"\neach'
).partition('[[calendar]]\nid = "final"')[0]


def scored(exam: Exam, points: str) -> None:
    """Somebody has points in it."""
    student, author = factories.membership(exam.course), factories.person("Entering")
    ExamScore.objects.create(
        exam=exam, student=student, points=points, source="form", author=author
    )


def test_an_exam_that_is_none_any_more(folder: Path) -> None:
    """It goes where nobody has points in it, and stays where somebody has."""
    synced(folder)
    (folder / "course.toml").write_text(WITHOUT_FINAL)
    assert "final: not among the weights any more; removed." in synced(folder)
    assert [exam.slug for exam in Exam.objects.all()] == ["oral"]
    scored(Exam.objects.get(), "80")
    (folder / "course.toml").write_text(CALENDAR)
    for _ in range(2):
        assert synced(folder)[-1] == (
            "oral: not among the weights any more; it stays as it is, for it holds points or "
            "decisions."
        )
    assert sorted(exam.slug for exam in Exam.objects.all()) == ["final", "oral"]


def test_fewer_points_than_somebody_has(folder: Path) -> None:
    """Refused as a whole; as many are taken, and on record."""
    synced(folder)
    scored(Exam.objects.get(), "79.5")
    day = "date = 2026-05-20\n"
    (folder / "course.toml").write_text(CALENDAR.replace(day, f"{day}points = 79\n"))
    with pytest.raises(CommandError, match=r"final: somebody has 79\.50 points in it"):
        synced(folder)
    (folder / "course.toml").write_text(CALENDAR.replace(day, f"{day}points = 79.5\n"))
    assert synced(folder)[-1] == "final: changed possible; on 2026-05-20."
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail["possible"]) == ("exam.changed", "79.5")
