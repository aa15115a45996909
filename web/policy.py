"""The late policy and its costs in sentences for students."""

from __future__ import annotations

from decimal import Decimal

from grader.domain.lateness import Basis, CostNow, Counted, LatePolicy
from web.wording import count, per_cent

_WHOLE = Decimal(1)


def loss_now(cost: CostNow, policy: LatePolicy) -> str:
    """What an upload at this moment loses, as one sentence."""
    if not cost.accepted:
        return "Uploads are closed."
    if not cost.late_days:
        return "An upload now is on time."
    if not cost.factor:
        return "An upload now is still graded, but earns no points."
    if cost.factor == _WHOLE:
        return "An upload now is late, but loses nothing yet."
    return f"An upload now loses {per_cent(_WHOLE - cost.factor)} of {_basis(policy)}."


def rules(policy: LatePolicy) -> tuple[str, ...]:
    """What the course does with late uploads, in the order in which a student asks."""
    told = [_rate(policy), _slip(policy), _floor(policy), _cutoff(policy), _counted(policy)]
    return tuple(filter(None, told))


def _rate(policy: LatePolicy) -> str:
    if not policy.rate:
        return "Late uploads lose nothing."
    minutes = count(policy.grace_minutes, "minute")
    grace = f", after {minutes} of grace," if policy.grace_minutes else ""
    lost = f"{per_cent(policy.rate)} of {_basis(policy)}"
    return f"Each begun {_period(policy)} after the deadline{grace} costs {lost}."


def _slip(policy: LatePolicy) -> str:
    if not policy.slip_days or not policy.rate:
        return ""
    unit = {1: "hours", 24: "days"}.get(policy.period_hours, "periods")
    return f"Each student has {count(policy.slip_days, 'slip day')}: late {unit} that cost nothing."


def _floor(policy: LatePolicy) -> str:
    kept = f"{per_cent(policy.floor)} of {_basis(policy)}"
    return f"However late, {kept} are kept." if policy.floor and policy.rate else ""


def _cutoff(policy: LatePolicy) -> str:
    if policy.cutoff_days is None:
        return "Uploads are never refused for being late."
    if not policy.cutoff_days:
        return "Nothing is accepted after the deadline."
    unit = {1: "hour", 24: "day"}.get(policy.period_hours, "period")
    return f"Nothing is accepted after {count(policy.cutoff_days, f'late {unit}')}."


def _counted(policy: LatePolicy) -> str:
    if policy.counted == Counted.LATEST:
        return "Your latest upload counts."
    return "Your best upload counts, after its penalty; a later one can never lower your grade."


def _basis(policy: LatePolicy) -> str:
    return "the points it earns" if policy.basis == Basis.EARNED else "the points possible"


def _period(policy: LatePolicy) -> str:
    return {1: "hour", 24: "day"}.get(policy.period_hours, f"period of {policy.period_hours} hours")
