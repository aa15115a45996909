"""What the tests may look at, change and order; no real platform has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from tests.lti.platform.http import Answer, Request, json_answer
from tests.lti.platform.keys import Keys
from tests.lti.platform.personality import Personality
from tests.lti.platform.trouble import Troubles
from tests.lti.platform.world import Item, Link, Person, World


class Admin:
    """Acts by name, each with the fields of a JSON object."""

    def __init__(
        self, personality: Personality, world: World, keys: Keys, troubles: Troubles
    ) -> None:
        self._is, self._world, self._keys, self._troubles = personality, world, keys, troubles
        self._acts: dict[str, Callable[..., Any]] = {
            "state": self._state,
            "reset": self._reset,
            "trouble": troubles.add,
            "calm": troubles.clear,
            "tool": lambda **facts: _set(world.tool, facts),
            "world": lambda **facts: _set(world, facts),
            "person": lambda sub, **facts: world.people.update({sub: Person(**facts)}),
            "item": lambda **facts: {"url": self._is.item_url(world.add(Item(**facts)))},
            "link": lambda name, **facts: world.links.update({name: Link(**facts)}),
            "remove-item": lambda item: world.items.pop(item) and None,
            "teacher": self._override,
            "forget-tokens": self._forget_tokens,
            "sign": lambda claims, header=None: {"token": keys.sign(claims, header)},
            "new-key": keys.renew,
        }

    def answer(self, act: str, request: Request) -> Answer:
        """What came of an act."""
        said = request.json if request.body else {}
        return json_answer(self._acts[act](**said) or {})

    def _reset(self) -> None:
        self._troubles.clear()
        self._world.forget()

    def _forget_tokens(self) -> None:
        self._world.tokens.clear()

    def _override(self, item: str, sub: str, score: float | None) -> None:
        self._world.items[item].grade(sub).teacher = score

    def _state(self) -> dict[str, Any]:
        world = self._world
        items = {
            number: {
                **asdict(item),
                "url": self._is.item_url(number),
                "grades": {
                    sub: {**asdict(item.grade(sub)), "held": self._is.held(item, sub)}
                    for sub in item.grades
                },
            }
            for number, item in world.items.items()
        }
        return {
            "items": items,
            "people": {sub: asdict(person) for sub, person in world.people.items()},
            "links": {name: asdict(link) for name, link in world.links.items()},
            "tool": asdict(world.tool),
            "deep_links": world.deep_links,
            "registrations": world.registrations,
            "answered": dict(world.answered),
            "public_key": self._keys.public,
        }


def _set(aim: object, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        assert hasattr(aim, name), name
        setattr(aim, name, value)
