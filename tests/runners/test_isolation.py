"""A crash, a hang or a hog costs its own check; nothing leaks from one check to the next."""

from __future__ import annotations

import time

from runners.contract import Verdict
from tests.runners.conftest import Grade, messages, outcomes

BAD = """
    import ctypes, os, sys, time
    import torch

    state = []

    def good(): return 1
    def leave(): os._exit(0)
    def segv(): ctypes.string_at(0)
    def hang():
        while True: pass
    def sleep(): time.sleep(60)
    def stop(): os.kill(os.getpid(), 19)
    def hog(): return torch.ones(10**10).sum()
    def recurse(n=0): return recurse(n + 1)
    def remember(x):
        state.append(x)
        return len(state)
    def write(path):
        from pathlib import Path
        p = Path(path); seen = p.exists(); p.write_text("x"); return seen
    def spawn():
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(100)
            os._exit(0)
        return True
    def processes():
        return len([n for n in os.listdir("/proc") if n.isdigit()])
    def flood():
        for _ in range(200000): print("x" * 1000)
        return 1
"""


def test_each_disaster_costs_its_own_check_only(grade: Grade) -> None:
    check = """
        import pytest
        import question1

        def test_leave():
            with pytest.raises(BaseException):
                question1.leave()
            question1.good()

        def test_leave_swallowed():
            with pytest.raises(Exception):
                question1.leave()

        def test_segv(): question1.segv()

        @pytest.mark.timeout(1)
        def test_hang(): question1.hang()

        @pytest.mark.timeout(1)
        def test_sleep(): question1.sleep()

        @pytest.mark.timeout(1)
        def test_stop(): question1.stop()

        def test_hog(): question1.hog()

        def test_recurse(): question1.recurse()

        def test_good(): assert question1.good() == 1
    """
    seen = grade(check, BAD)
    assert outcomes(seen) == {
        "test_leave": "crashed",
        "test_leave_swallowed": "crashed",
        "test_segv": "crashed",
        "test_hang": "timeout",
        "test_sleep": "timeout",
        "test_stop": "timeout",
        "test_hog": "memory",
        "test_recurse": "failed",
        "test_good": "passed",
    }, messages(seen)
    assert "signal 11" in messages(seen)["test_segv"]


def test_no_state_no_file_and_no_process_reaches_the_next_check(grade: Grade) -> None:
    check = """
        import pytest
        import question1

        @pytest.mark.parametrize("n", range(3))
        def test_state(n): assert question1.remember(n) == 1

        @pytest.mark.parametrize("path", ["/tmp/x", "/dev/shm/x", "data.txt"] * 2)
        def test_file(path): assert question1.write(path) is (path == "data.txt")

        def test_spawn(): assert question1.spawn()

        # The supervisor, two stages of loading, and the check's own process.
        def test_nobody_is_left(): assert question1.processes() == 4
    """
    seen = grade(check, BAD, files={"data.txt": b"given"})
    assert set(outcomes(seen).values()) == {"passed"}, messages(seen)


def test_a_wider_fixture_keeps_its_objects_and_forks_for_each_check(grade: Grade) -> None:
    check = """
        import pytest
        import question1

        @pytest.fixture(scope="module")
        def counter():
            c = question1.Counter()
            c.add()
            return c

        @pytest.mark.parametrize("n", range(3))
        def test_counter(counter, n):
            assert counter.value == 1
            counter.add()
            assert counter.value == 2

        class TestTwo:
            def test_again(self, counter): assert counter.value == 1
            def test_leave(self, counter): counter.leave()
            def test_after(self, counter): assert counter.value == 1
    """
    source = """
        import os
        class Counter:
            def __init__(self): self.value = 0
            def add(self): self.value += 1
            def leave(self): os._exit(1)
    """
    seen = grade(check, source)
    assert outcomes(seen) == {
        "test_counter": "passed",
        "test_again": "passed",
        "test_leave": "crashed",
        "test_after": "passed",
    }, messages(seen)


def test_an_object_of_another_check_is_refused_with_a_reason(grade: Grade) -> None:
    check = """
        import question1
        kept = []
        def test_one(): kept.append(question1.Thing())
        def test_two(): kept[0].name
    """
    seen = grade(check, "class Thing:\n    name = 'x'")
    assert outcomes(seen) == {"test_one": "passed", "test_two": "failed"}
    assert "another check" in messages(seen)["test_two"]


