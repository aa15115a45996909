"""`manage.py retain`: removes from this disk what can be made again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from grader import retention


class Command(BaseCommand):
    """Says what goes, line by line."""

    help = "Remove old drafts and unpacked homeworks from this machine's disk. Never a row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether it is only asked."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Remove, or say what would be."""
        gone = list(retention.superfluous()) if options["dry_run"] else retention.remove()
        for path in gone:
            self.stdout.write(str(path))
        self.stdout.write(f"{len(gone)} {'would go' if options['dry_run'] else 'are gone'}")
