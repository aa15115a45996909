"""The archive of a homework's submissions, read back by the zip and csv modules."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grader import blobs
from grader.access import AssignmentAccess
from grader.domain.states import JobState
from grader.domain.visibility import Audience
from grader.exports import submissions
from grader.exports.streamed_zip import zipped
from grader.exports.submissions import Scope, TooLarge, bundle, estimates
from grader.models import Assignment, AuditEntry, Membership, SubmissionFile
from tests import factories
from tests.factories import ON_TIME
from tests.grader.pipeline.road import RIGHT, check, grade, report, upload

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SECRET = check(points=0, message="the hidden input is 4711")


def access(homework: Assignment, reader: Membership) -> AssignmentAccess:
    return AssignmentAccess(homework.course, reader, homework)


def made(homework: Assignment, lect: Membership, **asked: Any) -> dict[str, bytes]:
    options: dict[str, Any] = {"scope": Scope.COUNTED, "audience": Audience.STUDENT} | asked
    entries = bundle(access(homework, lect), now=ON_TIME, **options)
    with zipfile.ZipFile(io.BytesIO(b"".join(zipped(entries, ON_TIME)))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_counted_submission_with_its_files_and_feedback(
    homework: Assignment, ada: Membership, bob: Membership, lect: Membership
) -> None:
    first = upload(homework, ada)
    grade(first)
    worse = upload(homework, ada, ON_TIME + HOUR)
    grade(worse, report(SECRET))
    upload(homework, bob)  # still waits
    files = made(homework, lect)
    folder = f"20990001_Ada Lovelace_{first.pk}"
    assert sorted(files) == sorted(
        [f"{folder}/{name}" for name in (*RIGHT, "feedback.json", "feedback.txt")]
        + ["submissions.csv"]
    )
    assert files[f"{folder}/question1.py"] == RIGHT["question1.py"]
    assert json.loads(files[f"{folder}/feedback.json"])["score"] == 10
    assert files[f"{folder}/feedback.txt"].decode() == "[passed] Check 1: 10 of 10\n"
    table = list(csv.DictReader(io.StringIO(files["submissions.csv"].decode("utf-8-sig"))))
    assert [(row["Name"], row["Submission"], row["Counts"], row["Points"]) for row in table] == [
        ("Ada Lovelace", str(first.pk), "yes", "10.00")
    ]
    entry = AuditEntry.objects.get(action="export.made")
    assert (entry.actor, entry.subject) == (lect.user, f"homework {homework.pk}")
    assert entry.detail["submissions"] == 1


def test_a_regrade_that_nobody_has_accepted_is_not_in_it(
    homework: Assignment, ada: Membership, lect: Membership
) -> None:
    grade(given := upload(homework, ada))
    factories.job(given, JobState.DONE, shadow=True, verdict="graded", attempt=1)
    files = made(homework, lect)
    feedback = json.loads(files[f"20990001_Ada Lovelace_{given.pk}/feedback.json"])
    assert feedback["score"] == 10


def test_all_of_them_also_what_waits_and_what_staff_alone_may_see(
    homework: Assignment, ada: Membership, bob: Membership, lect: Membership
) -> None:
    grade(graded := upload(homework, ada), report(SECRET))
    waits = upload(homework, bob)
    mine, staffs = f"20990001_Ada Lovelace_{graded.pk}", f"20990002_Bob_{waits.pk}"
    files = made(homework, lect, scope=Scope.ALL)
    assert {name.partition("/")[0] for name in files} == {mine, staffs, "submissions.csv"}
    assert f"{staffs}/feedback.json" not in files
    assert b"4711" not in b"".join(files.values())
    shown = made(homework, lect, scope=Scope.ALL, audience=Audience.STAFF)
    assert b"4711" in shown[f"{mine}/feedback.json"]


def test_a_file_that_storage_has_lost_does_not_cost_the_others(
    homework: Assignment, ada: Membership, lect: Membership
) -> None:
    grade(given := upload(homework, ada, files={**RIGHT, "question1.py": b"x = 1\n"}))
    lost = SubmissionFile.objects.get(submission=given, name="question1.py")
    blobs.drop(lost.sha256)
    files = made(homework, lect, scope=Scope.ALL)
    folder = f"20990001_Ada Lovelace_{given.pk}"
    assert f"{folder}/question1.py" not in files
    assert lost.sha256 in files[f"{folder}/question1.py.lost.txt"].decode()
    assert files[f"{folder}/question2.py"] == RIGHT["question2.py"]


def test_it_tells_its_size_and_refuses_too_much(
    homework: Assignment, ada: Membership, lect: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade(upload(homework, ada))
    upload(homework, ada, ON_TIME + HOUR)
    size = sum(map(len, RIGHT.values()))
    assert [(e.submissions, e.size, e.fits) for e in estimates(homework.course)[homework.pk]] == [
        (1, size, True),
        (2, 2 * size, True),
    ]
    monkeypatch.setattr(submissions, "LARGEST", 2 * size - 1)
    with pytest.raises(TooLarge, match="choose a section, or only the counted"):
        bundle(access(homework, lect), scope=Scope.ALL, audience=Audience.STAFF, now=ON_TIME)
    assert not AuditEntry.objects.exists()


def test_only_a_section_and_the_same_number_of_queries_for_more(
    homework: Assignment, ada: Membership, bob: Membership, lect: Membership
) -> None:
    Membership.objects.filter(pk=ada.pk).update(section=factories.section(homework.course))
    grade(upload(homework, ada))
    with CaptureQueriesContext(
        connection,
    ) as few:
        files = made(homework, lect, scope=Scope.ALL)
    for hour in range(3):
        grade(upload(homework, bob, ON_TIME + hour * HOUR))
    with CaptureQueriesContext(connection) as many:
        assert len(made(homework, lect, scope=Scope.ALL)) > len(files)
    assert len(many) == len(few)
    assert made(homework, lect, scope=Scope.ALL, section="L1").keys() == files.keys()
