"""`manage.py roster COURSE FILE`: what a list of people would change in a course; then does it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from grader import roster
from grader.csv_reading import content_of
from grader.domain.roster import Entry, Plan
from grader.errors import TableUnreadable
from grader.models import Course
from grader.people import lock
from grader.roster_reading import RosterFile, read_roster


class Command(BaseCommand):
    """Exit 1 with a sentence for each fault of the file; then nothing is written."""

    help = (
        "Say what a list of people would change in a course: a CSV with the columns name, email, "
        "number, section and role, or Canvas' gradebook. Nothing is written without --apply."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which list, for which course, and whether it is meant."""
        parser.add_argument("course", help="the course's name in addresses, as in comp4551")
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="do what is told")
        parser.add_argument(
            "--withdraw-missing",
            action="store_true",
            help="withdraw the students whom the list does not name; they keep their work",
        )
        parser.add_argument(
            "--host", default="", help="what follows the @ where Canvas has accounts for addresses"
        )
        parser.add_argument(
            "--same-people",
            action="store_true",
            help="who is known by a wholly different name is that person all the same",
        )

    def handle(self, *_words: Any, **options: Any) -> None:
        """Read, tell, and do it where that is asked for."""
        course = Course.objects.filter(slug=options["course"]).first()
        if course is None:
            known = ", ".join(Course.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                f"There is no course {options['course']!r}. Known: {known or 'none'}."
            )
        path, withdraw = options["file"], options["withdraw_missing"]
        try:
            read = _read(path, options["host"])
            with transaction.atomic():
                lock(course)
                plan = roster.preview(course, read.people, same_people=options["same_people"])
                for line in _told(read, plan, withdraw=withdraw):
                    self.stdout.write(line)
                if options["apply"]:
                    roster.apply(
                        course, plan, actor=None, source=path.name, withdraw_missing=withdraw
                    )
        except TableUnreadable as error:
            raise CommandError("\n".join(error.faults)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        self.stdout.write("Done." if options["apply"] else "Nothing was written; --apply does it.")


def _read(path: Path, host: str) -> RosterFile:
    with path.open("rb") as file:
        return read_roster(content_of(file, path.stat().st_size), host=host)


def _told(read: RosterFile, plan: Plan, *, withdraw: bool) -> Iterator[str]:
    gone = "withdrawn" if withdraw else "missing"
    if read.ignored:
        yield f"Columns that are not read: {', '.join(read.ignored)}"
    for section in plan.sections:
        yield f"new section {section}"
    yield from _lines("new", plan.new)
    yield from _lines("back", plan.back)
    yield from _lines("changed", plan.changed)
    yield from _lines(gone, plan.missing)
    if plan.unclear:
        yield "Who is missing is told with --host: some accounts on the list have no address."
    for each in plan.conflicts:
        yield f"left: {each.place}: {each.name} ({each.email}): {each.why}"
    yield (
        f"{len(plan.new)} new, {len(plan.back)} back, {len(plan.changed)} changed, "
        f"{plan.unchanged} unchanged, {len(plan.missing)} {gone}, "
        f"{len(plan.conflicts)} left as they are"
    )


def _lines(word: str, entries: Iterable[Entry]) -> Iterator[str]:
    for each in entries:
        what = "; ".join(f"{c.what} {c.before or '-'} -> {c.after or '-'}" for c in each.changes)
        told = what or " ".join(filter(None, [each.role.value, each.section, each.number]))
        yield f"{word}: {each.name} ({each.email}): {told}"
