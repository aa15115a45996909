"""The late policy: how late an upload is, what that costs, and what an upload now would cost.

A deadline names a minute, and that minute still counts: with 23:59 as the deadline, 23:59:59.999
is on time and 00:00:00 is one day late. Each begun period counts in full, so that 24 hours after
the end of that minute the second day begins.

With a period of 24 hours a late day ends at the wall-clock time of the deadline in the course's
zone, also where clocks change in between. Any other period is elapsed hours.

Grace only moves the moment at which lateness begins. Who misses it is as late as without it: the
periods are counted from the end of the deadline's minute.

Every instant that comes out of here is in UTC. A datetime without a zone is a `ValueError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from grader.domain.points import round_points
from grader.domain.wall_clock import first_showing, instant, wall_time

_NONE = Decimal(0)
_ALL = Decimal(1)
_MINUTE = timedelta(minutes=1)
_HOURS_OF_A_DAY = 24


class Basis(StrEnum):
    """What rate and floor are fractions of."""

    EARNED = "earned"
    """The points of this submission before the penalty."""
    POSSIBLE = "possible"
    """The points that the homework gives at most."""


class Counted(StrEnum):
    """Which of a student's submissions counts."""

    BEST = "best"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class LatePolicy:
    """What lateness costs. `ValueError` for a value that makes no sense."""

    rate: Decimal
    """The fraction of the basis that each begun period costs: 0.20 is 20 %."""
    period_hours: int = 24
    grace_minutes: int = 0
    """Minutes for free after the deadline's own."""
    floor: Decimal = _NONE
    """The fraction of the basis that is left however late."""
    cutoff_days: int | None = None
    """The last late period in which an upload is accepted; None accepts it for ever."""
    basis: Basis = Basis.EARNED
    counted: Counted = Counted.BEST
    slip_days: int = 0
    """Late periods that each student may spend in the course without a penalty."""

    def __post_init__(self) -> None:
        for name, share in (("rate", self.rate), ("floor", self.floor)):
            if not share.is_finite() or not _NONE <= share <= _ALL:
                raise ValueError(f"{name} is {share}. Write a fraction from 0 to 1: 0.20 is 20 %.")
        _at_least(1, "period_hours", self.period_hours)
        _at_least(0, "grace_minutes", self.grace_minutes)
        _at_least(0, "cutoff_days", self.cutoff_days or 0)
        _at_least(0, "slip_days", self.slip_days)
        # Both raise for a plain string that is none of their values.
        Basis(self.basis)
        Counted(self.counted)


@dataclass(frozen=True, slots=True)
class Penalised:
    """What is left of a submission's points. `raw == final + penalty`, each with two places."""

    raw: Decimal
    late_days: int
    slip_days: int
    """How many of the late days were paid with slip days."""
    factor: Decimal
    """The share that full points would keep."""
    penalty: Decimal
    final: Decimal
    reason: str
    """One sentence for the student."""


@dataclass(frozen=True, slots=True)
class CostNow:
    """What an upload at this moment would cost, and when that changes. Instants are in UTC."""

    late_days: int
    factor: Decimal
    """The share that full points would keep; 0 when the upload is not accepted."""
    next_step: datetime | None
    """When that share falls the next time; None when it stays as it is."""
    next_factor: Decimal | None
    """The share from then on."""
    accepted: bool
    worthless_from: datetime | None
    """From when an upload earns nothing, or is not accepted; None when that never comes."""


def deadline_end(due: datetime, policy: LatePolicy, zone: ZoneInfo) -> datetime:
    """The first instant that is late: the end of the minute that `due` names, plus grace."""
    return _minute(due, zone) + _MINUTE + timedelta(minutes=policy.grace_minutes)


def days_late(due: datetime, received: datetime, policy: LatePolicy, zone: ZoneInfo) -> int:
    """How many periods have begun since the deadline's minute ended; 0 is on time."""
    moment = instant(received)
    if moment < deadline_end(due, policy, zone):
        return 0
    # Exact but for changes of the clock, which shift where a day begins by less than a day.
    day = (moment - _begin(due, 1, policy, zone)) // timedelta(hours=policy.period_hours) + 1
    while _begin(due, day, policy, zone) > moment:
        day -= 1
    while _begin(due, day + 1, policy, zone) <= moment:
        day += 1
    return day


def step_time(due: datetime, day: int, policy: LatePolicy, zone: ZoneInfo) -> datetime:
    """The first instant that is `day` days late; 1 is the first late instant of all.

    Grace longer than a period swallows the first steps: they all come when it ends. `ValueError`
    for a day below 1.
    """
    _at_least(1, "day", day)
    return max(_begin(due, day, policy, zone), deadline_end(due, policy, zone))


def accepts(due: datetime, received: datetime, policy: LatePolicy, zone: ZoneInfo) -> bool:
    """Whether an upload received then is still taken, for however little."""
    return not _cut_off(days_late(due, received, policy, zone), policy)


def penalise(
    raw: Decimal, possible: Decimal, late_days: int, policy: LatePolicy, slip_days: int = 0
) -> Penalised:
    """Take the penalty from `raw` points of `possible` ones. `0 <= final <= raw`, always.

    `slip_days` may be spent here; no more are used than days are late. With `late` the days that
    are left, `earned` keeps `raw * max(1 - rate * late, floor)`, the course's own formula
    `g = g_raw * max(1 - D / 5, 0)`. `possible` takes `possible * rate * late` from `raw`, but not
    below `possible * floor`; what is below that already stays (Canvas' late policy does the same).
    Rounding is half up to two places, once. `ValueError` for negative numbers.
    """
    _check_points("raw", raw)
    _check_points("possible", possible)
    _at_least(0, "late_days", late_days)
    _at_least(0, "slip_days", slip_days)
    used = min(slip_days, late_days)
    charged = late_days - used
    before, final = round_points(raw), round_points(_left(raw, possible, charged, policy))
    lateness, loss = _lateness(late_days, used, policy), _loss(raw, possible, charged, policy)
    return Penalised(
        raw=before,
        late_days=late_days,
        slip_days=used,
        factor=_factor(charged, policy),
        penalty=before - final,
        final=final,
        reason=f"{lateness}: {loss}." if late_days else "On time.",
    )


