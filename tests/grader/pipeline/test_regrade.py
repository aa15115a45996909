"""A homework graded again beside what counts: begun, interrupted, decided, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grader.domain.regrades import Decision, Scope
from grader.domain.states import Lane, Role
from grader.errors import DraftOutdated, RegradeRefused
from grader.messages import send_waiting
from grader.models import (
    Assignment,
    AssignmentVersion,
    AuditEntry,
    Membership,
    Override,
    Regrade,
)
from grader.pipeline import regrade as road
from grader.pipeline.extend import rescore
from grader.pipeline.grade import settle
from grader.pipeline.retry import retry
from grader.queries.regraded import check_changes, look, newest_jobs, regraded
from runners.contract import RunReport, Verdict
from tests import factories
from tests.factories import DUE, ON_TIME
from tests.grader.pipeline.regrading import NOW, final, graded_again, handed_in
from tests.grader.pipeline.road import check, earned, report, take, upload

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATE = DUE + timedelta(hours=2)
BROKEN = RunReport(verdict=Verdict.ASSIGNMENT_FAULT, staff_detail="does not load\nTraceback")
REJECTED = RunReport(verdict=Verdict.REJECTED, reason="invalid syntax")


def changes(regrade: Regrade) -> dict[str, tuple[Any, Any]]:
    """Of each student, the final points without it and with it."""
    return {
        one.student.user.name: (one.before and one.before.final, one.after.final)
        for one in regraded(regrade)
    }


def told() -> dict[str, str]:
    """Whose points are said to have changed, and how."""
    send_waiting(NOW + HOUR)
    found = {
        message.to[0]: "risen" if "have risen" in message.body else "fallen"
        for message in mail.outbox
        if "have changed" in message.subject
    }
    mail.outbox.clear()
    return found


def test_from_start_to_end(
    homework: Assignment,
    mended: AssignmentVersion,
    ada: Membership,
    bob: Membership,
    lect: Membership,
    begin: Callable[..., Regrade],
) -> None:
    """Nothing counts before the decision; then all of it does, at once, by today's rules."""
    cy, dee = (factories.membership(homework.course, factories.person(n)) for n in ("Cy", "Dee"))
    up, late = handed_in(homework, ada, 6), handed_in(homework, bob, 10, received_at=LATE)
    same, none = handed_in(homework, cy, 7), handed_in(homework, dee, BROKEN)
    regrade = begin(Scope.ALL)
    assert set(regrade.jobs.values_list("lane", "shadow", "version")) == {("bulk", True, mended.pk)}
    graded_again(regrade, {up: 9, late: 5, same: 7, none: 8})
    assert (regrade.state, regrade.total) == ("ready", 4)
    assert changes(regrade) == {"Ada": (6, 9), "Bob": (8, 4), "Cy": (7, 7), "Dee": (None, 8)}
    assert [final(who) for who in (ada, bob, cy, dee)] == [6, 8, 7, None]

    chosen = road.decide(regrade, Decision.ALL, lect.user, now=NOW, seen=look(regraded(regrade)))
    assert len(chosen) == 4
    assert [final(who) for who in (ada, bob, cy, dee)] == [9, 4, 7, 8]
    homework.refresh_from_db()
    assert homework.version == mended
    assert not regrade.jobs.filter(shadow=True).exists()
    assert told() == {ada.user.email: "risen", bob.user.email: "fallen", dee.user.email: "risen"}
    assert (regrade.state, regrade.decided_by, regrade.decided_at) == ("accepted", lect.user, NOW)
    entry = AuditEntry.objects.get(action="regrade.accepted")
    assert (entry.actor, entry.subject) == (lect.user, f"regrade {regrade.pk}")
    counts = {"students": 4, "jobs": 4, "raised": 2, "lowered": 1, "unchanged": 1, "left": 0}
    assert entry.detail.items() >= counts.items()
    rescore(homework)
    assert [final(who) for who in (ada, bob, cy, dee)] == [9, 4, 7, 8]
    assert changes(regrade) == {"Ada": (6, 9), "Bob": (8, 4), "Cy": (7, 7), "Dee": (None, 8)}


