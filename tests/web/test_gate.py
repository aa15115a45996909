"""The gate before every page of a person, for views of both kinds."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from grader.errors import NotYours
from tests.web.reading import main
from web.gate import signed_in
from web.urls import _anybody, pages

NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"


def plain(_request: HttpRequest, **_address: Any) -> HttpResponse:
    return HttpResponse("here")


def refusing(_request: HttpRequest, **_address: Any) -> HttpResponse:
    raise NotYours("submission 12")


async def live(_request: HttpRequest, **_address: Any) -> HttpResponse:
    return HttpResponse("here", headers={"Cache-Control": "no-cache"})


async def live_refusing(_request: HttpRequest, **_address: Any) -> HttpResponse:
    raise NotYours("submission 12")


class Somebody(AnonymousUser):
    is_authenticated = True  # type: ignore[assignment]
    name = email = "ada@example.edu"


def ask(view: Any, *, user: Any = None, **headers: str) -> Any:
    """What a view of either kind answers this person behind the gate."""
    request = RequestFactory(headers=headers).get("/submissions/12/")
    request.user = user or Somebody()

    async def auser() -> Any:
        return request.user

    request.auser = auser
    gated = signed_in(view)
    if view in (live, live_refusing):
        return async_to_sync(gated)(request, pk=12)
    return gated(request, pk=12)


def test_who_has_signed_in_passes() -> None:
    assert [ask(view).content for view in (plain, live)] == [b"here", b"here"]


@pytest.mark.parametrize("view", [plain, live])
def test_who_has_not_signs_in_first(view: Any) -> None:
    answer = ask(view, user=AnonymousUser(), accept="text/html")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/submissions/12/")


@pytest.mark.parametrize("view", [plain, live])
@pytest.mark.parametrize("wanted", ["application/json", "text/event-stream"])
def test_a_script_is_told_that_the_session_has_ended(view: Any, wanted: str) -> None:
    answer = ask(view, user=AnonymousUser(), accept=wanted)
    assert answer.status_code == 401
    assert json.loads(answer.content) == {
        "error": "Your session has ended. Sign in again in another tab, then repeat this here."
    }


@pytest.mark.parametrize("view", [refusing, live_refusing])
def test_what_is_not_yours_is_not_there(view: Any) -> None:
    answer = ask(view)
    assert answer.status_code == 404
    assert "There is nothing here for you" in main(answer)
    assert "12" not in main(answer)


def test_no_cache_keeps_a_persons_page() -> None:
    assert ask(plain)["Cache-Control"] == NEVER
    assert ask(refusing)["Cache-Control"] == NEVER


def test_a_view_may_say_otherwise() -> None:
    assert ask(live)["Cache-Control"] == "no-cache"


def test_everything_but_these_is_behind_the_gate() -> None:
    """A new address is refused to strangers until somebody puts it on this list."""
    assert [str(each.pattern) for each in _anybody] == [
        "healthz",
        "readyz",
        "metrics",
        "sign-in/",
        "sign-out/",
        "password-reset/",
        "password-reset/done/",
        "password-reset/<uidb64>/<token>/",
        "password-reset/complete/",
        "lti/jwks",
        "lti/canvas.json",
        "lti/register",
        "lti/login",
        "lti/launch",
        "lti/deep-link",
        "lti/go/<str:state>/",
        "lti/choose/<str:state>/",
    ]
    gated = [each for each in pages if each not in _anybody]
    assert len(gated) >= 14
    for each in gated:
        address = re.sub("<slug:[a-z]+>", "a-word", "/" + str(each.pattern))
        address = re.sub("<int:[a-z]+>", "1", address)
        answer = Client().get(address)
        assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={address}")


def test_the_readme_names_every_address() -> None:
    page = (settings.ROOT / "web/README.md").read_text(encoding="utf-8")
    names = {each.name for each in pages if not str(each.name).count("reset-")}
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_service_is_up_for_anybody() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"Sandglass is up\n")
