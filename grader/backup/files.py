"""Every file that the tables name: between storage and a folder, by its hash."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from grader import blobs
from grader.backup.manifest import BackupError, File
from grader.models import AssignmentVersion, SubmissionFile

log = logging.getLogger(__name__)


def named() -> Iterator[tuple[str, str]]:
    """Names in storage, with the sha256 where the tables know it."""
    contents = SubmissionFile.objects.order_by().values_list("sha256", flat=True).distinct()
    for sha256 in contents.iterator():
        yield blobs.name_of(sha256), sha256
    zips = AssignmentVersion.objects.values_list("folder", "handout")
    for name in sorted({name for pair in zips for name in pair}):
        yield name, ""


def save(folder: Path) -> tuple[dict[str, File], list[str]]:
    """Copy all into `folder`; what they are, and which are lost."""
    kept: dict[str, File] = {}
    lost: list[str] = []
    for name, sha256 in named():
        try:
            data = _fetch(name)
        except OSError:
            lost.append(name)
            continue
        found = hashlib.sha256(data).hexdigest()
        if sha256 and found != sha256:
            lost.append(name)
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        kept[name] = File(len(data), found)
    return kept, lost


def put_back(folder: Path, name: str, wanted: File) -> None:
    """One file back into storage, unless it is there; then looked at once more."""
    if is_there(name, wanted):
        return
    if default_storage.exists(name):
        default_storage.delete(name)
    default_storage.save(name, ContentFile((folder / name).read_bytes()))
    if not is_there(name, wanted):
        raise BackupError(f"Storage does not give {name} back as it was saved.")


def is_there(name: str, wanted: File) -> bool:
    """Whether storage has this very file."""
    try:
        data = _fetch(name)
    except OSError:
        return False
    return hashlib.sha256(data).hexdigest() == wanted.sha256


def _fetch(name: str) -> bytes:
    with default_storage.open(name) as stream:
        data: bytes = stream.read()
    return data
