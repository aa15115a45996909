"""Who asks, and their courses with the homeworks in them; handing in."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import File, Form, Header, Router, Status, UploadedFile

from grader.access import assignment_for, course_for, courses_of
from grader.api_tokens import Scope
from grader.errors import UploadRefused
from grader.pipeline.hand_in import hand_in
from grader.queries.course import HomeworkRow, course_page
from web.api import answers
from web.api.tokens import Bearer, asker, token_of_request
from web.arrival import received_at
from web.rate_limits import TooMany, take
from web.uploads import read_files, token_of
from web.views.homework import handout as handout_file
from web.waiting import moment_of, ticket_for

router = Router()
_NO_FILE = "No file was sent: send the homework's files in the field `files`."
_HOMEWORK = "/courses/{slug}/homeworks/{homework}"


@router.get("/me", response=answers.Me, auth=Bearer())
def me(request: HttpRequest) -> dict[str, Any]:
    """Whose token this is, and their courses."""
    user = asker(request)
    token = token_of_request(request)
    courses = [
        {**_named(membership.course), "role": membership.role} for membership in courses_of(user)
    ]
    return {
        "name": user.name,
        "email": user.email,
        "courses": courses,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
    }


@router.get("/courses/{slug}", response={HTTPStatus.OK: answers.Course, 404: answers.Trouble})
def course(request: HttpRequest, slug: str) -> dict[str, Any]:
    """A course, with each homework as the token's owner meets it now."""
    page = course_page(course_for(asker(request), slug), timezone.now())
    return {
        **_named(page.course),
        "timezone": page.course.timezone,
        "homeworks": [_homework(row) for row in page.homeworks],
    }


@router.get(f"{_HOMEWORK}/handout.zip")
def handout(request: HttpRequest, slug: str, homework: str) -> Any:
    """The files that a student starts from, as a zip."""
    return handout_file(request, slug=slug, homework=homework)


@router.post(
    f"{_HOMEWORK}/submissions",
    response={
        HTTPStatus.CREATED: answers.HandedIn,
        404: answers.Trouble,
        422: answers.Trouble,
        429: answers.Later,
    },
    auth=Bearer(Scope.SUBMIT),
)
def submit(
    request: HttpRequest,
    slug: str,
    homework: str,
    files: File[list[UploadedFile]],
    ticket: Form[str] = "",
    idempotency_key: Header[str] = "",
) -> Status[dict[str, Any]]:
    """Hand in. The same files with the same `Idempotency-Key`, a UUID, are one submission."""
    now = timezone.now()
    access = assignment_for(asker(request), slug, homework, now)
    sent = read_files(files)
    if not sent:
        raise UploadRefused(_NO_FILE)
    token = token_of(idempotency_key, sent, None)
    arrived = moment_of(ticket, access.membership.pk, token) or received_at(request, now)
    try:
        take("upload", str(asker(request).pk))
    except TooMany as many:
        many.ticket = ticket_for(access.membership.pk, token, arrived)  # type: ignore[attr-defined]
        raise
    taken = hand_in(
        access.assignment, access.membership, files=sent, received_at=arrived, token=token
    )
    address = request.build_absolute_uri(reverse("submission", kwargs={"pk": taken.pk}))
    told = {"id": taken.pk, "page": address, "notices": taken.notices}
    return Status(HTTPStatus.CREATED, told)


def _named(course: Any) -> dict[str, str]:
    return {"slug": course.slug, "code": course.code, "title": course.title}


def _homework(row: HomeworkRow) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "points": row.points,
        "stage": row.stage,
        "opens_at": row.opens_at,
        "due_at": row.due_at,
        "extended": row.is_extended,
        "late_days": row.cost.late_days,
        "keeps": row.cost.factor if row.cost.accepted else Decimal(0),
        "standing": row.standing,
        "final": row.score.final if row.score else None,
    }
