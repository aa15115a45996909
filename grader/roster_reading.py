"""Lists of people out of tables: a plain one with our names of columns, or Canvas' gradebook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from grader.csv_reading import MOST_FAULTS, Row, Table, read_table
from grader.domain import roster
from grader.domain.roster import LONGEST, Listed
from grader.domain.states import Role
from grader.errors import TableUnreadable

MOST_PEOPLE = 10_000
CANVAS, PLAIN = "canvas", "plain"
"""Kinds of tables."""
COLUMNS = {
    "name": ("name", "full name", "student name"),
    "email": ("email", "e-mail", "email address", "e-mail address", "mail"),
    "number": ("number", "student number", "student id", "id number", "sid"),
    "section": ("section", "sections", "group"),
    "role": ("role",),
}
"""What the columns of a plain table may be called, in whatever case and order."""
_NEEDED = ("name", "email")
_ROLES: dict[str, Role | None] = {
    "": None,  # as they are; a student, who is new
    **{role.value: role for role in Role},
    "teaching assistant": Role.TA,
    "teacher": Role.INSTRUCTOR,
}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class RosterFile:
    """The people of a file, and what of it was not read."""

    kind: str
    people: tuple[Listed, ...]
    ignored: tuple[str, ...] = ()
    """Columns of a plain table that are not ours."""
    needs_host: bool = False
    """Some accounts are no addresses, and nobody has said yet at which host they are."""


def read_roster(content: bytes, *, host: str = "") -> RosterFile:
    """The people of a file; `TableUnreadable` says all that is wrong with it.

    host: what follows the @ where a file has accounts instead of addresses, as `connect.ust.hk`
    """
    table = read_table(content, most_rows=MOST_PEOPLE)
    if not table.rows:
        raise TableUnreadable("The file has a line with the names of columns, and nobody below it.")
    read = _canvas(table, host.strip().lower()) if _is_canvas(table) else _plain(table)
    if not read.people:
        raise TableUnreadable("The file names nobody.")
    found = [
        *(fault for each in read.people for fault in _of_person(each, read.needs_host)),
        *roster.faults(read.people),
    ]
    if found:
        raise TableUnreadable(*_shortened(found))
    return read


# --- a plain table --------------------------------------------------------------------------------


def _plain(table: Table) -> RosterFile:
    places = {name: table.column(*names) for name, names in COLUMNS.items()}
    lacking = [name for name in _NEEDED if places[name] is None]
    if lacking:
        has = ", ".join(f"“{name.strip()}”" for name in table.header[:10])
        raise TableUnreadable(
            f"There is no column “{'” and no “'.join(lacking)}”. The first line must name the "
            f"columns: name, email, and if you like number, section and role. It has {has}."
        )
    columns = {name: place for name, place in places.items() if place is not None}
    if swapped := _swapped(table, columns):
        raise TableUnreadable(swapped)
    people, wrong = [], []
    for row in table.rows:
        role = _cell(row, columns.get("role")).lower()
        if role not in _ROLES:
            wrong.append(
                f"Line {row.line}: {role!r} is no role. Write student, ta or instructor, or "
                "nothing for what they are."
            )
            continue
        people.append(
            Listed(
                email=_cell(row, columns["email"]).lower(),
                name=_cell(row, columns["name"]),
                number=_cell(row, columns.get("number")),
                section=_cell(row, columns.get("section")),
                role=_ROLES[role],
                line=row.line,
            )
        )
    if wrong:
        raise TableUnreadable(*_shortened(wrong))
    ignored = [name.strip() for at, name in enumerate(table.header) if at not in columns.values()]
    return RosterFile(PLAIN, tuple(people), tuple(ignored))


def _swapped(table: Table, columns: Mapping[str, int]) -> str:
    """A sentence if the addresses stand in another column than the one that is called so."""
    counts = [
        sum(1 for row in table.rows if _ADDRESS.fullmatch(row.cells[place].strip()))
        for place in range(len(table.header))
    ]
    most = max(range(len(counts)), key=counts.__getitem__)
    if counts[columns["email"]] or not counts[most]:
        return ""
    return (
        f"The column “{table.header[columns['email']].strip()}” has no address in it, and the "
        f"column “{table.header[most].strip()}” has: have the columns been swapped?"
    )


# --- Canvas' gradebook ----------------------------------------------------------------------------

_LAST_FIRST = ("lastname", "firstname", "id")
_TEST_STUDENT = ("student, test", "test student")


def _is_canvas(table: Table) -> bool:
    names = [name.strip().lower() for name in table.header]
    named = names[0] == "student" or names[:3] == [*_LAST_FIRST]
    return named and "id" in names[:3] and table.column("section") is not None


def _canvas(table: Table, host: str) -> RosterFile:
    login, number = table.column("SIS Login ID"), table.column("SIS User ID")
    if login is None:
        raise TableUnreadable(
            "This export of Canvas' gradebook has no column “SIS Login ID”, so nobody can be told "
            "apart by it. Export it with an account that sees that column, or send a plain table."
        )
    people, without = [], False
    for row in _canvas_people(table):
        account = _cell(row, login).lower()
        without = without or ("@" not in account and not host)
        people.append(
            Listed(
                email=account if "@" in account or not host else f"{account}@{host}",
                name=_canvas_name(table, row),
                number=_cell(row, number),
                section=_cell(row, table.column("Section")),
                role=Role.STUDENT,
                line=row.line,
                guessed=True,
            )
        )
    return RosterFile(CANVAS, tuple(people), needs_host=without)


def _canvas_people(table: Table) -> Iterator[Row]:
    """The rows of people: without the points, without what Canvas writes below, without its own."""
    key = table.column("ID")
    for row in table.rows:
        name = _canvas_name(table, row)
        if "points possible" in row.cells[0].lower() or not _cell(row, key):
            continue
        if name.lower() not in _TEST_STUDENT:
            yield row


def _canvas_name(table: Table, row: Row) -> str:
    """`Au, Alice` as people say it."""
    if table.header[0].strip().lower() == _LAST_FIRST[0]:
        last, first = _cell(row, 0), _cell(row, 1)
    else:
        last, _, first = (part.strip() for part in _cell(row, 0).partition(","))
    return f"{first} {last}".strip()


# --- both -----------------------------------------------------------------------------------------


def _cell(row: Row, place: int | None) -> str:
    return "" if place is None else " ".join(row.cells[place].split())


def _of_person(one: Listed, host_follows: bool) -> Iterator[str]:
    """What is wrong with one person of the list."""
    told: dict[str, Any] = {"name": one.name, "number": one.number, "section": one.section}
    for what, text in told.items():
        if len(text) > LONGEST[what]:
            yield f"{one.place}: {len(text)} letters are too long for the {what}."
    if not one.name:
        yield f"{one.place}: the name is missing."
    elif "@" in one.name or one.name.isdigit():
        yield f"{one.place}: “{one.name[:60]}” is no name. Have columns been swapped?"
    if "@" in one.number or "@" in one.section:
        yield f"{one.place}: an address stands where the number or section should."
    if not one.email:
        yield f"{one.place}: the {'SIS Login ID' if one.guessed else 'address'} is missing."
    elif not (host_follows and "@" not in one.email) and not _is_address(one.email):
        yield f"{one.place}: “{one.email[:60]}” is no e-mail address."


def _is_address(text: str) -> bool:
    if len(text) > LONGEST["email"]:
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _shortened(found: list[str]) -> list[str]:
    if len(found) <= MOST_FAULTS:
        return found
    return [*found[:MOST_FAULTS], f"And {len(found) - MOST_FAULTS} more of the kind."]
