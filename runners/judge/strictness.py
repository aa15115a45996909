"""Closes a gap of `pytest.approx` that a submission could slip through."""

from __future__ import annotations

from typing import Any

import pytest

from runners.judge.proxies import Proxy


def make_approx_strict() -> None:
    """Let `approx(number)` equal numbers only.

    pytest compares it with every element of an array; so a result of the wrong shape is equal to
    it, and an empty one, which holds no element that could differ, is equal to every number.
    """
    scalar: Any = type(pytest.approx(1.0))
    original = scalar.__eq__

    def equal(self: Any, actual: Any) -> bool:
        if type(actual) is not Proxy and getattr(actual, "ndim", None):
            return False
        return bool(original(self, actual))

    scalar.__eq__ = equal
