"""Which submission counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.counting import Candidate, counted
from grader.domain.lateness import Counted
from tests.grader.domain.deadlines import HAVANA, points

START = datetime(2025, 2, 22, tzinfo=UTC)


def candidate(identifier: int, minutes: int, final: str) -> Candidate:
    return Candidate(identifier, START + timedelta(minutes=minutes), Decimal(final))


candidates = st.lists(
    st.builds(
        Candidate,
        id=st.integers(1, 99),
        received_at=st.integers(0, 5).map(lambda minutes: START + timedelta(minutes=minutes)),
        final=points | st.just(Decimal(80)),
    ),
    unique_by=lambda c: c.id,
)


@pytest.mark.parametrize(
    ("rule", "entries", "winner"),
    [
        ("best", [(1, 0, "80"), (2, 1, "90"), (3, 2, "70")], 2),
        ("best", [(2, 1, "90"), (1, 0, "90.00")], 1),  # equal: the earlier
        ("best", [(1, 1, "90"), (2, 0, "90")], 2),  # received counts more than the number
        ("best", [(2, 0, "90"), (1, 0, "90")], 1),  # the same second: the lower id
        ("latest", [(1, 0, "80"), (2, 2, "10"), (3, 1, "90")], 2),
        ("latest", [(2, 0, "10"), (1, 0, "90")], 2),  # the same second: the higher id
    ],
)
def test_which_one_counts(rule: str, entries: list[tuple[int, int, str]], winner: int) -> None:
    found = counted([candidate(*entry) for entry in entries], Counted(rule))

    assert found is not None
    assert found.id == winner


@pytest.mark.parametrize("rule", Counted)
def test_of_none_none_counts(rule: Counted) -> None:
    assert counted([], rule) is None


def test_an_hour_that_the_clock_shows_twice_has_an_order() -> None:
    first = Candidate(2, datetime(2025, 11, 2, 0, 50, tzinfo=HAVANA), Decimal(1))
    second = Candidate(1, datetime(2025, 11, 2, 0, 10, fold=1, tzinfo=HAVANA), Decimal(1))

    assert counted([first, second], Counted.LATEST) == second
    assert counted([first, second], Counted.BEST) == first


@given(candidates, points)
def test_best_is_never_lowered_by_a_later_upload(earlier: list[Candidate], final: Decimal) -> None:
    before = counted(earlier, Counted.BEST)
    after = counted([*earlier, Candidate(100, START + timedelta(hours=1), final)], Counted.BEST)

    assert after is not None
    assert after.final == max([final, *([before.final] if before else [])])


@given(candidates, st.randoms(), st.sampled_from(Counted))
def test_the_order_of_the_list_makes_no_difference(
    entries: list[Candidate], random: Random, rule: Counted
) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)

    assert counted(shuffled, rule) == counted(entries, rule)
