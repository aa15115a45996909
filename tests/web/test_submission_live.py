"""A submission watched while it is graded: a real server, a real Redis, and a real sandbox."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from django.db import connections
from django.test import Client

from grader import live
from grader.domain.states import JobState, Lane
from grader.models import Assignment, CheckResult, GradingJob, Membership, Submission
from grader.pipeline.execute import cool_down
from grader.pipeline.grade import grade_next
from grader.pipeline.hand_in import hand_in
from grader.server import server
from tests import factories
from tests.factories import ON_TIME
from tests.servers import RedisServer, free_port, redis_server
from tests.web.homework_form import SOLUTION
from tests.web.reading import main, words
from web.asgi import application
from web.live import watched_by

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis]
PATIENCE = 60.0


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def told(redis: RedisServer, settings: Any) -> Iterator[RedisServer]:
    """Redis, found by the settings, and empty."""
    settings.SANDGLASS_BROKER_URL = redis.url
    redis.flushall()
    yield redis
    server(redis.url).close()


@pytest.fixture
def homework() -> Assignment:
    return factories.assignment(factories.course())


@pytest.fixture
def ada(homework: Assignment) -> Membership:
    return factories.membership(homework.course, factories.person("Ada"))


@pytest.fixture
def submission(homework: Assignment, ada: Membership) -> Submission:
    return hand_in(homework, ada, files=SOLUTION, received_at=ON_TIME, token="a form")


@pytest.fixture
def port() -> Iterator[int]:
    """The service behind uvicorn, in this process, so that it has the database of the test."""
    port = free_port()
    config = uvicorn.Config(
        application, port=port, log_level="critical", lifespan="off", ws="none", loop="asyncio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield port
    server.should_exit = True
    server.force_exit = True
    thread.join()


class Stream:
    """The events of a page that watches, as a browser gets them."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer = answer

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next event; heartbeats are none."""
        name = ""
        while True:
            line = self.answer.readline().decode()
            if not line:
                return "", {}
            if line.startswith("event: "):
                name = line.removeprefix("event: ").strip()
            if line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))

    def until(self, last: str) -> list[tuple[str, dict[str, Any]]]:
        """All events up to the first of this name."""
        events = [self.next()]
        while events[-1][0] not in (last, ""):
            events.append(self.next())
        return events


@contextmanager
def watching(
    port: int, submission: Submission, reader: Membership, status: int = 200
) -> Iterator[Stream]:
    client = Client()
    client.force_login(reader.user)
    cookie = client.cookies["sessionid"].value
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with closing(connection):
        headers = {"Cookie": f"sessionid={cookie}", "Accept": "text/event-stream"}
        connection.request("GET", f"/submissions/{submission.pk}/live", headers=headers)
        answer = connection.getresponse()
        with closing(answer):
            assert answer.status == status
            if status == 200:
                assert answer.getheader("Content-Type") == "text/event-stream"
                assert answer.getheader("Cache-Control") == "no-store, private"
                assert answer.getheader("X-Accel-Buffering") == "no"
            yield Stream(answer)


def running(submission: Submission, attempt: int) -> GradingJob:
    """The job as a worker takes it."""
    GradingJob.objects.update(
        state=JobState.RUNNING, attempt=attempt, lease_until=datetime.now(UTC), rung_at=None
    )
    return submission.jobs.get()


def finish(state: JobState = JobState.REJECTED, verdict: str = "rejected") -> None:
    GradingJob.objects.update(state=state, verdict=verdict, lease_until=None)


def check(number: int) -> dict[str, Any]:
    return {
        "event": "check",
        "number": number,
        "title": f"<b>Check {number}</b>",
        "problem": "einsum",
        "outcome": "passed",
        "points": "2",
        "max_points": "2",
    }


@pytest.mark.bubblewrap
def test_a_reader_sees_each_check_and_then_the_report(
    told: RedisServer, port: int, homework: Assignment, ada: Membership, submission: Submission
) -> None:
    with watching(port, submission, ada) as stream:
        name, state = stream.next()
        assert (name, state["state"]) == ("state", "queued")
        assert state["words"] == "Next in the queue."
        worker = threading.Thread(target=work)
        worker.start()
        events = stream.until("finished")
        worker.join()
    checks = [data for name, data in events if name == "check"]
    names = list(dict.fromkeys(name for name, _ in events))
    assert [n for n in names if n != "starting"] == [
        "state",
        "loading",
        "checking",
        "check",
        "finished",
    ]
    code = {
        problem.id
        for problem in homework.version.spec.code_problems  # type: ignore[union-attr]
    }
    assert {data["problem"] for data in checks} == code
    # Answers were judged on arrival: a run tells nothing of them.
    run = CheckResult.objects.filter(job__submission=submission, problem__in=code)
    assert [data["number"] for data in checks] == list(range(1, run.count() + 1))
    assert "test_" not in json.dumps(events)

    client = Client()
    client.force_login(ada.user)
    report = words(client.get(f"/submissions/{submission.pk}/?part=report"))
    assert "90 of 100 points Counts" in report  # all of the code, and no answer was typed
    assert "17 checks passed" in report
    page = client.get(f"/submissions/{submission.pk}/")
    assert "90 of 100 points" in main(page)
    assert "checks/hidden" not in page.content.decode()


def work() -> None:
    grade_next(Lane.INTERACTIVE, "a worker of this test")
    cool_down()
    connections.close_all()


def test_a_row_is_html_with_its_title_as_text(
    told: RedisServer, port: int, ada: Membership, submission: Submission
) -> None:
    job = running(submission, 1)
    live.Feed(job.pk, 1).publish(check(1))
    with watching(port, submission, ada) as stream:
        _, data = stream.until("check")[-1]
    assert data["number"] == 1
    assert "&lt;b&gt;Check 1&lt;/b&gt;" in data["row"]


def test_a_page_that_opens_late_gets_everything(
    told: RedisServer, port: int, ada: Membership, submission: Submission
) -> None:
    job = running(submission, 1)
    feed = live.Feed(job.pk, 1)
    for number in (1, 2, 3):
        feed.publish(check(number))
    finish()
    feed.finish("rejected")
    running(submission, 1)
    with watching(port, submission, ada) as stream:
        events = [stream.next() for _ in range(4)]
        finish()
        assert stream.until("finished")[-1] == ("finished", {})
    assert [name for name, _ in events] == ["state", "check", "check", "check"]


def test_when_a_worker_is_lost_the_next_attempt_is_followed(
    told: RedisServer, port: int, ada: Membership, submission: Submission
) -> None:
    job = running(submission, 1)
    live.Feed(job.pk, 1).publish(check(1))
    with watching(port, submission, ada) as stream:
        assert [name for name, _ in stream.until("check")] == ["state", "check"]
        running(submission, 2)
        live.Feed(job.pk, 2).publish(check(7))
        events = stream.until("check")
        finish()
        live.Feed(job.pk, 2).finish("rejected")
        assert stream.until("finished")[-1] == ("finished", {})
    assert events[0][1] == {"state": "running", "attempt": 2, "words": "Being graded again."}
    assert events[-1][1]["number"] == 7


def test_without_redis_the_database_tells(
    port: int, ada: Membership, submission: Submission
) -> None:
    running(submission, 1)
    with watching(port, submission, ada) as stream:
        assert stream.next()[1]["state"] == "running"
        finish()
        events = stream.until("finished")
    assert events == [
        ("state", {"state": "rejected", "attempt": 1, "words": ""}),
        ("finished", {}),
    ]


def test_what_is_finished_ends_the_stream_at_once(
    port: int, ada: Membership, submission: Submission
) -> None:
    finish()
    with watching(port, submission, ada) as stream:
        assert [name for name, _ in stream.until("finished")] == ["state", "finished"]
        assert stream.next() == ("", {})


def test_thirty_watchers_hold_up_nobody(
    port: int, ada: Membership, submission: Submission, settings: Any
) -> None:
    settings.SANDGLASS_LIVE_AT_ONCE = 30
    with ExitStack() as open_pages:
        for _ in range(30):
            stream = open_pages.enter_context(watching(port, submission, ada))
            assert stream.next()[1]["state"] == "queued"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        with closing(connection):
            connection.request("GET", "/sign-in/")
            assert connection.getresponse().status == 200


def test_one_person_watches_so_much_at_once_and_no_more(
    port: int, ada: Membership, submission: Submission, settings: Any
) -> None:
    """A page that was closed makes room for another."""
    settings.SANDGLASS_LIVE_AT_ONCE = 2
    with watching(port, submission, ada) as one:
        with watching(port, submission, ada) as two:
            assert [stream.next()[0] for stream in (one, two)] == ["state", "state"]
            with watching(port, submission, ada, status=429) as refused:
                assert "for very much at once" in refused.answer.read().decode()
        end = time.monotonic() + PATIENCE
        while watched_by(ada.user_id) > 1:
            assert time.monotonic() < end
            time.sleep(0.05)
        with watching(port, submission, ada) as three:
            assert three.next()[0] == "state"
