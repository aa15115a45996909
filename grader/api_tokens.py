"""Tokens for a person's own programs: made, found again by their text, taken back.

A token speaks for its owner and for nobody else, and only within its scopes: what the owner may not
see, it does not see either. It opens no page, and no page's session opens the interface for
programs to other sites, which cannot read a token.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from django.db.models import Q, QuerySet

from grader.models import ApiToken, User

PREFIX = "sandglass_"
"""So that people, and who looks for lost secrets, know what it is."""
LONGEST = timedelta(days=366)
MOST = 20
"""How many a person may have at a time."""
_BYTES = 32
_NOTED_EVERY = timedelta(hours=1)


class Scope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    """See courses, homeworks, submissions and their results."""
    SUBMIT = "submit"
    """Hand in."""
    AUTHOR = "author"
    """Bring new versions of homeworks; for staff."""


class TokenRefused(Exception):  # noqa: N818 - what happened, for its owner
    """No such token can be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token, and its text: the only time that anybody sees it."""

    row: ApiToken
    text: str


def make(
    user: User, name: str, scopes: Collection[Scope], lifetime: timedelta, *, now: datetime
) -> Made:
    """A token for this person. Raises `TokenRefused`."""
    name = name.strip()
    if not name:
        raise TokenRefused("Give the token a name, such as the machine that it is for.")
    if not scopes:
        raise TokenRefused("Choose what the token may be used for.")
    if not timedelta(0) < lifetime <= LONGEST:
        raise TokenRefused(f"A token holds for a day at least and {LONGEST.days} days at most.")
    if valid(user, now=now).count() >= MOST:
        raise TokenRefused(f"You have {MOST} tokens: take one back before you make another.")
    text = PREFIX + secrets.token_urlsafe(_BYTES)
    row = ApiToken.objects.create(
        user=user,
        name=name[:100],
        digest=_digest(text),
        scopes=sorted(scope.value for scope in scopes),
        expires_at=now + lifetime,
    )
    return Made(row, text)


def valid(user: User, *, now: datetime) -> QuerySet[ApiToken]:
    """The tokens of a person that may be used at `now`."""
    return ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now)


def find(text: str, *, now: datetime) -> ApiToken | None:
    """The token with this text, if it may be used at `now`."""
    if not text.startswith(PREFIX):
        return None
    row = (
        ApiToken.objects.filter(
            digest=_digest(text), revoked_at=None, expires_at__gt=now, user__is_active=True
        )
        .select_related("user")
        .first()
    )
    if row is not None:
        _note(row, now)
    return row


def revoke(user: User, pk: int, *, now: datetime) -> bool:
    """Take a token of this person back; whether there was one."""
    rows = ApiToken.objects.filter(user=user, pk=pk, revoked_at=None)
    return bool(rows.update(revoked_at=now))


def _note(row: ApiToken, now: datetime) -> None:
    # Not with each request: a program that asks every second would write every second.
    long_ago = Q(used_at=None) | Q(used_at__lt=now - _NOTED_EVERY)
    ApiToken.objects.filter(long_ago, pk=row.pk).update(used_at=now)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
