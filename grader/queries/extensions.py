"""The extensions of a course and the slip days of its students, as staff see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Q

from grader.deadlines import declared_days
from grader.domain.states import Role
from grader.models import Assignment, Course, Extension

ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class ExtensionPage:
    """A page of extensions, the newest first."""

    rows: tuple[Extension, ...]
    total: int
    in_force: int
    page: int
    pages: int
    homework: str
    words: str


@dataclass(frozen=True, slots=True)
class SlipRow:
    """One student's slip days, homework by homework in the order of the course's."""

    name: str
    number: str
    days: tuple[int, ...]
    left: int


def extension_list(
    course: Course, *, homework: str = "", words: str = "", page: str = "1"
) -> ExtensionPage:
    """Who has more time for what; chosen by homework, and by name, number or reason."""
    rows = Extension.objects.filter(assignment__course=course)
    if homework:
        rows = rows.filter(assignment__slug=homework)
    for word in words.split():
        rows = rows.filter(
            Q(student__user__name__icontains=word)
            | Q(student__student_number__icontains=word)
            | Q(section__name__icontains=word)
            | Q(reason__icontains=word)
        )
    people = ("assignment", "student__user", "section", "author", "revoked_by")
    pages = Paginator(rows.select_related(*people).order_by("-pk"), ON_A_PAGE)
    chosen = pages.get_page(page)
    return ExtensionPage(
        rows=tuple(chosen),
        total=pages.count,
        in_force=rows.filter(revoked_at__isnull=True).count(),
        page=chosen.number,
        pages=pages.num_pages,
        homework=homework,
        words=words,
    )


def slip_rows(course: Course, homeworks: list[Assignment]) -> tuple[SlipRow, ...]:
    """Who has declared slip days; two queries."""
    declared = declared_days(course.pk)
    members = course.memberships.filter(pk__in=declared, role=Role.STUDENT).select_related("user")
    return tuple(
        _slip_row(member.user.name, member.student_number, declared[member.pk], course, homeworks)
        for member in members.order_by("user__name", "pk")
    )


def _slip_row(
    name: str,
    number: str,
    own: Mapping[int, tuple[int, int]],
    course: Course,
    homeworks: list[Assignment],
) -> SlipRow:
    days = tuple(own.get(homework.pk, (0, 0))[1] for homework in homeworks)
    return SlipRow(name, number, days, course.late_policy.slip_days - sum(days))
