"""The staff's tabs: each leads to a page that all staff may see, and students see none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from grader.domain.states import Role
from grader.models import Course, Membership
from tests import factories
from web.navigation import STAFF_PAGES

pytestmark = pytest.mark.django_db
TAB = re.compile(r'<li><a href="(?P<to>[^"]+)"(?P<lit> aria-current="page")?>(?P<words>[^<]+)</a>')


@pytest.fixture
def course() -> Course:
    return factories.course()


def tabs(member: Membership, address: str) -> list[tuple[str, str, bool]]:
    """Of a page: where each tab leads, what it says, and whether it is lit."""
    client = Client()
    client.force_login(member.user)
    page: Any = client.get(address)
    assert page.status_code == 200
    _, found, after = page.content.decode().partition('<nav class="tabs"')
    row = after.partition("</nav>")[0] if found else ""
    return [(tab["to"], tab["words"], bool(tab["lit"])) for tab in TAB.finditer(row)]


def test_each_tab_leads_to_a_page_on_which_it_is_lit(course: Course) -> None:
    tutor = factories.membership(course, role=Role.TA)
    shown = tabs(tutor, f"/c/{course.slug}/")
    assert [words for _, words, _ in shown] == [page.words for page in STAFF_PAGES]
    for address, words, _ in shown:
        assert [word for _, word, is_lit in tabs(tutor, address) if is_lit] == [words]


def test_students_have_no_tabs(course: Course) -> None:
    assert tabs(factories.membership(course), f"/c/{course.slug}/") == []
