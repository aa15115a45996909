"""Home, the page of a course, and the reader's own grades."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from grader.access import course_for, courses_of
from grader.queries.course import course_page
from grader.queries.grades import grades_page
from web.charts import points_chart, term_chart
from web.policy import rules


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


@require_safe
def grades(request: HttpRequest, slug: str) -> HttpResponse:
    """The reader's points, homework by homework."""
    assert request.user.is_authenticated
    access = course_for(request.user, slug)
    shown = grades_page(access, timezone.now())
    context = {"page": shown, "course": access.course, "chart": points_chart(shown)}
    return render(request, "web/grades.html", context)
