"""Many gradings while the service is hit by faults at random, and what became of the promise.

A fault comes at random moments, of a random kind, by a seed: the seed repeats the choices, not the
moments at which processes happen to be. Uploads, workers, the clock and their servers are real;
the homework is small and graded in bubblewrap, so that hundreds fit into some minutes.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Max, QuerySet
from django.utils import timezone

from grader.celery import CONTROL
from grader.domain.states import ACTIVE, JobState, Role
from grader.models import (
    Assignment,
    GradingJob,
    Membership,
    Submission,
)
from grader.pipeline.retry import retry
from grader.queries.queue import ago
from tests import factories
from tests.chaos.faults import FAULTS, Crew
from tests.chaos.promise import Ledger, looked_through
from tests.chaos.service import Service
from tests.grader.pipeline.road import upload

T = TypeVar("T")
_AWAY = (InterfaceError, OperationalError)
_WAITING = 8
"""How many uploads wait at a time: enough that a fault always finds work, and a queue."""
_PAUSE = 0.1
_PATIENCE = 300.0
"""How long nothing may end before what is left is called stuck: more than lease and sweeps."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a drill does."""

    runs: int
    seed: int
    every: float
    """Seconds between two faults, on average."""
    hasten: bool = False
    """Whether leases of the dead run out at once, and what waits is rung for at once."""


