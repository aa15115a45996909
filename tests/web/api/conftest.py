"""A course with an open homework, its people, and tokens of theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from grader import api_tokens
from grader.api_tokens import Scope
from grader.models import Assignment, Membership, User
from tests import factories
from tests.assignments.homework import write_homework

DAY = timedelta(days=1)
EVERYTHING = tuple(Scope)
Asks = Callable[..., Any]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small homework."""
    return write_homework(tmp_path_factory.mktemp("api") / "hw0")


@pytest.fixture
def homework(folder: Path, db: None) -> Assignment:
    """Open since yesterday, due tomorrow."""
    now = timezone.now()
    return factories.assignment(
        factories.course(), "hw0", folder, opens_at=now - DAY, due_at=now + DAY
    )


@pytest.fixture
def ada(homework: Assignment) -> Membership:
    """A student."""
    return factories.membership(homework.course, factories.person("Ada"))


def token(user: User, *scopes: Scope) -> str:
    """The text of a new token of theirs, with these scopes or all."""
    made = api_tokens.make(user, "tests", scopes or EVERYTHING, DAY, now=timezone.now())
    return made.text


def ask(method: str, address: str, text: str | None, **more: Any) -> Any:
    """What the interface answers to who sends this token."""
    headers = {"authorization": f"Bearer {text}"} if text is not None else {}
    headers |= more.pop("headers", {})
    client = Client(raise_request_exception=False)
    send = client.post if method == "POST" else client.get
    return send(f"/api/v1{address}", headers=headers, **more)
