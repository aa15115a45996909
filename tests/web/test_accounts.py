"""Signing in and out, and passwords: the whole way, with the mails that are sent."""

from __future__ import annotations

import re
from threading import Event
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.core.mail.backends import locmem
from django.test import Client

from grader.models import User
from tests import factories
from tests.factories import PASSWORD
from tests.web.reading import main, words
from web.mailing import settle

pytestmark = pytest.mark.django_db
ANOTHER = "quite another word for tests"


@pytest.fixture
def ada() -> User:
    return factories.person("Ada")


def sign_in(
    client: Client, email: str = "ada@example.edu", password: str = PASSWORD, **more: str
) -> Any:
    return client.post("/sign-in/", {"username": email, "password": password, **more})


def asked(client: Client, email: str) -> Any:
    """What is answered when somebody asks for a link."""
    answer = client.post("/password-reset/", {"email": email}, follow=True)
    settle()
    return answer


def link() -> str:
    """The link in the only mail that was sent."""
    (message,) = mail.outbox
    (found,) = re.findall(r"http://testserver(/password-reset/\S+)", str(message.body))
    return str(found)


def test_an_address_and_a_password_open_the_first_page(ada: User) -> None:
    client = Client()
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "Account of Ada" in words(client.get("/"))


def test_an_address_may_be_typed_in_capitals(ada: User) -> None:
    assert sign_in(Client(), email=" ADA@Example.edu ").status_code == 302


def test_after_signing_in_the_reader_is_where_they_wanted(ada: User) -> None:
    answer = sign_in(Client(), next="/c/comp4551/")
    assert answer["Location"] == "/c/comp4551/"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:x"])
def test_signing_in_leads_nowhere_else(ada: User, elsewhere: str) -> None:
    assert sign_in(Client(), next=elsewhere)["Location"] == "/"


def test_a_wrong_password_is_told_without_saying_which_is_wrong(ada: User) -> None:
    told = (
        "This address and this password do not go together. Check both, or have a new password "
        "sent to you by mail."
    )
    assert told in main(sign_in(Client(), password="wrong"))
    assert told in main(sign_in(Client(), email="nobody@example.edu"))


def test_what_was_typed_stays_but_the_password(ada: User) -> None:
    content = sign_in(Client(), password="wrong").content.decode()
    assert 'value="ada@example.edu"' in content
    assert "wrong" not in content


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"email": ""}, "Write your e-mail address."),
        ({"password": ""}, "Write your password."),
    ],
)
def test_an_empty_field_is_named(ada: User, fields: dict[str, str], told: str) -> None:
    assert told in main(sign_in(Client(), **fields))


def test_a_closed_account_is_told_only_to_who_knows_its_password() -> None:
    factories.person("Ada", is_active=False)
    closed = "This account is closed. Ask the course's staff to open it again."
    assert closed in main(sign_in(Client()))
    assert "closed" not in main(sign_in(Client(), password="wrong"))


