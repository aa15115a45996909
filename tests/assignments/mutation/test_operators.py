"""The mistakes that the operators make: every one of a line, by what the line becomes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from assignments.loader import load_assignment, solution_files
from assignments.mutation.candidates import candidates
from assignments.mutation.edits import Mutation

ROOT = Path(__file__).parents[3] / "assignments"
BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"


def mutations(*lines: str) -> tuple[bytes, list[Mutation]]:
    body = "".join(f"    {line}\n" for line in lines)
    source = f"import torch\n\n\ndef f(x, y, n):\n{BEGIN}{body}{END}    return x - 9\n".encode()
    return source, candidates({"question1.py": source})


MISTAKES: dict[str, set[str]] = {
    "return x + y": {"return x - y", "return x", "return y"},
    "return (x - y) * n": {
        "return (x - y) / n",
        "return (x - y)",
        "return n",
        "return (x + y) * n",
        "return (x) * n",
    },
    "return x ** n / y": {
        "return x ** n * y",
        "return (x ** n)",
        "return x * n / y",
        "return x / y",
    },
    "return x @ y": {"return x @ y.mT"},
    "return x @ (y + n)": {
        "return x @ ((y + n).mT)",
        "return x @ (y - n)",
        "return x @ (y)",
        "return x @ (n)",
    },
    "return -x": {"return x"},
    "return not x": {"return x"},
    "return x < y": {"return x <= y"},
    "return x < y <= n": {"return x <= y <= n", "return x < y < n"},
    "return x is not y": {"return x is y"},
    "return x in y": {"return x not in y"},
    "return x and y": {"return x or y"},
    "return x if n > y else y": {"return x if not (n > y) else y", "return x if n >= y else y"},
    "return x if n == y else y": {"return x if n != y else y"},
    "return x.sum(dim=-1)": {
        "return x.sum(dim=-2)",
        "return x.sum(dim=0)",
        "return x.sum()",
        "return x.mean(dim=-1)",
        "return x",
    },
    "return x.view(3)": {"return x.view(4)", "return x.view(2)"},
    "return f(x, 1e-5)": {"return f(x, 2e-05)"},
    "return f(x, True)": {"return f(x, False)"},
    "return torch.softmax(x, dim=n)": {
        "return torch.sigmoid(x)",
        "return torch.softmax(x)",
        "return x",
    },
    "return x.softmax(n)": {"return x.sigmoid()", "return x"},
    "return x.transpose(n, y)": {"return x"},
    "return torch.sqrt(x + y)": {
        "return torch.square(x + y)",
        "return torch.rsqrt(x + y)",
        "return (x + y)",
        "return torch.sqrt(x - y)",
        "return torch.sqrt(x)",
        "return torch.sqrt(y)",
    },
    "return x.mT": {"return x"},
    "return x.var(keepdim=True, unbiased=n)": {
        "return x.var(keepdim=False, unbiased=n)",
        "return x.var(unbiased=n)",
        "return x.var(keepdim=True)",
        "return x.std(keepdim=True, unbiased=n)",
    },
    "return torch.tril(x)": {"return torch.tril(x, -1)", "return torch.triu(x)", "return x"},
    "return x.triu()": {"return x.triu(1)", "return x.tril()", "return x"},
    "return torch.matmul(x, y)": {"return torch.matmul(x, y.mT)"},
    "return torch.where(n, x, y)": {"return torch.where(n, y, x)"},
    "return max(x, y)": {"return min(x, y)"},
    "return add(x, sum(y))": {"return add(x, y)"},
    "return x[n:]": {"return x[n + 1:]"},
    "return x[:n]": {"return x[:n + 1]"},
    "return x[:, 1:]": {"return x[:, 2:]", "return x[:, 0:]"},
    "return x, y": {"return y, x"},
    "return x.new_zeros(n, device=y)": set(),
    "return f'{x + 1}'": set(),
    "x += y": {"pass", "x -= y", "x = y"},
    "x.append(y)": {"pass"},
    "x[y] = n": {"pass"},
    "x.y = n": {"pass"},
    "print(x + y)": {"pass"},
    "raise ValueError('n' + x)": {"pass"},
    "x: int = y - n": {"x: int = y + n", "x: int = y"},
    "assert x > y, x + y": {"assert x >= y, x + y"},
}


@pytest.mark.parametrize(("line", "expected"), MISTAKES.items())
def test_every_mistake_of_a_line(line: str, expected: set[str]) -> None:
    source, found = mutations(line)

    assert {becomes for _, becomes in (m.lines(source) for m in found)} == expected


BLOCKS: list[tuple[tuple[str, ...], set[str]]] = [
    (
        ("for i in range(n):", "    x.step(i)"),
        {"for i in range(n - 1):", "pass"},
    ),
    (
        ("for i in range(2, n):", "    break"),
        {
            "for i in range(2, n - 1):",
            "for i in range(3, n):",
            "for i in range(1, n):",
            "pass",
        },
    ),
    (("with torch.no_grad():", "    return x"), {"if True:"}),
    (("if x.training:", "    return x"), {"if not x.training:"}),
    (("while x <= y:", "    continue"), {"while x < y:", "while not (x <= y):", "pass"}),
]


@pytest.mark.parametrize(("lines", "expected"), BLOCKS)
def test_every_mistake_of_a_block(lines: tuple[str, ...], expected: set[str]) -> None:
    source, found = mutations(*lines)

    assert {becomes for _, becomes in (m.lines(source) for m in found)} == expected


def test_a_call_over_several_lines_loses_its_keyword() -> None:
    source, [mutation] = mutations("return f(", "    x,", "    dim=n,", ")")

    assert ast.unparse(ast.parse(mutation.apply(source)).body[1]).endswith(
        "return f(x)\n    return x - 9"
    )


def test_only_what_a_student_has_to_write_is_changed() -> None:
    source = b"import math\n\nSIZE = 3 + 1\n\n\ndef f(x):\n    return x + 1\n"

    assert candidates({"question1.py": source, "notes.txt": b"1 + 1"}) == []


@pytest.mark.parametrize("name", [path.parent.name for path in ROOT.glob("*/assignment.toml")])
def test_mutations_of_the_homeworks_are_other_programs_each_with_a_name(name: str) -> None:
    solution = solution_files(ROOT / name, load_assignment(ROOT / name))
    found = candidates(solution)

    assert len({mutation.id for mutation in found}) == len(found) > 100
    programs = {ast.dump(ast.parse(m.apply(solution[m.file]))) for m in found}
    programs |= {ast.dump(ast.parse(data)) for n, data in solution.items() if n.endswith(".py")}
    assert len(programs) == len(found) + sum(n.endswith(".py") for n in solution)
    assert candidates(solution) == found
