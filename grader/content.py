"""A folder of course content, into the database: the course, its homeworks and their versions.

Everything is read and checked before anything is written, and written in one transaction. A second
run with the same folder changes nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from assignments.course import COURSE, load_course
from assignments.errors import AssignmentInvalid, Fault
from assignments.loader import DECLARATION, load_assignment
from assignments.spec import AssignmentSpec, CalendarEntry, CourseSpec, ExamSpec, LatePolicySpec
from grader.domain.lateness import Basis, Counted, LatePolicy
from grader.exams import current_points
from grader.models import Assignment, AuditEntry, Course, Exam
from grader.pipeline.extend import rescore_course
from grader.rule_changes import differences, note_deadline, put_in_force
from grader.versions import store_version

_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Content:
    """A folder without a fault: the course, and the homeworks that have a folder in it."""

    folder: Path
    course: CourseSpec
    homeworks: Mapping[str, AssignmentSpec]

    @property
    def calendar(self) -> list[CalendarEntry]:
        """The homeworks' dates, in order; an exam has none of a homework's."""
        return [entry for entry in self.course.calendar if entry.due is not None]


class ContentInvalid(Exception):  # noqa: N818 - it names a state, as `AssignmentInvalid` does
    """A folder that cannot be used; says all that is wrong with each part of it."""

    def __init__(self, parts: Iterable[AssignmentInvalid]) -> None:
        self.parts = tuple(parts)
        super().__init__("\n".join(map(str, self.parts)))


class InUse(Exception):  # noqa: N818 - the same
    """What students were graded by cannot simply be changed."""


class VersionInUse(InUse):
    """Another version cannot take the place of one that students were graded by."""


class ExamInUse(InUse):
    """An exam cannot give fewer points than somebody has in it."""


def read_content(folder: Path) -> Content:
    """Read `course.toml` and each homework beside it, or raise `ContentInvalid` with all faults."""
    invalid: list[AssignmentInvalid] = []
    course: CourseSpec | None = None
    homeworks: dict[str, AssignmentSpec] = {}
    with _noted(invalid):
        course = load_course(folder)
    for homework in _homework_folders(folder):
        with _noted(invalid):
            homeworks[homework.name] = load_assignment(homework)
    with _noted(invalid):
        _check_dates(course, homeworks)
    if course is None or invalid:
        raise ContentInvalid(invalid)
    return Content(folder, course, homeworks)


@contextmanager
def _noted(invalid: list[AssignmentInvalid]) -> Iterator[None]:
    try:
        yield
    except AssignmentInvalid as error:
        invalid.append(error)


def _homework_folders(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{DECLARATION}"))


def _check_dates(course: CourseSpec | None, homeworks: Mapping[str, AssignmentSpec]) -> None:
    """What neither the calendar nor a homework's folder can know alone."""
    if course is None:
        return
    dated = [entry for entry in course.calendar if entry.due is not None]
    faults = [
        Fault(COURSE, "calendar", f"has no opens for {entry.id!r}.", "Write when it opens.")
        for entry in dated
        if entry.opens is None
    ]
    faults += [
        Fault(COURSE, "calendar", f"has no dates for {slug!r}.", "Add its opens and due.")
        for slug in sorted(homeworks.keys() - {entry.id for entry in dated})
    ]
    if faults:
        raise AssignmentInvalid(COURSE, faults)


@transaction.atomic
def sync(content: Content, slug: str, *, publish: bool, rules: bool = False) -> list[str]:
    """Write the course and its homeworks; what was done, a sentence each.

    Only with `rules` are another late policy and other deadlines taken over: staff may have changed
    them on their pages. Everything is then scored again.

    Only with `publish` does a new version of a homework come into force. Where students have
    submitted to another one it does not: `InUse`, and nothing is written.
    """
    course, said = _sync_course(content.course, slug, rules=rules)
    refused: list[str] = []
    for position, entry in enumerate(content.calendar, start=1):
        spec = content.homeworks.get(entry.id)
        assignment, done = _sync_assignment(course, entry, position, spec, rules=rules)
        if spec is not None:
            try:
                done.append(_sync_version(assignment, content.folder / entry.id, publish=publish))
            except VersionInUse as error:
                refused.append(str(error))
        said.append(f"{entry.id}: {'; '.join(done)}.")
    try:
        said += _sync_exams(course, content.course.exams)
    except ExamInUse as error:
        refused.append(str(error))
    if refused:
        raise InUse("\n".join(refused))
    if rules:
        rescore_course(course.assignments.all())
    return said + _left_alone(course, content.calendar)


def late_policy(spec: LatePolicySpec) -> LatePolicy:
    """The policy as the grader applies it."""
    values = dataclasses.asdict(spec)
    return LatePolicy(
        **{**values, "basis": Basis(spec.basis), "counted": Counted(spec.counted)},
    )


def _sync_course(spec: CourseSpec, slug: str, *, rules: bool) -> tuple[Course, list[str]]:
    policy = late_policy(spec.late)
    values = {
        "code": spec.code,
        "title": spec.title,
        "timezone": spec.timezone,
        "weights": [{**dataclasses.asdict(w), "each": str(w.each)} for w in spec.weights],
    }
    course = Course.objects.filter(slug=slug).first()
    if course is None:
        made = Course.objects.create(slug=slug, late_policy=policy, **values)
        return made, [f"{slug}: made."]
    said = [f"{slug}: {_changes(_update(course, values))}."]
    if course.late_policy != policy:
        said.append(f"{slug}: {_sync_policy(course, policy, rules=rules)}.")
    return course, said


