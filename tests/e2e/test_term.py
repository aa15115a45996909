"""A term from its first day to its last, by the roads that people take, in real sandboxes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from grader.domain.gradebook import CellState
from grader.domain.states import Lane
from grader.models import Assignment, AuditEntry, Course, Exam, Membership, Section, User
from grader.pipeline import execute
from grader.pipeline.extend import extend
from grader.pipeline.grade import grade_next
from grader.queries.gradebook import gradebook
from grader.releases import release
from grader.versions import store_version
from tests.assignments.homework import write_homework
from tests.e2e.term import (
    CLASS,
    EARNS,
    EXAMS,
    FACTORS,
    POSSIBLE,
    WORK,
    Student,
    Upload,
    mended,
    total,
    write_course,
)
from tests.grader.exports.canvas_rules import imported
from tests.grader.exports.formulas import Reader
from tests.web.reading import words

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bubblewrap]
SLUG, LECT = "comp4551", "lect@example.edu"
ITEMS = [*FACTORS, *EXAMS]


@pytest.fixture
def sandbox() -> Iterator[None]:
    """This process grades in bubblewrap; what it keeps warm ends with the test."""
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "bubblewrap"
    yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


def test_a_term(sandbox: None, tmp_path: Path) -> None:
    """Roster, homeworks, exams, decisions, releases: every mark, every total, every file."""
    term = Term(tmp_path)
    term.begins()
    term.homeworks_are_handed_in()
    term.somebody_withdraws()
    term.exams_are_entered()
    term.people_decide()
    term.a_homework_is_graded_again()
    term.grades_are_released()
    term.marks_are_right()
    term.files_are_right()
    term.students_read_the_same()
    term.nothing_was_done_unseen()


class Term:
    """The class, the folder, and what has happened so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start = (datetime.now(UTC) - timedelta(weeks=20)).date()
        self.due = write_course(folder / "course", self.start)

    # --- what happens ---------------------------------------------------------------------------

    def begins(self) -> None:
        call_command("sync_assignments", self.folder / "course", publish=True, verbosity=0)
        call_command("enrol", SLUG, LECT, name="Lecturer", role="instructor", verbosity=0)
        self._roster(CLASS)
        self.course = Course.objects.get(slug=SLUG)
        self.lect = User.objects.get(email=LECT)
        assert Membership.objects.filter(course=self.course, role="student").count() == len(CLASS)

    def homeworks_are_handed_in(self) -> None:
        """Each by the form, at its time; the extension of one is granted before that."""
        extend(
            self._homework("hw2"),
            self.due["hw2"] + timedelta(days=2),
            reason="Ill",
            author=self.lect,
            student=self._member(CLASS[2]),
        )
        handed_in = sorted(
            (
                (each.at(self.due[each.homework]), who, each)
                for who in CLASS
                for each in who.uploads
            ),
            key=lambda one: one[0],
        )
        for moment, who, each in handed_in:
            self._hands_in(who, each, moment)
            assert grade_next(Lane.INTERACTIVE, "worker") is not None

    def somebody_withdraws(self) -> None:
        """The next list has not her name; her work stays."""
        self._roster([who for who in CLASS if who.name != "Fay Gone"], withdraw_missing=True)
        assert not self._member(CLASS[6]).active

    def exams_are_entered(self) -> None:
        for exam in EXAMS:
            rows = [(who.number, who.exams[exam]) for who in CLASS if exam in who.exams]
            file = self._file(f"{exam}.csv", [("number", "points"), *rows])
            call_command("exam_scores", SLUG, exam, file, apply=True, by=LECT, verbosity=0)

    def people_decide(self) -> None:
        """By the pages of the gradebook; a section gets two days more after all had handed in."""
        extend(
            self._homework("hw3"),
            self.due["hw3"] + timedelta(days=2),
            reason="The cluster was down",
            author=self.lect,
            section=Section.objects.get(course=self.course, name="L2"),
        )
        self._decides(CLASS[2], "hw3", kind="excused", reason="Ill")
        for homework in FACTORS:
            self._decides(CLASS[4], homework, kind="excused", reason="Exchange student")
        self._decides(CLASS[3], "hw4", kind="points", points="55.55", reason="Shown in person")

    def a_homework_is_graded_again(self) -> None:
        homework = self._homework("hw2")
        store_version(homework, write_homework(self.folder / "mended", mended("hw2")))
        call_command("regrade", SLUG, "hw2", reason="A check was too strict", by=LECT)
        while grade_next(Lane.BULK, "worker") is not None:
            pass
        call_command("regrade", SLUG, "hw2", accept="all", by=LECT)

    def grades_are_released(self) -> None:
        for homework in Assignment.objects.filter(course=self.course):
            release(homework, self.lect, now=timezone.now())
        for exam in Exam.objects.filter(course=self.course):
            release(exam, self.lect, now=timezone.now())

    # --- what must have come of it ------------------------------------------------------------

    def marks_are_right(self) -> None:
        book = gradebook(self.course, now=timezone.now())
        assert [column.slug for column in book.columns] == ITEMS
        rows = {row.number: row for row in book.rows}
        for who in CLASS:
            row = rows[who.number]
            found = dict(zip(ITEMS, map(plain, row.cells), strict=True))
            assert found == {**who.marks, **{exam: points(who, exam) for exam in EXAMS}}, who.name
            assert (who.name, str(row.total.earned)) == (who.name, total(who))
        self.book = book

    def files_are_right(self) -> None:
        """Read by others' readers: they say what the sums say."""
        line = {row["Student number"]: row for row in table(self._export("csv"))}
        canvas = imported(self._export("canvas"))
        grades = dict(
            zip((who["SIS User ID"] for who in canvas.students), canvas.grades, strict=True)
        )
        document = json.loads(self._export("json"))
        exact = {student["number"]: student for student in document["students"]}
        sums = self._workbook()
        for who in CLASS:
            marks = [who.marks[slug] for slug in FACTORS] + [points(who, exam) for exam in EXAMS]
            numbers = ["" if mark in (None, "EX") else mark for mark in marks]
            titles = [column.title for column in self.book.columns]
            assert [line[who.number][title] for title in titles] == numbers
            assert list(grades[who.number].values()) == [mark or "" for mark in marks]
            said = [grade["points"] or "" for grade in exact[who.number]["grades"].values()]
            assert said == numbers
            assert line[who.number]["Total of 100"] == total(who)
            assert exact[who.number]["total"]["earned"] == total(who)
            assert sums[who.number] == Decimal(total(who))
        with zipfile.ZipFile(io.BytesIO(self._export("moodle"))) as archive:
            moodle = table(archive.read("Homework 2.csv"))
        assert {row["ID number"]: row["Homework 2"] for row in moodle} == {
            who.number: who.marks["hw2"] for who in CLASS if who.marks["hw2"] not in (None, "EX")
        }

    def students_read_the_same(self) -> None:
        for who in CLASS[:6]:
            client = Client()
            client.force_login(self._member(who).user)
            page = client.get(f"/c/{SLUG}/grades/")
            assert page.status_code == 200
            shown = f"{Decimal(total(who)).normalize():f}"
            assert f"Total {shown} of 100" in words(page), who.name

    def nothing_was_done_unseen(self) -> None:
        done = set(AuditEntry.objects.filter(course=self.course).values_list("action", flat=True))
        assert done >= {
            "extension.granted",
            "exam.points_entered",
            "grades.released",
            "override.excused",
            "override.points",
            "regrade.accepted",
            "roster.imported",
            "export.made",
        }

    # --- the roads ------------------------------------------------------------------------------

    def _roster(self, people: Any, **options: bool) -> None:
        rows = [(who.name, who.email, who.number, who.section) for who in people]
        file = self._file("roster.csv", [("Name", "Email", "Number", "Section"), *rows])
        call_command("roster", SLUG, file, apply=True, verbosity=0, **options)

    def _hands_in(self, who: Student, what: Upload, moment: datetime) -> None:
        client = Client()
        files = [SimpleUploadedFile(name, text.encode()) for name, text in WORK[what.work].items()]
        with time_machine.travel(moment, tick=False):
            client.force_login(self._member(who).user)
            answer = client.post(
                f"/c/{SLUG}/hw/{what.homework}/", {"files": files, "token": str(uuid4())}
            )
        assert answer.status_code in {302, 303}, words(answer)

    def _decides(self, who: Student, homework: str, **form: str) -> None:
        client = Client()
        client.force_login(self.lect)
        address = f"/c/{SLUG}/gradebook/{self._member(who).pk}/{homework}/"
        answer = client.post(address, form)
        assert answer.status_code in {302, 303}, words(answer)

    def _export(self, kind: str) -> bytes:
        file = self.folder / f"grades.{kind}"
        call_command("export", SLUG, format=kind, output=file, withdrawn=True)
        return file.read_bytes()

    def _workbook(self) -> dict[str, Decimal]:
        """The totals as a spreadsheet computes them by the formulas."""
        book = openpyxl.load_workbook(io.BytesIO(self._export("xlsx")))
        page, reader = book["Gradebook"], Reader(book)
        header = [cell.value for cell in page[1]]
        place = header.index("Total of 100") + 1
        found = {}
        for line in range(2, page.max_row + 1):
            value = reader.value("Gradebook", page.cell(line, place).coordinate)
            found[str(page.cell(line, 3).value)] = Decimal(f"{value:.2f}")
        return found

    def _file(self, name: str, rows: Any) -> Path:
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8-sig") as stream:
            csv.writer(stream).writerows(rows)
        return path

    def _homework(self, slug: str) -> Assignment:
        return Assignment.objects.select_related("course", "version").get(
            course=self.course, slug=slug
        )

    def _member(self, who: Student) -> Membership:
        rows = Membership.objects.select_related("user", "course")
        return rows.get(course__slug=SLUG, student_number=who.number)


def plain(cell: Any) -> str | None:
    """A cell as the table of the class writes it."""
    if cell.state == CellState.EXCUSED:
        return "EX"
    return None if cell.final is None else f"{cell.final:.2f}"


def points(who: Student, exam: str) -> str | None:
    return f"{Decimal(who.exams[exam]):.2f}" if exam in who.exams else None


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_the_class_earns_what_its_table_says() -> None:
    """The marks by hand are those of the rules: 20 % for each begun day, the best one counts."""
    late = {each: max(0, -int(-each.days // 1)) for who in CLASS for each in who.uploads}
    kept = {days: Decimal(max(0, 5 - days)) / 5 for days in range(7)}
    bob = CLASS[1].uploads
    assert [late[each] for each in bob] == [1, 0, 0, 1]
    best = max(Decimal(EARNS[each.work] * FACTORS["hw4"]) * kept[late[each]] for each in bob[2:])
    assert best == Decimal(CLASS[1].marks["hw4"] or 0)
    assert POSSIBLE == {"hw1": 10, "hw2": 20, "hw3": 30, "hw4": 70}
