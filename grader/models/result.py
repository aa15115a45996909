"""How each check of a job ended. Written once, in the transaction that ends the job."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from grader.models.job import GradingJob


class CheckResult(models.Model):
    """One check's outcome. What a reader may see of it is decided in `queries/feedback.py`."""

    job = models.ForeignKey(GradingJob, models.CASCADE, related_name="results")
    position = models.PositiveSmallIntegerField()
    check_id = models.CharField(max_length=300)
    title = models.CharField(max_length=500)
    problem = models.CharField(max_length=100)
    # Exact: eight checks of 3.125 points are 25. Points are rounded once, in the score.
    max_points = models.DecimalField(max_digits=12, decimal_places=6)
    points = models.DecimalField(max_digits=12, decimal_places=6)
    outcome = models.CharField(max_length=16)
    visibility = models.CharField(max_length=32)
    hint = models.TextField(blank=True)
    mistake = models.TextField(blank=True)
    message = models.TextField(blank=True)
    output = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    seconds = models.FloatField(default=0.0)

    objects: models.Manager[CheckResult]

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["job", "check_id"], name="result_once_per_check"),
            models.UniqueConstraint(fields=["job", "position"], name="result_once_per_place"),
            models.CheckConstraint(
                name="result_points_within_check",
                condition=Q(points__gte=0, points__lte=F("max_points")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_id}: {self.outcome}"
