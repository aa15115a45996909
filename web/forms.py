"""The forms of accounts, Django's own with sentences that help, and that of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.core.exceptions import ValidationError
from django.forms import CharField, Form, IntegerField, MultipleChoiceField

from grader import api_tokens
from grader.api_tokens import Scope
from grader.models import User
from web import mailing


class SignInForm(AuthenticationForm):
    """An address and a password. A closed account is told so only with the right password."""

    error_messages = {  # noqa: RUF012 - Django's own attribute, never changed
        "invalid_login": "This address and this password do not go together. Check both, or have "
        "a new password sent to you by mail.",
        "inactive": "This account is closed. Ask the course's staff to open it again.",
        "passwords_off": "Passwords are off on this site, but for its operators. Sign in by the "
        "other way that the page to sign in offers.",
    }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["username"].label = "E-mail address"
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].error_messages["required"] = "Write your e-mail address."
        self.fields["password"].error_messages["required"] = "Write your password."

    def confirm_login_allowed(self, user: Any) -> None:
        """Not with a closed account, and where passwords are off only as an operator."""
        super().confirm_login_allowed(user)
        if not settings.SANDGLASS_PASSWORDS and not user.is_superuser:
            raise ValidationError(self.error_messages["passwords_off"], code="passwords_off")


class ResetForm(PasswordResetForm):
    """The address that gets a link for a new password."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["email"].label = "E-mail address"
        self.fields["email"].error_messages["required"] = "Write your e-mail address."

    def send_mail(self, *arguments: Any, **words: Any) -> None:
        """Send the link while the answer is on its way: how long it takes tells nobody anything."""
        mailing.post(partial(super().send_mail, *arguments, **words))

    def get_users(self, email: str) -> Iterable[User]:
        """The person of this address, also one who never had a password and gets the first one."""
        return User.objects.filter(email=email.strip().lower(), is_active=True)


class TokenForm(Form):
    """A token for the reader's own programs."""

    name = CharField(
        label="Name",
        max_length=100,
        help_text="What it is for, such as the machine that it lies on.",
        error_messages={"required": "Give the token a name."},
    )
    scopes = MultipleChoiceField(
        label="It may",
        choices=[
            (Scope.READ.value, "see your courses, submissions and results"),
            (Scope.SUBMIT.value, "hand in for you"),
            (Scope.AUTHOR.value, "bring new versions of homeworks, where you are staff"),
        ],
        initial=[Scope.READ.value, Scope.SUBMIT.value],
        error_messages={"required": "Choose what the token may be used for."},
    )
    days = IntegerField(
        label="Days for which it holds",
        min_value=1,
        max_value=api_tokens.LONGEST.days,
        initial=180,
    )

    @property
    def chosen(self) -> set[str]:
        """The scopes whose boxes are ticked, also where the form came back."""
        return set(self["scopes"].value() or ())

    @property
    def allowed(self) -> frozenset[Scope]:
        """The scopes of a form without a fault."""
        return frozenset(map(Scope, self.cleaned_data["scopes"]))
