"""Every bad upload gets a sentence that says what to do, or the points that its honest part earns.

What is refused goes through triage, where its memory and its time are measured, and is then sent by
the form of a homework's page. What is taken is sent by that form, graded by a real worker's code in
bubblewrap, and read on the pages of its student and of staff.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from assignments.errors import UploadRejected
from assignments.loader import load_assignment
from assignments.triage import triage
from grader.domain.states import Lane, Role
from grader.models import Assignment, GradeEntry, GradingJob, Membership, Submission
from grader.pipeline import execute
from grader.pipeline.grade import grade_next
from runners.grading import Grader
from runners.requests import build_request
from runners.sandboxes.choose import open_sandbox
from tests import factories
from tests.factories import ON_TIME
from tests.hostile.canary import CANARY, CANARY_VARIABLE
from tests.hostile.entries import ASSIGNMENT
from tests.hostile.inert import assert_inert_json, assert_inert_page
from tests.hostile.upload_entries import UploadEntry, read_upload_entries
from tests.hostile.writes import watched_writes
from tests.web.reading import main
from web import rate_limits

ENTRIES = read_upload_entries()
REFUSED = [entry for entry in ENTRIES if entry.refused]
GRADED = [entry for entry in ENTRIES if not entry.refused]
ADDRESS = "/c/comp4551/hw/hw0/"
EARLIER = 60
TRACE = Path("/tmp/sandglass-hostile-canary")
"""What several entries try to write, by a path, a link or a program."""


def named(entries: list[UploadEntry]) -> dict[str, Any]:
    """The parameters of a test, each under its entry's name."""
    return {"argvalues": entries, "ids": [entry.name for entry in entries]}


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("entry", **named(REFUSED))
def test_triage_refuses_it(entry: UploadEntry) -> None:
    """With this very sentence, within its memory and time, and without a byte on the disk."""
    files, spec = entry.files(), load_assignment(ASSIGNMENT)
    began = time.monotonic()
    tracemalloc.start()
    try:
        with watched_writes() as writes, pytest.raises(UploadRejected) as caught:
            triage(files, spec)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert caught.value.message == entry.refused
    assert peak <= entry.memory_mb * 1_000_000
    assert time.monotonic() - began <= entry.seconds_max
    assert writes == []


@pytest.fixture
def homework() -> Assignment:
    """The tiny homework of the hostile list, open; its students have uploaded nothing lately."""
    rate_limits.start_anew()
    return factories.assignment(factories.course(), "hw0", ASSIGNMENT)


def student(homework: Assignment, name: str = "Ada") -> Membership:
    """Somebody who has earned points already."""
    person = factories.person(name, email="ada@example.edu")
    member = factories.membership(homework.course, person)
    factories.graded(homework, member, EARLIER, ON_TIME - timedelta(hours=1))
    return member


@pytest.mark.django_db
@pytest.mark.parametrize("entry", **named([entry for entry in REFUSED if entry.page]))
def test_the_page_refuses_it_and_nothing_is_lost(entry: UploadEntry, homework: Assignment) -> None:
    """The sentence is on the page; earlier work, its points and the attempts stay as they were."""
    member = student(homework)
    files, before, shown = entry.files(), state(), read(member)
    with watched_writes() as writes:
        page, told = (send(member, files, accept) for accept in ("text/html", "application/json"))

    assert (page.status_code, told.status_code) == (422, 422)
    assert entry.refused in main(page)
    assert json.loads(told.content) == {"error": entry.refused}
    assert_inert_page(page)
    assert (state(), read(member)) == (before, shown)
    assert [path for path in writes if not path.startswith(str(settings.DATA))] == []
    assert not TRACE.exists()


