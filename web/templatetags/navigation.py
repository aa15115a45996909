"""The tabs of a course, for templates: `{% block nav %}{% course_nav %}{% endblock %}`."""

from __future__ import annotations

from typing import Any

from django import template

from web.navigation import staff_tabs

register = template.Library()


@register.inclusion_tag("web/course_nav.html", takes_context=True)
def course_nav(context: dict[str, Any]) -> dict[str, Any]:
    """The staff's tabs of the page's `course`; the tab of the page itself is lit."""
    course, match = context["course"], context["request"].resolver_match
    return {"code": course.code, "tabs": list(staff_tabs(course.slug, match.url_name or ""))}
