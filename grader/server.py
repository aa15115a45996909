"""The broker's server, spoken to directly: for what is told beside the queue, and may be lost.

Who asks gives an answer to a student or goes on with a run, so it answers within a second or not
at all.
"""

from __future__ import annotations

from functools import cache
from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_SECONDS = 1.0


def server_url(broker_url: str) -> str:
    """The broker's address as redis-py writes it: Celery's form of a unix socket is its own."""
    if not broker_url.startswith("redis+socket://"):
        return broker_url
    parts = urlsplit(broker_url)
    database = parse_qs(parts.query).get("virtual_host", ["0"])[0]
    return f"unix://{parts.path}?db={database}"


@cache
def server(broker_url: str) -> redis.Redis:
    """A client of it, kept by this process. Its calls raise `RedisError` or `OSError`."""
    return redis.Redis.from_url(
        server_url(broker_url),
        socket_timeout=_SECONDS,
        socket_connect_timeout=_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
