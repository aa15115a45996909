"""Home, the page of a course, and the reader's own grades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from grader.access import course_for, courses_of
from grader.queries.course import course_page
from grader.queries.grades import GradesPage, grades_page
from grader.queries.lms import arrivals_of
from web.charts import points_chart, term_chart
from web.policy import rules
from web.what_if import what_if


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The reader's courses; the only one is gone to at once."""
    assert request.user.is_authenticated
    memberships = courses_of(request.user)
    if len(memberships) == 1:
        return redirect("course", slug=memberships[0].course.slug)
    return render(request, "web/home.html", {"memberships": memberships})


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """A course: the term at a glance, and each homework."""
    assert request.user.is_authenticated
    access = course_for(request.user, slug)
    shown = course_page(access, timezone.now())
    context = {
        "page": shown,
        "course": access.course,
        "chart": term_chart(shown),
        "rules": rules(access.course.late_policy),
    }
    return render(request, "web/course.html", context)


def grades_context(shown: GradesPage, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the page of a student's grades is rendered with, for whoever reads it."""
    return {
        "page": shown,
        "course": shown.course,
        "zone": shown.course.zone,
        "chart": points_chart(shown),
        "arrivals": [] if shown.is_staff else arrivals_of(shown.student),
        "what_if": None if shown.is_staff else what_if(shown.book, asked),
    }


@require_safe
def grades(request: HttpRequest, slug: str) -> HttpResponse:
    """The reader's points, homework by homework."""
    assert request.user.is_authenticated
    access = course_for(request.user, slug)
    shown = grades_page(access, timezone.now())
    return render(request, "web/grades.html", grades_context(shown, request.GET.dict()))
