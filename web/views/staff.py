"""What the course's staff see of a homework: everybody's submissions."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from grader.access import staff_assignment_for
from grader.domain.states import JobState
from grader.queries.homework import period
from grader.queries.staff import submission_list


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
