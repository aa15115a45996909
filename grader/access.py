"""The only door to rows for `web`: a reader and an address give an object, or `NotYours`.

Each condition stands on a line of its own, so that a test can be seen to have passed through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from grader.domain.states import STAFF, Role
from grader.domain.visibility import Audience
from grader.errors import NotYours
from grader.models import (
    Assignment,
    Course,
    Exam,
    Extension,
    LineItem,
    LtiContext,
    Membership,
    Regrade,
    Submission,
    User,
)


@dataclass(frozen=True, slots=True)
class CourseAccess:
    """A course as one of its people sees it."""

    course: Course
    membership: Membership

    @property
    def is_staff(self) -> bool:
        """Whether the reader is a TA or the instructor of this course."""
        return self.membership.is_staff

    @property
    def is_instructor(self) -> bool:
        """Whether the reader decides about people, rules and releases."""
        return self.membership.role == Role.INSTRUCTOR

    @property
    def audience(self) -> Audience:
        """For whom a report is made."""
        return Audience.STAFF if self.is_staff else Audience.STUDENT


@dataclass(frozen=True, slots=True)
class AssignmentAccess(CourseAccess):
    """A homework as one of the course's people sees it."""

    assignment: Assignment


@dataclass(frozen=True, slots=True)
class ExamAccess(CourseAccess):
    """An exam as the course's staff see it."""

    exam: Exam

    @property
    def may_enter(self) -> bool:
        """Whether the reader may enter points."""
        return self.membership.role == Role.INSTRUCTOR


@dataclass(frozen=True, slots=True)
class RegradeAccess(AssignmentAccess):
    """A regrade of a homework, seen by the course's staff."""

    regrade: Regrade


@dataclass(frozen=True, slots=True)
class LineItemAccess(CourseAccess):
    """A column of a platform's gradebook, as the course's staff see it."""

    item: LineItem


@dataclass(frozen=True, slots=True)
class SubmissionAccess(AssignmentAccess):
    """A submission, seen by its author or by the course's staff."""

    submission: Submission

    @property
    def is_own(self) -> bool:
        """Whether the reader handed it in."""
        return self.submission.student_id == self.membership.pk


@dataclass(frozen=True, slots=True)
class StudentAccess(CourseAccess):
    """A student of a course, seen by its staff."""

    student: Membership

    @property
    def may_decide(self) -> bool:
        """Whether the reader may override grades."""
        return self.membership.role == Role.INSTRUCTOR


def courses_of(user: User) -> list[Membership]:
    """The courses that a person takes part in, by code."""
    rows = Membership.objects.filter(user=user, active=True).select_related("course")
    return list(rows.order_by("course__code", "course__slug"))


def course_for(user: User, slug: str) -> CourseAccess:
    """A course, for its active people."""
    membership = (
        Membership.objects.filter(user=user, course__slug=slug, active=True)
        .select_related("course", "section")
        .first()
    )
    if membership is None:
        raise NotYours(f"course {slug}")
    return CourseAccess(membership.course, membership)


def staff_course_for(user: User, slug: str) -> CourseAccess:
    """A course, for its staff."""
    access = course_for(user, slug)
    if not access.is_staff:
        raise NotYours(f"course {slug} as staff")
    return access


def instructor_course_for(user: User, slug: str) -> CourseAccess:
    """A course, for its instructors: who decides about people, rules and releases."""
    access = course_for(user, slug)
    if not access.is_instructor:
        raise NotYours(f"course {slug} as instructor")
    return access


def staff_student_for(user: User, slug: str, student: int) -> StudentAccess:
    """A student of a course, also one who has withdrawn, for the course's staff."""
    access = staff_course_for(user, slug)
    rows = access.course.memberships.filter(pk=student, role=Role.STUDENT)
    found = rows.select_related("user", "section").first()
    if found is None:
        raise NotYours(f"student {student} of {slug}")
    found.course = access.course
    return StudentAccess(access.course, access.membership, found)


def assignment_for(user: User, slug: str, homework: str, now: datetime) -> AssignmentAccess:
    """A homework: for students once it is open and has content, for staff always."""
    access = course_for(user, slug)
    rows = access.course.assignments.filter(slug=homework).select_related("version")
    if not access.is_staff:
        rows = rows.filter(opens_at__lte=now, version__isnull=False)
    assignment = rows.first()
    if assignment is None:
        raise NotYours(f"homework {homework} of {slug}")
    assignment.course = access.course
    return AssignmentAccess(access.course, access.membership, assignment)


