"""Registers the grader with Django, and its system checks with it."""

from __future__ import annotations

from django.apps import AppConfig


class GraderConfig(AppConfig):
    """The one app with models."""

    name = "grader"
    verbose_name = "Grader"

    def ready(self) -> None:
        """Make the system checks known."""
        from grader import checks  # noqa: F401, PLC0415 - registers itself when apps are there
