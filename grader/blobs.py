"""File contents in storage, under their hash: each content once, and never changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile


class BlobLost(Exception):  # noqa: N818 - what happened, not which code
    """What storage gave back is not what was put there."""


def name_of(sha256: str) -> str:
    """Where a content lies in storage."""
    return f"blobs/{sha256[:2]}/{sha256}"


def keep(data: bytes) -> str:
    """Store a content; gives its sha256."""
    sha256 = hashlib.sha256(data).hexdigest()
    name = name_of(sha256)
    if not default_storage.exists(name):
        _put_whole(name, data)
    return sha256


def _put_whole(name: str, data: bytes) -> None:
    # A file on this disk is moved into place when it is complete: a machine that dies while it
    # writes leaves nothing under the hash's name.
    Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)
    with TemporaryUploadedFile(name.rpartition("/")[2], "", len(data), None) as draft:
        draft.write(data)
        draft.flush()
        os.fsync(draft.fileno())
        draft.seek(0)
        default_storage.save(name, draft)


def fetch(sha256: str) -> bytes:
    """Read a content back. Raises `BlobLost` when it is gone or no longer the same."""
    try:
        with default_storage.open(name_of(sha256)) as stream:
            data: bytes = stream.read()
    except OSError as error:
        raise BlobLost(f"{sha256} cannot be read: {error}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BlobLost(f"{sha256} has been changed in storage")
    return data


def drop(sha256: str) -> None:
    """Remove a content. Whoever calls this knows that nobody needs it: see `erasing.py`."""
    default_storage.delete(name_of(sha256))
