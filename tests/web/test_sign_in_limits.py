"""Guessing a password is slow, and nobody is locked out by a stranger who tries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from limits import parse

from grader.models import User
from tests import factories
from tests.factories import PASSWORD
from tests.web.reading import main
from web.mailing import settle
from web.rate_limits import take
from web.sign_in import knock

pytestmark = pytest.mark.django_db
HOME, CAMPUS = "192.0.2.7", "198.51.100.1"
ANOTHER = "quite another word for tests"


@pytest.fixture
def ada() -> User:
    return factories.person("Ada")


def sign_in(
    client: Client, password: str = PASSWORD, place: str = HOME, email: str = "ada@example.edu"
) -> Any:
    form = {"username": email, "password": password}
    return client.post("/sign-in/", form, REMOTE_ADDR=place)


def guess(times: int, *, places: int = 1, email: str = "ada@example.edu") -> list[int]:
    """The statuses of wrong tries of a stranger, who has so many addresses."""
    return [
        sign_in(Client(), "wrong", f"203.0.113.{number % places}", email).status_code
        for number in range(times)
    ]


def link() -> str:
    """The link in the mail that was sent last."""
    settle()
    [found] = re.findall(r"http://testserver(/password-reset/\S+)", str(mail.outbox[-1].body))
    return str(found)


def test_ten_wrong_tries_from_one_address_and_no_more(ada: User) -> None:
    assert guess(12) == [200] * 10 + [429] * 2


def test_a_refused_try_tells_nothing_of_the_password(ada: User) -> None:
    """Not even the right one: it is not looked at."""
    guess(10)
    wrong, right = Client(), Client()
    refused = [sign_in(wrong, "wrong", "203.0.113.0"), sign_in(right, PASSWORD, "203.0.113.0")]
    assert [answer.status_code for answer in refused] == [429, 429]
    assert main(refused[0]) == main(refused[1])
    assert "sessionid" not in right.cookies


def test_the_refusal_says_when_and_how_to_get_in_at_once(ada: User) -> None:
    guess(10)
    page = sign_in(Client(), place="203.0.113.0")
    assert 0 < int(page["Retry-After"]) <= 300
    assert "The next one is taken in 5 minutes." in main(page)
    assert "have a link sent by mail" in main(page)
    content = page.content.decode()
    assert 'role="alert"' in content
    assert 'value="ada@example.edu"' in content


def test_unknown_addresses_are_refused_in_the_same_words(ada: User) -> None:
    known, unknown = guess(11), guess(11, email="nobody@example.edu")
    assert known == unknown


def test_a_stranger_locks_nobody_out_who_has_signed_in_before(ada: User) -> None:
    """From the same address or another: the browser is known."""
    own = Client()
    assert sign_in(own).status_code == 302
    own.post("/sign-out/")
    guess(100, places=50)
    assert sign_in(Client()).status_code == 429
    for place in (HOME, "203.0.113.0", CAMPUS):
        assert sign_in(own, place=place).status_code == 302
        own.post("/sign-out/")


def test_sixty_guesses_an_hour_from_however_many_addresses(ada: User) -> None:
    assert guess(70, places=50).count(200) == 60


def test_the_link_by_mail_lets_in_whom_a_stranger_keeps_out(ada: User) -> None:
    """On a new computer, in the middle of it."""
    guess(100, places=50)
    client = Client()
    client.post("/password-reset/", {"email": "ada@example.edu"})
    address = client.get(link(), follow=True).redirect_chain[-1][0]
    client.post(address, {"new_password1": ANOTHER, "new_password2": ANOTHER})
    assert sign_in(client, ANOTHER).status_code == 302
    assert sign_in(Client(), ANOTHER).status_code == 429


def test_a_right_password_forgets_the_wrong_ones(ada: User) -> None:
    client = Client()
    for _ in range(3):
        assert [sign_in(client, "wrong").status_code for _ in range(9)] == [200] * 9
        assert sign_in(client).status_code == 302
        client.post("/sign-out/")


def test_a_known_browser_has_its_own_ten_tries(ada: User) -> None:
    client = Client()
    sign_in(client)
    client.post("/sign-out/")
    tries = [sign_in(client, "wrong").status_code for _ in range(12)]
    assert tries == [200] * 10 + [429] * 2


@pytest.mark.parametrize("cookie", ["", "made up", "e30:1:x"])
def test_a_made_up_cookie_makes_no_browser_known(ada: User, cookie: str) -> None:
    client = Client()
    client.cookies["known"] = cookie
    tries = [sign_in(client, "wrong").status_code for _ in range(11)]
    assert tries == [200] * 10 + [429]


def test_a_browser_is_known_to_the_account_that_it_opened_and_no_other(ada: User) -> None:
    factories.person("Bob")
    client = Client()
    sign_in(client, email="bob@example.edu")
    client.post("/sign-out/")
    guess(100, places=50)
    assert sign_in(client).status_code == 429
    assert sign_in(client, email="bob@example.edu").status_code == 302


def test_a_whole_class_signs_in_from_one_address() -> None:
    """Three hundred people behind the router of a campus, each mistyping once."""
    for number in range(300):
        request = RequestFactory().post("/sign-in/", REMOTE_ADDR=CAMPUS)
        for _ in range(2):
            knock(request, f"student{number}@example.edu")


def test_one_address_has_an_end(settings: Any) -> None:
    settings.SANDGLASS_LIMITS = {
        **settings.SANDGLASS_LIMITS,
        "sign-in-address": parse("20/hour"),
    }
    statuses = [sign_in(Client(), "x", CAMPUS, f"{n}@example.edu").status_code for n in range(22)]
    assert statuses == [200] * 20 + [429] * 2


def test_an_open_session_is_no_way_to_guess_its_password(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    words = {"old_password": "wrong", "new_password1": ANOTHER, "new_password2": ANOTHER}
    answers = [client.post("/password/", words) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert main(answers[-1]).startswith("429 Once more in a moment")


# --- mails ----------------------------------------------------------------------------------------


def ask(email: str = "ada@example.edu", place: str = HOME) -> Any:
    return Client().post("/password-reset/", {"email": email}, REMOTE_ADDR=place)


def test_nobodys_mailbox_is_filled(ada: User) -> None:
    answers = [ask(place=f"203.0.113.{n}") for n in range(8)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429] * 3
    settle()
    assert len(mail.outbox) == 5
    assert int(answers[-1]["Retry-After"]) > 3000
    assert "the link in each of them works" in main(answers[-1])


def test_asking_often_tells_nobody_which_addresses_are_known(ada: User) -> None:
    known, unknown = ([ask(email) for _ in range(6)][-1] for email in ("ada@example.edu", "x@y.z"))
    assert known.status_code == unknown.status_code == 429
    assert main(known) == main(unknown)


def test_a_class_asks_for_its_first_passwords_from_one_address() -> None:
    for _ in range(300):
        take("reset-address", CAMPUS)


def test_one_address_asks_for_no_more_than_its_share(ada: User, settings: Any) -> None:
    settings.SANDGLASS_LIMITS = {**settings.SANDGLASS_LIMITS, "reset-address": parse("2/hour")}
    assert [ask(f"{n}@example.edu").status_code for n in range(3)] == [302, 302, 429]
