"""A platform's services with a token in hand: one call, and lists that come in pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from grader.lti import tokens
from grader.lti.calls import Reply, ServiceFailed, call, same_place
from grader.models import LtiPlatform

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM = (f"{_AGS}lineitem",)
LINE_ITEM_READ = (f"{_AGS}lineitem.readonly",)
RESULT = f"{_AGS}result.readonly"
SCORE = (RESULT, f"{_AGS}score")
"""Asked for together: whoever sends a score may have to look at what became of it."""
MEMBERS = ("https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",)
_UNAUTHORISED = 401
_MOST_PAGES = 200
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next\b', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Service:
    """One platform, for one purpose, at one moment."""

    platform: LtiPlatform
    scopes: tuple[str, ...]
    now: datetime

    def ask(self, method: str, url: str, **how: Any) -> Reply:
        """The answer. A token that is refused is replaced once. `ServiceFailed`."""
        bearer = tokens.token(self.platform, self.scopes, now=self.now)
        reply = call(method, url, bearer=bearer, **how)
        if reply.status != _UNAUTHORISED:
            return reply
        bearer = tokens.token(self.platform, self.scopes, now=self.now, fresh=True)
        return call(method, url, bearer=bearer, **how)

    def pages(self, url: str, accept: str) -> Iterator[Any]:
        """Each page of a list, by the links in the headers. `ServiceFailed`."""
        seen: set[str] = set()
        while url:
            if url in seen or len(seen) >= _MOST_PAGES:
                raise ServiceFailed("The platform's list does not end.")
            seen.add(url)
            reply = self.ask("GET", url, accept=accept)
            if not reply.ok:
                raise ServiceFailed(reply.told, retry_after=reply.retry_after)
            yield reply.json()
            url = _next_of(reply, url)


def _next_of(reply: Reply, url: str) -> str:
    """Where the list goes on; empty at its end. Never at another host: the token would go there."""
    found = _NEXT.search(reply.headers.get("Link", ""))
    if found is None:
        return ""
    onward: str = urljoin(url, found[1])
    if not same_place(onward, url):
        raise ServiceFailed("The platform's list goes on at another host, where it is not asked.")
    return onward
