"""The files of a submission: as they were uploaded, and as they are looked at.

An archive is one uploaded file and many to look at. Both lists are numbered from 1, each by its own
order, so that no address holds a name that a student chose.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assignments.archives import is_archive
from assignments.errors import UploadRejected
from assignments.names import is_junk
from assignments.triage import opened
from grader import blobs
from grader.access import SubmissionAccess
from grader.errors import NotYours
from grader.models import AssignmentVersion, Submission, SubmissionFile

log = logging.getLogger(__name__)
_LOST = "The archive cannot be read from our storage now. Tell the course's staff if it stays so."


@dataclass(frozen=True, slots=True)
class Listed:
    """One file on a list; its name is the student's own."""

    number: int
    name: str
    size: int
    """In bytes."""
    sha256: str = ""
    """Empty for what was in an archive."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What was uploaded, and what there is to look at."""

    uploaded: tuple[Listed, ...]
    shown: tuple[Listed, ...]
    unreadable: str = ""
    """Why an archive cannot be looked into; empty when it can."""


def sources_of(submission: Submission, version: AssignmentVersion) -> Sources:
    """Both lists of a submission. Contents are read only where an archive must be opened."""
    files = list(submission.files.all())
    uploaded = tuple(
        Listed(number, file.name, file.size, file.sha256)
        for number, file in enumerate(files, start=1)
    )
    if not _packed(files):
        return Sources(uploaded, _numbered((file.name, file.size) for file in _plain(files)))
    try:
        contents = _opened(files, version)
    except UploadRejected as error:
        return Sources(uploaded, (), str(error))
    except blobs.BlobLost:
        log.exception("submission %d cannot be shown", submission.pk)
        return Sources(uploaded, (), _LOST)
    return Sources(uploaded, _numbered((name, len(data)) for name, data in contents))


def uploaded_file(access: SubmissionAccess, number: int) -> tuple[str, bytes]:
    """The name and bytes of an uploaded file, by its number on the list."""
    files = list(access.submission.files.all())
    if not 1 <= number <= len(files):
        raise NotYours(f"file {number} of submission {access.submission.pk}")
    return files[number - 1].name, blobs.fetch(files[number - 1].sha256)


def shown_file(access: SubmissionAccess, number: int) -> tuple[str, bytes]:
    """The name and bytes of a file to look at, by its number on the list."""
    submission = access.submission
    files = list(submission.files.all())
    if not _packed(files):
        plain = _plain(files)
        if 1 <= number <= len(plain):
            return plain[number - 1].name, blobs.fetch(plain[number - 1].sha256)
        raise NotYours(f"file {number} to look at of submission {submission.pk}")
    version = submission.jobs.filter(shadow=False).select_related("version").latest("pk").version
    try:
        return _opened(files, version)[number - 1]
    except (UploadRejected, IndexError) as error:
        raise NotYours(f"file {number} to look at of submission {submission.pk}") from error


def _packed(files: Sequence[SubmissionFile]) -> bool:
    return any(is_archive(file.name) for file in files)


def _plain(files: Sequence[SubmissionFile]) -> list[SubmissionFile]:
    return sorted((file for file in files if not is_junk(file.name)), key=lambda file: file.name)


def _opened(files: Sequence[SubmissionFile], version: AssignmentVersion) -> list[tuple[str, bytes]]:
    contents = {file.name: blobs.fetch(file.sha256) for file in files}
    return sorted(opened(contents, version.spec).items())


def _numbered(files: Iterable[tuple[str, int]]) -> tuple[Listed, ...]:
    return tuple(Listed(number, name, size) for number, (name, size) in enumerate(files, start=1))
