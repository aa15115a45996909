"""Where a submission stands and how large a file is, in words."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from grader.domain.states import JobState
from grader.queries.queue import Place
from grader.queries.submission import Standing
from web.live import words_for
from web.templatetags.sizes import size

ZONE = ZoneInfo("Asia/Hong_Kong")


@pytest.mark.parametrize(
    ("position", "expected", "sentence"),
    [
        (1, None, "Next in the queue."),
        (1, timedelta(seconds=20), "Next in the queue, less than a minute to go."),
        (2, timedelta(minutes=2), "2nd of 120 in line, about 2 minutes to go."),
        (3, timedelta(hours=1, seconds=5), "3rd of 120 in line, about 1 hour to go."),
        (11, None, "11th of 120 in line."),
        (12, None, "12th of 120 in line."),
        (21, None, "21st of 120 in line."),
        (113, None, "113th of 120 in line."),
    ],
)
def test_a_place_in_the_queue_is_told_with_the_wait(
    position: int, expected: timedelta | None, sentence: str
) -> None:
    place = Place(position, 120, expected)
    standing = Standing(1, 0, JobState.QUEUED, place, not_before=None, again=False)
    assert words_for(standing, ZONE) == sentence


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (2_345, "2.3\N{NO-BREAK SPACE}kB"),
        (1_000_000, "1\N{NO-BREAK SPACE}MB"),
    ],
)
def test_a_size_is_told_in_decimal_units(number: int, told: str) -> None:
    assert size(number) == told
