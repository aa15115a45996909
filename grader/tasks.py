"""The Celery tasks: thin. Each takes plain values, calls one thing, and writes nothing itself."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from celery.signals import worker_process_shutdown

from grader.celery import GRADE, SWEEP, app
from grader.domain.states import Lane
from grader.models import GradingJob
from grader.pipeline import execute
from grader.pipeline.grade import grade_next
from grader.pipeline.sweep import sweep as sweep_once

log = logging.getLogger(__name__)


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@app.task(name=GRADE)
def grade(job_id: int) -> None:
    """A bell: something waits in this job's lane. Whose turn it is, the database says."""
    lane = GradingJob.objects.filter(pk=job_id).values_list("lane", flat=True).first()
    if lane is None:
        log.warning("a bell for job %d, which does not exist", job_id)
        return
    grade_next(Lane(lane), _owner())
    execute.tidy()


@app.task(name=SWEEP)
def sweep() -> None:
    """Repair what was lost."""
    sweep_once()


@worker_process_shutdown.connect
def _cool_down(**_facts: Any) -> None:
    execute.cool_down()
