"""A gradebook for Canvas from nothing, where nobody has Canvas' own file at hand.

Source of the layout: Canvas' `lib/gradebook_importer.rb` and `gradebook_exporter.rb`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from grader.exports.cells import Value, encoded
from grader.exports.sheet import Sheet, is_excused, login_of, points_of

EXCUSED = "EX"
POINTS_POSSIBLE = "    Points Possible"
"""Four spaces before it, as Canvas writes it."""
IDENTIFIED = re.compile(r"\A(?P<title>.*)\s\((?P<id>\d+)\)\Z", re.DOTALL)
"""An assignment with Canvas' own number."""
DROPPED = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
"""Canvas leaves out every column whose name has one of these in it."""
_HEAD = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def canvas_csv(sheet: Sheet) -> Iterator[bytes]:
    """Students by number and login name; Canvas asks about each column that it does not know."""
    return encoded(_rows(sheet), bom=sheet.choice.bom)


def _rows(sheet: Sheet) -> Iterator[Sequence[Value]]:
    yield [*_HEAD, *(title(column.title) for column in sheet.columns)]
    yield [POINTS_POSSIBLE, "", "", "", "", *(column.possible for column in sheet.columns)]
    for row in sheet.rows:
        marks: list[Value] = [
            EXCUSED if is_excused(cell) else points_of(cell) for cell in row.cells
        ]
        yield [row.name, "", row.number, login_of(row.email), row.section, *marks]


def title(plain: str) -> str:
    """A title that Canvas takes for a new assignment: no number of its own, no name of a total."""
    found = IDENTIFIED.match(plain)
    if found is not None:
        plain = f"{found['title']} [{found['id']}]"
    return DROPPED.sub(lambda match: match[0].replace(" ", "-"), plain)
