"""`manage.py regrade`: begins, goes on, waits and decides."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from grader.domain.states import Lane, Role
from grader.models import Assignment, AuditEntry, Membership, Regrade, Submission
from grader.pipeline.grade import settle
from grader.versions import store_version
from tests import factories
from tests.assignments.homework import write_homework
from tests.grader.pipeline.regrading import final, handed_in
from tests.grader.pipeline.road import earned, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def homework(tmp_path: Path) -> Assignment:
    """The small homework, with a mended version that is not in force."""
    made = factories.assignment(factories.course(), "hw0", write_homework(tmp_path / "a" / "hw0"))
    mended: dict[str, str | None] = {"handout/statement.md": "# Mended\n"}
    store_version(made, write_homework(tmp_path / "b" / "hw0", mended))
    return made


@pytest.fixture
def lect(homework: Assignment) -> Membership:
    return factories.membership(homework.course, factories.person("Lect"), Role.INSTRUCTOR)


@pytest.fixture
def uploads(homework: Assignment) -> list[Submission]:
    people = [factories.membership(homework.course, factories.person(n)) for n in ("Ada", "Bob")]
    return [handed_in(homework, who, points) for who, points in zip(people, (6, 8), strict=True)]


def regrade(*words: str) -> list[str]:
    said = io.StringIO()
    call_command("regrade", "comp4551", "hw0", *words, stdout=said)
    return said.getvalue().splitlines()


def test_begun_in_one_run_and_decided_in_another(
    homework: Assignment, lect: Membership, uploads: list[Submission]
) -> None:
    newest = homework.versions.latest("pk")
    said = regrade("--reason", "A check was wrong.")
    made = Regrade.objects.get()
    assert said == [
        f"Regrade {made.pk}: 2 submissions by version {newest.digest[:12]}.",
        f"Regrade {made.pk} is running: workers grade it.",
    ]
    for points in (9, 5):
        settle(take(Lane.BULK), earned(points))
    assert regrade("--accept", "raises") == [
        f"Regrade {made.pk} goes on.",
        "2 of 2 graded",
        "  Ada: 6.00 -> 9.00",
        "  Bob: 8.00 -> 5.00",
        "2 students: 1 up, 1 down, 0 the same",
        f"Regrade {made.pk}: raised, 1 students.",
    ]
    assert [final(each.student) for each in uploads] == [9, 8]
    homework.refresh_from_db()
    assert homework.version == newest
    assert AuditEntry.objects.get(action="regrade.raised").actor == lect.user


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "Say why"),
        (("--version", "ffff"), "hw0 has no version ffff"),
        (("--by", "nobody@example.edu"), "Name one of its staff of comp4551: --by EMAIL"),
        (("--accept", "all", "--by", "ta@example.edu"), "Name an instructor of comp4551"),
    ],
)
def test_what_is_missing_is_said(
    homework: Assignment,
    lect: Membership,
    uploads: list[Submission],
    words: tuple[str, ...],
    why: str,
) -> None:
    factories.membership(homework.course, factories.person("ta"), Role.TA)
    with pytest.raises(CommandError, match=why):
        regrade(*words)
    assert not Regrade.objects.exists()


def test_another_wish_while_one_is_open_is_refused(
    homework: Assignment, lect: Membership, uploads: list[Submission]
) -> None:
    assert homework.version is not None
    regrade("--reason", "Why.")
    with pytest.raises(CommandError, match="is open, by version"):
        regrade("--version", homework.version.digest[:12], "--reason", "Why.")
    with pytest.raises(CommandError, match="There is no homework 'hw9' in"):
        call_command("regrade", "comp4551", "hw9")
