"""The people of a course: the list, one person, somebody new, the sections."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from grader.access import CourseAccess, instructor_course_for, staff_course_for
from grader.domain.states import Role
from grader.errors import NotYours, PeopleRefused
from grader.people import change, enrol, make_section, remove_section, rename_section
from grader.queries.people import (
    NO_SECTION,
    State,
    people_page,
    person_page,
    section_of,
    sections_of,
)
from web.people_forms import NewPersonForm, PersonForm


@require_safe
def listing(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Everybody of the course; chosen by words, section, role and state."""
    assert request.user.is_authenticated
    access = staff_course_for(request.user, slug)
    asked = request.GET
    context = {
        "course": access.course,
        "decides": _decides(access),
        "roles": list(Role),
        "states": [
            (State.ACTIVE, "take part"),
            (State.WITHDRAWN, "withdrawn"),
            (State.ALL, "all"),
        ],
        "no_section": NO_SECTION,
        "page": people_page(
            access,
            words=asked.get("q", ""),
            section=asked.get("section", ""),
            role=asked.get("role", ""),
            state=asked.get("state", ""),
            page=asked.get("page", "1"),
        ),
    }
    return render(request, "web/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, *, slug: str, member: int) -> HttpResponse:
    """One person of the course; the instructor changes what they are in it."""
    assert request.user.is_authenticated
    if request.method != "POST":
        return _person(request, staff_course_for(request.user, slug), member)
    access = instructor_course_for(request.user, slug)
    shown = person_page(access, member)
    renames = not shown.is_elsewhere
    form = PersonForm.of(shown.member, request.POST, renames=renames)
    if form.is_valid():
        told = form.cleaned_data
        part = form.part(active=told["active"], name=told["name"])
        try:
            changed = change(shown.member, part, actor=request.user)
        except PeopleRefused as error:
            form.add_error(error.field or None, str(error))
        except ValueError as error:
            form.add_error("name", str(error))
        else:
            words = "is changed" if changed else "is as before"
            messages.success(request, f"{shown.member.user.name} {words}.")
            return _to(request.path)
    return _person(request, access, member, form)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, *, slug: str) -> HttpResponse:
    """Bring one person into the course."""
    assert request.user.is_authenticated
    access = instructor_course_for(request.user, slug)
    course = access.course
    form = NewPersonForm(
        course.pk, request.POST if request.method == "POST" else None, initial={"role": "student"}
    )
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            member = enrol(
                course,
                told["email"],
                name=told["name"],
                role=Role(told["role"]),
                section=told["section"].name if told["section"] else "",
                number=told["number"],
                actor=request.user,
            )
        except PeopleRefused as error:
            form.add_error(error.field or None, str(error))
        except ValueError as error:
            form.add_error("name", str(error))
        else:
            messages.success(
                request,
                f"{member.user.name} is in the course. Who has no password yet gets one by “First "
                "time here, or forgotten?” on the sign-in page.",
            )
            return _to(reverse("person", kwargs={"slug": slug, "member": member.pk}))
    context = {"course": course, "form": form}
    return render(request, "web/person_add.html", context, status=_status(form.is_bound))


@require_http_methods(["GET", "HEAD", "POST"])
def sections(request: HttpRequest, *, slug: str) -> HttpResponse:
    """The sections of the course; the instructor makes, renames and removes them."""
    assert request.user.is_authenticated
    if request.method != "POST":
        return _sections(request, staff_course_for(request.user, slug))
    access = instructor_course_for(request.user, slug)
    act, name = request.POST.get("act", ""), request.POST.get("name", "")
    pk = request.POST.get("section", "")
    try:
        if act == "make":
            told = f"Section {make_section(access.course, name, actor=request.user)} is made."
        elif act == "rename":
            rename_section(section_of(access, pk), name, actor=request.user)
            told = f"The section is called {' '.join(name.split())}."
        elif act == "remove":
            section = section_of(access, pk)
            remove_section(section, actor=request.user)
            told = f"Section {section} is removed."
        else:
            raise NotYours(f"a deed with the sections of {slug}")
    except PeopleRefused as error:
        typed = {"act": act, "section": pk, "name": name}
        return _sections(request, access, typed, str(error))
    messages.success(request, told)
    return _to(request.path)


def _person(
    request: HttpRequest, access: CourseAccess, member: int, form: PersonForm | None = None
) -> HttpResponse:
    # Read anew where an act was refused: what was half changed is not shown.
    shown = person_page(access, member)
    context = {
        "course": access.course,
        "zone": access.course.zone,
        "decides": _decides(access),
        "page": shown,
        "form": form or PersonForm.of(shown.member, renames=not shown.is_elsewhere),
        "homeworks": access.course.assignments.order_by("position", "pk"),
    }
    return render(request, "web/person.html", context, status=_status(form is not None))


def _sections(
    request: HttpRequest,
    access: CourseAccess,
    typed: dict[str, str] | None = None,
    refused: str = "",
) -> HttpResponse:
    context = {
        "course": access.course,
        "decides": _decides(access),
        "sections": sections_of(access),
        "typed": typed or {},
        "refused": refused,
    }
    return render(request, "web/sections.html", context, status=_status(bool(refused)))


def _decides(access: CourseAccess) -> bool:
    return access.membership.role == Role.INSTRUCTOR


def _status(refused: bool) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK


def _to(address: str) -> HttpResponse:
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
