"""How warm guests are used: each grading process tells the broker's server after a run.

For people and for metrics. Nothing that must be right depends on it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError

from grader.celery import app
from grader.server import server

log = logging.getLogger(__name__)

BELIEVED_FOR = timedelta(minutes=30)
"""As long as a guest waits at most: a process that was killed is not counted for ever."""
_WAITING = "sandglass:pool:"
_SERVED = "sandglass:pool-served"


@dataclass(frozen=True, slots=True)
class PoolsSeen:
    """All processes together."""

    waiting: int
    warm: int
    """Submissions that found a guest ready, since the broker's server last forgot."""
    cold: int
    """Those for which one had to be started."""


def tell(owner: str, *, waiting: int, warm: int, cold: int) -> None:
    """Say what this process has, and whom it served since it told last; silent on failure."""
    try:
        with server(app.conf.broker_url).pipeline() as told:
            told.set(_WAITING + owner, waiting, ex=BELIEVED_FOR)
            told.hincrby(_SERVED, "warm", warm)
            told.hincrby(_SERVED, "cold", cold)
            told.execute()
    except (RedisError, OSError) as error:
        log.warning("how guests are used is not made known: %s", error)


def leave(owner: str) -> None:
    """Say that this process ends and has none any more; silent on failure."""
    try:
        server(app.conf.broker_url).delete(_WAITING + owner)
    except (RedisError, OSError) as error:
        log.warning("that the guests of %s are gone is not made known: %s", owner, error)


def in_use() -> PoolsSeen | None:
    """How they are used; None when nobody can say."""
    try:
        asked = server(app.conf.broker_url)
        keys = list(asked.scan_iter(match=f"{_WAITING}*", count=1_000))
        waiting: Any = asked.mget(keys) if keys else []
        served: Any = asked.hgetall(_SERVED)
    except (RedisError, OSError) as error:
        log.warning("nobody can say how guests are used: %s", error)
        return None
    return PoolsSeen(
        sum(int(each) for each in waiting if each),
        int(served.get(b"warm", 0)),
        int(served.get(b"cold", 0)),
    )
