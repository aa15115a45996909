"""Files out, for the course's staff: grades, what was handed in, what is held of a person."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from grader.access import CourseAccess, staff_assignment_for, staff_course_for
from grader.domain.visibility import Audience
from grader.exports.audit import recent
from grader.exports.formats import FORMATS, export
from grader.exports.person import data_of, named, own_data
from grader.exports.safe_names import safe_part
from grader.exports.sheet import Choice
from grader.exports.streamed_zip import zipped
from grader.exports.submissions import Scope, TooLarge, bundle, estimates
from web.downloads import sent

_ZIP = "application/zip"
_UNKNOWN = "Choose one of the formats below."
_OTHERS = {
    "filled": "A file, filled with grades",
    "submissions": "Submissions",
    "person": "What is held of a person",
}
_NOBODY = (
    "Nobody in this course has this address or student number: type one of them as it is on the "
    "roll."
)


@require_safe
def page(request: HttpRequest, *, slug: str) -> HttpResponse:
    """What can be taken out of the course, and what it holds."""
    assert request.user.is_authenticated
    return _page(request, staff_course_for(request.user, slug))


@require_POST
def grades(request: HttpRequest, *, slug: str) -> HttpResponseBase:
    """The grades of the course, in one of the formats."""
    assert request.user.is_authenticated
    access, asked = staff_course_for(request.user, slug), request.POST
    kind = FORMATS.get(asked.get("format", ""))
    if kind is None:
        return _page(request, access, unknown=_UNKNOWN)
    choice = Choice(
        sections=tuple(asked.getlist("section")),
        withdrawn="withdrawn" in asked,
        released="released" in asked,
        bom="bom" in asked,
    )
    made = export(access.course, kind, choice, actor=request.user, now=timezone.now())
    return sent(request, made.parts, made.name, made.content_type)


@require_POST
def submissions(request: HttpRequest, *, slug: str) -> HttpResponseBase:
    """What was handed in for a homework, with the feedback, as one archive."""
    assert request.user.is_authenticated
    now, asked = timezone.now(), request.POST
    course = staff_course_for(request.user, slug)
    access = staff_assignment_for(request.user, slug, asked.get("homework", ""), now)
    scope = Scope.ALL if asked.get("scope") == Scope.ALL else Scope.COUNTED
    audience = Audience.STAFF if asked.get("view") == Audience.STAFF else Audience.STUDENT
    section = asked.get("section", "").replace("\0", "")
    try:
        entries = bundle(access, scope=scope, audience=audience, now=now, section=section)
    except TooLarge as error:
        return _page(request, course, refused=str(error))
    name = safe_part(f"{slug} {access.assignment.slug} {section} submissions.zip")
    return sent(request, zipped(entries, now), "-".join(name.split()), _ZIP)


@require_POST
def person(request: HttpRequest, *, slug: str) -> HttpResponseBase:
    """What the course holds of one of its people, as one archive that can be given to them."""
    assert request.user.is_authenticated
    access, now = staff_course_for(request.user, slug), timezone.now()
    who = request.POST.get("who", "")
    member = named(access, who)
    if member is None:
        return _page(request, access, nobody=_NOBODY, who=who)
    entries = data_of(access, member, now)
    return sent(request, zipped(entries, now), f"{slug}-person-{member.pk}.zip", _ZIP)


@require_POST
def own(request: HttpRequest) -> HttpResponseBase:
    """Everything that is held of the reader, as one archive."""
    assert request.user.is_authenticated
    now = timezone.now()
    return sent(request, zipped(own_data(request.user, now), now), "your-data.zip", _ZIP)


def _page(
    request: HttpRequest,
    access: CourseAccess,
    *,
    unknown: str = "",
    refused: str = "",
    nobody: str = "",
    who: str = "",
) -> HttpResponse:
    sizes = estimates(access.course)
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "sections": list(access.course.sections.order_by("name").values_list("name", flat=True)),
        "homeworks": [
            (homework, sizes[homework.pk])
            for homework in access.course.assignments.defer("version")
            if homework.pk in sizes
        ],
        "formats": list(FORMATS.values()),
        "recent": [(each, _called(each.format)) for each in recent(access.course)],
        "unknown": unknown,
        "refused": refused,
        "nobody": nobody,
        "who": who,
    }
    bad = bool(unknown or refused or nobody)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bad else HTTPStatus.OK
    return render(request, "web/exports.html", context, status=status)


def _called(kind: str) -> str:
    """What was taken out, in words."""
    return FORMATS[kind].title if kind in FORMATS else _OTHERS.get(kind, kind)
