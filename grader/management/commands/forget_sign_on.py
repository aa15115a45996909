"""`manage.py forget_sign_on EMAIL`: a person's identity of single sign-on is chosen anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from grader.models import User
from grader.sign_on import forget


class Command(BaseCommand):
    """Exit 1 with a sentence where nobody has the address."""

    help = (
        "Forget by which identities a person signed in so far; the next one that comes with a "
        "confirmed address of the person opens the account."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("email")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Find the person, forget the identities."""
        person = User.objects.filter(email=options["email"].strip().lower()).first()
        if person is None:
            raise CommandError(f"Nobody here has the address {options['email']!r}.")
        self.stdout.write(f"{person.name} ({person.email}): {forget(person)} forgotten")
