"""`manage.py export COURSE --format FORMAT`: the grades of a course as a file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from grader.exports.formats import FORMATS, export
from grader.exports.sheet import Choice
from grader.models import Course


class Command(BaseCommand):
    """Exit 1 with a sentence where something is missing."""

    help = "Write the grades of a course to a file, or to the standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which course, in which format, where to, and what goes in."""
        parser.add_argument("course", help="the course's name in addresses, as in comp4551")
        parser.add_argument("--format", choices=list(FORMATS), required=True)
        parser.add_argument("--output", type=Path, help="a file; without it, the standard output")
        parser.add_argument(
            "--section", action="append", default=[], help="only this one; may be repeated"
        )
        parser.add_argument("--withdrawn", action="store_true", help="those who withdrew, too")
        parser.add_argument("--released", action="store_true", help="released grades only")
        parser.add_argument("--bom", action="store_true", help="CSV: begin with a byte-order mark")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Make the file where it is to be; an unfinished one stands under no name."""
        course = _course(options["course"])
        known = set(course.sections.values_list("name", flat=True))
        unknown = [name for name in options["section"] if name not in known]
        if unknown:
            told = ", ".join(sorted(known)) or "none"
            raise CommandError(f"There is no section {unknown[0]!r}. Known: {told}.")
        choice = Choice(
            sections=tuple(options["section"]),
            withdrawn=options["withdrawn"],
            released=options["released"],
            bom=options["bom"],
        )
        kind, output = FORMATS[options["format"]], options["output"]
        if output is None and sys.stdout.isatty():
            raise CommandError("Name a file with --output, or send the output into one.")
        if output is not None and not output.parent.is_dir():
            raise CommandError(f"There is no folder {output.parent}.")
        made = export(course, kind, choice, actor=None, now=timezone.now())
        if output is None:
            _write(made.parts, sys.stdout.buffer)
            return
        draft = output.with_name(f"{output.name}.part")
        with draft.open("wb") as stream:
            _write(made.parts, stream)
        draft.replace(output)
        self.stderr.write(f"{output} is written.")


def _write(parts: Any, stream: BinaryIO) -> None:
    stream.writelines(parts)
    stream.flush()


def _course(slug: str) -> Course:
    course = Course.objects.filter(slug=slug).first()
    if course is None:
        known = ", ".join(Course.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"There is no course {slug!r}. Known: {known or 'none'}.")
    return course
