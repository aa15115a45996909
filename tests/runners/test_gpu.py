"""Checks marked `gpu`: what they get, and what the report says of where they ran."""

from __future__ import annotations

from runners.judgement import ON_THE_CPU
from tests.runners.conftest import Grade, messages, outcomes

SOURCE = """
    def where(x): return x.device.type
"""


def test_without_a_gpu_the_check_runs_on_the_cpu_and_the_report_says_so(grade: Grade) -> None:
    check = """
        import pytest, torch
        from question1 import where

        @pytest.mark.gpu
        def test_marked(device): assert where(torch.ones(2)) == device == "cpu"

        def test_plain(device): assert where(torch.ones(2)) == device == "cpu"
    """
    seen = grade(check, SOURCE)
    assert set(outcomes(seen).values()) == {"passed"}, messages(seen)
    assert seen.notices == (ON_THE_CPU,)
    assert seen.receipt["device"] == "cpu"


def test_a_suite_without_gpu_checks_says_nothing_about_them(grade: Grade) -> None:
    check = """
        import torch
        from question1 import where

        def test_plain(): assert where(torch.ones(2)) == "cpu"
    """
    seen = grade(check, SOURCE)
    assert set(outcomes(seen).values()) == {"passed"}
    assert seen.notices == ()


FRESH = """
    import os, random, sys, time
    from pathlib import Path
    import numpy as np
    import torch

    Path("made").mkdir()
    STATE = []
    HERE = os.getcwd()

    def remember(x):
        STATE.append(x)
        return len(STATE)

    def pid(): return os.getpid()
    def place(): return os.getcwd(), HERE, Path("data.txt").read_text(), Path("made").is_dir()
    def draws(): return random.random(), np.random.rand(), torch.rand(2)
    def say(text): print(text)
    def leave(): os._exit(3)
    def hang():
        while True: pass
    def hog(): return torch.ones(10**10).sum()
    def spawn():
        if os.fork() == 0:
            os.setsid()
            time.sleep(100)
        return True
    def processes(): return len([n for n in os.listdir("/proc") if n.isdigit()])
    def double_(x): x.mul_(2)
    def square(x): return (x * x).sum()
    def apply(f, x): return f(x * 2) + 1
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(2))
        def forward(self, x): return x * self.weight
"""


def test_a_gpu_check_has_a_process_that_loaded_the_submission_anew(grade: Grade) -> None:
    """As on a desk: the folder holds what was uploaded, and nothing of the first loading."""
    check = """
        import pytest
        import question1

        @pytest.fixture(scope="module")
        def wide(): return question1.Model()

        def test_plain():
            here, loaded_in, data, made = question1.place()
            assert (here, data, made) == (loaded_in, "given", True)
            assert "fresh" not in here
            assert question1.remember(1) == 1

        @pytest.mark.gpu
        @pytest.mark.parametrize("n", range(2))
        def test_marked(n):
            here, loaded_in, data, made = question1.place()
            assert (here, data, made) == (loaded_in, "given", True)
            assert "fresh" in here
            assert question1.remember(1) == 1

        # The supervisor and the check's own process, beside the two stages of loading.
        @pytest.mark.gpu
        def test_nobody_else(): assert question1.processes() == 4 and question1.spawn()

        @pytest.mark.gpu
        def test_nobody_is_left(): assert question1.processes() == 4

        @pytest.mark.gpu
        def test_an_object_of_another_process(wide): wide.weight
    """
    seen = grade(check, FRESH, files={"data.txt": b"given"})
    said = messages(seen)
    assert outcomes(seen) == {
        "test_plain": "passed",
        "test_marked": "passed",
        "test_nobody_else": "passed",
        "test_nobody_is_left": "passed",
        "test_an_object_of_another_process": "failed",
    }, said
    assert "make it in this one" in said["test_an_object_of_another_process"]


