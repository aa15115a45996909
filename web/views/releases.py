"""Releases: staff see what each would show, the instructor makes them and takes them back."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from grader.access import instructor_course_for, staff_course_for
from grader.errors import NotYours
from grader.queries.releases import releases_page
from grader.releases import releasable, release, withdraw
from web.wording import count


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, *, slug: str) -> HttpResponse:
    """What can be released; by POST, a release or its withdrawal."""
    assert request.user.is_authenticated
    if request.method == "POST":
        return _act(request, slug)
    access = staff_course_for(request.user, slug)
    shown = releases_page(access, timezone.now())
    context = {"course": access.course, "zone": access.course.zone, "page": shown}
    return render(request, "web/releases.html", context)


def _act(request: HttpRequest, slug: str) -> HttpResponseRedirect:
    assert request.user.is_authenticated
    access, form = instructor_course_for(request.user, slug), request.POST
    item = releasable(access.course, form.get("kind", ""), form.get("item", ""))
    if item is None:
        raise NotYours(f"something to release in {slug}")
    if form.get("act") == "withdraw":
        if withdraw(item, request.user):
            messages.success(request, f"{item.title}: students see its grades no longer.")
    elif form.get("act") == "release":
        again = bool(form.get("again"))
        done = release(item, request.user, now=timezone.now(), tell_again=again)
        told = f"{count(done.told, 'student')} will get a message."
        messages.success(request, f"{done.title} is released. {told}")
    else:
        raise NotYours(f"a deed with the grades of {slug}")
    address = reverse("releases", kwargs={"slug": slug})
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
