"""The demo's class."""

from __future__ import annotations

from collections import Counter

import pytest

from grader.demo.people import LAST_TERM, PASSWORD, REPEATER, STAFF, STUDENTS, enrol
from grader.domain.states import Role
from grader.models import Membership, Section, User
from tests import factories


def test_a_class() -> None:
    """Twelve students in three sections, two TAs, one instructor, all with addresses of nobody."""
    assert Counter(person.role for person in (*STAFF, *STUDENTS)) == {
        Role.STUDENT: 12,
        Role.TA: 2,
        Role.INSTRUCTOR: 1,
    }
    assert {person.section for person in STUDENTS} == {"L1", "L2", "L3"}
    everybody = {*STAFF, *STUDENTS, *LAST_TERM}
    assert len({person.email for person in everybody}) == len(everybody)
    assert len({person.number for person in everybody - {*STAFF}}) == len(everybody - {*STAFF})
    assert {person.email.partition("@")[2] for person in everybody} == {"example.edu"}


@pytest.mark.django_db
def test_one_account_in_two_terms() -> None:
    """Who takes the course again signs in once and is a member twice."""
    this = enrol(factories.course("this"), (*STAFF, *STUDENTS))
    before = enrol(factories.course("before"), (*STAFF, *LAST_TERM))
    assert this[REPEATER].user == before[REPEATER].user
    assert Membership.objects.count() == 3 + 12 + 3 + 4
    assert User.objects.count() == 3 + 12 + 3
    assert all(user.check_password(PASSWORD) for user in User.objects.all())
    assert Section.objects.filter(course__slug="this").count() == 3
