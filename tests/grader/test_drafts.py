"""Tables that were sent in: kept for their sender, applied once, and only as they were shown."""

from __future__ import annotations

import io
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from grader.csv_reading import MOST_BYTES
from grader.drafts import apply_once, draft_for, expired, fingerprint, keep
from grader.errors import DraftOutdated, DraftSpent, NotYours, TableUnreadable
from grader.models import Course, ImportDraft, Section, User
from grader.tasks import tidy
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def author() -> User:
    return factories.person("Ada")


def draft(course: Course, author: User, content: bytes = b"L1,L2") -> ImportDraft:
    return keep(
        course,
        kind="roster",
        author=author,
        name="people\x1b.csv",
        file=io.BytesIO(content),
        size=len(content),
    )


def plan(content: bytes) -> list[str]:
    """The sections of the file that the course lacks."""
    return [n for n in content.decode().split(",") if not Section.objects.filter(name=n).exists()]


def test_a_table_is_there_for_its_sender_alone(course: Course, author: User) -> None:
    made = draft(course, author)
    assert (made.name, made.applied_at) == ("people.csv", None)
    assert draft_for(course, author, made.pk, kind="roster") == made
    for who, where, kind in (
        (factories.person("Ben"), course, "roster"),
        (author, factories.course("comp1001"), "roster"),
        (author, course, "exam"),
    ):
        with pytest.raises(NotYours):
            draft_for(where, who, made.pk, kind=kind)
    with pytest.raises(NotYours):
        draft_for(course, author, 10**30, kind="roster")


def test_a_table_that_is_too_large_is_not_kept(course: Course, author: User) -> None:
    with pytest.raises(TableUnreadable):
        draft(course, author, b"x" * (MOST_BYTES + 1))
    assert not ImportDraft.objects.exists()


def test_it_is_applied_once(course: Course, author: User) -> None:
    made, shown = draft(course, author), fingerprint(["L1", "L2"])

    def act(names: list[str]) -> int:
        for name in names:
            factories.section(course, name)
        return len(names)

    assert apply_once(made, shown=shown, plan=plan, act=act, now=NOW) == 2
    with pytest.raises(DraftSpent):
        apply_once(made, shown=fingerprint([]), plan=plan, act=act, now=NOW)
    assert (Section.objects.count(), ImportDraft.objects.get().applied_at) == (2, NOW)


def test_what_has_changed_since_it_was_shown_is_not_applied(course: Course, author: User) -> None:
    made, shown = draft(course, author), fingerprint(["L1", "L2"])
    factories.section(course, "L1")
    with pytest.raises(DraftOutdated, match="Look again"):
        apply_once(made, shown=shown, plan=plan, act=len, now=NOW)
    again = fingerprint(["L2"])
    assert apply_once(made, shown=again, plan=plan, act=len, now=NOW) == 1


def test_what_fails_half_way_leaves_nothing_and_may_be_tried_again(
    course: Course, author: User
) -> None:
    made, shown = draft(course, author), fingerprint(["L1", "L2"])

    def act(names: list[str]) -> None:
        factories.section(course, names[0])
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        apply_once(made, shown=shown, plan=plan, act=act, now=NOW)
    assert not Section.objects.exists()
    assert apply_once(made, shown=shown, plan=plan, act=len, now=NOW) == 2


def test_tables_go_after_a_day(course: Course, author: User) -> None:
    old, fresh = draft(course, author), draft(course, author)
    ImportDraft.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(hours=25))
    said = StringIO()
    call_command("retain", "--dry-run", stdout=said)
    assert said.getvalue().splitlines()[-2] == "a table that was sent in"
    assert list(expired(timezone.now())) == [old]
    tidy()
    assert list(ImportDraft.objects.all()) == [fresh]
