"""Single sign-on in a real browser, whose rules of cookies and policies hold all the way."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from grader.models import User
from tests import factories
from tests.capabilities import find_browser
from tests.web.sign_on import test_saml
from tests.web.sign_on.conftest import offering
from tests.web.sign_on.honest import honest_provider
from tests.web.sign_on.identity_provider import METADATA, Answer, request_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def course() -> None:
    """What Ada wants to see."""
    ada = User.objects.create_user("ada@example.edu", "Ada")
    factories.membership(factories.course(), ada)


@pytest.fixture
def honest() -> Iterator[str]:
    """The address of a provider of OpenID Connect."""
    with honest_provider() as url:
        yield url


@contextmanager
def browsing(url: str) -> Iterator[Page]:
    """A window in which nothing is refused by a policy. The tables are filled before it opens."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_context(base_url=url).new_page()
        page.set_default_timeout(120_000)
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        yield page
        browser.close()
    assert [line for line in wrong if "Security Policy" in line] == []


def test_by_openid_connect_and_out_again(
    course: None, honest: str, settings: Any, live_server: Any
) -> None:
    offering(settings, honest)
    with browsing(live_server.url) as page:
        page.goto("/c/comp4551/grades/")
        page.get_by_role("link", name="Sign in with Campus").click()
        page.locator("input[name=sub]").fill("ada-1")
        page.locator("input[name=sub]").press("Enter")
        page.wait_for_url(f"{live_server.url}/c/comp4551/grades/")
        page.locator(".menu summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("heading", name="Signed out of Sandglass").wait_for()
        page.get_by_role("link", name="Sign out at Campus").click()
        page.wait_for_url(f"{honest}/**")


def test_by_saml_from_another_site(course: None, settings: Any, live_server: Any) -> None:
    """The provider's form is another site's, so no browser sends our session with it."""

    def answer(path: str) -> str:
        xml, _ = request_of(path)
        number = xml.partition(' ID="')[2].partition('"')[0]
        text = Answer(
            number,
            audience=f"{live_server.url}/sign-in/saml/metadata.xml",
            destination=f"{live_server.url}/sign-in/saml/back/",
        ).text()
        return (
            f'<form method="post" action="{live_server.url}/sign-in/saml/back/">'
            f'<input type="hidden" name="SAMLResponse" value="{html.escape(text)}">'
            "<button>I am Ada</button></form>"
        )

    with provider(answer) as place:
        metadata = METADATA.replace("https://idp.example.edu/sso", place)
        test_saml.offering(settings, metadata=metadata)
        with browsing(live_server.url) as page:
            page.goto("/c/comp4551/grades/")
            page.get_by_role("link", name="Sign in with Campus").click()
            page.get_by_role("button", name="I am Ada").click()
            page.wait_for_url(f"{live_server.url}/c/comp4551/grades/")


@contextmanager
def provider(answer: Callable[[str], str]) -> Iterator[str]:
    """The page of a provider of SAML, on another host than ours."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = answer(self.path).encode() if "SAMLRequest" in self.path else b""
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sso"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
