"""Requests and answers, as the platform's parts see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return single(parse_qs(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip()


@dataclass(frozen=True)
class Answer:
    """What is said to it. Moodle tells its troubles in `reason`, the words beside the number."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    reason: str | None = None


class Refused(Exception):  # noqa: N818 - what happened
    """Ends the handling of a request with this answer."""

    def __init__(self, status: int, error: str = "", *, reason: str | None = None) -> None:
        super().__init__(error)
        self.answer = json_answer({"error": error}, status=status, reason=reason)


def single(fields: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in fields.items()}


def json_answer(
    body: Any,
    *,
    status: int = 200,
    kind: str = "application/json",
    reason: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    said = json.dumps(body, default=str).encode()
    return Answer(status, said, {"Content-Type": kind, **(headers or {})}, reason)


def html_answer(text: str, *, status: int = 200) -> Answer:
    page = f"<!doctype html><title>Platform</title>{text}"
    return Answer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
