"""The form by which the instructor decides about one grade. Its limits are those of the act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from grader.access import StudentAccess
from grader.domain.gradebook import Cell, Column
from grader.domain.overrides import OverrideKind
from grader.errors import OverrideRefused
from grader.models import User
from grader.overrides import decide

_KINDS: list[tuple[str, str]] = [
    (OverrideKind.POINTS.value, "These are the final points"),
    (OverrideKind.EXCUSED.value, "Excused: it does not count for this student"),
    (OverrideKind.LIFTED.value, "Lift the override: the computed grade counts again"),
]


class OverrideForm(forms.Form):
    """What is decided, of how many points, and why."""

    kind = forms.ChoiceField(
        choices=_KINDS,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={"required": "Choose what you decide."},
    )
    points = forms.DecimalField(
        required=False,
        max_digits=7,
        decimal_places=2,
        error_messages={
            "invalid": "Write the points as a number, like 87.5.",
            "max_decimal_places": "Points have at most two places after the point.",
        },
    )
    extra = forms.BooleanField(required=False)
    reason = forms.CharField(
        error_messages={"required": "Write a reason: the student reads it after the release."}
    )

    def decide(self, access: StudentAccess, column: Column, author: User, now: datetime) -> bool:
        """Do what the form says; where it cannot be, the form says why."""
        if not self.is_valid():
            return False
        said: dict[str, Any] = self.cleaned_data
        try:
            decide(
                access.student,
                column,
                OverrideKind(said["kind"]),
                points=said["points"],
                extra=said["extra"],
                reason=said["reason"],
                author=author,
                now=now,
            )
        except OverrideRefused as refused:
            for name, sentence in refused.sentences.items():
                self.add_error(name, sentence)
            return False
        return True


def empty_form(cell: Cell) -> OverrideForm:
    """The form as it begins: with the points that count now."""
    return OverrideForm(initial={"kind": OverrideKind.POINTS.value, "points": cell.final})
