"""Calls of a platform's services: bounded in time and size, and never led elsewhere.

What is public and what is by TLS, `outside.py` sees to.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from grader.errors import GraderError
from grader.lti.outside import TIMEOUTS, OutsideFailed, checked_address, new_session

SECONDS = 20.0
"""How long a whole answer may take."""
_MOST_BYTES = 4_000_000
_EXCERPT = 300
_MOST_PATIENCE = timedelta(hours=24)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]+")


class ServiceFailed(GraderError):  # noqa: N818 - what happened, not which code
    """A platform gave no answer that can be used. The message is a sentence for staff."""

    def __init__(self, sentence: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Reply:
    """What a platform answered. `reason` is what stands beside the number: Moodle speaks there."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is a success by its number."""
        return 200 <= self.status < 300  # noqa: PLR2004 - success, by its definition

    @property
    def words(self) -> str:
        """All that was said, in one line and not much."""
        said = f"{self.reason} {self.body[: 4 * _EXCERPT].decode('utf-8', 'replace')}"
        return _CONTROL.sub(" ", said).strip()[:_EXCERPT]

    @property
    def told(self) -> str:
        """A sentence for staff."""
        return f"The platform answered {self.status} ({self.words})."

    @property
    def is_json(self) -> bool:
        """Whether the body is what a service says: JSON, or nothing."""
        try:
            return not self.body.strip() or json.loads(self.body) is not None
        except ValueError:
            return False

    @property
    def retry_after(self) -> timedelta | None:
        """How long the platform wants to be left alone; a date counts as not said."""
        said = self.headers.get("Retry-After", "").strip()
        if not said.isascii() or not said.isdigit():
            return None
        return min(timedelta(seconds=int(said[:9])), _MOST_PATIENCE)

    def json(self) -> Any:
        """The body, read. `ServiceFailed` where it is something else."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ServiceFailed("The platform's answer cannot be read.") from error


def call(
    method: str,
    url: str,
    *,
    content: bytes | None = None,
    kind: str = "",
    accept: str = "application/json",
    bearer: str = "",
) -> Reply:
    """Ask, and give what was answered, whatever it is. `ServiceFailed` where nothing was."""
    headers = {"Accept": accept}
    if kind:
        headers["Content-Type"] = kind
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    until = time.monotonic() + SECONDS
    try:
        with (
            new_session() as session,
            session.request(
                method,
                checked_address(url),
                headers=headers,
                data=content,
                timeout=TIMEOUTS,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            return Reply(
                answer.status_code, answer.reason or "", answer.headers, _read(answer, until)
            )
    except OutsideFailed as error:
        raise ServiceFailed(str(error)) from error
    except requests.RequestException as error:
        host = urlsplit(url).hostname
        raise ServiceFailed(f"{host} could not be reached: {type(error).__name__}.") from error


def same_place(url: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port: a token may go to both."""
    one, two = urlsplit(url), urlsplit(other)
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)


def _read(answer: requests.Response, until: float) -> bytes:
    found = b""
    for part in answer.iter_content(65_536):
        found += part
        if len(found) > _MOST_BYTES:
            raise ServiceFailed(f"The platform answered with more than {_MOST_BYTES} bytes.")
        if time.monotonic() > until:
            raise ServiceFailed(f"The platform took longer than {SECONDS:g} seconds to answer.")
    return found
