"""What is answered when a request cannot be: each page says what to do."""

from __future__ import annotations

from typing import Never

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import path
from django.views.defaults import permission_denied, server_error

from tests import factories
from tests.factories import PASSWORD
from tests.web.reading import main, words
from web import urls
from web.views.errors import bad_request


def breaks(_request: HttpRequest) -> Never:
    raise ZeroDivisionError


urlpatterns = [path("breaks", breaks), *urls.urlpatterns]


def test_no_such_address_is_404() -> None:
    page = Client().get("/nowhere/")
    assert page.status_code == 404
    assert main(page).startswith("404 There is nothing here for you")


@pytest.mark.django_db
def test_what_is_not_yours_looks_like_what_is_not_there() -> None:
    course = factories.course()
    submission = factories.submission(
        factories.assignment(course), factories.membership(course, factories.person("Bob"))
    )
    client = Client()
    client.force_login(factories.person("Ada"))
    theirs = client.get(f"/submissions/{submission.pk}/")
    missing = client.get(f"/submissions/{submission.pk + 1}/")
    assert (theirs.status_code, missing.status_code) == (404, 404)
    assert words(theirs) == words(missing)
    assert f"{submission.pk}" not in main(theirs).removeprefix("404")


@pytest.mark.django_db
def test_a_stale_form_says_what_to_do() -> None:
    factories.person("Ada")
    client = Client(enforce_csrf_checks=True)
    page = client.post("/sign-in/", {"username": "ada@example.edu", "password": PASSWORD})
    assert page.status_code == 403
    assert main(page).startswith("403 This page was too old")
    assert "If you handed something in, hand it in again." in main(page)


def test_a_senseless_request_is_400(rf: RequestFactory) -> None:
    page = bad_request(rf.get("/"), SuspiciousOperation("x"))
    assert page.status_code == 400
    assert main(page).startswith("400 Your browser sent something that makes no sense here")


def test_a_form_that_is_too_large_is_413(rf: RequestFactory) -> None:
    page = bad_request(rf.post("/"), RequestDataTooBig("x"))
    assert page.status_code == 413
    assert main(page).startswith("413 This is too much at once")


def test_what_is_forbidden_is_403(rf: RequestFactory) -> None:
    page = permission_denied(rf.get("/"), PermissionError("x"))
    assert page.status_code == 403
    assert main(page).startswith("403 You may not do this")


def test_our_own_fault_is_500_and_needs_no_database(rf: RequestFactory) -> None:
    """Without the mark for a database, any question to it fails this test."""
    page = server_error(rf.get("/"))
    assert page.status_code == 500
    assert main(page).startswith("500 Something broke on our side It is not your fault.")


@pytest.mark.urls(__name__)
def test_a_view_that_breaks_gives_that_page() -> None:
    page = Client(raise_request_exception=False).get("/breaks")
    assert page.status_code == 500
    assert main(page).startswith("500 Something broke on our side")


def test_another_sites_name_is_400() -> None:
    """A Host that is not ours would stand in the links of mails."""
    page = Client().post("/password-reset/", headers={"host": "nobody.example"})
    assert page.status_code == 400


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "413", "500"])
def test_each_page_leads_on(name: str) -> None:
    """Rendered without a request, as where nothing of Django runs any more."""
    page = render_to_string(f"{name}.html")
    assert 'class="btn btn-primary" href="' in page
