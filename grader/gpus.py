"""Which GPUs are at work: their workers tell the broker's server, and what is told expires.

Nothing that must be right depends on it. It decides in which lane an upload waits and what a page
says of the waiting; the leases of GPUs themselves are kept by the host that has them.
"""

from __future__ import annotations

import logging
import time

from redis.exceptions import RedisError

from grader.celery import app
from grader.server import server
from grader.workers import BELIEVED_FOR

log = logging.getLogger(__name__)

_REST_SECONDS = 5.0
_away_until = 0.0


def key(count: int) -> str:
    """What is there while a worker with at least `count` GPUs is at work."""
    return f"sandglass:gpus:{count}"


def tell(count: int) -> None:
    """Say that a worker of this machine serves the lane and has so many GPUs; silent on failure."""
    try:
        pipe = server(app.conf.broker_url).pipeline(transaction=False)
        for number in range(1, count + 1):
            pipe.set(key(number), "1", ex=BELIEVED_FOR)
        pipe.execute()
    except (RedisError, OSError) as error:
        log.warning("the GPUs of this machine are not made known: %s", error)


def at_work(count: int) -> bool | None:
    """Whether a worker with so many GPUs is at work; None when nobody can say.

    A request asks this while a student waits: a server that does not answer is left alone for
    some seconds.
    """
    global _away_until  # noqa: PLW0603 - of this process
    if time.monotonic() < _away_until:
        return None
    try:
        return bool(server(app.conf.broker_url).exists(key(count)))
    except (RedisError, OSError) as error:
        log.warning("nobody can say whether a GPU is at work: %s", error)
        _away_until = time.monotonic() + _REST_SECONDS
        return None
