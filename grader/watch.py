"""Watches over the lanes: sends canaries into those that are idle, and tells people of silence.

The clock calls it every minute, and workers do between two jobs: one of them notices when the other
is gone.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.conf import settings
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from grader import alerts, canary, heartbeats, workers
from grader.celery import BELL, CANARY, WATCH_EVERY, app
from grader.domain.states import Lane
from grader.queries.operations import SILENT_AFTER, LaneState, ServiceState, service_state

log = logging.getLogger(__name__)

_TELL_EVERY = timedelta(hours=1)
_ALONE_SECONDS = 60.0
_watched = -_ALONE_SECONDS


def watch() -> None:
    """Look at everything; send canaries, and tell people what is wrong."""
    seen = workers.at_work() or []
    state = service_state(seen)
    served = workers.served(seen)
    for lane in state.lanes:
        if lane.lane in served and _is_idle(lane):
            _send(lane.lane)
    tell(state)


def watch_now_and_then() -> None:
    """For workers, who do nothing but notice: tell people, at most once a minute."""
    global _watched  # noqa: PLW0603 - of this process
    if time.monotonic() >= _watched + _ALONE_SECONDS:
        _watched = time.monotonic()
        tell(service_state(workers.at_work()))


def answer(lane: Lane, worker: str) -> None:
    """What a worker does with a canary: grades it, unless students wait."""
    state = next(each for each in service_state().lanes if each.lane == lane)
    if state.waiting or state.rung is None:
        return
    began = time.monotonic()
    trouble = canary.sing()
    if trouble:
        log.error("the canary of the lane %s did not come back well: %s", lane, trouble)
        heartbeats.troubled(lane, trouble, worker)
        return
    seconds = state.rung.total_seconds() + time.monotonic() - began
    heartbeats.well(lane, seconds, worker)


def tell(state: ServiceState) -> None:
    """Tell people of each part that is in trouble, once an hour."""
    for lane in state.lanes:
        trouble = _trouble(lane)
        if trouble and heartbeats.may_tell(lane.lane, _TELL_EVERY):
            alerts.trouble(trouble, lane.lane)
    stopped = state.swept is not None and not state.sweeps
    if stopped and heartbeats.may_tell(heartbeats.SWEEP, _TELL_EVERY):
        alerts.trouble(
            "The sweep has not run for some minutes: what a lost worker or message left behind "
            "stays behind. Is the service `beat` at work?"
        )


def _is_idle(lane: LaneState) -> bool:
    """Whether nobody waits, and no work was seen in it for a while: work shows the same."""
    return not lane.waiting and (lane.worked is None or lane.worked > WATCH_EVERY)


def _send(lane: Lane) -> None:
    heartbeats.rung(lane)  # before, for a worker may be quicker than this
    try:
        with app.connection_for_write(transport_options=BELL) as connection:
            # One that nobody took is worth nothing once the next one is due.
            expires = WATCH_EVERY.total_seconds()
            app.send_task(
                CANARY, [lane.value], queue=lane.value, connection=connection, expires=expires
            )
    except (KombuError, RedisError, OSError) as error:
        log.warning("no canary was sent into the lane %s: %s", lane, error)


def _trouble(lane: LaneState) -> str:
    """What people should know of a lane; empty if all is well."""
    if not lane.waiting or lane.oldest is None:
        return _regrade_stands(lane)
    waiting = f"{lane.waiting} submission{'' if lane.waiting == 1 else 's'}"
    minutes = int(lane.oldest.total_seconds() // 60)
    if lane.silent and lane.oldest > SILENT_AFTER:
        why = f" The last canary said: {lane.canary_trouble}" if lane.canary_trouble else ""
        return (
            f"Nothing is graded in the lane {lane.lane}: {waiting} waiting, the first for "
            f"{minutes} minutes, and no sign of life of its workers.{why}"
        )
    if lane.oldest > settings.SANDGLASS_LONG_WAIT:
        return (
            f"The lane {lane.lane} is slow: {waiting} waiting, the first for {minutes} minutes. "
            "It is at work."
        )
    return ""


def _regrade_stands(lane: LaneState) -> str:
    """A regrade may take hours, and nobody is told of that; only where nobody grades it."""
    if not lane.silent or lane.regrading_oldest is None or lane.regrading_oldest <= SILENT_AFTER:
        return ""
    return (
        f"A regrade stands still: {lane.regrading} of its gradings wait in the lane {lane.lane}, "
        "and there is no sign of life of its workers."
    )
