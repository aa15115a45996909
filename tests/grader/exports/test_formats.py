"""Each format read back by somebody else's reader: nothing changed, nothing that is obeyed."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grader.domain.gradebook import CellState
from grader.exports.canvas import title
from grader.exports.cells import text
from grader.exports.formats import FORMATS, export
from grader.exports.sheet import Choice
from grader.models import Assignment, AuditEntry, Course, Exam, Override
from grader.queries.gradebook import Gradebook, gradebook
from tests.assignments.homework import write_homework
from tests.grader.exports.a_class import NOW, a_class
from tests.grader.exports.canvas_rules import imported
from tests.grader.exports.formulas import Reader

pytestmark = pytest.mark.django_db
EVERYBODY = Choice(withdrawn=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_homework(tmp_path_factory.mktemp("formats") / "hw0")


@pytest.fixture
def course(folder: Path) -> Course:
    return a_class(folder, 21, checks=3)


@pytest.fixture
def book(course: Course) -> Gradebook:
    return gradebook(course, now=NOW)


def made(course: Course, kind: str, choice: Choice = EVERYBODY) -> bytes:
    file = export(course, FORMATS[kind], choice, actor=None, now=NOW)
    return b"".join(file.parts)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def two(number: Decimal | None) -> str:
    return "" if number is None else f"{number:.2f}"


def test_csv_has_every_student_and_number_as_the_gradebook(course: Course, book: Gradebook) -> None:
    rows = rows_of(made(course, "csv"))
    assert [row["Email"] for row in rows] == [row.email for row in book.rows]
    for line, row in zip(rows, book.rows, strict=True):
        for column, cell in zip(book.columns, row.cells, strict=True):
            assert line[column.title] == two(cell.final)
            assert line[f"{column.title} (state)"] == cell.state.value
        assert (line["Total of 100"], line["So far (%)"]) == (
            two(row.total.earned),
            two(row.total.so_far),
        )


@pytest.mark.parametrize("kind", ["csv", "canvas", "gradescope"])
def test_no_cell_of_a_csv_is_obeyed_and_names_come_back(
    course: Course, book: Gradebook, kind: str
) -> None:
    content = made(course, kind, Choice(withdrawn=True, bom=True))
    assert content.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    if kind != "gradescope":
        names = {cell.removeprefix("'") for cell in cells}
        assert {row.name for row in book.rows} <= names


@pytest.mark.parametrize(
    ("plain", "harmless"),
    [
        ("=1+1", "'=1+1"),
        ("+852 1234", "'+852 1234"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),  # noqa: RUF001
        ("Ada\0", "Ada"),
        ("O'Neil", "O'Neil"),
    ],
)
def test_a_text_that_would_be_obeyed_gets_an_apostrophe(plain: str, harmless: str) -> None:
    assert text(plain) == harmless


def test_canvas_takes_the_file(course: Course, book: Gradebook) -> None:
    Assignment.objects.filter(course=course, slug="hw2").update(title="Homework (2)")
    Exam.objects.filter(course=course, slug="final").update(title="Final Grade exam")
    read = imported(made(course, "canvas"))
    assert [name for name, _ in read.columns] == [
        "Homework 1", "Homework [2]", "Homework 3", "Homework 4", "Midterm", "Final-Grade exam",
    ]  # fmt: skip
    assert {number for _, number in read.columns} == {""}
    assert read.possible["Midterm"] == "100.00"
    for student, grades, row in zip(read.students, read.grades, book.rows, strict=True):
        assert (student["SIS User ID"], student["SIS Login ID"]) == (
            row.number,
            row.email.partition("@")[0],
        )
        expected = [
            "EX" if cell.state == CellState.EXCUSED else two(cell.final) for cell in row.cells
        ]
        assert list(grades.values()) == expected


@pytest.mark.parametrize(
    "plain", ["Current Score 1", "My Final Points", "Override Status", "A (7)"]
)
def test_a_title_that_canvas_would_take_for_another_is_changed(plain: str) -> None:
    head = f"Student,ID,SIS Login ID,Section,{title(plain)}\n".encode()
    assert imported(head).columns == ((title(plain), ""),)
    assert imported(head.replace(title(plain).encode(), plain.encode())).columns != ((plain, ""),)


def test_moodle_gets_a_file_for_each_item_that_it_takes_whole(
    course: Course, book: Gradebook
) -> None:
    with zipfile.ZipFile(io.BytesIO(made(course, "moodle"))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    how = files.pop("How to import.txt").decode()
    assert list(files) == [f"{column.title}.csv" for column in book.columns]
    for place, column in enumerate(book.columns):
        rows = rows_of(files[f"{column.title}.csv"])
        counts = [row for row in book.rows if row.cells[place].final is not None]
        assert [row["ID number"] for row in rows] == [row.number for row in counts]
        for line in rows:
            assert 0 <= Decimal(line[column.title]) <= (column.possible or 0)
        assert f"Left out of {column.title}.csv: {len(book.rows) - len(counts)}" in how
    late = [line for line in rows_of(files["Homework 1.csv"]) if line["Homework 1 (feedback)"]]
    assert "less for being 1 day late." in late[-1]["Homework 1 (feedback)"]


def test_moodle_gets_nothing_above_the_maximum(course: Course) -> None:
    generous = Override.objects.filter(kind="points").first()
    assert generous is not None
    Override.objects.create(
        assignment=generous.assignment,
        student=generous.student,
        kind="points",
        points=12,
        reason="a prize",
        author=generous.author,
    )
    with zipfile.ZipFile(io.BytesIO(made(course, "moodle"))) as archive:
        rows = rows_of(archive.read("Homework 1.csv"))
        how = archive.read("How to import.txt").decode()
    assert generous.student.student_number not in {row["ID number"] for row in rows}
    assert "12.00 is more than the maximum of 10.00, and would stop the import" in how


def test_json_is_exact(course: Course, book: Gradebook) -> None:
    data = json.loads(made(course, "json"))
    assert data["format"] == "sandglass grades 1"
    assert [column["id"] for column in data["columns"]] == [c.slug for c in book.columns]
    for student, row in zip(data["students"], book.rows, strict=True):
        points = [grade["points"] or "" for grade in student["grades"].values()]
        assert points == [two(cell.final) for cell in row.cells]
        assert student["total"]["earned"] == str(row.total.earned)


def test_gradescope_has_when_and_how_late(course: Course, book: Gradebook) -> None:
    rows = rows_of(made(course, "gradescope"))
    on_time = next(row for row in rows if row["SID"] == "20990003")
    late = next(row for row in rows if row["SID"] == "20990005")
    assert on_time["Homework 2 - Submission Time"] == "2026-03-10 23:54:00 +0800"
    assert on_time["Homework 2 - Lateness (H:M:S)"] == "00:00:00"
    assert late["Homework 2 - Lateness (H:M:S)"] == "23:54:00"
    assert late["Total Lateness (H:M:S)"] == "95:36:00"


def test_a_workbook_has_typed_cells_and_formulas_that_give_our_totals(
    course: Course, book: Gradebook
) -> None:
    content = made(course, "xlsx")
    plain = openpyxl.load_workbook(io.BytesIO(content))
    page = plain["Gradebook"]
    titles = [column.title for column in book.columns]
    header = [cell.value for cell in page[1]]
    assert header[5:13] == [*titles, "Total of 100", "So far (%)"]
    assert (page.freeze_panes, page.auto_filter.ref) == ("B2", f"A1:V{len(book.rows) + 1}")
    computed = Reader(plain)
    for line, row in enumerate(book.rows, start=2):
        assert [page.cell(line, n).value or "" for n in (1, 2, 3)] == [
            row.name, row.email, row.number,
        ]  # fmt: skip
        assert page.cell(line, 1).data_type == "s"
        for place, cell in enumerate(row.cells, start=6):
            value = page.cell(line, place).value
            if cell.final is not None:
                assert (Decimal(str(value)), page.cell(line, place).data_type) == (cell.final, "n")
            else:
                words = {CellState.EXCUSED: "EX", CellState.MISSING: "missing"}
                assert value == words.get(cell.state)
        for place, exact in ((12, row.total.earned), (13, row.total.so_far)):
            found = computed.value("Gradebook", page.cell(line, place).coordinate)
            assert found == ("" if exact is None else pytest.approx(float(exact), abs=1e-9))
    stored = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Gradebook"]
    for cell in (cell for cells in page["N2:V22"] for cell in cells):
        shown = stored[cell.coordinate].value
        assert shown == pytest.approx(computed.value("Gradebook", cell.coordinate))
    assert [stored.cell(line, 12).value or None for line in range(2, len(book.rows) + 2)] == [
        None if row.total.earned is None else float(row.total.earned) or None for row in book.rows
    ]


def test_a_workbook_has_every_check_the_exams_and_how_it_was_made(
    course: Course, book: Gradebook
) -> None:
    Course.objects.filter(pk=course.pk).update(title="=1+1")
    course.refresh_from_db()
    read = openpyxl.load_workbook(io.BytesIO(made(course, "xlsx")))
    assert read.sheetnames == [
        "Gradebook", "Homework 1", "Homework 2", "Homework 3", "Homework 4", "Exams", "Weights",
        "About",
    ]  # fmt: skip
    page = read["Homework 2"]
    header = [cell.value for cell in page[1]]
    assert header[12:] == ["=Check 1 (3.33333)", "Check 2 (3.33333)", "Check 3 (3.33333)"]
    assert {type(cell.value) for row in page["M2:O22"] for cell in row} <= {float, int}
    assert read["About"]["B1"].value == "COMP4551: =1+1"
    formulas = [
        cell.coordinate
        for name in read.sheetnames
        for row in read[name].iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert all(re.fullmatch(r"[L-V]\d+", place) for place in formulas)


def test_a_choice_of_sections_and_of_released_grades(course: Course) -> None:
    Assignment.objects.filter(course=course, slug="hw1").update(released_at=NOW)
    chosen = Choice(sections=("L2",), released=True)
    rows = rows_of(made(course, "csv", chosen))
    assert {row["Section"] for row in rows} == {"L2"}
    assert {row["Status"] for row in rows} == {"active"}
    assert "Homework 1" in rows[0]
    assert not {"Homework 2", "Midterm", "Total of 100"} & set(rows[0])
    sheets = openpyxl.load_workbook(io.BytesIO(made(course, "xlsx", chosen)))
    assert [cell.value for cell in sheets["Gradebook"][1]][5:] == ["Homework 1"]


def test_each_export_is_noted_with_what_it_held(course: Course) -> None:
    made(course, "json", Choice(sections=("L1",)))
    entry = AuditEntry.objects.get(action="export.made")
    assert (entry.actor, entry.subject) == (None, "course comp4551")
    assert entry.detail == {
        "format": "json", "students": 9, "sections": ["L1"],
        "withdrawn": False, "released": False, "bom": False,
    }  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_a_larger_class_takes_no_more_queries(folder: Path, kind: str) -> None:
    course = a_class(folder, 7, checks=2)
    with CaptureQueriesContext(connection) as few:
        small = made(course, kind)
    Course.objects.filter(pk=course.pk).update(slug="small")
    larger = a_class_named(folder)
    with CaptureQueriesContext(connection) as many:
        assert len(made(larger, kind)) > len(small)
    assert len(many) == len(few)


def a_class_named(folder: Path) -> Course:
    """The same class, three times as large, of other people."""
    from grader.models import User

    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"old-{user.email}")
    return a_class(folder, 21, checks=2)


def test_the_command_writes_the_file_or_says_what_is_missing(
    course: Course, tmp_path: Path, capsysbinary: Any
) -> None:
    file = tmp_path / "grades.csv"
    call_command("export", "comp4551", "--format", "csv", "--output", str(file))
    assert len(rows_of(file.read_bytes())) == 18
    assert [path.name for path in tmp_path.iterdir()] == ["grades.csv"]
    capsysbinary.readouterr()
    call_command("export", "comp4551", "--format", "csv", "--section", "L1")
    assert len(rows_of(capsysbinary.readouterr().out)) == 9
    with pytest.raises(CommandError, match=r"There is no section 'L9'. Known: L1, L2."):
        call_command("export", "comp4551", "--format", "csv", "--section", "L9")
    with pytest.raises(CommandError, match="There is no course 'comp9'"):
        call_command("export", "comp9", "--format", "csv")
