"""The exams of a course, and one exam with everybody's points, as staff see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from grader.domain.points import round_points
from grader.domain.states import Role
from grader.exams import current_points
from grader.models import Course, Exam, ExamScore, Membership, Section

ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class ExamSummary:
    """One exam among the others."""

    exam: Exam
    entered: int
    """How many of the class have points."""
    students: int
    mean: Decimal | None


@dataclass(frozen=True, slots=True)
class ExamRow:
    """One student in an exam."""

    student: int
    name: str
    email: str
    number: str
    section: str
    active: bool
    points: Decimal | None
    author: str
    """Who entered them, or took them back; empty where nobody has."""
    at: datetime | None
    entries: int
    """How often somebody has entered something."""


@dataclass(frozen=True, slots=True)
class ExamPage:
    """A page of an exam's students."""

    rows: tuple[ExamRow, ...]
    total: int
    page: int
    pages: int
    words: str
    section: str
    sections: tuple[Section, ...]
    summary: ExamSummary


def exam_list(course: Course) -> tuple[ExamSummary, ...]:
    """All exams of a course."""
    exams, students = list(course.exams.all()), _students(course)
    newest = (
        ExamScore.objects.filter(exam__course=course, student__in=students)
        .values("exam", "student")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    points: dict[int, list[Decimal]] = {}
    rows = ExamScore.objects.filter(pk__in=newest, points__isnull=False)
    for row in rows:
        points.setdefault(row.exam_id, []).append(row.points or Decimal(0))
    size = students.count()
    return tuple(_summary(exam, points.get(exam.pk, []), size) for exam in exams)


def exam_page(exam: Exam, *, words: str = "", section: str = "", page: str = "1") -> ExamPage:
    """A page of the students of an exam, chosen by name, address or number, and by section."""
    class_ = set(_students(exam.course).values_list("pk", flat=True))
    known = [points for key, points in current_points(exam).items() if key in class_]
    rows = _chosen(exam, words, section)
    pages = Paginator(rows, ON_A_PAGE)
    chosen = pages.get_page(page)
    return ExamPage(
        rows=tuple(_row(member) for member in chosen),
        total=pages.count,
        page=chosen.number,
        pages=pages.num_pages,
        words=words,
        section=section,
        sections=tuple(exam.course.sections.order_by("name")),
        summary=_summary(exam, known, len(class_)),
    )


def _students(course: Course) -> QuerySet[Membership]:
    return Membership.objects.filter(course=course, role=Role.STUDENT, active=True)


def _chosen(exam: Exam, words: str, section: str) -> QuerySet[Any]:
    """Who takes part, and who has withdrawn with an entry."""
    newest = ExamScore.objects.filter(exam=exam, student=OuterRef("pk")).order_by("-pk")
    rows = (
        exam.course.memberships.filter(role=Role.STUDENT)
        .annotate(
            points=Subquery(newest.values("points")[:1]),
            author=Subquery(newest.values("author__name")[:1]),
            entered_at=Subquery(newest.values("created_at")[:1]),
            entries=Count("exam_scores", filter=Q(exam_scores__exam=exam)),
        )
        .filter(Q(active=True) | Q(entries__gt=0))
        .select_related("user", "section")
        .order_by("user__name", "pk")
    )
    for word in words.split():
        fits = Q(user__name__icontains=word) | Q(user__email__icontains=word)
        rows = rows.filter(fits | Q(student_number__icontains=word))
    return rows.filter(section__name=section) if section else rows


def _row(member: Any) -> ExamRow:
    return ExamRow(
        student=member.pk,
        name=member.user.name,
        email=member.user.email,
        number=member.student_number,
        section=member.section.name if member.section else "",
        active=member.active,
        points=member.points,
        author=member.author or "",
        at=member.entered_at,
        entries=member.entries,
    )


def _summary(exam: Exam, points: list[Decimal], students: int) -> ExamSummary:
    mean = round_points(sum(points, Decimal(0)) / len(points)) if points else None
    return ExamSummary(exam, len(points), students, mean)
