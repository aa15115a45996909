"""`manage.py restore FOLDER`: a backup in the place of this site."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grader.backup import site
from grader.backup.manifest import BackupError


class Command(BaseCommand):
    """Exit 1 with a sentence where it cannot be restored, or is not what was saved."""

    help = "Put a backup in the place of this site, and compare. Stop everything else before."
    requires_system_checks: tuple[str, ...] = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From where, and whether something may be lost for it."""
        parser.add_argument("folder", type=Path, help="what `backup` has made")
        parser.add_argument(
            "--replace", action="store_true", help="although the database holds people or courses"
        )

    def handle(self, *_words: Any, **options: Any) -> None:
        """Restore, and say what."""
        try:
            made = site.restore(options["folder"], replace=options["replace"])
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        rows = sum(table.rows for table in made.tables.values())
        self.stdout.write(
            f"{rows} rows of {len(made.tables)} tables and {len(made.files)} files of "
            f"{made.made_at:%Y-%m-%d %H:%M} UTC are back, compared."
        )
