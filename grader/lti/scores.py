"""Columns, scores and results of a platform's gradebook.

Source: Assignment and Grade Services 2.0, and what Canvas says of its own extension.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from grader.lti.calls import Reply, ServiceFailed, same_place
from grader.lti.services import LINE_ITEM, LINE_ITEM_READ, SCORE, Service
from grader.models import LtiContext

CANVAS = "https://canvas.instructure.com/lti/submission"
_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_SCORE = "application/vnd.ims.lis.v1.score+json"
_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
_LONGEST = 1000
_MOST_COLUMNS = 2_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a platform's gradebook, as it tells of it."""

    url: str
    label: str
    maximum: Decimal | None
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a platform holds of a user in a column; `points` of `maximum`."""

    subject: str
    points: Decimal | None
    maximum: Decimal | None
    comment: str = ""

    def of(self, possible: Decimal) -> Decimal | None:
        """The points on our scale."""
        if self.points is None:
            return None
        return self.points * possible / self.maximum if self.maximum else self.points


@dataclass(frozen=True, slots=True)
class Score:
    """A score to be sent, for everybody's dialect."""

    subject: str
    points: Decimal
    possible: Decimal
    comment: str
    timestamp: datetime
    submitted_at: datetime | None = None
    """When the work arrived; None for what is no submission."""
    new_submission: bool = False
    submission_url: str = ""


def body(score: Score, dialect: str) -> dict[str, Any]:
    """What is posted."""
    said: dict[str, Any] = {
        "userId": score.subject,
        "timestamp": _instant(score.timestamp),
        "scoreGiven": float(score.points),
        "scoreMaximum": float(score.possible),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    if score.comment:
        said["comment"] = score.comment
    if score.submitted_at is not None:
        said["submission"] = {"submittedAt": _instant(score.submitted_at)}
    if dialect == "canvas":
        said[CANVAS] = _canvas(score)
    return said


def part_of(url: str, part: str, **query: str) -> str:
    """The address of a column's `scores` or `results`: its path goes on before the query."""
    split = urlsplit(url)
    fields = urlencode([*parse_qsl(split.query, keep_blank_values=True), *query.items()])
    return urlunsplit(split._replace(path=f"{split.path.rstrip('/')}/{part}", query=fields))


def post_score(service: Service, item: str, said: dict[str, Any]) -> Reply:
    """The platform's answer to a score. `ServiceFailed` where there was none."""
    return service.ask(
        "POST", part_of(item, "scores"), content=json.dumps(said).encode(), kind=_SCORE
    )


def result_of(service: Service, item: str, subject: str) -> Result | None:
    """What the platform holds of one user. `ServiceFailed`."""
    found = _results(service, part_of(item, "results", user_id=subject))
    # A platform that knows no such filter gives everybody.
    return next((result for result in found if result.subject == subject), None)


def results(service: Service, item: str) -> dict[str, Result]:
    """What the platform holds of everybody, by subject. `ServiceFailed`."""
    return {result.subject: result for result in _results(service, part_of(item, "results"))}


def column_answers(service: Service, item: str) -> Reply:
    """What the platform says of a column. `ServiceFailed`."""
    return service.ask("GET", item, accept=_ITEM)


def columns(context: LtiContext, *, now: datetime) -> list[Column]:
    """The columns that the platform lets us see. `ServiceFailed`."""
    service = _of(context, now)
    found = (
        _column(entry, context)
        for page in service.pages(context.line_items_url, _ITEMS)
        for entry in _list(page)
    )
    return [column for column in found if column is not None][:_MOST_COLUMNS]


def make_column(
    context: LtiContext, *, label: str, maximum: Decimal, resource_id: str, now: datetime
) -> Column:
    """A new column of the platform's gradebook. `ServiceFailed`."""
    asked = {"label": label, "scoreMaximum": float(maximum), "resourceId": resource_id}
    reply = _of(context, now).ask(
        "POST",
        context.line_items_url,
        content=json.dumps(asked).encode(),
        kind=_ITEM,
        accept=_ITEM,
    )
    if not reply.ok:
        raise ServiceFailed(f"The column could not be made. {reply.told}")
    made = _column(reply.json(), context)
    if made is None:
        raise ServiceFailed("The platform did not say where the new column is.")
    return made


def score_service(context: LtiContext, now: datetime) -> Service:
    """For sending scores and looking at results, as far as the platform lets us."""
    allowed = tuple(scope for scope in SCORE if scope in context.scopes)
    return Service(context.deployment.platform, allowed or SCORE, now)


def column_scopes(context: LtiContext) -> tuple[str, ...]:
    """For looking at columns, and for making some unless the platform lets us read alone."""
    reads_only = LINE_ITEM_READ[0] in context.scopes and LINE_ITEM[0] not in context.scopes
    return LINE_ITEM_READ if reads_only else LINE_ITEM


def _of(context: LtiContext, now: datetime) -> Service:
    if not context.line_items_url:
        raise ServiceFailed(
            "The platform has not said where its columns are: open Sandglass there."
        )
    return Service(context.deployment.platform, column_scopes(context), now)


def _results(service: Service, url: str) -> Iterator[Result]:
    for page in service.pages(url, _RESULTS):
        for entry in _list(page):
            if isinstance(entry, dict) and "userId" in entry:
                yield Result(
                    subject=str(entry["userId"]),
                    points=_number(entry.get("resultScore")),
                    maximum=_number(entry.get("resultMaximum")),
                    comment=str(entry.get("comment") or ""),
                )


def _column(entry: Any, context: LtiContext) -> Column | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        return None
    url = urljoin(context.line_items_url, entry["id"])
    if not same_place(url, context.line_items_url) or len(url) > _LONGEST:
        return None
    return Column(
        url=url,
        label=str(entry.get("label") or ""),
        maximum=_number(entry.get("scoreMaximum")),
        resource_id=str(entry.get("resourceId") or ""),
    )


def _list(page: Any) -> list[Any]:
    if not isinstance(page, list):
        raise ServiceFailed("The platform's answer is no list.")
    return page


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _canvas(score: Score) -> dict[str, Any]:
    """For a homework a submission that opens our page; for an exam nothing that looks like one."""
    said: dict[str, Any] = {"prioritize_non_tool_grade": True}
    if score.submitted_at is None:
        return {**said, "new_submission": False, "submission_type": "none"}
    said |= {"new_submission": score.new_submission, "submission_type": "basic_lti_launch"}
    return {**said, "submission_data": score.submission_url} if score.submission_url else said


def _instant(moment: datetime) -> str:
    """With a zone and milliseconds, as the standard wants it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
