"""The checks of what counts, homework by homework, read for the whole class at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import FloatField, Max, Min
from django.db.models.functions import Cast

from grader.domain.gradebook import Column, ColumnKind
from grader.exports.sheet import Sheet
from grader.models import CheckResult, GradeEntry


@dataclass(frozen=True, slots=True)
class Check:
    """A check as a column."""

    id: str
    title: str
    of: float


@dataclass(frozen=True, slots=True)
class Checked:
    """A homework with its checks, and what each student got in each."""

    place: int
    """Which column of the sheet it is."""
    column: Column
    checks: tuple[Check, ...]
    received: Mapping[int, datetime]
    """When what counts was handed in, by the key of the student."""
    jobs: Mapping[int, int]
    points: Mapping[int, list[tuple[int, float]]]
    """By job: the number of the check, and its points."""

    def points_of(self, member: int) -> list[tuple[int, float]]:
        """What a student got, by the number of the check."""
        return self.points.get(self.jobs.get(member, 0), [])


def checked(sheet: Sheet) -> Iterator[Checked]:
    """Each homework of the sheet; three queries for each."""
    for place, column in enumerate(sheet.columns):
        if column.kind == ColumnKind.HOMEWORK:
            yield _checked(place, column)


def _checked(place: int, column: Column) -> Checked:
    counted = GradeEntry.objects.filter(assignment=column.pk)
    results = CheckResult.objects.filter(job__in=counted.values("score__job")).order_by()
    kinds = results.values("check_id").annotate(
        title=Max("title"), of=Max("max_points"), first=Min("position")
    )
    checks = tuple(
        Check(kind["check_id"], kind["title"] or kind["check_id"], float(kind["of"]))
        for kind in sorted(kinds, key=lambda kind: (kind["first"], kind["check_id"]))
    )
    numbers = {check.id: number for number, check in enumerate(checks)}
    points: dict[int, list[tuple[int, float]]] = {}
    # As binary numbers from the start, as a workbook has them: a Decimal for each takes a second.
    got = results.annotate(got=Cast("points", FloatField())).order_by("job", "position")
    for job, check, number in got.values_list("job", "check_id", "got"):
        points.setdefault(job, []).append((numbers[check], number))
    rows = counted.values_list("student", "score__job", "score__submission__received_at")
    received, jobs = {}, {}
    for student, job, at in rows:
        received[student], jobs[student] = at, job
    return Checked(place, column, checks, received, jobs, points)