def browser(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def read(member: Membership) -> str:
    """What the homework's page says, by a clock that stands."""
    with time_machine.travel(ON_TIME, tick=False):
        return main(browser(member).get(ADDRESS))


def send(member: Membership, files: Mapping[str, bytes], accept: str = "text/html") -> Any:
    """The upload, by the form."""
    chosen = [SimpleUploadedFile(name, data) for name, data in files.items()]
    form = {"files": chosen, "token": str(uuid4())}
    with time_machine.travel(ON_TIME, tick=False):
        return browser(member).post(ADDRESS, form, headers={"accept": accept})


def state() -> tuple[list[Any], ...]:
    """All submissions, jobs and grades, and every file in storage."""
    blobs = [path for path in (settings.DATA / "files").rglob("*") if path.is_file()]
    return (
        list(Submission.objects.order_by("pk").values()),
        list(GradingJob.objects.order_by("pk").values("pk", "state", "attempt")),
        list(GradeEntry.objects.order_by("pk").values()),
        sorted(blobs),
    )


# --- what is graded -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox() -> Iterator[None]:
    """This process grades in bubblewrap, with the canary in its environment."""
    before, settings.SANDGLASS_SANDBOX = settings.SANDGLASS_SANDBOX, "bubblewrap"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CANARY_VARIABLE, CANARY)
        yield
    execute.cool_down()
    settings.SANDGLASS_SANDBOX = before


@pytest.mark.django_db
@pytest.mark.bubblewrap
@pytest.mark.parametrize("entry", **named(GRADED))
def test_it_is_graded_and_kept(entry: UploadEntry, sandbox: None, homework: Assignment) -> None:
    """The verdict is stored, and what students and staff read of it can do nothing."""
    member = student(homework, entry.person)
    tutor = factories.membership(homework.course, factories.person("Tess"), Role.TA)
    answer = send(member, entry.files())
    assert answer.status_code == 303, main(answer)
    began = time.monotonic()
    done = grade_next(Lane.INTERACTIVE, "worker")
    job = GradingJob.objects.get(pk=done or 0)

    assert time.monotonic() - began <= entry.seconds_max
    assert_expected(entry, job)
    address = answer["Location"]
    for reader in (member, tutor):
        assert_shown_inert(reader, address, job, staff=reader is tutor)
    assert entry.reason in main(browser(member).get(address))
    best = GradeEntry.objects.get(student=member).score.final
    assert best == max(EARLIER, entry.points)
    assert not TRACE.exists()


def assert_expected(entry: UploadEntry, job: GradingJob) -> None:
    """The verdict, the points and each outcome are those of the entry."""
    rows = {row.check_id: row for row in job.results.all()}
    strange = {
        check: row.outcome
        for check, row in rows.items()
        if row.outcome not in (entry.wanted(check) or {row.outcome})
    }

    assert job.state == {"graded": "done", "rejected": "rejected"}[entry.verdict], job.staff_detail
    assert strange == {}
    assert set(entry.outcomes) <= set(rows)
    assert sum(row.points for row in rows.values()) == entry.points
    assert bool(rows) is (entry.verdict == "graded")
    assert job.reason.startswith(entry.reason)
    assert entry.notice in "\n".join(job.notices)


def assert_shown_inert(reader: Membership, address: str, job: GradingJob, *, staff: bool) -> None:
    """The report, the download, the list of all, and every file in its frame."""
    client = browser(reader)
    pages = [client.get(address), client.get(ADDRESS), client.get("/c/comp4551/grades/")]
    pages += [client.get(f"{ADDRESS}submissions/")] if staff else []
    for number in range(1, job.submission.files.count() + 1):
        pages.append(client.get(f"{address}files/{number}/view"))
    for page in pages:
        assert_inert_page(page)
        assert staff or CANARY not in page.content.decode()
    report = client.get(f"{address}results.json")
    assert_inert_json(json.loads(report.content))
    assert staff or CANARY not in report.content.decode()


@pytest.mark.docker
@pytest.mark.parametrize("entry", **named([entry for entry in GRADED if entry.docker]))
def test_docker_says_the_same(entry: UploadEntry) -> None:
    """Where memory, processes or text of the sandbox decide."""
    request = build_request(ASSIGNMENT, entry.files(), job=f"hostile-{entry.number}")
    with Grader(open_sandbox("docker")) as grader:
        report = grader.grade(request)

    assert (report.verdict.value, report.points) == (entry.verdict, entry.points)
    assert report.reason.startswith(entry.reason)
