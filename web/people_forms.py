"""The forms of a course's people: one person, and somebody new."""

from __future__ import annotations

from typing import Any

from django import forms

from grader.domain.roster import LONGEST
from grader.domain.states import Role
from grader.models import Membership, Section
from grader.people import Part

_ROLES = [(role.value, role.value) for role in Role]


class PartForm(forms.Form):
    """What a person is in a course, as fields."""

    name = forms.CharField(max_length=LONGEST["name"])
    number = forms.CharField(
        label="Student number", max_length=LONGEST["number"], required=False, empty_value=""
    )
    section = forms.ModelChoiceField(
        Section.objects.none(), required=False, empty_label="No section"
    )
    role = forms.ChoiceField(choices=_ROLES)

    field_order = ("email", "name", "number", "section", "role", "active")

    def __init__(self, course: int, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        sections = self.fields["section"]
        assert isinstance(sections, forms.ModelChoiceField)
        sections.queryset = Section.objects.filter(course=course).order_by("name")
        for field in self.fields.values():
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if select else "form-control"
            if not select:
                field.widget.attrs["autocomplete"] = "off"

        self.course = course

    def part(self, *, active: bool, name: str = "") -> Part:
        """What was filled in, as the grader takes it."""
        told = self.cleaned_data
        return Part(Role(told["role"]), told["section"], told["number"], active, name)


class PersonForm(PartForm):
    """Somebody who is or was in the course."""

    active = forms.TypedChoiceField(
        label="Takes part",
        choices=[
            ("yes", "yes"),
            ("no", "no: withdrawn, keeps all work, sees nothing of the course"),
        ],
        coerce=lambda word: word == "yes",
    )

    @classmethod
    def of(cls, member: Membership, data: Any = None, *, renames: bool = True) -> PersonForm:
        """The form of one person, as they are or as `data` has it."""
        form = cls(
            member.course_id,
            data,
            initial={
                "name": member.user.name,
                "number": member.student_number,
                "section": member.section_id,
                "role": member.role,
                "active": "yes" if member.active else "no",
            },
        )
        if not renames:
            form.fields["name"].disabled = True
            form.fields["name"].help_text = "Is in other courses too, and keeps this name."
        return form


class NewPersonForm(PartForm):
    """Somebody who comes into the course."""

    email = forms.EmailField(label="E-mail address", max_length=LONGEST["email"])

    def clean_email(self) -> str:
        """An address of somebody who is not of the course, and never was."""
        address = str(self.cleaned_data["email"]).lower()
        rows = Membership.objects.filter(course=self.course, user__email=address)
        if rows.exists():
            raise forms.ValidationError(
                "This person is or was in the course already: look among all people."
            )
        return address
