"""The whole demo: broker, data, web, worker and clock, until Ctrl-C ends all of them."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import redis
from django.conf import settings
from django.core.management import call_command
from django.db.models import Count, Q

from grader.celery import app
from grader.content import read_content
from grader.demo.broker import EmbeddedBroker
from grader.demo.folder import empty
from grader.demo.load import THIS_TERM, content_folder, homework_of, is_loaded, load
from grader.demo.parts import CLOCK, WEB, WORKER, Parts, free_port, running, status
from grader.demo.people import INSTRUCTOR, NEWCOMER, PASSWORD, REPEATER, TAS
from grader.domain.states import FINAL, JobState
from grader.models import GradingJob

Say = Callable[[str], None]
_PAUSE = 0.5
_NOTHING_ISOLATES = 3
_LOUD = (
    "*** NO ISOLATION: without Docker and bubblewrap, submissions run as plain processes with\n"
    "*** your files, your network and your rights. Upload only code that you trust.\n"
    "*** `python -m runners doctor` says what to install."
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line asks for."""

    folder: Path
    port: int = 8000
    fresh: bool = False
    """Forget an earlier demo in the folder."""
    once: bool = False
    """End by itself when everything is graded."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the queue is."""

    total: int
    ended: int
    faults: int

    def __str__(self) -> str:
        """Say it in a line."""
        failed = f", {self.faults} not gradable (see worker.log)" if self.faults else ""
        return f"graded {self.ended - self.faults} of {self.total}{failed}"


def run(choices: Choices, say: Say) -> bool:
    """Run until Ctrl-C, or with `once` until all is graded. Whether all is well.

    Raises `BrokerError`, `ChildError`, `PartEnded`, `ContentInvalid` and `OSError`.
    """
    # Also where a shell has made its background jobs deaf to the first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with EmbeddedBroker(choices.folder) as broker:
            _prepare(broker, choices)
            logs, port = choices.folder / "logs", free_port(choices.port)
            with running(settings.ROOT, logs, port) as parts, _telling(say):
                return _serve(parts, choices, say)
    except KeyboardInterrupt:
        say("Everything has been stopped.")
        return not choices.once


@contextmanager
def _telling(say: Say) -> Iterator[None]:
    """Say at once that Ctrl-C was heard, for the end may take a while."""
    try:
        yield
    except KeyboardInterrupt:
        say("Stopping. What is being graded gets some seconds to end.")
        raise


def _prepare(broker: EmbeddedBroker, choices: Choices) -> None:
    """A database, and a queue that this process and all its children ring in."""
    if choices.fresh:
        empty(choices.folder)
        with redis.Redis.from_url(broker.redis_url) as server:
            server.flushall()
    # What this process says is for people; its parts have logs of their own.
    logging.getLogger("grader").setLevel(logging.WARNING)
    os.environ["SANDGLASS_BROKER_URL"] = broker.url
    app.conf.update(broker_url=broker.url)
    call_command("migrate", verbosity=0)


def _serve(parts: Parts, choices: Choices, say: Say) -> bool:
    # For its parts, and for this process, which loads the class: the mails of both lead here.
    os.environ["SANDGLASS_SITE"] = settings.SANDGLASS_SITE = parts.url
    parts.start(WEB)
    if not is_loaded():
        content = read_content(content_folder())
        say("Loading the course and the uploads of its class.")
        told = load(content, datetime.now(UTC))
        say(f"One upload was refused, and its student was told: {told}")
    parts.wait_for_web()
    if not _isolates():
        say(_LOUD)
    say(_welcome(parts.url, choices.folder))
    # Only now, so that the page does not wait behind a class's homework.
    parts.start(WORKER)
    parts.start(CLOCK)
    return _watch(parts, say, once=choices.once)


def _watch(parts: Parts, say: Say, *, once: bool) -> bool:
    """Tell how the grading goes; with `once`, return when it is over."""
    last: Progress | None = None
    while True:
        parts.check()
        progress = _progress()
        if progress != last:
            say(str(progress))
        last = progress
        if once and progress.ended == progress.total:
            return not progress.faults and status(f"{parts.url}/") == 200  # noqa: PLR2004
        time.sleep(_PAUSE)


def _progress() -> Progress:
    own = GradingJob.objects.filter(shadow=False).exclude(state=JobState.SUPERSEDED)
    counts = own.aggregate(
        total=Count("pk"),
        ended=Count("pk", filter=Q(state__in=FINAL)),
        faults=Count("pk", filter=Q(state=JobState.FAULT)),
    )
    return Progress(**counts)


def _isolates() -> bool:
    """Whether submissions run behind walls here."""
    if settings.SANDGLASS_SANDBOX == "process":
        return False
    doctor = subprocess.run(
        [sys.executable, "-m", "runners", "doctor"],
        cwd=settings.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return doctor.returncode != _NOTHING_ISOLATES


def _welcome(url: str, folder: Path) -> str:
    return _boxed(
        f"Sandglass runs at  {url}",
        "",
        f"student      {NEWCOMER.email:32} has uploaded nothing yet",
        f"student      {REPEATER.email:32} takes the course again: late uploads, grades",
        f"TA           {TAS[0].email}",
        f"instructor   {INSTRUCTOR.email}",
        f"password     {PASSWORD}  (everybody's)",
        "",
        *_open_until(),
        "Try: as the first student, upload the four files of assignments/hw1/solution or",
        "     the notebook of the handout, and watch the checks arrive. As the second, see",
        "     what a late upload costs. As the TA, open the list of submissions.",
        "",
        f"Data, mails and logs lie in {folder}",
        "Ctrl-C ends everything and keeps the data; --fresh begins anew.",
    )


def _open_until() -> list[str]:
    assignment = homework_of(THIS_TERM)
    due = assignment.due_at.astimezone(assignment.course.zone)
    when = f"{due:%A, %d %B, %H:%M} in {assignment.course.timezone}"
    if assignment.due_at > datetime.now(UTC):
        return [f"Homework 1 is due on {when}.", ""]
    return [f"Homework 1 was due on {when}; --fresh begins a new term.", ""]


def _boxed(*lines: str) -> str:
    width = max(map(len, lines))
    rule = "─" * (width + 2)
    return "\n".join([f"┌{rule}┐", *(f"│ {line:{width}} │" for line in lines), f"└{rule}┘"])
