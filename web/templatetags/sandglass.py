"""Filters and tags for points, times and the colours of a page."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from grader import logs
from grader.domain.lateness import CostNow, LatePolicy
from web import policy as policy_words
from web import wording

register = template.Library()
THEMES = ("auto", "light", "dark")


@register.filter
def points(number: Decimal) -> str:
    """Points without empty places: `87.5`, `100`."""
    return wording.plain(number)


@register.filter
def signed(number: Decimal) -> str:
    """A change of points with its sign: `+2.5`, `0`."""
    sign = "+" if number > 0 else "\N{MINUS SIGN}" if number < 0 else ""
    return f"{sign}{wording.plain(abs(number))}"


@register.filter
def minus(word: str) -> str:
    """The name of an order, backwards: `change` is `-change`."""
    return f"-{word}"


@register.filter
def points_word(number: Decimal) -> str:
    """Points with their word: `1 point`, `2.5 points`."""
    return f"{wording.plain(number)} point{'' if number == 1 else 's'}"


@register.filter
def per_cent(share: Decimal) -> str:
    """A share of one in hundredths: `20 %`."""
    return wording.per_cent(share)


@register.filter
def moment(value: datetime, zone: ZoneInfo) -> SafeString:
    """A time in the course's zone; the page's script adds the reader's own where it differs."""
    return format_html(
        '<time datetime="{}" data-local="{}">{}</time>',
        value.isoformat(),
        zone.key,
        wording.moment(value, zone),
    )


@register.filter
def until(value: datetime, now: datetime) -> SafeString:
    """How long it is until then: `2 days 3 hours`; the page's script counts it down."""
    return format_html(
        '<time datetime="{}" data-countdown>{}</time>', value.isoformat(), wording.span(value - now)
    )


@register.filter
def lasting(length: timedelta) -> str:
    """How long something has lasted, for staff: `40 s`, `3 min`, `2 h 5 min`."""
    return wording.lasting(length)


@register.filter
def ago(length: timedelta) -> str:
    """The same, of what is over: `3 min ago`."""
    return f"{wording.lasting(length)} ago"


@register.filter
def zone_name(zone: ZoneInfo) -> str:
    """A zone as people say it: `Hong Kong time`."""
    return wording.zone_name(zone)


@register.filter
def counted(number: int, word: str) -> str:
    """A number of things: `1 day`, `2 days`."""
    return wording.count(number, word)


@register.filter
def rest(share: Decimal) -> Decimal:
    """What a share leaves of the whole: what is lost, where `share` is kept."""
    return 1 - share


@register.filter
def loss_now(cost: CostNow, policy: LatePolicy) -> str:
    """What an upload at this moment loses, as one sentence."""
    return policy_words.loss_now(cost, policy)


@register.simple_tag(takes_context=True)
def theme_attributes(context: dict[str, Any]) -> SafeString:
    """The attributes of `<html>` that choose its colours, by the reader's cookie.

    A page for an error is rendered without a request and follows the system.
    """
    request = context.get("request")
    cookie = request.COOKIES.get("theme", "") if request else ""
    theme = cookie if cookie in THEMES else "auto"
    shown = "dark" if theme == "dark" else "light"
    return format_html('data-theme="{}" data-bs-theme="{}"', theme, shown)


@register.simple_tag
def request_number() -> str:
    """The number of this request in the log; nothing where there is none."""
    return str(logs.told().get("request", ""))
