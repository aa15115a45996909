"""The formats in which grades can be taken out, and the act of taking them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from grader.exports.audit import record_for
from grader.exports.canvas import canvas_csv
from grader.exports.json_file import grades_json
from grader.exports.moodle import moodle_zip
from grader.exports.sheet import Choice, Sheet, sheet
from grader.exports.tables import gradescope_csv, plain_csv
from grader.exports.workbook import workbook
from grader.models import Course, User

_CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file."""

    id: str
    title: str
    words: str
    """What it is for, in a sentence."""
    ending: str
    content_type: str
    write: Callable[[Sheet], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is made while its parts are asked for."""

    name: str
    content_type: str
    parts: Iterator[bytes]


_ALL = (
    Format(
        "xlsx",
        "Excel workbook",
        "Everything on sheets: grades with formulas for the totals, each homework with every "
        "check, the exams, and how the file was made.",
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        workbook,
    ),
    Format(
        "csv",
        "CSV",
        "One line for each student, with what counts, and how it came about.",
        "csv",
        _CSV,
        plain_csv,
    ),
    Format(
        "canvas",
        "Canvas gradebook",
        "A fresh file for Canvas' import. Better: fill Canvas' own export, below.",
        "csv",
        _CSV,
        canvas_csv,
    ),
    Format(
        "moodle",
        "Moodle grade import",
        "A zip with a CSV for each item, and a text on how to import them. Who has no grade in an "
        "item is left out of its file, because Moodle would erase theirs.",
        "zip",
        "application/zip",
        moodle_zip,
    ),
    Format(
        "gradescope",
        "Gradescope's course grades",
        "The columns that scripts for Gradescope's file read.",
        "csv",
        _CSV,
        gradescope_csv,
    ),
    Format(
        "json",
        "JSON",
        "For programs: exact numbers, the state of every grade.",
        "json",
        "application/json",
        grades_json,
    ),
)
FORMATS: Mapping[str, Format] = {each.id: each for each in _ALL}


def export(
    course: Course, kind: Format, choice: Choice, *, actor: User | None, now: datetime
) -> Made:
    """The grades of a course as a file; written to the audit log in the same breath.

    actor: who takes it; None is the command line
    """
    by = actor.name if actor else "the command line"
    chosen = sheet(course, choice, now=now, by=by)
    detail = {"format": kind.id, "students": len(chosen.rows), **asdict(choice)}
    with transaction.atomic():
        record_for(course, actor, f"course {course.slug}", detail)
    day = now.astimezone(course.zone)
    name = f"{course.slug}-grades-{kind.id}-{day:%Y-%m-%d}.{kind.ending}"
    return Made(name, kind.content_type, kind.write(chosen))
