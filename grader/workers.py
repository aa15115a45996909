"""Which workers are at work: they tell the broker's server, and what is told expires.

For people and for metrics. Nothing that must be right depends on it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError

from grader.celery import app
from grader.server import server

log = logging.getLogger(__name__)

TELL_EVERY = timedelta(seconds=20)
BELIEVED_FOR = timedelta(seconds=90)
"""A worker that was not heard of for so long is taken for dead: four tellings may be lost."""
_KEYS = "sandglass:worker:"


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker, as it tells of itself."""

    name: str
    lanes: tuple[str, ...]
    processes: int
    """How many submissions it grades at once."""
    gpus: int = 0
    gpus_leased: int = 0


def tell(worker: WorkerSeen) -> None:
    """Say that this worker is at work; silent on failure."""
    try:
        server(app.conf.broker_url).set(
            _KEYS + worker.name, json.dumps(asdict(worker)), ex=BELIEVED_FOR
        )
    except (RedisError, OSError) as error:
        log.warning("the worker %s is not made known: %s", worker.name, error)


def at_work() -> list[WorkerSeen] | None:
    """The workers that are at work, by name; None when nobody can say."""
    try:
        asked = server(app.conf.broker_url)
        keys = sorted(asked.scan_iter(match=f"{_KEYS}*", count=1_000))
        told: Any = asked.mget(keys) if keys else []
    except (RedisError, OSError) as error:
        log.warning("nobody can say which workers are at work: %s", error)
        return None
    return [_read(entry) for entry in told if entry]


def served(seen: Iterable[WorkerSeen]) -> set[str]:
    """The lanes that these workers serve."""
    return {lane for worker in seen for lane in worker.lanes}


def _read(entry: bytes) -> WorkerSeen:
    facts = json.loads(entry)
    return WorkerSeen(**{**facts, "lanes": tuple(facts["lanes"])})


def broker_answers() -> bool:
    """Whether the broker's server is there."""
    try:
        return bool(server(app.conf.broker_url).ping())
    except (RedisError, OSError):
        return False
