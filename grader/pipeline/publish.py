"""Score → GradeEntry: which of a student's submissions counts.

Reads `Score`. Writes `GradeEntry`, in the caller's transaction. Idempotent because it looks at all
scores of the student each time.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Max

from grader.domain.counting import Candidate, counted
from grader.models import Assignment, Course, GradeEntry, Membership, Score


def publish(assignment: Assignment, student: Membership) -> GradeEntry | None:
    """Aim the student's grade at the score that counts; None while there is none."""
    publish_all(assignment, [student.pk])
    return GradeEntry.objects.filter(assignment=assignment, student=student).first()


def publish_all(assignment: Assignment, students: Collection[int]) -> list[int]:
    """Aim the grades of these students; the keys of those whose grade is another now."""
    # Two submissions of one student that end at the same moment must see each other's score.
    # In the order of their keys: who locks several must never wait for another who does.
    rows = Membership.objects.filter(pk__in=students).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    counting = _counting(assignment, students)
    aimed: dict[int, int] = dict(
        GradeEntry.objects.filter(assignment=assignment, student__in=students).values_list(
            "student", "score"
        )
    )
    moved = {student: key for student, key in counting.items() if aimed.get(student) != key}
    GradeEntry.objects.bulk_create(
        (
            GradeEntry(assignment=assignment, student_id=student, score_id=key)
            for student, key in moved.items()
        ),
        update_conflicts=True,
        unique_fields=["assignment", "student"],
        update_fields=["score", "updated_at"],
    )
    return sorted(moved)


def current_scores(assignment: Assignment, student: Membership) -> list[Score]:
    """The newest score of each of the student's submissions."""
    newest = _newest(assignment, [student.pk])
    return list(Score.objects.filter(pk__in=newest).select_related("submission"))


def _counting(assignment: Assignment, students: Collection[int]) -> dict[int, int]:
    """The key of the score that counts, by student."""
    candidates: dict[int, list[Candidate]] = {}
    rows = Score.objects.filter(pk__in=_newest(assignment, students)).values_list(
        "submission__student", "pk", "submission__received_at", "final"
    )
    for student, key, received_at, final in rows:
        one = Candidate(id=key, received_at=received_at, final=final)
        candidates.setdefault(student, []).append(one)
    # Read now: whoever waited for a new policy holds the old one.
    rule = Course.objects.get(pk=assignment.course_id).late_policy.counted
    found = {student: counted(own, rule) for student, own in candidates.items()}
    return {student: best.id for student, best in found.items() if best is not None}


def _newest(assignment: Assignment, students: Collection[int]) -> object:
    """The keys of the newest score of each submission."""
    own = Score.objects.filter(submission__assignment=assignment, submission__student__in=students)
    return own.values("submission").annotate(newest=Max("pk")).values("newest")
