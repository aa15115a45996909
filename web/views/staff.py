"""What the course's staff see: everybody's submissions of a homework, and how the grading runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from grader.access import staff_assignment_for, staff_course_for
from grader.domain.states import JobState
from grader.queries.grading import grading_page
from grader.queries.homework import period
from grader.queries.staff import submission_list
from web.queue_chart import queue_chart


@require_safe
def submissions(request: HttpRequest, *, slug: str, homework: str) -> HttpResponse:
    """The submissions of a homework, faults first; chosen by state, by name or number."""
    assert request.user.is_authenticated
    access = staff_assignment_for(request.user, slug, homework, timezone.now())
    asked = request.GET
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "assignment": access.assignment,
        "states": list(JobState),
        "period": period(access.course.late_policy),
        "page": submission_list(
            access,
            state=asked.get("state", ""),
            words=asked.get("q", ""),
            page=asked.get("page", "1"),
        ),
    }
    return render(request, "web/staff_submissions.html", context)


@require_safe
def grading(request: HttpRequest, *, slug: str) -> HttpResponse:
    """How the grading runs at this moment."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    shown, zone = grading_page(access, timezone.now()), access.course.zone
    context = {
        "course": access.course,
        "zone": zone,
        "page": shown,
        "chart": queue_chart(shown, zone),
    }
    return render(request, "web/grading.html", context)