def staff_assignment_for(user: User, slug: str, homework: str, now: datetime) -> AssignmentAccess:
    """A homework, for the course's staff."""
    access = assignment_for(user, slug, homework, now)
    if not access.is_staff:
        raise NotYours(f"homework {homework} of {slug} as staff")
    return access


def instructor_assignment_for(
    user: User, slug: str, homework: str, now: datetime
) -> AssignmentAccess:
    """A homework, for the course's instructors."""
    access = assignment_for(user, slug, homework, now)
    if access.membership.role != Role.INSTRUCTOR:
        raise NotYours(f"homework {homework} of {slug} as instructor")
    return access


def staff_exam_for(user: User, slug: str, name: str) -> ExamAccess:
    """An exam, for the course's staff."""
    access = staff_course_for(user, slug)
    exam = access.course.exams.filter(slug=name).first()
    if exam is None:
        raise NotYours(f"exam {name} of {slug}")
    exam.course = access.course
    return ExamAccess(access.course, access.membership, exam)


def instructor_exam_for(user: User, slug: str, name: str) -> ExamAccess:
    """An exam, for the course's instructors."""
    access = staff_exam_for(user, slug, name)
    if not access.may_enter:
        raise NotYours(f"exam {name} of {slug} as instructor")
    return access


def regrade_for(user: User, slug: str, homework: str, pk: int, now: datetime) -> RegradeAccess:
    """A regrade of a homework, for the course's staff."""
    access = staff_assignment_for(user, slug, homework, now)
    rows = access.assignment.regrades.select_related("version", "author", "decided_by")
    regrade = rows.filter(pk=pk).first()
    if regrade is None:
        raise NotYours(f"regrade {pk} of {homework} of {slug}")
    regrade.assignment = access.assignment
    return RegradeAccess(access.course, access.membership, access.assignment, regrade)


def deciding_regrade_for(
    user: User, slug: str, homework: str, pk: int, now: datetime
) -> RegradeAccess:
    """A regrade, for the instructors, who decide whether it counts."""
    access = regrade_for(user, slug, homework, pk, now)
    if not access.is_instructor:
        raise NotYours(f"regrade {pk} of {homework} of {slug} as instructor")
    return access


def line_item_for(user: User, slug: str, pk: int) -> LineItemAccess:
    """A column of a platform that a course's grades go to, for the course's staff."""
    access = staff_course_for(user, slug)
    items = LineItem.objects.filter(context__course=access.course, gone_at=None, pk=pk)
    item = items.select_related("context__deployment__platform", "assignment", "exam").first()
    if item is None:
        raise NotYours(f"line item {pk} of {slug}")
    return LineItemAccess(access.course, access.membership, item)


def lms_context_for(user: User, slug: str, pk: int) -> LtiContext:
    """A platform's course that is connected with this one, for the course's instructors."""
    access = instructor_course_for(user, slug)
    contexts = LtiContext.objects.filter(course=access.course, pk=pk)
    context = contexts.select_related("deployment__platform", "course").first()
    if context is None:
        raise NotYours(f"lti context {pk} of {slug}")
    return context


def staff_extension_for(user: User, slug: str, pk: int) -> tuple[CourseAccess, Extension]:
    """An extension of a course, for its staff."""
    access = staff_course_for(user, slug)
    rows = Extension.objects.filter(pk=pk, assignment__course=access.course)
    people = ("assignment__course", "student__user", "section", "author", "revoked_by")
    extension = rows.select_related(*people).first()
    if extension is None:
        raise NotYours(f"extension {pk} of {slug}")
    return access, extension


def submission_for(user: User, pk: int) -> SubmissionAccess:
    """A submission: for the student who handed it in, and for the course's staff."""
    memberships = Membership.objects.filter(user=user, active=True)
    own = Q(student__in=memberships)
    staff = Q(assignment__course__in=memberships.filter(role__in=STAFF).values("course"))
    submission = (
        Submission.objects.filter(own | staff, pk=pk)
        .select_related("assignment__course", "assignment__version", "student__user")
        .first()
    )
    if submission is None:
        raise NotYours(f"submission {pk}")
    course = submission.assignment.course
    membership = memberships.get(course=course)
    return SubmissionAccess(course, membership, submission.assignment, submission)


def staff_submission_for(user: User, pk: int) -> SubmissionAccess:
    """A submission, for the staff of its course."""
    access = submission_for(user, pk)
    if not access.is_staff:
        raise NotYours(f"submission {pk} as staff")
    return access
