"""The gradebook of a course, for its staff: everybody, one student, one cell."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from grader.access import staff_course_for, staff_student_for
from grader.errors import NotYours
from grader.queries.gradebook_cell import cell_page
from grader.queries.gradebook_page import NO_SECTION, gradebook_page
from grader.queries.grades import grades_page
from grader.queries.homework import period
from web.gradebook_table import heads, short, shown_rows, words_for, words_of
from web.histogram import histogram_of
from web.override_form import OverrideForm, empty_form
from web.views.course import grades_context


@require_safe
def page(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Students, their homeworks, exams and totals; chosen and sorted as the query says."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    shown = gradebook_page(access, request.GET.dict(), timezone.now())
    context = {
        "course": access.course,
        "page": shown,
        "heads": heads(shown),
        "rows": shown_rows(shown),
        "summaries": [
            (
                column,
                short(column.title),
                histogram_of(column, number),
                [(words_for(state, decided), n) for state, decided, n in column.without],
            )
            for number, column in enumerate(shown.summaries)
        ],
        "no_section": NO_SECTION,
    }
    return render(request, "web/gradebook.html", context)


@require_safe
def student(request: HttpRequest, *, slug: str, student: int) -> HttpResponse:
    """A student's own page of grades, as that student sees it."""
    assert request.user.is_authenticated
    access = staff_student_for(request.user, slug, student)
    shown = grades_page(access, timezone.now(), access.student)
    context = {**grades_context(shown, request.GET.dict()), "seen_by_staff": True}
    return render(request, "web/grades.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def cell(request: HttpRequest, *, slug: str, student: int, column: str) -> HttpResponse:
    """One grade: what it is made of; the instructor decides about it here (POST)."""
    assert request.user.is_authenticated
    now = timezone.now()
    access = staff_student_for(request.user, slug, student)
    shown = cell_page(access, column, now)
    form, status = empty_form(shown.cell), HTTPStatus.OK
    if request.method == "POST":
        if not access.may_decide:
            raise NotYours(f"override of {column} for {student}")
        form = OverrideForm(request.POST)
        if form.decide(access, shown.column, request.user, now):
            messages.success(request, "Your decision is kept, with its reason.")
            return HttpResponseRedirect(request.path, status=HTTPStatus.SEE_OTHER)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "access": access,
        "page": shown,
        "words": words_of(shown.cell),
        "period": period(access.course.late_policy),
        "form": form,
    }
    return render(request, "web/gradebook_cell.html", context, status=status)
