"""No word of a hidden check reaches a student before its time: by page, download, stream or mail.

A homework whose checks are full of canaries is uploaded through its page, graded by a real worker
in bubblewrap, and then everything is read that a student can reach. The students' code is a spy: it
prints, keeps and raises whatever it is given.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import time_machine
from django.core import mail
from django.test import AsyncClient, Client, override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from grader import live
from grader.domain.states import Role
from grader.models import Assignment, Course, GradingJob, Membership, Submission
from tests import factories
from tests.assignments.homework import FILES, write_homework
from tests.capabilities import require
from tests.chaos.service import Service, database_of, wait_for
from tests.grader.pipeline.broker import broker_at
from tests.servers import redis_server
from tests.web.crawl import guesses, reachable, streamed

pytestmark = [pytest.mark.redis, pytest.mark.bubblewrap]
DAY = timedelta(days=1)
CANARY = re.compile(r"canary_(visible|hidden|after_due_date|after_published|author)_(\w+?)(?!\w)")
TIERS = ("visible", "hidden", "after_due_date", "after_published")
TELLTALE = {"function", "file", "message", "input", "case"}
"""What shows once a check's details do: its id, its message, and what the student's code heard."""

DECLARATION = """\
title = "Homework 0: Echoes"
points = 8

[files]
required = ["echo.py"]

