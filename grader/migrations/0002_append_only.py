"""Rows that are written once: the database itself refuses to change them.

SQLite makes a table anew when a migration alters it, and forgets its triggers; a migration that
alters one of these tables runs `protect` again.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

APPEND_ONLY = ("grader_score", "grader_auditentry", "grader_checkresult")
# Table, condition under which a new row is refused, and what is wrong with it.
CONSISTENT = (
    (
        "grader_score",
        "(SELECT submission_id FROM grader_gradingjob WHERE id = NEW.job_id)"
        " <> NEW.submission_id",
        "a score belongs to the submission of its job",
    ),
    (
        "grader_gradeentry",
        "NOT EXISTS (SELECT 1 FROM grader_score s"
        " JOIN grader_submission u ON u.id = s.submission_id WHERE s.id = NEW.score_id"
        " AND u.student_id = NEW.student_id AND u.assignment_id = NEW.assignment_id)",
        "a grade takes a score of its own student and homework",
    ),
)


def protect(apps: Any, schema_editor: Any) -> None:
    """Make the triggers, in the words of this database."""
    write = _WRITERS[schema_editor.connection.vendor]
    for table in APPEND_ONLY:
        refuse_changes(schema_editor, table)
    for table, wrong, message in CONSISTENT:
        write(schema_editor, f"{table}_fits_new", "INSERT", table, wrong, message)
        write(schema_editor, f"{table}_fits_old", "UPDATE", table, wrong, message)


def release(apps: Any, schema_editor: Any) -> None:
    """Take the triggers away."""
    names = [(f"{table}_append_only", table) for table in APPEND_ONLY]
    names += [(f"{table}_fits_{age}", table) for table, *_ in CONSISTENT for age in ("new", "old")]
    for name, table in names:
        allow_changes(schema_editor, name, table)


def refuse_changes(schema_editor: Any, table: str) -> None:
    """No row of this table may be changed."""
    message = f"{table} is append-only: write a new row instead"
    write = _WRITERS[schema_editor.connection.vendor]
    write(schema_editor, f"{table}_append_only", "UPDATE", table, "", message)


def allow_changes(schema_editor: Any, name: str, table: str) -> None:
    """Take one trigger away."""
    of_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if of_postgres else ""))
    if of_postgres:
        schema_editor.execute(f"DROP FUNCTION {name}()")


def _on_sqlite(
    schema_editor: Any, name: str, event: str, table: str, wrong: str, message: str
) -> None:
    condition = f"WHEN {wrong} " if wrong else ""
    schema_editor.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {condition}"
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _on_postgres(
    schema_editor: Any, name: str, event: str, table: str, wrong: str, message: str
) -> None:
    refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"
    body = f"IF {wrong} THEN {refuse} END IF;" if wrong else refuse
    schema_editor.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NEW; END $$"
    )
    schema_editor.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


_WRITERS = {"sqlite": _on_sqlite, "postgresql": _on_postgres}


class Migration(migrations.Migration):
    dependencies = [("grader", "0001_tables")]
    operations = [migrations.RunPython(protect, release)]
