"""A whole class uploads within a minute, through the real web server, while workers grade.

Each student reads the page of the homework and sends its form at a random moment of the minute.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median, quantiles

from grader.celery import CONTROL
from grader.domain.states import ACTIVE
from grader.models import Assignment, GradingJob, Submission
from tests import factories
from tests.chaos.browser import Answer, Browser
from tests.chaos.faults import WORKERS
from tests.chaos.promise import Ledger, looked_through
from tests.chaos.service import Service
from tests.grader.pipeline.road import RIGHT

SEE_OTHER = 303
_PATIENCE = 300.0


@dataclass
class Outcome:
    """What became of the rush."""

    answers: list[Answer] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Uploads that got no answer at all."""
    last_sent: float = 0.0
    """Seconds from the beginning to when the last form had its answer."""
    drained: float = 0.0
    """Seconds from the last answer to the last score."""
    waiting: int = 0
    """How many were not graded yet when the last one had been taken."""
    ledger: Ledger | None = None

    @property
    def refused(self) -> int:
        """Uploads that were answered, and not taken."""
        return sum(one.status != SEE_OTHER for one in self.answers) + len(self.failed)

    def kept(self, uploads: int) -> bool:
        """Whether none was refused or lost, and all are graded."""
        assert self.ledger is not None
        return not self.refused and not self.ledger.broken and self.ledger.graded == uploads

    def lines(self) -> list[str]:
        """The table."""
        assert self.ledger is not None
        took = sorted(one.seconds for one in self.answers) or [0.0, 0.0]
        rows: dict[str, object] = {
            "uploads answered": len(self.answers),
            "refused": self.refused,
            "graded, each once with all its points": self.ledger.graded,
            "lost": self.ledger.lost,
            "doubled": self.ledger.doubled,
            "stuck": self.ledger.stuck,
            "wrong points": self.ledger.wrong,
            "answer to an upload, median": f"{median(took):.2f} s",
            "answer to an upload, p95": f"{quantiles(took, n=20)[-1]:.2f} s",
            "answer to an upload, longest": f"{took[-1]:.2f} s",
            "the last one was answered after": f"{self.last_sent:.0f} s",
            "of them not graded yet by then": self.waiting,
            "graded all after another": f"{self.drained:.0f} s",
        }
        return [f"{name:40} {value!s:>10}" for name, value in rows.items()]


def rush(
    service: Service, homework: Assignment, uploads: int, seconds: float, seed: int
) -> Outcome:
    """Have so many students upload within so many seconds, and wait until all are graded."""
    outcome, rng = Outcome(), random.Random(seed)
    with ExitStack() as stack:
        port = stack.enter_context(service.web())
        clock = service.start_worker(
            "bubblewrap", queues=CONTROL, options=("--pool", "solo", "--beat")
        )
        stack.callback(clock.stop)
        for worker in [service.start_worker("bubblewrap") for _ in range(WORKERS)]:
            worker.wait()
        browsers = [Browser(factories.membership(homework.course), port) for _ in range(uploads)]
        began = time.monotonic()
        students = [
            threading.Thread(
                target=_student, args=(one, homework, began + rng.uniform(0, seconds), outcome)
            )
            for one in browsers
        ]
        for student in students:
            student.start()
        for student in students:
            student.join()
        outcome.last_sent = time.monotonic() - began
        outcome.waiting = _left()
        _drain()
        outcome.drained = time.monotonic() - began - outcome.last_sent
    outcome.ledger = looked_through(Submission.objects.all())
    outcome.ledger.lost += len(outcome.answers) - outcome.refused - Submission.objects.count()
    return outcome


def _student(browser: Browser, homework: Assignment, moment: float, outcome: Outcome) -> None:
    time.sleep(max(moment - time.monotonic(), 0))
    try:
        address = f"/c/{homework.course.slug}/hw/{homework.slug}/"
        outcome.answers.append(browser.hand_in(address, RIGHT))
    except OSError as error:
        outcome.failed.append(repr(error))


def _left() -> int:
    return GradingJob.objects.filter(state__in=ACTIVE).count()


def _drain() -> None:
    """Return when nothing is left, or nothing has ended for minutes."""
    left, since = _left(), time.monotonic()
    while left and time.monotonic() - since < _PATIENCE:
        time.sleep(0.1)
        if (now := _left()) != left:
            left, since = now, time.monotonic()
