"""The forms of accounts. Django's own, with addresses as names and sentences that help."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.core.exceptions import ValidationError

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
