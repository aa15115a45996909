"""The page for who does not get in by single sign-on: what happened, and what to do now."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst

from grader.sign_on import Refusal, SignOnRefused
from web.sign_on.offers import Offer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """A title, and what it means for the reader."""

    title: str
    text: str


_STRANGERS = {
    Refusal.NO_ADDRESS: Words(
        "We were not told your address",
        "{name} has signed you in, but told us no e-mail address of yours, so we cannot find your "
        "account. Tell the course's staff: whoever runs {name} has to release the address to us.",
    ),
    Refusal.UNVERIFIED: Words(
        "Your address is not confirmed",
        "{name} has signed you in as {email}, but does not vouch that this address is yours. "
        "Confirm the address there, or sign in with the account that your university gave you.",
    ),
    Refusal.UNKNOWN: Words(
        "No course here knows you by this address",
        "{name} has signed you in as {email}. If your course knows you by another address, sign in "
        "as that person. Otherwise ask the course's staff to put {email} on the roll.",
    ),
    Refusal.TAKEN: Words(
        "This account belongs to another sign-in",
        "The account of {email} was opened before by somebody whom {name} says is not you. If both "
        "are you, because your account there was made anew, ask the course's staff to have the "
        "old sign-in forgotten.",
    ),
    Refusal.CLOSED: Words(
        "This account is closed", "Ask the course's staff to open the account of {email} again."
    ),
}
_BROKEN = Words(
    "This sign-in cannot be finished",
    "It took longer than ten minutes, it was finished already, or its answer is not one that we "
    "can trust. Nothing was changed. Begin once more, from the page to sign in.",
)
_CANCELLED = Words(
    "You have not signed in", "{name} has told us that the sign-in was called off, or not allowed."
)
_AWAY = Words(
    "{name} does not answer as it should",
    "So nobody can sign in by it at the moment; what you handed in is safe. Try again in a few "
    "minutes.",
)


def stranger(request: HttpRequest, offer: Offer, refused: SignOnRefused) -> HttpResponse:
    """403: the provider has said who it is, and that person has no account to open."""
    log.warning("a sign-in by %s is refused: %s", offer.kind, refused)
    words, email = _STRANGERS[refused.refusal], refused.identity.email
    return _page(request, offer, words, HTTPStatus.FORBIDDEN, email)


def broken(request: HttpRequest, offer: Offer, reason: str) -> HttpResponse:
    """400: an answer that is expired, used up, forged or garbled; which, only the log says."""
    log.warning("a sign-in by %s is refused: %s", offer.kind, reason)
    return _page(request, offer, _BROKEN, HTTPStatus.BAD_REQUEST)


def cancelled(request: HttpRequest, offer: Offer) -> HttpResponse:
    """403: the reader, or the provider, did not want to."""
    log.info("a sign-in by %s was called off", offer.kind)
    return _page(request, offer, _CANCELLED, HTTPStatus.FORBIDDEN)


def away(request: HttpRequest, offer: Offer, error: Exception) -> HttpResponse:
    """503: the provider does not answer, or not as its kind should."""
    log.error("the provider of %s does not answer as it should", offer.kind, exc_info=error)
    return _page(request, offer, _AWAY, HTTPStatus.SERVICE_UNAVAILABLE)


def _page(
    request: HttpRequest, offer: Offer, words: Words, status: int, email: str = ""
) -> HttpResponse:
    told = {"name": offer.name, "email": email or "somebody"}
    context = {
        "title": capfirst(words.title.format(**told)),
        "text": capfirst(words.text.format(**told)),
        "offer": offer,
        "other": status == HTTPStatus.FORBIDDEN,
        "passwords": settings.SANDGLASS_PASSWORDS,
    }
    return render(request, "web/sign_on_refused.html", context, status=status)
