"""One grading of one submission by one version of the suite. The row is the truth, not the queue.

A worker holds a running job by a lease. What it reports is taken only while the attempt number that
it took is still the row's.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from grader.domain.states import ACTIVE, MAX_ATTEMPTS, JobState, Lane
from grader.models.assignment import AssignmentVersion
from grader.models.regrade import Regrade
from grader.models.submission import Submission

STATES = [(state.value, state.value) for state in JobState]
LANES = [(lane.value, lane.value) for lane in Lane]


class GradingJob(models.Model):
    """A piece of work for the workers, and what became of it."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="jobs")
    version = models.ForeignKey(AssignmentVersion, models.PROTECT, related_name="jobs")
    lane = models.CharField(max_length=16, choices=LANES, default=Lane.INTERACTIVE.value)
    state = models.CharField(max_length=16, choices=STATES, default=JobState.QUEUED.value)
    regrade = models.ForeignKey(Regrade, models.PROTECT, null=True, blank=True, related_name="jobs")
    shadow = models.BooleanField(default=False)
    """Made by a regrade that is not accepted for this submission: it scores nothing, and only
    staff see it."""
    attempt = models.PositiveSmallIntegerField(default=0)
    """How often a worker took it; a report with an older number is refused."""
    not_before = models.DateTimeField(null=True, blank=True)
    """When the student's attempts of the day are used up: the start of the next day."""

    queued_at = models.DateTimeField(db_default=Now())
    rung_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    verdict = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True)
    """For the student."""
    staff_detail = models.TextField(blank=True)
    notices = models.JSONField(default=list)
    receipt = models.JSONField(default=dict)
    resources = models.JSONField(default=dict)

    objects: models.Manager[GradingJob]

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["lane", "state", "queued_at"]),
            models.Index(fields=["state", "finished_at"]),
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["submission", "version", "shadow"],
                condition=Q(state__in=sorted(state.value for state in ACTIVE)),
                name="job_one_active_per_submission",
            ),
            models.CheckConstraint(
                name="job_state_known", condition=Q(state__in=[s.value for s in JobState])
            ),
            models.CheckConstraint(
                name="job_leased_while_running",
                condition=Q(state=JobState.RUNNING.value, lease_until__isnull=False)
                | (~Q(state=JobState.RUNNING.value) & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="job_attempts_bounded", condition=Q(attempt__lte=MAX_ATTEMPTS)
            ),
            models.CheckConstraint(
                name="job_verdict_when_reported",
                condition=Q(state=JobState.DONE.value, verdict="graded")
                | Q(state=JobState.REJECTED.value, verdict="rejected")
                | ~Q(state__in=[JobState.DONE.value, JobState.REJECTED.value]),
            ),
            models.CheckConstraint(
                name="job_finishes_after_start",
                condition=Q(started_at__isnull=True)
                | Q(finished_at__isnull=True)
                | Q(finished_at__gte=F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"
