"""Removes from this machine's disk what can be made again, or belongs to nobody. Never a row.

Submissions, results, scores, receipts and the audit log are kept for good. Tables that
staff sent in are rows, and are removed by `drafts.py`.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from grader.domain.states import ACTIVE
from grader.models import Assignment, AssignmentVersion, GradingJob

log = logging.getLogger(__name__)

_DIGEST = 64
"""Letters of a sha256, by which a homework is unpacked; a draft has another name."""
_DAY = timedelta(days=1)
"""An upload on its way, or a homework that is being unpacked, is done long before."""


def superfluous() -> Iterator[Path]:
    """What may go: drafts that nobody finished, and unpacked homeworks that are in force no more.

    A homework that is needed after all is unpacked again, from storage.
    """
    yield from _older(settings.DATA / "incoming", _DAY)
    kept = _in_use()
    for folder in _older(settings.DATA / "cache" / "versions", _DAY):
        draft = len(folder.name) != _DIGEST
        old = folder.name not in kept and _age(folder) > settings.SANDGLASS_KEEP_UNPACKED
        if draft or old:
            yield folder


def remove() -> list[Path]:
    """Remove all of it; what it was."""
    gone = list(superfluous())
    for path in gone:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if gone:
        log.info("%d old files and folders were removed from this disk", len(gone))
    return gone


def _in_use() -> set[str]:
    """The digests of the versions that are in force, or have a job that is not over."""
    in_force = Assignment.objects.filter(version__isnull=False).values("version")
    at_hand = GradingJob.objects.filter(state__in=ACTIVE).values("version")
    rows = AssignmentVersion.objects.filter(Q(pk__in=in_force) | Q(pk__in=at_hand))
    return set(rows.values_list("digest", flat=True))


def _older(folder: Path, than: timedelta) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _age(path) > than:
            yield path


def _age(path: Path) -> timedelta:
    try:
        return timedelta(seconds=time.time() - path.lstat().st_mtime)
    except FileNotFoundError:  # somebody was quicker
        return timedelta(0)
