"""A course here, a platform that knows us, and a browser that opens links in it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from html import unescape
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from assignments.loader import load_assignment
from assignments.spec import AssignmentSpec
from grader.domain.states import Role
from grader.lti import keys, platform_keys
from grader.models import (
    Assignment,
    AssignmentVersion,
    LtiContext,
    LtiDeployment,
    LtiPlatform,
    Membership,
    User,
)
from tests import factories
from tests.lti.beside import CLIENT_ID, DEPLOYMENT_ID, PlatformBeside
from tests.lti.tool_keys import published

SITE = "http://testserver"
HOUR = timedelta(hours=1)


@cache
def _spec() -> AssignmentSpec:
    return load_assignment(factories.HW1)


def manage(*words: str) -> str:
    """What `manage.py lti_platform` says."""
    said = StringIO()
    call_command("lti_platform", "--site", SITE, *words, stdout=said)
    return said.getvalue()


class Campus:
    """Two homeworks, an instructor, a TA and two students; nobody is linked yet."""

    def __init__(self, beside: PlatformBeside, *, client_id: str = CLIENT_ID) -> None:
        platform_keys.forget()
        now = timezone.now()
        self.beside = beside
        self.course = factories.course()
        self.homework = self._homework("hw1", opens_at=now - HOUR, due_at=now + HOUR)
        self.later = self._homework("hw2", opens_at=now + HOUR, due_at=now + 2 * HOUR)
        self.lecturer = self._joins("Ines Instructor", Role.INSTRUCTOR)
        self.tutor = self._joins("Tess Tutor", Role.TA)
        self.ada = self._joins("Ada Lovelace", Role.STUDENT, student_number="20000001")
        self.bo = self._joins("Bo Chen", Role.STUDENT)
        self.platform = register(beside, client_id)

    def connect(self) -> LtiContext:
        """The platform's course is ours, as its instructor said."""
        deployment = LtiDeployment.objects.filter(platform=self.platform).earliest("pk")
        return LtiContext.objects.create(
            deployment=deployment, context_id="course-4551", course=self.course
        )

    def _homework(self, slug: str, **dates: datetime) -> Assignment:
        """One with content that nobody grades: nothing is kept in storage for it."""
        made = factories.assignment(self.course, slug, None, **dates)
        made.version = AssignmentVersion.objects.create(
            assignment=made, digest=slug.ljust(64, "0"), spec=_spec(), points=100
        )
        made.save()
        return made

    def _joins(self, name: str, role: Role, **fields: Any) -> Membership:
        return factories.membership(self.course, factories.person(name), role, **fields)


def register(beside: PlatformBeside, client_id: str = CLIENT_ID, *deployments: str) -> LtiPlatform:
    """Each side is told of the other, as operators do it."""
    beside.admin("tool", login_url=f"{SITE}/lti/login", launch_url=f"{SITE}/lti/launch")
    known = [f"--deployment={each}" for each in deployments or [DEPLOYMENT_ID]]
    address = f"{beside.url}/openid-configuration"
    manage("add", "--client-id", client_id, "--openid-configuration", address, *known)
    return LtiPlatform.objects.get(issuer=beside.issuer, client_id=client_id)


class Browser(Client):
    """Django's own, that also goes to the platform and comes back with what it is given there."""

    def begin(self, beside: PlatformBeside, user: str, link: str = "link-1", **more: str) -> Any:
        """A click in the platform: its login, and our answer to it."""
        asked = {"user": user, "link": link}
        address = f"{beside.url}/launch"
        begun = requests.get(address, asked, allow_redirects=False, timeout=30)
        told = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
        return self.get("/lti/login", {**told, **more})

    def message(self, sent: Any) -> dict[str, str]:
        """What the platform has the browser post to us."""
        assert sent.status_code == 302, sent.content.decode()
        page = requests.get(sent["Location"], timeout=30)
        assert page.status_code == 200, page.text
        return fields(page.text)

    def open(self, beside: PlatformBeside, user: str, link: str = "link-1") -> Any:
        """The whole launch, up to our answer to the message."""
        return self.post("/lti/launch", self.message(self.begin(beside, user, link)))


def sign_in(browser: Client, user: User) -> None:
    """By the form, with the password of tests."""
    browser.post("/sign-in/", {"username": user.email, "password": factories.PASSWORD})


def who(browser: Client) -> int | None:
    """Whose session this browser has."""
    return int(browser.session["_auth_user_id"]) if "_auth_user_id" in browser.session else None


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def answer_to_deep_link(beside: PlatformBeside, page: Any) -> requests.Response:
    """The form of the page, sent to the platform, which checks it by our published keys."""
    text = page.content.decode()
    address = re.search(r'<form method="post" action="([^"]+)"', text)
    assert address is not None
    with published(keys.jwks(now=timezone.now())) as known:
        beside.admin("tool", jwks_url=known)
        said = {"JWT": fields(text)["JWT"]}
        return requests.post(unescape(address[1]), said, timeout=30)
