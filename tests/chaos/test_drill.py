"""The two commands of this folder, in short: `make chaos` and `make rush`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.drill import Drill, Plan
from tests.chaos.faults import FAULTS
from tests.chaos.ground import open_homework
from tests.chaos.rush import rush
from tests.chaos.service import Service

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.bubblewrap]
SEED = 7


def test_faults_at_random(service: Service, tmp_path: Path) -> None:
    """Nothing is lost, doubled or stuck, whatever it was that happened."""
    outcome = Drill(service, open_homework(tmp_path), Plan(12, SEED, 3.0, hasten=True)).run()
    assert outcome.kept, outcome.lines()
    assert (outcome.uploads, outcome.ledger.graded) == (12, 12)
    assert outcome.injected.total() >= len(outcome.injected) >= 1
    assert set(outcome.injected) <= set(FAULTS)


def test_everybody_uploads_at_once(service: Service, tmp_path: Path) -> None:
    """None is refused or lost, and all are graded."""
    outcome = rush(service, open_homework(tmp_path), uploads=30, seconds=5.0, seed=SEED)
    assert outcome.kept(30), [*outcome.lines(), *outcome.failed]
