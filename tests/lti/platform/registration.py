"""Dynamic registration: a tool that makes itself known, with a token that an administrator gave."""

from __future__ import annotations

from tests.lti.platform.http import Answer, Refused, Request, json_answer
from tests.lti.platform.personality import Personality
from tests.lti.platform.world import World

TOKEN = "a registration token"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


def configuration(personality: Personality, world: World) -> Answer:
    """Where everything is."""
    return json_answer(
        {
            "issuer": personality.issuer,
            "authorization_endpoint": personality.url + personality.auth_path,
            "registration_endpoint": f"{personality.url}/register",
            "jwks_uri": personality.url + personality.jwks_path,
            "token_endpoint": personality.token_url,
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", *world.tool.scopes],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public", "pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "iss", "name", "email"],
            PLATFORM: {
                "product_family_code": personality.name,
                "version": "1",
                "messages_supported": [
                    {"type": "LtiResourceLinkRequest"},
                    {"type": "LtiDeepLinkingRequest"},
                ],
                "variables": ["User.id", "Context.id"],
            },
        }
    )


def register(request: Request, world: World) -> Answer:
    """Take a tool's own description of itself."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        raise Refused(401, "this is no registration token")
    asked = request.json
    world.registrations.append(asked)
    tool = world.tool
    tool.login_url = asked["initiate_login_uri"]
    tool.launch_url = asked["redirect_uris"][0]
    tool.jwks_url = asked["jwks_uri"]
    settings = {**asked[TOOL], "deployment_id": tool.deployment_id}
    return json_answer({**asked, "client_id": tool.client_id, TOOL: settings}, status=201)
