"""A site goes into a folder and comes back elsewhere: every row, every file, every rule."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from grader.backup import tables
from grader.domain.states import Role
from grader.models import AuditEntry, Course, GradingJob, Score, Submission, SubmissionFile, User
from grader.pipeline.extend import extend
from tests import factories
from tests.assignments.homework import write_homework
from tests.chaos.service import database_of
from tests.grader.pipeline.road import grade, upload
from tests.grader.test_settings import manage
from tests.servers import postgres

NEXT = """
from grader.models import AuditEntry, Course
print(AuditEntry.objects.create(course=Course.objects.get(), action="after", subject="x").pk)
"""
CHANGED = """
from grader.models import Score
from django.db import IntegrityError
try:
    Score.objects.update(final=0)
except IntegrityError as error:
    print("refused:", str(error).splitlines()[0])
"""
ODD = "Bj\u00f6rn \\N \t \"' \n \u2028 \U0001f600"


@dataclass(frozen=True, slots=True)
class Site:
    """A site with a class, and the address of an empty database of the same kind."""

    backup: Path
    other: str


def fill(folder: Path) -> None:
    """Rows in every table of a course, with texts that could break a format."""
    course = factories.course()
    homework = factories.assignment(course, "hw0", write_homework(folder / "hw0"))
    ada = factories.membership(course, factories.person("Ada"))
    odd = factories.membership(
        course, factories.person("Bj\u00f6rn \\N \t \"' \n \u2028 \U0001f600")
    )
    teacher = factories.membership(course, factories.person("Lect"), Role.INSTRUCTOR)
    for who in (ada, odd):
        grade(upload(homework, who, timezone.now()))
    upload(homework, ada, timezone.now())
    later = homework.due_at + timedelta(days=2)
    extend(homework, later, reason="ill; \\. and\na second line", author=teacher.user)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Site]:
    """Backed up once for all tests of a database."""
    from tests.capabilities import require

    folder = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        url = other = ""
        if request.param == "postgresql":
            require("postgres")
            server = stack.enter_context(postgres())
            url, other = server.url, server.url.removesuffix("sandglass") + "other"
            with psycopg.connect(server._address("postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE other")
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(database_of(url))
        fill(folder)
        call_command("backup", str(folder / "backup"), stdout=StringIO())
        yield Site(folder / "backup", other)


def restored(site: Site, data: Path) -> Any:
    return there(site, data, "restore", str(site.backup))


def there(site: Site, data: Path, *words: str) -> Any:
    """A command on the other machine."""
    return manage(data, *words, SANDGLASS_DATABASE_URL=site.other)


def said(site: Site, data: Path, script: str) -> str:
    done = there(site, data, "shell", "-v", "0", "-c", script)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return {name: found[name] for name in ("tables", "files", "migrations", "lost")}


def test_everything_comes_back_on_an_empty_machine(site: Site, tmp_path: Path) -> None:
    """Each table's rows and each file are the same, and the rules of the tables hold."""
    done = restored(site, tmp_path)
    assert done.returncode == 0, done.stderr
    again = there(site, tmp_path, "backup", str(tmp_path / "again"))
    assert again.returncode == 0, again.stderr
    found = manifest(tmp_path / "again")
    assert found == manifest(site.backup)
    rows = {name: table["rows"] for name, table in found["tables"].items()}
    assert rows["grader_submission"] == Submission.objects.count() == 3
    assert rows["grader_score"] == Score.objects.count() > 0
    assert rows["grader_user"] == User.objects.count() == 3
    assert rows["grader_gradingjob"] == GradingJob.objects.count() == 3
    names = {f"blobs/{row.sha256[:2]}/{row.sha256}" for row in SubmissionFile.objects.all()}
    assert len(found["files"]) == len(names) + 2
    for name in found["files"]:
        with default_storage.open(name) as stream:
            assert (tmp_path / "files" / name).read_bytes() == stream.read()
    assert said(site, tmp_path, CHANGED).startswith("refused: ")
    twice = restored(site, tmp_path)
    assert twice.returncode == 1
    assert twice.stderr.startswith("CommandError: The database holds people or courses.")
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
    assert int(said(site, tmp_path, NEXT)) == newest + 1


@pytest.fixture
def copy(site: Site, tmp_path: Path) -> Path:
    """A backup to be damaged."""
    return Path(shutil.copytree(site.backup, tmp_path / "copy"))


def refused(folder: Path) -> str:
    """Why it is not restored; this site is then as it was."""
    before = tables.present()
    with pytest.raises(CommandError) as error:
        call_command("restore", str(folder), replace=True)
    assert tables.present() == before
    return str(error.value)


@pytest.mark.parametrize("what", ["files/blobs/*/*", "files/versions/*", "tables/*"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_damaged_backup_changes_nothing(copy: Path, what: str, *, gone: bool) -> None:
    """Found before the first row or file is touched."""
    path = max(copy.glob(what), key=lambda path: path.stat().st_size)
    data = path.read_bytes()
    path.unlink()
    if not gone:
        path.write_bytes(data[: len(data) // 2])
    assert refused(copy).startswith("The backup is damaged: ")


def test_half_a_backup_is_none(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    assert refused(copy).endswith("holds no whole backup: manifest.json cannot be read.")


def test_a_row_too_few_is_noticed(copy: Path) -> None:
    """The manifest is compared with what came back, not only with what lies in the folder."""
    made = json.loads((copy / "manifest.json").read_text())
    made["tables"]["grader_score"]["rows"] += 1
    (copy / "manifest.json").write_text(json.dumps(made))
    said = refused(copy)
    assert "damaged" in said or said == "These tables are not what was saved: grader_score."


def test_a_backup_of_a_newer_version_is_refused(copy: Path) -> None:
    made = json.loads((copy / "manifest.json").read_text())
    made["migrations"].append(["grader", "9999_of_tomorrow"])
    (copy / "manifest.json").write_text(json.dumps(made))
    assert refused(copy).endswith("of a newer version: it knows grader.9999_of_tomorrow.")


def test_a_backup_of_another_kind_of_database_is_refused(copy: Path) -> None:
    made = json.loads((copy / "manifest.json").read_text())
    made |= {"database": "oracle", "tables": {}}
    (copy / "manifest.json").write_text(json.dumps(made))
    assert refused(copy).startswith("The backup is one of oracle, and this site keeps its tables")


def test_a_backup_goes_into_a_new_folder_alone(site: Site) -> None:
    with pytest.raises(CommandError, match="is not empty: name a new folder"):
        call_command("backup", str(site.backup))


def test_only_its_owner_may_look_in(site: Site) -> None:
    """It holds all that students wrote."""
    assert site.backup.stat().st_mode & 0o077 == 0


def test_files_that_are_lost_are_named(site: Site, tmp_path: Path) -> None:
    """The rest is saved all the same."""
    row = SubmissionFile.objects.all()[0]
    path = Path(settings.DATA) / "files" / "blobs" / row.sha256[:2] / row.sha256
    whole = path.read_bytes()
    path.write_bytes(b"changed")
    try:
        with pytest.raises(CommandError, match=f"1 files .* lost or changed .*{row.sha256}"):
            call_command("backup", str(tmp_path / "backup"), stdout=StringIO())
    finally:
        path.write_bytes(whole)
    assert manifest(tmp_path / "backup")["tables"] == manifest(site.backup)["tables"]
    assert Course.objects.count() == 1
    with pytest.raises(IntegrityError):
        Score.objects.update(final=0)
