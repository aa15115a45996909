"""A receipt run again in real sandboxes: the same, something else, not ours, or not to be run."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from grader.domain.states import Lane
from grader.domain.visibility import Audience, Phase
from grader.models import Assignment, GradingJob, SubmissionFile
from grader.pipeline import execute
from grader.pipeline.execute import claim
from grader.pipeline.grade import settle
from grader.queries.feedback import results_json
from runners import receipt as receipts
from runners.contract import Outcome, RunReport
from tests import factories
from tests.assignments.homework import write_homework
from tests.grader.pipeline.road import RIGHT, upload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.bubblewrap]
Change = Callable[[RunReport], RunReport]


@pytest.fixture(autouse=True)
def _sandbox() -> Iterator[None]:
    """This process grades in bubblewrap; what it keeps warm ends with the test."""
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "bubblewrap"
    yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


@pytest.fixture
def homework(tmp_path: Path) -> Assignment:
    return factories.assignment(factories.course(), "hw0", write_homework(tmp_path / "a" / "hw0"))


def graded(homework: Assignment, change: Change = lambda report: report) -> GradingJob:
    """The right solution, really graded; `change` is done to the report before it is kept."""
    upload(homework, factories.membership(homework.course), files=RIGHT)
    lease = claim(Lane.INTERACTIVE, "worker")
    assert lease is not None
    job = settle(lease, change(execute.execute(lease)))
    assert job is not None
    return job


def verify(folder: Path, document: Any) -> tuple[int, list[str]]:
    """The exit status, and what is said."""
    file, said = folder / "receipt.json", io.StringIO()
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    try:
        call_command("verify_receipt", str(file), stdout=said)
    except CommandError as error:
        return error.returncode, [*said.getvalue().splitlines(), str(error)]
    return 0, said.getvalue().splitlines()


def test_the_same_and_the_forgeries(homework: Assignment, tmp_path: Path) -> None:
    """As staff and as the student have it, and the receipt alone; then whatever was changed."""
    job = graded(homework)
    same = f"Submission {job.submission_id}, job {job.pk}: the same results, run in the same"
    staff = results_json(job, Audience.STAFF, Phase.OPEN)
    student = results_json(job, Audience.STUDENT, Phase.OPEN)
    assert "seed" not in student["receipt"]
    for document in (staff, student, job.receipt):
        assert verify(tmp_path, document) == (0, [f"{same} surroundings."])

    forged = {**staff, "receipt": {**staff["receipt"], "results": "0" * 64}}
    richer = json.loads(json.dumps(student))
    richer["tests"][0]["score"] = richer["tests"][0]["max_score"] = 99
    unsigned = {name: value for name, value in job.receipt.items() if name != "signature"}
    for document, why in (
        (forged, "The signature is not that of this receipt"),
        ({**job.receipt, "seed": "0" * 16}, "The signature is not that of this receipt"),
        ({**job.receipt, "signature": "é\ud800"}, "The signature is not that of this receipt"),
        (richer, "Test 1 of this file has other points than its grading gave."),
        ({**staff, "score": 99}, "This file has another score than its grading gave."),
        (unsigned, "There is no signed receipt"),
        ([1], "it is no object"),
        ("no JSON", "This file is no JSON"),
        ("[" * 100_000, "This file is no JSON"),
    ):
        status, said = verify(tmp_path, document)
        assert (status, why in said[-1]) == (2, True), said
    with pytest.raises(CommandError, match="cannot be read") as missing:
        call_command("verify_receipt", str(tmp_path / "none.json"))
    assert missing.value.returncode == 2


def test_what_differs_is_named(homework: Assignment, tmp_path: Path) -> None:
    """An outcome that the tables hold otherwise; versions; another verdict."""

    def lowered(report: RunReport) -> RunReport:
        first, *others = report.checks
        failed = dataclasses.replace(first, points=Decimal(0), outcome=Outcome.FAILED)
        versions = {**report.receipt["versions"], "judge": {"python": "3.99"}}
        made = {**report.receipt, "versions": versions, "verdict": "rejected"}
        return dataclasses.replace(report, checks=(failed, *others), receipt=made)

    job = graded(homework, lowered)
    first = job.results.get(position=1)
    status, said = verify(tmp_path, job.receipt)
    most = f"{first.max_points.normalize():f}"
    assert status == 1
    assert said[:3] == [
        f"Submission {job.submission_id}, job {job.pk}: other results.",
        "  verdict: rejected then, graded now",
        f"  {first.check_id}: failed, 0 of {most} then, passed, {most} of {most} now",
    ]
    assert any(line.startswith("  versions.judge.python: 3.99 then, 3.") for line in said)
    assert not any("job" in line or "seconds" in line for line in said[1:])


def test_other_surroundings_and_what_cannot_be_run(homework: Assignment, tmp_path: Path) -> None:
    """Another image is told apart from other results; a grading that is not here, lost files."""
    job = graded(homework)
    key = settings.SANDGLASS_RECEIPT_KEY.encode()
    sandbox = {**job.receipt["sandbox"], "guest_image": "sha256:old"}
    status, said = verify(tmp_path, receipts.sign({**job.receipt, "sandbox": sandbox}, key))
    assert status == 1
    assert said[0].endswith(": the same results, run in other surroundings.")
    assert said[1:] == [
        "  sandbox.guest_image: sha256:old then, None now",
        "Something differs.",
    ]
    elsewhere = receipts.sign({**job.receipt, "job": "job-987654-1"}, key)
    status, said = verify(tmp_path, elsewhere)
    assert (status, said) == (3, ["The receipt is ours, but its grading is not on this site."])
    SubmissionFile.objects.filter(submission=job.submission).update(sha256="0" * 64)
    status, said = verify(tmp_path, job.receipt)
    assert (status, said[-1].startswith("The grading cannot be run again")) == (3, True)
