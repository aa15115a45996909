"""What is wrong with a set-up, told by `manage.py check` before the first student finds out.

Each check has an id that stays the same and a hint that says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import connection

from grader.models import User


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


@register()
def accounts_have_a_source(**_options: Any) -> list[CheckMessage]:
    """What only does something beside single sign-on is a mistake without it."""
    if not settings.SANDGLASS_SSO_CREATES or settings.SANDGLASS_OIDC or settings.SANDGLASS_SAML:
        return []
    return [
        Warning(
            "SANDGLASS_SSO_CREATES is yes, and there is no single sign-on that could.",
            hint="Set the variables SANDGLASS_OIDC_… or SANDGLASS_SAML_…, or take this one away.",
            id="grader.W003",
        )
    ]


@register(Tags.database)
def somebody_can_break_the_glass(
    databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Without passwords an operator must have one, for when the provider is away."""
    if settings.SANDGLASS_PASSWORDS or not databases:
        return []
    if "grader_user" not in connection.introspection.table_names():
        return []  # `migrate` asks first, and then makes the tables
    operators = User.objects.filter(is_superuser=True, is_active=True)
    if any(operator.has_usable_password() for operator in operators):
        return []
    return [
        Warning(
            "SANDGLASS_PASSWORDS is no, and no operator has a password either.",
            hint="While the provider is away nobody gets in. Make one: manage.py createsuperuser.",
            id="grader.W004",
        )
    ]
