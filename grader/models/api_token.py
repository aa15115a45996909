"""Tokens by which a person's own programs speak for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ApiToken(models.Model):
    """One token. Its text is shown once and kept nowhere: the row has its hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    """What its owner calls it: `laptop`."""
    digest = models.CharField(max_length=64, unique=True)
    """sha256 of its text, which is random: nothing slower is needed."""
    scopes = models.JSONField(default=list)
    """What it may be used for: values of `grader.api_tokens.Scope`."""
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    """About when it was last used: noted once in an hour at most."""
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: models.Manager[ApiToken]

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["user", "revoked_at"])]

    def __str__(self) -> str:
        return self.name
