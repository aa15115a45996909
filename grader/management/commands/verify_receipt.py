"""`manage.py verify_receipt FILE`: runs a receipt again, and says whether all of it is the same."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grader.verification import ReceiptInvalid, ReceiptUnrunnable, verify

DIFFERS, BAD, NOT_RUN = 1, 2, 3
_LARGEST = 64 * 1024**2


class Command(BaseCommand):
    """Exit 0: the same. 1: something differs. 2: no receipt of ours. 3: it could not be run."""

    help = (
        "Grade again what a receipt is of, with the files, suite and seed of then, and tell what "
        "differs. Writes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which file."""
        parser.add_argument("file", type=Path, help="results.json, or the receipt alone")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Verify, and tell."""
        try:
            done = verify(_read(options["file"]))
        except ReceiptInvalid as error:
            raise CommandError(str(error), returncode=BAD) from error
        except ReceiptUnrunnable as error:
            raise CommandError(str(error), returncode=NOT_RUN) from error
        what = f"Submission {done.submission}, job {done.job}"
        if done.is_same:
            self.stdout.write(f"{what}: the same results, run in the same surroundings.")
            return
        said = "other results" if done.results else "the same results, run in other surroundings"
        self.stdout.write(f"{what}: {said}.")
        for line in (*done.results, *done.surroundings):
            self.stdout.write(f"  {line}")
        raise CommandError("Something differs.", returncode=DIFFERS)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise ReceiptInvalid(f"{file} is too large for a receipt.")
        return file.read_bytes()
    except OSError as error:
        raise ReceiptInvalid(f"{file} cannot be read: {error.strerror}.") from error
