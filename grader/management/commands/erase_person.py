"""`manage.py erase_person EMAIL`: takes a person out of courses, or says what that would do."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grader import erasing
from grader.models import Course, User

_BACKUPS = (
    "Backups that were made before still hold this person, and so do the platforms that grades "
    "were sent to. After a restore from such a backup, run this command again."
)


class Command(BaseCommand):
    """Without --yes it only says what would go. Exit 1 with a sentence where it cannot be done."""

    help = "Erase a student: files, answers, outputs, messages and name. Says what goes; --yes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, where, and how much."""
        parser.add_argument("email")
        parser.add_argument(
            "--course", action="append", default=[], help="only here; may be repeated"
        )
        parser.add_argument("--everything", action="store_true", help="points go as well")
        parser.add_argument("--yes", action="store_true", help="do it: it cannot be undone")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Find the person, then tell or do."""
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']!r}.")
        courses = [self._course(slug) for slug in options["course"]]
        act = erasing.erase if options["yes"] else erasing.plan
        try:
            plan = act(user, courses, everything=options["everything"])
        except erasing.CannotErase as error:
            raise CommandError(str(error)) from error
        self._tell(plan, done=options["yes"], email=options["email"])

    def _course(self, slug: str) -> Course:
        course = Course.objects.filter(slug=slug).first()
        if course is None:
            known = ", ".join(Course.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no course {slug!r}. Known: {known or 'none'}.")
        return course

    def _tell(self, plan: erasing.Plan, *, done: bool, email: str) -> None:
        where = ", ".join(member.course.slug for member in plan.members) or "no course"
        self.stdout.write(f"{email} in {where}: {'gone' if done else 'would go'}")
        for name, number in plan.goes.items():
            self.stdout.write(f"  {number:>6}  {name}")
        self.stdout.write(f"  {len(plan.contents):>6}  contents in storage that nobody else has")
        kept = "nothing" if plan.everything else "points, dates and outcomes, without a name"
        self.stdout.write(f"Kept: {kept}.")
        if not plan.whole:
            self.stdout.write("The account stays: it takes part in other courses.")
        self.stdout.write(_BACKUPS)
        if not done:
            self.stdout.write("Nothing has been changed. Add --yes to do it.")
