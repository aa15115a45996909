"""What a run tells while it works: a short stream for each attempt, in the broker's server.

A stream and not a channel: a page that opens late reads it from the start. What is in it is what
the student may see at once, so no id, message or output of a check ever enters it. Nothing depends
on it; when it fails, pages look at the database instead.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from grader.server import server, server_url

log = logging.getLogger(__name__)
_KEPT_SECONDS = 3_600
_EVENTS = 2_000
_BLOCK_MILLISECONDS = 2_000
FINISHED = "finished"


def key(job_id: int, attempt: int) -> str:
    """The stream of one attempt."""
    return f"sandglass:live:{job_id}:{attempt}"


class Feed:
    """The writing end: one attempt's stream. A server that does not answer ends it, silently."""

    def __init__(self, job_id: int, attempt: int) -> None:
        self._key = key(job_id, attempt)
        self._open = True

    def publish(self, event: dict[str, Any]) -> None:
        """Add an event for whoever watches."""
        if not self._open:
            return
        try:
            pipe = server(settings.SANDGLASS_BROKER_URL).pipeline(transaction=False)
            pipe.xadd(self._key, {"event": json.dumps(event)}, maxlen=_EVENTS, approximate=True)
            pipe.expire(self._key, _KEPT_SECONDS)
            pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("%s is not told live: %s", self._key, error)
            self._open = False

    def finish(self, state: str) -> None:
        """Say that the job's rows are written: a page has everything to show."""
        self.publish({"event": FINISHED, "state": state})


async def follow(job_id: int, attempt: int) -> AsyncGenerator[dict[str, Any] | None]:
    """The events of an attempt from its start; None now and then while nothing happens.

    Ends after the last event. Raises `RedisError` or `OSError` when the server does not answer.
    """
    client = redis.asyncio.Redis.from_url(server_url(settings.SANDGLASS_BROKER_URL))
    async with aclosing(client):
        last, name = "0", key(job_id, attempt)
        while True:
            answer: Any = await client.xread({name: last}, block=_BLOCK_MILLISECONDS)
            if not answer:
                yield None
                continue
            for entry, fields in answer[0][1]:
                last = entry
                event = json.loads(fields[b"event"])
                yield event
                if event["event"] == FINISHED:
                    return
