"""The answer to a platform that lets staff choose what its links lead to.

Source: IMS Deep Linking 2.0, §4.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from grader.lti.claims import CLAIM, VERSION, DeepLinkAsked, Launch
from grader.lti.keys import sign
from grader.models import Assignment, LtiPlatform

_DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


def chosen(
    platform: LtiPlatform,
    launch: Launch,
    homeworks: Sequence[Assignment],
    *,
    origin: str,
    now: datetime,
) -> str:
    """The signed answer with these homeworks; with none, that nothing was chosen."""
    asked = launch.deep_link
    assert asked is not None, "a launch that asks for no link is not answered with one"
    data = {f"{_DL}data": asked.data} if asked.data else {}
    claims: dict[str, Any] = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "nonce": token_urlsafe(16),
        f"{CLAIM}deployment_id": launch.deployment_id,
        f"{CLAIM}message_type": "LtiDeepLinkingResponse",
        f"{CLAIM}version": VERSION,
        f"{_DL}content_items": [_item(each, asked, origin) for each in homeworks],
        **data,
    }
    return sign(claims, now=now)


def _item(assignment: Assignment, asked: DeepLinkAsked, origin: str) -> dict[str, Any]:
    """A link to a homework, with its column where the platform takes one along."""
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": assignment.title,
        "url": f"{origin}/lti/launch",
        "custom": {"assignment": assignment.slug},
        "window": {"targetName": "_blank"},
    }
    if asked.line_items and assignment.version is not None:
        item["lineItem"] = {
            "label": assignment.title,
            "scoreMaximum": float(assignment.version.points),
            "resourceId": assignment.slug,
        }
    return item