def _sync_policy(course: Course, policy: LatePolicy, *, rules: bool) -> str:
    told = ", ".join(
        f"{name} {_value(new)} instead of {_value(old)}"
        for name, old, new in differences(course.late_policy, policy)
    )
    if not rules:
        return f"another late policy ({told}) is left alone (--rules)"
    put_in_force(course, policy, author=None)
    return f"another late policy is in force ({told})"


def _value(value: object) -> str:
    return "none" if value is None else str(value)


def _sync_assignment(
    course: Course,
    entry: CalendarEntry,
    position: int,
    spec: AssignmentSpec | None,
    *,
    rules: bool,
) -> tuple[Assignment, list[str]]:
    assert entry.opens is not None
    assert entry.due is not None
    values = {"title": spec.title if spec else entry.title, "position": position}
    without = [] if spec else ["no folder yet, so it has dates and no content"]
    assignment = course.assignments.filter(slug=entry.id).first()
    if assignment is None:
        dates = {"opens_at": entry.opens, "due_at": entry.due}
        made = Assignment.objects.create(course=course, slug=entry.id, **values, **dates)
        return made, [f"made, due {_minute(entry.due)}", *without]
    taken, told = _dates(assignment, entry.opens, entry.due, rules=rules)
    changed = _update(assignment, {**values, **taken})
    return assignment, [_changes(changed), told, *without]


def _dates(
    assignment: Assignment, opens: datetime, due: datetime, *, rules: bool
) -> tuple[dict[str, datetime], str]:
    """What is taken of a homework's dates, and what is said. The two go together."""
    zone = assignment.course.zone
    if due == assignment.due_at:
        return {"opens_at": opens}, f"due {_minute(due)}"
    before = _minute(assignment.due_at.astimezone(zone))
    if not rules:
        return {}, f"due {before}, and {_minute(due)} is left alone (--rules)"
    note_deadline(assignment, due, author=None)
    return {"opens_at": opens, "due_at": due}, f"due {_minute(due)} instead of {before}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _sync_version(assignment: Assignment, folder: Path, *, publish: bool) -> str:
    version = store_version(assignment, folder)
    name = f"version {version.digest[:_DIGEST]}"
    if assignment.version_id == version.pk:
        return f"{name} is in force"
    if not publish:
        return f"{name} is stored and not in force (--publish)"
    if assignment.version_id is not None and assignment.submissions.exists():
        raise VersionInUse(
            f"{assignment.slug}: {name} cannot come into force, for students have submitted to "
            "another one. Run this without --publish to store it, and then "
            f"`manage.py regrade {assignment.course.slug} {assignment.slug}`: it grades their work "
            "by it, and shows whose points would change before anything counts."
        )
    assignment.version = version
    assignment.save(update_fields=["version"])
    return f"{name} comes into force"


def _sync_exams(course: Course, specs: Sequence[ExamSpec]) -> list[str]:
    """One row for each exam of the weights; one that is none any more goes while it is empty."""
    said, refused = [], []
    for position, spec in enumerate(specs, start=1):
        try:
            said.append(f"{spec.id}: {_sync_exam(course, spec, position)}.")
        except ExamInUse as error:
            refused.append(str(error))
    if refused:
        raise ExamInUse("\n".join(refused))
    gone = course.exams.exclude(slug__in=[spec.id for spec in specs])
    return said + [
        f"{exam.slug}: not among the weights any more; {_remove(exam)}." for exam in gone
    ]


def _sync_exam(course: Course, spec: ExamSpec, position: int) -> str:
    values = {
        "title": spec.title,
        "group": spec.group,
        "position": position,
        "held_on": spec.date,
        "possible": spec.points,
    }
    day = f"on {spec.date:%Y-%m-%d}" if spec.date else "without a day yet"
    exam = course.exams.filter(slug=spec.id).first()
    if exam is None:
        Exam.objects.create(course=course, slug=spec.id, **values)
        return f"made, {day}"
    # Nobody enters points by the old maximum meanwhile.
    exam = Exam.objects.select_for_update(no_key=True).get(pk=exam.pk)
    most = max(current_points(exam).values(), default=None)
    if most is not None and most > spec.points:
        raise ExamInUse(
            f"{spec.id}: somebody has {most} points in it, which is more than {spec.points}. Give "
            "it at least as many points, or correct the scores first."
        )
    changed = _update(exam, values)
    if changed:
        _note_changed_exam(exam, changed)
    return f"{_changes(changed)}; {day}"


def _note_changed_exam(exam: Exam, changed: list[str]) -> None:
    AuditEntry.objects.create(
        course=exam.course,
        action="exam.changed",
        subject=f"exam {exam.pk}",
        detail={"changed": changed, "possible": str(exam.possible), "group": exam.group},
    )


def _remove(exam: Exam) -> str:
    """Take an exam away that holds nothing of anybody's."""
    try:
        exam.delete()
    except ProtectedError:
        return "it stays as it is, for it holds points or decisions"
    return "removed"


def _update(row: Course | Assignment | Exam, values: Mapping[str, Any]) -> list[str]:
    """Write what differs; the names of these columns."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    return changed


def _changes(changed: list[str]) -> str:
    return f"changed {', '.join(changed)}" if changed else "unchanged"


def _left_alone(course: Course, calendar: list[CalendarEntry]) -> list[str]:
    gone = course.assignments.exclude(slug__in=[entry.id for entry in calendar])
    return [f"{row.slug}: not in the calendar any more; it stays as it is." for row in gone]
