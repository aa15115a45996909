"""What the interface answers, field by field; the OpenAPI document is made of these.

Points are decimal numbers in text, as exact as they are here. Times are in UTC.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ninja import Field, Schema


class Membership(Schema):
    """A course that the token's owner takes part in."""

    slug: str
    code: str
    title: str
    role: str = Field(description="student, ta or instructor")


class Me(Schema):
    """The token's owner."""

    name: str
    email: str
    courses: list[Membership]
    scopes: list[str]
    expires_at: datetime


class Homework(Schema):
    """A homework as its reader meets it now."""

    slug: str
    title: str
    points: Decimal | None = Field(description="null while it has no content")
    stage: str = Field(description="later, empty, open, late, worthless or closed")
    opens_at: datetime
    due_at: datetime = Field(description="the reader's own, extensions included")
    extended: bool
    late_days: int = Field(description="how late an upload is now")
    keeps: Decimal = Field(description="the share of the points that an upload now would keep")
    standing: str = Field(
        description="of the reader: not open, missing, grading, scored, rejected or fault"
    )
    final: Decimal | None = Field(description="the points that count")


class Course(Schema):
    """A course and its homeworks."""

    slug: str
    code: str
    title: str
    timezone: str
    homeworks: list[Homework]


class Score(Schema):
    """What a submission earned and why."""

    raw: Decimal
    late_days: int
    slip_days: int
    penalty: Decimal
    final: Decimal
    possible: Decimal
    reason: str


class Submission(Schema):
    """An upload and where it stands."""

    id: int
    course: str
    homework: str
    received_at: datetime
    state: str = Field(description="queued, running, done, rejected, fault or superseded")
    active: bool = Field(description="whether something will still happen")
    words: str = Field(description="where it stands, as a sentence")
    score: Score | None
    counted: bool = Field(description="whether it is the one that counts")
    page: str = Field(description="the address of its page")


class HandedIn(Schema):
    """An upload that was taken."""

    id: int
    page: str
    notices: list[str] = Field(description="what was left out, and why")


class Trouble(Schema):
    """Why something was not done, and what to do."""

    error: str
    answers: dict[str, str] = Field(
        default_factory=dict, description="what is wrong with a typed answer, by question"
    )


class Later(Trouble):
    """It was asked for too often."""

    retry_after: int = Field(description="seconds")
    ticket: str = Field(default="", description="send it along, and the upload keeps its arrival")
