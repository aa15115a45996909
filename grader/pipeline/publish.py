"""Score → GradeEntry: which of a student's submissions counts.

Reads `Score`. Writes `GradeEntry`, in the caller's transaction. Idempotent because it looks at all
scores of the student each time.
"""

from __future__ import annotations

from django.db.models import Max
from django.db.models.functions import Now

from grader.domain.counting import Candidate, counted
from grader.models import Assignment, GradeEntry, Membership, Score


def publish(assignment: Assignment, student: Membership) -> GradeEntry | None:
    """Aim the student's grade at the score that counts; None while there is none."""
    # Two submissions of one student that end at the same moment must see each other's score.
    Membership.objects.select_for_update().get(pk=student.pk)
    scores = current_scores(assignment, student)
    candidates = [
        Candidate(id=score.pk, received_at=score.submission.received_at, final=score.final)
        for score in scores
    ]
    best = counted(candidates, assignment.course.late_policy.counted)
    if best is None:
        return None
    entry, _ = GradeEntry.objects.update_or_create(
        assignment=assignment,
        student=student,
        defaults={"score_id": best.id, "updated_at": Now()},
    )
    return entry


def current_scores(assignment: Assignment, student: Membership) -> list[Score]:
    """The newest score of each of the student's submissions."""
    newest = (
        Score.objects.filter(submission__assignment=assignment, submission__student=student)
        .values("submission")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    return list(Score.objects.filter(pk__in=newest).select_related("submission"))
