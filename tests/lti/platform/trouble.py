"""Makes the platform fail on purpose, for the next requests to one of its parts."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from tests.lti.platform.http import Answer, json_answer

PARTS = ("token", "scores", "results", "items", "members", "jwks", "all")


class Dropped(Exception):  # noqa: N818 - what happened
    """The connection is cut, and nothing is said."""


@dataclass
class Trouble:
    """`what` is `slow`, `dead`, `garbage`, `redirect` or a status; good for `count` requests.

    With `acts` the platform does what it was asked, and only the answer is lost.
    """

    part: str
    what: str
    count: int = 1
    seconds: float = 0.0
    retry_after: str = ""
    acts: bool = False

    def answer(self) -> Answer:
        """What is said instead of the truth."""
        if self.what == "dead":
            raise Dropped
        if self.what == "garbage":
            page = b"<html><title>Maintenance</title>\x00\xff{{{"
            return Answer(200, page, {"Content-Type": "text/html"})
        if self.what == "redirect":
            return Answer(302, b"", {"Location": "http://127.0.0.1:1/elsewhere"})
        headers = {"Retry-After": self.retry_after} if self.retry_after else None
        return json_answer({"error": "on purpose"}, status=int(self.what), headers=headers)


class Troubles:
    """Those that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Trouble] = []
        self._lock = threading.Lock()

    def add(self, **facts: Any) -> None:
        trouble = Trouble(**facts)
        assert trouble.part in PARTS, trouble.part
        with self._lock:
            self._waiting.append(trouble)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def next(self, part: str) -> Trouble | None:
        """The trouble that this request meets."""
        with self._lock:
            for trouble in self._waiting:
                if trouble.part in {part, "all"}:
                    trouble.count -= 1
                    if trouble.count <= 0:
                        self._waiting.remove(trouble)
                    return trouble
        return None
