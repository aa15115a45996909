"""The people of a course as its staff see and change them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from grader.domain.states import Role
from grader.models import AuditEntry, Course, Membership, Score, Section, User
from grader.pipeline.extend import extend
from grader.queries.people import PER_PAGE
from tests import factories
from tests.factories import DUE
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/people/"


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def l1(course: Course) -> Section:
    return factories.section(course, "L1")


@pytest.fixture
def ada(course: Course, l1: Section) -> Membership:
    person = factories.person("Ada")
    return factories.membership(course, person, student_number="1", section=l1)


@pytest.fixture
def lead(course: Course) -> Membership:
    return factories.membership(course, factories.person("Lead"), Role.INSTRUCTOR)


@pytest.fixture
def helper(course: Course) -> Membership:
    return factories.membership(course, factories.person("Tina"), Role.TA)


def browser(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def fields(member: Membership, **instead: Any) -> dict[str, Any]:
    """The form of a person as it is shown."""
    return {
        "name": member.user.name,
        "number": member.student_number,
        "section": member.section_id or "",
        "role": member.role,
        "active": "yes" if member.active else "no",
        **instead,
    }


def save(client: Client, member: Membership, **instead: Any) -> Any:
    return client.post(f"{ADDRESS}{member.pk}/", fields(member, **instead))


# --- the list -------------------------------------------------------------------------------------


def test_everybody_is_listed_with_what_they_are(
    course: Course, ada: Membership, lead: Membership, helper: Membership
) -> None:
    factories.membership(course, factories.person("Zed"), active=False)
    page = browser(helper).get(ADDRESS)
    text = main(page)
    assert "1 student, 1 TA, 1 instructor; 1 withdrawn." in text
    assert (
        "3 people. People of the course Name Number Section Role "
        "Adaada@example.edu 1 L1 student Leadlead@example.edu instructor "
        "Tinatina@example.edu ta" in text
    )
    assert "Import a list" not in text
    assert "Import a list" in main(browser(lead).get(ADDRESS))
    assert f"{ADDRESS}{ada.pk}/" in links(page)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "ADA@"}, ["Ada"]),
        ({"q": "\0 1 "}, ["Ada"]),
        ({"q": "nobody"}, []),
        ({"section": "L1"}, ["Ada"]),
        ({"section": "-"}, ["Lead", "Tina"]),
        ({"section": "999999999999999999999"}, ["Ada", "Lead", "Tina"]),
        ({"role": "ta"}, ["Tina"]),
        ({"role": "boss"}, ["Ada", "Lead", "Tina"]),
        ({"state": "withdrawn"}, ["Zed"]),
        ({"state": "all", "role": "student"}, ["Ada", "Zed"]),
        ({"page": "99"}, ["Ada", "Lead", "Tina"]),
    ],
)
def test_the_list_is_chosen_from(
    course: Course,
    l1: Section,
    ada: Membership,
    lead: Membership,
    helper: Membership,
    asked: dict[str, str],
    found: list[str],
) -> None:
    factories.membership(course, factories.person("Zed"), active=False, section=l1)
    if asked.get("section") == "L1":
        asked = {"section": str(l1.pk)}
    page = browser(helper).get(ADDRESS, asked)
    assert [row.user.name for row in page.context["page"].rows] == found


def test_a_large_class_takes_pages_and_no_more_queries(
    course: Course, lead: Membership, django_assert_num_queries: Any
) -> None:
    client = browser(lead)
    with django_assert_num_queries(7):
        client.get(ADDRESS)
    people = User.objects.bulk_create(
        User(email=f"p{n}@example.edu", name=f"Person {n:03}") for n in range(PER_PAGE)
    )
    Membership.objects.bulk_create(
        Membership(course=course, user=user, role="student") for user in people
    )
    with django_assert_num_queries(7):
        page = client.get(ADDRESS, {"page": "2"})
    assert "Page 2 of 2" in main(page)
    assert [row.user.name for row in page.context["page"].rows] == ["Person 049"]


# --- one person -----------------------------------------------------------------------------------


def test_a_person_is_changed_and_it_is_written_down(
    course: Course, ada: Membership, lead: Membership
) -> None:
    l2, client = factories.section(course, "L2"), browser(lead)
    answer = save(client, ada, section=l2.pk, role="ta", number="2", active="no", name="Ada B")
    assert (answer.status_code, answer["Location"]) == (303, f"{ADDRESS}{ada.pk}/")
    ada.refresh_from_db()
    assert (ada.section, ada.role, ada.student_number, ada.active, ada.user.name) == (
        l2,
        "ta",
        "2",
        False,
        "Ada B",
    )
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.subject) == (
        lead.user,
        "membership.set",
        f"membership {ada.pk}",
    )
    page = client.get(answer["Location"])
    assert (
        "name: Ada → Ada B; student number: 1 → 2; section: L1 → L2; role: student → ta; "
        "state: active → withdrawn Lead" in main(page)
    )


def test_what_is_as_before_is_not_written(ada: Membership, lead: Membership) -> None:
    assert save(browser(lead), ada).status_code == 303
    assert not AuditEntry.objects.exists()


def test_who_withdraws_and_comes_back(ada: Membership, lead: Membership) -> None:
    own, client = browser(ada), browser(lead)
    save(client, ada, active="no")
    assert own.get("/c/comp4551/").status_code == 404
    ada.refresh_from_db()
    save(client, ada, active="yes")
    assert own.get("/c/comp4551/").status_code == 200


@pytest.mark.parametrize("instead", [{"role": "ta"}, {"active": "no"}])
def test_the_last_instructor_stays(lead: Membership, instead: dict[str, str]) -> None:
    client = browser(lead)
    answer = save(client, lead, **instead)
    assert answer.status_code == 422
    assert "This is the course's last instructor: make somebody else" in main(answer)
    lead.refresh_from_db()
    assert (lead.role, lead.active) == ("instructor", True)
    factories.membership(lead.course, factories.person("Second"), Role.INSTRUCTOR)
    assert save(client, lead, **instead).status_code == 303


def test_a_refused_form_keeps_what_was_typed(
    course: Course, ada: Membership, lead: Membership
) -> None:
    factories.membership(course, factories.person("Ben"), student_number="2")
    answer = save(browser(lead), ada, number="2", role="ta")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "The student number 2 is that of Ben (ben@example.edu) in this course." in main(answer)
    assert 'value="2"' in text
    assert '<option value="ta" selected>' in text
    assert Membership.objects.get(pk=ada.pk).student_number == "1"


@pytest.mark.parametrize(
    "instead",
    [{"name": "x" * 201}, {"name": "a\x1b[2J"}, {"number": "1" * 33}, {"role": "boss"},
     {"section": "987654"}, {"active": ""}, {"name": "  "}],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(
    ada: Membership, lead: Membership, instead: dict[str, str]
) -> None:
    answer = save(browser(lead), ada, **instead)
    assert (answer.status_code, b"field-error" in answer.content) == (422, True)
    assert not AuditEntry.objects.exists()


def test_a_section_of_another_course_is_none(ada: Membership, lead: Membership) -> None:
    foreign = factories.section(factories.course("comp1001"), "X1")
    assert save(browser(lead), ada, section=foreign.pk).status_code == 422


def test_who_is_in_other_courses_keeps_the_name(ada: Membership, lead: Membership) -> None:
    factories.membership(factories.course("comp1001"), ada.user)
    assert save(browser(lead), ada, name="Other", number="5").status_code == 303
    ada.refresh_from_db()
    assert (ada.user.name, ada.student_number) == ("Ada", "5")


def test_another_section_brings_its_deadline(
    course: Course, ada: Membership, lead: Membership
) -> None:
    homework, l2 = factories.assignment(course), factories.section(course, "L2")
    factories.graded(homework, ada, "90", DUE + timedelta(hours=1))
    extend(homework, DUE + timedelta(days=1), reason="flood", author=lead.user, section=l2)
    assert Score.objects.latest("pk").late_days == 1
    save(browser(lead), ada, section=l2.pk)
    assert Score.objects.latest("pk").late_days == 0


# --- somebody new ---------------------------------------------------------------------------------


def test_somebody_new_comes_in(course: Course, l1: Section, lead: Membership) -> None:
    typed = {"email": "Bo@Example.edu", "name": "Bo", "number": "7", "section": l1.pk}
    answer = browser(lead).post(f"{ADDRESS}add/", {**typed, "role": "ta"})
    bo = Membership.objects.get(user__email="bo@example.edu")
    assert answer["Location"] == f"{ADDRESS}{bo.pk}/"
    assert (bo.role, bo.section, bo.student_number, bo.user.has_usable_password()) == (
        "ta",
        l1,
        "7",
        False,
    )
    assert AuditEntry.objects.get().actor == lead.user


def test_somebody_who_is_here_is_not_new(ada: Membership, lead: Membership) -> None:
    typed = {"email": "ADA@example.edu", "name": "Impostor", "role": "instructor"}
    answer = browser(lead).post(f"{ADDRESS}add/", typed)
    assert answer.status_code == 422
    assert "This person is or was in the course already" in main(answer)
    assert 'value="Impostor"' in answer.content.decode()
    ada.refresh_from_db()
    assert ada.role == "student"


# --- sections -------------------------------------------------------------------------------------


def act(client: Client, **typed: Any) -> Any:
    return client.post(f"{ADDRESS}sections/", typed)


def test_sections_are_made_renamed_and_removed(
    course: Course, l1: Section, ada: Membership, lead: Membership
) -> None:
    client = browser(lead)
    assert act(client, act="make", name=" Lab  A ").status_code == 303
    made = Section.objects.get(name="Lab A")
    act(client, act="rename", section=l1.pk, name="Lecture 1")
    act(client, act="remove", section=made.pk)
    assert list(Section.objects.values_list("name", flat=True)) == ["Lecture 1"]
    told = AuditEntry.objects.order_by("pk").values_list("action", "detail")
    assert list(told) == [
        ("section.made", {"name": "Lab A"}),
        ("section.renamed", {"before": "L1", "name": "Lecture 1"}),
        ("section.removed", {"name": "Lab A"}),
    ]
    assert "Lecture 1 1 person in Lecture 1" in main(client.get(f"{ADDRESS}sections/"))


def test_what_cannot_be_done_with_a_section_is_told(
    course: Course, l1: Section, ada: Membership, lead: Membership
) -> None:
    client, empty = browser(lead), factories.section(course, "L2")
    extend(factories.assignment(course), DUE, reason="x", author=lead.user, section=empty)
    for typed, told in (
        ({"act": "make", "name": "l1"}, "There is a section l1 already."),
        ({"act": "make", "name": "x" * 65}, "A section's name is a text of 1 to 64 letters."),
        ({"act": "rename", "section": l1.pk, "name": "L2"}, "There is a section L2 already."),
        ({"act": "remove", "section": l1.pk}, "L1 is not empty: somebody is or was in it."),
        ({"act": "remove", "section": empty.pk}, "L2 was once granted a later deadline"),
    ):
        answer = act(client, **typed)
        assert (answer.status_code, told in main(answer)) == (422, True), told
    assert act(client, act="rename", section="7654321", name="L9").status_code == 404
    assert sorted(Section.objects.values_list("name", flat=True)) == ["L1", "L2"]
