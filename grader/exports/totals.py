"""The course total as formulas of a spreadsheet, by the rules of `domain/gradebook.py`.

Each weight has three columns: the share of the course that it keeps for this student, what is
earned of it, and how much of it is decided. A weight's share is divided by its slots less the
excused ones; a weight without any slot left gives its share to the others. The total is then what
is earned of the shares that are kept.

A grade's cell holds a number, the text for "excused", the text for "missing", or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.domain.gradebook import Cell, Weight
from grader.exports.sheet import is_excused

Formula = tuple[str, float]
"""A formula, and what it gives: shown by programs that compute nothing."""
EXCUSED, MISSING = "EX", "missing"


@dataclass(frozen=True, slots=True)
class Part:
    """A weight for one student: addresses of cells, and what stands in them."""

    weight: Weight
    weight_at: str
    """Where the whole share of the weight stands."""
    slots: int
    slots_at: str
    grades: tuple[tuple[str, Cell], ...]
    share_at: str
    """Where `share` will stand."""

    @property
    def share(self) -> Formula:
        """What is kept of the weight: all, or nothing when no slot is left."""
        return f"=IF({self._left_at}>0,{self.weight_at},0)", self._share

    @property
    def earned(self) -> Formula:
        """What the grades earn of the share."""
        told = [
            (f"N({at})/{cell.possible:f}", float((cell.final or 0) / cell.possible))
            for at, cell in self.grades
            if cell.possible
        ]
        return self._of_share(told)

    @property
    def decided(self) -> Formula:
        """How much of the share is decided."""
        return self._of_share(
            [
                (f'ISNUMBER({at})+({at}="{MISSING}")', float(cell.decided))
                for at, cell in self.grades
            ]
        )

    def _of_share(self, told: Sequence[tuple[str, float]]) -> Formula:
        formula = "+".join(text for text, _ in told) or "0"
        left, share = self._left, self._share
        value = share / left * sum(number for _, number in told) if left else 0.0
        return f"=IF({self.share_at}=0,0,{self.share_at}/{self._left_at}*({formula}))", value

    @property
    def _share(self) -> float:
        return float(self.weight.total) if self._left else 0.0

    @property
    def _left(self) -> int:
        return self.slots - sum(is_excused(cell) for _, cell in self.grades)

    @property
    def _left_at(self) -> str:
        excused = "".join(f'-({at}="{EXCUSED}")' for at, _ in self.grades)
        return f"({self.slots_at}{excused})"


def per_cent(part: str, whole: str) -> str:
    """A range of cells as per cent of another, rounded once; empty where there is no whole."""
    return f'=IF(SUM({whole})=0,"",ROUND(100*SUM({part})/SUM({whole}),2))'
