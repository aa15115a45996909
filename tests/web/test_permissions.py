"""Nobody sees what is not theirs: each address, asked by each kind of reader.

What may not be seen is answered byte for byte like what is not there.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from grader.domain.states import JobState, Role
from grader.models import Assignment, GradingJob, Membership, Submission
from tests import factories
from tests.assignments.homework import write_homework
from tests.grader.pipeline.road import upload
from tests.web.crawl import address_names
from tests.web.permissions import READERS, expected
from tests.web.world import World
from web.urls import pages

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
EXPECTED = expected()
NOWHERE: dict[str, Any] = {
    "slug": "nowhere",
    "homework": "hw99",
    "exam": "oral",
    "item": 987_654,
    "context": 987_654,
    "member": 987_654,
    "extension": 987_654,
    "pk": 987_654,
    "regrade": 987_654,
    "file": 99,
    "student": 987_654,
    "column": "hw99",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small homework."""
    return write_homework(tmp_path_factory.mktemp("permissions") / "hw0")


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


def ask(client: Client, method: str, address: str) -> Any:
    response: Any = client.generic(method, address)
    if response.streaming and not response.is_async:
        response.getvalue()  # to its end, where the file is closed
    return response


def told(response: Any) -> str:
    """The answer in the words of the table."""
    if response.status_code != 302:
        return str(response.status_code)
    return "sign" if response["Location"].startswith("/sign-in/") else "go"


def without_token(response: Any) -> tuple[int, dict[str, str], bytes]:
    """An answer but for its random token, its number and the second in which it was made."""
    body = re.sub(rb'(csrfmiddlewaretoken" value=)"\w+"', rb"\1", response.content)
    passing = {"Expires", "X-Request-ID"}
    headers = {name: value for name, value in response.headers.items() if name not in passing}
    return response.status_code, headers, body


def test_the_table_names_every_address() -> None:
    names = set(address_names())
    assert {name for _, name in EXPECTED} == names
    assert set(EXPECTED) == {(method, name) for name in names for method in ("GET", "POST")}


def test_no_address_is_without_a_name() -> None:
    """The table could not name it."""
    assert [str(each.pattern) for each in pages if not each.name] == []


@pytest.mark.parametrize(("method", "name"), EXPECTED)
def test_who_gets_what(world: World, method: str, name: str) -> None:
    found = {
        reader: told(ask(world.client(reader), method, world.address(name))) for reader in READERS
    }
    assert found == EXPECTED[method, name]


@pytest.mark.parametrize(
    ("method", "name"), [key for key, row in EXPECTED.items() if "404" in row.values()]
)
def test_not_yours_is_like_not_there(world: World, method: str, name: str) -> None:
    """Status, headers and body; for each part of the address that may be made up."""
    for reader, answer in EXPECTED[method, name].items():
        if answer != "404":
            continue
        client = world.client(reader)
        theirs = without_token(ask(client, method, world.address(name)))
        missing = [
            without_token(ask(client, method, world.address(name, **{part: value})))
            for part, value in NOWHERE.items()
        ]
        assert missing == [theirs] * len(missing)


def test_the_page_for_nothing_is_the_same_off_every_path(world: World) -> None:
    client = world.client("mate")
    theirs = client.get(world.address("submission"))
    assert without_token(client.get("/nothing/like/this/")) == without_token(theirs)


def test_an_anonymous_reader_learns_nothing_of_what_exists(world: World) -> None:
    for name in ("course", "homework", "submission", "submission-file"):
        there, missing = (
            Client().get(world.address(name)),
            Client().get(world.address(name, **NOWHERE)),
        )
        assert (there.status_code, there.content) == (missing.status_code, missing.content)


def test_a_script_of_an_anonymous_reader_learns_nothing_either(world: World) -> None:
    asked = {"Accept": "application/json"}
    there = Client(headers=asked).get(world.address("submission-results"))
    missing = Client(headers=asked).get(world.address("submission-results", **NOWHERE))
    assert (there.status_code, there.content) == (401, missing.content)


def test_who_withdraws_loses_sight_of_their_own_work(world: World) -> None:
    """The work stays; the pages are the course's."""
    author, client = world.people["author"], world.client("author")
    assert client.get(world.address("submission")).status_code == 200
    Membership.objects.filter(pk=author.pk).update(active=False)
    shown = [
        name
        for (method, name), row in EXPECTED.items()
        if method == "GET" and "200" in row.values()
    ]
    mine = [name for name in shown if name.startswith("submission") or name == "handout"]
    assert {client.get(world.address(name)).status_code for name in mine} == {404}
    assert Submission.objects.filter(student=author).exists()


