"""A student in a real browser, on the whole service: sign in, upload, watch, read the result."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from assignments.build import solution_notebook
from assignments.loader import load_assignment
from grader.demo.people import NEWCOMER, PASSWORD, STUDENTS
from tests.e2e.conftest import Site

HW1 = Path(__file__).resolve().parents[2] / "assignments" / "hw1"
GRADED = 120_000  # milliseconds; seconds on an idle machine
OUYANG, WONG = (
    next(person for person in STUDENTS if person.account == account)
    for account in ("ouyang.ruolan", "wong.kayan")
)
HOMEWORK = "slug = 'hw1' AND course_id = (SELECT id FROM grader_course WHERE slug = 'comp4551')"
# A note of each thing that the page shows while it is being graded, taken inside the page.
WATCH = """
() => {
  window.seen = [];
  const look = () => {
    const checks = document.querySelectorAll(".live-check").length;
    if (checks && window.seen.at(-1) !== checks) window.seen.push(checks);
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}
"""

pytestmark = [pytest.mark.browser, pytest.mark.bubblewrap]


def sign_in(page: Page, email: str) -> None:
    """By the form, as everybody."""
    page.goto("/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def notebook() -> dict[str, object]:
    """Homework 1, solved, as a file that a student chooses."""
    data = solution_notebook(HW1, load_assignment(HW1))
    return {"name": "hw1_solved.ipynb", "mimeType": "application/x-ipynb+json", "buffer": data}


def choose(page: Page, *files: dict[str, object]) -> None:
    """Choose files in the form of the homework's page."""
    page.locator("#files").set_input_files(list(files))  # type: ignore[arg-type]


def test_from_sign_in_to_full_points(page: Page) -> None:
    """The reference notebook: each check arrives without a reload, and the end is 100 of 100."""
    sign_in(page, NEWCOMER.email)
    page.get_by_role("link", name="Homework 1").first.click()
    choose(page, notebook())
    expect(page.locator("[data-chosen] li")).to_have_count(1)
    page.locator("[data-upload] button").click()
    page.wait_for_url("**/submissions/*/")
    page.evaluate(WATCH)
    expect(page.locator(".sum-final")).to_have_text("100 of 100 points Counts", timeout=GRADED)
    seen = page.evaluate("window.seen")  # still there: the page was never loaded again
    assert seen == sorted(seen)
    assert len(seen) > 10, seen
    assert page.locator(".sum-lines dd").all_inner_texts()[:2] == ["100 of 100", "On time."]
    assert problems_of(page) == [(points, points) for points in ("21", "23", "23", "23", "10")]
    expect(page.locator(".passed")).to_have_count(4)  # answers are all shown
    page.goto("/c/comp4551/grades/")
    expect(page.get_by_role("row", name="Homework 1")).to_contain_text("100")


def problems_of(page: Page) -> list[tuple[str, ...]]:
    """Points and maximum of each problem."""
    texts = page.locator(".problem-points").all_inner_texts()
    return [tuple(word.strip() for word in text.split("/")) for text in texts]


@contextmanager
def deadline(site: Site, moment: datetime) -> Iterator[None]:
    """Homework 1 with another deadline. The clock is the real one, so the deadline is moved."""
    before = due(site, None)
    due(site, f"{moment:%Y-%m-%d %H:%M:%S}")
    try:
        yield
    finally:
        due(site, before)


def due(site: Site, moment: str | None) -> str:
    """When the homework of this term is due; with a moment, set to it."""
    with closing(sqlite3.connect(site.folder / "sandglass.sqlite3", timeout=30)) as database:
        if moment:
            database.execute(f"UPDATE grader_assignment SET due_at = ? WHERE {HOMEWORK}", (moment,))
            database.commit()
        [row] = database.execute(f"SELECT due_at FROM grader_assignment WHERE {HOMEWORK}")
        return str(row[0])


def test_a_late_upload_shows_its_price(page: Page, site: Site) -> None:
    """The deadline was 30 hours ago: two days are begun, and 40 per cent are lost."""
    sign_in(page, OUYANG.email)
    with deadline(site, datetime.now(UTC) - timedelta(hours=30)):
        page.get_by_role("link", name="Homework 1").first.click()
        expect(page.locator(".cost strong")).to_contain_text("loses 40 %")
        choose(page, notebook())
        page.locator("[data-upload] button").click()
        page.wait_for_url("**/submissions/*/")
        expect(page.locator(".sum-final")).to_contain_text("60 of 100 points", timeout=GRADED)
        lines = page.locator(".sum-lines dd").all_inner_texts()
        assert (lines[0], lines[2]) == ("100 of 100", "100 \N{MINUS SIGN} 40 = 60")
        assert lines[1].startswith("\N{MINUS SIGN}40 · ")


def test_files_that_cannot_be_graded_never_travel(page: Page) -> None:
    """The page says so before the upload, and the form stays as it is."""
    sign_in(page, OUYANG.email)
    page.get_by_role("link", name="Homework 1").first.click()
    choose(page, {"name": "photo.png", "mimeType": "image/png", "buffer": b"1"})
    page.locator("[data-upload] button").click()
    expect(page.locator("[data-upload-error]")).to_contain_text("This homework takes files that")
    assert page.url.endswith("/hw/hw1/")


def test_a_double_click_is_one_submission(page: Page, site: Site) -> None:
    """The form is sent once, however often the button is pressed."""
    sign_in(page, OUYANG.email)
    page.get_by_role("link", name="Homework 1").first.click()
    choose(page, notebook())
    before = uploads_of(site, OUYANG.email)
    page.locator("[data-upload] button").dblclick()
    page.wait_for_url("**/submissions/*/")
    assert uploads_of(site, OUYANG.email) == before + 1


def test_an_upload_that_has_to_wait_is_sent_again_by_itself(browser: Browser, site: Site) -> None:
    """The same files, with the ticket that keeps their arrival. The first answer is played here;
    what the service says is tested with it. Browsers note a 429 as an error, so the window is one
    in which that may be.
    """
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    sign_in(page, WONG.email)
    page.get_by_role("link", name="Homework 1").first.click()
    address, bodies = page.url, []

    def first(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        bodies.append(route.request.post_data_buffer)
        if len(bodies) > 1:
            route.continue_()
            return
        told = {"error": "Next in 2 seconds.", "retry_after": 2, "ticket": "of the first"}
        route.fulfill(status=429, json=told)

    page.route(address, first)
    choose(page, notebook())
    before = uploads_of(site, WONG.email)
    page.locator("[data-upload] button").click()
    status = page.locator("[data-upload-status]")
    expect(status).to_contain_text("Next in 2 seconds. This one is sent again by itself then")
    page.wait_for_url("**/submissions/*/")
    assert [b"of the first" in (body or b"") for body in bodies] == [False, True]
    assert uploads_of(site, WONG.email) == before + 1
    context.close()


def test_without_scripts(browser: Browser, site: Site) -> None:
    """The plain form uploads, and the page looks again by itself until the report is there."""
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, WONG.email)
    page.get_by_role("link", name="Homework 1").first.click()
    choose(page, notebook())
    page.locator("[data-upload] button").click()
    page.wait_for_url("**/submissions/*/")
    expect(page.locator(".sum-final")).to_contain_text("100 of 100 points", timeout=GRADED)
    context.close()


def uploads_of(site: Site, email: str) -> int:
    """How many submissions of a person there are."""
    query = """
    SELECT count(*) FROM grader_submission AS submission
    JOIN grader_membership AS member ON member.id = submission.student_id
    JOIN grader_user AS user ON user.id = member.user_id WHERE user.email = ?
    """
    with closing(sqlite3.connect(site.folder / "sandglass.sqlite3", timeout=30)) as database:
        [row] = database.execute(query, (email,))
        return int(row[0])
