"""The two ways: a site into a folder, and a folder into a site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.db import DatabaseError, connection

from grader.backup import files, manifest, tables
from grader.backup.manifest import BackupError, Manifest
from grader.models import Course, User

_TABLES, _FILES = "tables", "files"


def make(folder: Path) -> Manifest:
    """Save the site in a new folder. Raises `BackupError`; what is begun then stays incomplete."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: name a new folder.")
    for part in (_TABLES, _FILES):
        (folder / part).mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    # The tables first: files are only ever added, so all that these rows name is there after.
    saved = tables.save(folder / _TABLES)
    kept, lost = files.save(folder / _FILES)
    made = Manifest(
        format=manifest.FORMAT,
        made_at=datetime.now(UTC),
        database=connection.vendor,
        migrations=tables.applied(),
        tables=saved,
        files=kept,
        lost=tuple(lost),
    )
    manifest.write(folder, made)
    return check(folder)


def check(folder: Path) -> Manifest:
    """Compare a backup with its manifest. Raises `BackupError` with what is wrong with it."""
    made = manifest.read(folder)
    wrong = tables.damaged(folder / _TABLES, made)
    for name, file in made.files.items():
        path = folder / _FILES / name
        if not path.is_file() or manifest.digest(path) != file.sha256:
            wrong.append(name)
    if wrong:
        raise BackupError(f"The backup is damaged: {', '.join(wrong[:10])}.")
    return made


def restore(folder: Path, *, replace: bool) -> Manifest:
    """Put a backup in the place of this site, and compare. Raises `BackupError`."""
    made = manifest.read(folder)
    if made.database != connection.vendor:
        raise BackupError(
            f"The backup is one of {made.database}, and this site keeps its tables in "
            f"{connection.vendor}."
        )
    check(folder)
    if newer := tables.unknown(made.migrations):
        raise BackupError(f"The backup is of a newer version: it knows {', '.join(newer)}.")
    if not replace and not _is_empty():
        raise BackupError(
            "The database holds people or courses. To put the backup in their place, for good, "
            "say --replace."
        )
    # The files first: no row may name one that is not there.
    for name, file in made.files.items():
        files.put_back(folder / _FILES, name, file)
    tables.load(folder / _TABLES, made)
    return made


def _is_empty() -> bool:
    try:
        return not (User.objects.exists() or Course.objects.exists())
    except DatabaseError:  # not even tables
        return True
