"""A notebook that was written to take over its reader's browser, looked at in a real one.

Two walls stand, and each is tried alone: what is rendered holds nothing that runs, and the frame
that it is shown in would run nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, expect

from grader.demo.people import INSTRUCTOR, STUDENTS
from tests.e2e.conftest import Site
from tests.e2e.test_browser import choose, sign_in
from tests.hostile.crafted import hostile_notebook

pytestmark = [pytest.mark.browser, pytest.mark.bubblewrap]
LAU = next(person for person in STUDENTS if person.account == "lau.chunhei")
TRAP = "<img src=x onerror=alert(1)><img src=http://127.0.0.2:1/pixel.png>"


@dataclass
class Alarm:
    """What a page did that no page of a stranger's text may do."""

    home: str
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """From now on."""
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:")):
            self.requests.append(request.url)

    @property
    def silent(self) -> bool:
        """Whether nothing happened."""
        return not self.dialogs and not self.requests


@pytest.fixture
def bare(browser: Browser) -> Iterator[Page]:
    """A window without any of the service's walls."""
    page = browser.new_page()
    yield page
    page.close()


def test_nothing_of_a_notebook_runs(page: Page, bare: Page, site: Site) -> None:
    """Neither for its author nor for a teacher, in the frame, on its own, or without any wall."""
    alarm = Alarm(site.url)
    alarm.watch(page)
    sign_in(page, LAU.email)
    page.get_by_role("link", name="Homework 1").first.click()
    book: dict[str, object] = {
        "name": "mine.ipynb",
        "mimeType": "text/plain",
        "buffer": hostile_notebook(),
    }
    choose(page, book)
    page.locator("[data-upload] button").click()
    page.wait_for_url("**/submissions/*/")
    address = page.url
    page.context.clear_cookies()
    sign_in(page, INSTRUCTOR.email)
    page.goto(address)
    frame = page.frame_locator("iframe.file-view")
    page.locator("iframe.file-view").scroll_into_view_if_needed()
    expect(frame.locator("#cell-2")).to_be_visible()
    page.goto(f"{address}files/1/view")
    expect(page.locator("#cell-2")).to_be_visible()
    assert alarm.silent, alarm

    alarm.watch(bare)
    bare.set_content(page.content(), wait_until="load")
    expect(bare.locator("#cell-2")).to_be_visible()
    assert alarm.silent, alarm


def test_the_alarm_would_ring(bare: Page) -> None:
    """A browser does run what the notebook holds, where nothing stands in its way."""
    alarm = Alarm("http://127.0.0.1:1")
    alarm.watch(bare)
    bare.set_content(TRAP, wait_until="load")

    assert alarm.dialogs == ["1"]
    assert "http://127.0.0.2:1/pixel.png" in alarm.requests
