"""`manage.py retain`: removes from this disk what can be made again, and old drafts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from grader import drafts, retention


class Command(BaseCommand):
    """Says what goes, line by line."""

    help = (
        "Remove old drafts and unpacked homeworks from this machine's disk, and tables that staff "
        "sent in more than a day ago. No other row is touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether it is only asked."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Remove, or say what would be."""
        dry, now = options["dry_run"], timezone.now()
        gone = list(retention.superfluous()) if dry else retention.remove()
        for path in gone:
            self.stdout.write(str(path))
        tables = drafts.expired(now).count() if dry else drafts.remove_expired(now)
        for _ in range(tables):
            self.stdout.write("a table that was sent in")
        self.stdout.write(f"{len(gone) + tables} {'would go' if dry else 'are gone'}")
