"""The Celery application. A leaf: it knows the settings, the queues and the names of the tasks.

Messages are bells. They carry a job's id and nothing else; what is owed stands in the database.
"""

from __future__ import annotations

import logging.config
import os
import socket
from datetime import timedelta
from typing import Any

from billiard.process import current_process
from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from kombu import Queue

from grader.domain.states import Lane

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")

GRADE = "grader.grade"
SWEEP = "grader.sweep"
WATCH = "grader.watch"
CANARY = "grader.canary"
TIDY = "grader.tidy"
PASSBACK = "grader.passback"
COMPARE = "grader.compare"
MAIL = "grader.mail"
REGRADE = "grader.regrade"
CONTROL = "control"
"""The queue of the sweep: never behind a homework."""
LTI = "lti"
"""The queue of what waits for learning management systems, which may be slow."""
SWEEP_EVERY = timedelta(seconds=30)
TIDY_EVERY = timedelta(days=1)
MAIL_EVERY = timedelta(seconds=30)
REGRADE_EVERY = timedelta(seconds=30)
WATCH_EVERY = timedelta(seconds=60)
PASSBACK_EVERY = timedelta(seconds=30)
COMPARE_EVERY = timedelta(days=1)
BELL = {
    # A request rings within this or not at all: it answers a student who waits.
    "socket_timeout": 1.0,
    "socket_connect_timeout": 1.0,
    "max_retries": 1,
    "interval_start": 0.0,
    "interval_step": 0.0,
}
"""How the broker is spoken to by who only rings; a connection of its own, never a stale one."""
_LONGEST_JOB = timedelta(hours=2)

app = Celery("sandglass")
app.conf.update(
    broker_url=settings.SANDGLASS_BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        # A message that a lost worker held comes back after this. Nothing depends on it: the
        # lease in the database runs out much earlier, and the sweep rings again.
        "visibility_timeout": _LONGEST_JOB.total_seconds(),
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        # Lanes in the order in which a worker names them: people wait for the first.
        "queue_order_strategy": "priority",
        "health_check_interval": 10,
    },
    task_queues=[Queue(name) for name in (*Lane, CONTROL, LTI)],
    task_create_missing_queues=False,
    task_default_queue=CONTROL,
    task_acks_late=True,
    # A job that kills its worker would come back for ever; the row's attempts end it.
    task_reject_on_worker_lost=False,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=30.0,
    worker_enable_soft_shutdown_on_idle=False,
    beat_schedule={
        name: {
            "task": name,
            "schedule": every,
            # One that nobody took is worth nothing once the next one is due.
            "options": {"queue": queue, "expires": every.total_seconds()},
        }
        for name, every, queue in (
            (SWEEP, SWEEP_EVERY, CONTROL),
            (WATCH, WATCH_EVERY, CONTROL),
            (TIDY, TIDY_EVERY, CONTROL),
            (MAIL, MAIL_EVERY, CONTROL),
            (PASSBACK, PASSBACK_EVERY, LTI),
            (COMPARE, COMPARE_EVERY, LTI),
            (REGRADE, REGRADE_EVERY, CONTROL),
        )
    },
    beat_schedule_filename=str(settings.DATA / "beat-schedule"),
    timezone="UTC",
    imports=["grader.tasks"],
)


@setup_logging.connect
def _log_like_the_site(**_facts: Any) -> None:
    """A worker writes the same lines as the pages; Celery would add a form of its own."""
    logging.config.dictConfig(settings.LOGGING)


def process_number() -> int:
    """Which of its worker's processes this one is, from 0; a new one takes a lost one's number."""
    return int(getattr(current_process(), "index", 0))


def process_name() -> str:
    """Who this process is among all of the site."""
    return f"{socket.gethostname()}:{os.getpid()}"
