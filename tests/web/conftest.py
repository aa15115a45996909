"""For tests of the pages: who is known by a number in one test is somebody else in the next."""

from __future__ import annotations

import pytest

from web import rate_limits


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> None:
    rate_limits.start_anew()
