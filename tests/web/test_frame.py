"""What every page has around it: landmarks, colours, and nothing inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

TEMPLATES = sorted((settings.ROOT / "web/templates").rglob("*.*"))


@pytest.mark.parametrize(
    ("cookie", "attributes"),
    [
        (None, 'data-theme="auto" data-bs-theme="light"'),
        ("auto", 'data-theme="auto" data-bs-theme="light"'),
        ("light", 'data-theme="light" data-bs-theme="light"'),
        ("dark", 'data-theme="dark" data-bs-theme="dark"'),
        ('"><script>', 'data-theme="auto" data-bs-theme="light"'),
    ],
)
def test_the_cookie_chooses_the_colours(cookie: str | None, attributes: str) -> None:
    client = Client()
    if cookie:
        client.cookies["theme"] = cookie
    assert f'<html lang="en-GB" {attributes}>' in client.get("/sign-in/").content.decode()


def test_a_page_has_its_landmarks_and_a_way_past_the_header() -> None:
    page = Client().get("/sign-in/").content.decode()
    for part in ("<header", '<nav class="crumbs" aria-label="Breadcrumb">', "<footer"):
        assert page.count(part) == 1
    assert '<a class="skip-link" href="#main">' in page
    assert '<main id="main"' in page
    assert page.count("<h1") == 1


def test_the_browser_is_told_to_run_nothing_of_others() -> None:
    policy = Client().get("/sign-in/")["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(
        policy.split("; ")
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_inline(template: Path) -> None:
    """The browser would refuse it, and nobody would see why."""
    text = template.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)", text) == []


def test_every_static_file_that_a_page_names_is_there() -> None:
    names = {
        name
        for template in TEMPLATES
        for name in re.findall(r"\{% static '(web/[^']+)' %\}", template.read_text("utf-8"))
    }
    assert names
    assert {name for name in names if not (settings.ROOT / "web/static" / name).is_file()} == set()
