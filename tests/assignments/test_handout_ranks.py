"""The fixtures `ranks` and `measure` where students have them: bare pytest in a handout."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pytest

from assignments import build
from assignments.build import solution_notebook, write_handout
from assignments.loader import load_assignment
from tests.assignments.homework import QUESTION1, write_homework
from tests.assignments.test_build import run_checks
from tests.runners.test_measuring import CHECK as COSTS
from tests.runners.test_measuring import SOURCE as WORKING
from tests.runners.test_ranks import EVERYTHING, VALUES

RANKS = '''

def ring(x):
    """The sum over all ranks, passed on from rank to rank."""
    import torch
    import torch.distributed as dist

    rank, size = dist.get_rank(), dist.get_world_size()
    total, passing = x.clone(), x
    for _ in range(size - 1):
        got = torch.empty_like(x)
        sent = dist.isend(passing, (rank + 1) % size)
        dist.recv(got, (rank - 1) % size)
        sent.wait()
        total, passing = total + got, got
    x.zero_()
    return total


def all_send_first(x):
    """Hangs: nobody receives."""
    import torch.distributed as dist

    dist.send(x, 1 - dist.get_rank())
    dist.recv(x, 1 - dist.get_rank())


def hides(x):
    """Uses what the check forbids, and swallows what comes of it."""
    import torch.distributed as dist

    try:
        dist.all_reduce(x)
    except BaseException:
        pass


def raises(x):
    """One rank raises, the other waits for it."""
    import torch.distributed as dist

    if dist.get_rank():
        raise ValueError("bad shape")
    dist.recv(x, 1)
'''
CHECK = """
import pytest, torch
from question1 import all_send_first, hides, raises, ring

@pytest.mark.points(2)
@pytest.mark.ranks(3)
def test_ring(ranks, assert_tensor):
    assert ranks.size == 3
    xs = [torch.full((4,), float(rank)) for rank in range(3)]
    for result in ranks.run(ring, lambda rank: (xs[rank],), allow=["isend", "irecv"]):
        assert_tensor(result, torch.full((4,), 3.0))
    assert [(sent.messages, sent.bytes, sent.collectives) for sent in ranks.traffic] == [
        (2, 32, [])
    ] * 3
    assert_tensor(torch.stack(xs), torch.zeros(3, 4))

@pytest.mark.ranks(2)
def test_raises(ranks):
    with pytest.raises(ValueError, match="rank 1: bad shape"):
        ranks.run(raises, [(torch.ones(2),)] * 2)

@pytest.mark.ranks(2)
def test_deadlock(ranks): ranks.run(all_send_first, [(torch.ones(2),)] * 2)

@pytest.mark.ranks(2)
def test_forbidden(ranks): ranks.run(hides, [(torch.ones(2),)] * 2, allow=["send"])
"""


@pytest.fixture
def handout(tmp_path: Path) -> Path:
    """A handout with checks on ranks, with the solution as a notebook and without `.py` files."""
    changes: dict[str, str | None] = {
        "solution/question1.py": QUESTION1 + RANKS,
        "checks/public/test_question1.py": CHECK,
    }
    folder = write_homework(tmp_path / "hw0", changes)
    spec = load_assignment(folder)
    write_handout(folder, spec)
    for name in spec.files.required:
        (folder / "handout" / name).unlink()
    (folder / "handout" / "hw0.ipynb").write_bytes(solution_notebook(folder, spec))
    return folder / "handout"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_ranks_run_from_a_notebook_with_nothing_but_the_handout(handout: Path, method: str) -> None:
    with (handout / "checks" / "handout_ranks" / "running.py").open("a") as file:
        file.write(f'\nMETHOD = "{method}"\n')

    told = run_checks(handout, "checks")

    assert "public checks on hw0.ipynb: 2 of 2 points" in told, told
    assert "2 failed, 2 passed" in told
    place = "(hw0.ipynb, code cell"
    assert f"no rank can go on: rank 0 waits in send to rank 1 {place}" in told
    assert f"uses all_reduce {place}" in told
    assert "allowed here: send" in told


@pytest.mark.parametrize(
    ("check", "source", "passed"), [(VALUES, EVERYTHING, 5), (COSTS, WORKING, 10)]
)
def test_the_same_checks_pass_as_in_the_service(
    tmp_path: Path, check: str, source: str, passed: int
) -> None:
    """What the tests of the runners grade, here without them."""
    checks = tmp_path / "checks"
    shutil.copytree(Path(build.RANKS), checks / build.RANKS.name)
    shutil.copy(build.CONFTEST, checks / "conftest.py")
    (checks / "test_question1.py").write_text(textwrap.dedent(check))
    (tmp_path / "question1.py").write_text(textwrap.dedent(source))

    assert f"{passed} passed" in run_checks(tmp_path, "checks", "-W", "error")


def test_a_handout_without_ranks_does_not_carry_them(tmp_path: Path) -> None:
    folder = write_homework(tmp_path / "hw0")
    write_handout(folder, load_assignment(folder))

    assert sorted(path.name for path in (folder / "handout" / "checks").iterdir()) == [
        "conftest.py",
        "test_question1.py",
    ]
