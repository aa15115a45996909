"""The demo, running once for all tests of a browser, and a browser for each."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.capabilities import find_browser
from tests.e2e.running import demo
from tests.servers import free_port


@dataclass(frozen=True, slots=True)
class Site:
    """Where the demo answers, and where its data lie."""

    url: str
    folder: Path


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo, once it has graded what it came with."""
    folder, port = tmp_path_factory.mktemp("demo") / "demo", free_port()
    with demo(folder, port=port) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("graded 15 of 15"):
                break
        else:
            raise AssertionError("".join(said))
        yield Site(f"http://127.0.0.1:{port}", folder)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; what it shows is looked at by its own engine.

    Not for the session: its driver keeps an event loop in this thread, in which other tests could
    not call what is asynchronous.
    """
    with sync_playwright() as playwright:
        program = find_browser()
        assert program is not None
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A window of its own, in which no script may fail and no address be missing."""
    context = browser.new_context(base_url=site.url, timezone_id="Europe/Berlin")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert wrong == []
