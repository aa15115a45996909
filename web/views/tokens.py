"""A person's tokens: what there are, a new one, and taking one back."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from grader import api_tokens
from grader.api_tokens import Made, TokenRefused
from grader.models import User
from web.forms import TokenForm


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The reader's tokens; by POST, one more, whose text is shown this once."""
    assert request.user.is_authenticated
    if request.method != "POST":
        return _show(request, request.user, TokenForm())
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _show(request, request.user, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        made = api_tokens.make(
            request.user,
            form.cleaned_data["name"],
            form.allowed,
            timedelta(days=form.cleaned_data["days"]),
            now=timezone.now(),
        )
    except TokenRefused as error:
        form.add_error(None, str(error))
        return _show(request, request.user, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _show(request, request.user, TokenForm(), made)


@require_POST
def revoke(request: HttpRequest, *, pk: int) -> HttpResponseRedirect:
    """Take one of the reader's tokens back; who has it is refused from now on."""
    assert request.user.is_authenticated
    if api_tokens.revoke(request.user, pk, now=timezone.now()):
        messages.success(request, "The token was taken back: it is good for nothing any more.")
    return HttpResponseRedirect(reverse("tokens"), status=HTTPStatus.SEE_OTHER)


def _show(
    request: HttpRequest,
    user: User,
    form: TokenForm,
    made: Made | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "tokens": api_tokens.valid(user, now=timezone.now()),
        "form": form,
        "made": made,
        "service": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "web/tokens.html", context, status=status)
