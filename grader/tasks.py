"""The Celery tasks: thin. Each takes plain values, calls one thing, and writes nothing itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

from celery.signals import (
    celeryd_after_setup,
    heartbeat_sent,
    worker_process_shutdown,
    worker_shutdown,
)
from django.core.management import call_command
from django.utils import timezone

from grader import (
    drafts,
    gpus,
    heartbeats,
    logs,
    messages,
    passback,
    retention,
    watch,
    workers,
)
from grader.celery import (
    CANARY,
    COMPARE,
    GRADE,
    MAIL,
    PASSBACK,
    PASSBACK_EVERY,
    REGRADE,
    SWEEP,
    TIDY,
    WATCH,
    app,
    process_name,
)
from grader.domain.states import Lane
from grader.fitness import fitness, reaper
from grader.lti import comparing, keys, logins, registration, sending
from grader.models import GradingJob
from grader.pipeline import execute, regrade
from grader.pipeline.grade import grade_next
from grader.pipeline.sweep import sweep as sweep_once

log = logging.getLogger(__name__)


@app.task(name=GRADE)
def grade(job_id: int) -> None:
    """A bell: something waits in this job's lane. Whose turn it is, the database says."""
    lane = GradingJob.objects.filter(pk=job_id).values_list("lane", flat=True).first()
    if lane is None:
        log.warning("a bell for job %d, which does not exist", job_id)
        return
    if lane == Lane.GPU and not execute.count_gpus():
        log.error("job %d waits for a GPU, and this worker of its lane has none", job_id)
        return
    if refusal := fitness.refusal() or execute.absence():
        heartbeats.troubled(lane, refusal, process_name())
        log.error("job %d waits: this machine cannot grade now: %s", job_id, refusal)
        return
    grade_next(Lane(lane), process_name())
    execute.tell_pool_use()
    fitness.look_again()
    watch.watch_now_and_then()


@app.task(name=SWEEP)
def sweep() -> None:
    """Repair what was lost."""
    sweep_once()


@app.task(name=WATCH)
def look_after_lanes() -> None:
    """Send canaries, and tell people what is wrong."""
    watch.watch()


@app.task(name=CANARY)
def canary(lane: str) -> None:
    """Show that this lane is served."""
    with logs.about(lane=lane):
        watch.answer(Lane(lane), process_name())


@app.task(name=REGRADE)
def take_regrades_on() -> None:
    """Enqueue what regrades have to grade; call again at once while there is more."""
    if regrade.step_all():
        regrade.wake()


@app.task(name=MAIL)
def send_messages() -> None:
    """Send what people are to be told."""
    messages.send_waiting(timezone.now())


@app.task(name=TIDY)
def tidy() -> None:
    """Remove what has passed: ended sessions, old keys, launches, tables sent in, old folders."""
    call_command("clearsessions")
    now = timezone.now()
    keys.look_after(now=now)
    logins.forget_old(now=now)
    registration.forget_old(now=now)
    drafts.remove_expired(now)
    retention.remove()


@app.task(name=PASSBACK)
def pass_back() -> None:
    """Queue the grades that have changed, and send what waits; the next go does the rest."""
    passback.note_changes(now=timezone.now())
    sending.send_waiting(timezone.now, Random(), lasting=PASSBACK_EVERY)  # noqa: S311 - no secret


@app.task(name=COMPARE)
def compare() -> None:
    """Look what platforms hold of the grades that were sent."""
    comparing.compare_all(timezone.now)


class Announcement:
    """Makes known, while a worker lives, which lanes it serves and which GPUs its machine has.

    By the worker's own heartbeat: a worker that hangs tells nothing more.
    """

    def __init__(self) -> None:
        self._worker = workers.WorkerSeen("", (), 0)
        self._told = float("-inf")

    def begin(self, name: str, lanes: Iterable[str], processes: int) -> None:
        """Note who this worker is, and which lanes it serves; the queue of the sweep is none."""
        served = tuple(lane for lane in Lane if lane in set(lanes))
        self._worker = workers.WorkerSeen(name, served, processes)

    def beat(self) -> None:
        """Tell, if it is time to."""
        now = time.monotonic()
        if self._worker.lanes and now - self._told >= workers.TELL_EVERY.total_seconds():
            self._told = now
            if Lane.GPU not in self._worker.lanes:
                workers.tell(self._worker)
                return
            count = execute.count_gpus()
            gpus.tell(count)
            if not count:  # it leaves alone what it hears in that lane
                others = tuple(lane for lane in self._worker.lanes if lane != Lane.GPU)
                workers.tell(replace(self._worker, lanes=others))
                return
            leased = count - execute.count_free_gpus()
            workers.tell(replace(self._worker, gpus=count, gpus_leased=leased))


_announcement = Announcement()


@celeryd_after_setup.connect
def _begin(instance: Any, **_facts: Any) -> None:
    lanes = instance.app.amqp.queues.consume_from
    _announcement.begin(instance.hostname, lanes, instance.concurrency)
    if set(lanes) & set(Lane):  # the queue of the sweep needs no sandbox
        reaper.begin()


@heartbeat_sent.connect
def _beat(**_facts: Any) -> None:
    _announcement.beat()


@worker_shutdown.connect
def _end(**_facts: Any) -> None:
    reaper.end()


@worker_process_shutdown.connect
def _cool_down(**_facts: Any) -> None:
    execute.cool_down()
