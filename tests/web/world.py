"""A course with a graded submission, another course, and one person of each kind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone

from grader.domain.states import Role
from grader.models import (
    Course,
    Exam,
    LineItem,
    LtiContext,
    LtiDeployment,
    LtiPlatform,
    Membership,
    Regrade,
)
from grader.pipeline.extend import extend
from tests import factories
from tests.grader.pipeline.road import grade, upload
from tests.web.crawl import address_of

HOUR = timedelta(hours=1)
NOBODY = "http://127.0.0.1:1"
"""Where a platform is that never answers."""


class World:
    """Made at once; `folder` holds the small homework. The people are those of `permissions`."""

    def __init__(self, folder: Path) -> None:
        now = timezone.now()
        self.course = factories.course()
        self.homework = factories.assignment(
            self.course, "hw0", folder, opens_at=now - HOUR, due_at=now + HOUR
        )
        self.other = factories.course("comp1001")
        self.people: dict[str, Membership] = {
            "gone": self._joins("Withdrawn", active=False),
            "author": self._joins("Author"),
            "mate": self._joins("Classmate"),
            "other": self._joins("Elsewhere", course=self.other),
            "their": self._joins("Teacher", role=Role.INSTRUCTOR, course=self.other),
            "ta": self._joins("Helper", role=Role.TA),
            "lect": self._joins("Lecturer", role=Role.INSTRUCTOR),
        }
        self.exam = Exam.objects.create(
            course=self.course, slug="midterm", title="Midterm", group="midterm", possible=100
        )
        self.context = _connected(self.course)
        self.item = LineItem.objects.create(
            context=self.context, assignment=self.homework, url=f"{NOBODY}/column"
        )
        self.extension = extend(
            self.homework,
            now + 2 * HOUR,
            reason="ill",
            author=self.people["ta"].user,
            student=self.people["mate"],
        )
        self.submission = upload(self.homework, self.people["author"], now)
        grade(self.submission)
        assert self.homework.version is not None
        self.regrade = Regrade.objects.create(
            assignment=self.homework,
            version=self.homework.version,
            scope="counted",
            reason="A check was wrong.",
            state="dropped",
            author=self.people["lect"].user,
        )

    def _joins(
        self,
        name: str,
        role: Role = Role.STUDENT,
        course: Course | None = None,
        active: bool = True,
    ) -> Membership:
        who = factories.person(name)
        return factories.membership(course or self.course, who, role, active=active)

    def client(self, reader: str, **options: Any) -> Client:
        """A browser in which this reader has signed in."""
        client = Client(**options)
        if reader == "oper":
            client.force_login(factories.person("Operator", is_superuser=True))
        elif reader != "anon":
            client.force_login(self.people[reader].user)
        return client

    def address(self, name: str, **instead: Any) -> str:
        """The address of this name for the course, its homework and its submission."""
        words = {
            "slug": self.course.slug,
            "homework": self.homework.slug,
            "exam": self.exam.slug,
            "context": self.context.pk,
            "item": self.item.pk,
            "extension": self.extension.pk,
            "pk": self.submission.pk,
            "regrade": self.regrade.pk,
            "student": self.people["author"].pk,
            "column": self.homework.slug,
            "file": 1,
            "member": self.people["author"].pk,
        }
        return address_of(name, **{**words, **instead})


def _connected(course: Course) -> LtiContext:
    """A platform's course that is this one."""
    where = dict.fromkeys(("issuer", "auth_url", "token_url", "jwks_url"), NOBODY)
    platform = LtiPlatform.objects.create(name="Campus", client_id="1", **where)
    deployment = LtiDeployment.objects.create(platform=platform, deployment_id="1")
    return LtiContext.objects.create(
        deployment=deployment,
        context_id="1",
        course=course,
        line_items_url=f"{NOBODY}/columns",
        memberships_url=f"{NOBODY}/members",
    )