def test_an_account_that_is_closed_meanwhile_ends_at_once(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    ada.is_active = False
    ada.save()
    assert client.get("/")["Location"] == "/sign-in/?next=/"


def test_who_is_signed_in_is_not_asked_again(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert client.get("/sign-in/")["Location"] == "/"


def test_signing_out_ends_the_session(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    page = client.post("/sign-out/", follow=True)
    assert main(page).startswith("You have signed out. Sign in")
    assert client.get("/")["Location"] == "/sign-in/?next=/"


def test_a_link_can_sign_nobody_out(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert client.get("/sign-out/")["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_new_password_by_mail(ada: User) -> None:
    client = Client()
    assert "Look at your mail" in main(asked(client, "Ada@example.edu"))
    form = client.get(link(), follow=True)
    assert "Choose a password" in main(form)
    address = form.redirect_chain[-1][0]
    chosen = {"new_password1": ANOTHER, "new_password2": ANOTHER}
    assert "Your password is set" in main(client.post(address, chosen, follow=True))
    assert sign_in(Client()).status_code == 200
    assert sign_in(Client(), password=ANOTHER).status_code == 302


def test_the_mail_says_who_and_how_long(ada: User) -> None:
    asked(Client(), "ada@example.edu")
    (message,) = mail.outbox
    assert message.subject == "Your password for Sandglass"
    assert message.to == ["ada@example.edu"]
    assert str(message.body).startswith("Dear Ada,\n\nsomebody, probably you, has asked for")
    assert "It works once, and for 3 days." in message.body


def test_the_first_password_comes_by_mail_too() -> None:
    User.objects.create_user("new@example.edu", "New")
    asked(Client(), "new@example.edu")
    assert link().startswith("/password-reset/")


def test_nobody_learns_which_addresses_are_known(ada: User) -> None:
    factories.person("Bob", is_active=False)
    known, unknown, closed = (
        asked(Client(), f"{name}@example.edu") for name in ("ada", "nobody", "bob")
    )
    assert known.content == unknown.content == closed.content
    assert [message.to for message in mail.outbox] == [["ada@example.edu"]]


def test_a_link_works_once(ada: User) -> None:
    client = Client()
    asked(client, "ada@example.edu")
    address = client.get(link(), follow=True).redirect_chain[-1][0]
    client.post(address, {"new_password1": ANOTHER, "new_password2": ANOTHER})
    page = Client().get(link(), follow=True)
    assert main(page).startswith("This link is used up")
    assert "Get a new link" in main(page)


def test_a_made_up_link_opens_nothing(ada: User) -> None:
    assert "This link is used up" in main(Client().get("/password-reset/MQ/abc-0123/"))


def test_two_different_words_are_no_password(ada: User) -> None:
    client = Client()
    asked(client, "ada@example.edu")
    address = client.get(link(), follow=True).redirect_chain[-1][0]
    page = client.post(address, {"new_password1": ANOTHER, "new_password2": PASSWORD})
    assert "password fields didn\N{RIGHT SINGLE QUOTATION MARK}t match" in main(page)
    assert sign_in(Client()).status_code == 302


def test_changing_a_password_keeps_the_session(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    words_ = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    page = client.post("/password/", words_, follow=True)
    assert main(page).startswith("Your new password holds from now on.")
    assert sign_in(Client(), password=ANOTHER).status_code == 302


def test_changing_a_password_needs_the_old_one(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    words_ = {"old_password": "wrong", "new_password1": ANOTHER, "new_password2": ANOTHER}
    assert "Your old password was entered incorrectly" in main(client.post("/password/", words_))
    assert sign_in(Client()).status_code == 302


def test_a_new_password_ends_all_other_sessions(ada: User) -> None:
    """Whoever else had one open is out, whichever way it was chosen."""
    mine, other = Client(), Client()
    for client in (mine, other):
        client.force_login(ada)
    words_ = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    mine.post("/password/", words_)
    assert [client.get("/").status_code for client in (mine, other)] == [200, 302]
    client = Client()
    asked(client, "ada@example.edu")
    address = client.get(link(), follow=True).redirect_chain[-1][0]
    client.post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert mine.get("/").status_code == 302


@pytest.mark.parametrize(
    "password", ["short", "1234567890123", "password123", "ada@example.edu", "Ada Lovelace"]
)
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    factories.person("Ada Lovelace", email="ada@example.edu")
    client = Client()
    client.login(username="ada@example.edu", password=PASSWORD)
    words_ = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert client.post("/password/", words_).status_code == 200
    assert sign_in(Client()).status_code == 302


@pytest.mark.parametrize("who", ["ada", "nobody", "closed", "new"])
def test_every_wrong_try_hashes_one_password(
    ada: User, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of an answer tells nobody which addresses have an account, or which are closed."""
    factories.person("Closed", is_active=False)
    User.objects.create_user("new@example.edu", "New")
    hashed = []
    plain = hashers.MD5PasswordHasher.encode

    def encode(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return str(plain(self, password, salt))

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", encode)
    sign_in(Client(), email=f"{who}@example.edu", password="wrong")
    assert len(hashed) == 1


class SlowPost(locmem.EmailBackend):
    """A mail server that takes its time."""

    go = Event()

    def send_messages(self, messages: Any) -> Any:
        assert self.go.wait(60)
        return super().send_messages(messages)


def test_the_mail_leaves_after_the_answer(ada: User, settings: Any) -> None:
    """A slow mail server would tell which addresses it was asked to write to."""
    settings.EMAIL_BACKEND = f"{__name__}.SlowPost"
    SlowPost.go.clear()
    answer = Client().post("/password-reset/", {"email": "ada@example.edu"})
    assert (answer.status_code, mail.outbox) == (302, [])
    SlowPost.go.set()
    settle()
    assert len(mail.outbox) == 1
