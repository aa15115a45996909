"""A list of people from a file, as the instructor sends it in, looks at it and applies it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from grader.domain.states import Role
from grader.models import AuditEntry, Course, ImportDraft, Membership, User
from tests import factories
from tests.web.reading import main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/people/import/"
LIST = "name,email,number,section\nAda,ada@example.edu,2,L1\nBen,ben@example.edu,3,L1\n"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,HW (1)\n    Points Possible,,,,,10\n"
    '"Au, Alice",1,77,aaau,L1,9\n'
)


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def lead(course: Course) -> Membership:
    return factories.membership(course, factories.person("Lead"), Role.INSTRUCTOR)


@pytest.fixture
def client(lead: Membership) -> Client:
    made = Client()
    made.force_login(lead.user)
    return made


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"), student_number="1")


def send(client: Client, content: bytes | str, name: str = "term.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(ADDRESS, {"file": SimpleUploadedFile(name, data)})


def button(page: Any) -> dict[str, str]:
    """What the button would send."""
    _, there, form = page.content.decode().partition('<form class="panel mt-4"')
    assert there, "there is no button"
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def rows() -> list[tuple[Any, ...]]:
    people = Membership.objects.filter(role="student").order_by("user__name")
    return list(people.values_list("user__name", "student_number", "section__name", "active"))


def test_a_list_is_looked_at_and_then_applied(
    client: Client, course: Course, lead: Membership, ada: Membership
) -> None:
    factories.membership(course, factories.person("Missing"), student_number="9")
    before = rows()
    answer = send(client, LIST)
    assert answer.status_code == 303
    page = client.get(answer["Location"])
    text = main(page)
    assert (
        "term.csv: 1 new, 0 back again, 1 changed, 0 as they are, 1 not on the list. "
        "Nothing is written yet." in text
    )
    assert "student number: 1 →becomes 2" in text
    assert "section: none →becomes L1" in text
    assert rows() == before

    done = client.post(ADDRESS, button(page), follow=True)
    assert "The list is applied: 1 new, 1 changed." in main(done)
    assert rows() == [
        ("Ada", "2", "L1", True),
        ("Ben", "3", "L1", True),
        ("Missing", "9", None, True),
    ]
    summary = AuditEntry.objects.get(action="roster.imported")
    assert (summary.actor, summary.detail["source"]) == (lead.user, "term.csv")
    again = client.post(ADDRESS, button(page))
    assert (again.status_code, "has been applied already" in main(again)) == (409, True)


def test_the_missing_are_withdrawn_where_it_is_ticked(client: Client, ada: Membership) -> None:
    page = client.get(send(client, "name,email\nBen,ben@example.edu\n")["Location"])
    assert "Withdraw the 1 student who is not on the list" in main(page)
    done = client.post(ADDRESS, {**button(page), "withdraw": "yes"}, follow=True)
    assert "1 new, 1 student withdrawn." in main(done)
    ada.refresh_from_db()
    assert not ada.active


def test_what_changed_since_it_was_shown_is_looked_at_again(
    client: Client, course: Course, ada: Membership
) -> None:
    page = client.get(send(client, LIST)["Location"])
    Membership.objects.filter(pk=ada.pk).update(student_number="8")
    answer = client.post(ADDRESS, button(page))
    assert answer.status_code == 409
    assert "Look again at what the file would do now." in main(answer)
    assert "student number: 8 →becomes 2" in main(answer)
    assert rows() == [("Ada", "8", None, True)]
    assert client.post(ADDRESS, button(answer)).status_code == 302
    assert rows()[0] == ("Ada", "2", "L1", True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty."),
        ("name,email\n陳大文,a@b.edu\n".encode("big5"), "Line 2 is not written in UTF-8"),
        (b"PK\x03\x04", "This is an Excel workbook"),
        (b"email,name\nAda,ada@b.edu\n", "have the columns been swapped?"),
        (b"name,email\nA,a@b.edu\nB,a@b.edu\n", "The address a@b.edu is there 2 times"),
        (b"name,email\nA,a@b.edu\n" + b"B,b@b.edu\n" * 600_000, "no more than 5 MiB are read"),
        (b"name,email\n" + b"B,b@b.edu\n" * 10_001, "There are more than 10,000 rows"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_nothing_is_kept(
    client: Client, content: bytes, told: str
) -> None:
    answer = send(client, content)
    assert (answer.status_code, told in main(answer)) == (422, True), main(answer)
    assert not ImportDraft.objects.exists()
    assert User.objects.count() == 1


def test_canvas_accounts_get_their_host(client: Client) -> None:
    address = send(client, CANVAS, "gradebook.csv")["Location"]
    page = client.get(address)
    assert "say at which host the accounts are" in main(page)
    assert "There is nothing to apply." in main(page)
    page = client.get(f"{address}&host=%40ust.hk")
    assert "1 new" in main(page)
    client.post(ADDRESS, button(page))
    user = User.objects.get(email="aaau@ust.hk")
    assert (user.name, user.has_usable_password()) == ("Alice Au", False)
    assert rows() == [("Alice Au", "77", "L1", True)]


def test_another_name_is_asked_about(client: Client, ada: Membership) -> None:
    address = send(client, "name,email,number\nZoe,ada@example.edu,5\n")["Location"]
    page = client.get(address)
    assert "This address is known as Ada (ada@example.edu): another person?" in main(page)
    page = client.get(f"{address}&same=yes")
    client.post(ADDRESS, button(page))
    assert rows() == [("Zoe", "5", None, True)]


def test_a_list_is_its_senders(client: Client, course: Course) -> None:
    address = send(client, LIST)["Location"]
    second = factories.membership(course, factories.person("Second"), Role.INSTRUCTOR)
    other = Client()
    other.force_login(second.user)
    assert client.get(address).status_code == 200
    assert other.get(address).status_code == 404
    for key in ("", "x", "9" * 30, "٣"):
        assert client.get(ADDRESS, {"draft": key}).status_code == 404


def test_a_thousand_people_are_shown_folded_and_applied(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    text = "name,email,number\n" + "".join(f"P {n},p{n}@example.edu,{n}\n" for n in range(1000))
    address = send(client, text)["Location"]
    with django_assert_max_num_queries(12):
        page = client.get(address)
    assert "Show all 1000" in main(page)
    with django_assert_max_num_queries(60):
        client.post(ADDRESS, button(page))
    assert Membership.objects.count() == 1001
