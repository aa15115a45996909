"""A person is erased: their words and files go, the points of others and the database's rules stay.

On the real tables with their triggers, on both databases.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from grader import blobs, erasing
from grader.domain.states import Role
from grader.models import (
    Assignment,
    AuditEntry,
    CheckResult,
    Extension,
    GradeEntry,
    GradingJob,
    ImportDraft,
    Membership,
    Message,
    Override,
    Score,
    SlipDays,
    Submission,
    SubmissionFile,
    User,
)
from grader.pipeline import intake
from grader.pipeline.hand_in import hand_in
from tests import factories
from tests.assignments.homework import write_homework
from tests.factories import ON_TIME
from tests.grader.pipeline.road import RIGHT, check, grade, report, upload

pytestmark = pytest.mark.django_db
OWN = {**RIGHT, "question1.py": b"# Ada Lovelace wrote this\n"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_homework(tmp_path_factory.mktemp("erasing") / "hw0")


@pytest.fixture
def homework(folder: Path) -> Assignment:
    return factories.assignment(factories.course(), "hw0", folder)


@pytest.fixture
def ada(homework: Assignment) -> Membership:
    """With something in every table that can hold a word of hers or about her."""
    user = factories.person("Ada Lovelace", email="ada@example.edu")
    ada = factories.membership(homework.course, user, student_number="20990001")
    lect = factories.membership(homework.course, factories.person("Lecturer"), Role.INSTRUCTOR)
    grade(upload(homework, ada, files=OWN), report(check(points=7, output="Ada Lovelace prints")))
    author, course = {"author": lect.user}, {"course": homework.course}
    Extension.objects.create(
        assignment=homework, student=ada, due_at=ON_TIME, reason="Ada was ill", **author
    )
    Override.objects.create(
        assignment=homework, student=ada, kind="points", points=8, reason="Ada asked", **author
    )
    SlipDays.objects.create(assignment=homework, student=ada, days=1, author=user)
    Message.objects.create(**course, to=user, kind="x", key="1", subject="Ada", body="Dear Ada")
    ImportDraft.objects.create(**course, kind="roster", name="r.csv", content=b"Ada", **author)
    AuditEntry.objects.create(
        **course,
        actor=lect.user,
        action="override.set",
        subject=f"membership {ada.pk}",
        detail={"reason": "Ada asked", "points": "8", "who": ["ada@example.edu", 1]},
    )
    AuditEntry.objects.create(**course, actor=user, action="slip.spent", subject="homework 1")
    AuditEntry.objects.create(
        **course,
        actor=lect.user,
        action="override.points",
        subject="assignment 1",
        detail={"student": ada.pk, "reason": "she was ill", "points": "8"},
    )
    AuditEntry.objects.create(
        **course,
        action="lti.linked",
        subject=f"user {user.pk}",
        detail={"platform": 1, "subject": "7"},
    )
    AuditEntry.objects.create(
        **course,
        action="export.made",
        subject="course comp4551",
        detail={"file": "for Ada Lovelace.csv", "reason": "as every week", "names": "Adaline"},
    )
    return ada


@pytest.fixture
def bob(homework: Assignment) -> Membership:
    """Another student, who handed in one file with the very same content."""
    bob = factories.membership(homework.course, factories.person("Bob"))
    grade(upload(homework, bob))
    return bob


def erase(*words: str) -> str:
    said = StringIO()
    call_command("erase_person", "ada@example.edu", *words, stdout=said)
    return said.getvalue()


def everything_written() -> str:
    """Every text in every table, as the database has it."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            texts += [
                value.tobytes().decode() if isinstance(value, memoryview) else str(value)
                for row in cursor.fetchall()
                for value in row
            ]
    return "\n".join(texts)


def hashes(ada: Membership) -> dict[str, str]:
    rows = SubmissionFile.objects.filter(submission__student=ada)
    return {file.name: file.sha256 for file in rows}


def test_without_yes_it_only_says_what_would_go(ada: Membership, bob: Membership) -> None:
    before = everything_written()
    said = erase()
    assert everything_written() == before
    assert "       2  uploaded files\n" in said
    assert "       1  contents in storage that nobody else has\n" in said
    assert "Backups that were made before still hold this person" in said
    assert said.endswith("Nothing has been changed. Add --yes to do it.\n")


