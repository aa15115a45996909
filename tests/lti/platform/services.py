"""The services for tools: tokens, columns, scores, results, and who is in the course."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import jwt

from tests.lti.platform.http import Answer, Refused, Request, json_answer
from tests.lti.platform.keys import Configuration, Keys
from tests.lti.platform.personality import Personality
from tests.lti.platform.world import AGS, CONTEXT, NRPS, Item, World

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = 300
"""Seconds that an assertion of a tool may hold."""

T = TypeVar("T")


class Services:
    """What a tool may ask for with a token, and the token."""

    def __init__(self, personality: Personality, world: World, keys: Keys) -> None:
        self._is, self._world, self._keys = personality, world, keys

    def token(self, request: Request) -> Answer:
        """A token for what was asked and is allowed; the assertion is really verified."""
        form, tool = request.form, self._world.tool
        if form.get("client_assertion_type") != BEARER:
            raise Refused(400, "invalid_request")
        configuration = Configuration(self._is.issuer, tool, self._keys)
        scopes = self._is.scopes_given(form.get("scope", "").split(), tool.scopes)
        try:
            given = configuration.get_access_token({**form, "scope": " ".join(scopes)})
        except Exception as error:  # the library has many
            raise Refused(400, f"invalid_client: {error}") from error
        said = jwt.decode(form["client_assertion"], options={"verify_signature": False})
        known = {tool.client_id} == {said.get("iss"), said.get("sub")}
        lasts = said.get("exp", 0) - said.get("iat", 0)
        if not known or said.get("aud") != self._is.token_url or not 0 < lasts <= LONGEST:
            raise Refused(400, "invalid_client: iss, sub, aud or exp")
        if said.get("exp", 0) < time.time() or not said.get("jti"):
            raise Refused(400, "invalid_client: exp or jti")
        if said["jti"] in self._world.spent:
            raise Refused(400, "invalid_client: jti was used before")
        self._world.spent.add(said["jti"])
        # Two that are made within a second would be one and the same.
        token = f"{given['access_token']}.{len(self._world.spent)}"
        self._world.tokens.add(token)
        return json_answer({**given, "access_token": token})

    def items(self, request: Request) -> Answer:
        """The columns, or a new one."""
        if request.method == "POST":
            self._allow(request, f"{AGS}lineitem")
            if request.content_type != ITEM:
                raise Refused(400, "wrong media type")
            asked = request.json
            number = self._world.add(
                Item(
                    asked["label"],
                    float(asked["scoreMaximum"]),
                    asked.get("resourceId", ""),
                    asked.get("tag", ""),
                    asked.get("resourceLinkId", ""),
                )
            )
            return json_answer(self._item(number), status=201, kind=ITEM)
        self._allow(request, f"{AGS}lineitem", f"{AGS}lineitem.readonly")
        wanted = request.query.get("resource_id")
        numbers = [
            number
            for number, item in self._world.items.items()
            if wanted is None or item.resource_id == wanted
        ]
        return self._pages(
            request, numbers, self._world.items_on_a_page, self._is.items_url, self._item, ITEMS
        )

    def item(self, request: Request, number: str, part: str) -> Answer:
        """One column, its scores (in) or its results (out)."""
        item = self._world.items.get(number)
        scope = {"scores": "score", "results": "result.readonly"}.get(part, "lineitem")
        self._allow(request, f"{AGS}{scope}", *([] if part else [f"{AGS}lineitem.readonly"]))
        if item is None:
            raise Refused(404, "there is no such line item")
        if part == "scores":
            return self._score(request, item, number)
        if part == "results":
            return self._results(request, item, number)
        return json_answer(self._item(number), kind=ITEM)

    def members(self, request: Request) -> Answer:
        """Who is in the course."""
        self._allow(request, NRPS)
        numbers = list(self._world.people)
        return self._pages(
            request,
            numbers,
            self._world.members_on_a_page,
            self._is.members_url,
            self._member,
            MEMBERS,
            wrap=lambda found: {
                "id": self._is.members_url,
                "context": {"id": CONTEXT, "label": "COMP4551"},
                "members": found,
            },
        )

    def _score(self, request: Request, item: Item, number: str) -> Answer:
        if request.method != "POST" or request.content_type != SCORE:
            raise Refused(400, "wrong media type")
        body = request.json
        return self._is.take(item, number, self._world.people.get(str(body.get("userId"))), body)

    def _results(self, request: Request, item: Item, number: str) -> Answer:
        wanted = request.query.get("user_id")
        subs = [sub for sub in item.grades if wanted in {None, sub}]

        def result(sub: str) -> dict[str, Any]:
            grade, shown = item.grade(sub), self._is.held(item, sub)
            found: dict[str, Any] = {
                "id": f"{self._is.item_url(number)}#{sub}",
                "scoreOf": self._is.item_url(number),
                "userId": sub,
                "resultMaximum": item.maximum,
            }
            if shown is not None:
                found["resultScore"] = shown
            if grade.feedback:
                found["comment"] = grade.feedback
            return found

        where = f"{self._is.item_url(number).partition('?')[0]}/results"
        return self._pages(request, subs, self._world.items_on_a_page, where, result, RESULTS)

    def _item(self, number: str) -> dict[str, Any]:
        item = self._world.items[number]
        facts = {
            "id": self._is.item_url(number),
            "label": item.label,
            "scoreMaximum": item.maximum,
            "resourceId": item.resource_id,
            "tag": item.tag,
            "resourceLinkId": item.link,
        }
        return {name: value for name, value in facts.items() if value != ""}

    def _member(self, sub: str) -> dict[str, Any]:
        person = self._world.people[sub]
        return {
            "status": "Active" if person.active else "Inactive",
            "user_id": sub,
            "name": person.name,
            "email": person.email,
            "lis_person_sourcedid": person.number,
            "roles": self._is.member_roles(person),
        }

    def _allow(self, request: Request, *scopes: str) -> None:
        """By the library's own check of the token, and by our list of those that were given."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        configuration = Configuration(self._is.issuer, self._world.tool, self._keys)
        signed = token.rpartition(".")[0]
        if kind != "Bearer" or token not in self._world.tokens:
            raise Refused(401, "this token is not known")
        if not configuration.validate_token(signed, list(scopes)):
            raise Refused(401, "this token is for something else")

    def _pages(
        self,
        request: Request,
        keys: Sequence[str],
        size: int,
        where: str,
        show: Callable[[str], T],
        kind: str,
        wrap: Callable[[list[T]], Any] = lambda found: found,
    ) -> Answer:
        size = min(size, int(request.query.get("limit", size)))
        start = int(request.query.get("from", 0))
        headers = {}
        if start + size < len(keys):
            more = urlencode({**request.query, "from": start + size})
            headers["Link"] = f'<{where}?{more}>; rel="next"'
        found = [show(key) for key in keys[start : start + size]]
        return json_answer(wrap(found), kind=kind, headers=headers)
