"""What we are to a platform: our addresses, what we ask it to tell us, and in which of its forms.

Sources: LTI dynamic registration 1.0; Canvas' documents on developer keys and variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TITLE = "Sandglass"
DESCRIPTION = "Homework that is graded by hidden tests, with the reason for every point."
_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPES = (
    f"{_AGS}lineitem",
    f"{_AGS}result.readonly",
    f"{_AGS}score",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
)
CANVAS_CUSTOM = {
    "canvas_user_id": "$Canvas.user.id",
    "sis_user_id": "$Canvas.user.sisSourceId",
    "login_id": "$Canvas.user.loginId",
    "canvas_course_id": "$Canvas.course.id",
    "section_ids": "$Canvas.course.sectionIds",
    "canvas_assignment_id": "$Canvas.assignment.id",
    "due_at": "$Canvas.assignment.dueAt.iso8601",
    "lock_at": "$Canvas.assignment.lockAt.iso8601",
    "points_possible": "$Canvas.assignment.pointsPossible",
    "roles": "$Canvas.membership.roles",
}
"""Variables that Canvas puts in; one that it does not know comes back as it is."""
_COURSE, _ASSIGNMENT = "course_navigation", "assignment_selection"


@dataclass(frozen=True, slots=True)
class Tool:
    """Our site under one origin, as `https://host`."""

    origin: str

    @property
    def login(self) -> str:
        """Where a platform begins."""
        return f"{self.origin}/lti/login"

    @property
    def launch(self) -> str:
        """Where launches arrive, and where links lead."""
        return f"{self.origin}/lti/launch"

    @property
    def deep_link(self) -> str:
        """Where a choice of links leads."""
        return f"{self.origin}/lti/deep-link"

    @property
    def jwks(self) -> str:
        """Our public keys."""
        return f"{self.origin}/lti/jwks"

    @property
    def canvas(self) -> str:
        """The form of a developer key for Canvas."""
        return f"{self.origin}/lti/canvas.json"

    @property
    def domain(self) -> str:
        """The host, with its port."""
        return self.origin.partition("://")[2]

    def canvas_key(self) -> dict[str, Any]:
        """A developer key in the form of Canvas' JSON configuration.

        Links open in a tab of their own: in a frame, many browsers keep no cookie of ours.
        """
        in_course = {
            "placement": _COURSE,
            "message_type": "LtiResourceLinkRequest",
            "target_link_uri": self.launch,
            "text": TITLE,
            "windowTarget": "_blank",
        }
        selection = {
            "placement": _ASSIGNMENT,
            "message_type": "LtiDeepLinkingRequest",
            "target_link_uri": self.deep_link,
            "text": TITLE,
            "selection_width": 800,
            "selection_height": 600,
        }
        return {
            "title": TITLE,
            "description": DESCRIPTION,
            "oidc_initiation_url": self.login,
            "target_link_uri": self.launch,
            "redirect_uris": [self.launch],
            "public_jwk_url": self.jwks,
            "scopes": list(SCOPES),
            "custom_fields": dict(CANVAS_CUSTOM),
            "extensions": [
                {
                    "platform": "canvas.instructure.com",
                    "domain": self.domain,
                    "tool_id": "sandglass",
                    "privacy_level": "public",
                    "settings": {"text": TITLE, "placements": [in_course, selection]},
                }
            ],
        }

    def registration(self, *, canvas: bool) -> dict[str, Any]:
        """What we send to a platform at which we register ourselves."""
        deep_link: dict[str, Any] = {
            "type": "LtiDeepLinkingRequest",
            "target_link_uri": self.deep_link,
            "label": TITLE,
        }
        resource: dict[str, Any] = {"type": "LtiResourceLinkRequest"}
        if canvas:
            resource |= {
                "target_link_uri": self.launch,
                "label": TITLE,
                "placements": [_COURSE],
                "https://canvas.instructure.com/lti/display_type": "new_window",
            }
            deep_link["placements"] = [_ASSIGNMENT]
        return {
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["implicit", "client_credentials"],
            "initiate_login_uri": self.login,
            "redirect_uris": [self.launch],
            "client_name": TITLE,
            "jwks_uri": self.jwks,
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": " ".join(SCOPES),
            "https://purl.imsglobal.org/spec/lti-tool-configuration": {
                "domain": self.domain,
                "description": DESCRIPTION,
                "target_link_uri": self.launch,
                "custom_parameters": dict(CANVAS_CUSTOM) if canvas else {},
                "claims": ["iss", "sub", "name", "email"],
                "messages": [resource, deep_link],
            },
        }