[[problems]]
id = "echo"
title = "Echo"
points = 8
checks = [
    "public/test_canary_visible_file.py",
    "hidden/test_canary_hidden_file.py",
    "hidden/test_canary_after_due_date_file.py",
    "hidden/test_canary_after_published_file.py",
]
provides = ["echo.echo"]
"""

CHECK = '''\
import pytest
from echo import echo

canary_TIER_global = "canary_TIER_constant"  # canary_TIER_comment


@pytest.mark.points(2)
@pytest.mark.visibility("TIER")
@pytest.mark.hint("Give back what you are given.")
@pytest.mark.parametrize("word", ["canary_TIER_case"], ids=["canary_TIER_id"])
def test_canary_TIER_function(word):
    """Gives back any word

    canary_TIER_docstring
    """
    canary_TIER_local = "canary_TIER_variable"
    print("canary_TIER_print")
    given = echo("canary_TIER_input", word)
    assert given == "canary_TIER_expected", "canary_TIER_message"
'''

SOLUTION = '''\
"""Echoes."""


def echo(*words):
    """Give back what you are given."""
    ### BEGIN SOLUTION
    return "canary_author_solution"
    ### END SOLUTION
'''

SPY = b'''\
"""Tells whatever it hears, and whatever it has heard in other checks."""

import os
import pathlib
import sys
import tempfile

HEARD = []
PLACES = [".", tempfile.gettempdir(), "/tmp", "/dev/shm", os.path.expanduser("~"), "/var/tmp"]
PLACES += [os.path.dirname(os.path.abspath(globals().get("__file__", "echo.py")))]


def remembered():
    for place in PLACES:
        try:
            yield pathlib.Path(place, "loot").read_text()
        except OSError:
            pass


def echo(*words):
    HEARD.extend(words)
    print("heard", HEARD, list(remembered()))
    print("heard", words, file=sys.stderr)
    os.write(1, repr(words).encode())
    for place in PLACES:
        try:
            with pathlib.Path(place, "loot").open("a") as loot:
                loot.write(repr(words))
        except OSError:
            pass
    return "nothing"
'''
SPIES: Mapping[str, bytes] = {
    "prints": SPY,
    "raises": SPY.replace(b'return "nothing"', b"raise type(words[0], (Exception,), {})(*words)"),
}
HANDED_OUT = {"file", *(place for _, place in CANARY.findall(CHECK.replace("TIER", "visible")))}
"""The visible check is a file of the handout, so every word of it is known."""


@dataclass
class Town:
    """A course with a homework full of canaries, its people, and the service that grades it."""

    service: Service
    homework: Assignment
    ada: Membership
    bob: Membership
    tess: Membership
    stream: str = ""
    """What the live stream of the first submission told."""
    log: str = ""
    """What the worker told."""

    @property
    def course(self) -> Course:
        return self.homework.course

    def hands_in(self, source: bytes) -> Submission:
        """Ada uploads by the form."""
        address = f"/c/{self.course.slug}/hw/{self.homework.slug}/"
        upload = io.BytesIO(source)
        upload.name = "echo.py"
        answer = browser(self.ada).post(address, {"files": upload})
        assert answer.status_code == 303, answer.content
        return Submission.objects.get(pk=int(answer["Location"].strip("/").split("/")[-1]))


def canary_homework(folder: Path) -> Path:
    """The homework, with the solution and the mutants full of canaries too."""
    changes: dict[str, str | None] = dict.fromkeys(FILES)
    changes |= {
        "assignment.toml": DECLARATION,
        "statement.md": "# Echoes\n\nGive back what you are given.\n",
        "solution/echo.py": SOLUTION,
        "handout/echo.py": "def echo(*words):\n    raise NotImplementedError\n",
        "handout/statement.md": "# Echoes\n",
        "mutants/canary_author_mutant/echo.py": "def echo(*words): return 'canary_author_code'\n",
        "mutants/canary_author_mutant/expect.toml": (
            'description = "canary_author_description"\n'
            'fails = ["hidden/test_canary_hidden_file.py::test_canary_hidden_function"]\n'
        ),
    }
    for tier in TIERS:
        room = "public" if tier == "visible" else "hidden"
        text = CHECK.replace("TIER", tier)
        changes[f"checks/{room}/test_canary_{tier}_file.py"] = text
        if tier == "visible":
            changes[f"handout/checks/test_canary_{tier}_file.py"] = text
    return write_homework(folder, changes)


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Town]:
    """Both spies handed in and graded; the first one was watched."""
    require("redis")
    require("bubblewrap")
    folder = tmp_path_factory.mktemp("canary")
    with ExitStack() as stack:
        broker = stack.enter_context(redis_server())
        stack.enter_context(override_settings(SANDGLASS_BROKER_URL=broker.url))
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(database_of(""))
        stack.enter_context(broker_at(broker.url))
        service = stack.enter_context(Service(folder, broker, None))
        made = founded(service, canary_homework(folder / "hw0"))
        grade_spies(made)
        yield made


def founded(service: Service, folder: Path) -> Town:
    """The course, with the homework open for another day."""
    course, now = factories.course(), timezone.now()
    times = {"opens_at": now - DAY, "due_at": now + DAY}
    return Town(
        service,
        factories.assignment(course, "hw0", folder, **times),
        factories.membership(course, factories.person("Ada")),
        factories.membership(course, factories.person("Bob")),
        factories.membership(course, factories.person("Tess"), Role.TA),
    )


def grade_spies(town: Town) -> None:
    """Ada hands in each spy and waits for it, the first one before her eyes."""
    first = town.hands_in(SPIES["prints"])
    with watching(town.ada, first) as heard:
        worker = town.service.worker("bubblewrap")
        wait_for(all_done)
    town.stream = "".join(heard)
    town.hands_in(SPIES["raises"])
    wait_for(all_done)
    town.log = worker.log


def all_done() -> bool:
    return not GradingJob.objects.exclude(state="done").exists()


def browser(reader: Membership) -> Client:
    """A browser in which this person has signed in."""
    client = Client()
    client.force_login(reader.user)
    return client


# --- what is seen ----------------------------------------------------------------------------


def canaries(texts: Iterable[str]) -> dict[str, set[str]]:
    """The places whose canary was seen, by the check's tier."""
    found: dict[str, set[str]] = {}
    for text in texts:
        for tier, place in CANARY.findall(text):
            found.setdefault(tier, set()).add(place)
    return found


