"""`manage.py exam_scores COURSE EXAM FILE`: points in an exam, from a CSV file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grader.csv_reading import content_of, read_table
from grader.domain.states import Role
from grader.errors import TableUnreadable
from grader.exams import MOST_ROWS, Change, Plan, enter, plan_of_table
from grader.models import Exam, User


class Command(BaseCommand):
    """Exit 1 with every fault, and nothing written, where the file cannot be used."""

    help = "Say what a CSV file of exam points would change; with --apply, enter them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which exam, which file, and by whom."""
        parser.add_argument("course", help="the course's name in addresses, as in comp4551")
        parser.add_argument("exam", help="the exam's id in course.toml, as in midterm")
        parser.add_argument("file", type=Path, help="columns: number or address, and points")
        parser.add_argument("--apply", action="store_true", help="enter the points")
        parser.add_argument("--by", metavar="EMAIL", help="the instructor who enters them")
        parser.add_argument(
            "--take-back",
            action="store_true",
            help="take points back where the file says 'absent' or '-'",
        )

    def handle(self, *_words: Any, **options: Any) -> None:
        """Plan, say it, and perhaps do it."""
        exam = _exam(options["course"], options["exam"])
        author = _author(exam, options["by"]) if options["apply"] else None
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                content = content_of(file, path.stat().st_size)
            table = read_table(content, most_rows=MOST_ROWS)
            plan = plan_of_table(exam, table, take_back=options["take_back"])
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except TableUnreadable as error:
            raise CommandError("\n".join(error.faults)) from error
        if author is not None:
            plan = enter(
                exam,
                lambda: plan_of_table(exam, table, take_back=options["take_back"]),
                source="csv",
                author=author,
            )
        self._say(plan, done=author is not None)

    def _say(self, plan: Plan, *, done: bool) -> None:
        for change in plan.changes:
            self.stdout.write(_line(change))
        for kept in plan.kept:
            self.stdout.write(f"{kept}: marked as absent, and the points stay (--take-back)")
        end = "entered" if done else "to enter (--apply --by EMAIL)"
        self.stdout.write(
            f"{len(plan.changes)} {end}, {len(plan.replaced)} of them in place of other points; "
            f"{plan.same} the same, {plan.blank} empty"
        )


def _exam(course: str, name: str) -> Exam:
    exams = Exam.objects.filter(course__slug=course).select_related("course")
    exam = exams.filter(slug=name).first()
    if exam is None:
        known = ", ".join(exams.values_list("slug", flat=True))
        raise CommandError(f"{course!r} has no exam {name!r}. Known: {known or 'none'}.")
    return exam


def _author(exam: Exam, email: str | None) -> User:
    rows = exam.course.memberships.filter(role=Role.INSTRUCTOR, active=True)
    member = rows.filter(user__email=(email or "").strip().lower()).select_related("user").first()
    if member is None:
        raise CommandError(
            "Say with --by EMAIL which instructor of the course enters the points: the audit log "
            "keeps the name."
        )
    return member.user


def _line(change: Change) -> str:
    before = "none" if change.before is None else change.before
    after = "none" if change.after is None else change.after
    return f"{change.name} {change.number}: {before} -> {after}"
