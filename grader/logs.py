"""What a line of the log says, and whose it is: JSON in production, plain text for a developer.

A line carries the ids of what is being worked on (`about`), and of what is logged nothing but its
message and its exception: no text of a student, no address of a request, no secret. Control
characters are written as escapes, so nobody can forge a line.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

_LONGEST = 16_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHORTEST_SECRET = 6
_about: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)


@contextmanager
def about(**ids: Any) -> Iterator[None]:
    """Every line that the block logs says these ids, beside those of the blocks around it."""
    token = _about.set({**told(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


def note(**ids: Any) -> None:
    """Say these ids too from now on, to the end of the innermost `about`; without one, nothing."""
    known = _about.get()
    if known is not None:
        known.update(ids)


def told() -> Mapping[str, Any]:
    """The ids that a line would say at this moment."""
    return _about.get() or {}


class JsonLines(JsonFormatter):
    """A line is a JSON object: time, level, logger, message, the ids, and an exception."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__()
        self._words = _Words(secrets)

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Only what is named here: others hang whole requests and arguments on a record."""
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = self._words.of(record)
        log_data |= told()
        if "exc_info" in message_dict:
            log_data["exception"] = self._words.clean(message_dict["exc_info"])


class TextLines(logging.Formatter):
    """The same for the eyes of a developer; the lines of an exception are set off by a bar."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__()
        self._words = _Words(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """One line, and those of an exception below it."""
        ids = "".join(f" {name}={value}" for name, value in told().items())
        message = escaped(self._words.of(record) + ids)
        line = f"{self.formatTime(record)} {record.levelname} {record.name} {message}"
        if not record.exc_info:
            return line
        trace = self._words.clean(self.formatException(record.exc_info))
        return "\n".join([line, *(f"  | {escaped(part)}" for part in trace.split("\n"))])


def escaped(text: str) -> str:
    """The text with its control characters written out, as in a string of Python."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


class _Words:
    """The text of a record without what must not stand in a log."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]

    def of(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        request = getattr(record, "request", None)
        path = getattr(request, "path", "")
        # Django names the address of a request that failed; one that resets a password is a key.
        if len(path) > 1:
            match = getattr(request, "resolver_match", None)
            text = text.replace(path, f"/{match.route}" if match else "an address of nothing")
        return self.clean(text)

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:_LONGEST]


def configuration(form: str, *, debug: bool, secrets: Sequence[str]) -> dict[str, Any]:
    """Django's LOGGING: all lines to the standard error, as `json` or `text`."""
    lines = {"json": "grader.logs.JsonLines", "text": "grader.logs.TextLines"}[form]
    # These bring handlers of their own, and would write each line in another form.
    tamed: dict[str, Any] = {"handlers": [], "level": "INFO", "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": lines, "secrets": list(secrets)}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "WARNING" if debug else "INFO"},
        "loggers": {
            # `web.requests` has said already that a request was refused, with its number.
            "django.request": {"level": "ERROR"},
            **dict.fromkeys(("django", "celery", "uvicorn", "uvicorn.error"), tamed),
            # Its lines hold whole addresses; `web.requests` says what came, by route.
            "uvicorn.access": {**tamed, "level": "WARNING"},
            **{name: {"level": "INFO"} for name in ("grader", "runners", "web")},
        },
    }
