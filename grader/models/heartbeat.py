"""When each part of the service that works unseen last gave a sign of life: a row for each part.

A part is a lane, of which a worker grades a tiny homework of our own now and then, or the sweep.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class Heartbeat(models.Model):
    """One part. Written anew each time, and no history is kept."""

    part = models.CharField(max_length=16)
    """A lane's name, or `sweep`."""
    rung_at = models.DateTimeField(null=True, blank=True)
    """When a canary was last sent into the lane."""
    seen_at = models.DateTimeField(null=True, blank=True)
    """When it last came back well, or the sweep was last through."""
    seconds = models.FloatField(null=True, blank=True)
    """How long that took, from sending to coming back."""
    worker = models.CharField(max_length=100, blank=True)
    trouble = models.TextField(blank=True)
    """Why the last canary did not come back well; for staff."""
    told_at = models.DateTimeField(null=True, blank=True)
    """When people were last told that this part gives no sign of life."""

    objects: models.Manager[Heartbeat]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["part"], name="heartbeat_once_for_each_part")
        ]

    def __str__(self) -> str:
        return self.part
