"""Deadlines, moments and policies for the property tests, many of them at changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from grader.domain.lateness import Basis, Counted, LatePolicy

BERLIN = ZoneInfo("Europe/Berlin")
CAIRO = ZoneInfo("Africa/Cairo")
HAVANA = ZoneInfo("America/Havana")
HONG_KONG = ZoneInfo("Asia/Hong_Kong")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NEW_YORK = ZoneInfo("America/New_York")
SANTIAGO = ZoneInfo("America/Santiago")

MICROSECOND = timedelta(microseconds=1)
COURSE = LatePolicy(rate=Decimal("0.20"))

# In UTC, so that each stands for one instant: changes of the clock, and a quiet day.
_CHANGES = [
    datetime(2025, 3, 30, 1, tzinfo=UTC),  # Berlin, forwards
    datetime(2025, 10, 26, 1, tzinfo=UTC),  # Berlin, back
    datetime(2025, 3, 9, 7, tzinfo=UTC),  # New York, forwards
    datetime(2025, 11, 2, 6, tzinfo=UTC),  # New York, back
    datetime(2025, 10, 4, 15, 30, tzinfo=UTC),  # Lord Howe, forwards by half an hour
    datetime(2025, 4, 5, 15, tzinfo=UTC),  # Lord Howe, back by half an hour
    datetime(2025, 4, 24, 22, tzinfo=UTC),  # Cairo, forwards at midnight
    datetime(2025, 11, 2, 5, tzinfo=UTC),  # Havana, back from one o'clock to midnight
    datetime(2025, 4, 6, 3, tzinfo=UTC),  # Santiago, back from midnight to eleven
    datetime(2025, 2, 22, 16, tzinfo=UTC),
]

zones = st.sampled_from(
    [BERLIN, CAIRO, HAVANA, HONG_KONG, KATHMANDU, KOLKATA, LORD_HOWE, NEW_YORK, SANTIAGO]
)
moments = st.builds(
    lambda change, hours, away: change + timedelta(hours=hours) + away,
    st.sampled_from(_CHANGES),
    st.integers(-72, 72),
    st.timedeltas(-timedelta(hours=1), timedelta(hours=1)),
)
shares = st.decimals(0, 1, places=3)
points = st.decimals(0, 150, places=4)
policies = st.builds(
    LatePolicy,
    rate=shares,
    period_hours=st.sampled_from([24, 24, 24, 1, 7, 48]),
    grace_minutes=st.sampled_from([0, 0, 15, 90, 3000]),
    floor=st.sampled_from([Decimal(0), Decimal(0), Decimal("0.5"), Decimal(1)]),
    cutoff_days=st.none() | st.integers(0, 8),
    basis=st.sampled_from(Basis),
    counted=st.sampled_from(Counted),
)
