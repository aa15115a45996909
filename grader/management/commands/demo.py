"""`manage.py demo`: the whole service on this machine, with a class and real submissions."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from grader.content import ContentInvalid
from grader.demo.broker import BrokerError
from grader.demo.child import ChildError
from grader.demo.folder import FolderTaken, environment, prepare
from grader.demo.parts import PartEnded
from grader.demo.run import Choices, run


class Command(BaseCommand):
    """Runs until Ctrl-C. Exit 1 with a sentence where something cannot be had."""

    help = "Start everything with a demo class, and have its uploads graded. Ctrl-C ends it."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own form;  # each part makes them when it starts

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, and for how long."""
        parser.add_argument("--folder", type=Path, default=settings.ROOT / ".data" / "demo")
        parser.add_argument("--port", type=int, default=8000, help="this one, or the next free one")
        parser.add_argument("--fresh", action="store_true", help="forget an earlier demo")
        parser.add_argument(
            "--once", action="store_true", help="end when all is graded; 0 if all is well"
        )

    def handle(self, *_words: Any, **options: Any) -> None:
        """Settings are read once, so the command becomes itself again with those of the demo."""
        folder = options["folder"].resolve()
        try:
            prepare(folder)
            wanted = environment(folder, os.environ)
            if wanted != os.environ:
                os.execve(sys.executable, sys.orig_argv, wanted)  # noqa: S606 - this very command
            choices = Choices(folder, options["port"], options["fresh"], options["once"])
            well = run(choices, self.stdout.write)
        except (BrokerError, ChildError, ContentInvalid, FolderTaken, OSError, PartEnded) as error:
            raise CommandError(str(error)) from error
        if not well:
            raise CommandError("Not everything was graded, or the first page does not answer.")
