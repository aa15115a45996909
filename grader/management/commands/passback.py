"""`manage.py passback COURSE`: where a course's grades are on their way to its platforms."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from grader import passback
from grader.lti import comparing, sending
from grader.models import Course
from grader.queries.lms import Standing, lms_page

_LASTING = timedelta(minutes=30)


class Command(BaseCommand):
    """Exit 1 where a platform could not be asked, or a course is not there."""

    help = "Say where a course's grades are on their way to its learning management systems."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Of which course, and what to do first."""
        parser.add_argument("course", help="the course's name in addresses, as in comp4551")
        parser.add_argument("--resync", action="store_true", help="queue every grade once more")
        parser.add_argument("--send", action="store_true", help="send now what waits and is due")
        parser.add_argument(
            "--compare", action="store_true", help="ask the platforms what they hold"
        )

    def handle(self, *_words: Any, **options: Any) -> None:
        """Do what is asked, in this order, then tell."""
        course = Course.objects.filter(slug=options["course"]).first()
        if course is None:
            known = ", ".join(Course.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                f"There is no course {options['course']!r}. Known: {known or 'none'}."
            )
        if options["resync"]:
            queued = passback.resend(course, actor=None, now=timezone.now())
            self.stdout.write(f"{queued} queued")
        if options["send"]:
            self._send(course)
        troubles = self._compare(course) if options["compare"] else ()
        self._tell(course)
        if troubles:
            raise CommandError("\n".join(troubles))

    def _send(self, course: Course) -> None:
        passback.note_changes_of(course, now=timezone.now())
        chance = Random()  # noqa: S311 - parts tries, keeps no secret
        done = sending.send_waiting(timezone.now, chance, lasting=_LASTING, course=course)
        told = ", ".join(f"{count} {ending}" for ending, count in sorted(done.items()))
        self.stdout.write(told or "nothing was due")

    def _compare(self, course: Course) -> tuple[str, ...]:
        done = comparing.compare(course, timezone.now)
        self.stdout.write(f"{done.grades} compared, {done.differ} differ")
        return done.troubles

    def _tell(self, course: Course) -> None:
        page = lms_page(course, now=timezone.now())
        if not page.contexts:
            self.stdout.write("no platform is connected")
        for there in page.contexts:
            self.stdout.write(f"{there.context.deployment.platform}: {there.context}")
            for row in there.columns:
                counts = _counts(row.counts) if row.is_connected else "not connected"
                self.stdout.write(f"  {row.column.title}: {counts}")
        for state in page.troubles:
            self.stdout.write(f"  {state.name}, {state.title}: {state.standing}. {state.reason}")


def _counts(counts: Counter[Standing]) -> str:
    return ", ".join(f"{counts[each]} {each}" for each in Standing if counts[each]) or "no students"
