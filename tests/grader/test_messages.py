"""Mail about grades: once for each thing told, and not lost while the mail server is away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from grader.messages import MOST_ATTEMPTS, Told, send_waiting, tell, tell_all
from grader.models import Course, Membership, Message
from grader.tasks import send_messages
from tests import factories
from tests.grader.mail_server import mail_server
from tests.servers import free_port

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 12, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


def say(member: Membership, key: str = "one", subject: str = "Your grade") -> bool:
    return tell(member.course, member.user, "grades.released", key, subject, "It is there.\n")


def next_try(member: Membership) -> datetime:
    at = Message.objects.get(to=member.user).next_at
    assert at is not None
    return at


def test_what_is_told_leaves_once(ada: Membership) -> None:
    assert (say(ada), say(ada), say(ada, "two")) == (True, False, True)
    assert (send_waiting(NOW), send_waiting(NOW + MINUTE)) == (2, 0)
    assert [(m.to, m.subject, m.body) for m in mail.outbox] == [
        ([ada.user.email], "Your grade", "It is there.\n")
    ] * 2
    assert set(Message.objects.values_list("sent_at", "attempts", "trouble")) == {(NOW, 1, "")}


def test_what_did_not_happen_is_not_told(ada: Membership) -> None:
    with transaction.atomic():
        say(ada)
        transaction.set_rollback(True)
    assert send_waiting(NOW) == 0


def test_who_takes_no_part_is_told_nothing(course: Course, ada: Membership) -> None:
    """Neither when it happens nor when the mail is to leave."""
    gone = factories.membership(course, active=False)
    barred = factories.membership(course, factories.person("Barred", is_active=False))
    elsewhere = factories.membership(factories.course("comp1001"))
    people = [gone, barred, elsewhere, ada]
    told = [Told(one.user_id, f"key {one.pk}", "Your grade", "There.") for one in people]
    assert tell_all(course, "grades.released", told) == 1
    Membership.objects.filter(pk=ada.pk).update(active=False)
    assert send_waiting(NOW) == 0
    assert mail.outbox == []
    assert Message.objects.get().attempts == MOST_ATTEMPTS


def test_a_header_cannot_be_smuggled_in(ada: Membership) -> None:
    """The title of a homework is text of the staff's."""
    say(ada, subject="Your grade\nBcc: everybody@example.edu")
    assert send_waiting(NOW) == 1
    assert mail.outbox[0].subject == "Your grade Bcc: everybody@example.edu"


def test_while_the_server_is_away_nothing_is_lost(settings: Any, ada: Membership) -> None:
    """No attempt is counted, for none was made; when it is back, all of it leaves."""
    say(ada)
    port = free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    assert send_waiting(NOW) == 0
    assert Message.objects.values_list("attempts", "sent_at").get() == (0, None)
    with mail_server(settings, port=port) as server:
        send_messages.run()
    ((to, text),) = server.taken
    assert to == ada.user.email
    assert "Auto-Submitted: auto-generated" in text
    assert Message.objects.get().sent_at is not None


def test_one_that_is_refused_holds_nobody_up_and_is_tried_more_and_more_rarely(
    settings: Any, course: Course, ada: Membership
) -> None:
    bob = factories.membership(course, factories.person("Bob"))
    say(ada)
    say(bob, "two")
    with mail_server(settings, ada.user.email) as server:
        assert send_waiting(NOW) == 1
        assert [to for to, _ in server.taken] == [bob.user.email]
        waits = []
        for _ in range(9):
            due = next_try(ada)
            assert send_waiting(due - timedelta(seconds=1)) == 0
            assert send_waiting(due) == 0
            waits.append((next_try(ada) - due) / MINUTE)
        assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]
        assert "nobody of this name" in Message.objects.get(to=ada.user).trouble
        server.refused.clear()
        assert send_waiting(NOW + timedelta(days=2)) == 1
    assert Message.objects.filter(trouble="", sent_at__isnull=False).count() == 2
