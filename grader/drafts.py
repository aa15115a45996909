"""A table that staff have sent in: kept while they look at what it would do, then applied once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet

from grader.csv_reading import content_of
from grader.errors import DraftOutdated, DraftSpent, NotYours
from grader.models import Course, ImportDraft, User

KEPT = timedelta(days=1)
"""How long a table is kept. What was applied stands in the tables and in the audit log."""
Plan = TypeVar("Plan")
Done = TypeVar("Done")


def keep(
    course: Course,
    *,
    kind: str,
    author: User,
    name: str,
    file: BinaryIO,
    size: int,
    subject: str = "",
) -> ImportDraft:
    """Keep a file that was sent in, until it is applied; `TableUnreadable` if it is too large.

    kind: what it is a table of, as `roster`
    subject: what it is for within the course, as the slug of an exam
    name: what the file was called on the sender's machine, to be shown
    """
    content = content_of(file, size)
    called = "".join(letter for letter in name if letter.isprintable())[:200]
    return ImportDraft.objects.create(
        course=course, kind=kind, subject=subject, name=called, content=content, author=author
    )


def draft_for(
    course: Course, author: User, pk: int, *, kind: str, subject: str = ""
) -> ImportDraft:
    """A draft, for who sent it in; `NotYours` where there is none (any more).

    One that was applied is found too, by its `applied_at`, as long as it is kept.
    """
    rows = ImportDraft.objects.filter(course=course, author=author, kind=kind, subject=subject)
    draft = rows.filter(pk=pk).first()
    if draft is None:
        raise NotYours(f"draft {pk} of {course.slug}")
    return draft


def content(draft: ImportDraft) -> bytes:
    """The bytes of the file, as they were sent."""
    return bytes(draft.content)


def fingerprint(plan: Any) -> str:
    """Plain values, or a dataclass of them, as one word that changes with any of them.

    A page shows a plan and sends this along with its button.
    """
    plain = asdict(plan) if is_dataclass(plan) and not isinstance(plan, type) else plan
    told = json.dumps(plain, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


@transaction.atomic
def apply_once(
    draft: ImportDraft,
    *,
    shown: str,
    plan: Callable[[bytes], Plan],
    act: Callable[[Plan], Done],
    now: datetime,
) -> Done:
    """Do what the draft says, if it is still what was shown, and only once; all of it or nothing.

    shown: the fingerprint of the plan that the person has seen
    plan: what the content would do now; it may refuse with an error of its own
    act: does it, within the same transaction
    """
    # Imports into one course come one after another: each plans with what the one before did.
    Course.objects.select_for_update(no_key=True).get(pk=draft.course_id)
    fresh = ImportDraft.objects.filter(pk=draft.pk, applied_at=None)
    if not fresh.update(applied_at=now):
        raise DraftSpent(
            "This file has been applied already, or was sent in so long ago that it is not kept "
            "any more. Nothing was done this time."
        )
    planned = plan(content(draft))
    if fingerprint(planned) != shown:
        raise DraftOutdated(
            "Something has changed since you looked, so nothing was applied. Look again at what "
            "the file would do now."
        )
    return act(planned)


def expired(now: datetime) -> QuerySet[ImportDraft]:
    """The drafts that are kept no longer, applied or not."""
    return ImportDraft.objects.filter(created_at__lt=now - KEPT)


def remove_expired(now: datetime) -> int:
    """Remove them; how many there were."""
    return expired(now).delete()[0]
