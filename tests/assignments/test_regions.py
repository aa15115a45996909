from __future__ import annotations

import pytest

from assignments.errors import Fault
from assignments.regions import without_markers, without_solution


def stripped(source: str) -> str:
    faults: list[Fault] = []
    result = without_solution("q.py", source, faults)
    assert faults == []
    return result


def faults_of(source: str) -> list[str]:
    faults: list[Fault] = []
    without_solution("q.py", source, faults)
    return [str(fault) for fault in faults]


def test_in_a_function_the_region_becomes_a_raise_at_its_indent() -> None:
    source = """\
class A:
    def f(self):
        '''Say it.'''
        if self:
            ### BEGIN SOLUTION
            return 1
            ### END SOLUTION
        return 2
"""
    assert (
        stripped(source)
        == """\
class A:
    def f(self):
        '''Say it.'''
        if self:
            # Your code here.
            raise NotImplementedError
        return 2
"""
    )


def test_in_a_class_and_in_a_module_nothing_is_raised() -> None:
    source = """\
import math
### BEGIN SOLUTION
def helper(): ...
### END SOLUTION
class A:
    ### BEGIN SOLUTION
    def f(self): ...
    ### END SOLUTION
"""
    assert (
        stripped(source)
        == """\
import math
# Your code here.
class A:
    # Your code here.
    pass
"""
    )


def test_without_markers_the_solution_stays() -> None:
    assert without_markers(
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n"
    ) == ("def f():\n    return 1\n")


def test_a_file_without_regions_stays_as_it_is() -> None:
    assert stripped("x = 1\n") == "x = 1\n"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (
            "def f():\n    ### BEGIN SOLUTION\n    return 1\n",
            "q.py:2: opens a region that is never closed. Write '### END SOLUTION' below it.",
        ),
        (
            "x = 1\n### END SOLUTION\n",
            "q.py:2: closes a region that was never opened. Write '### BEGIN SOLUTION' above it.",
        ),
        (
            "### BEGIN SOLUTION\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n",
            (
                "q.py:2: opens a region inside the one of line 1. "
                "Close the first with '### END SOLUTION'."
            ),
        ),
        (
            "x = 1\n## Begin Solution\n",
            (
                "q.py:2: looks like a marker but is not one: '## Begin Solution'. "
                "Write '### BEGIN SOLUTION' or '### END SOLUTION' on its own line."
            ),
        ),
        (
            "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n",
            (
                "q.py:1: leaves an empty file without its solution. "
                "Keep the signatures and imports outside of the markers."
            ),
        ),
        (
            "if True:\n### BEGIN SOLUTION\n    x = 1\n### END SOLUTION\ny = 2\n",
            (
                "q.py:2: leaves no valid Python without its solution (is not valid Python: "
                "expected "
                "an indented block after 'if' statement on line 1.) "
                "Move the markers inside one function's body."
            ),
        ),
        ("def f(:\n", "q.py:1: is not valid Python: invalid syntax. Correct that line."),
    ],
)
def test_each_wrong_marker_is_named_with_its_line(source: str, fault: str) -> None:
    assert faults_of(source) == [fault]
