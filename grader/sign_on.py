"""Whose account an identity opens that a provider of single sign-on vouches for.

An identity that came before opens the account that it opened then, whatever its address is now. A
new one opens the account of its address, if the provider vouches for that: an address that somebody
may have typed themselves opens nothing. No provider gives a role; memberships do.
"""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from grader.errors import GraderError
from grader.models import User

log = logging.getLogger(__name__)

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to a provider."""

    provider: str
    """Which one; those of another are other people, though their subjects be the same."""
    subject: str
    email: str
    verified: bool
    """Whether the provider vouches that the address is this person's."""
    name: str


class Refusal(StrEnum):
    """Why an identity opens no account."""

    NO_ADDRESS = "the provider tells no address"
    UNVERIFIED = "the provider does not vouch for the address"
    UNKNOWN = "nobody here has the address"
    TAKEN = "the account of the address belongs to another identity of this provider"
    CLOSED = "the account is closed"


class SignOnRefused(GraderError):  # noqa: N818 - what happened, not which code
    """An identity that opens no account here."""

    def __init__(self, refusal: Refusal, identity: Identity) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.identity = identity


@transaction.atomic
def admit(identity: Identity, *, creates: bool) -> User:
    """The person of this identity, which is kept. Raises `SignOnRefused`.

    Where the site `creates` accounts, who has none gets one, in no course yet.
    """
    known = _known(identity)
    person = known or _of_address(identity, creates=creates)
    if not person.is_active:
        raise SignOnRefused(Refusal.CLOSED, identity)
    if known is None:
        SocialAccount.objects.create(
            user=person, provider=identity.provider, uid=identity.subject, extra_data={}
        )
        log.info("an identity of %s opens the account of user %d", identity.provider, person.pk)
    return person


def forget(person: User) -> int:
    """Let no identity open this account until one comes with its address anew; how many did."""
    gone, _ = SocialAccount.objects.filter(user=person).delete()
    return int(gone)


def identities(person: User) -> list[dict[str, Any]]:
    """What is held of a person by this."""
    rows = SocialAccount.objects.filter(user=person).order_by("pk")
    return [
        {"provider": row.provider, "subject": row.uid, "since": row.date_joined} for row in rows
    ]


def _known(identity: Identity) -> User | None:
    row = (
        SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject)
        .select_related("user")
        .first()
    )
    person: User | None = row.user if row else None
    return person


def _of_address(identity: Identity, *, creates: bool) -> User:
    address = identity.email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise SignOnRefused(Refusal.NO_ADDRESS, identity) from error
    if not identity.verified:
        raise SignOnRefused(Refusal.UNVERIFIED, identity)
    person = User.objects.select_for_update().filter(email=address).first()
    if person is None and not creates:
        raise SignOnRefused(Refusal.UNKNOWN, identity)
    if person is None:
        return User.objects.create_user(address, _printable(identity.name) or address)
    # An address that was given to somebody else since must not open what was another's.
    if SocialAccount.objects.filter(provider=identity.provider, user=person).exists():
        raise SignOnRefused(Refusal.TAKEN, identity)
    return person


def _printable(name: str) -> str:
    """The name without what a terminal or a table would obey."""
    plain = (char for char in name if unicodedata.category(char) not in ("Cc", "Cs"))
    return "".join(plain).strip()[:_LONGEST_NAME]