def test_only_who_is_helped(
    homework: Assignment,
    mended: AssignmentVersion,
    ada: Membership,
    bob: Membership,
    lect: Membership,
    begin: Callable[..., Regrade],
) -> None:
    """Others keep their points, and their jobs stay shadows; new uploads get the new suite."""
    up, down = handed_in(homework, ada, 6), handed_in(homework, bob, 8)
    regrade = begin()
    graded_again(regrade, {up: 9, down: 5})
    road.decide(regrade, Decision.RAISES, lect.user, now=NOW)
    assert [final(who) for who in (ada, bob)] == [9, 8]
    assert [regrade.jobs.get(submission=made).shadow for made in (up, down)] == [False, True]
    assert (regrade.state, told()) == ("raised", {ada.user.email: "risen"})
    homework.refresh_from_db()
    assert homework.version == mended
    assert AuditEntry.objects.get(action="regrade.raised").detail["left"] == 1


def test_dropped_it_leaves_nothing(
    homework: Assignment, ada: Membership, lect: Membership, begin: Callable[..., Regrade]
) -> None:
    made, before = handed_in(homework, ada, 6), homework.version
    regrade = begin()
    graded_again(regrade, {made: 9})
    assert road.decide(regrade, Decision.DROP, lect.user, now=NOW) == []
    homework.refresh_from_db()
    assert (final(ada), homework.version, regrade.state, told()) == (6, before, "dropped", {})
    with pytest.raises(RegradeRefused, match="it was decided"):
        road.decide(regrade, Decision.ALL, lect.user, now=NOW)


def test_what_a_person_decided_is_told_to_nobody_as_changed(
    homework: Assignment, ada: Membership, lect: Membership, begin: Callable[..., Regrade]
) -> None:
    made = handed_in(homework, ada, 6)
    Override.objects.create(
        assignment=homework, student=ada, kind="points", points=9, reason="Ill.", author=lect.user
    )
    regrade = begin()
    graded_again(regrade, {made: 8})
    road.decide(regrade, Decision.ALL, lect.user, now=NOW)
    assert (final(ada), told()) == (8, {})


def test_another_submission_may_count_then(
    homework: Assignment, ada: Membership, lect: Membership, begin: Callable[..., Regrade]
) -> None:
    """With only those graded again that count, an older one by the old suite may be the best."""
    handed_in(homework, ada, 6)
    best = handed_in(homework, ada, 8, received_at=ON_TIME + HOUR)
    regrade = begin()
    graded_again(regrade, {best: 5})
    (one,) = regraded(regrade)
    assert one.after.final == 6
    assert one.elsewhere
    road.decide(regrade, Decision.ALL, lect.user, now=NOW)
    assert final(ada) == 6


def test_grades_that_moved_since_are_looked_at_again(
    homework: Assignment, ada: Membership, lect: Membership, begin: Callable[..., Regrade]
) -> None:
    made = handed_in(homework, ada, 6)
    regrade = begin()
    graded_again(regrade, {made: 9})
    seen = look(regraded(regrade))
    handed_in(homework, ada, 7, received_at=ON_TIME + HOUR)
    with pytest.raises(DraftOutdated, match="decide again"):
        road.decide(regrade, Decision.ALL, lect.user, now=NOW, seen=seen)
    assert final(ada) == 7


def test_uploads_meanwhile_are_graded_by_what_is_in_force_and_offered_afterwards(
    homework: Assignment,
    mended: AssignmentVersion,
    ada: Membership,
    lect: Membership,
    begin: Callable[..., Regrade],
) -> None:
    first = handed_in(homework, ada, 6)
    regrade = begin(Scope.ALL)
    newer = handed_in(homework, ada, 7, received_at=NOW + HOUR)
    graded_again(regrade, {first: 9})
    road.decide(regrade, Decision.ALL, lect.user, now=NOW)
    homework.refresh_from_db()
    assert road.stale(homework, NOW + 2 * HOUR) == 1
    follow = begin(Scope.STALE, now=NOW + 2 * HOUR)
    assert list(follow.jobs.values_list("submission", flat=True)) == [newer.pk]
    graded_again(follow, {newer: 10})
    road.decide(follow, Decision.ALL, lect.user, now=NOW)
    homework.refresh_from_db()
    assert road.stale(homework, NOW + 2 * HOUR) == 0


