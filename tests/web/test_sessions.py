"""Sessions end: some time after the last request, some time after the sign-in, and with its row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from grader.tasks import tidy
from tests import factories
from tests.factories import ON_TIME, PASSWORD
from web.sessions import SessionStore

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IDLE = timedelta(seconds=settings.SESSION_COOKIE_AGE)
ANOTHER = "quite another word for tests"
LONGEST = timedelta(seconds=settings.SANDGLASS_SESSION_AGE)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(ON_TIME, tick=False) as clock:
        yield clock


@pytest.fixture
def client(clock: time_machine.Traveller) -> Client:
    client = Client()
    client.force_login(factories.person("Ada"))
    return client


def is_open(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_defaults() -> None:
    assert (IDLE, LONGEST) == (3 * DAY, 14 * DAY)


def test_an_idle_session_ends(client: Client, clock: time_machine.Traveller) -> None:
    clock.shift(IDLE - HOUR)
    assert is_open(client)
    clock.shift(IDLE - HOUR)
    assert is_open(client)
    clock.shift(IDLE + HOUR)
    assert not is_open(client)


def test_a_session_that_is_used_every_day_ends_too(
    client: Client, clock: time_machine.Traveller
) -> None:
    for _ in range(LONGEST.days - 1):
        clock.shift(DAY)
        assert is_open(client)
    clock.shift(DAY)
    assert not is_open(client)


def test_the_browser_is_told_the_same_end(client: Client, clock: time_machine.Traveller) -> None:
    """Never beyond the longest."""
    for _ in range(LONGEST.days - 1):
        clock.shift(DAY)
        client.get("/")
    end = parsedate_to_datetime(client.cookies["sessionid"]["expires"])
    assert end == ON_TIME + LONGEST == Session.objects.get().expire_date


def test_reading_pages_writes_nothing_most_of_the_time(
    client: Client,
    clock: time_machine.Traveller,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.get("/")
    clock.shift(timedelta(minutes=9))
    with django_assert_num_queries(3):  # the session, the person, the courses
        client.get("/")
    before = Session.objects.get().expire_date
    clock.shift(timedelta(minutes=1))
    client.get("/")
    assert Session.objects.get().expire_date == before + timedelta(minutes=10)


def test_another_password_begins_the_session_anew(
    client: Client, clock: time_machine.Traveller
) -> None:
    """Who has just written the old one is known as well as by signing in."""
    clock.shift(DAY)
    chosen = {"new_password1": ANOTHER, "new_password2": ANOTHER}
    assert client.post("/password/", {"old_password": PASSWORD, **chosen}).status_code == 302
    for _ in range(LONGEST.days - 1):
        clock.shift(DAY)
        assert is_open(client)


def test_asynchronous_views_know_the_same_sessions(
    client: Client, clock: time_machine.Traveller
) -> None:
    key = client.cookies["sessionid"].value
    clock.shift(HOUR)
    store = SessionStore(key)
    assert async_to_sync(store.aload)()["_auth_user_id"]
    assert store.modified


def test_what_has_ended_is_removed(client: Client, clock: time_machine.Traveller) -> None:
    """By the clock's own task."""
    tidy()
    assert Session.objects.count() == 1
    clock.shift(IDLE + HOUR)
    tidy()
    assert Session.objects.count() == 0
