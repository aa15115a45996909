"""Learning management systems of a course: what they have of its grades, and what they are sent."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grader import drafts, passback
from grader.access import (
    instructor_course_for,
    line_item_for,
    lms_context_for,
    staff_course_for,
)
from grader.errors import DraftOutdated, NotYours, TableUnreadable
from grader.lti import columns, comparing, roster, scores
from grader.lti.calls import ServiceFailed
from grader.lti.columns import ColumnRefused
from grader.models import LtiContext
from grader.queries.gradebook import gradebook
from grader.queries.lms import lms_page, student_states
from web.wording import count

_PATIENCE = timedelta(seconds=25)
"""How long a page waits for all columns of a platform together."""


@require_safe
def page(request: HttpRequest, *, slug: str) -> HttpResponse:
    """What each platform has of the course's grades, in numbers, and what is held up."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "connects": access.is_instructor,
        "page": lms_page(access.course, now=timezone.now()),
    }
    return render(request, "web/lms.html", context)


@require_safe
def column(request: HttpRequest, *, slug: str, item: int) -> HttpResponse:
    """One column, student by student."""
    assert request.user.is_authenticated
    access = line_item_for(request.user, slug, item)
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "item": access.item,
        "title": access.item.assignment or access.item.exam,
        "platform": access.item.context.deployment.platform,
        "states": student_states(access.course, now=timezone.now(), item=access.item),
    }
    return render(request, "web/lms_column.html", context)


@require_POST
def send(request: HttpRequest, *, slug: str) -> HttpResponseRedirect:
    """Send everything again, or what the form names: a column, a student of a column."""
    assert request.user.is_authenticated
    access, form = staff_course_for(request.user, slug), request.POST
    item = student = None
    if form.get("item"):
        item = line_item_for(request.user, slug, _number(form["item"])).item
    if form.get("student"):
        number = _number(form["student"])
        student = access.course.memberships.filter(pk=number).first()
        if student is None:
            raise NotYours(f"member {number} of {slug}")
    queued = passback.resend(
        access.course, actor=request.user, now=timezone.now(), item=item, student=student
    )
    if queued:
        messages.success(request, f"{count(queued, 'grade')} will be sent again within a minute.")
    else:
        messages.info(request, "There is no grade that can be sent: the states say why.")
    if item is not None:
        return _see("lms-column", slug=slug, item=item.pk)
    return _see("lms", slug=slug)


@require_POST
def compare(request: HttpRequest, *, slug: str) -> HttpResponseRedirect:
    """Ask the platforms what they hold of the grades that we sent."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    done = comparing.compare(access.course, timezone.now, within=_PATIENCE)
    for trouble in done.troubles:
        messages.error(request, trouble)
    told = f"{count(done.grades, 'grade')} compared: "
    told += f"{done.differ} differ." if done.differ else "none differs."
    messages.success(request, told)
    return _see("lms", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest, *, slug: str, context: int) -> HttpResponse:
    """Which column of the platform each homework and exam is sent to; by POST, one of them."""
    assert request.user.is_authenticated
    there = lms_context_for(request.user, slug, context)
    if request.method == "POST":
        return _connect(request, slug, there)
    now, trouble, found = timezone.now(), "", list[scores.Column]()
    try:
        found = scores.columns(there, now=now)
    except ServiceFailed as failed:
        trouble = str(failed)
    course = instructor_course_for(request.user, slug).course
    book = gradebook(course, now=now)
    shown = {
        "course": course,
        "there": there,
        "trouble": trouble,
        "found": found,
        "rows": [(each, *columns.proposed(there, each, found)) for each in book.columns],
    }
    return render(request, "web/lms_connect.html", shown)


def _connect(request: HttpRequest, slug: str, there: LtiContext) -> HttpResponseRedirect:
    access, form, now = instructor_course_for(request.user, slug), request.POST, timezone.now()  # type: ignore[arg-type]
    named = form.get("column", "").partition(" ")[::2]
    ours = next(
        (
            each
            for each in gradebook(access.course, now=now).columns
            if (each.kind, each.slug) == named
        ),
        None,
    )
    if ours is None:
        raise NotYours(f"column {named} of {slug}")
    here = _see("lms-connect", slug=slug, context=there.pk)
    if form.get("act") == "disconnect":
        item = columns.connected_to(there, ours)
        if item is not None:
            columns.disconnect(item, actor=access.membership.user, now=now)
            messages.success(request, f"{ours.title} is sent there no longer.")
        return here
    try:
        columns.connect(there, ours, form.get("url", ""), actor=access.membership.user, now=now)
    except (ColumnRefused, ServiceFailed) as error:
        messages.error(request, str(error))
        return here
    messages.success(request, f"{ours.title} is connected; its released grades will be sent.")
    return here


@require_POST
def know(request: HttpRequest, *, slug: str, context: int) -> HttpResponseRedirect:
    """Note which of our students the platform's users are, by their numbers."""
    assert request.user.is_authenticated
    there, now = lms_context_for(request.user, slug, context), timezone.now()
    try:
        people = roster.members(there, now=now)
    except ServiceFailed as failed:
        messages.error(request, str(failed))
        return _see("lms", slug=slug)
    known = roster.know_by_number(there, people, now=now)
    students = sum(one.is_student for one in people)
    told = (
        f"The platform has {count(students, 'student')}; {known} more of them are known here now."
    )
    messages.success(request, told)
    return _see("lms", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, *, slug: str, context: int) -> HttpResponse:
    """What the platform's roster would change in ours; by POST, that is done as it was shown."""
    assert request.user.is_authenticated
    there, now = lms_context_for(request.user, slug, context), timezone.now()
    assert there.course is not None
    shown = request.POST.get("shown")
    try:
        if shown is not None:
            done = roster.take_over(there, shown=shown, actor=request.user, now=now)
            told = f"{done.new} new, {done.back} back, {done.changed} changed."
            messages.success(request, told)
            return _see("lms", slug=slug)
        planned = roster.plan(there, now=now)
    except (ServiceFailed, TableUnreadable, DraftOutdated) as error:
        messages.error(request, str(error))
        return _see("lms", slug=slug)
    facts = {
        "course": there.course,
        "there": there,
        "plan": planned,
        "shown": drafts.fingerprint(planned),
    }
    return render(request, "web/lms_people.html", facts)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - of a key
        raise NotYours(f"number {text!r}")
    return int(text)


def _see(name: str, **address: object) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name, kwargs=address), status=HTTPStatus.SEE_OTHER)
