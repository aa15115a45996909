"""Whether the service is ready: each part that it needs, asked. No more than a word about each."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from grader import workers
from grader.queries.operations import service_state

log = logging.getLogger(__name__)

_BELIEVED_SECONDS = 5.0


class Health(StrEnum):
    """How a part is. What is degraded is missed, and uploads go on without it."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Readiness:
    """Every part by its name."""

    parts: Mapping[str, Health]

    @property
    def status(self) -> Health:
        """The worst of the parts."""
        worst = list(Health).index
        return max(self.parts.values(), key=worst)


class Watcher:
    """Looks at most every few seconds, so that who asks often costs nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Readiness | None = None
        self._looked = float("-inf")

    def readiness(self) -> Readiness:
        """How it is; what was found before while that is young, or another thread looks."""
        last = self._last
        if last is not None and time.monotonic() - self._looked < _BELIEVED_SECONDS:
            return last
        if not self._lock.acquire(blocking=last is None):
            assert last is not None
            return last
        try:
            self._last = look()
            self._looked = time.monotonic()
            return self._last
        finally:
            self._lock.release()


def look() -> Readiness:
    """Ask every part now."""
    parts = {"database": _database(), "storage": _storage(), "broker": _broker()}
    if parts["database"] is Health.OK:
        parts |= _unseen(heard=parts["broker"] is Health.OK)
    return Readiness(parts)


def _database() -> Health:
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError:
        log.exception("the database does not answer")
        return Health.FAILED
    missing = _migrations() - applied
    if missing:
        log.error("%d migrations are not applied", len(missing))
    return Health.FAILED if missing else Health.OK


@cache
def _migrations() -> set[tuple[str, str]]:
    return set(MigrationLoader(None).disk_migrations or {})


def _storage() -> Health:
    try:
        name = default_storage.save(f"probe/{uuid.uuid4().hex}", ContentFile(b"ready?"))
        default_storage.delete(name)
    except Exception:  # each kind of storage has errors of its own
        log.exception("storage cannot be written")
        return Health.FAILED
    return Health.OK


def _broker() -> Health:
    return Health.OK if workers.broker_answers() else Health.DEGRADED


def _unseen(*, heard: bool) -> dict[str, Health]:
    """The sweep, and each lane that somebody serves; without the broker neither can be blamed."""
    seen = workers.at_work() or []
    state = service_state(seen)
    bad = Health.FAILED if heard else Health.DEGRADED
    served = workers.served(seen)
    parts = {"sweep": Health.OK if state.sweeps else bad}
    for lane in state.lanes:
        if lane.lane in served or lane.remembered:
            parts[f"lane {lane.lane}"] = bad if lane.silent else Health.OK
    return parts
