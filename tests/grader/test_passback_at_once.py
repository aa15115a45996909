"""The outbox with several at work, on both databases: each grade is sent by one of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from grader import passback
from grader.domain.passback import PassbackState
from grader.models import Membership, Passback
from tests import factories
from tests.factories import DUE, graded
from tests.lti.beside import PlatformBeside, platform_beside
from tests.lti.classroom import Classroom, connected

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS, STUDENTS = 3, 6


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformBeside]:
    with platform_beside("canvas", tmp_path_factory.mktemp("platform")) as platform:
        yield platform


@pytest.fixture
def room(platform: PlatformBeside) -> Iterator[Classroom]:
    platform.admin("reset")
    with connected(platform) as room:
        room.release()
        yield room


def send(room: Classroom) -> None:
    """What a worker does, in a thread with a connection of its own."""
    try:
        room.pass_back()
    finally:
        connection.close()


def more_students(room: Classroom) -> list[Membership]:
    """Of whom the platform knows each."""
    found = []
    for number in range(STUDENTS):
        subject = f"90{number}"
        room.platform.admin("person", sub=subject, name=subject)
        student = factories.membership(room.course)
        room.known_as(subject, student)
        graded(room.homework, student, number)
        found.append(student)
    return found


def test_two_senders_never_have_the_same_grade(room: Classroom) -> None:
    """They queue and send at the same time; each student's score is posted once."""
    students = more_students(room)
    room.platform.trouble("scores", "slow", seconds=0.05, count=STUDENTS)
    with ThreadPoolExecutor(SENDERS) as pool:
        for done in [pool.submit(send, room) for _ in range(SENDERS)]:
            done.result()
    grades = room.platform.state()["items"]["11"]["grades"]
    assert {sub: grade["posts"] for sub, grade in grades.items()} == {
        f"90{number}": 1 for number in range(STUDENTS)
    }
    rows = Passback.objects.filter(student__in=students)
    assert list(rows.values_list("state", "version").distinct()) == [("sent", 1)]


def test_a_grade_that_changes_while_it_is_sent_is_sent_again(room: Classroom) -> None:
    """The platform has taken the old one and has not answered yet."""
    graded(room.homework, room.ada, 4)
    room.platform.trouble("scores", "slow", seconds=1.5)
    sender = threading.Thread(target=send, args=(room,))
    sender.start()
    while room.platform.grade("101") is None and sender.is_alive():
        pass
    graded(room.homework, room.ada, 9, DUE)
    assert passback.note_changes(now=room.now) == 0  # one waits, and it is on its way
    sender.join()
    assert Passback.objects.get().points == 4
    assert room.pass_back() == {"taken": 1}
    grade = room.platform.grade("101")
    assert (grade["held"], grade["posts"]) == (9, 2)
    assert room.states() == [PassbackState.SENT] * 2
