"""How often something may be done, counted by who does it. The rates are settings.

The counts lie in the broker's server, so that all processes count together. Nothing depends on it:
while it does not answer, each process counts for itself, and people sign in and upload as before.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import redis
from django.conf import settings
from django.utils.crypto import salted_hmac
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from grader.server import server_url

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

_PATIENCE = 0.5
"""Seconds that a request waits for the counts."""
_LEFT_ALONE = 15.0
"""Seconds for which a server that did not answer is not asked again."""


class TooMany(Exception):  # noqa: N818 - what happened, not which code
    """It was done too often; `seconds` says when it may be done again."""

    def __init__(self, limit: str, seconds: int) -> None:
        super().__init__(f"{limit}: again in {seconds} s")
        self.limit = limit
        self.seconds = seconds


class Counts:
    """Who did what when: for all processes, or while that cannot be, for this one."""

    def __init__(self, broker_url: str) -> None:
        pool = redis.ConnectionPool.from_url(
            server_url(broker_url),
            socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        shared = RedisStorage("redis://", connection_pool=pool, key_prefix="sandglass:limit")
        self._shared = MovingWindowRateLimiter(shared)
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._away_until = 0.0

    def ask(self, question: Callable[[MovingWindowRateLimiter], Answer]) -> Answer:
        """The answer by the counts of all, or by our own."""
        if time.monotonic() >= self._away_until:
            try:
                answer = question(self._shared)
            except (RedisError, OSError) as error:
                if not self._away_until:
                    self._own = MovingWindowRateLimiter(MemoryStorage())
                self._away_until = time.monotonic() + _LEFT_ALONE
                log.warning("limits are counted by each process for itself: %s", error)
            else:
                self._away_until = 0.0
                return answer
        return question(self._own)


@cache
def _counts() -> Counts:
    return Counts(settings.SANDGLASS_BROKER_URL)


def take(limit: str, *who: str) -> None:
    """Count one more. Raises `TooMany`, and counts nothing, where that would be one too many.

    Who has no name, as a visitor whose address no proxy has noted, is not counted.
    """
    if "" in who:
        return
    rate, name = settings.SANDGLASS_LIMITS[limit], _name(limit, *who)
    if not _counts().ask(lambda counts: counts.hit(rate, name)):
        again = _counts().ask(lambda counts: counts.get_window_stats(rate, name)).reset_time
        raise TooMany(limit, max(1, math.ceil(again - time.time())))


def forget(limit: str, *who: str) -> None:
    """Count from none again."""
    rate, name = settings.SANDGLASS_LIMITS[limit], _name(limit, *who)
    _counts().ask(lambda counts: counts.clear(rate, name))


def start_anew() -> None:
    """Forget what this process has counted, and ask the server again."""
    _counts.cache_clear()


def _name(limit: str, *who: str) -> str:
    """A key that tells nobody who reads the server which addresses were tried."""
    return salted_hmac("web.rate_limits", "\0".join((limit, *who)), algorithm="sha256").hexdigest()
