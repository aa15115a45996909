"""Sessions in the database that end: some time after the last request, and some time after all.

The row's own date says when. It is moved on at most every ten minutes, so that reading pages writes
nothing; what has passed is found by nobody and removed by a task once a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.utils import timezone

_BEGUN = "begun"
_MOVED_EVERY = timedelta(minutes=10)


class SessionStore(db.SessionStore):
    """Django's own, with a second end: `SANDGLASS_SESSION_AGE` after the sign-in, come what may."""

    _ends: datetime | None = None

    def get_session_cookie_age(self) -> int:
        """Seconds that are left: those of an idle session, or fewer."""
        return self._left(getattr(self, "_session_cache", {}))

    def load(self) -> dict[str, Any]:
        """What the session holds; now and then its end is moved on."""
        return self._moved(super().load())

    async def aload(self) -> dict[str, Any]:
        """The same for asynchronous views."""
        return self._moved(await super().aload())

    def cycle_key(self) -> None:
        """Somebody has signed in or chosen another password: the session begins now."""
        self._session.pop(_BEGUN, None)  # type: ignore[attr-defined]  # not in the stubs
        super().cycle_key()

    async def acycle_key(self) -> None:
        """The same for asynchronous views."""
        (await self._aget_session()).pop(_BEGUN, None)  # type: ignore[attr-defined]
        await super().acycle_key()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row; a new session notes when it began."""
        data.setdefault(_BEGUN, timezone.now().timestamp())
        return super().create_model_instance(data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        """The same for asynchronous views."""
        data.setdefault(_BEGUN, timezone.now().timestamp())
        return await super().acreate_model_instance(data)

    def _get_session_from_db(self) -> Any:
        return self._noted(super()._get_session_from_db())  # type: ignore[misc]

    async def _aget_session_from_db(self) -> Any:
        return self._noted(await super()._aget_session_from_db())  # type: ignore[misc]

    def _noted(self, row: Any) -> Any:
        self._ends = row.expire_date if row else None
        return row

    def _moved(self, data: dict[str, Any]) -> dict[str, Any]:
        end = timezone.now() + timedelta(seconds=self._left(data))
        if self._ends is not None and end - self._ends >= _MOVED_EVERY:
            self.modified = True
        return data

    def _left(self, data: dict[str, Any]) -> int:
        now = timezone.now().timestamp()
        end = data.get(_BEGUN, now) + settings.SANDGLASS_SESSION_AGE
        return max(0, min(settings.SESSION_COOKIE_AGE, int(end - now)))
