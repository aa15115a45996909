"""The ways of Canvas: rescaled scores, comments that pile up, attempts, teachers who are heard."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.lti.platform.http import Answer, Refused
from tests.lti.platform.personality import Personality, moment, taken
from tests.lti.platform.world import LEARNER, Grade, Item, Link, Person

EXTENSION = "https://canvas.instructure.com/lti/submission"
ATTEMPTS = 5
"""How many new submissions a column takes of a person."""
UNGRADED = {"NotReady", "Failed", "Pending"}


class Canvas(Personality):
    name = "canvas"
    auth_path = "/api/lti/authorize_redirect"
    token_path = "/login/oauth2/token"
    jwks_path = "/api/lti/security/jwks"
    items_path = "/api/lti/courses/7/line_items"
    members_path = "/api/lti/courses/7/names_and_roles"

    def item_url(self, item: str) -> str:
        return f"{self.items_url}/{item}"

    def item_asked(self, path: str) -> tuple[str, str] | None:
        found = re.fullmatch(rf"{self.items_path}/(\d+)(?:/(scores|results))?", path)
        return (found[1], found[2] or "") if found else None

    def scopes_given(self, asked: list[str], allowed: list[str]) -> list[str]:
        if set(asked) - set(allowed):
            raise Refused(400, "invalid_scope")
        return asked

    def more_of_login(self) -> str:
        return "&canvas_region=local&canvas_environment=prod&lti_storage_target=_parent"

    def custom(self, sub: str, person: Person, link: Link) -> dict[str, str]:
        known = {
            "$Canvas.user.id": sub,
            "$Canvas.user.sisSourceId": person.number or "$Canvas.user.sisSourceId",
        }
        return {name: known.get(value, value) for name, value in link.custom.items()}

    def take(self, item: Item, number: str, person: Person | None, body: dict[str, Any]) -> Answer:
        sub = str(body.get("userId"))
        if person is None or person.role != LEARNER or not person.active:
            raise Refused(422, "User not found in course or is not a student")
        given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
        if given is not None and (given < 0 or not maximum):
            raise Refused(422, "scoreGiven and scoreMaximum are wrong")
        grade, extension = item.grade(sub), body.get(EXTENSION, {})
        at = moment(body.get("timestamp"))
        if grade.timestamp and at < grade.timestamp:
            raise Refused(400, "The timestamp is before last updated")
        submitted = body.get("submission", {}).get("submittedAt")
        if submitted and moment(submitted) > datetime.now(UTC) + timedelta(minutes=1):
            raise Refused(400, "submittedAt is in the future")
        self._note_submission(grade, extension, submitted)
        grade.timestamp, grade.posts = at, grade.posts + 1
        if body.get("comment"):
            grade.comments.append(body["comment"])
        if given is None or body.get("gradingProgress") in UNGRADED:
            if not extension.get("preserve_score"):
                grade.score = None
        elif grade.teacher is None or not extension.get("prioritize_non_tool_grade"):
            grade.score, grade.teacher = given * item.maximum / maximum, None
        return taken(f"{self.item_url(number)}/results/{sub}")

    def held(self, item: Item, sub: str) -> float | None:
        grade = item.grades.get(sub)
        return None if grade is None else (grade.score if grade.teacher is None else grade.teacher)

    def _note_submission(self, grade: Grade, extension: Any, submitted: str | None) -> None:
        if extension.get("submission_type") == "none" or not extension.get("new_submission", True):
            return
        if len(grade.submissions) >= ATTEMPTS:
            raise Refused(422, "The maximum number of allowed attempts has been reached")
        data = extension.get("submission_data", "")
        grade.submissions.append({"submitted_at": submitted, "data": data})
