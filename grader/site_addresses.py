"""Addresses of pages, for who reads them outside of the site: in a mail, or in another system.

Written out here, for a worker has none of the web's code; a test holds them to the web's own.
"""

from __future__ import annotations

from django.conf import settings


def grades_page(course: str) -> str:
    """A student's grades in the course with this slug."""
    return f"{settings.SANDGLASS_SITE}/c/{course}/grades/"


def submission_page(pk: int) -> str:
    """A submission."""
    return f"{settings.SANDGLASS_SITE}/submissions/{pk}/"
