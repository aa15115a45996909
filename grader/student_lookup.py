"""Who is meant by a student number or an address, in a table or a field that somebody filled in."""

from __future__ import annotations

from collections.abc import Iterable

from grader.csv_reading import Table
from grader.domain.states import Role
from grader.errors import TableUnreadable
from grader.models import Course, Membership

NUMBER = ("number", "student number", "student id", "sid", "sis user id", "id number")
ADDRESS = ("address", "email", "e-mail", "email address", "e-mail address")


class StudentLookup:
    """The people of a course by number and address; one query."""

    def __init__(self, course: Course) -> None:
        self._found: dict[str, list[Membership]] = {}
        for member in course.memberships.select_related("user", "section").order_by("pk"):
            for word in {_plain(member.student_number), _plain(member.user.email)} - {""}:
                self._found.setdefault(word, []).append(member)

    def student(self, written: str) -> Membership:
        """The student of this number or address; `ValueError` says why there is none."""
        found = self._found.get(_plain(written), [])
        if not written.strip():
            raise ValueError("no student is named. Write a student number or an address.")
        if not found:
            raise ValueError(f"nobody in this course has the number or address {written.strip()}.")
        if len(found) > 1:
            raise ValueError(f"several people have the number {written.strip()}: use an address.")
        (member,) = found
        if member.role != Role.STUDENT:
            raise ValueError(f"{member.user.name} is not a student of this course.")
        if not member.active:
            raise ValueError(f"{member.user.name} ({written.strip()}) has withdrawn.")
        return member


def column_of_students(table: Table) -> int:
    """The column that says who is meant; `TableUnreadable` where there is none."""
    return needed_column(table, "number or address of the student", (*NUMBER, *ADDRESS))


def needed_column(table: Table, what: str, names: Iterable[str]) -> int:
    """A column by one of its names; `TableUnreadable` names what there is instead."""
    wanted = tuple(names)
    place = table.column(*wanted)
    if place is None:
        there = ", ".join(f"“{name.strip()}”" for name in table.header)
        raise TableUnreadable(
            f"No column has the {what}: call it “{wanted[0]}” in the first line, which now names "
            f"{there}."
        )
    return place


def _plain(written: str) -> str:
    return written.strip().casefold()
