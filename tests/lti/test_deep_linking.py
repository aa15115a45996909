"""Staff choose homeworks in a platform's own page; the platform takes our signed answer."""

from __future__ import annotations

from typing import Any

import pytest

from grader.models import LineItem, LtiAccount, LtiContext, LtiLogin
from tests.lti.beside import PlatformBeside
from tests.lti.campus import SITE, Browser, Campus, answer_to_deep_link
from tests.web.reading import main

pytestmark = pytest.mark.django_db
PICK = "deep-linking"
FRAME = {"Sec-Fetch-Dest": "iframe"}


@pytest.fixture
def campus(moodle: PlatformBeside) -> Campus:
    return with_accounts(moodle)


def with_accounts(beside: PlatformBeside) -> Campus:
    """Everybody is known already."""
    made = Campus(beside)
    for subject, member in (("301", made.lecturer), ("201", made.tutor), ("101", made.ada)):
        LtiAccount.objects.create(platform=made.platform, subject=subject, user=member.user)
    return made


def picks(beside: PlatformBeside, browser: Browser, user: str = "301") -> Any:
    """The answer to a launch that asks for a choice, in the platform's frame."""
    beside.admin("link", name=PICK, title="", url=f"{SITE}/lti/deep-link")
    return browser.open(beside, user, PICK)


def test_a_homework_is_chosen_and_opened(platform: PlatformBeside) -> None:
    """Through the frame, without a session; the link that it makes leads a student there."""
    campus = with_accounts(platform)
    campus.connect()
    browser = Browser(headers=FRAME, enforce_csrf_checks=True)
    there = picks(campus.beside, browser)["Location"]
    page = browser.get(there)
    assert "Choose a homework of COMP4551" in main(page)
    assert "sessionid" not in browser.cookies
    assert "X-Frame-Options" not in page.headers
    answer = browser.post(there, {"homework": "hw1"})
    policy = answer["Content-Security-Policy"].split("; ")
    [forms] = [rule for rule in policy if rule.startswith("form-action ")]
    assert {"'self'", campus.beside.url} <= set(forms.split())
    assert b"/static/web/lti.js" in answer.content

    taken = answer_to_deep_link(campus.beside, answer)
    assert taken.status_code == 200, taken.text
    [[item]] = campus.beside.state()["deep_links"]
    assert {name: item[name] for name in ("type", "title", "url", "custom", "lineItem")} == {
        "type": "ltiResourceLink",
        "title": "Homework 1",
        "url": f"{SITE}/lti/launch",
        "custom": {"assignment": "hw1"},
        "lineItem": {"label": "Homework 1", "scoreMaximum": 100.0, "resourceId": "hw1"},
    }
    assert answer_to_deep_link(campus.beside, answer).status_code == 400  # its nonce was used

    student = Browser()
    opened = student.open(campus.beside, "101", "link-3")["Location"]
    assert student.get(opened)["Location"] == "/c/comp4551/hw/hw1/"
    column = LineItem.objects.get()
    assert (column.assignment, column.url) == (campus.homework, campus.beside.item_url("12"))


def test_a_choice_of_nothing_is_an_answer_too(campus: Campus) -> None:
    campus.connect()
    browser = Browser()
    there = picks(campus.beside, browser)["Location"]
    assert browser.post(there).status_code == 422
    assert "Choose a homework first" in main(browser.post(there, {"homework": "hw99"}))
    taken = answer_to_deep_link(campus.beside, browser.post(there, {"act": "none"}))
    assert (taken.status_code, campus.beside.state()["deep_links"]) == (200, [[]])


def test_the_course_can_be_connected_on_the_way(campus: Campus) -> None:
    browser = Browser(headers=FRAME)
    there = picks(campus.beside, browser)["Location"]
    assert "Which course is this?" in main(browser.get(there))
    browser.post(there, {"course": "comp4551"})
    assert LtiContext.objects.get().course == campus.course
    assert "Choose a homework" in main(browser.get(there))


def test_a_ta_chooses_and_a_student_does_not(campus: Campus) -> None:
    campus.connect()
    for user, told in (("201", "Choose a homework"), ("101", "is not of the staff")):
        browser = Browser()
        there = picks(campus.beside, browser, user)["Location"]
        assert told in main(browser.get(there))
    assert b"JWT" not in browser.post(there, {"homework": "hw1"}).content


def test_who_is_not_known_here_says_so_in_a_tab_first(campus: Campus) -> None:
    campus.connect()
    LtiAccount.objects.all().delete()
    framed = Browser(headers=FRAME)
    page = picks(campus.beside, framed)
    assert "First, who are you here?" in main(page)
    assert 'target="_blank"' in page.content.decode()
    tab = Browser()
    tab.force_login(campus.lecturer.user)
    there = picks(campus.beside, tab)["Location"]
    tab.post(there, {"act": "link"})
    assert tab.get(there)["Location"].startswith("/lti/choose/")


def test_the_choice_is_for_the_browser_of_the_launch(campus: Campus) -> None:
    campus.connect()
    there = picks(campus.beside, Browser())["Location"]
    assert Browser().get(there).status_code == 403
    assert Browser().post(there, {"homework": "hw1"}).status_code == 403


def test_a_launch_of_a_link_is_no_choice(campus: Campus) -> None:
    campus.connect()
    browser = Browser()
    browser.open(campus.beside, "301")
    state = LtiLogin.objects.get().state
    assert browser.post(f"/lti/choose/{state}/", {"homework": "hw1"}).status_code == 403


def test_an_answer_goes_to_the_web_alone(campus: Campus) -> None:
    campus.connect()
    settings = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
    for address in ("javascript:alert(1)", "", None):
        asked = {"deep_link_return_url": address, "accept_types": ["ltiResourceLink"]}
        campus.beside.admin("world", change={"claims": {settings: asked}})
        page = picks(campus.beside, Browser())
        assert page.status_code == 403
        assert "does not say where" in main(page)
