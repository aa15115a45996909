"""The tables into a folder and back, in the words of each database.

SQLite copies itself whole. PostgreSQL gives its rows by COPY, out of one snapshot, and takes them
into tables that our migrations have made: so nothing of the server's version is needed or kept.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from grader.backup.manifest import BackupError, Manifest, Table, digest

_SQLITE = "database.sqlite3"
_LAST = ("grader_score", "grader_gradeentry")
"""Their triggers look at rows of other tables, so they are filled after all others."""
_ROWS = 1_000


def save(folder: Path) -> dict[str, Table]:
    """Write all rows below `folder`; what they are."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(folder / _SQLITE)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
            _sqlite().backup(copy)
            return dict(_sqlite_tables(copy))
    with _snapshot():
        columns = {name: _columns(name) for name in connection.introspection.table_names()}
        return {name: _copy_out(name, each, folder) for name, each in columns.items()}


def load(folder: Path, manifest: Manifest) -> None:
    """Put all rows in the place of what is there. Raises `BackupError` where one is missing."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(f"file:{folder / _SQLITE}?mode=ro", uri=True)) as copy:
            copy.backup(_sqlite())
        _compare(manifest)
    else:
        # In one transaction: where something is amiss, what was there before is there still.
        with transaction.atomic():
            _make_anew(manifest.migrations)
            _fill(folder, manifest)
            _compare(manifest)
    call_command("migrate", verbosity=0)


def _compare(manifest: Manifest) -> None:
    found = present()
    wrong = [name for name, table in manifest.tables.items() if found.get(name) != table]
    if wrong:
        raise BackupError(f"These tables are not what was saved: {', '.join(sorted(wrong))}.")


def present() -> dict[str, Table]:
    """The tables as they are now."""
    if connection.vendor == "sqlite":
        return dict(_sqlite_tables(_sqlite()))
    with _snapshot():
        names = connection.introspection.table_names()
        return {name: _copy_out(name, _columns(name), None) for name in names}


def applied() -> tuple[tuple[str, str], ...]:
    """The migrations that made the tables."""
    return tuple(sorted(MigrationRecorder(connection).applied_migrations()))


def unknown(migrations: Iterable[tuple[str, str]]) -> list[str]:
    """Those of them that this version does not have: the backup is of a newer one."""
    known = MigrationLoader(None).disk_migrations or {}
    return [".".join(one) for one in migrations if one not in known]


def damaged(folder: Path, manifest: Manifest) -> list[str]:
    """The files of rows that are not what the manifest says."""
    if manifest.database == "sqlite":
        path = folder / _SQLITE
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
                well = dict(_sqlite_tables(copy)) == manifest.tables
        except sqlite3.Error:
            well = False
        return [] if well else [_SQLITE]
    paths = {folder / f"{name}.rows": table.sha256 for name, table in manifest.tables.items()}
    return [
        path.name for path, sha256 in paths.items() if not path.is_file() or digest(path) != sha256
    ]


# --- SQLite -----------------------------------------------------------------------------------


def _sqlite() -> sqlite3.Connection:
    connection.ensure_connection()
    own: sqlite3.Connection = connection.connection
    return own


def _sqlite_tables(database: sqlite3.Connection) -> Iterator[tuple[str, Table]]:
    listed = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    with closing(database.cursor()) as cursor:
        for (name,) in cursor.execute(listed).fetchall():
            described = cursor.execute(f'SELECT * FROM "{name}" LIMIT 0').description  # noqa: S608
            columns = tuple(column[0] for column in described)
            # With a sign before it a column has no type, and nobody makes a date of its text.
            plain = ", ".join(f'+"{column}"' for column in columns)
            rows = cursor.execute(f'SELECT {plain} FROM "{name}" ORDER BY rowid')  # noqa: S608
            count, found = 0, hashlib.sha256()
            while some := rows.fetchmany(_ROWS):
                count += len(some)
                found.update("\n".join(map(repr, some)).encode())
            yield name, Table(columns, count, found.hexdigest())


# --- PostgreSQL -------------------------------------------------------------------------------


@contextmanager
def _snapshot() -> Iterator[None]:
    """All that the block reads is of one moment."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _columns(table: str) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    return tuple(sorted(column.name for column in described))


def _copy_out(table: str, columns: tuple[str, ...], folder: Path | None) -> Table:
    """The rows of a table into a file, or only looked at."""
    named = ", ".join(map(_quoted, columns))
    # By an order that is the same on every server, whatever its language.
    select = (
        f"SELECT {named} FROM {_quoted(table)} "  # noqa: S608 - names of our own tables
        f'ORDER BY CAST(ROW({named}) AS text) COLLATE "C"'
    )
    found, rows = hashlib.sha256(), 0
    with connection.cursor() as cursor, _writing(folder, table) as write:
        driver: Any = cursor
        with driver.copy(f"COPY ({select}) TO STDOUT") as copy:
            for row in copy:
                found.update(row)
                write(bytes(row))
                rows += bytes(row).count(b"\n")  # one in the data is written as two letters
    return Table(columns, rows, found.hexdigest())


@contextmanager
def _writing(folder: Path | None, table: str) -> Iterator[Callable[[bytes], Any]]:
    if folder is None:
        yield lambda _row: None
        return
    with (folder / f"{table}.rows").open("wb") as stream:
        yield stream.write


def _copy_in(table: str, columns: tuple[str, ...], folder: Path) -> None:
    named = ", ".join(map(_quoted, columns))
    with connection.cursor() as cursor, (folder / f"{table}.rows").open("rb") as stream:
        driver: Any = cursor
        with driver.copy(f"COPY {_quoted(table)} ({named}) FROM STDIN") as copy:
            while chunk := stream.read(1 << 16):
                copy.write(chunk)


def _make_anew(migrations: Iterable[tuple[str, str]]) -> None:
    """Empty tables, as the migrations of the backup leave them."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    newest = dict(sorted(migrations))  # by app, the last of its names
    for app, name in newest.items():
        call_command("migrate", app, name, verbosity=0)


def _fill(folder: Path, manifest: Manifest) -> None:
    with connection.cursor() as cursor:
        # What Django has put into the new tables itself is looked at now, and then goes.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"TRUNCATE {', '.join(map(_quoted, manifest.tables))}")
    for name in sorted(manifest.tables, key=lambda name: (name in _LAST, name == _LAST[1])):
        columns = manifest.tables[name].columns
        _copy_in(name, columns, folder)
        _count_on(name, columns)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _count_on(table: str, columns: tuple[str, ...]) -> None:
    """New rows get numbers after those that came back."""
    with connection.cursor() as cursor:
        for column in columns:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [_quoted(table), column])
            (sequence,) = cursor.fetchone()
            if sequence:
                most = f"SELECT MAX({_quoted(column)}) FROM {_quoted(table)}"  # noqa: S608
                cursor.execute(
                    f"SELECT setval(%s, COALESCE(({most}), 1), ({most}) IS NOT NULL)",
                    [sequence],
                )


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