@contextmanager
def watching(reader: Membership, submission: Submission) -> Iterator[list[str]]:
    """The live stream, read from before the job begins to its end, by a thread of its own."""
    heard: list[str] = []
    cookies = browser(reader).cookies

    async def listen() -> None:
        client = AsyncClient()
        client.cookies.update(cookies)
        response: Any = await client.get(f"/submissions/{submission.pk}/live")
        heard.append((await streamed(response)).decode())

    thread = threading.Thread(target=lambda: asyncio.run(listen()), daemon=True)
    thread.start()
    yield heard
    thread.join(60)
    assert not thread.is_alive(), "the stream never ended"


# --- the tests --------------------------------------------------------------------------------


def raw_streams(town: Town) -> list[str]:
    """What lies in Redis for everybody who watches."""
    found: list[str] = []
    with redis.Redis.from_url(town.service.broker.url) as client:
        for job in GradingJob.objects.all():
            entries: Any = client.xrange(live.key(job.pk, job.attempt))
            assert entries, "the stream is empty"
            found.append(repr(entries))
    return found


def seen(
    reader: Membership, town: Town, at: datetime, released_at: datetime | None = None
) -> dict[str, set[str]]:
    """The canaries that this reader meets at this time, grades being released or not."""
    Assignment.objects.update(released_at=released_at)
    with time_machine.travel(at):
        return canaries(reachable(browser(reader), *guesses(town.course.slug, "hw0")).values())


def test_the_live_stream_tells_titles_and_no_more(town: Town) -> None:
    assert town.stream.count("event: check\n") == 4
    assert town.stream.count('"title": "Gives back any word"') == 4
    assert canaries([town.stream, *raw_streams(town)]) == {}


def test_while_it_is_open_a_student_meets_the_visible_check_alone(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither by looking at every page nor by any address that could be guessed."""
    caplog.set_level(logging.DEBUG, "django")
    for reader in (town.ada, town.bob):
        assert seen(reader, town, timezone.now()) == {"visible": HANDED_OUT}
    assert mail.outbox == []
    assert canaries([caplog.text]) == {}


def test_after_the_deadline_what_was_to_open_then(town: Town) -> None:
    """For who handed in; who did not has no report."""
    after = town.homework.due_at + DAY
    assert seen(town.ada, town, after) == {"visible": HANDED_OUT, "after_due_date": TELLTALE}
    assert seen(town.bob, town, after) == {"visible": HANDED_OUT}


def test_after_the_release_everything_but_the_hidden(town: Town) -> None:
    after = town.homework.due_at + 3 * DAY
    assert seen(town.ada, town, after, released_at=after - DAY) == {
        "visible": HANDED_OUT,
        "after_due_date": TELLTALE,
        "after_published": TELLTALE,
    }
    assert seen(town.bob, town, after, released_at=after - DAY) == {"visible": HANDED_OUT}


def test_staff_see_all_at_once(town: Town) -> None:
    """So the canaries are where they were put; but the solution is on nobody's page."""
    met = seen(town.tess, town, timezone.now())
    assert set(met) == set(TIERS)
    assert all(met[tier] >= TELLTALE for tier in TIERS)


def test_a_workers_log_tells_none(town: Town) -> None:
    assert "job 2: done, graded" in town.log
    assert canaries([town.log]) == {}


def test_the_download_has_a_number_for_a_name(town: Town) -> None:
    """Field by field, for both spies."""
    Assignment.objects.update(released_at=None)
    for submission in Submission.objects.all():
        answer = browser(town.ada).get(f"/submissions/{submission.pk}/results.json")
        report = json.loads(answer.content)
        kept = [test for test in report["tests"] if test["visibility"] != "visible"]
        assert [test["id"] for test in kept] == ["check-1", "check-2", "check-3"]
        assert [test["name"] for test in kept] == ["Gives back any word"] * 3
        assert {test["output"] for test in kept} == {
            "This check failed.\nHint: Give back what you are given."
        }
        assert "seed" not in report["receipt"]
