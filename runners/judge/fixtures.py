"""The fixtures that a suite may use, beside everything that is pytest's own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from runners.judge.errors import SuiteFault
from runners.judge.guests import Guests
from runners.judge.manifest import wants_gpu
from runners.judge.measuring import Measure
from runners.judge.ranks import Ranks
from runners.judge.recorder import Recorder
from runners.judge.tensors import assert_tensor as compare

RECORDER = pytest.StashKey[Recorder]()
DEVICE = pytest.StashKey[str]()
_NUMPY_SEEDS = 2**32


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The check's secret seed, 32 bits: fresh for each grading, the same when it is repeated."""
    return request.config.stash[RECORDER].seed_of_current() % _NUMPY_SEEDS


@pytest.fixture
def rng(seed: int) -> np.random.Generator:
    """A NumPy generator from the secret seed."""
    return np.random.default_rng(seed)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """Where the submission gets its tensors in this check: "cuda" or "cpu"."""
    return request.config.stash[DEVICE] if wants_gpu(request.node) else "cpu"


@pytest.fixture
def assert_tensor(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`assert_tensor(actual, expected, rtol=None, atol=None)`."""
    recorder = request.config.stash[RECORDER]

    def noted(
        actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None
    ) -> None:
        __tracebackhide__ = True
        recorder.compared(compare(actual, expected, rtol=rtol, atol=atol))

    return noted


@pytest.fixture
def award(request: pytest.FixtureRequest) -> Callable[[Any, str], None]:
    """`award(points, reason)`: partial credit for the running check, in place of all or nothing."""
    recorder = request.config.stash[RECORDER]

    def give(points: Any, reason: str = "") -> None:
        recorder.award(Decimal(str(points)), reason)

    return give


@pytest.fixture
def leaderboard(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`leaderboard(name, value, order="desc")`: a value for the class's leaderboard."""
    recorder = request.config.stash[RECORDER]

    def put(name: str, value: Any, order: str = "desc") -> None:
        recorder.leaderboard.append({"name": name, "value": value, "order": order})

    return put


@pytest.fixture
def ranks(request: pytest.FixtureRequest) -> Ranks:
    """Runs a function of the submission on as many processes as `ranks(n)` marks the check with."""
    guests = request.config.stash[RECORDER].guests
    if not isinstance(guests, Guests):
        raise SuiteFault("ranks are processes of a guest; shared isolation has none")
    mark = request.node.get_closest_marker("ranks")
    return Ranks(guests, mark.args[0])


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Measure:
    """`measure(function, ...)`: a call and its cost. `measure.calls(f)`: counts calls of `f`."""
    guests = request.config.stash[RECORDER].guests
    if not isinstance(guests, Guests):
        raise SuiteFault("a process is measured from outside; shared isolation has no outside")
    return Measure(guests)


class SubmissionView:
    """What a check may ask about the submission as a text. Advisory: all of it is a claim."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def source(self, module: str) -> str:
        """The source text of a module."""
        return str(self._recorder.guests.ask("module_source", (module,)))


@pytest.fixture
def submission(request: pytest.FixtureRequest) -> SubmissionView:
    """The submission as a text."""
    return SubmissionView(request.config.stash[RECORDER])
