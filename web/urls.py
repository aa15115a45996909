"""Which address leads to which view."""

from __future__ import annotations

from django.urls import path

from web.views import healthz

urlpatterns = [path("healthz", healthz)]