def test_words_and_files_go_and_points_stay(ada: Membership, bob: Membership) -> None:
    files, score = hashes(ada), Score.objects.get(submission__student=ada)
    results = list(CheckResult.objects.order_by("pk").values("pk", "points", "outcome"))
    entries = list(AuditEntry.objects.order_by("pk").values_list("pk", "at", "action"))
    erase("--yes")

    left = everything_written()
    assert [
        word for word in ("Ada ", "Lovelace", "ill", "ada@example", "20990001") if word in left
    ] == []
    with pytest.raises(blobs.BlobLost):
        blobs.fetch(files["question1.py"])
    assert blobs.fetch(files["question2.py"]) == RIGHT["question2.py"]
    assert Score.objects.get(pk=score.pk).final == 7
    assert list(CheckResult.objects.order_by("pk").values("pk", "points", "outcome")) == results
    ada.refresh_from_db()
    assert (ada.active, ada.student_number) == (False, "")
    assert [each.points for each in Override.objects.filter(student=ada)] == [8]
    kept = list(AuditEntry.objects.order_by("pk").values_list("pk", "at", "action"))
    assert kept[:-1] == entries
    assert kept[-1][2] == "person.erased"
    assert AuditEntry.objects.get(action="override.set").detail == {
        "reason": "(erased)",
        "points": "8",
        "who": ["(erased)", 1],
    }
    details = dict(AuditEntry.objects.values_list("action", "detail"))
    assert details["override.points"]["reason"] == "(erased)"
    assert details["lti.linked"] == {"platform": 1, "subject": "(erased)"}
    assert details["export.made"] == {
        "file": "for (erased).csv",
        "reason": "as every week",
        "names": "Adaline",
    }
    gone = User.objects.get(pk=ada.user_id)
    assert (gone.is_active, gone.has_usable_password()) == (False, False)


def test_the_database_still_refuses_changes(ada: Membership) -> None:
    """No trigger was switched off for it, or is gone after it."""
    erase("--yes")
    for rows in (CheckResult, Override, SlipDays, Score, AuditEntry):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rows.objects.update(id=1)


def test_everything_leaves_no_row_of_theirs_and_all_of_the_others(
    homework: Assignment, ada: Membership, bob: Membership
) -> None:
    erase("--everything", "--yes")
    assert not Membership.objects.filter(pk=ada.pk).exists()
    assert list(Submission.objects.values_list("student", flat=True)) == [bob.pk]
    assert GradingJob.objects.count() == Score.objects.count() == GradeEntry.objects.count() == 1
    assert blobs.fetch(hashes(bob)["question2.py"]) == RIGHT["question2.py"]
    assert "Lovelace" not in everything_written()


def test_an_account_with_another_course_stays_and_is_not_seen_in_this_one(
    ada: Membership, bob: Membership
) -> None:
    other = factories.course("comp1001")
    factories.membership(other, ada.user, student_number="20990001")
    assert "The account stays" in erase("--course", "comp4551", "--yes")
    ada.refresh_from_db()
    assert ada.user.email == f"erased-member-{ada.pk}@erased.invalid"
    known = User.objects.get(email="ada@example.edu")
    assert (known.name, known.is_active) == ("Ada Lovelace", True)
    assert [member.course for member in known.memberships.all()] == [other]
    assert not SlipDays.objects.filter(author=known).exists()
    assert not AuditEntry.objects.filter(actor=known).exists()


def test_who_is_staff_or_still_graded_is_not_erased(homework: Assignment, ada: Membership) -> None:
    upload(homework, ada, timezone.now())
    with pytest.raises(CommandError, match="still being graded"):
        erase("--yes")
    GradingJob.objects.filter(state="queued").update(state="superseded")
    Membership.objects.filter(pk=ada.pk).update(role=Role.TA.value)
    with pytest.raises(CommandError, match="is staff of comp4551"):
        erase("--yes")
    with pytest.raises(CommandError, match="There is no course 'comp9'"):
        erase("--course", "comp9")
    assert "Lovelace" in everything_written()


def test_a_content_that_is_handed_in_meanwhile_is_not_lost(
    homework: Assignment, ada: Membership, bob: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob hands in the content that only Ada had, before it is removed and while it is."""
    content = hashes(ada)["question1.py"]
    remove = blobs.drop

    def meanwhile(sha256: str) -> None:
        hand_in(homework, bob, files=OWN, received_at=ON_TIME, token="meanwhile")
        remove(sha256)

    monkeypatch.setattr(blobs, "drop", meanwhile)
    erase("--yes")
    assert blobs.fetch(content) == OWN["question1.py"]


def test_an_upload_whose_content_went_before_its_row_came_keeps_it(
    homework: Assignment, bob: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its content was there when it was looked for, and gone when the row was written."""
    sha256 = blobs.keep(OWN["question1.py"])
    write = intake.write

    def late(*given: object, **named: object) -> Submission:
        erasing.drop_content(sha256)
        return write(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "write", late)
    hand_in(homework, bob, files=OWN, received_at=ON_TIME, token="late")
    assert blobs.fetch(sha256) == OWN["question1.py"]
