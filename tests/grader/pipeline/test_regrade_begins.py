"""How a regrade begins: what it needs, and its jobs in chunks by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grader.domain.regrades import Decision, Scope
from grader.errors import RegradeRefused
from grader.models import Assignment, AssignmentVersion, GradingJob, Membership, Message, Regrade
from grader.pipeline import regrade as road
from grader.pipeline.sweep import sweep
from grader.tasks import take_regrades_on
from tests import factories
from tests.grader.pipeline.broker import broker_at, waiting
from tests.grader.pipeline.regrading import NOW, handed_in
from tests.servers import RedisServer, redis_server

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "why"), [({"reason": " "}, "Say why"), ({"reason": "x" * 501}, "at most 500")]
)
def test_it_needs_a_reason(
    homework: Assignment,
    ada: Membership,
    begin: Callable[..., Regrade],
    fields: dict[str, str],
    why: str,
) -> None:
    handed_in(homework, ada, 6)
    with pytest.raises(RegradeRefused, match=why):
        begin(**fields)
    assert not Regrade.objects.exists()


def test_one_at_a_time_and_something_to_do(
    homework: Assignment, ada: Membership, bob: Membership, begin: Callable[..., Regrade]
) -> None:
    with pytest.raises(RegradeRefused, match="nothing to grade again"):
        begin()
    handed_in(homework, ada, 6)
    regrade = begin()
    with pytest.raises(RegradeRefused, match="open already"):
        begin()
    with pytest.raises(RegradeRefused, match="not ready"):
        road.decide(regrade, Decision.ALL, regrade.author, now=NOW)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A real broker."""
    with redis_server() as started:
        yield started


@pytest.mark.redis
def test_thousands_are_enqueued_in_chunks_and_whatever_dies_goes_on(
    server: RedisServer,
    homework: Assignment,
    mended: AssignmentVersion,
    lect: Membership,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """The start makes no job; the clock's task makes a few chunks, and calls itself for more."""
    monkeypatch.setattr(road, "CHUNK", 3)
    people = [factories.membership(homework.course) for _ in range(20)]
    for student in people:
        factories.graded(homework, student, 5)
    with broker_at(server.url):
        server.flushall()
        with django_capture_on_commit_callbacks(execute=True):
            regrade = road.start(
                homework, mended, Scope.COUNTED, reason="Why.", author=lect.user, now=NOW
            )
        assert (regrade.total, regrade.jobs.count()) == (20, 0)
        assert waiting(server, "control") == ["()"]
        with django_capture_on_commit_callbacks(execute=True):
            take_regrades_on.run()
        assert regrade.jobs.count() == 15
        assert len(waiting(server, "bulk")) == 15
        assert len(waiting(server, "control")) == 2
        server.flushall()  # the broker forgets everything
        with django_capture_on_commit_callbacks(execute=True):
            take_regrades_on.run()
        assert regrade.jobs.count() == 20
        assert waiting(server, "control") == []
        GradingJob.objects.filter(regrade=regrade).update(rung_at=None)
        sweep()
        assert len(waiting(server, "bulk")) == 25
    assert Message.objects.count() == 0
