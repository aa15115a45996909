"""Runs on a host with a GPU: one that is pretended, and, where there is one, a real one."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runners import grading
from runners.contract import Gpu, RunReport, Verdict, WithoutGpu
from runners.gpus import Gpus, find_gpus
from runners.grading import Grader
from runners.judgement import ON_THE_CPU
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.choose import open_sandbox
from tests.runners.conftest import Grade, make_request, messages, outcomes
from tests.runners.test_gpu import FRESH, SOURCE

PRETENDED = Gpu("GPU-11111111-0000-0000-0000-000000000000", "NVIDIA H200", "580.65")


@pytest.fixture
def grade_with(tmp_path: Path) -> Iterator[Grade]:
    """`grade_with(GPUs of the host, check, source, ...)`: graded by a host that shows these."""
    found: tuple[Gpu, ...] = ()
    gpus = Gpus(tmp_path / "locks", lambda: found)

    with Grader(BubblewrapSandbox(), gpus=gpus) as grader:

        def run(
            shown: tuple[Gpu, ...],
            *arguments: str,
            without_gpu: WithoutGpu = WithoutGpu.WAIT,
        ) -> RunReport:
            nonlocal found
            found = shown
            request = make_request(*arguments, files={"data.txt": b"given"})
            report = grader.grade(dataclasses.replace(request, gpus=1, without_gpu=without_gpu))
            assert gpus.free() == list(shown), "a lease outlived its run"
            return report

        yield run


IN_A_NEW_INTERPRETER = """
    import os
    import pytest, torch
    import question1

    def test_plain(device):
        assert device == "cpu"
        assert question1.visible() == ""

    @pytest.mark.gpu
    @pytest.mark.visibility("visible")
    def test_marked(device):
        assert device == "cpu:0"
        assert question1.visible().startswith("GPU-11111111")
        assert question1.command().split()[-4].endswith("runners.guest.fresh")
        here, loaded_in, data, made = question1.place()
        assert (here, data, made) == (loaded_in, "given", True)
        x = torch.ones(3, requires_grad=True)
        question1.square(x).backward()
        assert x.grad.tolist() == [2.0, 2.0, 2.0]
        question1.say("printed")

    @pytest.mark.gpu
    def test_draws(leaderboard):
        leaderboard("draws", [*question1.draws()[:2], *question1.draws()[2].tolist()])

    @pytest.mark.gpu
    def test_leave(): question1.leave()

    @pytest.mark.gpu
    @pytest.mark.timeout(1)
    def test_hang(): question1.hang()

    @pytest.mark.gpu
    def test_hog(): question1.hog()

    @pytest.mark.gpu
    def test_spawn(): assert question1.spawn()

    @pytest.mark.gpu
    def test_nobody_is_left(): assert question1.processes() == 4
"""
ASKED = """
    def visible(): return os.environ["CUDA_VISIBLE_DEVICES"]
    def command():
        return Path("/proc/self/cmdline").read_bytes().decode().replace(chr(0), " ").strip()
"""


@pytest.mark.bubblewrap
def test_the_new_interpreter_of_a_run_with_a_gpu(
    grade_with: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same road as on a GPU, to a device that every machine has: `cpu:0` is no "cpu" here."""
    monkeypatch.setattr(grading, "CUDA", "cpu:0")

    first = grade_with((PRETENDED,), IN_A_NEW_INTERPRETER, FRESH + ASKED)
    again = grade_with((PRETENDED,), IN_A_NEW_INTERPRETER, FRESH + ASKED)

    assert outcomes(first) == {
        "test_plain": "passed",
        "test_marked": "passed",
        "test_draws": "passed",
        "test_leave": "crashed",
        "test_hang": "timeout",
        "test_hog": "memory",
        "test_spawn": "passed",
        "test_nobody_is_left": "passed",
    }, messages(first)
    assert next(c for c in first.checks if c.id.endswith("test_marked")).output == "printed\n"
    assert first.leaderboard == again.leaderboard
    assert first.notices == ()
    assert first.receipt["device"] == "cuda"
    assert first.receipt["gpus"] == [
        {"uuid": PRETENDED.uuid, "name": "NVIDIA H200", "driver": "580.65"}
    ]


@pytest.mark.bubblewrap
def test_a_gpu_that_cannot_be_used_is_nobodys_zero(grade_with: Grade) -> None:
    """Here the host shows a GPU, and torch in the sandbox has none: our fault, told to staff."""
    check = """
        import pytest
        @pytest.mark.gpu
        @pytest.mark.points(1)
        def test_marked(): pass
    """
    seen = grade_with((PRETENDED,), check, SOURCE)
    assert (seen.verdict, seen.checks) == (Verdict.SYSTEM_FAULT, ())
    assert "the device 'cuda' cannot be used" in seen.staff_detail


