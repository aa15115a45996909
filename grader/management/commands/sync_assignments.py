"""`manage.py sync_assignments FOLDER`: a folder of course content, into the database."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from grader.content import Content, ContentInvalid, InUse, read_content, sync
from grader.demo.course import shift_to_open


class Command(BaseCommand):
    """Exit 1 with every fault and its remedy, and nothing written, where something is wrong."""

    help = "Read course.toml and the homeworks beside it into the database. Repeat it at will."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which folder, as which course."""
        parser.add_argument("folder", type=Path, help="the folder of course.toml")
        parser.add_argument("--slug", help="the course's name in addresses; default: its code")
        parser.add_argument(
            "--publish", action="store_true", help="put new versions in force at once"
        )
        parser.add_argument(
            "--rules",
            action="store_true",
            help="take another late policy and other deadlines, and score everything by them",
        )
        parser.add_argument(
            "--shift-to-open",
            metavar="HOMEWORK",
            help="move all dates by whole weeks so that this homework is open today",
        )

    def handle(self, *_words: Any, **options: Any) -> None:
        """Read all, then write all."""
        try:
            content = read_content(options["folder"])
            if options["shift_to_open"]:
                content = _shifted(content, options["shift_to_open"])
            slug = options["slug"] or slugify(content.course.code)
            said = sync(content, slug, publish=options["publish"], rules=options["rules"])
        except (ContentInvalid, InUse, ValueError) as error:
            raise CommandError(str(error)) from error
        for sentence in said:
            self.stdout.write(sentence)


def _shifted(content: Content, homework: str) -> Content:
    course = shift_to_open(content.course, homework, datetime.now(UTC))
    return dataclasses.replace(content, course=course)
