"""A real browser between two sites: the platform at one host, we at another, as in life.

Third-party cookies are blocked in it, as browsers do more and more: what works in a platform's
frame works by a cookie that is kept for that frame alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from grader.models import LtiAccount
from tests.capabilities import find_browser
from tests.lti.beside import PlatformBeside
from tests.lti.campus import Campus

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_PATIENCE = 60_000
_ARGUMENTS = [
    "--no-sandbox",
    "--test-third-party-cookie-phaseout",
    # The page around the frame is ours alone, so the browser takes it for one of the wide web.
    "--disable-features=LocalNetworkAccessChecks",
]


@contextmanager
def window() -> Iterator[Page]:
    """A window in which no script may fail. No table is read while it is open: its driver keeps an
    event loop in this thread."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_browser(),
            args=_ARGUMENTS,
        )
        context = chromium.new_context()
        context.set_default_timeout(_PATIENCE)
        wrong: list[str] = []
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        yield context.new_page()
        chromium.close()
    assert wrong == []


@pytest.fixture
def campus(moodle: PlatformBeside, live_server: Any, settings: Any) -> Campus:
    """We are at `localhost`, the platform at a number: two sites for a browser."""
    settings.ALLOWED_HOSTS = ["localhost"]
    made = Campus(moodle)
    made.connect()
    ours = {name: f"{live_server.url}/lti/{name}" for name in ("login", "launch", "jwks")}
    moodle.admin("tool", **{f"{name}_url": address for name, address in ours.items()})
    return made


def shown_in(page: Page, beside: PlatformBeside, user: str, link: str) -> Any:
    """A page of the platform with us in a frame, as it shows a link; the frame."""
    course = f"{beside.url}/course"
    body = f'<!doctype html><title>Course</title><iframe src="/launch?user={user}&link={link}" '
    framed = body + 'width="800" height="600"></iframe>'
    page.route(course, lambda route: route.fulfill(content_type="text/html", body=framed))
    page.goto(course)
    return page.frame_locator("iframe")


def test_a_link_in_a_frame_leads_to_a_tab_and_the_homework(campus: Campus) -> None:
    with window() as page:
        frame = shown_in(page, campus.beside, "101", "link-1")
        with page.expect_popup() as opened:
            frame.get_by_role("link", name="Open in a new tab").click()
        expect(opened.value.get_by_role("heading", level=1)).to_be_visible(timeout=_PATIENCE)
        expect(opened.value).to_have_url(re.compile("/c/comp4551/$"), timeout=_PATIENCE)
        expect(opened.value.get_by_text("Ada Lovelace").first).to_be_attached(timeout=_PATIENCE)


def test_a_homework_is_chosen_in_the_frame(campus: Campus, live_server: Any, settings: Any) -> None:
    """With the cookie as it is over TLS; a browser takes it from `localhost` too."""
    settings.SESSION_COOKIE_SECURE = True
    settings.SANDGLASS_LTI_COOKIE = "__Host-lti"
    LtiAccount.objects.create(platform=campus.platform, subject="301", user=campus.lecturer.user)
    deep_link = f"{live_server.url}/lti/deep-link"
    campus.beside.admin("link", name="deep-linking", title="", url=deep_link)
    with window() as page:
        frame = shown_in(page, campus.beside, "301", "deep-linking")
        frame.get_by_label("Homework 1").check()
        frame.get_by_role("button", name="Make the link").click()
        expect(frame.get_by_text("1 added")).to_be_visible(timeout=_PATIENCE)
    [[item]] = campus.beside.state()["deep_links"]
    assert item["custom"] == {"assignment": "hw1"}