def test_what_holds_for_a_fork_holds_for_a_gpu_check(grade: Grade) -> None:
    check = """
        import pytest, torch
        import question1

        pytestmark = pytest.mark.gpu

        def test_draws(leaderboard):
            leaderboard("draws", [*question1.draws()[:2], *question1.draws()[2].tolist()])

        @pytest.mark.visibility("visible")
        def test_output(): question1.say("printed")

        def test_leave(): question1.leave()

        @pytest.mark.timeout(1)
        def test_hang(): question1.hang()

        def test_hog(): question1.hog()

        def test_values():
            x = torch.ones(3, requires_grad=True)
            question1.square(x).backward()
            assert x.grad.tolist() == [2.0, 2.0, 2.0]
            y = torch.ones(2, dtype=torch.bfloat16)
            question1.double_(y)
            assert y.tolist() == [2.0, 2.0]
            assert question1.apply(lambda z: z.sum(), torch.ones(2)).item() == 5.0
            model = question1.Model()
            model(torch.ones(2)).sum().backward()
            assert model.weight.grad.tolist() == [1.0, 1.0]

        def test_cost(measure):
            run = measure(question1.square, torch.ones(3))
            assert (run.result.item(), run.operators["aten.mul"]) == (3.0, 1)
    """
    first = grade(check, FRESH, files={"data.txt": b""})
    again = grade(check, FRESH, files={"data.txt": b""})
    other = grade(check, FRESH, files={"data.txt": b""}, seed=1)
    assert outcomes(first) == {
        "test_draws": "passed",
        "test_output": "passed",
        "test_leave": "crashed",
        "test_hang": "timeout",
        "test_hog": "memory",
        "test_values": "passed",
        "test_cost": "passed",
    }, messages(first)
    assert first.checks[1].output.strip() == "printed"
    assert first.leaderboard == again.leaderboard != other.leaderboard


def test_loading_anew_stops_where_the_first_loading_did(grade: Grade) -> None:
    """A cell that ended the process is not run a second time; what came before it is there."""
    cells = ("def f(): return 1", "import os; os._exit(1)", "def g(): return 2")
    check = """
        import pytest
        import question1

        @pytest.mark.gpu
        def test_before(): assert question1.f() == 1

        @pytest.mark.gpu
        def test_after(): assert question1.g() == 2
    """
    seen = grade(check, cells=cells)
    assert outcomes(seen) == {"test_before": "passed", "test_after": "failed"}
    assert "does not define" in messages(seen)["test_after"]


def test_a_check_is_for_a_gpu_or_for_ranks(grade: Grade) -> None:
    check = """
        import pytest

        @pytest.mark.gpu
        @pytest.mark.ranks(2)
        def test_both(): pass
    """
    seen = grade(check, SOURCE)
    assert (seen.verdict, seen.checks) == ("assignment_fault", ())
    assert "marked both" in seen.staff_detail


def test_the_time_of_loading_anew_is_not_the_checks(grade: Grade) -> None:
    """Neither against its limit nor in what is told of it."""
    source = "import time\ntime.sleep(2)\ndef f(): return 1\n"
    check = """
        import pytest
        import question1

        @pytest.mark.gpu
        @pytest.mark.timeout(1)
        def test_quick(): assert question1.f() == 1
    """
    seen = grade(check, source)
    assert outcomes(seen) == {"test_quick": "passed"}, messages(seen)
    assert seen.checks[0].seconds < 1


def test_loading_that_hangs_only_the_second_time_costs_that_check(grade: Grade) -> None:
    source = """
        import os, time
        def f(): return 1
        if "fresh" in os.getcwd():
            while True:
                try:
                    time.sleep(60)
                except BaseException:
                    pass
    """
    check = """
        import pytest
        import question1

        @pytest.mark.gpu
        def test_marked(): assert question1.f() == 1

        def test_plain(): assert question1.f() == 1
    """
    seen = grade(check, source, load_seconds=1)
    assert outcomes(seen) == {"test_marked": "timeout", "test_plain": "passed"}
