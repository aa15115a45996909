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
