"""What is wrong with a set-up, told by `manage.py check` before the first student finds out.

Each check has an id that stays the same and a hint that says what to do.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def sandbox_keeps_someone_out(**_options: Any) -> list[CheckMessage]:
    """A site never runs student code as a plain process, unless somebody insists."""
    if settings.SANDGLASS_SANDBOX != "process" or settings.SANDGLASS_ALLOW_PROCESS:
        return []
    return [
        Error(
            "SANDGLASS_SANDBOX is process, which keeps no one out.",
            hint="Use docker or bubblewrap. To insist, set SANDGLASS_ALLOW_PROCESS to yes.",
            id="grader.E001",
        )
    ]


@register(Tags.files)
def files_are_not_served(**_options: Any) -> list[CheckMessage]:
    """Static files are public, and uploads and hidden suites lie in the file storage."""
    files, static = settings.DATA / "files", settings.STATIC_ROOT
    if static != files and static not in files.parents and files not in static.parents:
        return []
    return [
        Error(
            "The folder of static files and that of uploads lie inside one another.",
            hint="Keep STATIC_ROOT apart from the folder `files`: static files are public.",
            id="grader.E002",
        )
    ]
