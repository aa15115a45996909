"""Whose account an identity opens: the rule alone, without a provider."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.management import call_command
from django.core.management.base import CommandError

from grader.erasing import erase
from grader.models import User
from grader.sign_on import Identity, Refusal, SignOnRefused, admit, identities
from tests import factories

pytestmark = pytest.mark.django_db
ADA = Identity("oidc https://idp.example.edu", "ada-1", "Ada@Example.edu ", True, "Ada Lovelace")


def refusal(identity: Identity, *, creates: bool = False) -> Refusal:
    with pytest.raises(SignOnRefused) as caught:
        admit(identity, creates=creates)
    of_it = {"provider": identity.provider, "uid": identity.subject}
    assert not SocialAccount.objects.filter(**of_it).exists()
    return caught.value.refusal


def test_an_address_is_the_same_in_capitals() -> None:
    ada = factories.person("Ada")
    assert admit(ADA, creates=False) == admit(ADA, creates=False) == ada
    assert SocialAccount.objects.count() == 1


def test_the_same_subject_of_another_provider_is_another_person() -> None:
    factories.person("Ada")
    admit(ADA, creates=False)
    other = replace(ADA, provider="oidc https://evil.example", email="eve@example.edu")
    assert refusal(other) == Refusal.UNKNOWN


@pytest.mark.parametrize("creates", [True, False])
def test_an_address_that_is_none(*, creates: bool) -> None:
    for email in ("", "ada", "ada@example.edu\nbcc: x@y.edu"):
        assert refusal(replace(ADA, email=email), creates=creates) == Refusal.NO_ADDRESS


def test_an_unconfirmed_address_makes_no_account_either() -> None:
    assert refusal(replace(ADA, verified=False), creates=True) == Refusal.UNVERIFIED
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "kept"), [("Ada\x00\n Lovelace", "Ada Lovelace"), ("\x1b", "ada@example.edu")]
)
def test_a_name_that_a_terminal_would_obey(said: str, kept: str) -> None:
    assert admit(replace(ADA, name=said), creates=True).name == kept


def test_a_closed_account_is_not_linked() -> None:
    factories.person("Ada", is_active=False)
    assert refusal(ADA) == Refusal.CLOSED


def test_who_is_erased_is_not_let_in_again() -> None:
    """And before that, is told of it with all that is held of them."""
    ada = factories.membership(factories.course(), factories.person("Ada")).user
    admit(ADA, creates=False)
    [row] = identities(ada)
    assert (row["provider"], row["subject"]) == (ADA.provider, ADA.subject)
    erase(ada, [])
    assert identities(ada) == []
    assert refusal(ADA) == Refusal.UNKNOWN


def test_an_identity_that_was_made_anew() -> None:
    """Refused, until somebody who knows the person says that it is the same."""
    ada = factories.person("Ada")
    admit(ADA, creates=False)
    renewed = replace(ADA, subject="ada-2")
    assert refusal(renewed) == Refusal.TAKEN
    told = StringIO()
    call_command("forget_sign_on", "ADA@example.edu", stdout=told)
    assert told.getvalue() == "Ada (ada@example.edu): 1 forgotten\n"
    assert admit(renewed, creates=False) == ada
    with pytest.raises(CommandError, match=r"Nobody here has the address 'x@example.edu'"):
        call_command("forget_sign_on", "x@example.edu")