def test_staff_who_leave_see_nothing_more(world: World) -> None:
    client = world.client("ta")
    Membership.objects.filter(pk=world.people["ta"].pk).update(active=False)
    assert client.get(world.address("submissions")).status_code == 404
    assert client.get(world.address("submission")).status_code == 404


def test_who_teaches_elsewhere_is_a_student_here(world: World) -> None:
    """A TA of one course does not see classmates in another."""
    classmate = world.people["mate"]
    factories.membership(world.other, classmate.user, Role.TA)
    client = world.client("mate")
    assert client.get(world.address("submission")).status_code == 404
    assert client.get(world.address("submissions")).status_code == 404


def test_who_studies_elsewhere_is_staff_here(world: World) -> None:
    """And sees hidden messages only of the course that they teach."""
    helper = world.people["ta"]
    factories.membership(world.other, helper.user)
    assert world.client("ta").get(world.address("submission")).status_code == 200
    own = factories.assignment(world.other, "hw1")
    assert world.client("ta").get(f"/c/comp1001/hw/{own.slug}/submissions/").status_code == 404


@pytest.mark.parametrize("change", ["not open", "no content"])
def test_a_homework_that_is_not_ready_is_there_for_staff_alone(world: World, change: str) -> None:
    later = timezone.now() + HOUR / 2
    fields = {"opens_at": later} if change == "not open" else {"version": None}
    Assignment.objects.filter(pk=world.homework.pk).update(**fields)
    student, missing = world.client("mate"), world.address("homework", homework="hw99")
    for method, name in (("GET", "homework"), ("POST", "homework"), ("GET", "handout")):
        hidden = without_token(ask(student, method, world.address(name)))
        assert hidden == without_token(ask(student, method, missing))
        assert hidden[0] == 404
    assert world.client("ta").get(world.address("homework")).status_code == 200


def test_the_homework_of_one_course_is_not_found_in_another(world: World) -> None:
    client = world.client("other")
    for name in ("homework", "handout"):
        assert client.get(world.address(name, slug="comp1001")).status_code == 404


def test_a_course_that_is_crossed_with_anothers_submission(world: World) -> None:
    """Staff of the other course, by the number alone."""
    client = world.client("their")
    for name in ("submission", "submission-live", "submission-results", "submission-file"):
        assert client.get(world.address(name)).status_code == 404


@pytest.mark.parametrize("name", ["submission-file", "submission-view"])
@pytest.mark.parametrize("number", [0, 3, 10**9, 10**30])
def test_no_file_of_another_submission_by_its_number(world: World, name: str, number: int) -> None:
    """Files are numbered within a submission: there are two, and no number leads outside."""
    upload(world.homework, world.people["mate"], timezone.now())
    address = world.address(name, file=number)
    assert world.client("author").get(address).status_code == 404


def test_before_it_is_graded_there_are_no_results(world: World) -> None:
    fresh = upload(world.homework, world.people["author"], timezone.now())
    address = world.address("submission-results", pk=fresh.pk)
    lease = {"lease_owner": "worker", "lease_until": timezone.now() + HOUR, "attempt": 1}
    leases: dict[JobState, dict[str, Any]] = {JobState.QUEUED: {}, JobState.RUNNING: lease}
    for state, fields in leases.items():
        GradingJob.objects.filter(submission=fresh).update(state=state.value, **fields)
        assert [world.client(who).get(address).status_code for who in ("author", "ta")] == [404] * 2


@pytest.mark.parametrize("pk", [0, 2**31, 2**63, 10**30])
def test_numbers_that_no_database_has(world: World, pk: int) -> None:
    for name in ("submission", "submission-live", "submission-results", "submission-file"):
        assert world.client("author").get(world.address(name, pk=pk)).status_code == 404


def test_head_is_as_get(world: World) -> None:
    """No method is a way round."""
    for (method, name), row in EXPECTED.items():
        if method == "GET" and name != "sign-out":  # which takes a typed address, and no more
            for reader in ("anon", "author", "mate"):
                answer = ask(world.client(reader), "HEAD", world.address(name))
                assert (name, told(answer)) == (name, row[reader])


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_do_and_tell_nothing(world: World, method: str) -> None:
    """Whoever asks: the answer to a classmate is that of the author."""
    before = Submission.objects.count()
    for name in {name for _, name in EXPECTED if name.startswith("submission")} | {"homework"}:
        answers = [
            getattr(world.client(who), method)(world.address(name)) for who in ("author", "mate")
        ]
        assert {answer.status_code for answer in answers} == {405}
    assert Submission.objects.count() == before


def test_a_signed_out_session_opens_nothing(world: World) -> None:
    client = world.client("author")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/sign-out/")
    again = Client()
    again.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert told(again.get(world.address("submission"))) == "sign"
