"""A problem of typed answers, one of each kind, as lines of an `assignment.toml`."""

from __future__ import annotations

import tomllib
from decimal import Decimal

from assignments.answers.declaring import read_answers
from assignments.errors import Fault
from assignments.fields import Table
from assignments.spec import (
    AnswerSpec,
    AssignmentSpec,
    FilesSpec,
    LimitsSpec,
    ProblemKind,
    ProblemSpec,
)

ANSWERS = """
[[problems]]
id = "numbers"
title = "Back-of-the-envelope numbers"
kind = "answer"
points = 12

[[problems.answers]]
id = "model_bytes"
title = "Bytes of the parameters"
text = "A model has $1.3 \\\\cdot 10^9$ parameters. How much memory do they take in fp16?"
kind = "number"
points = 3
value = "2.6 GB"
tolerance = "1 %"
hint = "Two bytes for each parameter."

[[problems.answers]]
id = "zero_memory"
title = "Memory of one device"
text = "With $\\\\Psi$ parameters on $N$ devices and $K$ bytes of optimizer state for each?"
kind = "expression"
points = 2
value = "(2 + 2 + K) * Psi / N"
variables = { Psi = [1e9, 1e10], N = [2, 64], K = [8, 16] }
hint = "All three are sharded."

[[problems.answers]]
id = "bound"
title = "What bounds decoding"
text = "Batch size one."
kind = "choice"
points = 1
options = { a = "Compute", b = "Memory bandwidth", c = "Capacity" }
value = "b"

[[problems.answers]]
id = "sharded"
title = "What stage 2 shards"
kind = "choice"
points = 2
options = { weights = "Weights", gradients = "Gradients", states = "Optimizer states" }
value = ["gradients", "states"]

[[problems.answers]]
id = "stages"
title = "Memory by stage"
text = "For 8 devices."
kind = "table"
points = 3
rows = ["stage 0", "stage 1"]
columns = ["weights", "states"]
values = [["2 GB", "12 GB"], ["2 GB", "1.5 GB"]]
tolerance = "2 %"
partial = true

[[problems.answers]]
id = "product"
title = "A product"
kind = "matrix"
points = 1
values = [[1, 0], [-2, "1/3"]]
tolerance = "0.01"
"""
RIGHT = """\
model_bytes = "2600 MB"
zero_memory = "Psi * (4 + K) / N"
bound = "b"
sharded = ["states", "gradients"]
stages = [["2 GB", "12e9 B"], ["2000 MB", "1.5 GB"]]
product = [[1, 0.0], [-2, 0.333]]
"""
WRONG = """\
model_bytes = "5.2 GB"
zero_memory = "Psi * K / N"
bound = "a"
sharded = ["states"]
stages = [["1 GB", "1 GB"], ["1 GB", "1 GB"]]
product = [[1, 0], [-2, 1]]
"""


def question(lines: str) -> AnswerSpec:
    """One question, declared without a fault."""
    [answer] = declared(lines)[0]
    return answer


def declared(lines: str) -> tuple[tuple[AnswerSpec, ...], list[str]]:
    """The questions of a problem that is declared by these lines, and the faults of it."""
    faults: list[Fault] = []
    head = 'id = "q"\ntitle = "Question"\npoints = 1\n'
    text = f"[[answers]]\n{head if 'title =' not in lines else ''}{lines}"
    values = tomllib.loads(text, parse_float=Decimal)
    answers = read_answers(Table(values, "assignment.toml", "", faults))
    return answers, [f"{fault.field}: {fault.message} {fault.remedy}".strip() for fault in faults]


def homework_of(*answers: AnswerSpec) -> AssignmentSpec:
    """A homework of these questions alone."""
    points = sum((answer.points for answer in answers), Decimal(0))
    problem = ProblemSpec("q", "Questions", ProblemKind.ANSWER, points, answers=answers)
    return AssignmentSpec(
        slug="hw9",
        title="Homework 9",
        points=points,
        isolation="split",
        files=FilesSpec(()),
        limits=LimitsSpec(),
        attempts_per_day=None,
        problems=(problem,),
    )
