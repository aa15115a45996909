"""What other rules would make of the grades: a preview, by the formula that scores, never written.

An extension, slip days, a policy or a deadline is looked at so before it is applied. `look` names
what was seen: an act that was decided by it is refused when that has changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from django.db.models import Max

from grader.deadlines import Rules
from grader.domain.counting import Candidate, counted
from grader.domain.overrides import OverrideKind
from grader.domain.points import round_points
from grader.errors import DraftOutdated
from grader.models import Assignment, GradeEntry, Membership, Override
from grader.pipeline.score import Graded, graded_of, judge


@dataclass(frozen=True, slots=True)
class Effect:
    """One student's grade in one homework, as it is and as it would be."""

    student: Membership
    before: Decimal | None
    """None where the gradebook has nothing yet."""
    after: Decimal
    possible: Decimal
    decided: OverrideKind | None = None
    """What a person decided about this grade: that holds, whatever the rules say."""

    @property
    def change(self) -> Decimal:
        """By how many points the computed grade changes."""
        return self.after - (self.before or Decimal(0))

    @property
    def counts(self) -> bool:
        """Whether the grade that counts changes, and not one that a person has decided."""
        return bool(self.change) and self.decided is None


@dataclass(frozen=True, slots=True)
class Effects:
    """What a change of the rules does to one homework."""

    assignment: Assignment
    all: tuple[Effect, ...]
    """Of every student who has something graded."""

    @property
    def changed(self) -> tuple[Effect, ...]:
        """Those whose computed grade would be another."""
        return tuple(effect for effect in self.all if effect.change)

    @property
    def up(self) -> int:
        """How many grades rise."""
        return sum(effect.counts and effect.change > 0 for effect in self.all)

    @property
    def down(self) -> int:
        """How many grades fall."""
        return sum(effect.counts and effect.change < 0 for effect in self.all)

    @property
    def mean(self) -> Decimal:
        """The mean change over all who have a grade that the rules make."""
        changes = [effect.change for effect in self.all if effect.decided is None]
        return round_points(sum(changes, Decimal(0)) / len(changes)) if changes else Decimal(0)


def effects(
    assignment: Assignment, rules: Rules, students: Collection[int] | None = None
) -> Effects:
    """What these rules would make of a homework; for some students, or for all. Writes nothing."""
    return effects_under(assignment, [rules], students)[0]


def effects_under(
    assignment: Assignment, several: Iterable[Rules], students: Collection[int] | None = None
) -> list[Effects]:
    """The same for several rules, of which one is to be chosen; five queries for all."""
    graded: dict[int, list[Graded]] = {}
    for each in graded_of(assignment, students):
        graded.setdefault(each.student.pk, []).append(each)
    now, decided, people = _now(assignment), decided_by_hand(assignment), _people(graded)
    order = sorted(graded, key=lambda key: (people[key].user.name, key))
    return [
        Effects(
            assignment,
            tuple(
                _effect(graded[key], rules, people[key], now.get(key), decided.get(key))
                for key in order
            ),
        )
        for rules in several
    ]


def _effect(
    graded: Iterable[Graded],
    rules: Rules,
    student: Membership,
    before: Decimal | None,
    decided: OverrideKind | None,
) -> Effect:
    scores = {each.submission: (judge(each, rules), each.received_at) for each in graded}
    candidates = [
        Candidate(id=key, received_at=received_at, final=score.final)
        for key, (score, received_at) in scores.items()
    ]
    best = counted(candidates, rules.policy.counted)
    assert best is not None
    score, _ = scores[best.id]
    return Effect(student, before, score.final, score.possible, decided)


def look(shown: Iterable[Effects]) -> str:
    """A name of what was shown: as long as it is the same, so is this."""
    seen = [
        (one.assignment.pk, effect.student.pk, effect.before, effect.after, effect.decided)
        for one in shown
        for effect in one.all
    ]
    return sha256(repr(sorted(seen, key=lambda row: row[:2])).encode()).hexdigest()


def refuse_unless_seen(shown: Iterable[Effects], seen: str) -> None:
    """`DraftOutdated`, where it is not what somebody has looked at."""
    if look(shown) != seen:
        raise DraftOutdated(
            "Grades have moved since this was shown, so nothing was changed. Look again at what it "
            "would do now."
        )


def _now(assignment: Assignment) -> Mapping[int, Decimal]:
    rows = GradeEntry.objects.filter(assignment=assignment)
    return dict(rows.values_list("student", "score__final"))


def decided_by_hand(assignment: Assignment) -> Mapping[int, OverrideKind]:
    """What a person decided about grades in a homework, by student; what was lifted is nothing."""
    newest = (
        Override.objects.filter(assignment=assignment)
        .values("student")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    rows = Override.objects.filter(pk__in=newest).exclude(kind=OverrideKind.LIFTED)
    return {student: OverrideKind(kind) for student, kind in rows.values_list("student", "kind")}


def _people(students: Collection[int]) -> Mapping[int, Membership]:
    return Membership.objects.filter(pk__in=students).select_related("user", "section").in_bulk()