@dataclass
class Outcome:
    """What became of it."""

    planned: int
    uploads: int = 0
    sent_again: int = 0
    """Uploads that met the database's restart, and were sent once more with the same form."""
    ledger: Ledger = field(default_factory=Ledger)
    given_up: int = 0
    """Ended in a fault after three attempts; staff had them tried again."""
    seconds: float = 0.0
    injected: Counter[str] = field(default_factory=Counter)
    recovered: dict[str, list[float]] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether the promise held."""
        return not self.ledger.broken and self.ledger.graded == self.uploads == self.planned

    def lines(self) -> list[str]:
        """The table."""
        facts = {
            "uploads": self.uploads,
            "graded, each once with all its points": self.ledger.graded,
            "lost": self.ledger.lost,
            "doubled": self.ledger.doubled,
            "stuck": self.ledger.stuck,
            "wrong points": self.ledger.wrong,
            "given up after three attempts, and tried again by staff": self.given_up,
            "uploads that had to be sent twice": self.sent_again,
            "faults": self.injected.total(),
            "seconds": round(self.seconds),
        }
        rows = [f"{name:56} {value:6}" for name, value in facts.items()]
        rows += ["", f"{'fault':24} {'times':>6} {'recovered in, median':>22} {'longest':>9}"]
        for kind in FAULTS:
            took = self.recovered.get(kind, [])
            told = f"{median(took):20.1f} s {max(took):7.1f} s" if took else f"{'-':>22} {'-':>9}"
            rows.append(f"{kind:24} {self.injected[kind]:6} {told}")
        return rows


class Drill:
    """One drill on a service that is up; `run` does it."""

    def __init__(self, service: Service, homework: Assignment, plan: Plan) -> None:
        self._service, self._homework, self._plan = service, homework, plan
        self._rng = random.Random(plan.seed)  # repeatable, and nobody's secret
        self._uploaded = threading.Event()
        self._sent: dict[str, Membership] = {}
        self._pending: list[tuple[str, float, Callable[[], bool]]] = []
        self.outcome = Outcome(plan.runs)

    def run(self, say: Callable[[str], None] = lambda _line: None) -> Outcome:
        """Upload, hit, wait, and look at what is there in the end."""
        course = self._homework.course
        self._students = [factories.membership(course) for _ in range(self._plan.runs)]
        began = time.monotonic()
        with ExitStack() as stack:
            clock = self._service.start_worker(
                "bubblewrap", queues=CONTROL, options=("--pool", "solo", "--beat")
            )
            stack.callback(clock.stop)
            self._crew = Crew(self._service, self._rng)
            self._crew.wait()
            sender = threading.Thread(target=self._send_all, daemon=True)
            sender.start()
            self._watch(say)
            sender.join(_PATIENCE)
        self.outcome.seconds = time.monotonic() - began
        self._look()
        return self.outcome

    # What students do

    def _send_all(self) -> None:
        try:
            for number, student in enumerate(self._students):
                while _asked(_active().count) >= _WAITING:
                    time.sleep(_PAUSE)
                self._send(f"form {number}", student)
        finally:
            connection.close()
            self._uploaded.set()

    def _send(self, token: str, student: Membership) -> None:
        """Until it is taken, as a student would: by the same form."""
        self._sent[token] = student
        while True:
            try:
                upload(self._homework, student, timezone.now(), token=token)
            except _AWAY:
                connection.close()
                self.outcome.sent_again += 1
                time.sleep(_PAUSE)
            else:
                self.outcome.uploads += 1
                return

    # What befalls them

    def _watch(self, say: Callable[[str], None]) -> None:
        next_fault = time.monotonic() + self._pause()
        ended, since = -1, time.monotonic()
        while True:
            now = time.monotonic()
            if now >= next_fault and not self._uploaded.is_set():
                self._inject(say)
                next_fault = time.monotonic() + self._pause()
            _asked(self._help_along)
            self._note_recoveries()
            done = _asked(GradingJob.objects.exclude(state__in=ACTIVE).count)
            if done != ended:
                ended, since = done, now
            if self._uploaded.is_set() and not _asked(_active().count):
                return
            if now - since > _PATIENCE:
                return
            time.sleep(_PAUSE)

    def _pause(self) -> float:
        return self._rng.expovariate(1 / self._plan.every)

    def _inject(self, say: Callable[[str], None]) -> None:
        kind = self._rng.choice(list(FAULTS))
        began = time.monotonic()
        hit = FAULTS[kind](self._crew)
        self.outcome.injected[kind] += 1
        say(f"{self.outcome.uploads:5} uploads: {kind}")
        if hit:
            self._pending.append((kind, began, lambda: not _asked(_active(hit).count)))
        elif "killed" not in kind:
            last = _asked(lambda: GradingJob.objects.aggregate(last=Max("started_at"))["last"])
            later = GradingJob.objects.filter(started_at__gt=last or self._homework.opens_at)
            self._pending.append((kind, began, lambda: _asked(later.exists)))

    def _note_recoveries(self) -> None:
        for one in list(self._pending):
            kind, began, is_over = one
            if is_over():
                self.outcome.recovered.setdefault(kind, []).append(time.monotonic() - began)
                self._pending.remove(one)

    def _help_along(self) -> None:
        """Staff try again what was given up; where time is short, a minute goes by at once."""
        for job in GradingJob.objects.filter(state=JobState.FAULT).select_related("submission"):
            staff = Membership.objects.get(course=self._homework.course, role=Role.INSTRUCTOR)
            if retry(job.submission, staff.user) is not None:
                self.outcome.given_up += 1
        if self._plan.hasten:
            running = GradingJob.objects.filter(state=JobState.RUNNING)
            running.exclude(lease_owner__in=self._crew.owners()).update(lease_until=ago(HOUR))
            GradingJob.objects.filter(state=JobState.QUEUED, attempt__gt=0).update(not_before=None)
            GradingJob.objects.filter(rung_at__lt=ago(timedelta(seconds=5))).update(rung_at=None)
            self._service.sweep()

    def _look(self) -> None:
        """A form that made no submission lost an upload; one that made two doubled it."""
        rows = Submission.objects.filter(token__in=self._sent)
        by_token = Counter(rows.values_list("token", flat=True))
        self.outcome.ledger = looked_through(rows)
        self.outcome.ledger.lost += len(self._sent.keys() - by_token.keys())
        self.outcome.ledger.doubled += sum(made > 1 for made in by_token.values())


def _active(jobs: list[int] | None = None) -> QuerySet[GradingJob]:
    rows = GradingJob.objects.filter(state__in=ACTIVE)
    return rows if jobs is None else rows.filter(pk__in=jobs)


def _asked(question: Callable[[], T]) -> T:
    """The database's answer, when it is there again."""
    while True:
        try:
            return question()
        except _AWAY:
            connection.close()
            time.sleep(_PAUSE)
