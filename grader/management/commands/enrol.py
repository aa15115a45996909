"""`manage.py enrol COURSE EMAIL`: a person's role in a course, from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grader.domain.states import Role
from grader.errors import PeopleRefused
from grader.models import Course
from grader.people import enrol


class Command(BaseCommand):
    """Exit 1 with a sentence where something is missing."""

    help = "Give a person a role in a course. Who is new sets a password by 'forgotten password'."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, where, as what."""
        parser.add_argument("course", help="the course's name in addresses, as in comp4551")
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="needed for a person without an account")
        parser.add_argument("--role", choices=[role.value for role in Role], default="student")
        parser.add_argument("--section", default="")
        parser.add_argument("--number", default="", help="the student number")
        parser.add_argument("--withdrawn", action="store_true", help="keep the work, end access")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Find the course, enrol the person."""
        course = Course.objects.filter(slug=options["course"]).first()
        if course is None:
            known = ", ".join(Course.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                f"There is no course {options['course']!r}. Known: {known or 'none'}."
            )
        try:
            member = enrol(
                course,
                options["email"],
                name=options["name"],
                role=Role(options["role"]),
                section=options["section"],
                number=options["number"],
                active=not options["withdrawn"],
            )
        except (ValueError, PeopleRefused) as error:
            raise CommandError(str(error)) from error
        end = "" if member.active else ", withdrawn"
        self.stdout.write(f"{member.user.name} ({member.user.email}): {member.role}{end}")
