"""A student makes a mistake that the course knows: graded in a real sandbox, read on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from grader.domain.states import Lane
from grader.models import Assignment, Membership, Submission
from grader.pipeline import execute
from grader.pipeline.grade import grade_next
from tests import factories
from tests.assignments.homework import DECLARATION, EXPECTATION, write_homework
from tests.grader.pipeline.road import RIGHT, upload
from tests.web.reading import main

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bubblewrap]
DAY = timedelta(days=1)
HINT = "This is what happens when you square."
TOLD = f"A known mistake fails exactly these checks. {HINT}"


@pytest.fixture(autouse=True)
def sandbox() -> Iterator[None]:
    """This process grades in bubblewrap; what it keeps warm ends with the test."""
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "bubblewrap"
    yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


@pytest.fixture
def homework(tmp_path: Path) -> Assignment:
    """Open, and it explains the mistakes that it knows."""
    changes: dict[str, str | None] = {
        "assignment.toml": f"{DECLARATION}\n[feedback]\nmutant_hints = true\n",
        "mutants/squares/expect.toml": f'{EXPECTATION}hint = "{HINT}"\n',
    }
    folder, now = write_homework(tmp_path / "hw0", changes), timezone.now()
    times = {"opens_at": now - DAY, "due_at": now + DAY}
    return factories.assignment(factories.course(), "hw0", folder, **times)


@pytest.fixture
def ada(homework: Assignment) -> Membership:
    """A student."""
    return factories.membership(homework.course, factories.person("Ada"))


def graded(homework: Assignment, student: Membership, double: str) -> Submission:
    files = {**RIGHT, "question2.py": f"def double(x):\n    return {double}\n".encode()}
    made = upload(homework, student, timezone.now(), files=files)
    assert grade_next(Lane.INTERACTIVE, "worker")
    return made


@pytest.mark.parametrize(("double", "told"), [("x ** 2", True), ("x + y", False), ("2 * x", False)])
def test_the_student_reads_what_the_mutant_s_author_would_say(
    homework: Assignment, ada: Membership, client: Client, double: str, *, told: bool
) -> None:
    """A name that is not defined fails the same check, and is another mistake."""
    made = graded(homework, ada, double)
    client.force_login(ada.user)

    assert (TOLD in main(client.get(f"/submissions/{made.pk}/"))) is told
    download = client.get(f"/submissions/{made.pk}/results.json")
    mistakes = {test["mistake"] for test in json.loads(download.content)["tests"]}
    assert mistakes == ({"", HINT} if told else {""})
