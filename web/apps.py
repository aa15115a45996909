"""Registers the pages with Django: their templates and their static files."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """HTTP. It has no models."""

    name = "web"
    verbose_name = "Web"
