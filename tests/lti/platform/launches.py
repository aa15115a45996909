"""Launches: the login that the platform begins, the message that it signs, and the way back."""

from __future__ import annotations

import html
import time
from typing import Any

import jwt
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.request import Request as LibraryRequest

from tests.lti.platform.http import Answer, Refused, Request, html_answer
from tests.lti.platform.keys import Configuration, Keys
from tests.lti.platform.personality import Personality
from tests.lti.platform.world import CONTEXT, Item, Link, World

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
DEEP_LINKING = "deep-linking"
"""The message hint of a teacher who picks what to put into the course."""
KNOWN = {
    "scope",
    "response_type",
    "response_mode",
    "prompt",
    "client_id",
    "redirect_uri",
    "login_hint",
    "lti_message_hint",
    "state",
    "nonce",
}
MUST_BE = {
    "scope": "openid",
    "response_type": "id_token",
    "response_mode": "form_post",
    "prompt": "none",
}


class Login(OIDCLoginAbstract):  # type: ignore[misc]
    """The library's first step, which gives an address to go to."""

    def set_lti_message_hint(self, **facts: Any) -> None:
        self._lti_message_hint = facts["hint"]

    def get_redirect(self, url: str) -> str:
        return url


class _Asked(LibraryRequest):  # type: ignore[misc]
    def build_metadata(self, request: Request) -> dict[str, Any]:
        form = request.form if request.method == "POST" else {}
        return {"get_data": dict(request.query), "form_data": form}


class Message(LTIAdvantageMessageLaunchAbstract):  # type: ignore[misc]
    """The library's last step, which gives the fields of the form."""

    def render_launch_form(self, launch_data: dict[str, Any], **_facts: Any) -> dict[str, Any]:
        return launch_data


class Launches:
    """The road of a launch, there and back."""

    def __init__(self, personality: Personality, world: World, keys: Keys) -> None:
        self._is, self._world, self._keys = personality, world, keys

    def begin(self, request: Request) -> Answer:
        """A click on a link: `?user=101&link=link-1`, or `&link=deep-linking`."""
        login = Login(None, self._configuration())
        link = self._world.links.get(request.query["link"])
        if link and link.url:
            login.set_launch_url(link.url)
        login.set_lti_message_hint(hint=request.query["link"])
        where = login.initiate_login(request.query["user"]) + self._is.more_of_login()
        return Answer(302, b"", {"Location": where})

    def authorise(self, request: Request) -> Answer:
        """What the tool sends the browser back with; the answer posts the message by itself."""
        asked = request.form if request.method == "POST" else dict(request.query)
        self._look_at(asked)
        configuration = self._configuration()
        message = Message(_Asked(request), configuration)
        self._fill(message, asked["login_hint"], asked["lti_message_hint"])
        fields = message.lti_launch()
        return html_answer(
            _form(
                fields["launch_url"],
                id_token=self._changed(fields["id_token"]),
                state=fields["state"],
            )
        )

    def deep_linked(self, request: Request) -> Answer:
        """Take what a teacher picked: signed by the tool, for us, once, with our data in it."""
        configuration = self._configuration()
        token = request.form["JWT"]
        try:
            items = configuration.validate_deeplinking_resp({"JWT": token})
        except Exception as error:  # the library has many
            raise Refused(400, str(error)) from error
        said = jwt.decode(token, options={"verify_signature": False})
        tool = self._world.tool
        wrong = [
            name
            for name, is_good in (
                ("iss", said.get("iss") == tool.client_id),
                ("aud", self._is.issuer in (said.get("aud"), *_listed(said.get("aud")))),
                ("exp", said.get("exp", 0) > time.time()),
                ("nonce", bool(said.get("nonce")) and said["nonce"] not in self._world.spent),
                ("deployment", said.get(f"{CLAIM}deployment_id") == tool.deployment_id),
                ("version", said.get(f"{CLAIM}version") == "1.3.0"),
                ("data", said.get(f"{DEEP}data") == "what the tool gives back"),
            )
            if not is_good
        ]
        if wrong:
            raise Refused(400, f"wrong in the message: {', '.join(wrong)}")
        self._world.spent.add(said["nonce"])
        self._world.deep_links.append(items)
        for item in items:
            self._put(item)
        return html_answer(f"<p>{len(items)} added</p>")

    def _put(self, item: dict[str, Any]) -> None:
        name = f"link-{len(self._world.links) + 1}"
        link = Link(item.get("title", ""), item.get("url", ""), item.get("custom", {}))
        if column := item.get("lineItem"):
            maximum = float(column["scoreMaximum"])
            label = column.get("label") or link.title
            made = Item(label, maximum, column.get("resourceId", ""), column.get("tag", ""), name)
            link.item = self._world.add(made)
        self._world.links[name] = link

    def _configuration(self) -> Configuration:
        return Configuration(self._is.issuer, self._world.tool, self._keys)

    def _look_at(self, asked: dict[str, str]) -> None:
        if stray := set(asked) - KNOWN:
            raise Refused(400, f"not known here: {', '.join(sorted(stray))}")
        for name, value in MUST_BE.items():
            if asked.get(name) != value:
                raise Refused(400, f"{name} is not {value}")
        if asked.get("redirect_uri") != self._world.tool.launch_url:
            raise Refused(400, "redirect_uri is not registered")
        if asked.get("login_hint") not in self._world.people:
            raise Refused(400, "login_hint is nobody")

    def _fill(self, message: Message, user: str, link: str) -> None:
        person = self._world.people[user]
        roles = self._is.launch_roles(person)
        message.set_user_data(user, roles, person.name, person.email)
        message.set_launch_context_claim(
            CONTEXT,
            ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
            "Large-Scale Machine Learning",
            "COMP4551",
        )
        message.set_nrps(self._is.members_url)
        message.set_extra_claims(self._is.more_claims(user, person))
        if link == DEEP_LINKING:
            message.set_dl(
                self._is.deep_link_url,
                accept_types={"ltiResourceLink"},
                extra_data="what the tool gives back",
            )
            item = ""
        else:
            known = self._world.links[link]
            message.set_resource_link_claim(link, title=known.title)
            message.set_custom_parameters_claim(self._is.custom(user, person, known))
            if known.url:
                message.set_launch_url(known.url)
            item = known.item
        message.set_ags(self._is.items_url, self._is.item_url(item) if item else None)
        message.set_id_token_expiration(self._is.token_seconds)

    def _changed(self, token: str) -> str:
        """The token, or a forgery of it: `claims` over its own (null takes one away), `header`.

        `repeat` is a token that was used before.
        """
        change, self._world.change = self._world.change, {}
        if not change:
            return token
        claims = jwt.decode(token, options={"verify_signature": False})
        claims.update(change.get("claims", {}))
        kept = {name: value for name, value in claims.items() if value is not None}
        return change.get("repeat") or self._keys.sign(kept, change.get("header"))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else []


def _form(action: str, **fields: str) -> str:
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
        for name, value in fields.items()
    )
    return (
        f'<form method="post" action="{html.escape(action)}">{inputs}<button>Go on</button></form>'
        "<script>document.forms[0].submit()</script>"
    )
