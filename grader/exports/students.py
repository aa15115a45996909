"""Who the rows of somebody else's table are: by number, by login or address, by exact name."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from grader.csv_reading import Table
from grader.exports.sheet import login_of
from grader.queries.gradebook import Row

NUMBERS = (
    "SIS User ID",
    "Student number",
    "Student ID",
    "Student No.",
    "SID",
    "ID number",
    "Number",
)
LOGINS = ("SIS Login ID", "ITSC", "ITSC account", "Login", "Username", "Email", "Email address",
          "E-mail", "Address")  # fmt: skip
NAMES = ("Student", "Name", "Student name", "Full name")
LAST, FIRST = ("LastName", "Last name"), ("FirstName", "First name")
_OWN_ID = "ID"


@dataclass(frozen=True, slots=True)
class Found:
    """Who a row is: a student, or why it is nobody."""

    row: Row | None
    why: str = ""


class Students:
    """The students of a course, found by what another system calls them."""

    def __init__(self, rows: Iterable[Row], table: Table) -> None:
        """Look at which columns the table has."""
        self._numbers = _index(rows, lambda row: [row.number])
        self._logins = _index(rows, lambda row: [row.email, login_of(row.email)])
        self._names = _index(rows, lambda row: _orders(row.name))
        self.number, self.login = table.column(*NUMBERS), table.column(*LOGINS)
        self.own_id, self.name = table.column(_OWN_ID), table.column(*NAMES)
        self.last, self.first = table.column(*LAST), table.column(*FIRST)

    @property
    def can_tell(self) -> bool:
        """Whether the table says at all who its rows are."""
        places = (self.number, self.login, self.own_id, self.name)
        return any(place is not None for place in places) or None not in (self.last, self.first)

    @property
    def places(self) -> set[int]:
        """The columns that say who a row is."""
        known = (self.number, self.login, self.own_id, self.name, self.last, self.first)
        return {place for place in known if place is not None}

    def who(self, cells: Sequence[str]) -> Found:
        """The student of a row."""
        number = _cell(cells, self.number)
        asked = [(self._numbers, number), (self._logins, _cell(cells, self.login))]
        if self.number is None and self.login is None:
            asked.append((self._numbers, _cell(cells, self.own_id)))
        for index, said in asked:
            rows = index.get(_plain(said), []) if said else []
            if len(rows) > 1:
                return Found(None, f"{len(rows)} students are called {said}")
            if rows:
                return Found(rows[0])
        return self._by_name(self.shown(cells), number)

    def shown(self, cells: Sequence[str]) -> str:
        """What the table calls the person of a row."""
        if self.name is not None:
            return _cell(cells, self.name)
        return f"{_cell(cells, self.first)} {_cell(cells, self.last)}".strip()

    def _by_name(self, name: str, number: str) -> Found:
        rows = {
            row.member: row for key in _orders(name) for row in self._names.get(_plain(key), [])
        }
        if len(rows) > 1:
            return Found(None, f"{len(rows)} students have this name")
        row = next(iter(rows.values()), None)
        if row is None:
            return Found(None, "not on the roll")
        if number and row.number and _plain(number) != _plain(row.number):
            return Found(None, f"the name is on the roll with another number, {row.number}")
        return Found(row)


def _cell(cells: Sequence[str], place: int | None) -> str:
    return "" if place is None else cells[place].strip()


def _index(rows: Iterable[Row], keys: Callable[[Row], Sequence[str]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        for key in {_plain(key) for key in keys(row)} - {""}:
            found.setdefault(key, []).append(row)
    return found


def _orders(name: str) -> list[str]:
    """A name as people and as lists write it: `Alice Au`, `Au Alice`, `Au, Alice`."""
    if "," in name:
        last, _, first = name.partition(",")
        return [f"{first} {last}", f"{last} {first}"]
    first, _, last = name.strip().rpartition(" ")
    return [name, f"{last} {first}"] if first else [name]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
