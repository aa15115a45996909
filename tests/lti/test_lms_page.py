"""The page of a course's learning management systems, beside a real platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from grader.domain.states import Role
from grader.models import AuditEntry, Exam, LineItem, LtiAccount, Membership, Passback
from tests import factories
from tests.factories import graded
from tests.lti.beside import PlatformBeside
from tests.lti.classroom import Classroom, connected

pytestmark = pytest.mark.django_db
PAGE = "/c/comp4551/lms/"


@pytest.fixture
def room(platform: PlatformBeside) -> Iterator[Classroom]:
    """A class connected to each kind of platform, with grades of Ada and Bo released."""
    with connected(platform) as room:
        graded(room.homework, room.ada, 80)
        graded(room.homework, room.bo, 60)
        room.release()
        yield room


def browser(room: Classroom) -> Client:
    client = Client()
    client.force_login(room.staff.user)
    return client


def words(response: Any) -> str:
    """What a page says, without its markup, in single spaces."""
    main = response.content.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def post(room: Classroom, address: str, **form: Any) -> str:
    """What is said after it was done."""
    response = browser(room).post(f"{PAGE}{address}", form, follow=True)
    assert response.redirect_chain[0][1] == 303
    return words(response)


def test_each_grade_has_its_state_and_its_reason(room: Classroom) -> None:
    """Sent, parked, unknown: in numbers, and student by student."""
    stranger = factories.membership(room.course, factories.person("Eve"))
    graded(room.homework, stranger, 10)
    room.platform.trouble("scores", 422)
    room.pass_back()
    page = words(browser(room).get(PAGE))
    row = "Homework 1 released 1 0 1 1 not compared"
    assert row in page
    assert "The platform answered 422" in page
    column = words(browser(room).get(f"{PAGE}columns/{room.item.pk}/"))
    assert "Eve unknown user never" in column
    assert "none has opened Sandglass from there" in column
    said = post(
        room, "send", item=room.item.pk, student=Passback.objects.get(state="parked").student_id
    )
    assert "1 grade will be sent again" in said
    assert room.pass_back() == {"taken": 1}
    assert "Held up Nothing." in words(browser(room).get(PAGE))


def test_a_student_sees_where_the_grade_is(room: Classroom) -> None:
    """On the page of the own grades, once it has arrived."""
    client = Client()
    client.force_login(room.ada.user)
    told = f"Homework 1: sent to Our {room.platform.kind}"
    assert told not in words(client.get("/c/comp4551/grades/"))
    room.pass_back()
    assert told in words(client.get("/c/comp4551/grades/"))


def test_the_page_takes_as_many_queries_for_any_class(room: Classroom) -> None:
    """And another column there costs none either."""
    client = browser(room)
    room.pass_back()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(5):
        student = factories.membership(room.course)
        room.known_as(f"9{number}", student)
        graded(room.homework, student, number)
    room.pass_back()
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few)


def test_columns_are_found_made_and_chosen(room: Classroom) -> None:
    """What is there is offered; an exam gets a column that did not exist."""
    exam = Exam.objects.create(
        course=room.course, slug="midterm", title="Midterm", group="midterm", possible=50
    )
    there = room.item.context
    address = f"{there.pk}/connect/"
    room.platform.admin("world", items_on_a_page=1)
    room.platform.admin("item", label="Something else", maximum=10)
    page = browser(room).get(f"{PAGE}{address}")
    assert "Something else (of 10)" in words(page)
    assert re.findall(r'<option value="([^"]*)" selected', page.content.decode()) == [
        room.item.url,
        "new",
    ]
    said = post(room, address, column="exam midterm", url="new", act="connect")
    assert "Midterm is connected" in said
    made = [each for each in room.platform.state()["items"].values() if each["label"] == "Midterm"]
    assert [(each["maximum"], each["resource_id"]) for each in made] == [(50, "midterm")]
    assert LineItem.objects.get(exam=exam).url == made[0]["url"]
    said = post(room, address, column="exam midterm", url=room.item.url, act="connect")
    assert "Another homework or exam is sent to that column" in said
    said = post(room, address, column="exam midterm", url="https://elsewhere/1", act="connect")
    assert "no such column any more" in said
    other = room.platform.item_url("12")
    post(room, address, column="homework hw1", url=other, act="connect")
    live = LineItem.objects.filter(assignment=room.homework, gone_at=None)
    assert [item.url for item in live] == [other]
    assert room.pass_back() == {"taken": 2}
    post(room, address, column="homework hw1", act="disconnect")
    assert not live.all().exists()
    acts = AuditEntry.objects.filter(action__startswith="lti.column").values_list(
        "action", flat=True
    )
    assert sorted(acts) == ["lti.column.connect"] * 2 + ["lti.column.disconnect"] * 2


def test_a_grade_that_a_teacher_typed_there_is_shown_and_kept(room: Classroom) -> None:
    """The comparison tells it, and nothing is sent because of it."""
    room.pass_back()
    room.platform.admin("teacher", item="11", sub="101", score=12)
    room.platform.admin("world", items_on_a_page=1)
    assert "2 grades compared: 1 differ." in post(room, "compare")
    assert "Homework 1 released 2 0 0 0 1" in words(browser(room).get(PAGE))
    column = words(browser(room).get(f"{PAGE}columns/{room.item.pk}/"))
    assert "12 (differs)" in column
    assert room.pass_back() == {}
    assert room.platform.grade("101")["held"] == 12


@pytest.mark.parametrize("what", ["garbage", 503])
def test_a_platform_that_does_not_answer_is_a_sentence(room: Classroom, what: str | int) -> None:
    """On each page that asks it."""
    there = room.item.context
    room.platform.trouble("items", what, count=1)
    page = browser(room).get(f"{PAGE}{there.pk}/connect/")
    assert "The platform's columns cannot be read" in words(page)
    room.platform.trouble("members", what, count=1)
    page = browser(room).get(f"{PAGE}{there.pk}/roster/", follow=True)
    assert page.redirect_chain[0][1] == 303
    room.pass_back()
    room.platform.trouble("results", what, count=1)
    assert "Homework 1: " in post(room, "compare")


def test_the_platform_s_roster_is_seen_before_it_is_done(room: Classroom) -> None:
    """Students in, page by page; a TA that Moodle calls an instructor is no business of ours."""
    room.platform.admin("world", members_on_a_page=2)
    Membership.objects.filter(pk=room.ada.pk).update(student_number="20000001")
    tutor = factories.person("Tess Tutor", email="tess@example.edu")
    tess = factories.membership(room.course, tutor, Role.TA)
    address = f"{room.item.context.pk}/roster/"
    page = browser(room).get(f"{PAGE}{address}")
    assert "New: 1" in words(page)
    assert "Changed: 2" in words(page)
    assert "Cy Young (cy@example.edu, 20000003)" in words(page)
    assert "Tess" not in words(page)
    shown = re.search('name="shown" value="([0-9a-f]+)"', page.content.decode())
    assert shown is not None
    room.platform.admin("person", sub="104", name="Di Prince", email="di@example.edu")
    assert "Something has changed since you looked" in post(room, address, shown=shown[1])
    assert room.course.memberships.filter(role=Role.STUDENT).count() == 2
    page = browser(room).get(f"{PAGE}{address}")
    shown = re.search('name="shown" value="([0-9a-f]+)"', page.content.decode())
    assert shown is not None
    assert "2 new, 0 back, 2 changed." in post(room, address, shown=shown[1])
    names = room.course.memberships.filter(role=Role.STUDENT).values_list("user__name", flat=True)
    assert {"Cy Young", "Di Prince"} < set(names)
    tess.refresh_from_db()
    assert tess.role == Role.TA


def test_users_become_known_by_the_number_on_our_roll(room: Classroom) -> None:
    """So that a grade arrives before its student has ever opened a link."""
    student = factories.membership(room.course, student_number="20000003")
    graded(room.homework, student, 30)
    said = post(room, f"{room.item.context.pk}/know")
    assert "1 more of them are known here now" in said
    assert LtiAccount.objects.get(user=student.user).subject == "103"
    room.pass_back()
    assert room.platform.grade("103")["held"] == 30


def test_the_command_says_and_does_the_same(room: Classroom) -> None:
    """Send, compare, resync, and what there is."""

    def told(*options: str) -> list[str]:
        out = StringIO()
        call_command("passback", "comp4551", *options, stdout=out)
        return out.getvalue().splitlines()

    assert told()[-1] == "  Homework 1: 2 waiting"
    assert told("--send")[0] == "2 taken"
    assert told("--compare")[0] == "2 compared, 0 differ"
    assert told("--resync", "--send")[:2] == ["2 queued", "2 taken"]
    room.platform.trouble("results", 500)
    with pytest.raises(CommandError, match="Homework 1"):
        told("--compare")
    with pytest.raises(CommandError, match="Known: comp4551"):
        call_command("passback", "comp1")
