"""Extensions move a deadline in one direction only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.domain.extensions import effective_due
from grader.domain.lateness import LatePolicy, accepts, days_late, penalise
from tests.grader.domain.deadlines import NEW_YORK, moments, points, policies, zones

DUE = datetime(2025, 2, 22, 15, 59, tzinfo=UTC)


def test_without_extensions_the_deadline_stays() -> None:
    assert effective_due(DUE, []) == DUE


def test_an_earlier_one_is_no_extension() -> None:
    assert effective_due(DUE, [DUE - timedelta(days=1)]) == DUE


def test_the_latest_of_all_holds() -> None:
    days = [timedelta(days=2), timedelta(days=7), timedelta(days=3)]

    assert effective_due(DUE, [DUE + later for later in days]) == DUE + timedelta(days=7)


def test_the_second_showing_of_an_hour_is_later_than_the_first() -> None:
    """By their wall clocks alone, 01:50 would come after 01:10."""
    first = datetime(2025, 11, 2, 1, 50, tzinfo=NEW_YORK)
    second = datetime(2025, 11, 2, 1, 10, fold=1, tzinfo=NEW_YORK)

    assert effective_due(first, [second]).fold == 1


@settings(deadline=None, max_examples=500)
@given(
    due=moments,
    extensions=st.lists(moments, max_size=3),
    received=moments,
    policy=policies,
    zone=zones,
    raw=points,
)
def test_an_extension_never_lowers_what_is_earned(
    due: datetime,
    extensions: list[datetime],
    received: datetime,
    policy: LatePolicy,
    zone: ZoneInfo,
    raw: Decimal,
) -> None:
    extended = effective_due(due, extensions)
    before, after = (days_late(moment, received, policy, zone) for moment in (due, extended))

    assert after <= before
    assert penalise(raw, Decimal(100), after, policy).final >= (
        penalise(raw, Decimal(100), before, policy).final
    )
    assert accepts(extended, received, policy, zone) >= accepts(due, received, policy, zone)
