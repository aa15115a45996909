"""Computes the formulas of a workbook: the few functions that ours use, as a spreadsheet does.

It knows nothing of grades; what it reads comes from openpyxl.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

_REFERENCE = re.compile(r"(?:(\w+)!)?\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?(?![\w(])")
_TEXT = re.compile(r'("[^"]*")')


class Reader:
    """The values of a workbook's cells, formulas computed."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.known: dict[tuple[str, str], Any] = {}

    def value(self, sheet: str, place: str) -> Any:
        """What a spreadsheet would show there."""
        if (sheet, place) not in self.known:
            plain = self.book[sheet][place].value
            is_formula = isinstance(plain, str) and self.book[sheet][place].data_type == "f"
            self.known[sheet, place] = self._computed(sheet, plain[1:]) if is_formula else plain
        return self.known[sheet, place]

    def _computed(self, sheet: str, formula: str) -> Any:
        parts = _TEXT.split(formula)
        for number in range(0, len(parts), 2):
            part = _REFERENCE.sub(lambda found: self._reference(sheet, found), parts[number])
            parts[number] = part.replace("<>", "!=").replace("=", "==")
        names = {
            "ROUND": _round, "SUM": _sum, "N": _n, "ISNUMBER": _is_number,
            "ref": self.value, "block": self._block,
        }  # fmt: skip
        code = "".join(parts).replace("IF(", "choose(")
        names["choose"] = lambda condition, then, otherwise=None: (
            then() if condition() else otherwise()
        )
        return eval(_lazy(code), {"__builtins__": {}} | names)

    def _reference(self, sheet: str, found: re.Match[str]) -> str:
        where, column, line, last, last_line = found.groups()
        where = where or sheet
        if last:
            return f'block("{where}","{column}{line}:{last}{last_line}")'
        return f'ref("{where}","{column}{line}")'

    def _block(self, sheet: str, range_: str) -> list[Any]:
        cells = self.book[sheet][range_]
        return [self.value(sheet, cell.coordinate) for row in cells for cell in row]


def _lazy(code: str) -> str:
    """Arguments of a choice are computed when they are chosen: the other may divide by nothing."""
    at = code.find("choose(")
    if at < 0:
        return code
    start, depth, in_text, cuts = at + len("choose("), 0, False, []
    for place in range(start, len(code)):
        char = code[place]
        in_text ^= char == '"'
        if in_text:
            continue
        if char == "," and depth == 0:
            cuts.append(place)
        elif char == "(":
            depth += 1
        elif char == ")":
            if depth == 0:
                end = place
                break
            depth -= 1
    edges = [start - 1, *cuts, end]
    arguments = [code[a + 1 : b] for a, b in pairwise(edges)]
    lazy = ",".join(f"(lambda: {_lazy(argument)})" for argument in arguments)
    return f"{code[:at]}choose({lazy}){_lazy(code[end + 1 :])}"


def _round(number: float, places: int) -> float:
    # Spreadsheets round what they show of a number, fifteen digits.
    shown = Decimal(f"{number:.15g}")
    return float(shown.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def _sum(values: list[Any]) -> Any:
    return sum(value for value in values if _is_number(value))


def _n(value: Any) -> Any:
    return value if _is_number(value) else 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