@pytest.mark.bubblewrap
def test_a_host_without_a_gpu_runs_what_may_run_there(grade_with: Grade) -> None:
    check = """
        import pytest, torch
        from question1 import where

        @pytest.mark.gpu
        def test_marked(device): assert where(torch.ones(2)) == device == "cpu"
    """
    waits = grade_with((), check, SOURCE)
    assert (waits.verdict, waits.checks) == (Verdict.SYSTEM_FAULT, ())
    assert "needs 1 GPU(s) and this host has 0" in waits.staff_detail

    falls_back = grade_with((), check, SOURCE, without_gpu=WithoutGpu.CPU)
    assert outcomes(falls_back) == {"test_marked": "passed"}
    assert falls_back.notices == (ON_THE_CPU,)
    assert (falls_back.receipt["device"], falls_back.receipt["gpus"]) == ("cpu", [])


ON_A_GPU = """
    import pytest, torch
    import question1
    from question1 import where

    def test_plain(device):
        assert (device, where(torch.ones(2)), question1.seen()) == ("cpu", "cpu", False)

    @pytest.mark.gpu
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64, torch.bool])
    def test_arrives_and_comes_back(device, dtype):
        assert (device, where(torch.ones(2)), question1.seen()) == ("cuda", "cuda", True)
        x = torch.ones(2, 3).to(dtype)
        back = question1.same(x)
        assert back.device.type == "cpu" and torch.equal(back, x)

    @pytest.mark.gpu
    def test_equals_the_cpu(rng, assert_tensor):
        x = torch.from_numpy(rng.standard_normal((64, 64)))
        assert_tensor(question1.product(x), x @ x)

    @pytest.mark.gpu
    def test_mutation_and_gradients():
        y = torch.ones(2)
        question1.double_(y)
        x = torch.ones(3, requires_grad=True)
        question1.square(x).backward()
        assert (y.tolist(), x.grad.tolist()) == ([2.0, 2.0], [2.0, 2.0, 2.0])

    @pytest.mark.gpu
    def test_model(device):
        model = question1.Model().to(device)
        model(torch.ones(2)).sum().backward()
        assert model.weight.grad.tolist() == [1.0, 1.0]

    @pytest.mark.gpu
    @pytest.mark.parametrize("n", range(2))
    def test_nothing_is_left_of_the_last_one(n): assert question1.remember(n) == 1

    @pytest.mark.gpu
    def test_draws(leaderboard): leaderboard("draws", question1.draws_there().tolist())
"""
THERE = """
    def where(x): return x.device.type
    def same(x): return x
    def product(x): return x @ x
    def seen(): return torch.cuda.is_available()
    def draws_there(): return torch.rand(3, device="cuda")
"""


@pytest.mark.gpu
def test_a_run_on_a_real_gpu() -> None:
    """What no machine without one can show. A module that asks for CUDA while it is loaded too."""
    source = FRESH + THERE + "\n    ASKED = torch.cuda.is_available()\n"
    request = dataclasses.replace(make_request(ON_A_GPU, source, memory_bytes=16 * 1024**3), gpus=1)
    with Grader(open_sandbox("auto")) as grader:
        first, again = grader.grade(request), grader.grade(request)

    assert set(outcomes(first).values()) == {"passed"}, messages(first)
    assert first.leaderboard == again.leaderboard
    assert first.notices == ()
    assert first.receipt["device"] == "cuda"
    (device,) = first.receipt["gpus"]
    assert device["uuid"] in {gpu.uuid for gpu in find_gpus()}


@pytest.mark.gpu
def test_a_run_waits_for_the_gpu_that_another_one_has() -> None:
    """Two at once on one GPU: both are graded, one after the other."""
    check = """
        import pytest, torch
        import question1

        @pytest.mark.gpu
        def test_marked(): assert question1.use(torch.ones(2)).tolist() == [2.0, 2.0]
    """
    source = "import time\ndef use(x):\n    time.sleep(3)\n    return x + x\n"
    gpus = find_gpus()[:1]
    request = dataclasses.replace(make_request(check, source, memory_bytes=16 * 1024**3), gpus=1)

    def run(_number: int) -> tuple[RunReport, float]:
        began = time.monotonic()
        with Grader(open_sandbox("auto"), gpus=Gpus(find=lambda: gpus)) as grader:
            return grader.grade(request), time.monotonic() - began

    with ThreadPoolExecutor(2) as pool:
        (one, first), (other, second) = pool.map(run, range(2))
    assert outcomes(one) == outcomes(other) == {"test_marked": "passed"}
    assert abs(first - second) > 3
