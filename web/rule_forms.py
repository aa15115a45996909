"""The forms of extensions, slip days, policies and deadlines: what was typed, read and checked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from grader.domain.lateness import Basis, Counted, LatePolicy
from grader.extensions import MOST_DAYS, MOST_REASON, For
from grader.models import Assignment, Course
from grader.student_lookup import StudentLookup
from web.wording import plain

_HUNDRED = Decimal(100)
_WHO = [("student", "One student"), ("section", "A section"), ("everybody", "Everybody")]
_BASES = [("earned", "the points that the upload earns"), ("possible", "the points possible")]
_COUNTED = [("best", "the best upload, after its penalty"), ("latest", "the latest upload")]


class WallTimeField(forms.CharField):
    """A time on the wall of the course's zone, without a zone of its own."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> Any:
        """Read what a browser sends, or somebody types: `2025-02-25T23:59`."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            wall = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(
                f"“{text[:40]}” is no time: write one such as 2025-02-25 23:59."
            ) from error
        if wall.tzinfo is not None:
            raise ValidationError("Write the time in the course's zone, without another one.")
        return wall

    def validate(self, value: Any) -> None:
        """Only that there is one where one is needed."""
        if self.required and value is None:
            raise ValidationError(self.error_messages["required"])

    def run_validators(self, value: Any) -> None:
        """Those of texts do not fit."""


class _Plain(forms.Form):
    """Fields in the page's own looks."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            if isinstance(field.widget, forms.Select) and not isinstance(
                field.widget, forms.RadioSelect
            ):
                field.widget.attrs["class"] = "form-select"
            elif not isinstance(field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "form-control"


class ExtensionForm(_Plain):
    """Whom, which homeworks, until when, and why."""

    who = forms.ChoiceField(label="For whom", choices=_WHO, widget=forms.RadioSelect)
    student = forms.CharField(
        label="Student number or address", required=False, help_text="For one student."
    )
    section = forms.ChoiceField(label="Section", required=False, help_text="For a section.")
    homeworks = forms.MultipleChoiceField(
        label="Homeworks", widget=forms.CheckboxSelectMultiple, choices=[]
    )
    until = WallTimeField(label="Until", required=False)
    days = forms.IntegerField(
        label="Or for so many days",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text="After each homework's own deadline, to the same time of day.",
    )
    reason = forms.CharField(
        label="Reason",
        max_length=MOST_REASON,
        help_text="Staff read it, and who asks for all that is held of them.",
    )

    def __init__(self, course: Course, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._course = course
        self._homeworks = {row.slug: row for row in course.assignments.select_related("course")}
        self._sections = {row.name: row for row in course.sections.order_by("name")}
        names = [("", "—"), *((name, name) for name in self._sections)]
        self.fields["section"].choices = names  # type: ignore[attr-defined]
        self.fields["homeworks"].choices = [  # type: ignore[attr-defined]
            (slug, row.title) for slug, row in self._homeworks.items()
        ]
        self.fields["until"].help_text = f"In the time of the course: {course.timezone}."

    def clean(self) -> dict[str, Any]:
        """Whom it is for, and until when, where each goes by one of two fields."""
        cleaned = super().clean() or {}
        if cleaned.get("who"):
            cleaned["whom"] = self._whom(cleaned)
        if not self.errors.keys() & {"until", "days"} and (
            (cleaned.get("until") is None) == (cleaned.get("days") is None)
        ):
            self.add_error("until", "Write either until when, or for how many days.")
        cleaned["chosen"] = [self._homeworks[slug] for slug in cleaned.get("homeworks", ())]
        return cleaned

    def _whom(self, cleaned: dict[str, Any]) -> For:
        if cleaned["who"] == "student":
            try:
                return For(student=StudentLookup(self._course).student(cleaned.get("student", "")))
            except ValueError as error:
                self.add_error("student", _sentence(error))
        elif cleaned["who"] == "section":
            section = self._sections.get(cleaned.get("section", ""))
            if section is not None:
                return For(section=section)
            self.add_error("section", "Choose a section.")
        return For()


class SlipDaysForm(_Plain):
    """So many slip days of a student on a homework, set by staff."""

    student = forms.CharField(label="Student number or address")
    homework = forms.ChoiceField(label="Homework")
    days = forms.IntegerField(label="Slip days", min_value=0, max_value=MOST_DAYS)

    def __init__(self, course: Course, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._course = course
        self._homeworks = {row.slug: row for row in course.assignments.select_related("course")}
        self.fields["homework"].choices = [  # type: ignore[attr-defined]
            (slug, row.title) for slug, row in self._homeworks.items()
        ]

    def clean(self) -> dict[str, Any]:
        """The rows that are meant."""
        cleaned = super().clean() or {}
        if "student" in cleaned:
            try:
                cleaned["member"] = StudentLookup(self._course).student(cleaned["student"])
            except ValueError as error:
                self.add_error("student", _sentence(error))
        cleaned["chosen"] = self._homeworks.get(cleaned.get("homework", ""))
        return cleaned


class PolicyForm(_Plain):
    """A late policy; shares are written in per cent."""

    rate = forms.DecimalField(
        label="Each begun period costs (%)", min_value=0, max_value=100, decimal_places=6
    )
    period_hours = forms.IntegerField(
        label="Hours of a period", min_value=1, max_value=8784, help_text="24 is a day."
    )
    grace_minutes = forms.IntegerField(
        label="Minutes of grace",
        min_value=0,
        max_value=527_040,
        help_text="Who misses them is as late as without them.",
    )
    floor = forms.DecimalField(
        label="However late, at least so much is kept (%)",
        min_value=0,
        max_value=100,
        decimal_places=6,
    )
    cutoff_days = forms.IntegerField(
        label="Last late period in which uploads are taken",
        required=False,
        min_value=0,
        max_value=10_000,
        help_text="Empty takes them for ever; 0 takes none after the deadline.",
    )
    basis = forms.ChoiceField(label="Costs are taken of", choices=_BASES)
    counted = forms.ChoiceField(label="What counts is", choices=_COUNTED)
    slip_days = forms.IntegerField(
        label="Slip days of each student",
        min_value=0,
        max_value=MOST_DAYS,
        help_text="Late periods for free in the whole course.",
    )

    def policy(self) -> LatePolicy:
        """What a sound form says."""
        values = self.cleaned_data
        return LatePolicy(
            rate=values["rate"] / _HUNDRED,
            period_hours=values["period_hours"],
            grace_minutes=values["grace_minutes"],
            floor=values["floor"] / _HUNDRED,
            cutoff_days=values["cutoff_days"],
            basis=Basis(values["basis"]),
            counted=Counted(values["counted"]),
            slip_days=values["slip_days"],
        )


class DeadlineForm(_Plain):
    """When a homework is due, in the course's zone."""

    due = WallTimeField(label="New deadline")


def policy_values(policy: LatePolicy) -> dict[str, Any]:
    """What the fields show of a policy."""
    return {
        "rate": plain(policy.rate * _HUNDRED),
        "period_hours": policy.period_hours,
        "grace_minutes": policy.grace_minutes,
        "floor": plain(policy.floor * _HUNDRED),
        "cutoff_days": "" if policy.cutoff_days is None else policy.cutoff_days,
        "basis": policy.basis.value,
        "counted": policy.counted.value,
        "slip_days": policy.slip_days,
    }


def deadline_values(assignment: Assignment) -> dict[str, Any]:
    """What the field shows of a deadline."""
    local = assignment.due_at.astimezone(assignment.course.zone)
    return {"due": f"{local:%Y-%m-%dT%H:%M}"}


def _sentence(error: ValueError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