def cost_now(
    due: datetime, now: datetime, policy: LatePolicy, zone: ZoneInfo, slip_days: int = 0
) -> CostNow:
    """What an upload at `now` would cost a student who has `slip_days` to spend on it."""
    day = days_late(due, now, policy, zone)
    next_step = _reached(due, _next_change(day, policy, slip_days), policy, zone)
    next_day = days_late(due, next_step, policy, zone) if next_step else None
    return CostNow(
        late_days=day,
        factor=_share(day, policy, slip_days),
        next_step=next_step,
        next_factor=None if next_day is None else _share(next_day, policy, slip_days),
        accepted=not _cut_off(day, policy),
        worthless_from=_reached(due, _first_worthless(policy, slip_days), policy, zone),
    )


def _minute(due: datetime, zone: ZoneInfo) -> datetime:
    """When the minute begins that `due` names."""
    return instant(instant(due).astimezone(zone).replace(second=0, microsecond=0))


def _begin(due: datetime, day: int, policy: LatePolicy, zone: ZoneInfo) -> datetime:
    """When the `day`-th period begins, as if there were no grace."""
    minute = _minute(due, zone)
    if day == 1:
        return minute + _MINUTE
    if policy.period_hours != _HOURS_OF_A_DAY:
        return minute + _MINUTE + timedelta(hours=policy.period_hours * (day - 1))
    return first_showing(wall_time(minute, zone) + _MINUTE + timedelta(days=day - 1), zone)


def _factor(charged: int, policy: LatePolicy) -> Decimal:
    return max(_ALL - policy.rate * charged, policy.floor)


def _left(raw: Decimal, possible: Decimal, charged: int, policy: LatePolicy) -> Decimal:
    if policy.basis == Basis.EARNED:
        return raw * _factor(charged, policy)
    return min(raw, max(raw - possible * policy.rate * charged, possible * policy.floor))


def _cut_off(day: int, policy: LatePolicy) -> bool:
    return policy.cutoff_days is not None and day > policy.cutoff_days


def _share(day: int, policy: LatePolicy, slip_days: int) -> Decimal:
    """What full points keep on this late day; nothing once uploads are refused."""
    return _NONE if _cut_off(day, policy) else _factor(max(day - slip_days, 0), policy)


def _next_change(day: int, policy: LatePolicy, slip_days: int) -> int | None:
    """The next late day on which an upload costs more."""
    days = [max(day, slip_days) + 1]
    if policy.cutoff_days is not None:
        days.append(policy.cutoff_days + 1)
    now = _share(day, policy, slip_days)
    return min((d for d in days if d > day and _share(d, policy, slip_days) < now), default=None)


def _first_worthless(policy: LatePolicy, slip_days: int) -> int | None:
    """The first late day on which even full points earn nothing."""
    days = [] if policy.cutoff_days is None else [policy.cutoff_days + 1]
    if policy.rate and not policy.floor:
        whole = int(_ALL // policy.rate)
        days.append(slip_days + whole + (policy.rate * whole < _ALL))
    return min(days, default=None)


def _reached(due: datetime, day: int | None, policy: LatePolicy, zone: ZoneInfo) -> datetime | None:
    try:
        return None if day is None else step_time(due, day, policy, zone)
    except OverflowError:  # a day after the year 9999 is no day that anybody meets
        return None


def _lateness(days: int, used: int, policy: LatePolicy) -> str:
    unit = {1: "hour", _HOURS_OF_A_DAY: "day"}.get(policy.period_hours, "period")
    length = f" of {policy.period_hours} hours" if unit == "period" else ""
    late = f"{days} {unit}{'' if days == 1 else 's'}{length} late"
    if not used:
        return late
    if used == days:
        return f"{late}, covered by {'a slip day' if days == 1 else 'slip days'}"
    return f"{late}, {used} of them {'a slip day' if used == 1 else 'slip days'}"


def _loss(raw: Decimal, possible: Decimal, charged: int, policy: LatePolicy) -> str:
    """What the charged periods take, as the end of a sentence."""
    factor = _factor(charged, policy)
    if factor == _ALL:
        return "no points are lost"
    if factor == _NONE:
        return "all points are lost"
    if policy.basis == Basis.EARNED:
        return f"{_per_cent(_ALL - factor)} of the points earned are lost"
    return _loss_of_possible(raw, possible, min(policy.rate * charged, _ALL), policy.floor)


def _loss_of_possible(raw: Decimal, possible: Decimal, lost: Decimal, floor: Decimal) -> str:
    loss = f"{_per_cent(lost)} of the points possible are lost"
    if raw - possible * lost >= possible * floor:
        return loss
    if not floor:
        return f"{loss}, which leaves none"
    if raw <= possible * floor:
        return f"no points are lost, as {_per_cent(floor)} of the points possible are always left"
    return f"{loss}, but {_per_cent(floor)} of them are always left"


def _per_cent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


def _check_points(name: str, points: Decimal) -> None:
    if not points.is_finite() or points < 0:
        raise ValueError(f"{name} is {points}. Points are a number of at least 0.")


def _at_least(least: int, name: str, value: int) -> None:
    if value < least:
        raise ValueError(f"{name} is {value}. Write a whole number of at least {least}.")
