"""A submission on its way, as server-sent events: its place in the queue, then each check.

The database says where it stands, and the stream of the attempt says what happens in between.
Everything may be told twice: a page that reconnects gets an attempt from its start again, and its
rows are known by their numbers.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.http import StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from redis.exceptions import RedisError

from grader.domain.states import JobState
from grader.live import FINISHED, follow
from grader.queries.submission import Standing, standing_of
from web import wording
from web.rate_limits import TooMany

log = logging.getLogger(__name__)

LONGEST = timedelta(minutes=30)
"""After this a stream ends; the browser opens a new one by itself."""
_NEXT, _SOON, _LATER, _RARELY = 0.4, 2.0, 5.0, 10.0
_FRONT = 3
_BREATH = 0.2
_QUIET_ROUNDS = 3
_HEARTBEAT = ": still here\n\n"
_OF_A_CHECK = ("number", "problem", "title", "outcome", "points", "max_points")
_WATCH_AGAIN = 30
"""Seconds after which somebody with many live pages may try once more."""
_TEENS = range(11, 14)
_watching: Counter[int] = Counter()


def stream(
    reader: int, submission_id: int, zone: ZoneInfo, *, silent: bool = False
) -> StreamingHttpResponse:
    """An answer that tells a reader the events of a submission; a silent one tells none.

    Raises `TooMany` for who watches very many at once.
    """
    if watched_by(reader) >= settings.SANDGLASS_LIVE_AT_ONCE:
        raise TooMany("live", _WATCH_AGAIN)
    events = _nothing() if silent else watch(submission_id, zone)
    return StreamingHttpResponse(
        counted(reader, events),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store, private", "X-Accel-Buffering": "no"},
    )


async def watch(submission_id: int, zone: ZoneInfo) -> AsyncGenerator[str]:
    """The events of a submission until it is finished, or for the longest time of a stream."""
    clock = asyncio.get_running_loop().time
    end = clock() + LONGEST.total_seconds()
    told: dict[str, Any] = {}
    followed = 0
    while clock() < end:
        standing = await _ask(submission_id)
        if told and standing.state == JobState.DONE and standing.attempt != followed:
            # It began and ended since the last look: its checks are told all the same.
            async for event in _attempt(submission_id, standing):
                yield event
        state = _state(standing, zone)
        yield _HEARTBEAT if state == told else _event("state", state)
        told = state
        if not standing.active:
            yield _event(FINISHED, {})
            return
        if standing.state == JobState.RUNNING:
            followed = standing.attempt
            async for event in _attempt(submission_id, standing):
                yield event
        await asyncio.sleep(_pause(standing))


async def counted(reader: int, events: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """The same events; while they last, the reader has one stream more in this process."""
    _watching[reader] += 1
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    finally:
        _watching[reader] -= 1


def watched_by(reader: int) -> int:
    """How many streams this process has open for a person."""
    return _watching[reader]


def words_for(standing: Standing, zone: ZoneInfo) -> str:
    """Where a submission stands, as a sentence for its student."""
    if standing.state == JobState.RUNNING:
        return "Being graded now." if standing.attempt <= 1 else "Being graded again."
    if standing.no_gpu:
        return "This waits for a machine with a GPU: none is at work now."
    if standing.again:
        return "Something of ours failed, so this is graded again in a moment."
    if standing.not_before is not None:
        start = wording.moment(standing.not_before, zone)
        return f"Today's graded uploads are used up: this one is graded from {start} on."
    if standing.place is None:
        return "In the queue."
    position, waiting = standing.place.position, standing.place.waiting
    place = "Next in the queue" if position == 1 else f"{_ordinal(position)} of {waiting} in line"
    expected = standing.place.expected
    return f"{place}." if expected is None else f"{place}, {_about(expected)} to go."


async def _nothing() -> AsyncGenerator[str]:
    nothing: tuple[str, ...] = ()
    for event in nothing:
        yield event


async def _ask(submission_id: int) -> Standing:
    return await sync_to_async(_asked)(submission_id)


def _asked(submission_id: int) -> Standing:
    # Whoever watches holds no connection while nothing happens: there may be hundreds.
    try:
        return standing_of(submission_id, timezone.now())
    finally:
        close_old_connections()


async def _attempt(submission_id: int, begun: Standing) -> AsyncIterator[str]:
    """What one attempt tells, until it ends or another takes its place."""
    quiet = 0
    try:
        async with aclosing(follow(begun.job, begun.attempt)) as events:
            async for event in events:
                quiet = quiet + 1 if event is None else 0
                if event is not None and event["event"] == FINISHED:
                    return
                if event is not None:
                    yield _told(event)
                elif not begun.active:
                    return  # what is over says nothing more
                elif quiet % _QUIET_ROUNDS == 0:
                    yield _HEARTBEAT
                    if await _ask(submission_id) != begun:
                        return
    except (RedisError, OSError) as error:
        log.warning("job %d cannot be followed, so the database is asked: %s", begun.job, error)
        await asyncio.sleep(_SOON)


def _told(event: dict[str, Any]) -> str:
    if event["event"] != "check":
        return _event(event["event"], {"total": event.get("total", 0)})
    points = {name: Decimal(event[name]) for name in ("points", "max_points")}
    row = render_to_string("web/live_check.html", {"check": {**event, **points}})
    facts = {name: event[name] for name in _OF_A_CHECK}
    return _event("check", {**facts, "row": row})


def _state(standing: Standing, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "state": standing.state.value,
        "attempt": standing.attempt,
        "words": words_for(standing, zone) if standing.active else "",
    }


def _pause(standing: Standing) -> float:
    """Seconds until the database is asked again: seldom by those who wait at the back."""
    if standing.state == JobState.RUNNING:
        return _BREATH
    if standing.no_gpu:
        return _RARELY
    if standing.place is None:
        return _RARELY if standing.not_before and not standing.again else _SOON
    if standing.place.position == 1:
        return _NEXT  # a small homework is graded in a second, and its checks are to be seen
    return _SOON if standing.place.position <= _FRONT else _LATER


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _about(length: timedelta) -> str:
    """A wait as people say it; nobody needs its seconds."""
    if length < timedelta(minutes=1):
        return "less than a minute"
    return f"about {wording.span(length)}"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in _TEENS else ending}"
