"""The content of a homework: from its folder into storage, and back onto a worker's disk.

Storage holds two zips of a version. The handout is what students download. The whole folder holds
the hidden suite; only workers open it.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from assignments.loader import below, load_assignment, read_folder
from grader.models import Assignment, AssignmentVersion, User

_STATEMENT = "statement.md"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def store_version(
    assignment: Assignment, folder: Path, author: User | None = None
) -> AssignmentVersion:
    """Read a homework folder and keep it as a version; the one that is there if it is the same.

    Raises `AssignmentInvalid` with everything that is wrong with the folder.
    """
    spec = load_assignment(folder)
    known = AssignmentVersion.objects.filter(assignment=assignment, digest=spec.digest).first()
    if known is not None:
        return known
    files = read_folder(folder)
    handout = below(files, "handout")
    return AssignmentVersion.objects.create(
        assignment=assignment,
        digest=spec.digest,
        spec=spec,
        points=spec.points,
        statement=handout.get(_STATEMENT, b"").decode("utf-8", "replace"),
        folder=_put(f"versions/{spec.digest}.zip", _zipped(files)),
        handout=_put(f"handouts/{spec.digest}.zip", _zipped(handout, f"{spec.slug}/")),
        author=author,
    )


def unpacked(version: AssignmentVersion) -> Path:
    """The version's folder on this machine's disk, made from storage the first time."""
    cache = settings.DATA / "cache" / "versions"
    folder: Path = cache / version.digest / version.spec.slug
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=cache))
    try:
        with default_storage.open(version.folder) as stream, zipfile.ZipFile(stream) as archive:
            archive.extractall(draft / version.spec.slug)
        # Renamed when complete, so that another worker sees all of it or nothing. Where another
        # one was faster, this fails.
        with contextlib.suppress(OSError):
            draft.rename(cache / version.digest)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _put(name: str, data: bytes) -> str:
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(data))
    return name


def _zipped(files: Mapping[str, bytes], prefix: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(prefix + name, _EPOCH), data)
    return stream.getvalue()
