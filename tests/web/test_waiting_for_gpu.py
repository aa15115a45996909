"""A homework that needs a GPU while none is at work: what its student and its staff read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from grader import gpus
from grader.domain.states import Role
from grader.models import Assignment, Course, Membership
from tests import factories
from tests.gpu_host import homework_with_gpu
from tests.grader.pipeline.broker import broker_at
from tests.grader.pipeline.road import upload
from tests.servers import redis_server
from tests.web.reading import main

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis]
WAITS = "This waits for a machine with a GPU: none is at work now."
COUNTS = "the time at which your upload arrived is the one that counts"
FOR_STAFF = "cannot be graded yet: they wait for a machine with a GPU, and none is at work."


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def homework(course: Course, tmp_path: Path) -> Assignment:
    return factories.assignment(course, "hw0", homework_with_gpu(tmp_path / "hw0", "wait"))


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A broker that no worker with a GPU has spoken to."""
    monkeypatch.setattr(gpus, "_away_until", 0.0)
    with redis_server() as server, broker_at(server.url):
        yield


def read(member: Membership, address: str) -> str:
    client = Client()
    client.force_login(member.user)
    return main(client.get(address))


def test_student_and_staff_are_told_until_a_worker_comes(
    broker: None, homework: Assignment, course: Course
) -> None:
    ada, bob = (factories.membership(course) for _ in range(2))
    helper = factories.membership(course, role=Role.TA)
    first, _second = upload(homework, ada), upload(homework, bob)
    page, listed = f"/submissions/{first.pk}/", "/c/comp4551/hw/hw0/submissions/"

    assert WAITS in read(ada, page)
    assert COUNTS in read(ada, page)
    assert f"2 submissions {FOR_STAFF}" in read(helper, listed)

    gpus.tell(1)
    assert WAITS not in read(ada, page)
    assert "Next in the queue" in read(ada, page)
    assert "GPU" not in read(helper, listed)


def test_while_nobody_can_say_the_page_shows_the_queue(
    homework: Assignment, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpus, "_away_until", 0.0)
    ada = factories.membership(course)
    made = upload(homework, ada)
    assert "Next in the queue" in read(ada, f"/submissions/{made.pk}/")
