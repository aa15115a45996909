"""What a regrade would change, or has changed: student by student, and check by check.

By the formula that scores, and by the rule that says which submission counts. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery

from grader.deadlines import rules_of
from grader.domain.counting import Candidate, Counted, counted
from grader.domain.overrides import OverrideKind
from grader.domain.regrades import OPEN
from grader.domain.states import JobState
from grader.effects import decided_by_hand
from grader.models import CheckResult, GradingJob, Membership, Regrade, Score
from grader.pipeline.score import graded_by, judge


@dataclass(frozen=True, slots=True)
class Points:
    """What one submission gives, before and after lateness."""

    submission: int
    received_at: datetime
    raw: Decimal
    final: Decimal
    possible: Decimal


@dataclass(frozen=True, slots=True)
class Regraded:
    """One student whom the regrade covers: what counts without it, and with it."""

    student: Membership
    before: Points | None
    """None where there was no grade."""
    after: Points
    decided: OverrideKind | None
    """What a person decided about this grade: that holds, whatever is computed."""
    jobs: tuple[int, ...]
    """The jobs that count when it is accepted."""

    @property
    def change(self) -> Decimal:
        """By how many points the computed grade changes."""
        return self.after.final - (self.before.final if self.before else Decimal(0))

    @property
    def raises(self) -> bool:
        """Whether it helps the student: more points, or a grade where there was none."""
        return self.before is None or self.change > 0

    @property
    def changed(self) -> bool:
        """Whether anything of the grade is another: its points, or that there is one."""
        return self.before is None or bool(self.change) or self.before.raw != self.after.raw

    @property
    def counts(self) -> bool:
        """Whether the student sees other points, and not some that a person has decided."""
        return (self.before is None or bool(self.change)) and self.decided is None

    @property
    def elsewhere(self) -> bool:
        """Whether another submission counts than before."""
        return self.before is not None and self.before.submission != self.after.submission


@dataclass(frozen=True, slots=True)
class CheckChange:
    """One check over all submissions that were graded again."""

    check_id: str
    title: str
    problem: str
    up: int
    down: int
    same: int
    new: int
    """For how many there was no such check before."""

    @property
    def changed(self) -> int:
        """For how many it gives other points."""
        return self.up + self.down + self.new


def newest_jobs(regrade: Regrade) -> QuerySet[GradingJob]:
    """The newest job of each submission in a regrade."""
    rows = GradingJob.objects.filter(regrade=regrade)
    newest = rows.values("submission").annotate(newest=Max("pk")).values("newest")
    return GradingJob.objects.filter(pk__in=newest)


def graded_again(regrade: Regrade) -> QuerySet[GradingJob]:
    """Those of them that have points.

    Until it is decided, not those of submissions that staff have had graded once more since.
    """
    done = newest_jobs(regrade).filter(state=JobState.DONE)
    if regrade.state not in OPEN:
        return done
    own = GradingJob.objects.filter(submission=OuterRef("submission"), shadow=False)
    return done.exclude(Exists(own.filter(pk__gt=OuterRef("pk"))))


def regraded(regrade: Regrade) -> list[Regraded]:
    """Every student whom it covers, by name; a constant number of queries."""
    assignment = regrade.assignment
    rules = rules_of(assignment)
    again: dict[int, list[tuple[Points, int]]] = {}
    for each in graded_by(graded_again(regrade)):
        made = judge(each, rules)
        points = Points(each.submission, each.received_at, made.raw, made.final, each.possible)
        again.setdefault(each.student.pk, []).append((points, each.job))
    before, decided = _before(regrade, again), decided_by_hand(assignment)
    people = Membership.objects.filter(pk__in=again).select_related("user", "section")
    rule, found = rules.policy.counted, []
    for student in people.order_by("user__name", "pk"):
        old = before.get(student.pk, [])
        new = [points for points, _ in again[student.pk]]
        fresh = {points.submission for points in new}
        kept = [points for points in old if points.submission not in fresh]
        after = _best([*kept, *new], rule)
        assert after is not None
        found.append(
            Regraded(
                student=student,
                before=_best(old, rule),
                after=after,
                decided=decided.get(student.pk),
                jobs=tuple(job for _, job in again[student.pk]),
            )
        )
    return found


def look(found: Iterable[Regraded]) -> str:
    """A name of what was shown: as long as it is the same, so is this."""
    seen = [(one.student.pk, one.before, one.after, one.decided, one.jobs) for one in found]
    return sha256(repr(sorted(seen, key=lambda row: row[0])).encode()).hexdigest()


def check_changes(regrade: Regrade) -> list[CheckChange]:
    """How each check ends now and before, most changes first; one query."""
    again = graded_again(regrade)
    own = GradingJob.objects.filter(
        submission=OuterRef("job__submission"), shadow=False, pk__lt=OuterRef("job")
    ).exclude(regrade=regrade)
    rows = CheckResult.objects.filter(job__in=again.values("pk")).annotate(
        old_job=Subquery(own.order_by("-pk").values("pk")[:1])
    )
    old = CheckResult.objects.filter(job=OuterRef("old_job"), check_id=OuterRef("check_id"))
    counted_rows: Any = (
        rows.annotate(old_points=Subquery(old.values("points")[:1]))
        .order_by()
        .values("check_id")
        .annotate(
            name=Max("title"),
            part=Max("problem"),
            up=Count("pk", filter=Q(points__gt=F("old_points"))),
            down=Count("pk", filter=Q(points__lt=F("old_points"))),
            same=Count("pk", filter=Q(points=F("old_points"))),
            new=Count("pk", filter=Q(old_points__isnull=True)),
        )
    )
    found = [
        CheckChange(
            check_id=row["check_id"],
            title=row["name"],
            problem=row["part"],
            up=row["up"],
            down=row["down"],
            same=row["same"],
            new=row["new"],
        )
        for row in counted_rows
    ]
    return sorted(found, key=lambda one: (-one.changed, one.check_id))


def _before(regrade: Regrade, students: Mapping[int, object]) -> dict[int, list[Points]]:
    """What each submission of theirs gives without the regrade, by student."""
    scores = Score.objects.filter(
        submission__assignment=regrade.assignment, submission__student__in=list(students)
    ).exclude(job__regrade=regrade)
    accepted = Score.objects.filter(job__regrade=regrade).aggregate(first=Min("pk"))["first"]
    if accepted is not None:  # what came later is no matter of this regrade
        scores = scores.filter(pk__lt=accepted)
    newest = scores.values("submission").annotate(newest=Max("pk")).values("newest")
    found: dict[int, list[Points]] = {}
    for score in Score.objects.filter(pk__in=newest).select_related("submission"):
        made = score.submission
        points = Points(made.pk, made.received_at, score.raw, score.final, score.possible)
        found.setdefault(made.student_id, []).append(points)
    return found


def _best(points: Iterable[Points], rule: Counted) -> Points | None:
    rows = list(points)
    best = counted(
        [Candidate(each.submission, each.received_at, each.final) for each in rows], rule
    )
    return None if best is None else next(each for each in rows if each.submission == best.id)
