"""Accounts: sign in and out, reset and change a password. Django's views with our own pages."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from web import rate_limits, sign_in
from web.forms import ResetForm, SignInForm
from web.rate_limits import TooMany
from web.sign_on.offers import LEAVE, offers
from web.views.errors import refused_until, words_for
from web.visitor import address_of

log = logging.getLogger(__name__)

_DAY = 24 * 3600


class SignIn(views.LoginView):
    """An address and a password, or another site that knows who it is; then the page wanted.

    Where passwords are off, the form is shown to who asks for it by its own address: operators get
    in when the provider of single sign-on is away, and nobody else by it.
    """

    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        """The ways in that there are."""
        wanted = self.get_redirect_url()
        asked = "password" in self.request.GET or self.request.method == "POST"
        return super().get_context_data(
            ways=[(offer.name, offer.begun_with(wanted)) for offer in offers()],
            form_shown=settings.SANDGLASS_PASSWORDS or asked,
            **words,
        )

    def post(self, request: HttpRequest, *arguments: Any, **address: Any) -> HttpResponse:
        """Try these two, unless there were too many tries before."""
        email = request.POST.get("username", "").strip()
        try:
            if email:
                sign_in.knock(request, email)
        except TooMany as many:
            return _again_later(self, many, SignInForm(request, initial={"username": email}))
        return super().post(request, *arguments, **address)

    def form_valid(self, form: Any) -> HttpResponse:
        """They go together."""
        response = super().form_valid(form)
        sign_in.opened(self.request, response, form.get_user().email)
        if not settings.SANDGLASS_PASSWORDS:
            log.warning("user %d signed in by a password though they are off", form.get_user().pk)
        return response


class SignOut(views.LogoutView):
    """The end of a session, by POST alone, so that no link or picture can end it."""

    http_method_names = [  # noqa: RUF012 - Django's own attribute, never changed
        "get",
        "post",
        "options",
    ]

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Somebody typed the address: the button is on every page."""
        return redirect("home")

    def post(self, request: HttpRequest, *arguments: Any, **address: Any) -> HttpResponse:
        """End the session; who came by another site is told how to sign out there."""
        leave = request.session.get(LEAVE)
        response = super().post(request, *arguments, **address)
        messages.success(request, "You have signed out.")
        if leave and offers():
            request.session[LEAVE] = leave
            return redirect("signed-out")
        return response


class Reset(views.PasswordResetView):
    """Ask for a link by mail."""

    template_name = "web/password_reset.html"
    email_template_name = "web/mail/password_reset.txt"
    subject_template_name = "web/mail/password_reset_subject.txt"
    extra_email_context = {  # noqa: RUF012 - Django's own attribute, never changed
        "days": settings.PASSWORD_RESET_TIMEOUT // _DAY
    }
    form_class = ResetForm
    success_url = reverse_lazy("password-reset-done")

    def post(self, request: HttpRequest, *arguments: Any, **address: Any) -> HttpResponse:
        """Have the link sent, unless there were many before: nobody's mailbox is filled."""
        email = request.POST.get("email", "").strip()
        try:
            if email:
                rate_limits.take("reset", email.lower())
                rate_limits.take("reset-address", address_of(request))
        except TooMany as many:
            return _again_later(self, many, ResetForm(initial={"email": email}))
        return super().post(request, *arguments, **address)


class ResetDone(views.PasswordResetDoneView):
    """The link is on its way, if the address is known; which it is, nobody is told."""

    template_name = "web/password_reset_done.html"


class ResetConfirm(views.PasswordResetConfirmView):
    """The page behind the link: choose a new password."""

    template_name = "web/password_reset_confirm.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("password-reset-complete")

    def form_valid(self, form: Any) -> HttpResponse:
        """Who reads the person's mail may sign in from this browser, whatever strangers tried."""
        response = super().form_valid(form)
        sign_in.opened(self.request, response, form.user.email)
        return response


class ResetComplete(views.PasswordResetCompleteView):
    """The new password holds."""

    template_name = "web/password_reset_complete.html"


class Change(views.PasswordChangeView):
    """Choose another password, knowing the old one."""

    template_name = "web/password_change.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("home")

    def post(self, request: HttpRequest, *arguments: Any, **address: Any) -> HttpResponse:
        """A session that somebody found open is no way to guess the password either."""
        if not settings.SANDGLASS_PASSWORDS:
            raise Http404
        rate_limits.take("sign-in", str(request.user.pk))
        return super().post(request, *arguments, **address)

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the new password."""
        response = super().form_valid(form)
        messages.success(self.request, "Your new password holds from now on.")
        return response


@never_cache
@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    """The session has ended here; the other site's goes on until its person ends that too."""
    name, address = request.session.pop(LEAVE, ("", ""))
    if not address or request.user.is_authenticated:
        return redirect("home")
    return render(request, "web/signed_out.html", {"name": name, "address": address})


def _again_later(view: Any, many: TooMany, form: Form) -> HttpResponse:
    """The view's own page, and when to try again. The form is an empty one: nothing was tried."""
    response: HttpResponse = view.render_to_response(
        view.get_context_data(form=form, refused=words_for(many))
    )
    return refused_until(response, many)
