"""The page of the grading, as a course's staff read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grader import heartbeats, workers
from grader.domain.states import JobState, Role
from grader.models import Assignment, Course, GradingJob, Heartbeat, Membership
from grader.queries.queue import ago
from tests import factories
from tests.grader.pipeline.broker import broker_at
from tests.servers import RedisServer, redis_server
from tests.web.reading import links, main, words

pytestmark = [pytest.mark.django_db, pytest.mark.redis]
ADDRESS = "/c/comp4551/grading/"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def broker(redis: RedisServer) -> Iterator[None]:
    redis.flushall()
    with broker_at(redis.url):
        yield


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def homework(course: Course) -> Assignment:
    return factories.assignment(course)


@pytest.fixture
def ta(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ta"), Role.TA)


def job(homework: Assignment, name: str, minutes: int = 0, **change: Any) -> GradingJob:
    """Somebody's submission, waiting since so many minutes; then changed."""
    who = factories.membership(homework.course, factories.person(name))
    made = factories.job(factories.submission(homework, who))
    GradingJob.objects.filter(pk=made.pk).update(queued_at=ago(minutes * MINUTE))
    GradingJob.objects.filter(pk=made.pk).update(**change)
    return made


def fault(verdict: str, detail: str, minutes: int = 1) -> dict[str, Any]:
    ended = {"finished_at": ago(minutes * MINUTE), "started_at": F("queued_at")}
    return {"state": JobState.FAULT, "verdict": verdict, "staff_detail": detail, **ended}


def read(member: Membership, address: str = ADDRESS) -> Any:
    client = Client()
    client.force_login(member.user)
    return client.get(address)


def rows(page: Any) -> list[str]:
    """The rows of its tables, as they are read."""
    text = page.content.decode()
    return [main_of(row) for row in text.split("<tr>")[1:]]


def main_of(row: str) -> str:
    part = row.partition("</tr>")[0].encode()
    return words(SimpleNamespace(content=part))


def test_a_quiet_day(broker: None, ta: Membership) -> None:
    workers.tell(workers.WorkerSeen("worker@there", ("interactive", "bulk"), 2))
    heartbeats.well("interactive", 2.34)
    heartbeats.well("bulk", 3.0)
    heartbeats.well("sweep", 0.1)
    Heartbeat.objects.filter(part="interactive").update(seen_at=ago(2 * MINUTE))
    page = read(ta)
    _, first, second, third = rows(page)
    assert first == "interactive 0 0 2 2 min ago 2 min ago, took 2.3 s"
    assert second.startswith("bulk 0 0 2 0 s ago")
    assert third == "gpu 0 0 0 never never"
    said = main(page)
    assert "1 worker is at work." in said
    assert "Nobody waited." in said
    assert "None in this course." in said
    assert "alert" not in page.content.decode()


def test_a_bad_day(broker: None, homework: Assignment, ta: Membership) -> None:
    """A lane that stands still, why, and what came of it."""
    heartbeats.troubled("interactive", "the guest did not start")
    heartbeats.well("sweep", 0.1)
    Heartbeat.objects.filter(part="sweep").update(seen_at=ago(125 * MINUTE))
    job(homework, "Waiting", 65)
    lost = "The worker was lost in each of the attempts."
    first = job(homework, "Ada", 9, **fault("system_fault", lost))
    second = job(homework, "Ben", 9, **fault("assignment_fault", "does not load\nTrace", 5))
    job(homework, "Old", 9_000, **fault("system_fault", "long ago", 60 * 25))
    elsewhere = factories.assignment(factories.course("comp1001"))
    job(elsewhere, "Elsewhere", 9, **fault("system_fault", "not ours"))
    page = read(ta)
    said = main(page)
    assert "The sweep last ran 2 h 5 min ago: what a lost worker or message left behind" in said
    table = rows(page)
    assert table[1] == (
        "interactive Its workers give no sign of life. the guest did not start"
        " 1 1 h 5 min 0 0 never never"
    )
    assert table[5].startswith("Ada Homework 1 ")
    assert table[5].endswith(f"the service failed {lost}")
    assert table[6].startswith("Ben Homework 1 ")
    assert table[6].endswith("the suite is broken does not load")
    assert len(table) == 7
    addresses = [f"/submissions/{each.submission_id}/" for each in (first, second)]
    assert [found for found in links(page) if found.startswith("/subm")] == addresses


def test_without_the_broker_nobody_knows_the_workers(ta: Membership) -> None:
    page = read(ta)
    assert main(page).startswith("Grading As of ")
    assert "The broker does not answer. Uploads are taken and wait" in main(page)
    assert "The sweep has never run" in main(page)
    assert rows(page)[1] == "interactive 0 0 unknown never never"


def test_the_picture_of_the_queue(broker: None, homework: Assignment, ta: Membership) -> None:
    """Two waited two hours ago for half an hour, and one waits now."""
    taken = {"started_at": ago(120 * MINUTE), "finished_at": ago(119 * MINUTE)}
    done = {"state": JobState.DONE, "verdict": "graded", **taken}
    for name in ("Ada", "Ben"):
        job(homework, name, 150, **done)
    job(homework, "Cem", 10)
    page = read(ta).content.decode()
    picture = page[page.index('<svg class="queue"') :].partition("</svg>")[0]
    said = picture.partition('id="queue-words">')[2].partition("</desc>")[0]
    assert said.startswith("In the last six hours 2 waited at most, at ")
    assert said.endswith("; now 1.")
    bars = picture.split('<rect class="waited" x="')[1:]
    places = [float(bar.partition("%")[0]) for bar in bars]
    heights = [float(bar.partition('height="')[2].partition('"')[0]) for bar in bars]
    assert set(heights) == {78.0, 39.0}
    early = [place for place, height in zip(places, heights, strict=True) if height == 78.0]
    assert 56 <= min(early) <= 60
    assert 64 <= max(early) <= 68
    assert len(bars) - len(early) in {2, 3}
    hours = timezone.now().astimezone(homework.course.zone) - timedelta(hours=3)
    assert f">{hours:%H}:00</text>" in picture


def test_it_loads_itself_anew_without_a_script(broker: None, ta: Membership) -> None:
    assert '<meta http-equiv="refresh" content="30">' in read(ta).content.decode()


def test_staff_find_it_on_the_page_of_the_course(broker: None, ta: Membership) -> None:
    student = factories.membership(ta.course, factories.person("Ada"))
    assert f'href="{ADDRESS}"' in read(ta, "/c/comp4551/").content.decode()
    assert ADDRESS not in read(student, "/c/comp4551/").content.decode()
    assert read(student).status_code == 404


def test_more_rows_are_no_more_queries(broker: None, homework: Assignment, ta: Membership) -> None:
    job(homework, "Ada", 9, **fault("system_fault", "lost"))
    with CaptureQueriesContext(connection) as few:
        read(ta)
    for number in range(5):
        job(homework, f"More {number}", 9, **fault("system_fault", "lost"))
        job(homework, f"Waits {number}", 9)
    with CaptureQueriesContext(connection) as many:
        read(ta)
    assert len(many) == len(few)
