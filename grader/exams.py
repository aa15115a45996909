"""Points in exams, as somebody enters them: whom they are of, what they say, and who wrote them."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Max

from grader.models import Exam, ExamScore


def current_points(exam: Exam) -> dict[int, Decimal]:
    """The points of each student who has some, by the key of their membership; one query."""
    newest = exam.scores.values("student").annotate(newest=Max("pk")).values("newest")
    rows = ExamScore.objects.filter(pk__in=newest, points__isnull=False)
    return {row.student_id: row.points for row in rows if row.points is not None}
