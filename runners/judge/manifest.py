"""The list of all checks, made before any student code runs: what a verdict must cover."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

from runners.judge.errors import SuiteFault

MAX_RANKS = 16
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
MARKS = {
    "points(n)": "what the check is worth",
    "visibility(v)": "who sees its details: " + ", ".join(VISIBILITIES),
    "hint(text)": "what the student reads when it fails",
    "timeout(seconds)": "how long it may run",
    "gpu": "runs on a GPU where the run has one",
    "ranks(n)": "runs on n processes, 1 to " + str(MAX_RANKS),
}


@dataclass
class Check:
    """One test function, or all cases of a parametrised one."""

    id: str
    title: str
    problem: str
    points: Decimal
    visibility: str
    hint: str
    seconds: float
    gpu: bool = False
    cases: int = 0
    path: str = field(default="", repr=False)

    def plain(self) -> dict[str, Any]:
        """As plain data for the controller."""
        return {
            "id": self.id,
            "title": self.title,
            "problem": self.problem,
            "points": str(self.points),
            "visibility": self.visibility,
            "hint": self.hint,
            "seconds": self.seconds,
            "gpu": self.gpu,
            "cases": self.cases,
        }


def check_id(item: pytest.Item) -> str:
    """`file::test` or `file::Class::test`, without the case's parameters."""
    name = getattr(item, "originalname", None) or item.name
    return f"{item.nodeid.partition('[')[0].rpartition('::')[0]}::{name}"


def build(
    items: Iterable[pytest.Item], problems: dict[str, str], seconds: float
) -> dict[str, Check]:
    """The checks by id, in order. `problems` gives the problem of each suite file.

    Raises `SuiteFault` for a mark that cannot be understood.
    """
    checks: dict[str, Check] = {}
    for item in items:
        identity = check_id(item)
        if identity not in checks:
            checks[identity] = _check(item, identity, problems, seconds)
        checks[identity].cases += 1
    return checks


def _check(item: pytest.Item, identity: str, problems: dict[str, str], seconds: float) -> Check:
    path = identity.partition("::")[0]
    folder = "visible" if path.split("/")[0] == "public" else "hidden"
    visibility = _mark(item, "visibility", folder)
    if visibility not in VISIBILITIES:
        known = ", ".join(VISIBILITIES)
        raise SuiteFault(f"{identity}: visibility {visibility!r} is none of {known}")
    if wants_gpu(item) and item.get_closest_marker("ranks") is not None:
        raise SuiteFault(f"{identity} is marked both `gpu` and `ranks`: use one of them")
    _check_ranks(item, identity)
    return Check(
        id=identity,
        title=_title(item, visibility),
        problem=problems.get(path, ""),
        points=_points(item, identity),
        visibility=visibility,
        hint=str(_mark(item, "hint", "")),
        seconds=float(_mark(item, "timeout", seconds)),
        gpu=wants_gpu(item),
        path=path,
    )


def wants_gpu(item: pytest.Item) -> bool:
    """Whether the check runs on a GPU, if the run has one."""
    return item.get_closest_marker("gpu") is not None


def _mark(item: pytest.Item, name: str, default: Any) -> Any:
    mark = item.get_closest_marker(name)
    return mark.args[0] if mark is not None and mark.args else default


def _points(item: pytest.Item, identity: str) -> Decimal:
    value = _mark(item, "points", 0)
    try:
        points = Decimal(str(value))
    except InvalidOperation:
        raise SuiteFault(f"{identity}: points({value!r}) is no number") from None
    if not points.is_finite() or points < 0:
        raise SuiteFault(f"{identity}: points({value!r}) must be a number from 0 on")
    return points


def _check_ranks(item: pytest.Item, identity: str) -> None:
    size = _mark(item, "ranks", None)
    if size is not None and (type(size) is not int or not 1 <= size <= MAX_RANKS):
        raise SuiteFault(f"{identity}: ranks({size!r}) must be a whole number, 1 to {MAX_RANKS}")
    if size is None and "ranks" in getattr(item, "fixturenames", ()):
        raise SuiteFault(f"{identity} uses the fixture `ranks` without the mark `ranks(n)`")


def _title(item: pytest.Item, visibility: str) -> str:
    text = (getattr(getattr(item, "obj", None), "__doc__", None) or "").strip()
    if text:
        return str(text.splitlines()[0])
    if visibility != "visible":
        return "A check without a title"  # its function's name would tell what is looked for
    name = getattr(item, "originalname", None) or item.name
    return name.removeprefix("test_").replace("_", " ")
