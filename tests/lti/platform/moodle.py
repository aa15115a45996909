"""The ways of Moodle 5.1, as measured: strict clocks, feedback that a silent score wipes."""

from __future__ import annotations

import re
from typing import Any

from tests.lti.platform.http import Answer, Refused
from tests.lti.platform.personality import Personality, moment
from tests.lti.platform.world import LEARNER, Item, Person

UNGRADED = {"NotReady", "Failed", "Pending", "PendingManual"}


class Moodle(Personality):
    name = "moodle"
    auth_path = "/mod/lti/auth.php"
    token_path = "/mod/lti/token.php"
    jwks_path = "/mod/lti/certs.php"
    items_path = "/mod/lti/services.php/7/lineitems"
    members_path = "/mod/lti/services.php/CourseSection/7/bindings/1/memberships"
    token_seconds = 60

    def item_url(self, item: str) -> str:
        return f"{self.items_url}/{item}/lineitem?type_id=1"

    def item_asked(self, path: str) -> tuple[str, str] | None:
        found = re.fullmatch(rf"{self.items_path}/(\d+)/lineitem(?:/(scores|results))?", path)
        return (found[1], found[2] or "") if found else None

    def scopes_given(self, asked: list[str], allowed: list[str]) -> list[str]:
        given = [scope for scope in asked if scope in allowed]
        if not given:
            raise Refused(400, "invalid_scope")
        return given

    def member_roles(self, person: Person) -> list[str]:
        """In short, and whoever may manage activities is an instructor: a TA too."""
        return ["Learner" if person.role == LEARNER else "Instructor"]

    def take(self, item: Item, number: str, person: Person | None, body: dict[str, Any]) -> Answer:
        if person is None or person.role != LEARNER or "timestamp" not in body:
            raise Refused(400, reason=f"Incorrect score received{body}")
        grade, at = (
            item.grade(str(body["userId"])),
            moment(body["timestamp"]).replace(microsecond=0),
        )
        if grade.timestamp and at <= grade.timestamp:
            raise Refused(409, reason="Refusing score with an earlier timestamp for item")
        grade.timestamp, grade.posts = at, grade.posts + 1
        given = body.get("scoreGiven")
        if given is None or body.get("gradingProgress") in UNGRADED:
            grade.score = None
        else:
            grade.score = given * item.maximum / body["scoreMaximum"]
        if grade.teacher is None:
            grade.feedback = body.get("comment", "")
        return Answer(200)

    def held(self, item: Item, sub: str) -> float | None:
        grade = item.grades.get(sub)
        if grade is None:
            return None
        if grade.teacher is not None:
            return grade.teacher
        return None if grade.score is None else min(grade.score, item.maximum)
