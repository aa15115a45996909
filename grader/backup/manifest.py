"""What a backup holds, as its file `manifest.json` says. Written last: without it there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

FORMAT: Final = 1
NAME = "manifest.json"
_CHUNK = 1 << 20


class BackupError(Exception):
    """Why a backup cannot be made or restored: a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, how many rows it has, and the sha256 of all that they say."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class File:
    """A file of the storage, by its name there."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole backup."""

    format: Literal[1]
    made_at: datetime
    database: str
    """`sqlite` or `postgresql`: rows go back into the kind that they came from."""
    migrations: tuple[tuple[str, str], ...]
    tables: Mapping[str, Table]
    files: Mapping[str, File]
    lost: tuple[str, ...] = field(default=())
    """Files that the tables name and storage did not give, or gave changed."""


_adapter = TypeAdapter(Manifest)


def write(folder: Path, manifest: Manifest) -> None:
    """The last step of a backup."""
    (folder / NAME).write_bytes(_adapter.dump_json(manifest, indent=1))


def read(folder: Path) -> Manifest:
    """What the folder holds. Raises `BackupError` where it is no whole backup."""
    try:
        return _adapter.validate_json((folder / NAME).read_bytes())
    except OSError as error:
        raise BackupError(f"{folder} holds no whole backup: {NAME} cannot be read.") from error
    except ValidationError as error:
        raise BackupError(f"{folder / NAME} is none that this version can read.") from error


def digest(path: Path) -> str:
    """The sha256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
