"""The tabs of a course: the pages between which its staff go to and fro."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Page:
    """A page with a tab: the name of its address, and what the tab says."""

    name: str
    words: str
    holds: tuple[str, ...] = ()
    """Names of pages that lie under it, on which its tab is the one that is lit."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab on a page of one course."""

    address: str
    words: str
    is_here: bool


STAFF_PAGES = (
    Page("course", "Course", ("submissions", "regrades", "regrade")),
    Page("gradebook", "Gradebook", ("grades", "gradebook-student", "gradebook-cell")),
    Page("people", "People", ("person", "person-add", "sections", "roster-import")),
    Page("releases", "Releases"),
    Page(
        "extensions",
        "Extensions",
        ("extension-import", "extension-revoke", "slip-days", "policy", "deadline"),
    ),
    Page("exams", "Exams", ("exam", "exam-import")),
    Page("grading", "Grading"),
    Page("lms", "LMS", ("lms-column", "lms-connect", "lms-roster")),
    Page(
        "exports",
        "Exports",
        ("exports-fill", "exports-grades", "exports-submissions", "exports-person"),
    ),
)
"""What all staff may see; an address needs nothing but the course's slug. What only the instructor
may do is reached from one of these pages."""


def staff_tabs(slug: str, here: str) -> Iterator[Tab]:
    """The tabs of a course, on the page whose address has the name `here`."""
    for page in STAFF_PAGES:
        address = reverse(page.name, kwargs={"slug": slug})
        yield Tab(address, page.words, here == page.name or here in page.holds)
