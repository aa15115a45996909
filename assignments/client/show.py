"""What the service told, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_SIGNS = {"passed": "[green]✓[/]", "not_run": "[dim]-[/]"}
_FAILED = "[red]✗[/]"


def homeworks(console: Console, course: Mapping[str, Any]) -> None:
    """The homeworks of a course: when they are due, what an upload now would keep, the points."""
    table = Table(title=escape(f"{course['code']}: {course['title']}"), title_justify="left")
    for column in ("homework", "due", "an upload now", "you"):
        table.add_column(column)
    for row in course["homeworks"]:
        named = f"[bold]{escape(row['slug'])}[/]  {escape(row['title'])}"
        table.add_row(named, _due(row), _now(row), _you(row))
    console.print(table)


def check(console: Console, facts: Mapping[str, Any]) -> None:
    """A check that has just ended."""
    sign = _SIGNS.get(str(facts["outcome"]), _FAILED)
    points = f"{_points(facts['points'])} / {_points(facts['max_points'])}"
    console.print(f"  {sign} {escape(str(facts['title']))}  [dim]{points}[/]")


def standing(console: Console, told: Mapping[str, Any]) -> None:
    """Where a submission stands, and its points with the reason."""
    console.print(f"Submission {told['id']} of {escape(told['homework'])}: {escape(told['words'])}")
    score = told["score"]
    if score is not None:
        counts = "" if told["counted"] else "  [dim](another one counts)[/]"
        points = f"{_points(score['final'])} of {_points(score['possible'])}"
        console.print(f"  [bold]{points}[/]  {escape(score['reason'])}{counts}")
    console.print(f"  [dim]{escape(told['page'])}[/]")


def _due(row: Mapping[str, Any]) -> str:
    moment = datetime.fromisoformat(row["due_at"]).astimezone()
    return f"{moment:%Y-%m-%d %H:%M %Z}" + (" (extended)" if row["extended"] else "")


def _now(row: Mapping[str, Any]) -> str:
    if row["stage"] in ("later", "empty", "closed"):
        return {"later": "not open yet", "empty": "no content yet"}.get(row["stage"], "refused")
    lost = (1 - Decimal(row["keeps"])) * 100
    return "is on time" if not lost else f"loses {_points(lost)} %"


def _you(row: Mapping[str, Any]) -> str:
    if row["final"] is None:
        return escape(str(row["standing"]))
    return f"{_points(row['final'])} of {_points(row['points'])}"


def _points(number: Any) -> str:
    """Without zeros at the end."""
    return f"{Decimal(str(number)).normalize():f}"
