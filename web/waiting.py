"""An upload that has to wait a moment, because its student sent many: it keeps its arrival.

The answer carries a ticket that says when this student sent exactly this, signed. Sent again with
it, the upload is as early as it was the first time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing

HONOURED = timedelta(minutes=30)
"""How long a ticket is good for: much longer than any wait that the page asks for."""
_SALT = "web.waiting"


def ticket_for(student: int, token: str, arrived: datetime) -> str:
    """What the answer gives to a student whose upload of this token has to wait."""
    return signing.dumps([student, token, arrived.isoformat()], salt=_SALT)


def moment_of(ticket: str, student: int, token: str) -> datetime | None:
    """When this was first sent by this student; None without a ticket that says so."""
    if not ticket:
        return None
    try:
        who, what, arrived = signing.loads(ticket, salt=_SALT, max_age=HONOURED)
    except signing.BadSignature:
        return None
    return datetime.fromisoformat(arrived) if (who, what) == (student, token) else None