def test_output_is_capped_and_belongs_to_its_check(grade: Grade) -> None:
    check = """
        import question1
        def test_flood(): assert question1.flood() == 1
        def test_quiet(): assert question1.good() == 1
    """
    seen = grade(check, BAD)
    by_name = {c.id.rpartition("::")[2]: c for c in seen.checks}
    assert 1000 < len(by_name["test_flood"].output) < 20_000
    assert by_name["test_quiet"].output == ""


def test_the_limit_of_the_run_leaves_the_rest_unrun(grade: Grade) -> None:
    check = """
        import pytest, question1
        @pytest.mark.parametrize("n", range(4))
        @pytest.mark.timeout(2)
        def test_slow(n): question1.sleep()
        def test_late(): question1.good()
    """
    began = time.monotonic()
    seen = grade(check, BAD, run_seconds=3)
    assert seen.verdict is Verdict.GRADED
    assert outcomes(seen) == {"test_slow": "not_run", "test_late": "not_run"}
    assert time.monotonic() - began < 20


def test_the_seed_is_secret_and_makes_a_run_repeatable(grade: Grade) -> None:
    check = """
        import question1
        def test_draw(seed, rng, award):
            award(1, f"{seed} {rng.integers(10**9)} {question1.draw()}")
        test_draw.pytestmark = []
    """
    source = """
        import random, torch
        def draw(): return random.random(), torch.rand(1).item()
    """
    first, again, other = (grade(check, source, seed=seed).checks[0].message for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first.split()[0] not in first.split()[2]


def test_a_function_of_one_check_cannot_be_called_in_another(grade: Grade) -> None:
    check = """
        import pytest
        import question1

        def reference(x): return x * 7

        @pytest.fixture(scope="module")
        def shared():
            return question1.Keeper(lambda x: x + 1)

        def test_gives_it_away(): assert question1.use(reference, 1) == 7
        def test_may_not_be_called(): assert question1.guess(1) == 7
        def test_a_wider_fixtures_function_stays(shared): assert shared.call(1) == 2
        def test_still(shared): assert shared.call(2) == 3
    """
    source = """
        from runners.guest.objects import JudgeCallable
        import gc
        def use(f, x): return f(x)
        def guess(x):
            objects = next(o for o in gc.get_objects() if type(o).__name__ == "GuestObjects")
            return JudgeCallable(objects, 0, "stolen")(x)
        class Keeper:
            def __init__(self, f): self.f = f
            def call(self, x): return self.f(x)
    """
    seen = grade(check, source)
    assert outcomes(seen) == {
        "test_gives_it_away": "passed",
        "test_may_not_be_called": "crashed",
        "test_a_wider_fixtures_function_stays": "passed",
        "test_still": "passed",
    }, messages(seen)


def test_a_large_message_cut_off_by_the_deadline_costs_its_own_check_only(grade: Grade) -> None:
    check = """
        import pytest, torch
        import question1

        LARGE = torch.ones(12_000_000)

        @pytest.mark.timeout(0.12)
        @pytest.mark.parametrize("n", range(5))
        def test_too_late(n):
            while True:
                question1.back(LARGE)

        def test_next(): assert question1.back(1) == 1
    """
    seen = grade(check, "def back(x): return x")
    assert outcomes(seen) == {"test_too_late": "timeout", "test_next": "passed"}, messages(seen)


def test_one_call_has_a_limit_of_its_own(grade: Grade) -> None:
    check = """
        import question1
        def test_one_long_call(): question1.wait(5)
        def test_many_short_calls():
            for _ in range(4): question1.wait(0.5)
    """
    source = "import time\ndef wait(seconds): time.sleep(seconds)"
    seen = grade(check, source, call_seconds=1, check_seconds=20)
    assert outcomes(seen) == {"test_one_long_call": "timeout", "test_many_short_calls": "passed"}


def test_memory_that_runs_out_slowly_costs_its_own_check_only(grade: Grade) -> None:
    check = """
        import question1
        def test_eats(): question1.eat()
        def test_next(): assert question1.good() == 1
    """
    source = """
        def good(): return 1
        def eat():
            held = []
            while True:
                held.append(bytearray(4 * 2**20))
    """
    seen = grade(check, source, memory_bytes=768 * 2**20)
    assert outcomes(seen) == {"test_eats": "memory", "test_next": "passed"}, messages(seen)
