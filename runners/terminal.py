"""What a person at a terminal sees: progress while a run goes on, then a table."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from runners.contract import CheckResult, Isolation, Outcome, RunReport, Verdict
from runners.report import KNOWN_MISTAKE, Audience, Phase, shows_details
from runners.text import clean

_PHASES = {
    "starting": "starting judge and guest",
    "manifest": "loading the submission",
    "loaded": "running checks",
}
_MARKS = {Outcome.PASSED: ("✓", "green"), Outcome.NOT_RUN: ("-", "dim")}


@contextlib.contextmanager
def progress() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A live line on standard error, where that is a terminal; else nothing."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None)

        def show(event: dict[str, Any]) -> None:
            kind = event["event"]
            if kind in _PHASES:
                bar.update(task, description=_PHASES[kind])
            if kind == "manifest":
                bar.update(task, total=len(event["checks"]))
            elif kind == "check":
                bar.advance(task)

        yield show


def summary(report: RunReport, audience: Audience) -> None:
    """The checks by problem, the points, and what was noticed about the submission."""
    console = Console()
    for notice in report.notices:
        console.print(Text(f"• {clean(notice)}", style="yellow"))
    if report.verdict is not Verdict.GRADED:
        console.print(Text(report.verdict.value, style="bold red"))
        return
    if report.receipt.get("isolation") == Isolation.SHARED:
        console.print(Text("shared mode: this grade is forgeable", style="bold red"))
    table = Table(box=None, pad_edge=False)
    for heading in ("", "check", "points"):
        table.add_column(heading, justify="right" if heading == "points" else "left")
    for problem in dict.fromkeys(check.problem for check in report.checks):
        checks = [check for check in report.checks if check.problem == problem]
        table.add_row("", Text(problem, style="bold"), _sum(checks))
        for check in checks:
            _row(table, check, audience)
        # All failing checks of a problem say the same: once is enough.
        if mistake := next((check.mistake for check in checks if check.mistake), ""):
            table.add_row("", Text(f"{KNOWN_MISTAKE} {clean(mistake)}", style="italic"), "")
    console.print(table)
    console.print(Text(f"{report.points}/{report.max_points}", style="bold"))


def _sum(checks: list[CheckResult]) -> Text:
    earned = sum(check.points for check in checks)
    return Text(f"{earned}/{sum(check.max_points for check in checks)}", style="bold")


def _row(table: Table, check: CheckResult, audience: Audience) -> None:
    mark, style = _MARKS.get(check.outcome, ("✗", "red"))
    line = Text(clean(check.title))
    if check.outcome is not Outcome.PASSED:
        line.append(f"  {check.outcome.value}", style=style)
        if shows_details(check, audience, Phase.OPEN) and check.message:
            line.append(f"\n{clean(check.message)}", style="dim")
        if check.hint:
            line.append(f"\nHint: {clean(check.hint)}", style="italic")
    table.add_row(Text(mark, style=style), line, f"{check.points}/{check.max_points}")
