"""Sends one score, and reads out of the platform's answer what became of it.

Nothing is written here. Whoever calls holds the lease of the row (see `grader.passback`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from grader.domain.passback import LATER_BY, same_points
from grader.lti.calls import Reply, ServiceFailed
from grader.lti.keys import KeysUnreadable
from grader.lti.scores import Result, Score, body, column_answers, post_score, result_of
from grader.lti.services import RESULT, Service

_NO_SUCH = {403, 404, 410}
_IN_TIME = {401, 408, 425, 429}
"""What a platform may say to a good score, and not say later."""
_MOODLE_SAYS = "incorrect score received"
_EARLIER = ("before last updated", "earlier timestamp")
"""How Canvas says by 400 what Moodle says by 409."""


class Ending(StrEnum):
    """What became of a sending."""

    TAKEN = "taken"
    LATER = "later"
    """To be tried again; the platform itself is in trouble."""
    REFUSED = "refused"
    """This score, and no later try will change that."""
    GONE = "gone"
    """The whole column."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a sending, with a sentence for staff where it was no success."""

    ending: Ending
    sentence: str = ""
    timestamp: datetime | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A score on its way: where to, and what may be there already."""

    service: Service
    item: str
    score: Score
    last_points: Decimal | None
    """What the platform last took of us, on our scale."""
    column_scopes: tuple[str, ...]
    """With which the column itself may be looked at."""
    unsure: bool
    """Whether an earlier try may have arrived: its answer was lost, or its sender was."""


def deliver(parcel: Parcel, clock: Callable[[], datetime]) -> Outcome:
    """Send it, looking first where an earlier try may have arrived."""
    try:
        if parcel.unsure:
            held = _held(parcel)
            if held is not None and _is_there(parcel, held):
                return _taken(parcel)
            if held is not None and not same_points(
                held.of(parcel.score.possible), parcel.last_points
            ):
                # Something of this attempt has arrived: it must not count as another one.
                parcel = replace(parcel, score=replace(parcel.score, new_submission=False))
        return _sent(parcel, clock, again=True)
    except ServiceFailed as failed:
        return Outcome(Ending.LATER, str(failed), retry_after=failed.retry_after)
    except KeysUnreadable as unreadable:
        return Outcome(Ending.LATER, str(unreadable))


def _sent(parcel: Parcel, clock: Callable[[], datetime], *, again: bool) -> Outcome:
    said = body(parcel.score, parcel.service.platform.dialect)
    reply = post_score(parcel.service, parcel.item, said)
    if reply.ok:
        return _believed(parcel, reply)
    if _is_earlier(reply):
        return _after_a_later_one(parcel, reply, clock, again=again)
    if reply.status in _NO_SUCH:
        return _without_column(parcel, reply)
    # The rest is a redirect, a fault of theirs, or a number that does not exist.
    if reply.status in _IN_TIME or not 400 <= reply.status < 500:  # noqa: PLR2004 - HTTP's own
        return Outcome(Ending.LATER, reply.told, retry_after=reply.retry_after)
    is_nobody = _MOODLE_SAYS in reply.words.lower()
    return Outcome(Ending.REFUSED, _NO_STUDENT if is_nobody else reply.told)


_NO_STUDENT = "The platform takes no grade for this user: there, it is no student of the course."


def _believed(parcel: Parcel, reply: Reply) -> Outcome:
    """A success that looks like one; a page of something that stands between us is none."""
    if reply.is_json:
        return _taken(parcel)
    held = _held(parcel)
    if held is not None and _is_there(parcel, held):
        return _taken(parcel)
    return Outcome(Ending.LATER, f"That was no answer of a gradebook. {reply.told}")


def _after_a_later_one(
    parcel: Parcel, reply: Reply, clock: Callable[[], datetime], *, again: bool
) -> Outcome:
    """The platform knows a later score: perhaps this one, else it is sent once more as later."""
    held = _held(parcel)
    if held is not None and _is_there(parcel, held):
        return _taken(parcel)
    if not again:
        return Outcome(Ending.LATER, reply.told)
    at = max(clock(), parcel.score.timestamp) + LATER_BY
    return _sent(replace(parcel, score=replace(parcel.score, timestamp=at)), clock, again=False)


def _without_column(parcel: Parcel, reply: Reply) -> Outcome:
    """Whether the column is gone, or this score alone is refused."""
    column = column_answers(replace(parcel.service, scopes=parcel.column_scopes), parcel.item)
    if column.ok:
        return Outcome(Ending.REFUSED, reply.told)
    if column.status in _NO_SUCH:
        return Outcome(Ending.GONE, f"The column is gone. {column.told}")
    return Outcome(Ending.LATER, column.told, retry_after=column.retry_after)


def _held(parcel: Parcel) -> Result | None:
    """What is there of this user; None also where we may not look: rather told twice than never."""
    if RESULT not in parcel.service.scopes:
        return None
    return result_of(parcel.service, parcel.item, parcel.score.subject)


def _is_there(parcel: Parcel, held: Result) -> bool:
    """Whether the platform holds this very score.

    Moodle tells the comment too, and takes the same score again without harm.
    """
    score = parcel.score
    if not same_points(held.of(score.possible), score.points):
        return False
    return parcel.service.platform.dialect != "moodle" or held.comment == score.comment


def _is_earlier(reply: Reply) -> bool:
    if reply.status == 409:  # noqa: PLR2004 - HTTP's own number
        return True
    words = reply.words.lower()
    return reply.status == 400 and any(known in words for known in _EARLIER)  # noqa: PLR2004


def _taken(parcel: Parcel) -> Outcome:
    return Outcome(Ending.TAKEN, timestamp=parcel.score.timestamp)
