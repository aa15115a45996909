"""Visible checks of problem 3: one trace that you can follow by hand."""

import pytest
import question3


@pytest.mark.points(0.5)
@pytest.mark.hint("P + G - 1 entries, in whole blocks.")
def test_blocks_needed_small():
    """Blocks of a few requests"""
    assert question3.blocks_needed(6, 2, 4) == 2, "7 entries in blocks of 4"
    assert question3.blocks_needed(6, 3, 4) == 2, "8 entries in blocks of 4"
    assert question3.blocks_needed(1, 1, 4) == 1, "1 entry in blocks of 4"


@pytest.mark.points(2)
@pytest.mark.hint("Write down for each step: who decodes, who goes on with a prompt, who comes in.")
def test_trace_small():
    """Four requests, a budget of 8 tokens, chunks of 4, four blocks of 4 entries"""
    scheduler = question3.Scheduler(budget=8, chunk=4, blocks=4, block_size=4)
    for name, prompt, output in [("a", 6, 2), ("b", 3, 1), ("c", 5, 3), ("d", 1, 1)]:
        scheduler.add(name, prompt, output)

    # c does not fit beside a and b; d would, but it must not overtake c.
    assert scheduler.step() == {"work": [("a", 4), ("b", 3)], "new": ["b"], "finished": ["b"]}
    assert scheduler.running == ["a"], "b has finished"
    assert scheduler.waiting == ["c", "d"], "c and d still wait"
    assert scheduler.free_blocks == 2, "a holds two blocks"
    # The block of b is free now.
    assert scheduler.step() == {"work": [("a", 2), ("c", 4)], "new": ["a"], "finished": []}
    assert scheduler.step() == {"work": [("a", 1), ("c", 1)], "new": ["a", "c"], "finished": ["a"]}
    assert scheduler.step() == {"work": [("c", 1), ("d", 1)], "new": ["c", "d"], "finished": ["d"]}
    assert scheduler.step() == {"work": [("c", 1)], "new": ["c"], "finished": ["c"]}
    assert scheduler.step() == {"work": [], "new": [], "finished": []}


@pytest.mark.points(0.5)
@pytest.mark.hint("Count steps from each request's own arrival.")
def test_simulate_small():
    """Two requests, one of which arrives later"""
    scheduler = question3.Scheduler(budget=2, chunk=2, blocks=4, block_size=4)
    arrivals = [(1, "late", 1, 1), (0, "early", 3, 2)]
    times = question3.simulate(scheduler.add, scheduler.step, arrivals)
    assert times == {"early": (1, 2), "late": (0, 0)}, times
