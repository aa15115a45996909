"""The people of a course, and one of them, as the course's staff see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q

from grader.access import CourseAccess
from grader.domain.states import Role
from grader.errors import NotYours
from grader.models import AuditEntry, Membership, Section
from grader.queries.listing import Turned, searched

PER_PAGE = 50
_MOST_HISTORY = 100
NO_SECTION = "-"
"""What asks for those who are in no section."""


class State:
    """Who is asked for: those who take part, those who left, or both."""

    ACTIVE, WITHDRAWN, ALL = "active", "withdrawn", "all"


@dataclass(frozen=True, slots=True)
class People(Turned):
    """One page of the people, and what they were chosen by."""

    rows: tuple[Membership, ...]
    page: int
    pages: int
    total: int
    """How many there are on all pages."""
    counts: Mapping[str, int]
    """Students, TAs, instructors and withdrawn people of the whole course."""
    sections: tuple[Section, ...]
    words: str
    section: str
    role: str
    state: str

    @property
    def is_chosen(self) -> bool:
        """Whether not simply everybody who takes part was asked for."""
        return bool(self.words or self.section or self.role or self.state != State.ACTIVE)


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that was done to a person's part in the course."""

    at: datetime
    actor: str
    """Empty if the service itself did it."""
    told: str
    source: str
    """The list that it came from; empty if somebody did it by hand."""


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person of a course."""

    member: Membership
    history: tuple[Happened, ...]
    is_last_instructor: bool
    is_elsewhere: bool
    """Is in other courses too, and so keeps the name."""


def people_page(
    access: CourseAccess,
    *,
    words: str = "",
    section: str = "",
    role: str = "",
    state: str = "",
    page: str = "1",
) -> People:
    """The people of a course by name; four queries, however many they are.

    words: only those who have this in their name, address or number
    section: the key of a section, or `NO_SECTION`
    role, state: what does not exist is no filter; without a state, those who take part
    """
    words = searched(words)
    role = role if role in set(Role) else ""
    state = state if state in (State.WITHDRAWN, State.ALL) else State.ACTIVE
    everybody = Membership.objects.filter(course=access.course)
    sections = sections_of(access)
    known = {str(each.pk) for each in sections} | {NO_SECTION}
    section = section if section in known else ""
    chosen = everybody.filter(_named(words), _in_section(section), _in_state(state))
    if role:
        chosen = chosen.filter(role=role)
    ordered = chosen.select_related("user", "section").order_by("user__name", "user__email")
    pages = Paginator(ordered, PER_PAGE)
    shown = pages.get_page(page)
    return People(
        rows=tuple(shown.object_list),
        page=shown.number,
        pages=pages.num_pages,
        total=pages.count,
        counts=everybody.aggregate(
            students=Count("pk", filter=Q(active=True, role=Role.STUDENT)),
            tas=Count("pk", filter=Q(active=True, role=Role.TA)),
            instructors=Count("pk", filter=Q(active=True, role=Role.INSTRUCTOR)),
            withdrawn=Count("pk", filter=Q(active=False)),
        ),
        sections=tuple(sections),
        words=words,
        section=section,
        role=role,
        state=state,
    )


def sections_of(access: CourseAccess) -> list[Any]:
    """The sections of a course by name, each with `people`: how many are or were in it."""
    rows = Section.objects.filter(course=access.course).annotate(
        people=Count("membership", distinct=True), granted=Count("extension", distinct=True)
    )
    return list(rows.order_by("name"))


def section_of(access: CourseAccess, pk: str) -> Section:
    """One section of the course; `NotYours` where there is none."""
    rows = Section.objects.filter(course=access.course)
    section = rows.filter(pk=pk).first() if pk.isdecimal() else None
    if section is None:
        raise NotYours(f"section {pk[:20]} of {access.course.slug}")
    return section


def person_page(access: CourseAccess, pk: int) -> PersonPage:
    """One person of the course and what was done to their part in it; `NotYours` if nobody is."""
    rows = Membership.objects.filter(course=access.course, pk=pk)
    member = rows.select_related("user", "section", "course").first()
    if member is None:
        raise NotYours(f"person {pk} of {access.course.slug}")
    instructors = Membership.objects.filter(
        course=access.course, role=Role.INSTRUCTOR, active=True
    ).count()
    leads = member.role == Role.INSTRUCTOR and member.active
    others = Membership.objects.filter(user=member.user).exclude(pk=pk)
    return PersonPage(member, _history(member), leads and instructors == 1, others.exists())


def _history(member: Membership) -> tuple[Happened, ...]:
    rows = AuditEntry.objects.filter(course=member.course, subject=f"membership {member.pk}")
    newest = rows.select_related("actor").order_by("-at", "-pk")[:_MOST_HISTORY]
    return tuple(
        Happened(
            at=entry.at,
            actor=entry.actor.name if entry.actor else "",
            told=_told(entry),
            source=str(entry.detail.get("source", "")),
        )
        for entry in newest
    )


def _told(entry: AuditEntry) -> str:
    """What happened, in words; entries of other acts are told by their names."""
    detail = entry.detail
    if changes := detail.get("changes"):
        return "; ".join(f"{what}: {old or 'none'} → {new or 'none'}" for what, old, new in changes)
    if "role" not in detail:
        return entry.action
    parts = [detail["role"], detail.get("section"), detail.get("number")]
    parts.append("" if detail.get("active", True) else "withdrawn")
    return ", ".join(str(part) for part in parts if part)


def _named(words: str) -> Q:
    if not words:
        return Q()
    return (
        Q(user__name__icontains=words)
        | Q(user__email__icontains=words)
        | Q(student_number__icontains=words)
    )


def _in_section(section: str) -> Q:
    if not section:
        return Q()
    return Q(section__isnull=True) if section == NO_SECTION else Q(section=int(section))


def _in_state(state: str) -> Q:
    return Q() if state == State.ALL else Q(active=state == State.ACTIVE)
