"""What a launch says, typed: the claims of a token that has been checked, and nothing else of it.

Sources: LTI 1.3 core §5.3, Deep Linking 2.0 §4.4, AGS 2.0 §3.1, NRPS 2.0 §3.6.1.1. A value that
begins with `$` is a variable that the platform did not know, and counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from grader.lti.refusals import LtiRefused

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
VERSION = "1.3.0"
RESOURCE, DEEP_LINK, REVIEW = (
    "LtiResourceLinkRequest",
    "LtiDeepLinkingRequest",
    "LtiSubmissionReviewRequest",
)
MESSAGES = (RESOURCE, DEEP_LINK, REVIEW)
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
"""The role of Canvas' student in the student view."""
_LONGEST_ID, _LONGEST_TITLE, _LONGEST_URL = 255, 500, 1000


@dataclass(frozen=True, slots=True)
class DeepLinkAsked:
    """What a platform wants back, when it lets staff choose what a link leads to."""

    return_url: str
    data: str
    """To be given back as it is."""
    several: bool
    line_items: bool
    """Whether a link may bring a column along."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch. What is empty was not said."""

    message: str
    subject: str
    deployment_id: str
    context_id: str
    context_title: str = ""
    link_id: str = ""
    link_title: str = ""
    assignment: str = ""
    """The homework, as the link was made with it: `custom.assignment`."""
    name: str = ""
    number: str = ""
    """The person's number in the school's own system: `lis.person_sourcedid`."""
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    line_items_url: str = ""
    line_item_url: str = ""
    memberships_url: str = ""
    due_at: str = ""
    """A deadline that the platform keeps itself, as our custom parameter `due_at` said."""
    for_subject: str = ""
    """Whose submission is to be looked at."""
    return_url: str = ""
    deep_link: DeepLinkAsked | None = field(default=None)

    def to_json(self) -> dict[str, Any]:
        """For a column."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Out of the column."""
        asked = said.get("deep_link")
        whole = {
            **said,
            "roles": tuple(said["roles"]),
            "scopes": tuple(said["scopes"]),
            "deep_link": DeepLinkAsked(**asked) if asked else None,
        }
        return cls(**whole)


def read_launch(claims: Mapping[str, Any]) -> Launch:
    """The launch that a token tells. Raises `LtiRefused` for what must be there and is not."""
    message = text(claims, f"{CLAIM}message_type")
    if message not in MESSAGES:
        raise LtiRefused("message unknown")
    subject = text(claims, "sub", _LONGEST_ID)
    if not subject:
        raise LtiRefused("anonymous")
    roles = _texts(claims, f"{CLAIM}roles")
    if TEST_USER in roles:
        raise LtiRefused("test student")
    context, link = _part(claims, f"{CLAIM}context"), _part(claims, f"{CLAIM}resource_link")
    context_id, link_id = text(context, "id", _LONGEST_ID), text(link, "id", _LONGEST_ID)
    if not context_id:
        raise LtiRefused("context missing")
    if message == RESOURCE and not link_id:
        raise LtiRefused("link missing")
    custom, scores = _part(claims, f"{CLAIM}custom"), _part(claims, AGS)
    members, presented = _part(claims, NRPS), _part(claims, f"{CLAIM}launch_presentation")
    return Launch(
        message=message,
        subject=subject,
        deployment_id=text(claims, f"{CLAIM}deployment_id", _LONGEST_ID),
        context_id=context_id,
        context_title=(text(context, "title") or text(context, "label"))[:_LONGEST_TITLE],
        link_id=link_id,
        link_title=text(link, "title")[:_LONGEST_TITLE],
        assignment=text(custom, "assignment", _LONGEST_ID),
        name=text(claims, "name")[:_LONGEST_TITLE],
        number=text(_part(claims, f"{CLAIM}lis"), "person_sourcedid", _LONGEST_ID),
        roles=roles,
        scopes=_texts(scores, "scope"),
        line_items_url=_web_address(scores, "lineitems"),
        line_item_url=_web_address(scores, "lineitem"),
        memberships_url=_web_address(members, "context_memberships_url"),
        due_at=text(custom, "due_at", _LONGEST_ID),
        for_subject=text(_part(claims, f"{CLAIM}for_user"), "user_id", _LONGEST_ID),
        return_url=_web_address(presented, "return_url"),
        deep_link=_deep_link(claims) if message == DEEP_LINK else None,
    )


def text(claims: Mapping[str, Any], name: str, longest: int = 0) -> str:
    """A claim that is a text; empty where it is none, too long, or an unknown variable."""
    value = claims.get(name)
    if not isinstance(value, str) or value.startswith("$") or "\0" in value:
        return ""
    return "" if longest and len(value) > longest else value.strip()


def _deep_link(claims: Mapping[str, Any]) -> DeepLinkAsked:
    asked = _part(claims, DEEP_LINKING)
    address = _web_address(asked, "deep_link_return_url")
    if not address or "ltiResourceLink" not in _texts(asked, "accept_types"):
        raise LtiRefused("deep link unusable")
    data = asked.get("data")
    return DeepLinkAsked(
        return_url=address,
        data=data if isinstance(data, str) else "",
        several=asked.get("accept_multiple") is True,
        line_items=asked.get("accept_lineitem") is not False,
    )


def _part(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _texts(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = claims.get(name)
    return tuple(v for v in values if isinstance(v, str)) if isinstance(values, list) else ()


def _web_address(claims: Mapping[str, Any], name: str) -> str:
    """An address of the web; of another kind, as `javascript:`, none."""
    value = text(claims, name, _LONGEST_URL)
    return value if value.startswith(("https://", "http://")) else ""
