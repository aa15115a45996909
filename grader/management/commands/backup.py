"""`manage.py backup FOLDER`: the whole site in a new folder."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grader.backup import site
from grader.backup.manifest import BackupError


class Command(BaseCommand):
    """Exit 1 with a sentence where it cannot be made, or files of the site are lost."""

    help = "Save the tables and every file that they name, and compare. Nothing need be stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to."""
        parser.add_argument("folder", type=Path, help="a new folder, or an empty one")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Save, and say what."""
        os.umask(0o077)  # it holds all that students wrote, and what opens their accounts
        try:
            made = site.make(options["folder"])
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        rows = sum(table.rows for table in made.tables.values())
        self.stdout.write(
            f"{rows} rows of {len(made.tables)} tables and {len(made.files)} files lie in "
            f"{options['folder']}, compared."
        )
        if made.lost:
            raise CommandError(
                f"{len(made.lost)} files that the tables name are lost or changed in storage, and "
                f"not in the backup: {', '.join(made.lost[:5])}. All else is."
            )