def test_what_it_covers(
    homework: Assignment, ada: Membership, bob: Membership, begin: Callable[..., Regrade]
) -> None:
    """Not who tries out as staff, nor what was superseded or still waits."""
    staff = factories.membership(homework.course, role=Role.TA)
    handed_in(homework, staff, 10)
    old = handed_in(homework, ada, 6)
    best = handed_in(homework, ada, 8, received_at=ON_TIME + HOUR)
    refused = handed_in(homework, bob, REJECTED)
    upload(homework, bob, ON_TIME + HOUR)
    upload(homework, bob, ON_TIME + 2 * HOUR)
    covered = {}
    for scope in (Scope.COUNTED, Scope.ALL):
        regrade = begin(scope)
        covered[scope] = set(regrade.jobs.values_list("submission", flat=True))
        road.cancel(regrade, regrade.author, now=NOW)
    assert covered == {
        Scope.COUNTED: {best.pk},
        Scope.ALL: {old.pk, best.pk, refused.pk},
    }


def test_cancelled_it_leaves_the_queue(
    homework: Assignment, ada: Membership, bob: Membership, begin: Callable[..., Regrade]
) -> None:
    """What runs ends by itself, and counts as little; another regrade may begin."""
    handed_in(homework, ada, 6), handed_in(homework, bob, 7)
    regrade = begin()
    running = take(Lane.BULK)
    road.cancel(regrade, regrade.author, now=NOW)
    assert sorted(regrade.jobs.values_list("state", flat=True)) == ["running", "superseded"]
    again = begin()
    assert again.jobs.count() == 1
    settle(running, earned(1))
    road.step(again.pk)
    assert (again.jobs.count(), final(ada), final(bob)) == (2, 6, 7)


def test_faults_are_run_again_and_nobody_loses_by_them(
    homework: Assignment,
    ada: Membership,
    bob: Membership,
    lect: Membership,
    begin: Callable[..., Regrade],
) -> None:
    """A submission that the new suite cannot grade keeps its grade."""
    good, bad = handed_in(homework, ada, 6), handed_in(homework, bob, 7)
    regrade = begin()
    graded_again(regrade, {good: 9, bad: BROKEN})
    assert (regrade.state, set(changes(regrade))) == ("ready", {"Ada"})
    assert road.again(regrade, lect.user) == 1
    regrade.refresh_from_db()
    assert (regrade.state, newest_jobs(regrade).count()) == ("running", 2)
    graded_again(regrade, {bad: REJECTED})
    assert road.again(regrade, lect.user) == 0
    road.decide(regrade, Decision.ALL, lect.user, now=NOW)
    assert [final(who) for who in (ada, bob)] == [9, 7]
    assert mail.outbox == []


def test_a_grading_that_is_newer_than_the_regrades_stands(
    homework: Assignment, ada: Membership, lect: Membership, begin: Callable[..., Regrade]
) -> None:
    """Staff had it graded once more meanwhile."""
    made = handed_in(homework, ada, BROKEN)
    regrade = begin(Scope.ALL)
    assert retry(made, lect.user) is not None
    settle(take(), earned(3))
    graded_again(regrade, {made: 9})
    assert changes(regrade) == {}
    assert road.decide(regrade, Decision.ALL, lect.user, now=NOW) == []
    assert final(ada) == 3


def test_check_by_check(
    homework: Assignment, ada: Membership, bob: Membership, begin: Callable[..., Regrade]
) -> None:
    """Which check gives more, less, the same, or was not there before; in one query."""
    first = handed_in(homework, ada, report(check(1, 5, 5), check(2, 0, 5)))
    second = handed_in(homework, bob, report(check(1, 0, 5), check(2, 0, 5)))
    regrade = begin()
    graded_again(
        regrade,
        {
            first: report(check(1, 0, 3), check(2, 4, 4), check(3, 3, 3)),
            second: report(check(1, 3, 3), check(2, 0, 4), check(3, 0, 3)),
        },
    )
    with CaptureQueriesContext(connection) as queries:
        found = check_changes(regrade)
    assert len(queries) == 1
    counts = {one.title: (one.up, one.down, one.same, one.new) for one in found}
    assert counts == {"Check 1": (1, 1, 0, 0), "Check 2": (1, 0, 1, 0), "Check 3": (0, 0, 0, 2)}
