"""Where this process rings, and what lies in a broker's lanes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from grader.celery import app
from tests.servers import RedisServer


@contextmanager
def broker_at(url: str) -> Iterator[None]:
    """Celery looks for its broker at this address as long as the block runs."""
    before = app.conf.broker_url
    app.conf.update(broker_url=url)
    app.close()
    try:
        yield
    finally:
        app.conf.update(broker_url=before)
        app.close()


def waiting(server: RedisServer, lane: str = "interactive") -> list[str]:
    """The arguments of the messages in a lane, as text."""
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        messages = [json.loads(str(entry)) for entry in client.lrange(lane, 0, -1)]
    return [str(message["headers"]["argsrepr"]) for message in messages]
